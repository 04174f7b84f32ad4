//! A table that is open: its location, its newest known state, and what can be done with it.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::clean::LogCleanup;
use crate::compact::Compaction;
use crate::error::{Error, Result};
use crate::evolve::Evolution;
use crate::facts::{Commit, CommitFacts, CommitInfo, ENGINE};
use crate::limits::SoftLimit;
use crate::location::Location;
use crate::log::action::{Actions, write_line};
use crate::log::chain;
use crate::log::segment::{self, entry_name};
use crate::log::state::TableState;
use crate::schema::{TableSchema, features, names};
use crate::shared::{Shared, known_at, shared_at};
use crate::snapshot::Snapshot;
use crate::spec::TableSpec;
use crate::steps::Steps;
use crate::storage::Storage;
use crate::write::commit;
use crate::write::keyed::{DEFAULT_KEY_MEMORY_BYTES, Known as KnownKeys};
use crate::write::options::WriteOptions;
use crate::write::writer::Writer;

/// How many commits there are from one checkpoint to the next.
pub const DEFAULT_CHECKPOINT_INTERVAL: u64 = 100;

/// After this long the log is listed again rather than probed for the next version: another program may have
/// cleaned up the entries in between.
const RELIST_AFTER: Duration = Duration::from_secs(300);

/// When this many versions were missed, reading them one by one takes longer than loading the state anew.
const PROBE_LIMIT: u64 = 64;

/// How long a store may say of an object that it exists and that it does not.
pub(crate) const SETTLE_TIME: Duration = Duration::from_secs(5);

/// A store that keeps saying of an object that it exists and that it does not.
pub(crate) fn contradicts(name: &str) -> Error {
    Error::damaged(name, "the store says that it exists and that it does not")
}

/// An open table. Cheap to clone; clones share what is known of the table.
#[derive(Clone)]
pub struct Table {
    inner: Arc<Inner>,
}

struct Inner {
    location: Location,
    storage: Storage,
    shared: Arc<Shared>,
    keys: Arc<KnownKeys>,
    known: Mutex<Known>,
    options: TableOptions,
    steps: Steps,
}

struct Known {
    state: Arc<TableState>,
    listed: Instant,
    /// How often log entries had been taken away from this process when the log was listed.
    cleaned: u64,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("location", &self.inner.location.url().as_str())
            .field("version", &self.current().version)
            .finish_non_exhaustive()
    }
}

/// How a table is opened.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct TableOptions {
    pub(crate) checkpoint_interval: u64,
    pub(crate) compaction: Option<Compaction>,
    pub(crate) log_cleanup: Option<LogCleanup>,
    pub(crate) key_memory_bytes: usize,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self {
            checkpoint_interval: DEFAULT_CHECKPOINT_INTERVAL,
            compaction: None,
            log_cleanup: None,
            key_memory_bytes: DEFAULT_KEY_MEMORY_BYTES,
        }
    }
}

impl TableOptions {
    /// Commits from one checkpoint to the next; 0 for none. The default is [`DEFAULT_CHECKPOINT_INTERVAL`].
    pub fn with_checkpoint_interval(mut self, commits: u64) -> Self {
        self.checkpoint_interval = commits;
        self
    }

    /// Writes files anew whenever a publish from here leaves some that are worth it, in a task of its own: the publish
    /// does not wait for it, and an error is logged and no more. By default that is left to [`Table::compact`].
    pub fn with_auto_compaction(mut self, what: Compaction) -> Self {
        self.compaction = Some(what.with_dry_run(false));
        self
    }

    /// Takes away old log entries whenever a publish from here has written a checkpoint; an error is logged and no
    /// more. By default that is left to [`Table::clean_log`].
    pub fn with_auto_log_cleanup(mut self, what: LogCleanup) -> Self {
        self.log_cleanup = Some(what.with_dry_run(false));
        self
    }

    /// Memory for the keys of the table's rows, in bytes, shared by all of this process who have the table open; the
    /// default is [`DEFAULT_KEY_MEMORY_BYTES`]. It is used from the second [`crate::Mode::Upsert`] on: some 10 bytes a
    /// row, and what its key and the column that tells the latest take. Files whose keys do not fit are read at each
    /// change by key; 0 keeps none.
    pub fn with_key_memory_bytes(mut self, bytes: usize) -> Self {
        self.key_memory_bytes = bytes;
        self
    }
}

/// What a publisher gets back: its rows are one version of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The version that the publish became.
    pub version: u64,
    /// When, to the millisecond.
    pub committed_at: DateTime<Utc>,
    /// The token under which the publish is one commit.
    pub publish_id: String,
    /// Whether the publish id had been committed by another call, before or at the same time, so that this call
    /// added nothing.
    pub already_published: bool,
    /// What makes the table expensive, as far as this call knows it: empty if this call added nothing.
    pub limits: Vec<SoftLimit>,
    /// What the commit recorded; `None` only for a repeated publish whose log entry was cleaned up since.
    pub facts: Option<CommitFacts>,
}

impl Receipt {
    pub(crate) fn of(commit: &Commit, already_published: bool, publish_id: &str) -> Result<Self> {
        let committed_at = commit.committed_at.ok_or_else(|| {
            Error::damaged(
                entry_name(commit.version),
                format!("nothing says any more when publish `{publish_id}` was committed"),
            )
        })?;
        Ok(Self {
            version: commit.version,
            committed_at,
            publish_id: publish_id.to_owned(),
            already_published,
            limits: Vec::new(),
            facts: commit.facts.clone(),
        })
    }

    /// Rows added; 0 if that is not recorded any more (see [`Receipt::facts`]).
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.facts.as_ref().map_or(0, |facts| facts.rows)
    }

    /// Files added; 0 if that is not recorded any more.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.facts.as_ref().map_or(0, |facts| facts.files)
    }

    /// Bytes added; 0 if that is not recorded any more.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.facts.as_ref().map_or(0, |facts| facts.bytes)
    }
}

impl Table {
    /// Creates a table, empty, at version 0.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if there is one; `InvalidSpec` if it cannot be declared so; `Store` if the store fails.
    pub async fn create(location: &Location, spec: &TableSpec) -> Result<Self> {
        match Self::try_create(location, spec, TableOptions::default()).await? {
            Some(table) => Ok(table),
            None => Err(Error::AlreadyExists {
                location: location.to_string(),
            }),
        }
    }

    /// Opens a table at its newest version.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none; `Damaged` if its log cannot be read; `Store` if the store fails.
    pub async fn open(location: &Location) -> Result<Self> {
        Self::open_with(location, TableOptions::default()).await
    }

    /// Opens a table with options.
    ///
    /// # Errors
    ///
    /// Those of [`Table::open`].
    pub async fn open_with(location: &Location, options: TableOptions) -> Result<Self> {
        match Self::try_open(location, options).await? {
            Some(table) => Ok(table),
            None => Err(Error::NotFound {
                location: location.to_string(),
            }),
        }
    }

    /// Opens a table, or creates it if there is none. The declaration of an existing table is not looked at.
    ///
    /// # Errors
    ///
    /// Those of [`Table::open`] and [`Table::create`].
    pub async fn open_or_create(location: &Location, spec: &TableSpec) -> Result<Self> {
        let options = TableOptions::default();
        if let Some(table) = Self::try_open(location, options).await? {
            return Ok(table);
        }
        match Self::try_create(location, spec, options).await? {
            Some(table) => Ok(table),
            // Somebody else created it meanwhile.
            None => Self::open_with(location, options).await,
        }
    }

    /// Whether there is a table at a location.
    ///
    /// # Errors
    ///
    /// `Store` if the store fails.
    pub async fn exists(location: &Location) -> Result<bool> {
        let storage = location.open()?;
        Ok(!storage.list(segment::LOG, None).await?.is_empty())
    }

    async fn try_open(location: &Location, options: TableOptions) -> Result<Option<Self>> {
        let storage = location.open()?;
        let state = TableState::load(&storage, None).await?;
        Ok(state.map(|state| Self::with_state(location, storage, state, options)))
    }

    async fn try_create(
        location: &Location,
        spec: &TableSpec,
        options: TableOptions,
    ) -> Result<Option<Self>> {
        let storage = location.open()?;
        let millis = location.now_millis();
        let id = uuid::Uuid::now_v7().to_string();
        let mut metadata = spec.to_metadata(id.clone(), millis)?;
        if features::is_mapped(&metadata.configuration) {
            names::assign(&mut metadata, false)?;
        }
        let schema = TableSchema::of(&metadata)?;
        let needed = features::needed(schema.arrow.fields(), &metadata.configuration);
        let protocol = features::with(&features::plain(), &needed).unwrap_or_else(features::plain);
        let info = CommitInfo {
            timestamp: Some(millis),
            operation: Some("CREATE TABLE".to_owned()),
            operation_parameters: serde_json::json!({}),
            is_blind_append: Some(true),
            engine_info: Some(ENGINE.to_owned()),
            operation_metrics: serde_json::json!({}),
            ..CommitInfo::default()
        };
        let mut entry = Vec::new();
        write_line(&mut entry, "commitInfo", &info)?;
        write_line(&mut entry, "protocol", &protocol)?;
        write_line(&mut entry, "metaData", &metadata)?;
        Self::begin(location, storage, &id, entry, options).await
    }

    /// Writes the first entry of a log; `None` if another table came first. The id tells ours from others.
    pub(crate) async fn begin(
        location: &Location,
        storage: Storage,
        id: &str,
        entry: Vec<u8>,
        options: TableOptions,
    ) -> Result<Option<Self>> {
        let name = entry_name(0);
        let entry = bytes::Bytes::from(chain::seal(&name, &entry, None)?);
        let deadline = Instant::now() + SETTLE_TIME;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let created = storage.create(&name, entry.clone().into()).await;
            // Whatever the store said, what counts is whose table is there: its id is unique.
            match (created, TableState::load(&storage, None).await?) {
                (_, Some(state)) if state.metadata.id == *id => {
                    storage.ensure_durable(&name).await?;
                    let table = Self::with_state(location, storage, state, options);
                    table.anchor().await;
                    return Ok(Some(table));
                }
                (Ok(_), Some(_)) => return Ok(None),
                (Err(error), _) => return Err(error),
                (Ok(_), None) if Instant::now() >= deadline => return Err(contradicts(&name)),
                // A store may answer "exists" to a create that lost a race against nobody.
                (Ok(_), None) => tokio::time::sleep(commit::pause(attempts)).await,
            }
        }
    }

    fn with_state(
        location: &Location,
        storage: Storage,
        state: TableState,
        options: TableOptions,
    ) -> Self {
        let shared = shared_at(location);
        Self {
            inner: Arc::new(Inner {
                location: location.clone(),
                storage,
                known: Mutex::new(Known {
                    state: Arc::new(state),
                    listed: Instant::now(),
                    cleaned: shared.cleaned.load(Ordering::SeqCst),
                }),
                shared,
                keys: known_at(location),
                options,
                steps: Steps::default(),
            }),
        }
    }

    /// Where the table is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.inner.location
    }

    /// Begins a publish. Rows are checked against the schema of the newest version, or against that which the publish
    /// [brings the table to](WriteOptions::with_evolution).
    ///
    /// # Errors
    ///
    /// `Unsupported` if the table uses a feature that this crate does not write, or rows are to be replaced although
    /// it is append-only; `NoSuchColumn` and
    /// `InvalidPredicate` if a partition to replace is not one; `InvalidSpec` if the publish id is not usable; those
    /// of [`Table::snapshot`], and those of [`Table::evolve`] if the publish is to evolve the table.
    pub async fn write(&self, mut options: WriteOptions) -> Result<Writer> {
        let state = self.newest().await?;
        let mut evolution = options.spec.take().map(Evolution::new);
        let state = match &mut evolution {
            Some(evolution) => {
                let (after, step) = evolution.taken(&state)?;
                // Proven again at the commit. What will be refused there is refused before rows are taken.
                if let Some(step) = step {
                    evolution.prove(self, &state, &step).await?;
                }
                after
            }
            None => state,
        };
        state.check_writable()?;
        Writer::new(self.clone(), &state, options, evolution)
    }

    /// The newest version, seen whole. Versions seen through one `Table` never go back.
    ///
    /// # Errors
    ///
    /// `Damaged` if the log cannot be read; `Store` if the store fails.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        Ok(Snapshot::new(self.clone(), self.newest().await?))
    }

    /// A version, seen whole.
    ///
    /// # Errors
    ///
    /// `NoSuchVersion` if there is none, or its log entries are gone; those of [`Table::snapshot`].
    pub async fn snapshot_at(&self, version: u64) -> Result<Snapshot> {
        let newest = self.newest().await?;
        if newest.version == version {
            return Ok(Snapshot::new(self.clone(), newest));
        }
        let gone = || Error::NoSuchVersion {
            location: self.inner.location.to_string(),
            version,
            newest: newest.version,
        };
        if version > newest.version {
            return Err(gone());
        }
        match TableState::load(self.storage(), Some(version)).await {
            Ok(state) => Ok(Snapshot::new(
                self.clone(),
                Arc::new(state.ok_or_else(gone)?),
            )),
            // Without the entries from 0 on and without a checkpoint the version cannot be put together any more.
            Err(Error::NoSuchVersion { .. } | Error::Damaged { .. })
                if self.storage().read(&entry_name(0)).await?.is_none() =>
            {
                Err(gone())
            }
            Err(error) => Err(error),
        }
    }

    /// The version that was the newest at an instant.
    ///
    /// # Errors
    ///
    /// `BeforeFirstCommit` if the table did not exist yet, or the log entries from then are gone; those of
    /// [`Table::snapshot`].
    pub async fn snapshot_at_time(&self, instant: DateTime<Utc>) -> Result<Snapshot> {
        let newest = self.newest().await?;
        if newest.commit.committed_at.is_some_and(|at| at <= instant) {
            return Ok(Snapshot::new(self.clone(), newest));
        }
        let too_early = || Error::BeforeFirstCommit {
            location: self.inner.location.to_string(),
            instant,
        };
        // Commit times rise from version to version, so the version is found by halving.
        let (mut low, mut high) = (
            self.oldest_entry(newest.version)
                .await?
                .ok_or_else(too_early)?,
            newest.version,
        );
        if self.commit_time(low).await? > instant {
            return Err(too_early());
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.commit_time(middle).await? <= instant {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.snapshot_at(low).await
    }

    pub(crate) async fn oldest_entry(&self, newest: u64) -> Result<Option<u64>> {
        // With a target the whole log is listed: the hint to the last checkpoint would hide what is before it.
        let found = segment::find(self.storage(), Some(newest)).await?;
        Ok(found.and_then(|segment| segment.oldest_entry))
    }

    pub(crate) async fn commit_time(&self, version: u64) -> Result<DateTime<Utc>> {
        let name = entry_name(version);
        let bytes = self.storage().read(&name).await?;
        let bytes = bytes.ok_or_else(|| Error::damaged(&name, "it is missing"))?;
        let info = CommitInfo::of(&Actions::parse(&name, &bytes)?);
        let at = info.millis().and_then(DateTime::from_timestamp_millis);
        at.ok_or_else(|| Error::damaged(&name, "it does not say when it was committed"))
    }

    /// The newest commits, newest first, at most `limit` of them. Entries that were cleaned up end the history.
    ///
    /// # Errors
    ///
    /// Those of [`Table::snapshot`].
    pub async fn history(&self, limit: usize) -> Result<Vec<Commit>> {
        let newest = self.newest().await?.version;
        let oldest = match self.oldest_entry(newest).await? {
            Some(oldest) if limit > 0 => oldest,
            _ => return Ok(Vec::new()),
        };
        let oldest = oldest.max(newest.saturating_sub(limit as u64 - 1));
        let versions: Vec<u64> = (oldest..=newest).rev().collect();
        let names = versions.iter().copied().map(entry_name).collect();
        let infos = self
            .storage()
            .read_all(names, |name, bytes| {
                Ok(CommitInfo::of(&Actions::parse(name, bytes)?))
            })
            .await?;
        let commits = versions.into_iter().zip(infos);
        Ok(commits
            .map(|(version, info)| info.into_commit(version))
            .collect())
    }

    /// What became of a publish id: its receipt if it was committed, `None` if it was not.
    ///
    /// After [`Error::OutcomeUnknown`] a `None` is final only once the time for which a store may delay a request
    /// is over; publishing again with the same id is safe at any time.
    ///
    /// # Errors
    ///
    /// Those of [`Table::snapshot`].
    pub async fn receipt(&self, publish_id: &str) -> Result<Option<Receipt>> {
        let state = self.newest().await?;
        match state.published(publish_id) {
            Some(version) => commit::receipt_of(self, &state, publish_id, version, None)
                .await
                .map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.inner.storage
    }

    /// How far the maintenance that was begun last through this table or a clone of it has come.
    #[must_use]
    pub fn steps(&self) -> &Steps {
        &self.inner.steps
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    /// What is remembered of the keys of its rows.
    pub(crate) fn keys(&self) -> &KnownKeys {
        &self.inner.keys
    }

    pub(crate) fn options(&self) -> &TableOptions {
        &self.inner.options
    }

    pub(crate) fn queue(&self) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(&self.inner.shared.queue)
    }

    /// Wakes those of this process who follow the table.
    pub(crate) fn notify(&self) {
        self.inner.shared.committed.send_modify(|count| *count += 1);
    }

    /// Changes whenever something is committed from this process.
    pub(crate) fn committed(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.shared.committed.subscribe()
    }

    /// Notes that there is a checkpoint of a version.
    pub(crate) fn checkpointed(&self, version: u64) {
        let mut known = self.known();
        let state = Arc::make_mut(&mut known.state);
        state.entries = state.version.saturating_sub(version);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.inner
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest state known, without looking at the store.
    pub(crate) fn current(&self) -> Arc<TableState> {
        Arc::clone(&self.known().state)
    }

    /// Takes in a commit if it is the next one; one that is known already is skipped.
    pub(crate) fn advance(&self, version: u64, actions: Actions) -> Result<()> {
        let mut known = self.known();
        if known.state.version + 1 == version {
            Arc::make_mut(&mut known.state).advance(version, actions)?;
        }
        Ok(())
    }

    /// The newest state, brought up to date with the store.
    pub(crate) async fn newest(&self) -> Result<Arc<TableState>> {
        let cleaned = self.inner.shared.cleaned.load(Ordering::SeqCst);
        let (start, relist) = {
            let known = self.known();
            let relist = known.listed.elapsed() > RELIST_AFTER || known.cleaned != cleaned;
            (known.state.version, relist)
        };
        let mut version = start;
        while !relist && version < start + PROBE_LIMIT {
            let name = entry_name(version + 1);
            let Some(bytes) = self.storage().read(&name).await? else {
                return Ok(self.current());
            };
            if version == start {
                // What is new must go behind what is known, and not be another table's.
                self.check_same().await?;
            }
            version += 1;
            self.advance(version, Actions::parse(&name, &bytes)?)?;
        }
        self.reload().await
    }

    /// Reads the newest state anew.
    async fn reload(&self) -> Result<Arc<TableState>> {
        let before = self.current();
        let cleaned = self.inner.shared.cleaned.load(Ordering::SeqCst);
        let loaded = TableState::load(self.storage(), None).await?;
        let Some(state) = loaded.filter(|state| {
            state.metadata.id == before.metadata.id && state.version >= before.version
        }) else {
            return Err(Error::damaged(
                self.storage().url(),
                "the log went back or is another table's; open it again",
            ));
        };
        let mut known = self.known();
        // Others may have moved on while the log was read.
        if state.version >= known.state.version {
            known.state = Arc::new(state);
        }
        (known.listed, known.cleaned) = (Instant::now(), cleaned);
        Ok(Arc::clone(&known.state))
    }

    /// Makes sure that the log still ends in the commit that is known as the newest, or goes on behind it: a publish
    /// must not be added to a log that went back or was made anew.
    pub(crate) async fn check_same(&self) -> Result<()> {
        let state = self.current();
        let name = entry_name(state.version);
        if let Some(bytes) = self.storage().read(&name).await? {
            let actions = Actions::parse(&name, &bytes)?;
            let same = match &state.digest {
                Some(digest) => actions.link.digest == *digest,
                None => CommitInfo::of(&actions).into_commit(state.version) == *state.commit,
            };
            if same {
                return Ok(());
            }
        }
        self.reload().await.map(drop)
    }
}
