//! Reading the rows of a version.

pub(crate) mod bounds;
pub(crate) mod file;
pub(crate) mod positions;
pub(crate) mod prune;
pub(crate) mod unit;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};
use dataproduct_contract::Column;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use self::bounds::FileBounds;
use self::file::{FileRead, Rows};
use self::unit::{Output, Unit};
use crate::error::{Error, Result};
use crate::kernel;
use crate::log::action::Add;
use crate::predicate::{Bound, Predicate};
use crate::schema::convert::{may_fit, relabel};
use crate::schema::{TableSchema, column_names, stored_type};
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
    /// When at least half of the file's bytes are read, or it has at most a mebibyte: the digest then costs little beside
    /// the decoding. The default.
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
    /// Of the reader's columns, as text.
    defaults: BTreeMap<String, String>,
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

impl Counters {
    fn report(&self) -> ScanReport {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ScanReport {
            files: get(&self.files),
            files_skipped: get(&self.files_skipped),
            row_groups: get(&self.row_groups),
            row_groups_skipped: get(&self.row_groups_skipped),
            rows: get(&self.rows),
            rows_skipped: get(&self.rows_skipped),
            bytes_verified: get(&self.bytes_verified),
        }
    }
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
        self.counters.report()
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
            defaults: BTreeMap::new(),
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
    /// The reader may be of an older or a newer version than the rows. Columns of the table that it does not name are
    /// left out, also within structs, whose fields go by name; nullable ones that the table does not have are null;
    /// rows of files that do not have a column have its default, if it has one;
    /// a column that was renamed is found under every name it had. Integers, floats and decimals are brought into the
    /// reader's type exactly, whether it is wider or narrower; text comes as a dictionary if the reader asks for one.
    /// A value that does not fit, or a null where the reader allows none, ends the stream with
    /// [`Error::Unreadable`]; that a column could hold one does not. Takes the place of [`Scan::select`].
    pub fn read_as(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Takes the defaults of these columns for what rows do not have because they were written before the column
    /// existed: where the table does not have the column yet, or has it without a default. A default that the table
    /// has itself comes first. Nulls that are stored stay nulls.
    pub fn with_defaults_of(mut self, columns: &[Column]) -> Self {
        let defaults = columns
            .iter()
            .filter_map(|column| Some((column.name.clone(), column.default_text()?)));
        self.defaults.extend(defaults);
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
        Ok(Arc::clone(reader))
    }

    /// Begins to read. Memory is bounded by the row groups in flight: one a core, and a few batches.
    ///
    /// # Errors
    ///
    /// `NoSuchColumn` and `InvalidPredicate` if columns or literals do not fit the table; `SchemaMismatch` if the
    /// reader's schema cannot be read from it. The stream itself may end with `Corrupt` or `Damaged`, naming the
    /// file, with `Unreadable`, naming column and value, or with `Store`.
    pub fn stream(self) -> Result<ScanStream> {
        let prepared = self.prepare()?;
        let (output, state) = (&prepared.output, self.snapshot.state());
        let counters = Arc::clone(&output.counters);
        count(&counters.files, state.files.len());
        let batches = match prepared.foreign {
            true => foreign(state.version, Arc::clone(output)),
            false => {
                let wanted = state.files.iter().filter(|add| wanted(add, output));
                native(wanted.cloned().collect(), Arc::clone(output))
            }
        };
        Ok(ScanStream {
            schema: Arc::clone(&prepared.schema),
            counters,
            batches: prepared.named(batches),
        })
    }

    /// Checks what is asked for and translates it into the names in files.
    pub(crate) fn prepare(&self) -> Result<Prepared> {
        let schema = self.output_schema()?;
        let state = self.snapshot.state();
        let foreign = state.foreign_to_read().is_some();
        // The kernel gives columns their names itself.
        let mapped = state.schema.mapped && !foreign;
        let (table, asked) = match mapped {
            true => (
                Arc::new(state.schema.in_files()),
                state.schema.asked_in_files(&schema),
            ),
            false => (Arc::clone(&state.schema), Arc::clone(&schema)),
        };
        for (field, wanted) in asked.fields().iter().zip(schema.fields()) {
            check_readable(
                table.arrow.field_with_name(field.name()).ok(),
                field,
                wanted.name(),
                self.defaults.contains_key(wanted.name()),
            )?;
        }
        let predicate = match &self.predicate {
            Some(predicate) => {
                let bound = Bound::new(predicate, &state.schema.with_former_names())?;
                Some(match mapped {
                    true => bound.renamed(&|column| state.schema.name_in_files(column).to_owned()),
                    false => bound,
                })
            }
            None => None,
        };
        let in_files = |name: &String| match (mapped, table_has(&state.schema, name)) {
            (false, _) => name.clone(),
            (true, true) => state.schema.name_in_files(name).to_owned(),
            (true, false) => format!("\0{name}"),
        };
        let defaults = self.defaults.iter();
        let defaults = defaults.map(|(name, text)| (in_files(name), text.clone()));
        let output = Arc::new(Output {
            schema: asked,
            table,
            defaults: Arc::new(defaults.collect()),
            storage: self.snapshot.table().storage().clone(),
            predicate,
            only_prunes: false,
            keeps_dictionaries: false,
            verify: self.verify,
            batch_rows: self.batch_rows,
            counters: Arc::new(Counters::default()),
        });
        if foreign {
            check_no_defaults(&output)?;
        }
        Ok(Prepared {
            schema,
            output,
            mapped,
            foreign,
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

/// A scan that is checked and translated.
pub(crate) struct Prepared {
    /// As the reader asked for it.
    pub(crate) schema: SchemaRef,
    pub(crate) output: Arc<Output>,
    /// Whether `output` goes by other names than the reader.
    mapped: bool,
    /// Whether the kernel must read.
    pub(crate) foreign: bool,
}

impl Prepared {
    /// Reads only rows for which a predicate, under the names in files, is true.
    pub(crate) fn filter(&mut self, predicate: Option<Bound>) {
        let output = Output {
            predicate,
            ..Output::clone(&self.output)
        };
        self.output = Arc::new(output);
    }

    /// Leaves out what a predicate, under the names in files, shows not to match, and filters nothing row by row.
    /// Text that is stored as a dictionary may be yielded as one.
    pub(crate) fn prune_only(&mut self, predicate: Bound) {
        let output = Output {
            predicate: Some(predicate),
            only_prunes: true,
            keeps_dictionaries: !self.mapped,
            ..Output::clone(&self.output)
        };
        self.output = Arc::new(output);
    }

    /// Text that is stored as a dictionary may be yielded as one.
    pub(crate) fn keep_dictionaries(&mut self) {
        let output = Output {
            keeps_dictionaries: !self.mapped,
            ..Output::clone(&self.output)
        };
        self.output = Arc::new(output);
    }

    /// What was skipped and read so far.
    pub(crate) fn report(&self) -> ScanReport {
        self.output.counters.report()
    }

    /// Batches under the reader's names.
    pub(crate) fn named(
        &self,
        batches: BoxStream<'static, Result<RecordBatch>>,
    ) -> BoxStream<'static, Result<RecordBatch>> {
        if !self.mapped {
            return batches;
        }
        let schema = Arc::clone(&self.schema);
        let named = batches.map(move |batch| {
            let batch = batch?;
            let columns = batch.columns().iter().zip(schema.fields());
            let columns = columns.map(|(column, field)| relabel(column, field.data_type()));
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            columns
                .collect::<Result<Vec<_>, _>>()
                .and_then(|columns| {
                    RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)
                })
                .map_err(|error| Error::encoding("naming columns", error))
        });
        named.boxed()
    }
}

/// Whether a reader's column can be had from the table's. Whether its values fit is seen when they are read.
fn check_readable(
    stored: Option<&Field>,
    asked: &Field,
    name: &str,
    has_default: bool,
) -> Result<()> {
    let mismatch = |reason: String| Error::SchemaMismatch {
        reason: format!("column `{name}` {reason}"),
    };
    let Some(stored) = stored else {
        return match asked.is_nullable() || has_default {
            true => Ok(()),
            false => Err(mismatch(
                "is not in the table, and the reader does not let it be null and has no default for it"
                    .to_owned(),
            )),
        };
    };
    let plain = stored_type(asked.data_type()).map_err(mismatch)?;
    if !may_fit(stored.data_type(), &plain) {
        return Err(mismatch(format!(
            "is {} in the table and cannot be read as {}",
            stored.data_type(),
            asked.data_type()
        )));
    }
    Ok(())
}

fn table_has(table: &TableSchema, name: &str) -> bool {
    table.arrow.field_with_name(name).is_ok()
}

/// The kernel gives null in rows of files that do not have a column, which cannot be told from a null that is stored.
fn check_no_defaults(output: &Output) -> Result<()> {
    let asked = output.schema.fields().iter();
    let asked = asked.map(|field| field.name().as_str());
    let compared = output.predicate.iter().flat_map(Bound::columns);
    let mut with_default = asked
        .chain(compared)
        .filter(|name| table_has(&output.table, name) && output.default(name).is_some());
    match with_default.next() {
        Some(name) => Err(Error::Unsupported {
            what: format!(
                "the default of column `{name}` in a table of another program's features"
            ),
        }),
        None => Ok(()),
    }
}

/// Whether a file may hold rows that are wanted.
pub(crate) fn wanted(add: &Add, output: &Output) -> bool {
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

fn in_flight() -> usize {
    std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(8)
}

pub(crate) fn native(
    files: Vec<Arc<Add>>,
    output: Arc<Output>,
) -> BoxStream<'static, Result<RecordBatch>> {
    let planned = files
        .into_iter()
        .map(move |add| FileRead::plan(add, Arc::clone(&output)));
    read_units(planned)
}

/// Reads some rows of each of some files.
pub(crate) fn native_rows(
    files: Vec<(Arc<Add>, Rows)>,
    output: Arc<Output>,
) -> BoxStream<'static, Result<RecordBatch>> {
    let planned = files
        .into_iter()
        .map(move |(add, rows)| FileRead::plan_rows(add, rows, Arc::clone(&output)));
    read_units(planned)
}

fn read_units<P>(planned: P) -> BoxStream<'static, Result<RecordBatch>>
where
    P: Iterator<Item: Future<Output = Result<Vec<Unit>>> + Send + 'static> + Send + 'static,
{
    let in_flight = in_flight();
    futures::stream::iter(planned)
        .buffered(in_flight)
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
pub(crate) fn foreign(
    version: u64,
    output: Arc<Output>,
) -> BoxStream<'static, Result<RecordBatch>> {
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
