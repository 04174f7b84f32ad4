//! `rowCount` and `volumeChange`: how many rows there are, and how many more or fewer than usual.

use super::Measured;

/// The number of rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowCount {
    rows: u64,
}

impl RowCount {
    pub(super) fn absorb(&mut self, rows: u64) {
        self.rows += rows;
    }

    pub(super) fn finish(self) -> Measured {
        Measured::Figure(self.rows as f64)
    }
}

/// The number of rows against its mean over the publishes before, as a change in percent.
#[derive(Clone, Debug)]
pub(crate) struct Volume {
    rows: u64,
    /// The rows of each publish before, the newest first.
    before: Vec<u64>,
}

impl Volume {
    /// Against the newest `publishes` of those before, the newest first.
    pub(crate) fn new(before: &[u64], publishes: u32) -> Self {
        let before = before.iter().copied().take(publishes as usize).collect();
        Self { rows: 0, before }
    }

    pub(super) fn absorb(&mut self, rows: u64) {
        self.rows += rows;
    }

    pub(super) fn finish(self) -> Measured {
        if self.before.is_empty() {
            return Measured::Unknown("there is no publish before this one".to_owned());
        }
        let sum: f64 = self.before.iter().map(|rows| *rows as f64).sum();
        let mean = sum / self.before.len() as f64;
        match mean == 0.0 {
            true if self.rows == 0 => Measured::Figure(0.0),
            true => Measured::Unknown("the publishes before have no rows".to_owned()),
            false => Measured::Figure((self.rows as f64 - mean) / mean * 100.0),
        }
    }
}
