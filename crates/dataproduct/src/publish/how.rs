//! How a publish goes about.

use arrow_array::RecordBatch;
use chrono::{DateTime, Utc};
use dataproduct_contract::Contract;
use dataproduct_table::{Literal, Mode, Predicate, Upsert};

use crate::Progress;

/// How a publish goes about: what it replaces, up to when it is complete, and by which id it is known.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Publish {
    mode: Mode,
    /// Whether rows are changed by the key that the contract names.
    by_key: bool,
    pub(crate) deletes: Vec<RecordBatch>,
    pub(crate) as_of: Option<DateTime<Utc>>,
    pub(crate) publish_id: Option<String>,
    /// Why the rows are only a part of what figures are promised of, if they are.
    pub(crate) part: Option<&'static str>,
    pub(crate) progress: Progress,
}

impl Publish {
    /// Adds rows to those published before. A row whose key one of them has breaks the rule `key`: it is refused, or
    /// kept apart if the contract says so.
    pub fn append() -> Self {
        Self::default()
    }

    /// Replaces everything published before.
    pub fn replace() -> Self {
        Self {
            mode: Mode::ReplaceAll,
            ..Self::default()
        }
    }

    /// Replaces the partition with these values, one for each partition column; may be repeated.
    pub fn replace_partition<L: Into<Literal>>(
        self,
        values: impl IntoIterator<Item = (&'static str, L)>,
    ) -> Self {
        let values = values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let mut partitions = match self.mode {
            Mode::ReplacePartitions(partitions) => partitions,
            _ => Vec::new(),
        };
        partitions.push(values);
        Self {
            mode: Mode::ReplacePartitions(partitions),
            ..self
        }
    }

    /// Replaces the rows for which a predicate is true; where it is false or null they stay. It must be true for every
    /// row published: the first other one is refused as [`Error::Table`](crate::Error::Table), by its number.
    pub fn replace_where(predicate: Predicate) -> Self {
        Self {
            mode: Mode::ReplaceWhere(predicate),
            ..Self::default()
        }
    }

    /// Puts each row in the place of the one with its primary key, or adds it. Of two rows of a key the one with the
    /// later event time counts, if the contract has such a column, so that what arrives late changes nothing; else the
    /// one published later.
    ///
    /// The contract must have a primary key and the custom property `delta.enableDeletionVectors: true`, since programs
    /// that do not know deletion vectors cannot read the table (docs/format.md names them).
    pub fn upsert() -> Self {
        Self {
            by_key: true,
            ..Self::default()
        }
    }

    /// Takes out the rows with these keys as well: the columns of the primary key and, if the contract has one, of the
    /// event time, in any order. For an [upsert](Self::upsert); may be repeated.
    pub fn with_deletes(mut self, keys: RecordBatch) -> Self {
        self.deletes.push(keys);
        self
    }

    /// What the table is to do with the rows that are there.
    pub(super) fn mode_for(&self, contract: &Contract) -> Mode {
        if !self.by_key {
            return self.mode.clone();
        }
        let key = contract.key();
        let upsert = Upsert::by(key.iter().map(|column| column.name.clone()));
        Mode::Upsert(match contract.event_time() {
            Some(column) => upsert.latest_by(column.name.clone()),
            None => upsert,
        })
    }

    /// Vouches that the product is complete up to that instant; by default, up to the start of the
    /// publish.
    pub fn with_as_of(mut self, as_of: DateTime<Utc>) -> Self {
        self.as_of = Some(as_of);
        self
    }

    /// Says that the rows are only a part of what figures are promised of, so that none is taken.
    pub(crate) fn in_part(mut self, why: &'static str) -> Self {
        self.part = Some(why);
        self
    }

    /// Vouches up to that instant, unless another one is set.
    pub(crate) fn with_default_as_of(mut self, now: DateTime<Utc>) -> Self {
        self.as_of.get_or_insert(now);
        self
    }

    /// Sets the id of the publish; a UUIDv7 by default. The same id twice is one commit.
    pub fn with_publish_id(mut self, id: impl Into<String>) -> Self {
        self.publish_id = Some(id.into());
        self
    }

    /// Where the rows of batches and files are counted as they are read, for others to look at.
    pub fn with_progress(mut self, progress: &Progress) -> Self {
        self.progress = progress.clone();
        self
    }
}
