//! The state of a table at a version: what all log entries up to it add up to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::action::{Actions, Add, Metadata, Protocol};
use super::anchor::{self, HEAD, Head};
use super::segment::{Segment, entry_name};
use super::{chain, checkpoint, published, segment};
use crate::error::{Error, Result};
use crate::facts::{Commit, CommitInfo};
use crate::limits::Counts;
use crate::schema::TableSchema;
use crate::schema::features::DELETION_VECTORS;
use crate::storage::Storage;
use crate::write::scope::Scope;

/// The application under which the table's watermark is kept as a `txn`, in microseconds: a `txn` survives
/// checkpoints and the clean-up of old log entries, which commit info does not.
pub(crate) const WATERMARK_APP: &str = "dataproduct.watermark";

/// Prefix of the `txn` applications that stand for publish ids.
const PUBLISH_APP: &str = "dataproduct.publish.";

/// The `txn` application of a publish id.
pub(crate) fn publish_app(publish_id: &str) -> String {
    format!("{PUBLISH_APP}{publish_id}")
}

/// The `txn` application of the epochs of a writer.
pub(crate) fn epoch_app(writer: &str) -> String {
    format!("dataproduct.epoch.{writer}")
}

/// By application: version, and milliseconds of the last update.
type Txns = HashMap<String, (i64, Option<i64>)>;

/// The live data files, in scan order: by time of writing, then by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    ordered: BTreeMap<(i64, Arc<str>), Arc<Add>>,
    times: HashMap<Arc<str>, i64>,
    counts: Counts,
}

impl Files {
    pub(crate) fn insert(&mut self, add: Add) {
        let path: Arc<str> = add.path.as_str().into();
        let time = add.modification_time;
        if let Some(before) = self.times.insert(Arc::clone(&path), time)
            && let Some(before) = self.ordered.remove(&(before, Arc::clone(&path)))
        {
            self.counts.remove(&before);
        }
        self.counts.add(&add);
        self.ordered.insert((time, path), Arc::new(add));
    }

    pub(crate) fn remove(&mut self, path: &str) {
        if let Some((path, time)) = self.times.remove_entry(path)
            && let Some(before) = self.ordered.remove(&(time, path))
        {
            self.counts.remove(&before);
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn contains(&self, path: &str) -> bool {
        self.times.contains_key(path)
    }

    /// A file, whichever of its rows are part of the table.
    pub(crate) fn get(&self, path: &str) -> Option<&Arc<Add>> {
        let (path, time) = self.times.get_key_value(path)?;
        self.ordered.get(&(*time, Arc::clone(path)))
    }

    /// A file, if it is there with the same rows as it was.
    pub(crate) fn same(&self, add: &Add) -> Option<Arc<Add>> {
        let found = self.get(&add.path)?;
        (found.deletion_vector == add.deletion_vector).then(|| Arc::clone(found))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Add>> {
        self.ordered.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.ordered.len()
    }
}

/// A table at a version.
#[derive(Debug, Clone)]
pub(crate) struct TableState {
    pub(crate) version: u64,
    pub(crate) protocol: Protocol,
    pub(crate) metadata: Arc<Metadata>,
    pub(crate) schema: Arc<TableSchema>,
    pub(crate) files: Arc<Files>,
    /// Version and time of the newest `txn` of each application.
    pub(crate) txns: Arc<Txns>,
    /// Log entries behind the last checkpoint.
    pub(crate) entries: u64,
    /// The newest commit.
    pub(crate) commit: Arc<Commit>,
    /// The digest of its log entry; `None` if that is not kept any more.
    pub(crate) digest: Option<String>,
    /// The newest commit that names the contract it was published under, as far as log entries were replayed: those
    /// that a checkpoint stands for were not.
    newest_publish: Option<Arc<Commit>>,
}

impl TableState {
    /// Reads the newest state, or that at `target`. `None` if there is no table.
    pub(crate) async fn load(storage: &Storage, target: Option<u64>) -> Result<Option<Self>> {
        // The anchor is read before the log is listed, so that no entry can be newer than the list.
        let (head, hint) = match target {
            Some(_) => (None, None),
            None => {
                let head = anchor::read_sound::<Head>(storage, HEAD);
                let (head, hint) = futures::join!(head, segment::read_hint(storage));
                (head?, hint?)
            }
        };
        let Some(segment) = segment::find_from(storage, hint, target).await? else {
            return Ok(None);
        };
        if let Some(target) = target
            && segment.version != target
        {
            return Err(Error::NoSuchVersion {
                location: storage.url().to_string(),
                version: target,
                newest: segment.version,
            });
        }
        let state = match Self::replay(storage, &segment, head.as_ref()).await {
            // A checkpoint only saves reading what is before it.
            Err(error @ (Error::Damaged { .. } | Error::Corrupt { .. })) => {
                let Ok(Some(segment)) = segment::without_checkpoint(storage, &segment).await else {
                    return Err(error);
                };
                let again = Self::replay(storage, &segment, head.as_ref()).await;
                let state = again.map_err(|_| error)?;
                tracing::warn!(
                    version = state.version,
                    "a checkpoint is damaged and was left out"
                );
                state
            }
            replayed => replayed?,
        };
        match head.filter(|head| head.table == state.metadata.id) {
            Some(head) if head.version > state.version => {
                Err(anchor::cut_short(&head, state.version))
            }
            _ => Ok(Some(state)),
        }
    }

    pub(crate) async fn replay(
        storage: &Storage,
        segment: &Segment,
        head: Option<&Head>,
    ) -> Result<Self> {
        let mut replay = Replay::default();
        if let Some(checkpoint) = &segment.checkpoint {
            let (entry, parts) = checkpoint::read(storage, checkpoint).await?;
            for actions in parts {
                replay.apply(checkpoint.version, actions);
            }
            replay.digest = entry;
        }
        let names = segment.commits.iter().copied().map(entry_name).collect();
        let entries = storage.read_all(names, Actions::parse).await?;
        // The anchor counts if it is this table's, which only the whole log tells.
        let mut exchanged = false;
        for (version, mut actions) in segment.commits.iter().zip(entries) {
            let link = std::mem::take(&mut actions.link);
            chain::check_follows(&entry_name(*version), &link, replay.digest.as_deref())?;
            let is_head = |head: &&Head| head.version == *version;
            exchanged |= head
                .filter(is_head)
                .is_some_and(|head| head.entry != link.digest);
            replay.apply(*version, actions);
            replay.digest = Some(link.digest);
        }
        if segment.commits.is_empty() {
            // The checkpoint is the newest version: its commit info is in the entry beside it, if still kept.
            let entry = entry_name(segment.version);
            if let Some(bytes) = storage.read(&entry).await? {
                let actions = Actions::parse(&entry, &bytes)?;
                replay.info = CommitInfo::of(&actions);
                let is_head = |head: &&Head| head.version == segment.version;
                exchanged = head
                    .filter(is_head)
                    .is_some_and(|head| head.entry != actions.link.digest);
                replay.digest = Some(actions.link.digest);
            }
        }
        let mut state = replay.finish(storage, segment.version)?;
        state.entries = segment.commits.len() as u64;
        match head.filter(|head| exchanged && head.table == state.metadata.id) {
            Some(head) => Err(anchor::exchanged(head)),
            None => Ok(state),
        }
    }

    /// Takes in one more commit.
    pub(crate) fn advance(&mut self, version: u64, actions: Actions) -> Result<()> {
        // What can fail comes first, so that a failure leaves the state as it was.
        chain::check_follows(&entry_name(version), &actions.link, self.digest.as_deref())?;
        let schema = actions.metadata.as_ref().map(TableSchema::of).transpose()?;
        self.version = version;
        self.entries += 1;
        self.digest = Some(actions.link.digest.clone());
        self.commit = Arc::new(CommitInfo::of(&actions).into_commit(version));
        if published::names_contract(&self.commit) {
            self.newest_publish = Some(Arc::clone(&self.commit));
        }
        self.protocol = actions.protocol.unwrap_or_else(|| self.protocol.clone());
        if let (Some(schema), Some(metadata)) = (schema, actions.metadata) {
            self.schema = Arc::new(schema);
            self.metadata = Arc::new(metadata);
        }
        if !actions.removes.is_empty() || !actions.adds.is_empty() {
            // Copied only if a snapshot still holds the files of the version before.
            let files = Arc::make_mut(&mut self.files);
            for remove in &actions.removes {
                files.remove(&remove.path);
            }
            for add in actions.adds {
                files.insert(add);
            }
        }
        if !actions.txns.is_empty() {
            let txns = Arc::make_mut(&mut self.txns);
            txns.extend(
                actions
                    .txns
                    .into_iter()
                    .map(|txn| (txn.app_id, (txn.version, txn.last_updated))),
            );
        }
        Ok(())
    }

    /// The newest commit that names the contract it was published under, and of which `wanted` holds. Looks back in
    /// the log where the state does not tell, as far as entries are kept.
    pub(crate) async fn newest_publish(
        &self,
        storage: &Storage,
        wanted: impl Fn(&Commit) -> bool,
    ) -> Result<Option<Arc<Commit>>> {
        let known = self.newest_publish.as_ref();
        match known.filter(|commit| wanted(commit)) {
            Some(commit) => Ok(Some(Arc::clone(commit))),
            None => {
                let wanted = |commit: &Commit| published::names_contract(commit) && wanted(commit);
                let found = published::newest(storage, self.version, wanted).await?;
                Ok(found.map(Arc::new))
            }
        }
    }

    /// Whether nothing is in the table and nothing was ever published into it.
    pub(crate) fn is_untouched(&self) -> bool {
        self.files.len() == 0 && !self.txns.keys().any(|app| app.starts_with(PUBLISH_APP))
    }

    /// All publish ids that are known.
    pub(crate) fn publish_ids(&self) -> impl Iterator<Item = &str> {
        let apps = self.txns.keys();
        apps.filter_map(|app| app.strip_prefix(PUBLISH_APP))
    }

    /// The version that a publish id became, if it was published.
    pub(crate) fn published(&self, publish_id: &str) -> Option<u64> {
        let (version, _) = self.txns.get(&publish_app(publish_id))?;
        u64::try_from(*version).ok()
    }

    /// The newest epoch in which a writer has published.
    pub(crate) fn epoch(&self, writer: &str) -> Option<u64> {
        let (epoch, _) = self.txns.get(&epoch_app(writer))?;
        u64::try_from(*epoch).ok()
    }

    /// When it was.
    pub(crate) fn published_at(&self, publish_id: &str) -> Option<DateTime<Utc>> {
        let (_, millis) = self.txns.get(&publish_app(publish_id))?;
        DateTime::from_timestamp_millis((*millis)?)
    }

    /// The highest `as_of` of all commits, each counted up to its commit at most, in microseconds.
    pub(crate) fn watermark(&self) -> Option<i64> {
        self.txns.get(WATERMARK_APP).map(|(micros, _)| *micros)
    }

    /// Why the rows of this table cannot be read by this crate's own reader; `None` if they can.
    pub(crate) fn foreign_to_read(&self) -> Option<String> {
        self.column_mapping().or_else(|| {
            let features = self.protocol.reader_features.as_deref().unwrap_or_default();
            features
                .iter()
                .find(|feature| !READS.contains(&feature.as_str()))
                .cloned()
        })
    }

    /// Whether a property of the table is on.
    fn is_on(&self, property: &str) -> bool {
        let value = self.metadata.configuration.get(property);
        value
            .and_then(Option::as_deref)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Refuses to take rows out of a table that was declared to keep all of them.
    pub(crate) fn check_scope(&self, scope: &Scope) -> Result<()> {
        if *scope == Scope::Nothing {
            return Ok(());
        }
        self.check_not_append_only()
    }

    pub(crate) fn check_not_append_only(&self) -> Result<()> {
        if !self.is_on("delta.appendOnly") {
            return Ok(());
        }
        Err(Error::Unsupported {
            what: "changing rows of a table with `delta.appendOnly`: append to it instead"
                .to_owned(),
        })
    }

    /// Refuses to change rows by key where that cannot be written down.
    pub(crate) fn check_keyed(&self) -> Result<()> {
        self.check_not_append_only()?;
        match self.is_on(DELETION_VECTORS) {
            true => Ok(()),
            false => Err(Error::Unsupported {
                what: format!(
                    "changing rows by key in a table without `{DELETION_VECTORS}`: declare it with \
                     `TableSpec::with_deletion_vectors`, or as a custom property of the contract, and evolve the table"
                ),
            }),
        }
    }

    /// Refuses rows where what this crate writes would not be right.
    pub(crate) fn check_writable(&self) -> Result<()> {
        match self.foreign_to_write() {
            Some(feature) => Err(Error::Unsupported {
                what: format!("writing to a table with {feature}"),
            }),
            None => Ok(()),
        }
    }

    /// Refuses rows that were written for other columns than the table has now.
    pub(crate) fn check_schema(&self, written: &TableSchema) -> Result<()> {
        let changed = |what: &str| Error::Conflict {
            version: self.version,
            reason: format!("changed the {what} after the rows were written"),
        };
        if self.schema.arrow != written.arrow {
            return Err(changed("schema"));
        }
        if self.schema.partition_by != written.partition_by {
            return Err(changed("partitioning"));
        }
        Ok(())
    }

    /// Why this crate must not write to this table; `None` if it may.
    pub(crate) fn foreign_to_write(&self) -> Option<String> {
        if let Some(reason) = self.foreign_to_read() {
            return Some(reason);
        }
        let on = |property: &str| self.is_on(property);
        if on("delta.enableChangeDataFeed") {
            return Some("the change data feed".to_owned());
        }
        if on("delta.enableRowTracking") || on("delta.enableInCommitTimestamps") {
            return Some("row tracking and in-commit timestamps".to_owned());
        }
        if self
            .metadata
            .configuration
            .keys()
            .any(|key| key.starts_with("delta.constraints."))
        {
            return Some("check constraints of another writer".to_owned());
        }
        if self
            .metadata
            .schema_string
            .contains("\"delta.generationExpression\"")
            || self.metadata.schema_string.contains("\"delta.invariants\"")
            || self.metadata.schema_string.contains("\"delta.identity.")
        {
            return Some("generated, identity or constrained columns of another writer".to_owned());
        }
        let features = self.protocol.writer_features.as_deref().unwrap_or_default();
        match features
            .iter()
            .find(|feature| !WRITES.contains(&feature.as_str()))
        {
            Some(feature) => Some(feature.clone()),
            None if self.protocol.min_writer_version > 7
                || self.protocol.min_reader_version > 3 =>
            {
                Some(format!("protocol {:?}", self.protocol))
            }
            None => None,
        }
    }

    fn column_mapping(&self) -> Option<String> {
        let mode = self
            .metadata
            .configuration
            .get("delta.columnMapping.mode")?
            .as_deref()?;
        // By name is what this crate does itself, by id is left to the kernel.
        (!["none", "name"].contains(&mode)).then(|| format!("column mapping by {mode}"))
    }
}

/// Reader features that our own reader reads through. Column mapping is among them because it may be used in a way
/// that is read here; use is checked apart.
const READS: [&str; 8] = [
    "timestampNtz",
    "typeWidening",
    "typeWidening-preview",
    "deletionVectors",
    "columnMapping",
    "v2Checkpoint",
    "vacuumProtocolCheck",
    "appendOnly",
];

/// Writer features that are respected by what this crate writes.
const WRITES: [&str; 9] = [
    "appendOnly",
    "invariants",
    "timestampNtz",
    "typeWidening",
    "deletionVectors",
    "columnMapping",
    "vacuumProtocolCheck",
    "changeDataFeed",
    "checkConstraints",
];

/// What the text of a commit info contains if it names a contract.
const FACTS: &str = "\"contract";

/// What entries and checkpoints add up to so far.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    protocol: Option<Protocol>,
    metadata: Option<Metadata>,
    files: Files,
    txns: Txns,
    info: CommitInfo,
    raw_info: Option<Actions>,
    /// Of the newest entry so far.
    digest: Option<String>,
    /// The info of the newest commit that may name a contract, and its version.
    raw_publish: Option<(u64, Actions)>,
}

impl Replay {
    /// The id of the table, once an entry said it.
    pub(crate) fn table(&self) -> Option<&String> {
        self.metadata.as_ref().map(|metadata| &metadata.id)
    }

    /// The live data files, in scan order.
    pub(crate) fn into_files(self) -> Vec<Arc<Add>> {
        self.files.ordered.into_values().collect()
    }

    /// In what a checkpoint differs from the log; `None` if it says the same.
    pub(crate) fn difference(&self, checkpoint: &Self) -> Option<String> {
        if self.protocol != checkpoint.protocol {
            return Some("the protocol is another".to_owned());
        }
        let told = |metadata: &Metadata| {
            let metadata = metadata.clone();
            let Metadata {
                id,
                schema_string,
                partition_columns,
                configuration,
                ..
            } = metadata;
            (id, schema_string, partition_columns, configuration)
        };
        if self.metadata.as_ref().map(told) != checkpoint.metadata.as_ref().map(told) {
            return Some("the metadata is another".to_owned());
        }
        // Statistics may be written in another way.
        let told = |add: &Add| {
            let add = add.clone();
            let values = (add.partition_values, add.tags.unwrap_or_default());
            (add.size, add.modification_time, values, add.deletion_vector)
        };
        for (key, add) in &self.files.ordered {
            match checkpoint.files.ordered.get(key) {
                Some(found) if told(found) == told(add) => {}
                Some(_) => return Some(format!("`{}` is described otherwise", add.path)),
                None => return Some(format!("`{}` is missing in it", add.path)),
            }
        }
        if let Some((_, path)) = checkpoint
            .files
            .ordered
            .keys()
            .find(|key| !self.files.ordered.contains_key(key))
        {
            return Some(format!("`{path}` is in it and not in the log"));
        }
        // Old ones may be left out of a checkpoint.
        let other = checkpoint.txns.iter().find(|(app, (version, _))| {
            self.txns.get(*app).map(|(version, _)| version) != Some(version)
        });
        other.map(|(app, _)| format!("the transaction `{app}` is another"))
    }

    pub(crate) fn apply(&mut self, version: u64, actions: Actions) {
        for remove in &actions.removes {
            self.files.remove(&remove.path);
        }
        let Actions {
            adds,
            metadata,
            protocol,
            txns,
            info,
            ..
        } = actions;
        for add in adds {
            self.files.insert(add);
        }
        self.txns.extend(
            txns.into_iter()
                .map(|txn| (txn.app_id, (txn.version, txn.last_updated))),
        );
        self.metadata = metadata.or(self.metadata.take());
        self.protocol = protocol.or(self.protocol.take());
        // Only the newest commit's info is parsed, and that of the newest one that has facts.
        let of = |info| Actions {
            info,
            ..Actions::default()
        };
        if let Some(info) = info.as_ref().filter(|info| info.get().contains(FACTS)) {
            self.raw_publish = Some((version, of(Some(info.clone()))));
        }
        self.raw_info = Some(of(info));
    }

    fn finish(self, storage: &Storage, version: u64) -> Result<TableState> {
        let missing = |what: &str| Error::damaged(storage.url(), format!("its log has no {what}"));
        let metadata = self.metadata.ok_or_else(|| missing("metaData"))?;
        let protocol = self.protocol.ok_or_else(|| missing("protocol"))?;
        let info = match &self.raw_info {
            Some(actions) if actions.info.is_some() => CommitInfo::of(actions),
            _ => self.info,
        };
        let commit = Arc::new(info.into_commit(version));
        let published = self
            .raw_publish
            .map(|(version, actions)| CommitInfo::of(&actions).into_commit(version));
        let newest_publish = match published::names_contract(&commit) {
            true => Some(Arc::clone(&commit)),
            false => published.filter(published::names_contract).map(Arc::new),
        };
        Ok(TableState {
            version,
            protocol,
            schema: Arc::new(TableSchema::of(&metadata)?),
            metadata: Arc::new(metadata),
            files: Arc::new(self.files),
            txns: Arc::new(self.txns),
            entries: 0,
            commit,
            digest: self.digest,
            newest_publish,
        })
    }
}

#[cfg(test)]
mod tests;
