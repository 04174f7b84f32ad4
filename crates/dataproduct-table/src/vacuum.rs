//! Taking away files that no version in use refers to.
//!
//! A file stays if the newest version has it, if it was part of a version at any time within the retention, if a
//! version that a reader holds has it, or if it is younger than the retention: it may belong to a publish that is under
//! way. Everything else in the folder goes: what was replaced or compacted away, and what publishes left that were never
//! committed. Folders whose names begin with `_` or `.` are left alone, but for those of
//! partitions.

use std::collections::HashSet;
use std::time::Duration;

use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use serde::Serialize;

use crate::clean::interval_of;
use crate::deletion;
use crate::error::{Error, Result};
use crate::facts::CommitInfo;
use crate::log::action::{Actions, DeletionVector, Remove};
use crate::log::checkpoint;
use crate::log::segment::{self, LOG, entry_name};
use crate::log::state::TableState;
use crate::table::Table;
use crate::write::partition::decode_path;

/// For how long files stay that are not part of the newest version any more: a week.
pub const DEFAULT_RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);

/// The shortest retention that [`Vacuum::with_retention`] takes: a publish may be under way for so long.
pub const SHORTEST_RETENTION: Duration = Duration::from_secs(24 * 3600);

/// What is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Vacuum {
    retention: Duration,
    short: bool,
    dry_run: bool,
}

impl Default for Vacuum {
    fn default() -> Self {
        Self {
            retention: DEFAULT_RETENTION,
            short: false,
            dry_run: false,
        }
    }
}

impl Vacuum {
    /// What was not in use for [`DEFAULT_RETENTION`].
    pub fn new() -> Self {
        Self::default()
    }

    /// For how long files stay that are not part of the newest version any more; at least [`SHORTEST_RETENTION`].
    pub fn with_retention(mut self, retention: Duration) -> Self {
        (self.retention, self.short) = (retention, false);
        self
    }

    /// A retention of any length. Only for when nobody publishes and no reader holds an older version: a publish
    /// under way loses its files and fails, a reader finds that they are gone.
    pub fn with_short_retention(mut self, retention: Duration) -> Self {
        (self.retention, self.short) = (retention, true);
        self
    }

    /// Takes nothing away and only says what would be.
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }
}

/// What was taken away, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct VacuumReport {
    /// The files, relative to the table's folder, in the order of their names.
    pub removed: Vec<String>,
    /// Their bytes.
    pub bytes: u64,
    /// Files that no version in use has and that are too young to be taken away.
    pub young: u64,
    /// Leases that hold an older version.
    pub leases: u64,
}

impl Table {
    /// Takes away files that no version in use refers to. Versions older than the retention can be read no more.
    ///
    /// # Errors
    ///
    /// `InvalidSpec` if the retention is too short; `Damaged` if the log does not tell what was in use within it, or a
    /// lease cannot be read: then nothing is taken away; `Store` if the store fails, after which some files may be gone.
    pub async fn vacuum(&self, what: &Vacuum) -> Result<VacuumReport> {
        if what.retention < SHORTEST_RETENTION && !what.short {
            return Err(Error::InvalidSpec {
                reason: format!(
                    "a retention of {} s is shorter than a publish may take; use at least {} s, or \
                     `with_short_retention` when nobody publishes",
                    what.retention.as_secs(),
                    SHORTEST_RETENTION.as_secs()
                ),
            });
        }
        let retention = i64::try_from(what.retention.as_millis()).unwrap_or(i64::MAX);
        let now = self.location().now_millis();
        let cutoff = now.saturating_sub(retention);
        // Files are listed first: what is committed meanwhile is younger than the list.
        let listed = self.data_files().await?;
        let state = self.newest().await?;
        let mut report = VacuumReport::default();
        let mut used = HashSet::new();
        keep_state(&mut used, &state)?;
        self.keep_recent(&mut used, &state, now, cutoff).await?;
        report.leases = self.keep_leased(&mut used, what.dry_run).await?;
        self.steps().begin(listed.len());
        for (name, bytes, modified) in listed {
            self.steps().step();
            if used.contains(&name) {
                continue;
            }
            if modified >= cutoff {
                report.young += 1;
                continue;
            }
            if !what.dry_run {
                remove(self, &name).await?;
            }
            report.bytes += bytes;
            report.removed.push(name);
        }
        report.removed.sort();
        Ok(report)
    }

    /// Every file that may belong to a version: name, size, and milliseconds of the last change.
    pub(crate) async fn data_files(&self) -> Result<Vec<(String, u64, i64)>> {
        let storage = self.storage();
        let root = storage.root();
        let listed: Vec<_> = storage
            .store()
            .list(Some(root))
            .try_collect()
            .await
            .map_err(|error| Error::store("list", root, error))?;
        let files = listed.into_iter().filter_map(|meta| {
            let parts: Vec<_> = meta.location.prefix_match(root)?.collect();
            // The folder of a partition is none of the hidden ones, whatever its column is called.
            let hidden = |part: &str| part.starts_with(['_', '.']) && !part.contains('=');
            if hidden(parts.first()?.as_ref()) {
                return None;
            }
            let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
            let modified = meta.last_modified.timestamp_millis();
            Some((parts.join("/"), meta.size, modified))
        });
        Ok(files.collect())
    }

    /// Keeps what was part of a version after the cutoff and was taken out since.
    async fn keep_recent(
        &self,
        used: &mut HashSet<String>,
        newest: &TableState,
        now: i64,
        cutoff: i64,
    ) -> Result<()> {
        let mut version = newest.version;
        loop {
            let name = entry_name(version);
            let Some(bytes) = self.storage().read(&name).await? else {
                if cutoff < now.saturating_sub(kept_by_checkpoints(newest)?) {
                    return Err(untold(version));
                }
                for remove in self.tombstones(newest, version, cutoff).await? {
                    keep(used, &remove.path, remove.deletion_vector.as_ref())?;
                }
                return Ok(());
            };
            let actions = Actions::parse(&name, &bytes)?;
            let millis = CommitInfo::of(&actions).millis();
            // What this commit took out was in use up to it, and that is too long ago.
            if millis.is_some_and(|millis| millis < cutoff) {
                return Ok(());
            }
            for remove in &actions.removes {
                keep(used, &remove.path, remove.deletion_vector.as_ref())?;
            }
            if version == 0 {
                return Ok(());
            }
            version -= 1;
        }
    }

    /// Keeps the versions that readers hold; gives how many there are.
    async fn keep_leased(&self, used: &mut HashSet<String>, dry_run: bool) -> Result<u64> {
        let held: HashSet<u64> = self.leases(dry_run).await?.into_keys().collect();
        for version in &held {
            let state = TableState::load(self.storage(), Some(*version)).await?;
            let state = state.ok_or_else(|| Error::damaged(entry_name(*version), "it is gone"))?;
            keep_state(used, &state)?;
        }
        Ok(held.len() as u64)
    }

    /// The files that a checkpoint remembers as taken out after an instant, where the log entries before it are gone.
    async fn tombstones(
        &self,
        newest: &TableState,
        missing: u64,
        cutoff: i64,
    ) -> Result<Vec<Remove>> {
        let names = self.storage().list(LOG, None).await?;
        let found = segment::checkpoints(&names).into_iter();
        let mut found = found.filter(|found| (missing..=newest.version).contains(&found.version));
        let checkpoint = found.next().ok_or_else(|| untold(missing))?;
        let actions = checkpoint::read_all(self.storage(), &checkpoint).await?;
        let removes = actions.into_iter().flat_map(|actions| actions.removes);
        let recent = |remove: &Remove| remove.deletion_timestamp.is_none_or(|at| at >= cutoff);
        Ok(removes.filter(recent).collect())
    }
}

fn untold(missing: u64) -> Error {
    Error::damaged(
        entry_name(missing),
        "it is missing: the log does not tell what was in use within the retention",
    )
}

/// For how many milliseconds a checkpoint remembers what was taken out.
fn kept_by_checkpoints(state: &TableState) -> Result<i64> {
    let kept = interval_of(
        state,
        "delta.deletedFileRetentionDuration",
        DEFAULT_RETENTION,
    )?;
    Ok(i64::try_from(kept.as_millis()).unwrap_or(i64::MAX))
}

pub(crate) fn keep_state(used: &mut HashSet<String>, state: &TableState) -> Result<()> {
    let mut files = state.files.iter();
    files.try_for_each(|add| keep(used, &add.path, add.deletion_vector.as_ref()))
}

pub(crate) fn keep(
    used: &mut HashSet<String>,
    path: &str,
    vector: Option<&DeletionVector>,
) -> Result<()> {
    used.insert(decode_path(path)?);
    if let Some(vector) = vector {
        used.extend(deletion::file_of(vector)?);
    }
    Ok(())
}

pub(crate) async fn remove(table: &Table, name: &str) -> Result<()> {
    let path = table.storage().path(name)?;
    match table.storage().store().delete(&path).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(Error::store("delete", &path, error)),
    }
}

#[cfg(test)]
mod tests;
