//! What rows look like: types, missing values, ranges, patterns, few values, keys, each counted.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{ArrayRef, RecordBatch, StringArray};
//! use dataproduct_quality::profile::Profiler;
//!
//! let codes: ArrayRef = Arc::new(StringArray::from(vec!["0667", "1234", "5003"]));
//! let batch = RecordBatch::try_from_iter([("postal_code", codes)])?;
//! let mut profiler = Profiler::new(&batch.schema());
//! profiler.see(&batch)?;
//! let profile = profiler.finish();
//! let texts = profile.columns[0].texts.as_deref().unwrap();
//! assert_eq!(texts.leading_zeros.rows, 1);
//! assert_eq!(texts.pattern.as_ref().unwrap().regex, "[0-9]{4}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Profiler`] sees each batch once and keeps a bounded amount, whatever the number of rows: what is exact and
//! what is an estimate says so.

mod codes;
mod column;
mod distinct;
mod hash;
mod keys;
mod kind;
mod number;
mod pattern;
mod sentinel;
mod shape;
mod text;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use dataproduct_contract::Value;

use column::ColumnCollector;
use keys::KeySearch;

pub use distinct::Distinct;
pub use keys::MAX_KEY_CELLS;
pub use kind::{DATE_FORMATS, KindCounts, TextKind};
pub use number::{EXACT_IN_FLOAT, Numbers};
pub use pattern::{MAIN_SHAPE_PERCENT, Pattern};
pub use sentinel::{SENTINELS, is_sentinel};
pub use shape::{MAX_SHAPE_CHARACTERS, MAX_SHAPES, Run, Segment, Shape};
pub use text::Texts;

/// The most different values of a column that are listed with their rows.
pub const MAX_LISTED: usize = 64;
/// The most different values that all columns together count exactly.
const MAX_EXACT: usize = 1 << 22;

/// Rows of which something is true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many.
    pub rows: u64,
    /// The first of them, counted from 0.
    pub first: Option<u64>,
}

impl Seen {
    fn add(&mut self, rows: u64, first: u64) {
        self.rows += rows;
        self.first = Some(self.first.map_or(first, |known| known.min(first)));
    }

    fn add_seen(&mut self, other: &Self) {
        if let Some(first) = other.first {
            self.add(other.rows, first);
        }
    }
}

/// A value and the rows that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueCount {
    /// The value.
    pub value: Value,
    /// The rows.
    pub seen: Seen,
}

/// What rows look like.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// How many rows were seen.
    pub rows: u64,
    /// The columns, in their order.
    pub columns: Vec<ColumnProfile>,
    /// The smallest sets of one to three columns that tell all [`key_rows`](Self::key_rows) apart, by their places;
    /// at most 8. Floats, nested columns and columns with missing values are part of none.
    pub keys: Vec<Vec<usize>>,
    /// How many rows, from the first, were searched for keys and duplicates: all of them, or as many as
    /// [`MAX_KEY_CELLS`] allows.
    pub key_rows: u64,
    /// Rows that repeat an earlier one in every column that is not nested.
    pub duplicates: u64,
}

/// What the values of a column look like.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ColumnProfile {
    /// The name.
    pub name: String,
    /// The type of the values as they were stored.
    pub data_type: DataType,
    /// How many rows were seen.
    pub rows: u64,
    /// Rows without a value.
    pub nulls: Seen,
    /// How many different values there are.
    pub distinct: Distinct,
    /// Every different value with its rows, those of most rows first; `None` where there are more than
    /// [`MAX_LISTED`], and for floats and times.
    pub values: Option<Vec<ValueCount>>,
    /// The numbers, in a column of numbers.
    pub numbers: Option<Numbers>,
    /// The first and last moment in microseconds since 1970, in a column of days or timestamps.
    pub times: Option<(i64, i64)>,
    /// Whether no whole number or moment is smaller than the one before.
    pub is_ascending: bool,
    /// The texts, in a column of text.
    pub texts: Option<Box<Texts>>,
}

/// Why a batch cannot be profiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    /// The column; empty for the whole batch.
    pub column: String,
    /// What is wrong.
    pub reason: String,
}

impl std::fmt::Display for ProfileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.column.is_empty() {
            write!(f, "{}: ", self.column)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for ProfileError {}

/// Looks at batches one after another.
#[derive(Clone, Debug)]
pub struct Profiler {
    schema: SchemaRef,
    rows: u64,
    columns: Vec<ColumnCollector>,
    keys: KeySearch,
}

impl Profiler {
    /// A profiler of batches of that schema.
    #[must_use]
    pub fn new(schema: &SchemaRef) -> Self {
        let limit = (MAX_EXACT / schema.fields().len().max(1)).clamp(256, 1 << 18);
        let columns: Vec<ColumnCollector> = schema
            .fields()
            .iter()
            .map(|field| ColumnCollector::new(field.name(), field.data_type(), limit))
            .collect();
        let can_be_key: Vec<bool> = columns.iter().map(ColumnCollector::can_be_key).collect();
        Self {
            schema: SchemaRef::clone(schema),
            rows: 0,
            columns,
            keys: KeySearch::new(&can_be_key),
        }
    }

    /// Looks at a batch.
    ///
    /// # Errors
    /// When the columns or their types are not those of the schema, or Arrow cannot read the values.
    pub fn see(&mut self, batch: &RecordBatch) -> Result<(), ProfileError> {
        let same = self.schema.fields().len() == batch.num_columns()
            && self
                .schema
                .fields()
                .iter()
                .zip(batch.schema_ref().fields())
                .all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type());
        if !same {
            return Err(ProfileError {
                column: String::new(),
                reason: "the batch has other columns than the first; profile one shape at a time"
                    .to_owned(),
            });
        }
        let mut fingerprints = Vec::with_capacity(self.columns.len());
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            fingerprints.push(column.see(array, self.rows)?);
        }
        self.keys.see(&fingerprints, batch.num_rows());
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// What was seen.
    #[must_use]
    pub fn finish(self) -> Profile {
        let columns: Vec<ColumnProfile> = self
            .columns
            .into_iter()
            .map(ColumnCollector::finish)
            .collect();
        let distinct: Vec<u64> = columns
            .iter()
            .map(|column| column.distinct.values)
            .collect();
        let found = self.keys.finish(&distinct);
        Profile {
            rows: self.rows,
            columns,
            keys: found.keys,
            key_rows: found.rows,
            duplicates: found.duplicates,
        }
    }
}
