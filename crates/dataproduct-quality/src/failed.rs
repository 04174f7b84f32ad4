//! Which rows of a batch break a rule.

use arrow_buffer::{BooleanBuffer, NullBuffer};

/// The rows of one batch that break one rule; most of the time there are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failed {
    /// Set where a row fails; `None` where no row does.
    mask: Option<BooleanBuffer>,
    count: usize,
}

impl Failed {
    /// No row fails.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// The rows whose bit is set fail.
    pub(crate) fn of_mask(mask: BooleanBuffer) -> Self {
        match mask.count_set_bits() {
            0 => Self::none(),
            count => Self {
                mask: Some(mask),
                count,
            },
        }
    }

    /// The rows of which `fails` says so. What it says of missing values (those that `valid` leaves out) does not count.
    pub(crate) fn of_rows(
        rows: usize,
        valid: Option<&NullBuffer>,
        fails: impl FnMut(usize) -> bool,
    ) -> Self {
        let mask = BooleanBuffer::collect_bool(rows, fails);
        Self::of_mask(match valid {
            Some(valid) => &mask & valid.inner(),
            None => mask,
        })
    }

    /// How many rows fail.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The first row that fails.
    pub(crate) fn first(&self) -> Option<usize> {
        self.mask.as_ref()?.set_indices().next()
    }

    /// Set where a row fails; `None` where no row does.
    pub(crate) fn mask(&self) -> Option<&BooleanBuffer> {
        self.mask.as_ref()
    }
}
