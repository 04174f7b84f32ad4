//! Looking at everything that a table's log names, and saying what is damaged.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;
use sha2::{Digest, Sha256};

use crate::deletion;
use crate::error::{Error, Result};
use crate::facts::CommitInfo;
use crate::location::Location;
use crate::log::action::{Actions, Add, TAG_SHA256};
use crate::log::anchor::{self, CheckpointAnchor, HEAD, Head};
use crate::log::chain;
use crate::log::checkpoint;
use crate::log::segment::{self, Checkpoint, LOG, entry_name};
use crate::log::state::Replay;
use crate::storage::Storage;
use crate::table::Table;
use crate::write::file::hex;
use crate::write::partition::decode_path;

/// How many data files are read at once.
const FILES_AT_ONCE: usize = 4;

/// How many log entries are read ahead.
const ENTRIES_AHEAD: usize = 16;

/// One object of a table that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// The object, relative to the table's folder.
    pub object: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What was found when everything was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// The newest version that the log has.
    pub version: u64,
    /// Log entries that were read.
    pub entries: u64,
    /// Checkpoints that were compared with the log.
    pub checkpoints: u64,
    /// Data files of the newest version that were looked at.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those of them of which only the size is known: files of other writers have no digest.
    pub files_without_digest: u64,
    /// What is damaged: the log first, then contracts, then data files in the order of the log.
    pub damages: Vec<Damage>,
}

impl VerifyReport {
    /// Whether nothing is damaged.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damages.is_empty()
    }
}

/// How far a verification has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyProgress {
    /// Log entries that were read.
    pub entries: u64,
    /// Data files that were looked at.
    pub files: u64,
    /// Data files of the newest version; 0 until the log is read.
    pub of_files: u64,
    /// Bytes of data files that were read.
    pub bytes: u64,
    /// Damaged objects found so far.
    pub damages: u64,
}

impl Table {
    /// Looks at everything that the newest version of a table rests on, and names what is damaged.
    ///
    /// That is: the seal of every log entry that is kept and its place in the chain, the anchor of the newest one,
    /// every checkpoint against its digest and against the log, stored contracts against the digests in the log, and of
    /// every data file and deletion vector of the newest version existence, size and digest. Data files are read once, in
    /// pieces; beyond the state of the table nothing is held in memory. `progress` is called after each object.
    ///
    /// A table need not be sound to be verified. Where entries are damaged, the data files are those that the others name.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no log; `Store` if the store fails. What is damaged is in the report, not an error.
    ///
    /// # Example
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// use std::sync::Arc;
    /// use arrow_schema::{DataType, Field, Schema};
    /// use dataproduct_table::{Location, Table, TableSpec};
    ///
    /// let location = Location::parse("memory://doc/verified")?;
    /// let schema = Schema::new(vec![Field::new("sku", DataType::Utf8, false)]);
    /// Table::create(&location, &TableSpec::new(Arc::new(schema))).await?;
    /// let report = Table::verify(&location, |_| {}).await?;
    /// assert!(report.is_sound());
    /// assert_eq!(report.entries, 1);
    /// # Ok::<_, dataproduct_table::Error>(())
    /// # })?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify(
        location: &Location,
        progress: impl Fn(VerifyProgress) + Send + Sync,
    ) -> Result<VerifyReport> {
        let mut verification = Verification {
            storage: location.open()?,
            report: VerifyReport::default(),
            of_files: 0,
            contracts: BTreeMap::new(),
            progress: &progress,
        };
        let Some(replay) = verification.log().await? else {
            return Err(Error::NotFound {
                location: location.to_string(),
            });
        };
        verification.contracts().await?;
        verification.files(replay.into_files()).await?;
        Ok(verification.report)
    }
}

struct Verification<'a> {
    storage: Storage,
    report: VerifyReport,
    of_files: u64,
    /// The digests of contracts that the log names, by version.
    contracts: BTreeMap<String, BTreeSet<String>>,
    progress: &'a (dyn Fn(VerifyProgress) + Send + Sync),
}

/// What is known of the log up to an entry.
#[derive(Default)]
struct Walk {
    replay: Replay,
    /// Whether every entry up to here was taken in, or a checkpoint in their place.
    whole: bool,
    /// The digest of the entry, unless it is damaged.
    digest: Option<String>,
}

impl Verification<'_> {
    fn damaged(&mut self, object: impl Into<String>, reason: impl Into<String>) {
        self.report.damages.push(Damage {
            object: object.into(),
            reason: reason.into(),
        });
    }

    fn told(&self) {
        (self.progress)(VerifyProgress {
            entries: self.report.entries,
            files: self.report.files,
            of_files: self.of_files,
            bytes: self.report.bytes,
            damages: self.report.damages.len() as u64,
        });
    }

    /// Reads the whole log; `None` if there is none.
    async fn log(&mut self) -> Result<Option<Replay>> {
        // Before the list, so that no entry can be newer than the list.
        let head = anchor::read::<Head>(&self.storage, HEAD).await?;
        let names = self.storage.list(LOG, None).await?;
        let (entries, checkpoints) = segment::contents(&names);
        let checkpointed = checkpoints.last().map(|checkpoint| checkpoint.version);
        let Some(newest) = entries.last().copied().max(checkpointed) else {
            return Ok(None);
        };
        self.report.version = newest;
        let (oldest, there) = (
            entries.first().copied(),
            entries.into_iter().collect::<HashSet<_>>(),
        );
        let mut walk = Walk {
            whole: oldest == Some(0),
            ..Walk::default()
        };
        let mut checkpoints = checkpoints.into_iter().peekable();
        let first = oldest.unwrap_or(newest + 1);
        while let Some(checkpoint) = checkpoints.next_if(|found| found.version < first) {
            self.checkpoint(&mut walk, &checkpoint, true).await?;
        }
        let storage = self.storage.clone();
        let read = futures::stream::iter(first..=newest).map(|version| {
            let (storage, there) = (&storage, there.contains(&version));
            async move {
                let bytes = match there {
                    true => storage.read(&entry_name(version)).await?,
                    false => None,
                };
                Ok::<_, Error>((version, bytes))
            }
        });
        let mut read = std::pin::pin!(read.buffered(ENTRIES_AHEAD));
        while let Some((version, bytes)) = read.try_next().await? {
            self.entry(&mut walk, version, bytes.as_deref());
            if let Some(Some(head)) = &head
                && head.version == version
                && walk
                    .digest
                    .as_ref()
                    .is_some_and(|digest| *digest != head.entry)
                && walk.replay.table() == Some(&head.table)
            {
                self.error(anchor::exchanged(head));
            }
            while let Some(checkpoint) = checkpoints.next_if(|found| found.version == version) {
                self.checkpoint(&mut walk, &checkpoint, false).await?;
            }
            self.told();
        }
        if !walk.whole && self.report.is_sound() {
            self.damaged(
                entry_name(first.saturating_sub(1)),
                "it is missing, and no checkpoint stands for it; restore it from a copy",
            );
        }
        match head {
            Some(Some(head))
                if walk.replay.table() == Some(&head.table) && head.version > newest =>
            {
                self.error(anchor::cut_short(&head, newest));
            }
            Some(None) => self.damaged(
                HEAD,
                "it is damaged; delete it, the next commit writes it anew",
            ),
            _ => {}
        }
        Ok(Some(walk.replay))
    }

    /// Notes an error that is about an object as its damage.
    fn error(&mut self, error: Error) {
        match error {
            Error::Damaged { file, reason } => self.damaged(file, reason),
            Error::Corrupt {
                file,
                expected,
                found,
            } => self.damaged(file, format!("expected {expected}, found {found}")),
            error => self.damaged(LOG, error.to_string()),
        }
    }

    fn entry(&mut self, walk: &mut Walk, version: u64, bytes: Option<&[u8]>) {
        let name = entry_name(version);
        let Some(bytes) = bytes else {
            self.damaged(name, "it is missing; restore it from a copy");
            (walk.whole, walk.digest) = (false, None);
            return;
        };
        self.report.entries += 1;
        let actions = match Actions::parse(&name, bytes) {
            Ok(actions) => actions,
            Err(error) => {
                self.error(error);
                (walk.whole, walk.digest) = (false, None);
                return;
            }
        };
        if chain::check_follows(&name, &actions.link, walk.digest.as_deref()).is_err() {
            self.damaged(
                entry_name(version.saturating_sub(1)),
                format!("it is not the entry behind which version {version} was committed; restore it from a copy"),
            );
        }
        let digest = actions.link.digest.clone();
        let facts = CommitInfo::of(&actions).into_commit(version).facts;
        if let Some(published) = facts.map(|facts| facts.published)
            && let (Some(version), Some(digest)) =
                (published.contract_version, published.contract_digest)
        {
            self.contracts.entry(version).or_default().insert(digest);
        }
        walk.replay.apply(version, actions);
        walk.digest = Some(digest);
    }

    /// Compares a checkpoint with what was written, and with the log up to it if that is whole.
    async fn checkpoint(
        &mut self,
        walk: &mut Walk,
        checkpoint: &Checkpoint,
        is_start: bool,
    ) -> Result<()> {
        let name = format!("{LOG}/{}", checkpoint.parts[0]);
        let anchored = anchor::of_checkpoint(checkpoint.version);
        let anchor = anchor::read::<CheckpointAnchor>(&self.storage, &anchored).await?;
        if anchor == Some(None) {
            self.damaged(
                &anchored,
                "it is damaged; delete it, the checkpoint is then compared with the log alone",
            );
        }
        let (entry, parts) = match checkpoint::read(&self.storage, checkpoint).await {
            Ok(read) => read,
            Err(error @ Error::Store { .. }) => return Err(error),
            Err(error) => {
                self.error(error);
                return Ok(());
            }
        };
        self.report.checkpoints += 1;
        if let (Some(entry), Some(digest)) = (&entry, &walk.digest)
            && entry != digest
            && !is_start
        {
            self.damaged(
                entry_name(checkpoint.version),
                format!("it is not the entry that `{anchored}` knows; restore it from a copy"),
            );
        }
        let mut stored = Replay::default();
        for actions in parts {
            stored.apply(checkpoint.version, actions);
        }
        match walk.whole {
            true => {
                if let Some(difference) = walk.replay.difference(&stored) {
                    self.damaged(
                        name,
                        format!("it does not say what the log says: {difference}; delete it"),
                    );
                }
            }
            false => {
                walk.replay = stored;
                walk.whole = true;
                walk.digest = walk.digest.take().or(entry);
            }
        }
        Ok(())
    }

    /// Compares stored contracts with the digests in the log.
    async fn contracts(&mut self) -> Result<()> {
        for (version, digests) in std::mem::take(&mut self.contracts) {
            let Ok(name) = crate::contracts::name_of(&version) else {
                continue;
            };
            if let Some(bytes) = self.storage.read(&name).await?
                && !digests.contains(&hex(&Sha256::digest(&bytes)))
            {
                self.damaged(
                    name,
                    "it has another digest than the log names; restore it from `schemas/`",
                );
            }
        }
        Ok(())
    }

    async fn files(&mut self, files: Vec<Arc<Add>>) -> Result<()> {
        self.of_files = files.len() as u64;
        self.told();
        let storage = self.storage.clone();
        let checks = futures::stream::iter(files).map(|add| look_at(&storage, add));
        let mut checks = std::pin::pin!(checks.buffered(FILES_AT_ONCE));
        while let Some(looked) = checks.try_next().await? {
            self.report.files += 1;
            self.report.bytes += looked.bytes;
            self.report.files_without_digest += u64::from(!looked.has_digest);
            for error in looked.damages {
                self.error(error);
            }
            self.told();
        }
        Ok(())
    }
}

/// What is known of a data file after looking at it.
struct Looked {
    bytes: u64,
    has_digest: bool,
    damages: Vec<Error>,
}

async fn look_at(storage: &Storage, add: Arc<Add>) -> Result<Looked> {
    let mut looked = Looked {
        bytes: 0,
        has_digest: add.tag(TAG_SHA256).is_some(),
        damages: Vec::new(),
    };
    let name = match decode_path(&add.path) {
        Ok(name) => name,
        Err(error) => {
            looked.damages.push(error);
            return Ok(looked);
        }
    };
    let digest = match read_through(storage, &name).await? {
        Some((bytes, digest)) => {
            looked.bytes = bytes;
            Some((bytes, digest))
        }
        None => {
            looked.damages.push(Error::damaged(
                &name,
                "it is missing; restore it from a copy",
            ));
            None
        }
    };
    if let Some((bytes, digest)) = digest {
        let corrupt = |expected: String, found: String| Error::Corrupt {
            file: name.clone(),
            expected,
            found,
        };
        if i64::try_from(bytes) != Ok(add.size) {
            let (expected, found) = (format!("{} bytes", add.size), format!("{bytes} bytes"));
            looked.damages.push(corrupt(expected, found));
        } else if let Some(expected) = add.tag(TAG_SHA256).filter(|expected| *expected != digest) {
            let (expected, found) = (format!("sha256 {expected}"), format!("sha256 {digest}"));
            looked.damages.push(corrupt(expected, found));
        }
    }
    if let Some(vector) = &add.deletion_vector {
        let read = async {
            deletion::read(storage, vector).await?;
            deletion::check_file(storage, vector).await
        };
        match read.await {
            Ok(()) => {}
            Err(error @ Error::Store { .. }) => return Err(error),
            Err(error) => looked.damages.push(error),
        }
    }
    Ok(looked)
}

/// The size and the digest of an object, which is read in pieces; `None` if it is not there.
async fn read_through(storage: &Storage, name: &str) -> Result<Option<(u64, String)>> {
    let path = storage.path(name)?;
    let failed = |error| Error::store("read", &path, error);
    let mut pieces = match storage.store().get(&path).await {
        Ok(object) => object.into_stream(),
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let (mut bytes, mut digest) = (0, Sha256::new());
    while let Some(piece) = pieces.try_next().await.map_err(failed)? {
        bytes += piece.len() as u64;
        digest.update(&piece);
    }
    Ok(Some((bytes, hex(&digest.finalize()))))
}
