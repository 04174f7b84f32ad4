//! Opening a data file: its footer, its digest, and which of its row groups and pages to read.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use futures::StreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use parquet::DecodeResult;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::Encoding;
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataPushDecoder, RowGroupMetaData,
};
use sha2::{Digest, Sha256};

use super::bounds::{self, FileBounds};
use super::prune::{self, Pages, Ranges};
use super::unit::{Output, Unit};
use super::{Verify, count};
use crate::deletion::{self, Deleted};
use crate::error::{Error, Result};
use crate::log::action::{Add, TAG_SHA256, TAG_TAIL_BYTES, TAG_TAIL_SHA256};
use crate::predicate::Bound;
use crate::write::file::hex;
use crate::write::partition::decode_path;

/// How much of the end of a file is read first when the log does not say how long footer and indexes are.
const TAIL_GUESS: u64 = 64 * 1024;

/// A file up to this size whose digest is checked is kept in memory and decoded from there; a larger one is read
/// twice, which bounds memory.
const KEEP_BYTES: u64 = 64 * 1024 * 1024;

/// Of a file up to this size the digest is always checked: to read and digest it takes about a millisecond.
const SMALL_BYTES: u64 = 1024 * 1024;

/// Row groups are read together until they have this many rows, so that small ones do not cost a task each.
const UNIT_ROWS: usize = 1 << 20;

/// Row groups to be read together, and which of their rows if not all.
struct Part {
    /// Which row of the file is the first of the row groups.
    first: u64,
    groups: Vec<usize>,
    ranges: Option<Ranges>,
    rows: usize,
}

/// Which rows of a file are looked at.
#[derive(Debug)]
pub(crate) enum Rows {
    All,
    /// All but these: those that are not part of the table any more.
    Without(Deleted),
    /// These.
    Only(Deleted),
}

/// A data file being read.
#[derive(Debug)]
pub(crate) struct FileRead {
    pub(crate) add: Arc<Add>,
    pub(crate) name: String,
    pub(crate) path: Path,
    pub(crate) output: Arc<Output>,
    pub(crate) size: u64,
    pub(crate) metadata: ArrowReaderMetadata,
    /// The predicate without the columns whose value is the same throughout the file.
    pub(crate) predicate: Option<Bound>,
    /// The whole file, if it had to be read anyway.
    pub(crate) kept: Option<Bytes>,
    pub(crate) rows: Rows,
    /// Columns of the file that are read in the place of one of another name that it does not have.
    stands_for: Vec<(String, String)>,
}

impl FileRead {
    /// Opens a file and plans what of it to read.
    pub(crate) async fn plan(add: Arc<Add>, output: Arc<Output>) -> Result<Vec<Unit>> {
        let rows = match &add.deletion_vector {
            Some(vector) => Rows::Without(deletion::read(&output.storage, vector).await?),
            None => Rows::All,
        };
        Self::plan_rows(add, rows, output).await
    }

    /// Opens a file and plans what of some of its rows to read.
    pub(crate) async fn plan_rows(
        add: Arc<Add>,
        rows: Rows,
        output: Arc<Output>,
    ) -> Result<Vec<Unit>> {
        let name = decode_path(&add.path)?;
        if name.contains("://") || name.starts_with('/') {
            return Err(Error::Unsupported {
                what: format!("the data file `{name}` outside of the table's folder"),
            });
        }
        if let Some(predicate) = &output.predicate {
            output.check_constants(&add, predicate)?;
        }
        let path = output.storage.path(&name)?;
        let size = add.size.unsigned_abs();
        let tail = read_tail(&output, &add, &path, &name, size).await?;
        let with_index = output.predicate.is_some() || matches!(rows, Rows::Only(_));
        let metadata = read_metadata(&output, &path, &name, size, tail, with_index).await?;
        let predicate = output
            .predicate
            .as_ref()
            .map(|predicate| predicate.with_constants(&|column| output.constant(&add, column)));
        let metadata = reader_metadata(&name, metadata, &output, predicate.as_ref())?;
        let stands_for = stands_for(&output, metadata.schema());
        let predicate = predicate
            .map(|predicate| with_defaults(&predicate, &output, metadata.schema(), &stands_for))
            .transpose()?;
        let planning = Self {
            stands_for,
            metadata,
            add,
            name,
            path,
            output,
            size,
            predicate,
            kept: None,
            rows,
        };
        let name = planning.name.clone();
        let (mut file, parts, bytes) = tokio::task::spawn_blocking(move || planning.into_parts())
            .await
            // What a damaged footer says may make the accessors panic.
            .map_err(|_| Error::damaged(name, "its footer does not make sense"))??;
        file.verify(bytes, !parts.is_empty()).await?;
        if file.output.only_prunes {
            file.predicate = None;
        }
        let file = Arc::new(file);
        let units = parts.into_iter().map(|part| Unit {
            file: Arc::clone(&file),
            first: part.first,
            groups: part.groups,
            ranges: part.ranges,
            rows: part.rows,
        });
        Ok(units.collect())
    }

    /// Whether a column of the file is wanted, under its name or one that the file does not know.
    pub(crate) fn serves(&self, column: &str, wanted: &dyn Fn(&str) -> bool) -> bool {
        let mut other = self
            .stands_for
            .iter()
            .filter(|(stored, _)| stored == column);
        wanted(column) || other.any(|(_, name)| wanted(name))
    }

    /// A batch of the file with the columns that are read under other names under those as well.
    pub(crate) fn named(&self, batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
        if self.stands_for.is_empty() {
            return Ok(batch);
        }
        let mut fields: Vec<_> = batch.schema_ref().fields().iter().cloned().collect();
        let mut columns = batch.columns().to_vec();
        for (stored, name) in &self.stands_for {
            if let Some((index, field)) = batch.schema_ref().column_with_name(stored) {
                fields.push(Arc::new(field.clone().with_name(name)));
                columns.push(Arc::clone(batch.column(index)));
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
    }

    /// Chooses the row groups and pages to read; also says how many bytes that is.
    fn into_parts(self) -> Result<(Self, Vec<Part>, u64)> {
        let metadata = Arc::clone(self.metadata.metadata());
        let mut parts: Vec<Part> = Vec::new();
        let (mut bytes, mut first) = (0, 0);
        count(&self.output.counters.row_groups, metadata.num_row_groups());
        for (group, row_group) in metadata.row_groups().iter().enumerate() {
            let rows = usize::try_from(row_group.num_rows())
                .map_err(|_| Error::damaged(&self.name, "a row group has less than no rows"))?;
            let at = first;
            first += rows as u64;
            let Some(ranges) = self.wanted_rows(&metadata, group, rows) else {
                count(&self.output.counters.row_groups_skipped, 1);
                continue;
            };
            count(&self.output.counters.rows, rows);
            let selected: usize = ranges.iter().map(Range::len).sum();
            count(&self.output.counters.rows_skipped, rows - selected);
            bytes += self.bytes_of(row_group) * selected as u64 / rows.max(1) as u64;
            let whole = selected == rows;
            match parts.last_mut() {
                // Only whole row groups are read together: a selection counts rows from the first of its unit.
                Some(last)
                    if whole
                        && last.ranges.is_none()
                        && last.first + last.rows as u64 == at
                        && last.rows + rows <= UNIT_ROWS =>
                {
                    last.groups.push(group);
                    last.rows += rows;
                }
                _ => parts.push(Part {
                    first: at,
                    groups: vec![group],
                    ranges: (!whole).then_some(ranges),
                    rows,
                }),
            }
        }
        Ok((self, parts, bytes))
    }

    /// The rows of a row group that may match; `None` if there are none.
    fn wanted_rows(&self, metadata: &ParquetMetaData, group: usize, rows: usize) -> Option<Ranges> {
        #[expect(
            clippy::single_range_in_vec_init,
            reason = "a list of ranges that happens to hold one"
        )]
        let all = vec![0..rows];
        let Some(predicate) = &self.predicate else {
            return (rows > 0).then_some(all);
        };
        let file = FileBounds::of(&self.add, &self.output.table);
        let row_group = metadata.row_group(group);
        let known = |column: &str| {
            let (leaf, data_type) = self.leaf(column)?;
            bounds::of_row_group(row_group, leaf, data_type, file.nan_free(column))
        };
        if rows == 0 || !prune::may(predicate, &known).truth {
            return None;
        }
        let pages = |column: &str| -> Option<Pages> {
            let (leaf, data_type) = self.leaf(column)?;
            bounds::of_pages(metadata, group, leaf, data_type, file.nan_free(column))
        };
        let ranges = prune::rows(predicate, rows, &pages);
        (!ranges.is_empty()).then_some(ranges)
    }

    /// The leaf of a flat column whose stored bounds can be compared with the table's values.
    fn leaf(&self, column: &str) -> Option<(usize, &DataType)> {
        let wanted = self
            .output
            .table
            .arrow
            .field_with_name(column)
            .ok()?
            .data_type();
        let (root, field) = self.metadata.schema().column_with_name(column)?;
        let parquet = self.metadata.parquet_schema();
        let leaf =
            (0..parquet.num_columns()).find(|leaf| parquet.get_column_root_idx(*leaf) == root)?;
        let same = bounds::comparable(field.data_type(), wanted);
        (same && parquet.column(leaf).path().parts().len() == 1).then_some((leaf, wanted))
    }

    /// The stored bytes of the columns to read.
    fn bytes_of(&self, group: &RowGroupMetaData) -> u64 {
        let parquet = self.metadata.parquet_schema();
        let columns = self.metadata.schema();
        let wanted = |leaf: usize| {
            let name = columns.field(parquet.get_column_root_idx(leaf)).name();
            self.serves(name, &|name| {
                self.output.reads(name, self.predicate.as_ref())
            })
        };
        let leaves = (0..parquet.num_columns()).filter(|leaf| wanted(*leaf));
        leaves
            .map(|leaf| group.column(leaf).compressed_size().unsigned_abs())
            .sum()
    }

    /// Checks the digest of the whole file, if that is called for.
    async fn verify(&mut self, bytes: u64, any: bool) -> Result<()> {
        let wanted = match self.output.verify {
            Verify::Always => any,
            Verify::WhenMostIsRead => any && (self.size <= SMALL_BYTES || bytes * 2 >= self.size),
            Verify::Never => false,
        };
        let Some(expected) = self
            .add
            .tag(TAG_SHA256)
            .filter(|_| wanted)
            .map(str::to_owned)
        else {
            return Ok(());
        };
        let found = match self.output.storage.local_path(&self.name) {
            // The decoder finds the bytes in the page cache.
            Some(file) => tokio::task::spawn_blocking(move || digest_file(&file))
                .await
                .map_err(|_| Error::Interrupted {
                    operation: "checking a digest",
                })?
                .map_err(|error| Error::disk("read", &self.name, error))?,
            None if self.size <= KEEP_BYTES => {
                let bytes = self
                    .output
                    .storage
                    .read(&self.name)
                    .await?
                    .unwrap_or_default();
                self.kept = Some(bytes.clone());
                tokio::task::spawn_blocking(move || hex(&Sha256::digest(&bytes)))
                    .await
                    .map_err(|_| Error::Interrupted {
                        operation: "checking a digest",
                    })?
            }
            None => self.digest_stream().await?,
        };
        count(
            &self.output.counters.bytes_verified,
            usize::try_from(self.size).unwrap_or(usize::MAX),
        );
        if found == expected {
            return Ok(());
        }
        Err(Error::Corrupt {
            file: self.name.clone(),
            expected: format!("SHA-256 {expected}"),
            found: format!("SHA-256 {found}"),
        })
    }

    async fn digest_stream(&self) -> Result<String> {
        let failed = |error| Error::store("read", &self.path, error);
        let mut stream = self
            .output
            .storage
            .store()
            .get(&self.path)
            .await
            .map_err(failed)?
            .into_stream();
        let mut digest = Sha256::new();
        while let Some(bytes) = stream.next().await {
            digest.update(&bytes.map_err(failed)?);
        }
        Ok(hex(&digest.finalize()))
    }
}

/// Finds the columns that got further names after a file was written.
fn stands_for(output: &Output, file: &Schema) -> Vec<(String, String)> {
    let has = |name: &&String| file.field_with_name(name).is_ok();
    let renamed = output.table.renamed.iter();
    renamed
        .filter(|(name, _)| !has(name))
        .filter_map(|(name, others)| Some((others.iter().find(has)?.clone(), name.clone())))
        .collect()
}

/// A predicate in which the columns that a file does not have, and whose rows have a default, are constants.
fn with_defaults(
    predicate: &Bound,
    output: &Output,
    file: &Schema,
    stands_for: &[(String, String)],
) -> Result<Bound> {
    let mut values = HashMap::new();
    for column in predicate.columns() {
        let is_there = file.field_with_name(column).is_ok()
            || output.table.partition_by.iter().any(|name| name == column)
            || stands_for.iter().any(|(_, name)| name == column);
        let stored = output.table.arrow.field_with_name(column);
        let (false, Ok(stored), Some(text)) = (is_there, stored, output.default(column)) else {
            continue;
        };
        let value = bounds::value_of_text(text, stored.data_type(), column).ok_or_else(|| {
            Error::damaged(
                "the table's schema",
                format!("the default of column `{column}` is not of its type"),
            )
        })?;
        values.insert(column.to_owned(), value);
    }
    Ok(predicate.with_constants(&|column| values.get(column).cloned()))
}

fn digest_file(file: &std::path::Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(file)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match std::io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            read => digest.update(&buffer[..read]),
        }
    }
}

/// Reads the end of a file and checks it against the log.
async fn read_tail(
    output: &Output,
    add: &Add,
    path: &Path,
    name: &str,
    size: u64,
) -> Result<Bytes> {
    let recorded = add
        .tag(TAG_TAIL_BYTES)
        .and_then(|bytes| bytes.parse::<u64>().ok());
    let length = recorded.unwrap_or(TAIL_GUESS).min(size);
    let end = size - length..size;
    let tail = match output
        .storage
        .read_ranges(path, std::slice::from_ref(&end))
        .await
    {
        Ok(mut read)
            if read
                .first()
                .is_some_and(|bytes| bytes.len() as u64 == length) =>
        {
            read.swap_remove(0)
        }
        Ok(_) => {
            let short = Error::damaged(name, "its end cannot be read");
            return Err(wrong_size(output, name, size, short).await);
        }
        Err(error @ Error::Store { .. }) => {
            return Err(wrong_size(output, name, size, error).await);
        }
        Err(error) => return Err(error),
    };
    if let Some(expected) = add
        .tag(TAG_TAIL_SHA256)
        .filter(|_| recorded.is_some() && output.verify != Verify::Never)
    {
        let found = hex(&Sha256::digest(&tail));
        if found != expected {
            return Err(Error::Corrupt {
                file: name.to_owned(),
                expected: format!("a footer of SHA-256 {expected}"),
                found: format!("SHA-256 {found}"),
            });
        }
    }
    Ok(tail)
}

/// Why the end of a file could not be read: mostly because it is not where the log says. If it is, the error stays
/// what it was: the store may only have been away for a moment.
async fn wrong_size(output: &Output, name: &str, size: u64, otherwise: Error) -> Error {
    let found = match output.storage.size(name).await {
        Ok(found) if found == size => return otherwise,
        Ok(found) => format!("{found} bytes"),
        Err(Error::Store {
            source: object_store::Error::NotFound { .. },
            ..
        }) => "no file".to_owned(),
        Err(error) => return error,
    };
    Error::Corrupt {
        file: name.to_owned(),
        expected: format!("{size} bytes"),
        found,
    }
}

async fn read_metadata(
    output: &Output,
    path: &Path,
    name: &str,
    size: u64,
    tail: Bytes,
    with_index: bool,
) -> Result<Arc<ParquetMetaData>> {
    let damaged = |error: parquet::errors::ParquetError| Error::damaged(name, error);
    let policy = if with_index {
        PageIndexPolicy::Optional
    } else {
        PageIndexPolicy::Skip
    };
    let mut decoder = ParquetMetaDataPushDecoder::try_new(size)
        .map_err(damaged)?
        .with_page_index_policy(policy);
    decoder
        .push_range(size - tail.len() as u64..size, tail)
        .map_err(damaged)?;
    loop {
        let (back, step) = tokio::task::spawn_blocking(move || {
            let step = decoder.try_decode();
            (decoder, step)
        })
        .await
        // The decoder may panic on a damaged footer.
        .map_err(|_| Error::damaged(name, "its footer cannot be decoded"))?;
        decoder = back;
        match step.map_err(damaged)? {
            DecodeResult::Data(metadata) => return Ok(Arc::new(metadata)),
            DecodeResult::NeedsData(ranges) => {
                let outside = ranges
                    .iter()
                    .any(|range| range.end > size || range.start > range.end);
                if outside {
                    return Err(Error::damaged(
                        name,
                        "its footer points outside of the file",
                    ));
                }
                let data = output.storage.read_ranges(path, &ranges).await?;
                decoder.push_ranges(ranges, data).map_err(damaged)?;
            }
            DecodeResult::Finished => return Err(Error::damaged(name, "its footer is incomplete")),
        }
    }
}

/// Chooses the types in which columns are decoded: text that is stored as a dictionary throughout is kept as one
/// where a predicate looks at it or the reader asks for it, because then each distinct value is looked at once.
fn reader_metadata(
    name: &str,
    metadata: Arc<ParquetMetaData>,
    output: &Output,
    predicate: Option<&Bound>,
) -> Result<ArrowReaderMetadata> {
    let damaged = |error: parquet::errors::ParquetError| Error::damaged(name, error);
    let plain = ArrowReaderMetadata::try_new(Arc::clone(&metadata), ArrowReaderOptions::new())
        .map_err(damaged)?;
    let compared = predicate.map(Bound::value_columns).unwrap_or_default();
    let parquet = plain.parquet_schema();
    let mut changed = false;
    let fields = plain
        .schema()
        .fields()
        .iter()
        .enumerate()
        .map(|(root, field)| {
            let asked = || {
                let wanted = output.schema.field_with_name(field.name()).ok();
                wanted.is_some_and(|wanted| matches!(wanted.data_type(), DataType::Dictionary(..)))
            };
            let leaf =
                (0..parquet.num_columns()).find(|leaf| parquet.get_column_root_idx(*leaf) == root);
            let keep = *field.data_type() == DataType::Utf8
                && (compared.contains(field.name().as_str()) || asked())
                && leaf.is_some_and(|leaf| {
                    metadata
                        .row_groups()
                        .iter()
                        .all(|group| is_dictionary(group, leaf))
                });
            if !keep {
                return Arc::clone(field);
            }
            changed = true;
            let dictionary =
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(Field::clone(field).with_data_type(dictionary))
        });
    let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    if !changed {
        return Ok(plain);
    }
    let options = ArrowReaderOptions::new().with_schema(schema);
    ArrowReaderMetadata::try_new(metadata, options).map_err(damaged)
}

/// Whether all data pages of a column chunk refer to its dictionary.
fn is_dictionary(group: &RowGroupMetaData, leaf: usize) -> bool {
    let column = group.column(leaf);
    let dictionary = |encoding: Encoding| {
        matches!(
            encoding,
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY
        )
    };
    if let Some(mask) = column.page_encoding_stats_mask() {
        return mask.encodings().all(dictionary);
    }
    column.page_encoding_stats().is_some_and(|pages| {
        use parquet::basic::PageType;
        pages
            .iter()
            .filter(|page| page.page_type != PageType::DICTIONARY_PAGE && page.count > 0)
            .all(|page| dictionary(page.encoding))
    })
}
