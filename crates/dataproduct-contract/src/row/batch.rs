//! Rows become batches.

use std::borrow::Borrow;
use std::fmt;
use std::iter::FusedIterator;
use std::num::NonZeroUsize;

use arrow_array::{RecordBatch, RecordBatchOptions};

use super::{Record, RowError};

/// How many rows a batch has unless something else is said.
pub const DEFAULT_ROWS_PER_BATCH: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();

/// Takes rows one by one and makes a batch of them.
///
/// The builders of all columns take their value of one row before the next row is looked at, so that
/// a row is read from memory once.
pub struct RowBuilder<R: Record> {
    builders: R::Builders,
    rows: usize,
}

impl<R: Record> fmt::Debug for RowBuilder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowBuilder")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl<R: Record> RowBuilder<R> {
    /// A builder with room for that many rows; it grows beyond them when it has to.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            builders: R::builders(rows),
            rows: 0,
        }
    }

    /// Adds a row. A value that its column cannot hold makes [`RowBuilder::finish`] fail.
    #[inline]
    pub fn push(&mut self, row: &R) {
        row.append_row(&mut self.builders);
        self.rows += 1;
    }

    /// How many rows were added.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether no row was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The batch of all rows added, in order.
    ///
    /// # Errors
    /// [`RowError::OutOfRange`] for the first value of a column that it cannot hold,
    /// [`RowError::TooLarge`] for more than 2 GiB of text or bytes in one column.
    pub fn finish(self) -> Result<RecordBatch, RowError> {
        let arrays = R::finish(self.builders)?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(R::schema(), arrays, &options)
            .map_err(|error| RowError::inconsistent(&error))
    }
}

/// Batches of bounded size from rows; see [`Record::batches`].
pub struct Batches<R, I> {
    rows: I,
    rows_per_batch: NonZeroUsize,
    record: std::marker::PhantomData<fn() -> R>,
}

impl<R, I> fmt::Debug for Batches<R, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches")
            .field("rows_per_batch", &self.rows_per_batch)
            .finish_non_exhaustive()
    }
}

impl<R, I> Batches<R, I> {
    pub(super) fn new(rows: I, rows_per_batch: NonZeroUsize) -> Self {
        Self {
            rows,
            rows_per_batch,
            record: std::marker::PhantomData,
        }
    }
}

impl<R: Record, I: Iterator<Item: Borrow<R>>> Iterator for Batches<R, I> {
    type Item = Result<RecordBatch, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.rows.next()?;
        let limit = self.rows_per_batch.get();
        // What the iterator promises bounds the room, so that the last batch is not made too large.
        let (least, most) = self.rows.size_hint();
        let expected = most.unwrap_or(least.max(DEFAULT_ROWS_PER_BATCH.get()));
        let mut builder = RowBuilder::with_capacity(expected.saturating_add(1).min(limit));
        builder.push(first.borrow());
        while builder.len() < limit {
            match self.rows.next() {
                Some(row) => builder.push(row.borrow()),
                None => break,
            }
        }
        Some(builder.finish())
    }
}

impl<R: Record, I: FusedIterator<Item: Borrow<R>>> FusedIterator for Batches<R, I> {}
