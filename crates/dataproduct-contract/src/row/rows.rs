//! Batches become rows.

use std::fmt;
use std::iter::FusedIterator;

use arrow_array::RecordBatch;

use super::record::Source;
use super::{ColumnType, Record, RowError};

/// A batch opened as rows of one type: its columns are found, checked and downcast once.
///
/// Borrowed rows ([`Rows::get`], [`Rows::iter`]) read a value when its accessor is called, so a
/// column that nobody asks for costs nothing; owned rows ([`Rows::to_vec`]) copy everything.
pub struct Rows<R: Record> {
    columns: R::Reader,
    rows: usize,
}

impl<R: Record> fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl<R: Record> Rows<R> {
    /// Opens a batch; it shares the memory of the batch.
    ///
    /// # Errors
    /// As [`Record::from_batch`].
    pub fn open(batch: &RecordBatch) -> Result<Self, RowError> {
        let columns = R::open_fields(&Source::of_batch(batch))?;
        Ok(Self {
            columns,
            rows: batch.num_rows(),
        })
    }

    /// How many rows there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The row at that place, counted from 0, borrowed; `None` behind the last.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> Option<R::View<'_>> {
        (row < self.rows).then(|| R::view(&self.columns, row))
    }

    /// The rows in order, borrowed.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> RowsIter<'_, R> {
        RowsIter {
            columns: &self.columns,
            next: 0,
            end: self.rows,
        }
    }

    /// The rows in order, owned, each made when it is asked for.
    #[inline]
    pub fn owned(&self) -> impl ExactSizeIterator<Item = R> + '_ {
        (0..self.rows).map(|row| R::from_view(R::view(&self.columns, row)))
    }

    /// All rows, owned.
    #[must_use]
    pub fn to_vec(&self) -> Vec<R> {
        self.owned().collect()
    }
}

impl<'a, R: Record> IntoIterator for &'a Rows<R> {
    type Item = R::View<'a>;
    type IntoIter = RowsIter<'a, R>;
    #[inline]
    fn into_iter(self) -> RowsIter<'a, R> {
        self.iter()
    }
}

/// Iterates over the borrowed rows of [`Rows`].
pub struct RowsIter<'a, R: Record> {
    columns: &'a <R as ColumnType>::Reader,
    next: usize,
    end: usize,
}

impl<R: Record> Clone for RowsIter<'_, R> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<R: Record> fmt::Debug for RowsIter<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowsIter")
            .field("next", &self.next)
            .field("end", &self.end)
            .finish()
    }
}

impl<'a, R: Record> Iterator for RowsIter<'a, R> {
    type Item = R::View<'a>;
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.end {
            return None;
        }
        let view = R::view(self.columns, self.next);
        self.next += 1;
        Some(view)
    }
    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.next, Some(self.end - self.next))
    }
}
impl<R: Record> ExactSizeIterator for RowsIter<'_, R> {}
impl<R: Record> FusedIterator for RowsIter<'_, R> {}
