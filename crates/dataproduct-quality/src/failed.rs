//! Which rows of a batch break a rule.

use arrow_array::cast::AsArray;
use arrow_array::types::Int16Type;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer};

/// The rows of one batch that break one rule; most of the time there are none.
#[derive(Clone, Debug, Default)]
pub struct Failed {
    /// Set where a row fails; `None` where no row does.
    mask: Option<BooleanBuffer>,
    count: usize,
}

impl Failed {
    /// No row fails.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Every row that has a value fails.
    pub(crate) fn all(rows: usize, valid: Option<&NullBuffer>) -> Self {
        Self::of_mask(match valid {
            Some(valid) => valid.inner().clone(),
            None => BooleanBuffer::new_set(rows),
        })
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
        Self::of_mask(BooleanBuffer::collect_bool(rows, fails)).only(valid)
    }

    /// The rows of labelled text: each label is judged once, and rows are looked at only where a label fails.
    ///
    /// Labels that no row has make no row fail. An array that is not labelled text of 16-bit keys fails as a whole.
    pub(crate) fn of_labels(array: &ArrayRef, judge: impl FnOnce(&ArrayRef) -> Self) -> Self {
        let Some(labelled) = array.as_dictionary_opt::<Int16Type>() else {
            return Self::all(array.len(), array.logical_nulls().as_ref());
        };
        let Some(labels) = judge(labelled.values()).mask else {
            return Self::none();
        };
        let keys = labelled.keys().values();
        Self::of_rows(array.len(), array.nulls(), |row| {
            usize::try_from(keys[row])
                .is_ok_and(|label| label < labels.len() && labels.value(label))
        })
    }

    /// Those of the rows that `valid` does not leave out.
    pub(crate) fn only(self, valid: Option<&NullBuffer>) -> Self {
        match (self.mask, valid) {
            (Some(mask), Some(valid)) if valid.null_count() > 0 => {
                Self::of_mask(&mask & valid.inner())
            }
            (mask, _) => Self {
                mask,
                count: self.count,
            },
        }
    }

    /// The rows of the slots that fail, where slots are items within rows; `row` tells whose a slot is.
    pub(crate) fn folded(&self, rows: usize, row: impl Fn(usize) -> usize) -> Self {
        let Some(mask) = &self.mask else {
            return Self::none();
        };
        let mut out = BooleanBufferBuilder::new(rows);
        out.append_n(rows, false);
        for slot in mask.set_indices() {
            out.set_bit(row(slot), true);
        }
        Self::of_mask(out.finish())
    }

    /// The rows that fail here or there, in batches of the same length.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        match (&self.mask, &other.mask) {
            (Some(here), Some(there)) => Self::of_mask(here | there),
            (Some(_), None) => self.clone(),
            (None, _) => other.clone(),
        }
    }

    /// The rows that fail here and not there, in batches of the same length.
    pub(crate) fn except(&self, other: &Self) -> Self {
        match (&self.mask, &other.mask) {
            (Some(here), Some(there)) => Self::of_mask(here & &!there),
            _ => self.clone(),
        }
    }

    /// How many rows fail.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The first row that fails, counted from 0.
    #[must_use]
    pub fn first(&self) -> Option<usize> {
        self.rows().next()
    }

    /// The rows that fail, in order.
    pub fn rows(&self) -> impl Iterator<Item = usize> {
        self.mask.iter().flat_map(BooleanBuffer::set_indices)
    }

    /// Set where a row fails; `None` where no row does.
    #[must_use]
    pub fn mask(&self) -> Option<&BooleanBuffer> {
        self.mask.as_ref()
    }
}
