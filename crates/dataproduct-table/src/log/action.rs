//! The actions of a Delta log, as stored: one JSON object a line.
//!
//! # Source
//!
//! Delta transaction log protocol, section "Actions".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::chain::{self, Link};
use crate::error::{Error, Result};

/// Tag of an `add`: SHA-256 of the file's bytes, in hex.
pub(crate) const TAG_SHA256: &str = "dataproduct.sha256";
/// Tag of an `add`: number of rows in the file.
pub(crate) const TAG_ROWS: &str = "dataproduct.rows";
/// Tag of an `add`: length in bytes of the end of the file that `TAG_TAIL_SHA256` covers: page indexes and footer.
pub(crate) const TAG_TAIL_BYTES: &str = "dataproduct.tail.bytes";
/// Tag of an `add`: SHA-256 of the last `TAG_TAIL_BYTES` bytes, in hex.
pub(crate) const TAG_TAIL_SHA256: &str = "dataproduct.tail.sha256";

/// A data file that is part of the table from this version on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Add {
    /// Percent-encoded, relative to the table's folder.
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) partition_values: BTreeMap<String, Option<String>>,
    pub(crate) size: i64,
    pub(crate) modification_time: i64,
    #[serde(default)]
    pub(crate) data_change: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stats: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<BTreeMap<String, Option<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deletion_vector: Option<DeletionVector>,
}

/// Which rows of a data file are not part of the table any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionVector {
    /// `i`: in the log itself; `u`: in a file named by a UUID, relative to the table; `p`: in a file at an absolute path.
    pub(crate) storage_type: String,
    pub(crate) path_or_inline_dv: String,
    /// Where in the file it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) offset: Option<i32>,
    /// Before it is encoded as text.
    pub(crate) size_in_bytes: i32,
    /// How many rows.
    pub(crate) cardinality: i64,
}

impl Add {
    pub(crate) fn tag(&self, name: &str) -> Option<&str> {
        self.tags.as_ref()?.get(name)?.as_deref()
    }

    /// Rows in the file, those that are not part of the table any more included, if its writer recorded that.
    pub(crate) fn rows(&self) -> Option<u64> {
        self.tag(TAG_ROWS)?.parse().ok()
    }

    /// Rows in the file that are part of the table, if its writer recorded how many there are.
    pub(crate) fn live_rows(&self) -> Option<u64> {
        let gone = self.deletion_vector.as_ref();
        let gone = gone.map_or(0, |vector| vector.cardinality.unsigned_abs());
        Some(self.rows()?.saturating_sub(gone))
    }

    /// Says of the statistics that they are of more rows than are left.
    pub(crate) fn loosen_bounds(&mut self) {
        // As it was written here before, behind all else.
        let loose = "\"tightBounds\":false}";
        if self
            .stats
            .as_ref()
            .is_some_and(|stats| stats.ends_with(loose))
        {
            return;
        }
        type Stats = serde_json::Map<String, serde_json::Value>;
        let stats = self.stats.as_deref().map(serde_json::from_str::<Stats>);
        // Statistics that cannot be read help nobody.
        self.stats = stats.and_then(Result::ok).map(|mut stats| {
            stats.insert("tightBounds".to_owned(), false.into());
            serde_json::Value::Object(stats).to_string()
        });
    }
}

/// A data file that is not part of the table any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remove {
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deletion_timestamp: Option<i64>,
    #[serde(default)]
    pub(crate) data_change: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) extended_file_metadata: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partition_values: Option<BTreeMap<String, Option<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deletion_vector: Option<DeletionVector>,
}

impl Remove {
    pub(crate) fn of(add: &Add, millis: i64) -> Self {
        Self {
            path: add.path.clone(),
            deletion_timestamp: Some(millis),
            data_change: true,
            extended_file_metadata: Some(true),
            partition_values: Some(add.partition_values.clone()),
            size: Some(add.size),
            deletion_vector: add.deletion_vector.clone(),
        }
    }
}

/// The table's identity, schema and properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) format: Format,
    pub(crate) schema_string: String,
    #[serde(default)]
    pub(crate) partition_columns: Vec<String>,
    #[serde(default)]
    pub(crate) configuration: BTreeMap<String, Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_time: Option<i64>,
}

/// The format of the data files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Format {
    pub(crate) provider: String,
    #[serde(default)]
    pub(crate) options: BTreeMap<String, Option<String>>,
}

/// What a reader and a writer of the table must be able to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Protocol {
    pub(crate) min_reader_version: i32,
    pub(crate) min_writer_version: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reader_features: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) writer_features: Option<Vec<String>>,
}

/// The progress of an application, here: a publish id and the version it became.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Txn {
    pub(crate) app_id: String,
    pub(crate) version: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_updated: Option<i64>,
}

/// A file of a version 2 checkpoint that holds part of its `add` actions.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Sidecar {
    pub(crate) path: String,
}

/// One line of a log entry. Actions that are of no use here are skipped.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    add: Option<Add>,
    remove: Option<Remove>,
    meta_data: Option<Metadata>,
    protocol: Option<Protocol>,
    txn: Option<Txn>,
    sidecar: Option<Sidecar>,
    commit_info: Option<Box<RawValue>>,
}

/// The actions of one commit or of a checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Actions {
    pub(crate) adds: Vec<Add>,
    pub(crate) removes: Vec<Remove>,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) txns: Vec<Txn>,
    pub(crate) sidecars: Vec<Sidecar>,
    /// Kept as text: opening a table needs only that of its newest commit.
    pub(crate) info: Option<Box<RawValue>>,
    /// Of a log entry: how it hangs together with the one before.
    pub(crate) link: Link,
}

impl Actions {
    /// Parses a log entry, whose seal is checked before.
    pub(crate) fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let mut actions = Self {
            link: chain::check(name, bytes)?,
            ..Self::default()
        };
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::damaged(name, "it is empty"));
        }
        for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let line: Line = serde_json::from_slice(line)
                .map_err(|error| Error::damaged(name, format!("line {}: {error}", number + 1)))?;
            actions.adds.extend(line.add);
            actions.removes.extend(line.remove);
            actions.txns.extend(line.txn);
            actions.sidecars.extend(line.sidecar);
            actions.metadata = line.meta_data.or(actions.metadata);
            actions.protocol = line.protocol.or(actions.protocol);
            actions.info = line.commit_info.or(actions.info);
        }
        Ok(actions)
    }

    /// The value of the `txn` of an application.
    pub(crate) fn txn(&self, app_id: &str) -> Option<i64> {
        self.txns
            .iter()
            .find(|txn| txn.app_id == app_id)
            .map(|txn| txn.version)
    }
}

/// Writes one action as a line of a log entry.
pub(crate) fn write_line<T: Serialize>(out: &mut Vec<u8>, kind: &str, action: &T) -> Result<()> {
    let encode = |error: serde_json::Error| Error::encoding("writing the log entry", error);
    out.extend_from_slice(b"{\"");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\":");
    serde_json::to_writer(&mut *out, action).map_err(encode)?;
    out.extend_from_slice(b"}\n");
    Ok(())
}
