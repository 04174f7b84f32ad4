//! Reading checkpoints: the state of a table at a version, in Parquet.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, ListArray, MapArray, RecordBatch, StringArray, StructArray,
};
use arrow_schema::DataType;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest, Sha256};

use super::action::{
    Actions, Add, DeletionVector, Format, Metadata, Protocol, Remove, Sidecar, Txn,
};
use super::anchor::{self, CheckpointAnchor};
use super::segment::{Checkpoint, LOG};
use crate::error::{Error, Result};
use crate::storage::Storage;
use crate::write::file::hex;

/// The parts of a checkpoint that matter to a reader; tombstones and parsed statistics are left alone.
const WANTED: [&str; 13] = [
    "add.path",
    "add.partitionValues.",
    "add.size",
    "add.modificationTime",
    "add.dataChange",
    "add.stats",
    "add.tags.",
    "add.deletionVector.",
    "metaData.",
    "protocol.",
    "txn.",
    "sidecar.path",
    "sidecar.path.",
];

/// What tells of files that are not part of the table any more.
const TOMBSTONES: [&str; 3] = [
    "remove.path",
    "remove.deletionTimestamp",
    "remove.deletionVector.",
];

/// Reads every file of a checkpoint, without its tombstones where it is in Parquet, after comparing it with what was
/// written; gives the digest of the log entry of its version as well, if that was noted.
pub(crate) async fn read(
    storage: &Storage,
    checkpoint: &Checkpoint,
) -> Result<(Option<String>, Vec<Actions>)> {
    read_columns(storage, checkpoint, &WANTED).await
}

/// Reads every file of a checkpoint, with the files that were taken out of the table not long before it.
pub(crate) async fn read_all(storage: &Storage, checkpoint: &Checkpoint) -> Result<Vec<Actions>> {
    static ALL: LazyLock<Vec<&str>> = LazyLock::new(|| [&WANTED[..], &TOMBSTONES].concat());
    let (_, actions) = read_columns(storage, checkpoint, &ALL).await?;
    Ok(actions)
}

async fn read_columns(
    storage: &Storage,
    checkpoint: &Checkpoint,
    wanted: &'static [&'static str],
) -> Result<(Option<String>, Vec<Actions>)> {
    let name = anchor::of_checkpoint(checkpoint.version);
    let anchor = anchor::read_sound::<CheckpointAnchor>(storage, &name).await?;
    let anchor = anchor.filter(|anchor| anchor.version == checkpoint.version);
    let mut read = Vec::new();
    let mut todo: Vec<String> = checkpoint
        .parts
        .iter()
        .map(|part| format!("{LOG}/{part}"))
        .collect();
    todo.reverse();
    while let Some(name) = todo.pop() {
        let bytes = storage
            .read(&name)
            .await?
            .ok_or_else(|| Error::damaged(&name, "it was listed but is gone"))?;
        let expected = anchor.as_ref().and_then(|anchor| anchor.sha256(&name));
        let actions =
            tokio::task::spawn_blocking(move || parse_whole(&name, bytes, expected, wanted))
                .await
                // The Parquet reader may panic on a damaged file.
                .map_err(|_| {
                    Error::damaged(
                        format!("{LOG}/{}", checkpoint.parts[0]),
                        "decoding it failed",
                    )
                })??;
        let sidecars = actions.sidecars.iter();
        todo.extend(sidecars.map(|sidecar| format!("{LOG}/_sidecars/{}", sidecar.path)));
        read.push(actions);
    }
    Ok((anchor.and_then(|anchor| anchor.entry), read))
}

fn parse_whole(
    name: &str,
    bytes: Bytes,
    expected: Option<String>,
    wanted: &[&str],
) -> Result<Actions> {
    match expected {
        Some(expected) => {
            let found = hex(&Sha256::digest(&bytes));
            if found != expected {
                return Err(Error::Corrupt {
                    file: name.to_owned(),
                    expected: format!("sha256 {expected}"),
                    found: format!("sha256 {found}"),
                });
            }
        }
        None => tracing::debug!(name, "nobody noted what this checkpoint's bytes are"),
    }
    parse(name, bytes, wanted)
}

fn parse(name: &str, bytes: Bytes, columns: &[&str]) -> Result<Actions> {
    if name.ends_with(".json") {
        return Actions::parse(name, &bytes);
    }
    let damaged = |error: parquet::errors::ParquetError| Error::damaged(name, error);
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(damaged)?;
    let leaves = builder.parquet_schema().columns();
    let wanted = leaves.iter().enumerate().filter_map(|(index, column)| {
        let path = column.path().string();
        let found = columns
            .iter()
            .any(|want| path == *want || (want.ends_with('.') && path.starts_with(want)));
        found.then_some(index)
    });
    let mask = ProjectionMask::leaves(builder.parquet_schema(), wanted.collect::<Vec<_>>());
    let reader = builder
        .with_projection(mask)
        .with_batch_size(8192)
        .build()
        .map_err(damaged)?;
    let mut actions = Actions::default();
    for batch in reader {
        let batch = batch.map_err(|error| Error::damaged(name, error))?;
        collect(&batch, &mut actions).map_err(|reason| Error::damaged(name, reason))?;
    }
    Ok(actions)
}

/// The reason why a checkpoint does not look like one.
type Reason = String;

fn collect(batch: &RecordBatch, actions: &mut Actions) -> Result<(), Reason> {
    if let Some(adds) = structs(batch, "add") {
        collect_adds(adds, &mut actions.adds)?;
    }
    if let Some(removes) = structs(batch, "remove") {
        collect_removes(removes, &mut actions.removes)?;
    }
    if let Some(txns) = structs(batch, "txn") {
        let (ids, versions) = (strings(txns, "appId")?, longs(txns, "version")?);
        let updated = txns
            .column_by_name("lastUpdated")
            .and_then(|column| column.as_primitive_opt::<Int64Type>());
        for row in present(txns) {
            actions.txns.push(Txn {
                app_id: ids.value(row).to_owned(),
                version: versions.value(row),
                last_updated: updated
                    .filter(|times| times.is_valid(row))
                    .map(|times| times.value(row)),
            });
        }
    }
    if let Some(sidecars) = structs(batch, "sidecar") {
        let paths = strings(sidecars, "path")?;
        let found = present(sidecars).map(|row| Sidecar {
            path: paths.value(row).to_owned(),
        });
        actions.sidecars.extend(found);
    }
    if let Some(protocols) = structs(batch, "protocol")
        && let Some(row) = present(protocols).last()
    {
        let version = |name: &str| -> Result<i32, Reason> {
            let column = column(protocols, name)?;
            let column = column
                .as_primitive_opt::<Int32Type>()
                .ok_or_else(|| not_a(name, "an int"))?;
            Ok(column.value(row))
        };
        actions.protocol = Some(Protocol {
            min_reader_version: version("minReaderVersion")?,
            min_writer_version: version("minWriterVersion")?,
            reader_features: string_list(protocols, "readerFeatures", row)?,
            writer_features: string_list(protocols, "writerFeatures", row)?,
        });
    }
    if let Some(metadata) = structs(batch, "metaData")
        && let Some(row) = present(metadata).last()
    {
        actions.metadata = Some(collect_metadata(metadata, row)?);
    }
    Ok(())
}

fn collect_adds(adds: &StructArray, into: &mut Vec<Add>) -> Result<(), Reason> {
    let paths = strings(adds, "path")?;
    let sizes = longs(adds, "size")?;
    let times = longs(adds, "modificationTime")?;
    let changes = adds
        .column_by_name("dataChange")
        .and_then(|column| column.as_boolean_opt().cloned());
    let stats = adds
        .column_by_name("stats")
        .map(|column| text(column, "stats"))
        .transpose()?;
    let partitions = StringMaps::of(adds, "partitionValues")?;
    let tags = StringMaps::of(adds, "tags")?;
    let vectors = adds
        .column_by_name("deletionVector")
        .and_then(|column| column.as_struct_opt());
    for row in present(adds) {
        let vector = match vectors.filter(|vectors| vectors.is_valid(row)) {
            Some(vectors) => Some(deletion_vector(vectors, row)?),
            None => None,
        };
        into.push(Add {
            path: paths.value(row).to_owned(),
            partition_values: partitions
                .as_ref()
                .and_then(|maps| maps.get(row))
                .unwrap_or_default(),
            size: sizes.value(row),
            modification_time: times.value(row),
            data_change: changes
                .as_ref()
                .is_some_and(|changes: &BooleanArray| changes.value(row)),
            stats: stats
                .as_ref()
                .filter(|stats| stats.is_valid(row))
                .map(|stats| stats.value(row).to_owned()),
            tags: tags.as_ref().and_then(|maps| maps.get(row)),
            deletion_vector: vector,
        });
    }
    Ok(())
}

fn collect_removes(removes: &StructArray, into: &mut Vec<Remove>) -> Result<(), Reason> {
    let paths = strings(removes, "path")?;
    let times = removes.column_by_name("deletionTimestamp");
    let times = times.and_then(|column| column.as_primitive_opt::<Int64Type>());
    let vectors = removes.column_by_name("deletionVector");
    let vectors = vectors.and_then(|column| column.as_struct_opt());
    for row in present(removes) {
        let vector = match vectors.filter(|vectors| vectors.is_valid(row)) {
            Some(vectors) => Some(deletion_vector(vectors, row)?),
            None => None,
        };
        into.push(Remove {
            path: paths.value(row).to_owned(),
            deletion_timestamp: times
                .filter(|times| times.is_valid(row))
                .map(|times| times.value(row)),
            data_change: false,
            extended_file_metadata: None,
            partition_values: None,
            size: None,
            deletion_vector: vector,
        });
    }
    Ok(())
}

fn deletion_vector(vectors: &StructArray, row: usize) -> Result<DeletionVector, Reason> {
    let int = |name: &str| -> Result<Option<i32>, Reason> {
        let ints = column(vectors, name)?
            .as_primitive_opt::<Int32Type>()
            .ok_or_else(|| not_a(name, "an int"))?;
        Ok(ints.is_valid(row).then(|| ints.value(row)))
    };
    Ok(DeletionVector {
        storage_type: strings(vectors, "storageType")?.value(row).to_owned(),
        path_or_inline_dv: strings(vectors, "pathOrInlineDv")?.value(row).to_owned(),
        offset: int("offset")?,
        size_in_bytes: int("sizeInBytes")?.ok_or("`sizeInBytes` is missing")?,
        cardinality: longs(vectors, "cardinality")?.value(row),
    })
}

fn collect_metadata(metadata: &StructArray, row: usize) -> Result<Metadata, Reason> {
    let optional = |name: &str| -> Result<Option<String>, Reason> {
        let Some(column) = metadata.column_by_name(name) else {
            return Ok(None);
        };
        let column = text(column, name)?;
        Ok(column.is_valid(row).then(|| column.value(row).to_owned()))
    };
    let created = match metadata.column_by_name("createdTime") {
        Some(column) => column
            .as_primitive_opt::<Int64Type>()
            .filter(|column| column.is_valid(row))
            .map(|column| column.value(row)),
        None => None,
    };
    Ok(Metadata {
        id: optional("id")?.unwrap_or_default(),
        name: optional("name")?,
        description: optional("description")?,
        format: Format {
            provider: "parquet".to_owned(),
            options: BTreeMap::new(),
        },
        schema_string: optional("schemaString")?.ok_or("metaData.schemaString is missing")?,
        partition_columns: string_list(metadata, "partitionColumns", row)?.unwrap_or_default(),
        configuration: StringMaps::of(metadata, "configuration")?
            .and_then(|maps| maps.get(row))
            .unwrap_or_default(),
        created_time: created,
    })
}

fn not_a(name: &str, what: &str) -> Reason {
    format!("`{name}` is not {what}")
}

fn structs<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a StructArray> {
    batch.column_by_name(name)?.as_struct_opt()
}

fn present(array: &StructArray) -> impl Iterator<Item = usize> + '_ {
    (0..array.len()).filter(|row| array.is_valid(*row))
}

fn column<'a>(parent: &'a StructArray, name: &str) -> Result<&'a ArrayRef, Reason> {
    parent
        .column_by_name(name)
        .ok_or_else(|| format!("`{name}` is missing"))
}

/// A string column, whichever of Arrow's string types it was read as.
fn text(column: &ArrayRef, name: &str) -> Result<StringArray, Reason> {
    let cast = arrow_cast::cast(column, &DataType::Utf8).map_err(|_| not_a(name, "text"))?;
    cast.as_string_opt()
        .cloned()
        .ok_or_else(|| not_a(name, "text"))
}

fn strings(parent: &StructArray, name: &str) -> Result<StringArray, Reason> {
    text(column(parent, name)?, name)
}

fn longs<'a>(parent: &'a StructArray, name: &str) -> Result<&'a arrow_array::Int64Array, Reason> {
    column(parent, name)?
        .as_primitive_opt::<Int64Type>()
        .ok_or_else(|| not_a(name, "a long"))
}

fn string_list(
    parent: &StructArray,
    name: &str,
    row: usize,
) -> Result<Option<Vec<String>>, Reason> {
    let Some(column) = parent.column_by_name(name) else {
        return Ok(None);
    };
    let lists: &ListArray = column.as_list_opt().ok_or_else(|| not_a(name, "a list"))?;
    if lists.is_null(row) {
        return Ok(None);
    }
    let items = text(&lists.value(row), name)?;
    Ok(Some(items.iter().flatten().map(str::to_owned).collect()))
}

/// A column of maps from string to string.
struct StringMaps<'a> {
    maps: &'a MapArray,
    keys: StringArray,
    values: StringArray,
}

impl<'a> StringMaps<'a> {
    fn of(parent: &'a StructArray, name: &str) -> Result<Option<Self>, Reason> {
        let Some(column) = parent.column_by_name(name) else {
            return Ok(None);
        };
        let maps = column.as_map_opt().ok_or_else(|| not_a(name, "a map"))?;
        Ok(Some(Self {
            maps,
            keys: text(maps.keys(), name)?,
            values: text(maps.values(), name)?,
        }))
    }

    fn get(&self, row: usize) -> Option<BTreeMap<String, Option<String>>> {
        if self.maps.is_null(row) {
            return None;
        }
        let offsets = self.maps.value_offsets();
        let entries = offsets[row] as usize..offsets[row + 1] as usize;
        let pair = |entry: usize| {
            let value = self
                .values
                .is_valid(entry)
                .then(|| self.values.value(entry).to_owned());
            (self.keys.value(entry).to_owned(), value)
        };
        Some(entries.map(pair).collect())
    }
}
