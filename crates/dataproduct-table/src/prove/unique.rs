//! Whether no two rows of a version have the same values in some columns.
//!
//! Each row counts by a digest. As many digests as fit are held at once; when there are more, the set is halved by a
//! bit of the digests, the half that is dropped is left to a pass of its own, and so on: memory stays bounded, and
//! each pass reads the columns again.

use std::collections::HashSet;
use std::sync::Arc;

use dataproduct_quality::{Keys, Promise};
use futures::TryStreamExt;

use super::{Counts, Found, failed};
use crate::error::Result;
use crate::scan::{foreign, native};
use crate::snapshot::Snapshot;

/// Rows whose digests are held in memory at once when their uniqueness is proven: 256 MiB of them.
pub const DEFAULT_UNIQUE_ROWS: usize = 8 * 1024 * 1024;

/// The digests that begin with some bits.
#[derive(Clone, Copy)]
struct Part {
    bits: u32,
    prefix: u128,
}

impl Part {
    fn holds(self, digest: u128) -> bool {
        self.bits == 0 || digest >> (128 - self.bits) == self.prefix
    }

    fn halves(self) -> (Self, Self) {
        let half = |bit| Self {
            bits: self.bits + 1,
            prefix: (self.prefix << 1) | bit,
        };
        (half(0), half(1))
    }
}

pub(super) async fn prove(
    snapshot: &Snapshot,
    promise: &Promise,
    keys: &Keys,
) -> Result<(Counts, Option<Found>)> {
    prove_within(snapshot, promise, keys, DEFAULT_UNIQUE_ROWS).await
}

/// Proves with at most `limit` digests in memory.
pub(crate) async fn prove_within(
    snapshot: &Snapshot,
    promise: &Promise,
    keys: &Keys,
    limit: usize,
) -> Result<(Counts, Option<Found>)> {
    let mut todo = vec![Part { bits: 0, prefix: 0 }];
    let mut counts = Counts::default();
    while let Some(part) = todo.pop() {
        let (read, found) = pass(snapshot, promise, keys, part, limit, &mut todo).await?;
        counts.read = counts.read.max(read);
        if found.is_some() {
            return Ok((counts, found));
        }
    }
    Ok((counts, None))
}

/// Looks at the rows of one part. What does not fit is put down to be done.
async fn pass(
    snapshot: &Snapshot,
    promise: &Promise,
    keys: &Keys,
    mut part: Part,
    limit: usize,
    todo: &mut Vec<Part>,
) -> Result<(u64, Option<Found>)> {
    let prepared = snapshot.prepare(promise)?;
    let mut seen: HashSet<u128> = HashSet::new();
    // A table that the kernel reads is one stream, of which no file is known.
    let files = match prepared.foreign {
        true => vec![None],
        false => snapshot.state().files.iter().cloned().map(Some).collect(),
    };
    for add in files {
        let file = add.as_deref().map(crate::snapshot::path_of);
        let output = Arc::clone(&prepared.output);
        let mut batches = match add {
            Some(add) => prepared.named(native(vec![add], output)),
            None => foreign(snapshot.version(), output),
        };
        let mut before = 0;
        while let Some(batch) = batches.try_next().await? {
            let digests = keys
                .digests(&batch)
                .map_err(|error| failed(error, batch.schema_ref()))?;
            for (row, digest) in digests.into_iter().enumerate() {
                let Some(digest) = digest.filter(|digest| part.holds(*digest)) else {
                    continue;
                };
                if !seen.insert(digest) {
                    let found = Found {
                        file,
                        row: before + row as u64,
                        value: keys.shown(&batch, row),
                    };
                    return Ok((0, Some(found)));
                }
                while seen.len() > limit.max(1) && part.bits < 64 {
                    let (kept, later) = part.halves();
                    todo.push(later);
                    part = kept;
                    seen.retain(|digest| part.holds(*digest));
                }
            }
            before += batch.num_rows() as u64;
        }
    }
    Ok((prepared.report().row_groups, None))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, RecordBatch};
    use arrow_schema::{DataType, Field, Schema};

    use super::*;
    use crate::{Location, Table, TableSpec, WriteOptions};

    #[tokio::test]
    async fn few_digests_at_a_time_find_the_same_as_all_at_once() {
        let location = Location::parse("memory://unique/limits").unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        let table = Table::create(&location, &TableSpec::new(Arc::clone(&schema)))
            .await
            .unwrap();
        let put = async |numbers: Vec<Option<i64>>| {
            let column: ArrayRef = Arc::new(Int64Array::from(numbers));
            let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap();
            let mut writer = table.write(WriteOptions::new()).await.unwrap();
            writer.push_batch(&batch).await.unwrap();
            writer.commit().await.unwrap();
        };
        let promise = Promise::unique(["n"]);
        let found = async |limit: usize| {
            let snapshot = table.snapshot().await.unwrap();
            let check = promise.bind(snapshot.schema()).unwrap();
            let keys = check.keys().unwrap();
            let (_, found) = prove_within(&snapshot, &promise, keys, limit)
                .await
                .unwrap();
            found.map(|found| (found.row, found.value))
        };
        put((0..500).map(Some).chain([None, None]).collect()).await;
        for limit in [1, 7, 100, 10_000] {
            assert_eq!(found(limit).await, None, "{limit}");
        }
        put(vec![Some(900), None, Some(321), Some(901)]).await;
        for limit in [1, 7, 100, 10_000] {
            assert_eq!(found(limit).await, Some((2, "321".to_owned())), "{limit}");
        }
    }
}
