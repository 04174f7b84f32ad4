//! Encoding the columns of a row group on all cores.
//!
//! Rows come in slabs. The columns of a slab are jobs for as many threads as there are cores, the dearest first;
//! each column keeps its encoder from slab to slab, so only encoded pages are held until the row group is full.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, FieldRef};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};

use crate::error::{Error, Result};

/// Slabs with fewer cells than this are encoded by one thread: handing out jobs would cost more.
const PARALLEL_CELLS: usize = 32_768;

/// What statistics need to know of a top-level column beyond what Parquet's own say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ColumnNotes {
    /// Whether there may be a NaN: Parquet's bounds leave them out.
    pub(crate) may_have_nan: bool,
    /// Nulls of the column itself: Parquet counts those of its leaves.
    pub(crate) nulls: u64,
}

/// The encoders of one top-level column.
pub(crate) struct Lane {
    field: FieldRef,
    writers: Vec<ArrowColumnWriter>,
    notes: ColumnNotes,
    nanos: u128,
}

impl Lane {
    pub(crate) fn new(field: FieldRef, writers: Vec<ArrowColumnWriter>) -> Self {
        Self {
            field,
            writers,
            notes: ColumnNotes::default(),
            nanos: 0,
        }
    }

    fn encode(&mut self, column: &ArrayRef) -> Result<()> {
        let failed = |error: parquet::errors::ParquetError| Error::encoding("encoding rows", error);
        self.notes.nulls += column.null_count() as u64;
        self.notes.may_have_nan |= may_have_nan(column);
        let leaves = compute_leaves(&self.field, column).map_err(failed)?;
        for (writer, leaf) in self.writers.iter_mut().zip(&leaves) {
            writer.write(leaf).map_err(failed)?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<Vec<ArrowColumnChunk>> {
        self.writers
            .drain(..)
            .map(|writer| {
                writer
                    .close()
                    .map_err(|error| Error::encoding("encoding rows", error))
            })
            .collect()
    }

    fn encoded_bytes(&self) -> usize {
        self.writers
            .iter()
            .map(ArrowColumnWriter::get_estimated_total_bytes)
            .sum()
    }
}

fn may_have_nan(column: &ArrayRef) -> bool {
    match column.data_type() {
        DataType::Float64 => column
            .as_primitive::<Float64Type>()
            .values()
            .iter()
            .any(|value| value.is_nan()),
        DataType::Float32 => column
            .as_primitive::<Float32Type>()
            .values()
            .iter()
            .any(|value| value.is_nan()),
        other => holds_floats(other),
    }
}

fn holds_floats(data_type: &DataType) -> bool {
    match data_type {
        DataType::Float32 | DataType::Float64 => true,
        DataType::List(item) | DataType::Map(item, _) => holds_floats(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| holds_floats(field.data_type())),
        _ => false,
    }
}

/// A row group's encoded columns, in schema order.
pub(crate) struct EncodedGroup {
    pub(crate) chunks: Vec<ArrowColumnChunk>,
    pub(crate) notes: Vec<ColumnNotes>,
}

/// What came of a slab.
pub(crate) enum Encoded {
    /// The row group goes on.
    Open { lanes: Vec<Lane>, bytes: usize },
    /// The row group is complete.
    Closed(EncodedGroup),
}

struct Slab {
    lanes: Vec<Mutex<Lane>>,
    closed: Vec<Mutex<Vec<ArrowColumnChunk>>>,
    order: Vec<usize>,
    next: AtomicUsize,
    batches: Vec<RecordBatch>,
    close: bool,
}

impl Slab {
    /// Takes columns until none is left.
    fn work(&self) -> Result<()> {
        while let Some(&index) = self.order.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let mut lane = self.lanes[index]
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let start = Instant::now();
            for batch in &self.batches {
                lane.encode(batch.column(index))?;
            }
            if self.close {
                *self.closed[index]
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = lane.close()?;
            }
            lane.nanos = start.elapsed().as_nanos();
        }
        Ok(())
    }
}

/// Encodes a slab; `close` ends the row group after it.
pub(crate) async fn encode(
    lanes: Vec<Lane>,
    batches: Vec<RecordBatch>,
    close: bool,
) -> Result<Encoded> {
    let interrupted = || Error::Interrupted {
        operation: "encoding rows",
    };
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let threads = match rows * lanes.len() {
        cells if cells < PARALLEL_CELLS => 1,
        _ => std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(lanes.len()),
    };
    let mut order: Vec<usize> = (0..lanes.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(lanes[*index].nanos));
    let slab = Arc::new(Slab {
        closed: lanes.iter().map(|_| Mutex::default()).collect(),
        lanes: lanes.into_iter().map(Mutex::new).collect(),
        order,
        next: AtomicUsize::new(0),
        batches,
        close,
    });
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let slab = Arc::clone(&slab);
            tokio::task::spawn_blocking(move || slab.work())
        })
        .collect();
    let mut outcome = Ok(());
    for worker in workers {
        // Every worker is awaited also after a failure, so that nothing of this slab runs on.
        let result = worker
            .await
            .map_err(|_| interrupted())
            .and_then(|done| done);
        outcome = outcome.and(result);
    }
    outcome?;
    let slab = Arc::try_unwrap(slab).map_err(|_| interrupted())?;
    let lanes: Vec<Lane> = slab
        .lanes
        .into_iter()
        .map(|lane| lane.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect();
    if !close {
        let bytes = lanes.iter().map(Lane::encoded_bytes).sum();
        return Ok(Encoded::Open { lanes, bytes });
    }
    let chunks = slab
        .closed
        .into_iter()
        .flat_map(|chunks| chunks.into_inner().unwrap_or_else(PoisonError::into_inner));
    Ok(Encoded::Closed(EncodedGroup {
        chunks: chunks.collect(),
        notes: lanes.iter().map(|lane| lane.notes).collect(),
    }))
}
