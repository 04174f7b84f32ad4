//! Taking away what publishes left that never happened.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use futures::TryStreamExt;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::lease::LEASES;
use crate::local::is_temporary;
use crate::log::past::Past;
use crate::log::state::TableState;
use crate::reports;
use crate::table::Table;
use crate::vacuum::{SHORTEST_RETENTION, remove};

/// What was left is taken away when it is older than this: a day.
pub const DEFAULT_GARBAGE_AGE: Duration = SHORTEST_RETENTION;

/// What is garbage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Garbage {
    age: Duration,
    dry_run: bool,
}

impl Default for Garbage {
    fn default() -> Self {
        Self {
            age: DEFAULT_GARBAGE_AGE,
            dry_run: false,
        }
    }
}

impl Garbage {
    /// What was left for longer than [`DEFAULT_GARBAGE_AGE`].
    pub fn new() -> Self {
        Self::default()
    }

    /// How old something must be that may belong to a publish under way; at least [`SHORTEST_RETENTION`].
    pub fn with_age(mut self, age: Duration) -> Self {
        self.age = age.max(SHORTEST_RETENTION);
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
pub struct GarbageReport {
    /// The objects, relative to the table's folder, in the order of their names.
    pub removed: Vec<String>,
    /// Their bytes.
    pub bytes: u64,
    /// What no log entry names and is too young to be taken away.
    pub young: u64,
}

impl Table {
    /// Takes away what publishes left that never happened: data files and deletion vectors that no log entry and no
    /// checkpoint names, quality reports of publish ids that the log does not have, and half-written files on local
    /// disk. Unlike [`Table::vacuum`] it takes nothing that ever was part of a version, so that all of them can be read
    /// as before. Leases whose time is over go as well.
    ///
    /// # Errors
    ///
    /// `Damaged` if a log entry cannot be read: then nothing is taken away; `Store` if the store fails, after which some
    /// may be gone.
    pub async fn collect_garbage(&self, what: &Garbage) -> Result<GarbageReport> {
        let age = i64::try_from(what.age.as_millis()).unwrap_or(i64::MAX);
        let cutoff = self.location().now_millis().saturating_sub(age);
        // Files are listed first: what is committed meanwhile is younger than the list.
        let mut found = self.data_files().await?;
        let listed_reports = self.reports().await?;
        let state = self.newest().await?;
        let named = Past::of(self, state.version).await?.named;
        found.retain(|(name, ..)| !named.contains(name));
        let known = known_reports(&state);
        let unknown = listed_reports.into_iter();
        found.extend(
            unknown.filter(|(name, ..)| known.as_ref().is_some_and(|known| !known.contains(name))),
        );
        let mut report = GarbageReport::default();
        self.steps().begin(found.len());
        for (name, bytes, modified) in found {
            self.steps().step();
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
        self.collect_temporary(what, &mut report).await?;
        if !what.dry_run && !self.storage().list(LEASES, None).await?.is_empty() {
            self.leases(false).await?;
        }
        report.removed.sort();
        Ok(report)
    }

    /// Every quality report: name, size, and milliseconds of the last change.
    async fn reports(&self) -> Result<Vec<(String, u64, i64)>> {
        let storage = self.storage();
        let prefix = storage.path(reports::FOLDER)?;
        let listed: Vec<_> = storage
            .store()
            .list(Some(&prefix))
            .try_collect()
            .await
            .map_err(|error| Error::store("list", &prefix, error))?;
        let reports = listed.into_iter().filter_map(|meta| {
            let name = format!("{}/{}", reports::FOLDER, meta.location.filename()?);
            Some((name, meta.size, meta.last_modified.timestamp_millis()))
        });
        Ok(reports.collect())
    }

    /// Files on local disk that never got their name: the store does not list them.
    async fn collect_temporary(&self, what: &Garbage, report: &mut GarbageReport) -> Result<()> {
        let Some(root) = self.storage().local_path("_delta_log") else {
            return Ok(());
        };
        let Some(root) = root.parent().map(Path::to_path_buf) else {
            return Ok(());
        };
        // Such files have the machine's times, whatever clock commits are dated by.
        let before = SystemTime::now().checked_sub(what.age);
        let (before, dry_run) = (before.unwrap_or(SystemTime::UNIX_EPOCH), what.dry_run);
        let swept = tokio::task::spawn_blocking(move || sweep(&root, before, dry_run)).await;
        let swept = swept.map_err(|_| Error::Interrupted {
            operation: "collecting garbage",
        })?;
        let (removed, young) = swept.map_err(|error| {
            let source = object_store::Error::Generic {
                store: "local",
                source: Box::new(error),
            };
            Error::store("delete", self.location(), source)
        })?;
        report.young += young;
        for (name, bytes) in removed {
            report.bytes += bytes;
            report.removed.push(name);
        }
        Ok(())
    }
}

/// The names of the reports of all publish ids that the log knows; `None` if it may have forgotten some.
fn known_reports(state: &TableState) -> Option<HashSet<String>> {
    let expire = "delta.setTransactionRetentionDuration";
    if state.metadata.configuration.contains_key(expire) {
        return None;
    }
    let ids = state.publish_ids();
    Some(ids.map(reports::name_of).collect())
}

type Swept = (Vec<(String, u64)>, u64);

fn sweep(root: &Path, before: SystemTime, dry_run: bool) -> std::io::Result<Swept> {
    let (mut removed, mut young) = (Vec::new(), 0);
    let mut folders: Vec<PathBuf> = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let (entry, kind) = entry.and_then(|entry| {
                let kind = entry.file_type()?;
                Ok((entry, kind))
            })?;
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
                continue;
            }
            if !kind.is_file() || !is_temporary(&path) {
                continue;
            }
            let metadata = entry.metadata()?;
            if metadata.modified()? >= before {
                young += 1;
                continue;
            }
            if !dry_run {
                std::fs::remove_file(&path)?;
            }
            let name = path.strip_prefix(root).unwrap_or(&path);
            removed.push((name.to_string_lossy().into_owned(), metadata.len()));
        }
    }
    Ok((removed, young))
}

#[cfg(test)]
mod tests;
