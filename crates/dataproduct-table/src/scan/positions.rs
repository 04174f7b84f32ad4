//! Reading rows together with where they are in their file.

use std::sync::Arc;

use arrow_array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use super::file::FileRead;
use super::unit::Unit;
use super::{BATCHES_AHEAD, Prepared, received};
use crate::error::Result;
use crate::log::action::Add;

impl Prepared {
    /// Reads the rows of a file that are part of the table: calls `visit` with each batch and the positions of its
    /// rows in the file, in order. Made for a scan that only prunes ([`Prepared::prune_only`]): rows that a predicate
    /// filtered would be missing from the count.
    pub(crate) async fn visit(
        &self,
        add: Arc<Add>,
        mut visit: impl FnMut(RecordBatch, &[u64]) -> Result<()>,
    ) -> Result<()> {
        for unit in FileRead::plan(add, Arc::clone(&self.output)).await? {
            let mut positions = positions(&unit);
            let (send, receive) = mpsc::channel(BATCHES_AHEAD);
            tokio::spawn(unit.read(send));
            let mut batches = self.named(received(receive).boxed());
            while let Some(batch) = batches.try_next().await? {
                let rows: Vec<u64> = positions.by_ref().take(batch.num_rows()).collect();
                visit(batch, &rows)?;
            }
        }
        Ok(())
    }
}

/// The positions of the rows that a unit yields.
fn positions(unit: &Unit) -> impl Iterator<Item = u64> + use<> {
    let first = unit.first;
    #[expect(
        clippy::single_range_in_vec_init,
        reason = "a list of ranges that happens to hold one"
    )]
    let ranges = unit
        .selection()
        .map_or_else(|| vec![0..unit.rows], std::borrow::Cow::into_owned);
    ranges
        .into_iter()
        .flatten()
        .map(move |row| first + row as u64)
}
