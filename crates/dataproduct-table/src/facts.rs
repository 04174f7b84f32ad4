//! What a commit says about itself, stored in the log where plain Delta tools show it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::log::action::Actions;
use crate::write::keyed::KeyedRows;

/// The name and version that a commit gives as its writer.
pub const ENGINE: &str = concat!("dataproduct/", env!("CARGO_PKG_VERSION"));

/// What a publisher says about the rows it publishes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishFacts {
    /// The contract version that the rows were checked against.
    pub contract_version: Option<String>,
    /// The digest of that contract.
    pub contract_digest: Option<String>,
    /// The instant up to which the owner vouches that the table is complete; kept to the microsecond.
    ///
    /// A lower one than an earlier commit's is kept as given, but the table's watermark does not fall.
    pub as_of: Option<DateTime<Utc>>,
    /// A summary of the quality checks: name to result.
    pub quality: BTreeMap<String, String>,
    /// The program that publishes, with its version; [`ENGINE`] is always kept as well.
    pub producer: Option<String>,
}

/// What a commit of this SDK recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitFacts {
    /// The token under which the commit is one, however often it was tried.
    pub publish_id: String,
    /// As published.
    pub published: PublishFacts,
    /// The highest `as_of` of this commit and all before it, each counted up to the millisecond of its commit at most.
    pub watermark: Option<DateTime<Utc>>,
    /// Rows added.
    pub rows: u64,
    /// Bytes added.
    pub bytes: u64,
    /// Files added.
    pub files: u64,
    /// Files taken out.
    pub files_removed: u64,
    /// What became of rows by key; `None` for a publish that did not change rows by key.
    pub by_key: Option<KeyedRows>,
    /// SHA-256 over the digests of the added files in order, in hex.
    pub digest: String,
    /// Name and version of the writing SDK.
    pub engine: String,
}

/// One version of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Commit {
    /// The version.
    pub version: u64,
    /// When it was committed, to the millisecond. Rises strictly from version to version for commits of this SDK.
    pub committed_at: Option<DateTime<Utc>>,
    /// What was done, in Delta's words: `CREATE TABLE`, `WRITE`, `SET TBLPROPERTIES`.
    pub operation: Option<String>,
    /// The writing program, as it names itself.
    pub engine: Option<String>,
    /// What the SDK recorded; `None` for commits of other programs and for those that publish nothing.
    pub facts: Option<CommitFacts>,
}

/// `commitInfo` as stored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommitInfo {
    #[serde(default)]
    pub(crate) timestamp: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) in_commit_timestamp: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<String>,
    /// Other writers put numbers and lists here, so it is read as whatever it is.
    #[serde(default)]
    pub(crate) operation_parameters: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) is_blind_append: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) engine_info: Option<String>,
    /// The random id of one try to commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) txn_id: Option<String>,
    #[serde(default)]
    pub(crate) operation_metrics: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dataproduct: Option<StoredFacts>,
}

/// The `dataproduct` object in `commitInfo`, format 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredFacts {
    pub(crate) format: u32,
    pub(crate) publish_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) contract_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) contract_digest: Option<String>,
    /// Microseconds since 1970-01-01 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) watermark: Option<i64>,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) files: u64,
    pub(crate) files_removed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by_key: Option<StoredKeyedRows>,
    pub(crate) digest: String,
    pub(crate) engine: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) producer: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) quality: BTreeMap<String, String>,
}

/// `byKey` in [`StoredFacts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredKeyedRows {
    inserted: u64,
    updated: u64,
    deleted: u64,
    superseded: u64,
}

impl From<StoredKeyedRows> for KeyedRows {
    fn from(rows: StoredKeyedRows) -> Self {
        Self {
            inserted: rows.inserted,
            updated: rows.updated,
            deleted: rows.deleted,
            superseded: rows.superseded,
        }
    }
}

impl From<KeyedRows> for StoredKeyedRows {
    fn from(rows: KeyedRows) -> Self {
        Self {
            inserted: rows.inserted,
            updated: rows.updated,
            deleted: rows.deleted,
            superseded: rows.superseded,
        }
    }
}

impl StoredFacts {
    fn into_facts(self) -> CommitFacts {
        let instant = |micros: i64| DateTime::from_timestamp_micros(micros);
        CommitFacts {
            publish_id: self.publish_id,
            published: PublishFacts {
                contract_version: self.contract_version,
                contract_digest: self.contract_digest,
                as_of: self.as_of.and_then(instant),
                quality: self.quality,
                producer: self.producer,
            },
            watermark: self.watermark.and_then(instant),
            rows: self.rows,
            bytes: self.bytes,
            files: self.files,
            files_removed: self.files_removed,
            by_key: self.by_key.map(Into::into),
            digest: self.digest,
            engine: self.engine,
        }
    }
}

impl CommitInfo {
    /// Reads the commit info of a log entry. Other writers may put anything there, so what does not parse
    /// counts as not there.
    pub(crate) fn of(actions: &Actions) -> Self {
        let raw = actions.info.as_ref().map_or("{}", |info| info.get());
        serde_json::from_str(raw).unwrap_or_default()
    }

    /// When the commit happened, in milliseconds.
    pub(crate) fn millis(&self) -> Option<i64> {
        self.in_commit_timestamp.or(self.timestamp)
    }

    pub(crate) fn into_commit(self, version: u64) -> Commit {
        Commit {
            version,
            committed_at: self.millis().and_then(DateTime::from_timestamp_millis),
            operation: self.operation,
            engine: self.engine_info,
            facts: self.dataproduct.map(StoredFacts::into_facts),
        }
    }
}
