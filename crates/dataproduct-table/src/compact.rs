//! Writing files anew so that a table stays cheap to read: many small ones into few, and those without the rows that
//! were taken out of them. No row changes.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use futures::TryStreamExt;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::log::action::Add;
use crate::log::state::TableState;
use crate::scan::native;
use crate::snapshot::Snapshot;
use crate::table::Table;
use crate::write::options::{DEFAULT_TARGET_FILE_BYTES, WriteOptions};
use crate::write::rewrite::{Places, Rewrite};
use crate::write::writer::Writer;

/// Below this size a file counts as small, in bytes.
pub const DEFAULT_SMALL_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// How many small files of a partition are worth writing anew.
pub const DEFAULT_SMALL_FILES: usize = 16;

/// From this share of taken out rows on a file is worth writing anew without them.
pub const DEFAULT_DELETED_SHARE: f64 = 0.2;

/// Files of which none is eight times as large as another count as alike; all of up to so many bytes do.
const ALIKE_BYTES: u64 = 64 * 1024;

/// Which files are worth writing anew.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Compaction {
    small_file_bytes: u64,
    small_files: usize,
    deleted_share: f64,
    dry_run: bool,
}

impl Default for Compaction {
    fn default() -> Self {
        Self {
            small_file_bytes: DEFAULT_SMALL_FILE_BYTES,
            small_files: DEFAULT_SMALL_FILES,
            deleted_share: DEFAULT_DELETED_SHARE,
            dry_run: false,
        }
    }
}

impl Compaction {
    /// Small files where there are many, and files of which much was taken out.
    pub fn new() -> Self {
        Self::default()
    }

    /// Below which size a file is small, in bytes; the default is [`DEFAULT_SMALL_FILE_BYTES`].
    pub fn with_small_file_bytes(mut self, bytes: u64) -> Self {
        self.small_file_bytes = bytes;
        self
    }

    /// How many small files there must be in a partition, at least 2; the default is [`DEFAULT_SMALL_FILES`].
    pub fn with_small_files(mut self, files: usize) -> Self {
        self.small_files = files.max(2);
        self
    }

    /// What share of a file's rows must have been taken out, above 0 and up to 1; the default is
    /// [`DEFAULT_DELETED_SHARE`].
    pub fn with_deleted_share(mut self, share: f64) -> Self {
        self.deleted_share = share.clamp(f64::MIN_POSITIVE, 1.0);
        self
    }

    /// Changes nothing and only says what would be done.
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// The files of a version that are worth writing anew, each group into one file or a few.
    fn groups(&self, state: &TableState) -> Vec<Vec<Arc<Add>>> {
        let (mut groups, small) = self.hollow_and_small(state);
        for files in small.into_values() {
            if files.len() < self.small_files {
                // A small file can be hollow too.
                let hollow = files.into_iter().filter(|add| self.is_hollow(add));
                groups.extend(hollow.map(|add| vec![add]));
                continue;
            }
            groups.extend(of_target_size(files));
        }
        groups.retain(|group| group.len() > 1 || group.iter().any(|add| self.is_hollow(add)));
        groups
    }

    /// Those that are worth it while publishes go on: small files with others of about their size, so that a row is
    /// written anew a few times and not with every group of new files, and small hollow ones once what was taken out
    /// of them is much of the partition.
    fn groups_in_passing(&self, state: &TableState) -> Vec<Vec<Arc<Add>>> {
        let (mut groups, small) = self.hollow_and_small(state);
        for files in small.into_values() {
            let (hollow, mut others): (Vec<_>, Vec<_>) =
                files.into_iter().partition(|add| self.is_hollow(add));
            let gone: u64 = hollow.iter().map(|add| gone_from(add)).sum();
            let partition = hollow.first().map(|add| &add.partition_values);
            let live = state.files.iter();
            let live = live.filter(|add| Some(&add.partition_values) == partition);
            let live: u64 = live.filter_map(|add| add.live_rows()).sum();
            match !hollow.is_empty() && self.is_much(gone, gone + live) {
                true => groups.extend(of_target_size(hollow)),
                false => others.extend(hollow),
            }
            let mut alike: BTreeMap<u32, Vec<Arc<Add>>> = BTreeMap::new();
            for add in others {
                let steps = (add.size.unsigned_abs() / ALIKE_BYTES).checked_ilog2();
                let size = steps.map_or(0, |steps| 1 + steps / 3);
                alike.entry(size).or_default().push(add);
            }
            let full = alike.into_values();
            let full = full.filter(|files| files.len() >= self.small_files);
            groups.extend(full.flat_map(of_target_size));
        }
        groups.retain(|group| group.len() > 1 || group.iter().any(|add| self.is_hollow(add)));
        groups
    }

    /// Hollow files that are not small, and the small ones of each partition.
    fn hollow_and_small<'a>(&self, state: &'a TableState) -> (Vec<Vec<Arc<Add>>>, Small<'a>) {
        let (mut groups, mut small) = (Vec::new(), Small::new());
        for add in state.files.iter() {
            if add.size.unsigned_abs() < self.small_file_bytes {
                let files = small.entry(&add.partition_values).or_default();
                files.push(Arc::clone(add));
            } else if self.is_hollow(add) {
                groups.push(vec![Arc::clone(add)]);
            }
        }
        (groups, small)
    }

    /// Whether so many rows were taken out of a file that it is worth writing anew.
    fn is_hollow(&self, add: &Add) -> bool {
        add.deletion_vector.is_some()
            && add
                .rows()
                .is_some_and(|rows| self.is_much(gone_from(add), rows))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a share need not be exact to the last row"
    )]
    fn is_much(&self, gone: u64, rows: u64) -> bool {
        gone as f64 >= self.deleted_share * rows as f64
    }

    /// Whether there is something to do, by numbers alone.
    pub(crate) fn is_due(&self, state: &TableState) -> bool {
        !self.groups_in_passing(state).is_empty()
    }
}

/// Small files by partition.
type Small<'a> = BTreeMap<&'a BTreeMap<String, Option<String>>, Vec<Arc<Add>>>;

/// Parts files so that each part makes about one full file.
fn of_target_size(files: Vec<Arc<Add>>) -> Vec<Vec<Arc<Add>>> {
    let (mut groups, mut group) = (Vec::new(), Vec::new());
    for add in files {
        if bytes_of(&group) + add.size.unsigned_abs() > DEFAULT_TARGET_FILE_BYTES {
            groups.push(std::mem::take(&mut group));
        }
        group.push(add);
    }
    groups.push(group);
    groups
}

/// How many rows were taken out of a file.
fn gone_from(add: &Add) -> u64 {
    let vector = add.deletion_vector.as_ref();
    vector.map_or(0, |vector| vector.cardinality.unsigned_abs())
}

fn bytes_of(files: &[Arc<Add>]) -> u64 {
    files.iter().map(|add| add.size.unsigned_abs()).sum()
}

/// What a compaction did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CompactionReport {
    /// Versions that it made: one for each group of files.
    pub versions: u64,
    /// Files written anew, and their bytes.
    pub files_removed: u64,
    /// Bytes of these.
    pub bytes_removed: u64,
    /// Files that took their place; 0 for a dry run.
    pub files_added: u64,
    /// Bytes of these; 0 for a dry run.
    pub bytes_added: u64,
    /// Rows in them; 0 for a dry run.
    pub rows: u64,
    /// Groups of files left as they are because others wrote one of them anew meanwhile, or brought rows back.
    pub conflicts: u64,
}

impl CompactionReport {
    /// Counts the files of a group as written anew.
    fn take(&mut self, group: &[Arc<Add>]) {
        self.files_removed += group.len() as u64;
        self.bytes_removed += bytes_of(group);
    }
}

impl Table {
    /// Writes files anew where that makes the table cheaper to read. The rows stay the same, and readers of older
    /// versions keep the old files, which stay in the folder.
    ///
    /// Publishers are not held up. Rows that they take out of a file while it is written anew are taken out of the new
    /// one as well; only a file that others wrote anew meanwhile, or brought rows back to, is left as it is, with those
    /// of its group.
    ///
    /// # Errors
    ///
    /// `Unsupported` if the table uses a feature that this crate does not write; those of reading a version and of
    /// [`crate::Writer::commit`]. What was done before the error stays done.
    pub async fn compact(&self, what: &Compaction) -> Result<CompactionReport> {
        self.compact_groups(what, |state| what.groups(state)).await
    }

    /// Writes those files anew that are worth it while publishes go on.
    pub(crate) async fn compact_in_passing(&self, what: &Compaction) -> Result<CompactionReport> {
        self.compact_groups(what, |state| what.groups_in_passing(state))
            .await
    }

    async fn compact_groups(
        &self,
        what: &Compaction,
        groups_of: impl Fn(&TableState) -> Vec<Vec<Arc<Add>>>,
    ) -> Result<CompactionReport> {
        let mut report = CompactionReport::default();
        let groups = groups_of(&*self.newest().await?);
        if what.dry_run {
            for group in groups {
                report.take(&group);
            }
            return Ok(report);
        }
        self.steps().begin(groups.len());
        let mut tried = HashSet::new();
        // As many groups as there were at first: publishers may go on making new ones.
        for _ in 0..groups.len() {
            let state = self.newest().await?;
            let fresh = |group: &Vec<Arc<Add>>| group.iter().all(|add| !tried.contains(&add.path));
            let Some(group) = groups_of(&state).into_iter().find(fresh) else {
                break;
            };
            tried.extend(group.iter().map(|add| add.path.clone()));
            let (writer, files) = self.rewrite(&state, group.clone()).await?;
            match writer.commit_in_place_of(files).await {
                Ok(done) => {
                    report.take(&group);
                    report.versions += 1;
                    report.files_added += done.files_added;
                    report.bytes_added += done.bytes_added;
                    report.rows += done.rows;
                }
                Err(Error::Conflict { .. }) => report.conflicts += 1,
                Err(error) => return Err(error),
            }
            self.steps().step();
        }
        Ok(report)
    }

    /// Writes the rows of files into others, which are not committed yet.
    async fn rewrite(
        &self,
        state: &Arc<TableState>,
        group: Vec<Arc<Add>>,
    ) -> Result<(Writer, Rewrite)> {
        let expected: Option<u64> = group.iter().map(|add| add.live_rows()).sum();
        let places = Arc::new(Places::default());
        let options = WriteOptions {
            places: Some(Arc::clone(&places)),
            ..WriteOptions::new()
        };
        let mut writer = self.write(options).await?;
        let prepared = Snapshot::new(self.clone(), Arc::clone(state))
            .scan()
            .prepare()?;
        let mut batches = prepared.named(native(group.clone(), Arc::clone(&prepared.output)));
        let mut rows = 0;
        while let Some(batch) = batches.try_next().await? {
            rows += batch.num_rows() as u64;
            writer.push_batch(&batch).await?;
        }
        // Nothing would be worse than a row that is lost in passing.
        if let Some(expected) = expected.filter(|expected| *expected != rows) {
            return Err(Error::damaged(
                self.location(),
                format!("its log says that files have {expected} rows, they have {rows}"),
            ));
        }
        let files = Rewrite {
            files: group,
            version: state.version,
            places,
        };
        Ok((writer, files))
    }
}

/// Files that were to be replaced are not there any more as they were.
pub(crate) fn changed(state: &TableState) -> Error {
    Error::Conflict {
        version: state.version,
        reason: "changed files while they were being written anew".to_owned(),
    }
}

#[cfg(test)]
mod tests;
