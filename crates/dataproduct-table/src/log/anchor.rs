//! What is kept beside the log about the log: which entry is the newest, and what a checkpoint's bytes are.
//!
//! Both are written after the fact and only as well as may be. An anchor that is older than the log, is missing or
//! cannot be read says nothing, and the log counts. An anchor that is newer than the log says that entries are gone.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::segment::{self, LOG, entry_name};
use crate::error::{Error, Result};
use crate::storage::Storage;
use crate::write::file::hex;

/// The folder of anchors.
pub(crate) const ANCHORS: &str = "_anchor";

/// The anchor of the newest entry.
pub(crate) const HEAD: &str = "_anchor/head.json";

/// Which entry was the newest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The id of the table, as in its metadata.
    pub(crate) table: String,
    pub(crate) version: u64,
    /// The digest of the entry of that version.
    pub(crate) entry: String,
}

/// What the files of a checkpoint are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheckpointAnchor {
    pub(crate) version: u64,
    /// The digest of the entry of that version, if it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) entry: Option<String>,
    pub(crate) files: Vec<AnchoredFile>,
}

impl CheckpointAnchor {
    /// What a file of the checkpoint was when it was written, by its name relative to the table.
    pub(crate) fn sha256(&self, name: &str) -> Option<String> {
        let is_it =
            |file: &&AnchoredFile| name.strip_prefix(LOG) == Some(&format!("/{}", file.name));
        self.files
            .iter()
            .find(is_it)
            .map(|file| file.sha256.clone())
    }
}

/// One file of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AnchoredFile {
    /// In the folder of the log.
    pub(crate) name: String,
    pub(crate) sha256: String,
}

/// An anchor as stored, with a digest of what it says.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    format: u32,
    anchor: T,
    sha256: String,
}

/// Reads an anchor; `None` if there is none, `Some(None)` if it is damaged itself.
pub(crate) async fn read<T: Serialize + DeserializeOwned>(
    storage: &Storage,
    name: &str,
) -> Result<Option<Option<T>>> {
    let anchor = read_once(storage, name).await?;
    match anchor {
        // On local disk it is written over in place: it may have been met half written.
        Some(None) if storage.is_local() => read_once(storage, name).await,
        anchor => Ok(anchor),
    }
}

async fn read_once<T: Serialize + DeserializeOwned>(
    storage: &Storage,
    name: &str,
) -> Result<Option<Option<T>>> {
    let Some(bytes) = storage.read(name).await? else {
        return Ok(None);
    };
    let stored = serde_json::from_slice::<Stored<T>>(&bytes).ok();
    Ok(Some(stored.and_then(|stored| {
        let digest = digest_of(&stored.anchor).ok()?;
        (stored.format == 1 && digest == stored.sha256).then_some(stored.anchor)
    })))
}

/// Reads an anchor that counts; a damaged one does not.
pub(crate) async fn read_sound<T: Serialize + DeserializeOwned>(
    storage: &Storage,
    name: &str,
) -> Result<Option<T>> {
    Ok(match read(storage, name).await? {
        Some(Some(anchor)) => Some(anchor),
        Some(None) => {
            tracing::warn!(
                name,
                "the anchor of the log is damaged and counts for nothing"
            );
            None
        }
        None => None,
    })
}

fn digest_of<T: Serialize>(anchor: &T) -> Result<String> {
    let bytes = serde_json::to_vec(anchor)
        .map_err(|error| Error::encoding("writing an anchor of the log", error))?;
    Ok(hex(&Sha256::digest(bytes)))
}

async fn write<T: Serialize>(storage: &Storage, name: &str, anchor: T) -> Result<()> {
    let sha256 = digest_of(&anchor)?;
    let stored = Stored {
        format: 1,
        anchor,
        sha256,
    };
    let bytes = serde_json::to_vec(&stored)
        .map_err(|error| Error::encoding("writing an anchor of the log", error))?;
    storage.put_hint(name, bytes.into()).await
}

/// Notes which entry is the newest.
pub(crate) async fn write_head(storage: &Storage, head: Head) -> Result<()> {
    write(storage, HEAD, head).await
}

/// The name of the anchor of a checkpoint.
pub(crate) fn of_checkpoint(version: u64) -> String {
    format!("{ANCHORS}/checkpoint-{version:020}.json")
}

/// The checkpoint that an anchor of this name, in the folder of anchors, is of.
pub(crate) fn checkpoint_of(name: &str) -> Option<u64> {
    let version = name.strip_prefix("checkpoint-")?.strip_suffix(".json")?;
    version.parse().ok()
}

/// Notes what the files of a new checkpoint are.
pub(crate) async fn write_checkpoint(
    storage: &Storage,
    version: u64,
    entry: Option<String>,
) -> Result<()> {
    let found = segment::find(storage, Some(version)).await?;
    let checkpoint = found.and_then(|segment| segment.checkpoint);
    let Some(checkpoint) = checkpoint.filter(|found| found.version == version) else {
        return Ok(());
    };
    let mut files = Vec::with_capacity(checkpoint.parts.len());
    for name in checkpoint.parts {
        let path = format!("{LOG}/{name}");
        let bytes = storage.read(&path).await?;
        let bytes = bytes.ok_or_else(|| Error::damaged(&path, "it was listed but is gone"))?;
        let sha256 = hex(&Sha256::digest(&bytes));
        files.push(AnchoredFile { name, sha256 });
    }
    let anchor = CheckpointAnchor {
        version,
        entry,
        files,
    };
    write(storage, &of_checkpoint(version), anchor).await
}

/// What it means that the log ends before an anchored entry.
pub(crate) fn cut_short(head: &Head, newest: u64) -> Error {
    Error::damaged(
        entry_name(newest + 1),
        format!(
            "it is missing: `{HEAD}` knows version {} of the table; restore the log from a copy, or delete `{HEAD}` to \
             accept that everything after version {newest} is lost",
            head.version
        ),
    )
}

/// What it means that an anchored entry has other bytes.
pub(crate) fn exchanged(head: &Head) -> Error {
    Error::damaged(
        entry_name(head.version),
        format!(
            "it is not the entry that `{HEAD}` knows; restore it from a copy, or delete `{HEAD}` to accept what is there"
        ),
    )
}
