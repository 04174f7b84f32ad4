//! When a table has become expensive to open and read, and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::compact::DEFAULT_SMALL_FILE_BYTES;
use crate::log::action::Add;
use crate::log::state::TableState;

/// From so many small files on ([`DEFAULT_SMALL_FILE_BYTES`]) reading a table is mostly opening files.
pub const DEFAULT_MANY_SMALL_FILES: u64 = 1_000;

/// From so many log entries behind the last checkpoint on opening a table is mostly reading them.
pub const DEFAULT_LONG_LOG: u64 = 1_000;

/// From so many files with deletion vectors on a reader pays for every one of them.
pub const DEFAULT_MANY_VECTORS: u64 = 1_000;

/// Why a table is expensive. It is right all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum SoftLimit {
    /// Many files are small.
    #[non_exhaustive]
    SmallFiles {
        /// How many.
        files: u64,
    },
    /// The log is long since its last checkpoint.
    #[non_exhaustive]
    LongLog {
        /// Entries behind it.
        entries: u64,
    },
    /// Many files have rows that were taken out.
    #[non_exhaustive]
    Vectors {
        /// How many.
        files: u64,
    },
}

impl fmt::Display for SoftLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SmallFiles { files } => write!(
                f,
                "it has {files} small files: compact it, and publish more rows at once"
            ),
            Self::LongLog { entries } => write!(
                f,
                "its log has {entries} entries since the last checkpoint: look why none is written"
            ),
            Self::Vectors { files } => write!(
                f,
                "{files} of its files have rows that were taken out: compact it"
            ),
        }
    }
}

/// How many files are of a kind that makes a table expensive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    small: u64,
    vectors: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, add: &Add) {
        let (small, vectors) = kinds(add);
        self.small += small;
        self.vectors += vectors;
    }

    pub(crate) fn remove(&mut self, add: &Add) {
        let (small, vectors) = kinds(add);
        self.small -= small;
        self.vectors -= vectors;
    }
}

fn kinds(add: &Add) -> (u64, u64) {
    let is_small = add.size.unsigned_abs() < DEFAULT_SMALL_FILE_BYTES;
    (
        u64::from(is_small),
        u64::from(add.deletion_vector.is_some()),
    )
}

impl TableState {
    /// What makes the table expensive.
    pub(crate) fn limits(&self) -> Vec<SoftLimit> {
        let Counts { small, vectors } = self.files.counts();
        let mut limits = Vec::new();
        if small >= DEFAULT_MANY_SMALL_FILES {
            limits.push(SoftLimit::SmallFiles { files: small });
        }
        if self.entries >= DEFAULT_LONG_LOG {
            let entries = self.entries;
            limits.push(SoftLimit::LongLog { entries });
        }
        if vectors >= DEFAULT_MANY_VECTORS {
            limits.push(SoftLimit::Vectors { files: vectors });
        }
        limits
    }
}

#[cfg(test)]
mod tests;
