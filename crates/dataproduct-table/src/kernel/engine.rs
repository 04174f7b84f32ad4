//! What the Delta kernel needs of the world: our store, and Arrow's readers and writers of JSON and Parquet.
//!
//! The kernel's own engine would bring an HTTP client for files outside the store, which a table of ours has none of.

use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use delta_kernel::arrow::json::ReaderBuilder;
use delta_kernel::engine::arrow_conversion::TryFromArrow as _;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::engine::arrow_expression::ArrowEvaluationHandler;
use delta_kernel::engine::arrow_utils::{
    RowIndexBuilder, build_json_reorder_indices, fixup_json_read, fixup_parquet_read,
    json_arrow_schema, ordering_needs_row_indexes, parquet_read_plan, parse_json, to_json_bytes,
};
use delta_kernel::engine::parquet_row_group_skipping::ParquetRowGroupSkipping as _;
use delta_kernel::engine::{reader_options, writer_options};
use delta_kernel::engine_data::FilteredEngineData;
use delta_kernel::schema::{SchemaRef, StructType};
use delta_kernel::{
    Engine, EngineData, EvaluationHandler, FileDataReadResultIterator, FileMeta, FileSize,
    FileSlice, JsonHandler, KernelError, KernelResult, KernelResultIterator,
    KernelResultIteratorStatic, ParquetFooter, ParquetHandler, PredicateRef, StorageHandler,
};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode};
use parquet::arrow::ParquetRecordBatchStreamBuilder;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_writer::ArrowWriter;
#[expect(
    deprecated,
    reason = "a reader of our own would be the same lines again"
)]
use parquet::arrow::async_reader::ParquetObjectReader;
use tokio::runtime::Handle;
use url::Url;

/// How many files are asked for at once.
const FILES_AHEAD: usize = 16;
/// Rows of a batch.
const BATCH_ROWS: usize = 8 * 1024;

/// A store and the threads that wait for it, as an engine.
#[derive(Debug)]
pub(super) struct StoreEngine {
    files: Arc<Files>,
    evaluation: Arc<ArrowEvaluationHandler>,
}

impl StoreEngine {
    pub(super) fn new(store: Arc<dyn ObjectStore>, runtime: Handle) -> Self {
        Self {
            files: Arc::new(Files { store, runtime }),
            evaluation: Arc::new(ArrowEvaluationHandler),
        }
    }
}

impl Engine for StoreEngine {
    fn evaluation_handler(&self) -> Arc<dyn EvaluationHandler> {
        Arc::clone(&self.evaluation) as _
    }

    fn storage_handler(&self) -> Arc<dyn StorageHandler> {
        Arc::clone(&self.files) as _
    }

    fn json_handler(&self) -> Arc<dyn JsonHandler> {
        Arc::clone(&self.files) as _
    }

    fn parquet_handler(&self) -> Arc<dyn ParquetHandler> {
        Arc::clone(&self.files) as _
    }
}

/// Files of a store. Every call waits for the store, so none may be made by a thread that runs futures.
#[derive(Debug)]
struct Files {
    store: Arc<dyn ObjectStore>,
    runtime: Handle,
}

impl Files {
    /// The elements of a stream, each waited for. After an error there is nothing more.
    fn wait_for<T: 'static>(
        &self,
        mut stream: BoxStream<'static, KernelResult<T>>,
    ) -> impl Iterator<Item = KernelResult<T>> + Send + 'static {
        let runtime = self.runtime.clone();
        until_error(std::iter::from_fn(move || runtime.block_on(stream.next())))
    }

    /// The files whole, in order.
    fn contents(&self, files: Vec<FileSlice>) -> BoxStream<'static, KernelResult<Bytes>> {
        let store = Arc::clone(&self.store);
        let read = move |(url, range): FileSlice| {
            let store = Arc::clone(&store);
            async move {
                let path = path(&url)?;
                Ok(match range {
                    Some(range) => store.get_range(&path, range).await?,
                    None => store.get(&path).await?.bytes().await?,
                })
            }
        };
        stream::iter(files).map(read).buffered(FILES_AHEAD).boxed()
    }

    fn write(&self, url: &Url, data: Bytes, overwrite: bool) -> KernelResult<()> {
        let path = path(url)?;
        let mode = if overwrite {
            PutMode::Overwrite
        } else {
            PutMode::Create
        };
        let put = self.store.put_opts(&path, data.into(), mode.into());
        match self.runtime.block_on(put) {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => {
                Err(KernelError::FileAlreadyExists(path.into()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Where a file is in the store.
fn path(url: &Url) -> KernelResult<Path> {
    Ok(Path::from_url_path(url.path())?)
}

/// The elements up to the first error and with it.
fn until_error<T>(
    elements: impl Iterator<Item = KernelResult<T>>,
) -> impl Iterator<Item = KernelResult<T>> {
    let mut failed = false;
    elements.take_while(move |element| !std::mem::replace(&mut failed, element.is_err()))
}

impl StorageHandler for Files {
    fn list_from(&self, url: &Url) -> KernelResult<KernelResultIteratorStatic<FileMeta>> {
        let offset = path(url)?;
        let folder = if url.path().ends_with('/') {
            offset.clone()
        } else {
            let mut parts: Vec<_> = offset.parts().collect();
            parts.pop();
            parts.into_iter().collect()
        };
        let listed = self.store.list_with_offset(Some(&folder), &offset);
        let found = listed.map_ok(|file| {
            let mut location = url.clone();
            location.set_path(&format!("/{}", file.location));
            FileMeta {
                location,
                last_modified: file.last_modified.timestamp_millis(),
                size: file.size,
            }
        });
        let mut files: Vec<FileMeta> = self.runtime.block_on(found.try_collect())?;
        // Not every store lists in order.
        files.sort_unstable();
        Ok(Box::new(files.into_iter().map(Ok)))
    }

    fn read_files(&self, files: Vec<FileSlice>) -> KernelResult<KernelResultIteratorStatic<Bytes>> {
        Ok(Box::new(self.wait_for(self.contents(files))))
    }

    fn copy_atomic(&self, from: &Url, to: &Url) -> KernelResult<()> {
        let source = path(from)?;
        let data = async { self.store.get(&source).await?.bytes().await };
        self.write(to, self.runtime.block_on(data)?, false)
    }

    fn put(&self, url: &Url, data: Bytes, overwrite: bool) -> KernelResult<()> {
        self.write(url, data, overwrite)
    }

    fn head(&self, url: &Url) -> KernelResult<FileMeta> {
        let path = path(url)?;
        let file = self.runtime.block_on(self.store.head(&path))?;
        Ok(FileMeta {
            location: url.clone(),
            last_modified: file.last_modified.timestamp_millis(),
            size: file.size,
        })
    }

    fn delete(&self, url: &Url) -> KernelResult<()> {
        let path = path(url)?;
        match self.runtime.block_on(self.store.delete(&path)) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl JsonHandler for Files {
    fn parse_json(
        &self,
        texts: Box<dyn EngineData>,
        schema: SchemaRef,
    ) -> KernelResult<Box<dyn EngineData>> {
        parse_json(texts, schema)
    }

    fn read_json_files(
        &self,
        files: &[FileMeta],
        schema: SchemaRef,
        _predicate: Option<PredicateRef>,
    ) -> KernelResult<FileDataReadResultIterator> {
        let arrow_schema = Arc::new(json_arrow_schema(&schema)?);
        let order: Arc<[_]> = build_json_reorder_indices(&schema)?.into();
        let names: Vec<String> = files.iter().map(|f| f.location.to_string()).collect();
        let slices = files.iter().map(|f| (f.location.clone(), None)).collect();
        let contents = self.wait_for(self.contents(slices));
        let batches = names
            .into_iter()
            .zip(contents)
            .flat_map(move |(name, data)| {
                let order = Arc::clone(&order);
                let reader = data.and_then(|data| {
                    let builder = ReaderBuilder::new(Arc::clone(&arrow_schema))
                        .with_batch_size(BATCH_ROWS)
                        .with_coerce_primitive(true);
                    Ok(builder.build(data.reader())?)
                });
                let (reader, error) = match reader {
                    Ok(reader) => (Some(reader), None),
                    Err(error) => (None, Some(Err(error))),
                };
                let batches = reader.into_iter().flatten().map(move |batch| {
                    let data = fixup_json_read(batch?, &order, &name)?;
                    Ok(Box::new(data) as Box<dyn EngineData>)
                });
                error.into_iter().chain(batches)
            });
        Ok(Box::new(until_error(batches)))
    }

    fn write_json_file(
        &self,
        url: &Url,
        data: KernelResultIterator<'_, FilteredEngineData>,
        overwrite: bool,
    ) -> KernelResult<FileSize> {
        let text = to_json_bytes(data)?;
        let size = text.len() as FileSize;
        self.write(url, text.into(), overwrite)?;
        Ok(size)
    }
}

impl ParquetHandler for Files {
    fn read_parquet_files(
        &self,
        files: &[FileMeta],
        schema: SchemaRef,
        predicate: Option<PredicateRef>,
    ) -> KernelResult<FileDataReadResultIterator> {
        let store = Arc::clone(&self.store);
        let open = move |file: FileMeta| {
            let (schema, predicate) = (Arc::clone(&schema), predicate.clone());
            batches_of(Arc::clone(&store), file, schema, predicate)
        };
        let batches = stream::iter(files.to_vec())
            .map(open)
            .buffered(FILES_AHEAD)
            .try_flatten();
        Ok(Box::new(self.wait_for(batches.boxed())))
    }

    fn write_parquet_file(
        &self,
        url: Url,
        mut data: KernelResultIteratorStatic<Box<dyn EngineData>>,
    ) -> KernelResult<FileSize> {
        let first = data
            .next()
            .ok_or_else(|| KernelError::generic("there is nothing to write"))??;
        let first = ArrowEngineData::try_from_engine_data(first)?;
        let schema = first.record_batch().schema();
        let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema, writer_options())?;
        writer.write(first.record_batch())?;
        for batch in data {
            let batch = ArrowEngineData::try_from_engine_data(batch?)?;
            writer.write(batch.record_batch())?;
        }
        let file = writer.into_inner()?;
        let size = file.len() as FileSize;
        self.write(&url, file.into(), true)?;
        Ok(size)
    }

    fn read_parquet_footer(&self, file: &FileMeta) -> KernelResult<ParquetFooter> {
        let metadata = async {
            let mut reader = reader(Arc::clone(&self.store), file)?;
            Ok::<_, KernelError>(
                ArrowReaderMetadata::load_async(&mut reader, reader_options()).await?,
            )
        };
        let metadata = self.runtime.block_on(metadata)?;
        Ok(ParquetFooter {
            schema: Arc::new(StructType::try_from_arrow(metadata.schema().as_ref())?),
        })
    }
}

#[expect(deprecated, reason = "see its import")]
fn reader(store: Arc<dyn ObjectStore>, file: &FileMeta) -> KernelResult<ParquetObjectReader> {
    let reader = ParquetObjectReader::new(store, path(&file.location)?);
    // The log need not say how large a file is.
    Ok(match file.size {
        0 => reader,
        size => reader.with_file_size(size),
    })
}

/// The rows of a Parquet file in the columns of the schema.
async fn batches_of(
    store: Arc<dyn ObjectStore>,
    file: FileMeta,
    schema: SchemaRef,
    predicate: Option<PredicateRef>,
) -> KernelResult<BoxStream<'static, KernelResult<Box<dyn EngineData>>>> {
    let mut reader = reader(store, &file)?;
    let metadata = ArrowReaderMetadata::load_async(&mut reader, reader_options()).await?;
    let (order, mask) = parquet_read_plan(&schema, &metadata)?;
    let mut rows = ordering_needs_row_indexes(&order)
        .then(|| RowIndexBuilder::new(metadata.metadata().row_groups()));
    let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata)
        .with_batch_size(BATCH_ROWS);
    if let Some(mask) = mask {
        builder = builder.with_projection(mask);
    }
    if let Some(predicate) = predicate {
        builder = builder.with_row_group_filter(&predicate, rows.as_mut());
    }
    let mut rows = rows.map(RowIndexBuilder::build).transpose()?;
    let name = file.location.to_string();
    let batches = builder.build()?.map(move |batch| {
        let data = fixup_parquet_read(batch?, &order, rows.as_mut(), Some(&name), Some(&schema))?;
        Ok(Box::new(data) as Box<dyn EngineData>)
    });
    Ok(batches.boxed())
}
