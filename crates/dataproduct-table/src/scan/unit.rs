//! Decoding a unit of a scan: one or more row groups of a file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use parquet::DecodeResult;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicate, ArrowPredicateFn, RowFilter, RowSelection};
use parquet::arrow::push_decoder::{ParquetPushDecoder, ParquetPushDecoderBuilder};
use tokio::sync::mpsc;

use super::file::{FileRead, Rows};
use super::prune::Ranges;
use super::{Counters, Verify};
use crate::error::{Error, Result};
use crate::log::action::Add;
use crate::predicate::Bound;
use crate::schema::convert::convert;
use crate::schema::delta::DEFAULT;
use crate::schema::{TableSchema, read_as, stored_type};
use crate::storage::Storage;
use crate::value::Value;
use crate::write::partition::{constant_column, repeated};

/// What all files of a scan share.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// As the reader wants it.
    pub(crate) schema: SchemaRef,
    pub(crate) table: Arc<TableSchema>,
    pub(crate) storage: Storage,
    /// What the reader takes for columns, under their names in files, that files do not have and of which the table
    /// does not say it.
    pub(crate) defaults: Arc<BTreeMap<String, String>>,
    pub(crate) predicate: Option<Bound>,
    /// Whether the predicate is there to leave out files, row groups and pages, and filters no rows.
    pub(crate) only_prunes: bool,
    /// Whether text that is stored as a dictionary is yielded as one, whatever the reader's schema says.
    pub(crate) keeps_dictionaries: bool,
    pub(crate) verify: Verify,
    pub(crate) batch_rows: usize,
    pub(crate) counters: Arc<Counters>,
}

impl Output {
    /// Whether a column is read from files.
    pub(crate) fn reads(&self, column: &str, predicate: Option<&Bound>) -> bool {
        self.schema.field_with_name(column).is_ok()
            || predicate.is_some_and(|bound| bound.columns().contains(column))
    }

    /// Makes sure that the values of the partition columns that a predicate looks at can be read.
    pub(crate) fn check_constants(&self, add: &Add, predicate: &Bound) -> Result<()> {
        let columns = predicate.columns();
        let partitions = self.table.partition_by.iter();
        for column in partitions.filter(|column| columns.contains(column.as_str())) {
            if self.constant(add, column).is_none() {
                let text = add.partition_values.get(column).and_then(Option::as_deref);
                return Err(Error::damaged(
                    &add.path,
                    format!(
                        "the log gives it `{}` as partition column `{column}`",
                        text.unwrap_or_default().escape_debug()
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The text of the value that rows have in a column that their file does not have: what the table says comes
    /// before what the reader knows.
    pub(crate) fn default(&self, column: &str) -> Option<&str> {
        let stored = self.table.arrow.field_with_name(column).ok();
        let declared = stored.and_then(|field| field.metadata().get(DEFAULT));
        let default = declared.or_else(|| self.defaults.get(column));
        default.map(String::as_str)
    }

    /// The rows of a column that their file does not have.
    fn absent(&self, field: &Field, rows: usize, add: Option<&Add>) -> Result<ArrayRef> {
        let name = field.name();
        let Some(text) = self.default(name) else {
            return self.fit(&new_null_array(field.data_type(), rows), field, add);
        };
        let data_type = match self.table.arrow.field_with_name(name) {
            Ok(stored) => stored.data_type().clone(),
            Err(_) => {
                stored_type(field.data_type()).map_err(|reason| Error::SchemaMismatch { reason })?
            }
        };
        self.fit(&repeated(text, &data_type, rows, name)?, field, add)
    }

    /// The value of a column that is the same throughout a file; `None` if it is not, or cannot be read.
    pub(crate) fn constant(&self, add: &Add, column: &str) -> Option<Value> {
        if !self
            .table
            .partition_by
            .iter()
            .any(|partition| partition == column)
        {
            return None;
        }
        let known = super::bounds::FileBounds::of(add, &self.table).known(column)?;
        Some(known.min.unwrap_or(Value::Null))
    }

    /// Brings a batch in the table's logical schema into the reader's, keeping the rows that are wanted.
    pub(crate) fn arrange(&self, batch: &RecordBatch) -> Result<Option<RecordBatch>> {
        let failed = |error: ArrowError| Error::encoding("filtering rows", error);
        let batch = match &self.predicate {
            None => batch.clone(),
            Some(predicate) => {
                let typed = in_table_types(batch, &self.table)?;
                filter_record_batch(&typed, &predicate.select(&typed)?).map_err(failed)?
            }
        };
        if batch.num_rows() == 0 {
            return Ok(None);
        }
        self.assemble(&batch, None).map(Some)
    }

    /// Brings a column into the reader's type, in which every value must have its place.
    fn fit(&self, column: &ArrayRef, field: &Field, add: Option<&Add>) -> Result<ArrayRef> {
        convert(column, field).map_err(|unfit| Error::Unreadable {
            // A column that the table does not have is marked.
            column: format!("{}{}", field.name().trim_start_matches('\0'), unfit.within),
            file: add.map_or_else(String::new, |add| add.path.clone()),
            value: unfit.value,
            wanted: unfit.wanted,
        })
    }

    /// Builds the reader's columns from those read from a file.
    fn assemble(&self, batch: &RecordBatch, add: Option<&Add>) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            let name = field.name();
            let partition = self
                .table
                .partition_by
                .iter()
                .any(|partition| partition == name);
            columns.push(match (batch.column_by_name(name), add) {
                (_, Some(add)) if partition => {
                    let stored = self.table.arrow.field_with_name(name);
                    let stored = stored.map_err(|error| Error::encoding("reading rows", error))?;
                    let text = add.partition_values.get(name).and_then(Option::as_deref);
                    let constant = constant_column(text, stored.data_type(), rows, name)?;
                    self.fit(&constant, field, Some(add))?
                }
                (Some(column), _) if self.keeps(column, field) => Arc::clone(column),
                (Some(column), add) => self.fit(column, field, add)?,
                (None, add) => self.absent(field, rows, add)?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = match self.keeps_dictionaries {
            false => Arc::clone(&self.schema),
            true => {
                let fields = self.schema.fields().iter().zip(&columns);
                let fields = fields.map(|(field, column)| {
                    Field::clone(field).with_data_type(column.data_type().clone())
                });
                Arc::new(Schema::new(fields.collect::<Vec<_>>()))
            }
        };
        RecordBatch::try_new_with_options(schema, columns, &options)
            .map_err(|error| Error::encoding("reading rows", error))
    }

    fn keeps(&self, column: &ArrayRef, field: &Field) -> bool {
        let DataType::Dictionary(_, values) = column.data_type() else {
            return false;
        };
        self.keeps_dictionaries && values.as_ref() == field.data_type()
    }
}

/// Casts columns to the table's types where a file has others; dictionaries of text stay.
fn in_table_types(batch: &RecordBatch, table: &TableSchema) -> Result<RecordBatch> {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns());
    let columns = columns.map(|(field, column)| {
        let Ok(stored) = table.arrow.field_with_name(field.name()) else {
            return Ok((field.name(), Arc::clone(column)));
        };
        let keep = matches!(column.data_type(), DataType::Dictionary(_, values) if values.as_ref() == stored.data_type());
        let column = if keep { Arc::clone(column) } else { read_as(column, stored.data_type(), field.name())? };
        Ok((field.name(), column))
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    if columns.is_empty() {
        return Ok(batch.clone());
    }
    RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
    .map_err(|error| Error::encoding("reading rows", error))
}

/// Row groups to be read by one task.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) file: Arc<FileRead>,
    /// Which row of the file is the first of the row groups.
    pub(crate) first: u64,
    pub(crate) groups: Vec<usize>,
    /// The rows to look at, if not all, counted from the first of the row groups; then there is one row group.
    pub(crate) ranges: Option<Ranges>,
    pub(crate) rows: usize,
}

impl Unit {
    /// Reads, decodes and filters; everything ends up in the channel, errors too.
    pub(crate) async fn read(self, send: mpsc::Sender<Result<RecordBatch>>) {
        if let Err(error) = self.decode(&send).await {
            // Nobody listens any more if this fails.
            drop(send.send(Err(error)).await);
        }
    }

    async fn decode(&self, send: &mpsc::Sender<Result<RecordBatch>>) -> Result<()> {
        let damaged = |error: parquet::errors::ParquetError| Error::damaged(&self.file.name, error);
        // The decoder may panic on a damaged file.
        let panicked = |_| Error::damaged(&self.file.name, "decoding it failed");
        let mut decoder = self.decoder().map_err(damaged)?;
        loop {
            let (back, step) = tokio::task::spawn_blocking(move || {
                let step = decoder.try_next_reader();
                (decoder, step)
            })
            .await
            .map_err(panicked)?;
            decoder = back;
            match step.map_err(damaged)? {
                DecodeResult::NeedsData(ranges) => {
                    let data = self.fetch(&ranges).await?;
                    decoder.push_ranges(ranges, data).map_err(damaged)?;
                }
                DecodeResult::Data(mut reader) => loop {
                    let file = Arc::clone(&self.file);
                    let (back, batch) = tokio::task::spawn_blocking(move || {
                        let batch = next_batch(&mut reader, &file);
                        (reader, batch)
                    })
                    .await
                    .map_err(panicked)?;
                    reader = back;
                    let Some(batch) = batch.transpose()? else {
                        break;
                    };
                    // Waiting for the reader happens here: a stream that nobody reads from holds no thread.
                    if send.send(Ok(batch)).await.is_err() {
                        return Ok(());
                    }
                },
                DecodeResult::Finished => return Ok(()),
            }
        }
    }

    /// The rows to look at that are part of the table, if not all.
    pub(crate) fn selection(&self) -> Option<Cow<'_, Ranges>> {
        #[expect(
            clippy::single_range_in_vec_init,
            reason = "a list of ranges that happens to hold one"
        )]
        let all = [0..self.rows];
        let ranges = self.ranges.as_deref().unwrap_or(&all);
        let rows = self.first..self.first + self.rows as u64;
        match &self.file.rows {
            Rows::Without(gone) if gone.any_in(rows) => {
                Some(Cow::Owned(gone.left(self.first, ranges)))
            }
            Rows::Only(these) => Some(Cow::Owned(these.of_these(self.first, ranges))),
            Rows::All | Rows::Without(_) => self.ranges.as_ref().map(Cow::Borrowed),
        }
    }

    async fn fetch(&self, ranges: &[std::ops::Range<u64>]) -> Result<Vec<bytes::Bytes>> {
        let size = self.file.size;
        if ranges
            .iter()
            .any(|range| range.end > size || range.start > range.end)
        {
            return Err(Error::damaged(
                &self.file.name,
                "its footer points outside of the file",
            ));
        }
        match &self.file.kept {
            Some(bytes) if bytes.len() as u64 == size => Ok(ranges
                .iter()
                .map(|range| bytes.slice(range.start as usize..range.end as usize))
                .collect()),
            _ => {
                self.file
                    .output
                    .storage
                    .read_ranges(&self.file.path, ranges)
                    .await
            }
        }
    }

    fn decoder(&self) -> parquet::errors::Result<ParquetPushDecoder> {
        let file = &self.file;
        let metadata = file.metadata.clone();
        let parquet = Arc::clone(metadata.metadata());
        let descriptor = parquet.file_metadata().schema_descr();
        let roots = |wanted: &dyn Fn(&str) -> bool| {
            let fields = metadata.schema().fields().iter().enumerate();
            let roots = fields
                .filter(|(_, field)| file.serves(field.name(), wanted))
                .map(|(root, _)| root);
            ProjectionMask::roots(descriptor, roots.collect::<Vec<_>>())
        };
        let output = roots(&|name| file.output.schema.field_with_name(name).is_ok());
        let mut builder = ParquetPushDecoderBuilder::new_with_metadata(metadata.clone())
            .with_batch_size(file.output.batch_rows)
            .with_row_groups(self.groups.clone())
            .with_projection(output);
        if let Some(ranges) = self.selection() {
            let selection =
                RowSelection::from_consecutive_ranges(ranges.iter().cloned(), self.rows);
            builder = builder.with_row_selection(selection);
        }
        if let Some(predicate) = &file.predicate {
            let parts = predicate.conjuncts().into_iter().map(|part| {
                let columns = part.columns();
                let mask = roots(&|name| columns.contains(name));
                let reading = Arc::clone(file);
                let part = part.clone();
                let evaluate = move |batch: RecordBatch| {
                    let outside = |error: Error| ArrowError::ExternalError(Box::new(error));
                    let batch = in_table_types(&reading.named(batch)?, &reading.output.table)
                        .map_err(outside)?;
                    part.select(&batch).map_err(outside)
                };
                Box::new(ArrowPredicateFn::new(mask, evaluate)) as Box<dyn ArrowPredicate>
            });
            builder = builder.with_row_filter(RowFilter::new(parts.collect()));
        }
        builder.build()
    }
}

/// Decodes the next batch that has rows.
fn next_batch(
    reader: &mut parquet::arrow::arrow_reader::ParquetRecordBatchReader,
    file: &FileRead,
) -> Option<Result<RecordBatch>> {
    loop {
        let batch = reader
            .next()?
            .map_err(|error| Error::damaged(&file.name, error))
            .and_then(|batch| {
                let failed = |error: ArrowError| Error::encoding("reading rows", error);
                let batch = file.named(batch).map_err(failed)?;
                file.output.assemble(&batch, Some(&file.add))
            });
        if batch.as_ref().map_or(true, |batch| batch.num_rows() > 0) {
            return Some(batch);
        }
    }
}
