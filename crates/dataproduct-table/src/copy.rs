//! A copy of a version at another place: a table of its own.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::facts::{CommitInfo, ENGINE, StoredFacts};
use crate::location::Location;
use crate::log::action::{Metadata, TAG_SHA256, Txn, write_line};
use crate::log::state::{TableState, WATERMARK_APP};
use crate::snapshot::path_of;
use crate::storage::Storage;
use crate::table::{Table, TableOptions};
use crate::vacuum::keep;
use crate::write::file::hex;

/// Bytes that are read and written at once.
const PART_BYTES: u64 = 8 * 1024 * 1024;

/// For how long the version is held while it is copied; the files of a copy that takes longer may be vacuumed.
const HOLD: Duration = Duration::from_secs(24 * 3600);

/// What is copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct TableCopy {
    version: Option<u64>,
    dry_run: bool,
}

impl TableCopy {
    /// The newest version.
    pub fn new() -> Self {
        Self::default()
    }

    /// This version.
    pub fn with_version(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }

    /// Copies nothing and only says what would be.
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }
}

/// What was copied, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CopyReport {
    /// The version that was copied.
    pub version: u64,
    /// Files of it.
    pub files: u64,
    /// Of these, files that an earlier try had copied already.
    pub files_there: u64,
    /// Bytes of the files.
    pub bytes: u64,
}

impl Table {
    /// Copies a version to another place, on the same store or on another, with the contracts stored beside it. The copy
    /// is a table of its own, with an id of its own and one version, under the contract and with the watermark of the
    /// version that was copied. It appears whole, when all is copied; a try that was cut off is gone on with by the same
    /// call. Digests are checked on the way.
    ///
    /// Not copied: older versions, quality reports, the quarantine, leases, and publish ids: a publish into the copy is
    /// another one than that into the table.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if there is a table at the other place; `NoSuchVersion`; `Corrupt` if a file is not what the log
    /// says; `Damaged` if one is gone; `Store` if one of the stores fails.
    pub async fn copy_to(&self, to: &Location, what: &TableCopy) -> Result<CopyReport> {
        let target = to.open()?;
        let exists = || Error::AlreadyExists {
            location: to.to_string(),
        };
        if TableState::load(&target, None).await?.is_some() {
            return Err(exists());
        }
        let snapshot = match what.version {
            Some(version) => self.snapshot_at(version).await?,
            None => self.snapshot().await?,
        };
        let state = snapshot.state();
        // A vacuum that begins from here on leaves the files alone.
        let lease = match what.dry_run {
            true => None,
            false => Some(self.lease(state.version, HOLD).await?),
        };
        let copied = self.copy_files(&target, state, what.dry_run).await;
        if let Some(lease) = lease {
            // It ends by itself.
            let _released = lease.release().await;
        }
        let report = copied?;
        if what.dry_run {
            return Ok(report);
        }
        for version in self.contract_versions().await? {
            let name = format!("_contract/{version}.odcs.yaml");
            if let Some(document) = self.storage().read(&name).await? {
                target.put(&name, document).await?;
                target.ensure_durable(&name).await?;
            }
        }
        let id = uuid::Uuid::now_v7().to_string();
        let entry = self.first_entry(state, &id).await?;
        let made = Self::begin(to, target, &id, entry, TableOptions::default()).await?;
        made.map(|_| report).ok_or_else(exists)
    }

    async fn copy_files(
        &self,
        target: &Storage,
        state: &TableState,
        dry_run: bool,
    ) -> Result<CopyReport> {
        let mut digests = BTreeMap::new();
        let mut names = HashSet::new();
        for add in state.files.iter() {
            keep(&mut names, &add.path, add.deletion_vector.as_ref())?;
            if let Some(digest) = add.tag(TAG_SHA256) {
                digests.insert(path_of(add), digest.to_owned());
            }
        }
        let mut report = CopyReport {
            version: state.version,
            ..CopyReport::default()
        };
        self.steps().begin(names.len());
        for name in names {
            self.steps().step();
            let size = match self.storage().size(&name).await {
                Err(Error::Store {
                    source: object_store::Error::NotFound { .. },
                    ..
                }) => return Err(Error::damaged(name, "it is gone")),
                size => size?,
            };
            report.files += 1;
            report.bytes += size;
            // Files appear whole and have names of their own.
            match target.size(&name).await {
                Ok(there) if there == size => {
                    report.files_there += 1;
                    continue;
                }
                Ok(_)
                | Err(Error::Store {
                    source: object_store::Error::NotFound { .. },
                    ..
                }) => {}
                Err(error) => return Err(error),
            }
            if !dry_run {
                let digest = digests.get(&name).map(String::as_str);
                copy_file(self.storage(), target, &name, size, digest).await?;
            }
        }
        Ok(report)
    }

    /// The log entry that makes the copy a table.
    async fn first_entry(&self, state: &TableState, id: &str) -> Result<Vec<u8>> {
        let millis = self.now_of(state);
        let newest = state.newest_publish(self.storage(), |_| true).await?;
        let facts = newest.as_ref().and_then(|commit| commit.facts.as_ref());
        let published = facts.map(|facts| &facts.published);
        let facts = StoredFacts {
            format: 1,
            publish_id: id.to_owned(),
            contract_version: published.and_then(|facts| facts.contract_version.clone()),
            contract_digest: published.and_then(|facts| facts.contract_digest.clone()),
            as_of: state.watermark(),
            watermark: state.watermark(),
            rows: 0,
            bytes: state.files.iter().map(|add| add.size.unsigned_abs()).sum(),
            files: state.files.len() as u64,
            files_removed: 0,
            by_key: None,
            digest: String::new(),
            engine: ENGINE.to_owned(),
            producer: published.and_then(|facts| facts.producer.clone()),
            quality: BTreeMap::new(),
        };
        let info = CommitInfo {
            timestamp: Some(millis),
            operation: Some("CLONE".to_owned()),
            operation_parameters: serde_json::json!({
                "source": self.location().to_string(),
                "sourceVersion": state.version.to_string(),
            }),
            is_blind_append: Some(false),
            engine_info: Some(ENGINE.to_owned()),
            operation_metrics: serde_json::json!({}),
            dataproduct: Some(facts),
            ..CommitInfo::default()
        };
        let metadata = Metadata {
            id: id.to_owned(),
            created_time: Some(millis),
            ..Metadata::clone(&state.metadata)
        };
        let mut entry = Vec::new();
        write_line(&mut entry, "commitInfo", &info)?;
        write_line(&mut entry, "protocol", &state.protocol)?;
        write_line(&mut entry, "metaData", &metadata)?;
        if let Some(watermark) = state.watermark() {
            let txn = Txn {
                app_id: WATERMARK_APP.to_owned(),
                version: watermark,
                last_updated: Some(millis),
            };
            write_line(&mut entry, "txn", &txn)?;
        }
        for add in state.files.iter() {
            let mut add = crate::log::action::Add::clone(add);
            add.data_change = true;
            write_line(&mut entry, "add", &add)?;
        }
        Ok(entry)
    }
}

/// Copies a file, which appears whole or not at all.
async fn copy_file(
    from: &Storage,
    to: &Storage,
    name: &str,
    size: u64,
    digest: Option<&str>,
) -> Result<()> {
    let (source, target) = (from.path(name)?, to.path(name)?);
    let failed = |error| Error::store("write", &target, error);
    let mut sum = Sha256::new();
    let mut upload = match size > PART_BYTES {
        true => Some(to.store().put_multipart(&target).await.map_err(failed)?),
        false => None,
    };
    let mut last = Bytes::new();
    let mut at = 0;
    let read = async {
        while at < size {
            let range = at..size.min(at + PART_BYTES);
            at = range.end;
            let parts = from.read_ranges(&source, &[range]).await?;
            let part = parts.into_iter().next().unwrap_or_default();
            sum.update(&part);
            match &mut upload {
                Some(upload) => {
                    let part = upload.put_part(PutPayload::from(part));
                    part.await.map_err(failed)?;
                }
                None => last = part,
            }
        }
        let found = hex(&sum.finalize());
        match digest.filter(|digest| *digest != found) {
            None => Ok(()),
            Some(digest) => Err(Error::Corrupt {
                file: name.to_owned(),
                expected: format!("SHA-256 {digest}"),
                found: format!("SHA-256 {found}"),
            }),
        }
    }
    .await;
    match (read, upload) {
        (Ok(()), Some(mut upload)) => upload.complete().await.map(drop).map_err(failed),
        (Ok(()), None) => {
            let written = to.store().put(&target, last.into()).await;
            written.map(drop).map_err(failed)
        }
        (Err(error), Some(mut upload)) => {
            // What is left of it is the store's to clean up.
            let _aborted = upload.abort().await;
            Err(error)
        }
        (Err(error), None) => Err(error),
    }
}
