//! Taking away log entries and checkpoints that are no longer needed.
//!
//! A version is put together from a checkpoint and the entries behind it, so what is older than a complete checkpoint is
//! only needed to read versions older than it. Before anything goes, the checkpoint that stays is read and compared with
//! what is known of the table. The oldest go first: what is left of a cleaning that was cut short has no gap.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::TryStreamExt;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::log::anchor::{self, ANCHORS};
use crate::log::checkpoint;
use crate::log::segment::{self, Checkpoint, LOG, Segment, version_of};
use crate::log::state::TableState;
use crate::table::Table;
use crate::vacuum::{SHORTEST_RETENTION, remove};

/// For how long versions can be read that are not the newest any more, where the table does not say it with
/// `delta.logRetentionDuration`: 30 days.
pub const DEFAULT_LOG_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

/// The folder of parts of checkpoints.
const SIDECARS: &str = "_delta_log/_sidecars";

/// Which log entries are taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct LogCleanup {
    retention: Option<Duration>,
    short: bool,
    dry_run: bool,
}

impl LogCleanup {
    /// Those of versions that were not the newest within the table's `delta.logRetentionDuration`, or
    /// [`DEFAULT_LOG_RETENTION`].
    pub fn new() -> Self {
        Self::default()
    }

    /// For how long versions stay that are not the newest any more; at least [`SHORTEST_RETENTION`].
    pub fn with_retention(mut self, retention: Duration) -> Self {
        (self.retention, self.short) = (Some(retention), false);
        self
    }

    /// A retention of any length. Only for when no other process publishes or reads: one that knows an older version
    /// finds out after up to five minutes that there are newer ones.
    pub fn with_short_retention(mut self, retention: Duration) -> Self {
        (self.retention, self.short) = (Some(retention), true);
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
pub struct LogCleanupReport {
    /// The objects, relative to the table's folder, the oldest first.
    pub removed: Vec<String>,
    /// Their bytes.
    pub bytes: u64,
    /// The checkpoint on which the oldest version rests that can still be read; `None` if nothing goes.
    pub oldest_version: Option<u64>,
    /// Versions that readers hold.
    pub leases: u64,
}

impl Table {
    /// Takes away log entries and checkpoints of versions that were not the newest within the retention. What goes is
    /// older than a complete checkpoint, than every version that a reader holds, and than the newest commit that says
    /// under which contract it was published: without it nobody could tell what the table promises.
    ///
    /// Versions older than the checkpoint can be read no more, nor can their changes. A publish id that was committed in
    /// one of them stays known, but no facts of it.
    ///
    /// # Errors
    ///
    /// `InvalidSpec` if the retention is too short or the table's is no length of time; `Damaged` if the checkpoint does
    /// not hold what the table is known to hold, or a lease or log entry cannot be read: then nothing is taken away;
    /// `Store` if the store fails, after which some may be gone.
    pub async fn clean_log(&self, what: &LogCleanup) -> Result<LogCleanupReport> {
        self.steps().begin(0);
        let state = self.newest().await?;
        let retention = match what.retention {
            Some(retention) => retention,
            None => interval_of(&state, "delta.logRetentionDuration", DEFAULT_LOG_RETENTION)?,
        };
        if retention < SHORTEST_RETENTION && !what.short {
            return Err(Error::InvalidSpec {
                reason: format!(
                    "a retention of the log of {} s is shorter than a publish may take; use at least {} s, or \
                     `with_short_retention` when nobody else publishes or reads",
                    retention.as_secs(),
                    SHORTEST_RETENTION.as_secs()
                ),
            });
        }
        let retention = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
        let cutoff = self.now_of(&state).saturating_sub(retention);
        self.clean_before(&state, cutoff, what.dry_run).await
    }

    /// Now, and not before the newest commit: clocks of others may be ahead.
    pub(crate) fn now_of(&self, state: &TableState) -> i64 {
        let newest = state.commit.committed_at;
        let newest = newest.map_or(i64::MIN, |at| at.timestamp_millis());
        self.location().now_millis().max(newest)
    }

    /// Takes away what is only needed for versions that were not the newest at an instant, in milliseconds, or later.
    pub(crate) async fn clean_before(
        &self,
        state: &TableState,
        cutoff: i64,
        dry_run: bool,
    ) -> Result<LogCleanupReport> {
        // A publish that is about to be committed behind an entry must not see it go.
        let _turn = self.queue().lock_owned().await;
        let leases = self.leases(dry_run).await?;
        let mut report = LogCleanupReport {
            leases: leases.len() as u64,
            ..LogCleanupReport::default()
        };
        let Some(mut limit) = self.newest_at(state, cutoff).await? else {
            return Ok(report);
        };
        limit = leases.keys().copied().fold(limit, u64::min);
        if let Some(publish) = state.newest_publish(self.storage(), |_| true).await? {
            limit = limit.min(publish.version);
        }
        let names = self.storage().list(LOG, None).await?;
        let complete = segment::checkpoints(&names).into_iter().rev();
        let mut complete = complete.filter(|checkpoint| checkpoint.version <= limit);
        let Some(checkpoint) = complete.next() else {
            return Ok(report);
        };
        let old = |name: &&String| version_of(name).is_some_and(|of| of < checkpoint.version);
        let mut gone: Vec<String> = names.iter().filter(old).cloned().collect();
        for name in &mut gone {
            *name = format!("{LOG}/{name}");
        }
        let kept = names.iter().filter(|name| !old(name)).cloned().collect();
        gone.extend(self.loose_sidecars(kept, cutoff).await?);
        for name in self.storage().list(ANCHORS, None).await? {
            if anchor::checkpoint_of(&name).is_some_and(|of| of < checkpoint.version) {
                gone.push(format!("{ANCHORS}/{name}"));
            }
        }
        if gone.is_empty() {
            return Ok(report);
        }
        self.check_covers(&checkpoint, state).await?;
        report.oldest_version = Some(checkpoint.version);
        self.steps().more(gone.len());
        for name in gone {
            self.steps().step();
            report.bytes += self.storage().size(&name).await?;
            if !dry_run {
                remove(self, &name).await?;
                self.shared().cleaned.fetch_add(1, Ordering::SeqCst);
            }
            report.removed.push(name);
        }
        Ok(report)
    }

    /// The newest version that was committed at an instant or before it; `None` if there is none in the log.
    pub(crate) async fn newest_at(&self, state: &TableState, millis: i64) -> Result<Option<u64>> {
        let is_before = async |version: u64| -> Result<bool> {
            Ok(self.commit_time(version).await?.timestamp_millis() <= millis)
        };
        let Some(mut low) = self.oldest_entry(state.version).await? else {
            return Ok(None);
        };
        let mut high = state.version;
        if is_before(high).await? {
            return Ok(Some(high));
        }
        if !is_before(low).await? {
            return Ok(None);
        }
        // Commit times rise from version to version.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match is_before(middle).await? {
                true => low = middle,
                false => high = middle,
            }
        }
        Ok(Some(low))
    }

    /// Makes sure that a checkpoint and the entries behind it add up to what the table is known to be.
    async fn check_covers(&self, checkpoint: &Checkpoint, known: &TableState) -> Result<()> {
        let segment = Segment {
            version: known.version,
            checkpoint: Some(checkpoint.clone()),
            commits: (checkpoint.version + 1..=known.version).collect(),
            oldest_entry: None,
        };
        let found = TableState::replay(self.storage(), &segment, None).await?;
        let same_files = found.files.len() == known.files.len()
            && known
                .files
                .iter()
                .all(|add| found.files.same(add).is_some());
        // Another writer may let publish ids expire.
        let expire = "delta.setTransactionRetentionDuration";
        let same_ids =
            known.metadata.configuration.contains_key(expire) || found.txns == known.txns;
        let same = [
            (same_files, "files"),
            (same_ids, "publish ids"),
            (found.metadata == known.metadata, "schema and properties"),
            (found.protocol == known.protocol, "protocol"),
        ];
        match same.iter().find(|(same, _)| !same) {
            None => Ok(()),
            Some((_, what)) => Err(Error::damaged(
                format!("{LOG}/{}", checkpoint.parts[0]),
                format!(
                    "it has other {what} than the log entries that it stands for; write another checkpoint before the \
                     log is cleaned"
                ),
            )),
        }
    }

    /// Parts of checkpoints that none of those that stay refers to, and that are older than an instant.
    async fn loose_sidecars(&self, kept: Vec<String>, cutoff: i64) -> Result<Vec<String>> {
        let storage = self.storage();
        let prefix = storage.path(SIDECARS)?;
        let listed: Vec<_> = storage
            .store()
            .list(Some(&prefix))
            .try_collect()
            .await
            .map_err(|error| Error::store("list", &prefix, error))?;
        let old = listed
            .iter()
            .filter(|meta| meta.last_modified.timestamp_millis() < cutoff)
            .filter_map(|meta| meta.location.filename());
        let old: Vec<&str> = old.collect();
        if old.is_empty() {
            return Ok(Vec::new());
        }
        let mut used = HashSet::new();
        for checkpoint in segment::checkpoints(&kept) {
            let (_, parts) = checkpoint::read(storage, &checkpoint).await?;
            for actions in parts {
                used.extend(actions.sidecars.into_iter().map(|sidecar| sidecar.path));
            }
        }
        let loose = old.into_iter().filter(|name| !used.contains(*name));
        Ok(loose.map(|name| format!("{SIDECARS}/{name}")).collect())
    }
}

/// A length of time among the table's properties, as Delta writes it: `interval 30 days`.
pub(crate) fn interval_of(
    state: &TableState,
    property: &str,
    default: Duration,
) -> Result<Duration> {
    let value = state.metadata.configuration.get(property);
    let Some(text) = value.and_then(Option::as_deref) else {
        return Ok(default);
    };
    parse_interval(text).ok_or_else(|| Error::InvalidSpec {
        reason: format!(
            "the property `{property}` of the table is `{}`, which is no length of time such as `interval 30 days`",
            text.escape_debug()
        ),
    })
}

fn parse_interval(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    let mut words = text.split_whitespace().peekable();
    words.next_if_eq(&"interval");
    words.peek()?;
    let mut total = Duration::ZERO;
    while let Some(count) = words.next() {
        let count: u32 = count.parse().ok()?;
        let unit = match words.next()?.trim_end_matches('s') {
            "week" => Duration::from_secs(7 * 24 * 3600),
            "day" => Duration::from_secs(24 * 3600),
            "hour" => Duration::from_secs(3600),
            "minute" => Duration::from_secs(60),
            "second" => Duration::from_secs(1),
            "millisecond" => Duration::from_millis(1),
            _ => return None,
        };
        total = total.checked_add(unit.checked_mul(count)?)?;
    }
    Some(total)
}

#[cfg(test)]
mod tests;
