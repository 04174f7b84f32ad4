//! Reading rows together with where they are in their file.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use super::file::{FileRead, Rows};
use super::unit::Unit;
use super::{BATCHES_AHEAD, Prepared, received};
use crate::error::Result;
use crate::log::action::Add;

/// Where the rows of a batch are in their file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Positions<'a> {
    unit: &'a UnitRows,
    before: usize,
}

impl Positions<'_> {
    /// The position of a row of the batch, counted from 0.
    pub(crate) fn of(&self, row: usize) -> u64 {
        self.unit.position(self.before + row)
    }
}

/// The rows that a unit yields.
#[derive(Debug)]
struct UnitRows {
    first: u64,
    /// The rows looked at, and how many are before each range; `None` if all are.
    ranges: Option<Vec<(usize, Range<usize>)>>,
}

impl UnitRows {
    fn of(unit: &Unit) -> Self {
        let ranges = unit.selection().map(|ranges| {
            let mut before = 0;
            let counted = ranges.iter().map(|range| {
                let start = before;
                before += range.len();
                (start, range.clone())
            });
            counted.collect()
        });
        Self {
            first: unit.first,
            ranges,
        }
    }

    /// Where the row is that is yielded after `before` others.
    fn position(&self, before: usize) -> u64 {
        let row = match &self.ranges {
            None => before,
            Some(ranges) => {
                let next = ranges.partition_point(|(start, _)| *start <= before);
                let (start, range) = &ranges[next - 1];
                range.start + (before - start)
            }
        };
        self.first + row as u64
    }
}

impl Prepared {
    /// Reads the rows of a file that are part of the table: calls `visit` with each batch and the positions of its
    /// rows. Made for a scan that only prunes ([`Prepared::prune_only`]): rows that a predicate filtered would be
    /// missing from the count.
    pub(crate) async fn visit(
        &self,
        add: Arc<Add>,
        visit: impl FnMut(RecordBatch, Positions<'_>) -> Result<()>,
    ) -> Result<()> {
        let units = FileRead::plan(add, Arc::clone(&self.output)).await?;
        self.visit_units(units, visit).await
    }

    /// The same with the rows that are not part of the table any more.
    pub(crate) async fn visit_all(
        &self,
        add: Arc<Add>,
        visit: impl FnMut(RecordBatch, Positions<'_>) -> Result<()>,
    ) -> Result<()> {
        let units = FileRead::plan_rows(add, Rows::All, Arc::clone(&self.output)).await?;
        self.visit_units(units, visit).await
    }

    async fn visit_units(
        &self,
        units: Vec<Unit>,
        mut visit: impl FnMut(RecordBatch, Positions<'_>) -> Result<()>,
    ) -> Result<()> {
        for unit in units {
            let rows = UnitRows::of(&unit);
            let (send, receive) = mpsc::channel(BATCHES_AHEAD);
            tokio::spawn(unit.read(send));
            let mut batches = self.named(received(receive).boxed());
            let mut before = 0;
            while let Some(batch) = batches.try_next().await? {
                let read = batch.num_rows();
                let unit = &rows;
                visit(batch, Positions { unit, before })?;
                before += read;
            }
        }
        Ok(())
    }
}
