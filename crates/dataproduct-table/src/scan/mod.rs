//! Reading the rows of a version.

pub(crate) mod bounds;
pub(crate) mod file;
pub(crate) mod prune;
pub(crate) mod unit;

#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use self::bounds::FileBounds;
use self::file::FileRead;
use self::unit::Output;
use crate::error::{Error, Result};
use crate::kernel;
use crate::log::action::Add;
use crate::predicate::{Bound, Predicate};
use crate::schema::{column_names, stored_type};
use crate::snapshot::Snapshot;

/// Rows of a batch that a scan yields, at most.
pub const DEFAULT_BATCH_ROWS: usize = 32_768;

/// Batches that a row group being read may be ahead of its reader.
const BATCHES_AHEAD: usize = 2;

/// When a data file's digest is checked against the log's.
///
/// In every case the length of a file, and the digest of its footer and page indexes, are checked before anything
/// is decoded, if the log has them. What is not checked: the pages themselves, where only some of a file's pages
/// are read and `Always` was not asked for. A bit that flips in such a page after the file was written may be served;
/// so may one in a file of a writer that records no digests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verify {
    /// When at least half of the file's bytes are read: the digest then costs little beside the decoding. The default.
    #[default]
    WhenMostIsRead,
    /// Always: also when few pages of a large file are read.
    Always,
    /// Never, not even that of the footer.
    Never,
}

/// A read of a version being put together: which columns, which rows, in which types.
#[derive(Debug, Clone)]
#[must_use = "a scan reads nothing before `stream` or `collect`"]
pub struct Scan {
    snapshot: Snapshot,
    columns: Option<Vec<String>>,
    schema: Option<SchemaRef>,
    predicate: Option<Predicate>,
    verify: Verify,
    batch_rows: usize,
}

/// What a scan skipped and read so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanReport {
    /// Data files of the version.
    pub files: u64,
    /// Of these, left out by partition values and statistics in the log.
    pub files_skipped: u64,
    /// Row groups of the files opened.
    pub row_groups: u64,
    /// Of these, left out by their statistics.
    pub row_groups_skipped: u64,
    /// Rows of the row groups read.
    pub rows: u64,
    /// Of these, left out by page statistics without being decoded.
    pub rows_skipped: u64,
    /// Bytes whose digest was checked.
    pub bytes_verified: u64,
}

/// The counters behind a [`ScanReport`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) files: AtomicU64,
    pub(crate) files_skipped: AtomicU64,
    pub(crate) row_groups: AtomicU64,
    pub(crate) row_groups_skipped: AtomicU64,
    pub(crate) rows: AtomicU64,
    pub(crate) rows_skipped: AtomicU64,
    pub(crate) bytes_verified: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64, by: usize) {
    counter.fetch_add(by as u64, Ordering::Relaxed);
}

/// The batches of a scan: files in their order, rows in theirs. No batch is empty.
///
/// Dropping it ends the reading.
pub struct ScanStream {
    schema: SchemaRef,
    counters: Arc<Counters>,
    batches: BoxStream<'static, Result<RecordBatch>>,
}

impl fmt::Debug for ScanStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScanStream")
            .field("schema", &self.schema)
            .field("report", &self.report())
            .finish_non_exhaustive()
    }
}

impl ScanStream {
    /// The schema of every batch.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What was skipped and read so far.
    #[must_use]
    pub fn report(&self) -> ScanReport {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ScanReport {
            files: get(&self.counters.files),
            files_skipped: get(&self.counters.files_skipped),
            row_groups: get(&self.counters.row_groups),
            row_groups_skipped: get(&self.counters.row_groups_skipped),
            rows: get(&self.counters.rows),
            rows_skipped: get(&self.counters.rows_skipped),
            bytes_verified: get(&self.counters.bytes_verified),
        }
    }
}

impl Stream for ScanStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_next_unpin(context)
    }
}

impl Scan {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot,
            columns: None,
            schema: None,
            predicate: None,
            verify: Verify::default(),
            batch_rows: DEFAULT_BATCH_ROWS,
        }
    }

    /// Reads these top-level columns only, in this order. The default is all, in the table's order.
    pub fn select<I: IntoIterator<Item: Into<String>>>(mut self, columns: I) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Reads into the reader's own schema: its columns in its order and types.
    ///
    /// Columns of the table that the reader does not name are left out; nullable ones that the table does not have are
    /// null; narrower stored types are widened; text comes as a dictionary if the reader asks for one. Takes the
    /// place of [`Scan::select`].
    pub fn read_as(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Reads only rows for which the predicate is true. Several filters must all be true.
    pub fn filter(mut self, predicate: Predicate) -> Self {
        self.predicate = Some(match self.predicate.take() {
            Some(before) => before.and(predicate),
            None => predicate,
        });
        self
    }

    /// When the digests of data files are checked.
    pub fn with_verify(mut self, verify: Verify) -> Self {
        self.verify = verify;
        self
    }

    /// Rows of a batch, at most, and at least 1; the default is [`DEFAULT_BATCH_ROWS`].
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows.max(1);
        self
    }

    fn output_schema(&self) -> Result<SchemaRef> {
        let table = self.snapshot.schema();
        let Some(reader) = &self.schema else {
            let Some(columns) = &self.columns else {
                return Ok(Arc::clone(table));
            };
            let fields = columns
                .iter()
                .map(|column| match table.field_with_name(column) {
                    Ok(field) => Ok(field.clone()),
                    Err(_) => Err(Error::NoSuchColumn {
                        column: column.clone(),
                        available: column_names(table),
                    }),
                });
            return Ok(Arc::new(Schema::new(
                fields.collect::<Result<Vec<Field>>>()?,
            )));
        };
        for field in reader.fields() {
            check_readable(table.field_with_name(field.name()).ok(), field)?;
        }
        Ok(Arc::clone(reader))
    }

    /// Begins to read. Memory is bounded by the row groups in flight: one a core, and a few batches.
    ///
    /// # Errors
    ///
    /// `NoSuchColumn` and `InvalidPredicate` if columns or literals do not fit the table; `SchemaMismatch` if the
    /// reader's schema cannot be read from it. The stream itself may end with `Corrupt` or `Damaged`, naming the
    /// file, or with `Store`.
    pub fn stream(self) -> Result<ScanStream> {
        let schema = self.output_schema()?;
        let state = self.snapshot.state();
        let predicate = match &self.predicate {
            Some(predicate) => Some(Bound::new(predicate, &state.schema.arrow)?),
            None => None,
        };
        let counters = Arc::new(Counters::default());
        let output = Arc::new(Output {
            schema: Arc::clone(&schema),
            table: Arc::clone(&state.schema),
            storage: self.snapshot.table().storage().clone(),
            predicate,
            verify: self.verify,
            batch_rows: self.batch_rows,
            counters: Arc::clone(&counters),
        });
        count(&counters.files, state.files.len());
        let batches = match state.foreign_to_read() {
            Some(_) => foreign(state.version, output),
            None => {
                let files = state
                    .files
                    .iter()
                    .filter(|add| wanted(add, &output))
                    .cloned()
                    .collect();
                native(files, output)
            }
        };
        Ok(ScanStream {
            schema,
            counters,
            batches,
        })
    }

    /// Reads everything into memory.
    ///
    /// # Errors
    ///
    /// Those of [`Scan::stream`] and of its stream.
    pub async fn collect(self) -> Result<Vec<RecordBatch>> {
        self.stream()?.try_collect().await
    }
}

/// Whether a reader's column can be had from the table's.
fn check_readable(stored: Option<&Field>, wanted: &Field) -> Result<()> {
    let mismatch = |reason: String| Error::SchemaMismatch {
        reason: format!("column `{}` {reason}", wanted.name()),
    };
    let Some(stored) = stored else {
        return match wanted.is_nullable() {
            true => Ok(()),
            false => Err(mismatch(
                "is not in the table and the reader does not let it be null".to_owned(),
            )),
        };
    };
    if stored.is_nullable() && !wanted.is_nullable() {
        return Err(mismatch(
            "may be null in the table, but the reader does not let it be".to_owned(),
        ));
    }
    let plain = stored_type(wanted.data_type()).map_err(mismatch)?;
    if !widens(stored.data_type(), &plain) {
        return Err(mismatch(format!(
            "is {} in the table and cannot be read as {}",
            stored.data_type(),
            wanted.data_type()
        )));
    }
    Ok(())
}

/// Whether every value of a stored type has its place in another, at any depth.
fn widens(stored: &DataType, wanted: &DataType) -> bool {
    use DataType as D;
    match (stored, wanted) {
        (D::List(stored), D::List(wanted)) => widens(stored.data_type(), wanted.data_type()),
        (D::Map(stored, _), D::Map(wanted, _)) => match (stored.data_type(), wanted.data_type()) {
            (D::Struct(stored), D::Struct(wanted)) => {
                stored.len() == wanted.len()
                    && stored
                        .iter()
                        .zip(wanted)
                        .all(|(s, w)| widens(s.data_type(), w.data_type()))
            }
            _ => false,
        },
        (D::Struct(stored), D::Struct(wanted)) => wanted.iter().all(|wanted| {
            match stored.iter().find(|stored| stored.name() == wanted.name()) {
                Some(stored) => widens(stored.data_type(), wanted.data_type()),
                None => wanted.is_nullable(),
            }
        }),
        (D::Int8, D::Int16 | D::Int32 | D::Int64)
        | (D::Int16, D::Int32 | D::Int64)
        | (D::Int32, D::Int64)
        | (D::Float32, D::Float64) => true,
        (D::Decimal128(stored, scale), D::Decimal128(wanted, wanted_scale)) => {
            scale == wanted_scale && stored <= wanted
        }
        _ => stored == wanted,
    }
}

/// Whether a file may hold rows that are wanted.
fn wanted(add: &Add, output: &Output) -> bool {
    let Some(predicate) = &output.predicate else {
        return true;
    };
    let bounds = FileBounds::of(add, &output.table);
    let wanted = prune::may(predicate, &|column| bounds.known(column)).truth;
    if !wanted {
        count(&output.counters.files_skipped, 1);
    }
    wanted
}

fn native(files: Vec<Arc<Add>>, output: Arc<Output>) -> BoxStream<'static, Result<RecordBatch>> {
    let in_flight = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(8);
    let planned = futures::stream::iter(files)
        .map(move |add| {
            let output = Arc::clone(&output);
            async move { FileRead::plan(add, output).await }
        })
        .buffered(in_flight);
    planned
        .map_ok(|units| futures::stream::iter(units).map(Ok))
        .try_flatten()
        .map(move |unit| async move {
            let (send, receive) = mpsc::channel(BATCHES_AHEAD);
            match unit {
                // The task ends when the receiver is dropped.
                Ok(unit) => drop(tokio::spawn(unit.read(send))),
                Err(error) => drop(send.send(Err(error)).await),
            }
            receive
        })
        .buffered(in_flight)
        .flat_map(received)
        .boxed()
}

fn received(
    receive: mpsc::Receiver<Result<RecordBatch>>,
) -> impl Stream<Item = Result<RecordBatch>> {
    futures::stream::unfold(receive, |mut receive| async move {
        Some((receive.recv().await?, receive))
    })
}

/// Reads a table of another writer through the kernel, and does the rest row by row.
fn foreign(version: u64, output: Arc<Output>) -> BoxStream<'static, Result<RecordBatch>> {
    let (send, receive) = mpsc::channel(BATCHES_AHEAD);
    let storage = output.storage.clone();
    tokio::spawn(async move {
        if let Err(error) = kernel::scan(&storage, version, send.clone()).await {
            // Nobody listens any more if this fails.
            drop(send.send(Err(error)).await);
        }
    });
    received(receive)
        .try_filter_map(move |batch| {
            let output = Arc::clone(&output);
            async move { output.arrange(&batch) }
        })
        .boxed()
}
