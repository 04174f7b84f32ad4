//! One data file after another for the rows of one partition.

use std::io::Write;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::file::writer::SerializedFileWriter;
use sha2::{Digest, Sha256};

use super::encode::{self, ColumnNotes, Encoded, EncodedGroup, Lane};
use super::options::WriteOptions;
use super::partition::{encode_path, folder};
use super::scope::PartitionValues;
use super::sort::{self, Sorted};
use super::{properties, stats};
use crate::error::{Error, Result};
use crate::log::action::{Add, TAG_ROWS, TAG_SHA256, TAG_TAIL_BYTES, TAG_TAIL_SHA256};
use crate::schema::{TableSchema, read_as};
use crate::storage::Storage;

/// Rows handed to the encoders at once: enough to be worth waking threads for, few enough to stay in cache.
const SLAB_ROWS: usize = 65_536;

/// Size of the parts of a multipart upload, in bytes.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// Encoded bytes after which a row group ends although it has room for more rows.
const ROW_GROUP_BYTES: usize = 128 * 1024 * 1024;

/// Bytes of rows held back for sorting, shared by the partitions that are open.
const SORT_BUFFER_BYTES: usize = 256 * 1024 * 1024;

fn failed(error: parquet::errors::ParquetError) -> Error {
    Error::encoding("writing a data file", error)
}

fn interrupted() -> Error {
    Error::Interrupted {
        operation: "writing a data file",
    }
}

/// What all files of a publish share.
#[derive(Debug)]
pub(crate) struct FileContext {
    pub(crate) storage: Storage,
    pub(crate) schema: Arc<TableSchema>,
    pub(crate) options: WriteOptions,
}

/// Collects the bytes of a file and digests them on their way.
#[derive(Default)]
struct HashedBuffer {
    bytes: Vec<u8>,
    digest: Sha256,
}

impl Write for HashedBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.digest.update(bytes);
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The file being written, behind the encoders.
struct OpenFile {
    path: String,
    writer: SerializedFileWriter<HashedBuffer>,
    upload: Option<Box<dyn MultipartUpload>>,
    notes: Vec<ColumnNotes>,
    rows: u64,
}

impl OpenFile {
    fn new(context: &FileContext, schema: &SchemaRef, folder: &str) -> Result<Self> {
        let (parquet, properties) =
            properties::of(schema, &sort_columns(context, schema), &context.options)?;
        let writer = SerializedFileWriter::new(
            HashedBuffer::default(),
            parquet.root_schema_ptr(),
            properties,
        )
        .map_err(failed)?;
        Ok(Self {
            path: format!("{folder}part-{}.parquet", uuid::Uuid::now_v7()),
            writer,
            upload: None,
            notes: vec![ColumnNotes::default(); schema.fields().len()],
            rows: 0,
        })
    }

    /// Adds a row group and sends off what makes full parts.
    async fn append(mut self, group: EncodedGroup, storage: Storage) -> Result<Self> {
        for (sum, notes) in self.notes.iter_mut().zip(&group.notes) {
            sum.nulls += notes.nulls;
            sum.may_have_nan |= notes.may_have_nan;
        }
        let mut this = tokio::task::spawn_blocking(move || {
            let mut rows = self.writer.next_row_group().map_err(failed)?;
            for chunk in group.chunks {
                chunk.append_to_row_group(&mut rows).map_err(failed)?;
            }
            let written = rows.close().map_err(failed)?;
            self.rows += u64::try_from(written.num_rows()).unwrap_or_default();
            self.writer
                .flush()
                .map_err(|error| Error::encoding("writing a data file", error))?;
            Ok::<_, Error>(self)
        })
        .await
        .map_err(|_| interrupted())??;
        // A file of few parts is sent at once when it is complete.
        if this.upload.is_some() || this.writer.inner().bytes.len() >= 2 * PART_BYTES {
            this.send(&storage, false).await?;
        }
        Ok(this)
    }

    /// Sends what is collected in parts of equal size; `all` sends the rest too.
    async fn send(&mut self, storage: &Storage, all: bool) -> Result<()> {
        let path = storage.path(&self.path)?;
        let failed = |error: object_store::Error| Error::store("write", &path, error);
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => self
                .upload
                .insert(storage.store().put_multipart(&path).await.map_err(failed)?),
        };
        let mut bytes = Bytes::from(std::mem::take(&mut self.writer.inner_mut().bytes));
        let mut parts = Vec::new();
        while bytes.len() >= PART_BYTES {
            parts.push(upload.put_part(PutPayload::from(bytes.split_to(PART_BYTES))));
        }
        if all && !bytes.is_empty() {
            parts.push(upload.put_part(PutPayload::from(bytes)));
        } else {
            self.writer.inner_mut().bytes = bytes.to_vec();
        }
        futures::future::try_join_all(parts).await.map_err(failed)?;
        Ok(())
    }

    /// Writes the footer, completes the object and describes it for the log.
    async fn finish(
        mut self,
        context: &FileContext,
        fields: &SchemaRef,
        values: PartitionValues,
    ) -> Result<Add> {
        let (mut this, metadata, tail) = tokio::task::spawn_blocking(move || {
            let body = self.writer.inner().bytes.len();
            let metadata = self.writer.finish().map_err(failed)?;
            let tail = self.writer.inner().bytes[body..].to_vec();
            Ok::<_, Error>((self, metadata, tail))
        })
        .await
        .map_err(|_| interrupted())??;
        let size = this.writer.bytes_written();
        let digest = std::mem::take(&mut this.writer.inner_mut().digest).finalize();
        if this.upload.is_some() {
            this.send(&context.storage, true).await?;
            if let Some(upload) = &mut this.upload {
                let done = upload.complete().await;
                done.map_err(|error| Error::store("write", &this.path, error))?;
            }
            this.upload = None;
        } else {
            let bytes = Bytes::from(std::mem::take(&mut this.writer.inner_mut().bytes));
            context
                .storage
                .write_unreferenced(&this.path, bytes)
                .await?;
        }
        let stored: Vec<_> = context.schema.stored_fields().cloned().collect();
        debug_assert_eq!(stored.len(), fields.fields().len());
        let stats = stats::to_json(
            &stored.into(),
            &metadata,
            &this.notes,
            context.schema.indexed_columns,
        );
        let tags = [
            (TAG_SHA256, hex(&digest)),
            (TAG_ROWS, this.rows.to_string()),
            (TAG_TAIL_BYTES, tail.len().to_string()),
            (TAG_TAIL_SHA256, hex(&Sha256::digest(&tail))),
        ];
        Ok(Add {
            path: encode_path(&this.path),
            partition_values: values,
            size: i64::try_from(size).unwrap_or(i64::MAX),
            modification_time: chrono::Utc::now().timestamp_millis(),
            data_change: true,
            stats: Some(stats),
            tags: Some(
                tags.into_iter()
                    .map(|(name, value)| (name.to_owned(), Some(value)))
                    .collect(),
            ),
            deletion_vector: None,
        })
    }
}

impl Drop for OpenFile {
    /// Gives back the parts of an upload that is not completed: stores keep, and charge for, what nobody aborts.
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "the parts of an upload that was given up stay in the store");
                }
            });
        }
    }
}

/// A digest in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

/// The sort columns that are in the file: a partition column is the same for all of its rows.
fn sort_columns(context: &FileContext, schema: &Schema) -> Vec<String> {
    let sort_by = context.schema.sort_by.iter();
    sort_by
        .filter(|name| schema.field_with_name(name).is_ok())
        .cloned()
        .collect()
}

/// Stores row groups one after the other, a file at a time.
struct Stage {
    context: Arc<FileContext>,
    schema: SchemaRef,
    folder: String,
    values: PartitionValues,
    file: Option<OpenFile>,
    adds: Vec<Add>,
}

impl Stage {
    async fn append(mut self, group: EncodedGroup) -> Result<Self> {
        let file = match self.file.take() {
            Some(file) => file,
            None => OpenFile::new(&self.context, &self.schema, &self.folder)?,
        };
        let file = file.append(group, self.context.storage.clone()).await?;
        let full = file.writer.bytes_written() as u64 >= self.context.options.target_file_bytes;
        self.file = Some(file);
        if full {
            self.close_file().await?;
        }
        Ok(self)
    }

    async fn close_file(&mut self) -> Result<()> {
        if let Some(file) = self.file.take() {
            let add = file
                .finish(&self.context, &self.schema, self.values.clone())
                .await?;
            self.adds.push(add);
        }
        Ok(())
    }
}

/// What the encoding task hands from slab to slab.
struct Pipeline {
    factory: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    lanes: Option<Vec<Lane>>,
    /// A row group is stored while the next one is being encoded; no more than that, to bound memory.
    stage: tokio::task::JoinHandle<Result<Stage>>,
}

/// Rows not yet handed to the encoders.
#[derive(Default)]
struct Pending {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl Pending {
    fn push(&mut self, batch: RecordBatch) {
        self.rows += batch.num_rows();
        self.batches.push(batch);
    }

    fn take(&mut self) -> Vec<RecordBatch> {
        self.rows = 0;
        self.bytes = 0;
        std::mem::take(&mut self.batches)
    }
}

/// Writes the rows of one partition into files.
pub(crate) struct PartitionWriter {
    context: Arc<FileContext>,
    values: PartitionValues,
    folder: String,
    /// Of the rows as they come: dictionaries stay dictionaries.
    schema: Option<SchemaRef>,
    sort_by: Vec<String>,
    pending: Pending,
    /// Rows of the current row group handed to the encoders already.
    group_rows: usize,
    /// Rows of all row groups handed over.
    handed: u64,
    /// The last row handed over in this row group, to check the order across batches.
    last: Option<RecordBatch>,
    /// Rows came out of order once: from then on whole row groups are held back and sorted.
    sorting: bool,
    pending_sorted: bool,
    task: Option<tokio::task::JoinHandle<Result<Pipeline>>>,
}

impl PartitionWriter {
    pub(crate) fn new(context: Arc<FileContext>, values: PartitionValues) -> Self {
        let folder = folder(&values, &context.schema.partition_by);
        Self {
            context,
            values,
            folder,
            schema: None,
            sort_by: Vec::new(),
            pending: Pending::default(),
            group_rows: 0,
            handed: 0,
            last: None,
            sorting: false,
            pending_sorted: true,
            task: None,
        }
    }

    /// Takes rows: the stored columns, in the table's schema. Of the memory for sorting this partition has its share
    /// of as many as there are.
    pub(crate) async fn push(&mut self, mut batch: RecordBatch, partitions: usize) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        match &self.schema {
            None => {
                let schema = batch.schema();
                self.sort_by = sort_columns(&self.context, &schema);
                self.schema = Some(schema);
            }
            Some(schema) if *schema != batch.schema() => batch = adapt(&batch, schema)?,
            Some(_) => {}
        }
        let limit = self.context.options.row_group_rows;
        let mut at = 0;
        while at < batch.num_rows() {
            let room = limit - self.group_rows - self.pending.rows;
            let taken = room.min(batch.num_rows() - at);
            let part = match (at, taken) {
                (0, taken) if taken == batch.num_rows() => batch.clone(),
                _ => batch.slice(at, taken),
            };
            at += taken;
            self.check_order(&part).await?;
            self.pending.bytes += if self.sorting { held_bytes(&part) } else { 0 };
            self.pending.push(part);
            // `check_order` may have begun a new row group, so the room is looked at again.
            let full = self.group_rows + self.pending.rows >= limit;
            let ready = match self.sorting {
                true => full || self.pending.bytes >= SORT_BUFFER_BYTES / partitions.max(1),
                false => full || self.pending.rows >= SLAB_ROWS,
            };
            if ready {
                self.hand_over(full || self.sorting).await?;
            }
        }
        Ok(())
    }

    /// Sees to it that a row group is sorted, if the table is.
    async fn check_order(&mut self, part: &RecordBatch) -> Result<()> {
        if self.sort_by.is_empty() || (self.sorting && !self.pending_sorted) {
            return Ok(());
        }
        let (part, last, by) = (part.clone(), self.last.take(), self.sort_by.clone());
        let (sorted, last) = tokio::task::spawn_blocking(move || {
            let sorted = sort::is_sorted(&part, last.as_ref(), &by)?;
            Ok::<_, Error>((sorted, part.slice(part.num_rows() - 1, 1)))
        })
        .await
        .map_err(|_| interrupted())??;
        self.last = Some(last);
        if sorted {
            return Ok(());
        }
        if !self.sorting {
            self.sorting = true;
            // What is with the encoders is sorted: it becomes a row group of its own. What is still pending
            // joins the rows to be sorted.
            if self.group_rows > 0 {
                let pending = std::mem::take(&mut self.pending);
                self.hand_over(true).await?;
                self.pending = pending;
            }
            self.pending.bytes = self.pending.batches.iter().map(held_bytes).sum();
        }
        self.pending_sorted = false;
        Ok(())
    }

    /// Gives the pending rows to the encoders; `close` ends the row group.
    async fn hand_over(&mut self, close: bool) -> Result<()> {
        let rows = self.pending.rows;
        let batches = self.pending.take();
        if !self.pending_sorted {
            self.pending_sorted = true;
            self.hand_over_sorted(batches, close).await?;
        } else {
            self.encode(batches, close).await?;
        }
        self.handed += rows as u64;
        self.group_rows = if close { 0 } else { self.group_rows + rows };
        if close {
            self.last = None;
        }
        Ok(())
    }

    async fn hand_over_sorted(&mut self, batches: Vec<RecordBatch>, close: bool) -> Result<()> {
        let (by, first_row) = (self.sort_by.clone(), self.handed);
        let places = self.context.options.places.clone();
        let blocking = |work: tokio::task::JoinHandle<Result<(Sorted, Option<RecordBatch>)>>| async {
            work.await.map_err(|_| interrupted())?
        };
        let first = tokio::task::spawn_blocking(move || {
            let mut sorted = Sorted::new(batches, &by, SLAB_ROWS)?;
            if let Some(places) = places {
                places.note(first_row, sorted.order());
            }
            let slab = sorted.next_slab()?;
            Ok((sorted, slab))
        });
        let (mut sorted, mut slab) = blocking(first).await?;
        while let Some(batch) = slab {
            let next = tokio::task::spawn_blocking(move || {
                let slab = sorted.next_slab()?;
                Ok((sorted, slab))
            });
            (sorted, slab) = blocking(next).await?;
            self.encode(vec![batch], close && slab.is_none()).await?;
        }
        Ok(())
    }

    /// Waits for the slab before and starts the next one, so that the caller prepares rows meanwhile.
    async fn encode(&mut self, batches: Vec<RecordBatch>, close: bool) -> Result<()> {
        let Some(schema) = self.schema.clone() else {
            return Ok(());
        };
        let mut pipeline = match self.task.take() {
            Some(task) => task.await.map_err(|_| interrupted())??,
            None => Pipeline::new(Stage {
                context: Arc::clone(&self.context),
                schema,
                folder: self.folder.clone(),
                values: self.values.clone(),
                file: None,
                adds: Vec::new(),
            })?,
        };
        self.task = Some(tokio::spawn(async move {
            pipeline.slab(batches, close).await?;
            Ok(pipeline)
        }));
        Ok(())
    }

    /// Completes the file being written; the files are described in the order of their rows.
    pub(crate) async fn finish(mut self) -> Result<Vec<Add>> {
        if self.pending.rows > 0 || self.group_rows > 0 {
            self.hand_over(true).await?;
        }
        let Some(task) = self.task.take() else {
            return Ok(Vec::new());
        };
        let pipeline = task.await.map_err(|_| interrupted())??;
        let mut stage = pipeline.stage.await.map_err(|_| interrupted())??;
        stage.close_file().await?;
        Ok(stage.adds)
    }
}

impl Pipeline {
    fn new(stage: Stage) -> Result<Self> {
        // The encoders need only the file's properties, which all files of the partition share.
        let template = OpenFile::new(&stage.context, &stage.schema, &stage.folder)?;
        let schema = Arc::clone(&stage.schema);
        Ok(Self {
            factory: ArrowRowGroupWriterFactory::new(&template.writer, Arc::clone(&schema)),
            schema,
            lanes: None,
            stage: tokio::spawn(async move { Ok(stage) }),
        })
    }

    async fn slab(&mut self, batches: Vec<RecordBatch>, close: bool) -> Result<()> {
        let lanes = match self.lanes.take() {
            Some(lanes) => lanes,
            None => self.begin_group()?,
        };
        match encode::encode(lanes, batches, close).await? {
            // An unusually wide row group ends early; those who count its rows do not mind.
            Encoded::Open { lanes, bytes } if bytes >= ROW_GROUP_BYTES => {
                if let Encoded::Closed(group) = encode::encode(lanes, Vec::new(), true).await? {
                    self.append(group).await?;
                }
            }
            Encoded::Open { lanes, .. } => self.lanes = Some(lanes),
            Encoded::Closed(group) => self.append(group).await?,
        }
        Ok(())
    }

    fn begin_group(&self) -> Result<Vec<Lane>> {
        let mut writers = self
            .factory
            .create_column_writers(0)
            .map_err(failed)?
            .into_iter();
        let lanes = self.schema.fields().iter().map(|field| {
            let leaves = leaf_count(field.data_type());
            Lane::new(Arc::clone(field), writers.by_ref().take(leaves).collect())
        });
        Ok(lanes.collect())
    }

    async fn append(&mut self, group: EncodedGroup) -> Result<()> {
        let stage = (&mut self.stage).await.map_err(|_| interrupted())??;
        self.stage = tokio::spawn(stage.append(group));
        Ok(())
    }
}

fn leaf_count(data_type: &DataType) -> usize {
    match data_type {
        DataType::List(item) | DataType::Map(item, _) => leaf_count(item.data_type()),
        DataType::Struct(fields) => fields
            .iter()
            .map(|field| leaf_count(field.data_type()))
            .sum(),
        _ => 1,
    }
}

/// About how much memory the rows take; shared buffers count once for each batch that uses them.
fn held_bytes(batch: &RecordBatch) -> usize {
    let columns = batch.columns().iter();
    columns
        .map(|column| column.to_data().get_slice_memory_size().unwrap_or(0))
        .sum()
}

/// Brings rows into the types of the rows before them: one publisher may send plain strings after dictionaries.
fn adapt(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().zip(batch.columns());
    let columns = columns
        .map(|(field, column): (&Arc<Field>, _)| read_as(column, field.data_type(), field.name()))
        .collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
        .map_err(|error| Error::encoding("preparing rows", error))
}
