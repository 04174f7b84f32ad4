//! The rows that came and went, version by version.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arrow_array::RecordBatch;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};

use crate::deletion::{self, Deleted};
use crate::error::{Error, Result};
use crate::facts::{Commit, CommitInfo};
use crate::log::action::{Actions, Add, DeletionVector, Remove};
use crate::log::segment::entry_name;
use crate::scan::file::Rows;
use crate::scan::native_rows;
use crate::storage::Storage;
use crate::table::Table;
use crate::write::commit::jitter;

/// Whether a row came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is in the version and was not in the one before.
    Insert,
    /// It was in the version before and is not any more.
    Delete,
}

/// Some rows that came or went.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChangedRows {
    /// Which of it.
    pub kind: ChangeKind,
    /// The rows, in the schema that the table had when they were asked for.
    pub rows: RecordBatch,
}

/// Rows of files that came or went.
type Part = (Arc<Add>, Rows);

/// One version, and the rows that it changed.
pub struct VersionChanges {
    table: Table,
    commit: Commit,
    deleted: Vec<Part>,
    inserted: Vec<Part>,
}

impl fmt::Debug for VersionChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionChanges")
            .field("commit", &self.commit)
            .finish_non_exhaustive()
    }
}

/// The changed rows of one version: first those that went, then those that came. No batch is empty.
pub struct RowChanges {
    rows: BoxStream<'static, Result<ChangedRows>>,
}

impl fmt::Debug for RowChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowChanges").finish_non_exhaustive()
    }
}

impl Stream for RowChanges {
    type Item = Result<ChangedRows>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.rows.poll_next_unpin(context)
    }
}

/// Versions in their order, each with the rows that it changed. Ends with an error, or where it was asked to.
pub struct Changes {
    versions: BoxStream<'static, Result<VersionChanges>>,
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

impl Stream for Changes {
    type Item = Result<VersionChanges>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.versions.poll_next_unpin(context)
    }
}

impl VersionChanges {
    /// The version. Who has dealt with all of its rows stores it as the position to go on from.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.commit.version
    }

    /// The commit that made it.
    #[must_use]
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// Whether it changed no rows: a heartbeat, a change of the schema, a compaction.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.deleted.is_empty() && self.inserted.is_empty()
    }

    /// Reads the changed rows. A row that took the place of another of its key is a delete of that one and an insert.
    ///
    /// # Errors
    ///
    /// Those of [`crate::Scan::stream`], here and in the stream. A file that was vacuumed since ends it with `Corrupt`
    /// or `Store`.
    pub async fn rows(self) -> Result<RowChanges> {
        self.read(true).await
    }

    /// Reads the rows that came, and not those that went, which is far cheaper where few rows of many files did. That is
    /// enough for who keeps the newest row of each key, as long as every row that went has another in its place: so it is
    /// in a change by key that deleted nothing ([`crate::CommitFacts::by_key`]).
    ///
    /// # Errors
    ///
    /// Those of [`VersionChanges::rows`].
    pub async fn inserts(self) -> Result<RowChanges> {
        self.read(false).await
    }

    async fn read(self, deleted: bool) -> Result<RowChanges> {
        let prepared = self.table.snapshot().await?.scan().prepare()?;
        if prepared.foreign {
            return Err(Error::Unsupported {
                what: "reading the changes of a table that only the Delta kernel reads".to_owned(),
            });
        }
        let read = |parts: Vec<Part>, kind: ChangeKind| {
            let batches = native_rows(parts, Arc::clone(&prepared.output));
            prepared
                .named(batches)
                .map_ok(move |rows| ChangedRows { kind, rows })
        };
        let deletes = match deleted {
            true => self.deleted,
            false => Vec::new(),
        };
        let rows = read(deletes, ChangeKind::Delete)
            .chain(read(self.inserted, ChangeKind::Insert))
            .boxed();
        Ok(RowChanges { rows })
    }
}

impl Table {
    /// The versions after `after` up to the newest, each with the rows that it changed: exactly those by which it
    /// differs from the one before.
    ///
    /// # Errors
    ///
    /// `NoSuchVersion` if there is no version `after`, or log entries behind it were cleaned up: read the newest
    /// version whole, and go on from there; those of [`Table::snapshot`].
    pub async fn changes(&self, after: u64) -> Result<Changes> {
        let newest = self.check_position(after).await?;
        let table = self.clone();
        let versions = futures::stream::iter(after + 1..=newest)
            .then(move |version| changes_of(table.clone(), version))
            .boxed();
        Ok(Changes { versions })
    }

    /// The versions after `after`, each with the rows that it changed, without end: waits for the next one. What is
    /// committed from this process is seen at once; for the rest the log is looked at every `poll`, give or take a
    /// quarter.
    ///
    /// # Errors
    ///
    /// Those of [`Table::changes`]. An error of the store ends the stream; it can be begun again from the last version
    /// dealt with.
    pub async fn tail(&self, after: u64, poll: Duration) -> Result<Changes> {
        self.check_position(after).await?;
        let start = (self.clone(), self.committed(), after + 1);
        let versions = futures::stream::try_unfold(start, move |(table, mut committed, next)| {
            async move {
                loop {
                    committed.mark_unchanged();
                    if table.newest().await?.version >= next {
                        let changes = changes_of(table.clone(), next).await?;
                        return Ok(Some((changes, (table, committed, next + 1))));
                    }
                    // Readers who started together do not stay together.
                    let wait = poll.mul_f64(0.75 + jitter() / 2.0);
                    tokio::select! {
                        _ = committed.changed() => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
        });
        Ok(Changes {
            versions: versions.boxed(),
        })
    }

    async fn check_position(&self, after: u64) -> Result<u64> {
        let newest = self.newest().await?.version;
        let gone = || Error::NoSuchVersion {
            location: self.location().to_string(),
            version: after,
            newest,
        };
        if after > newest {
            return Err(gone());
        }
        let oldest = self.oldest_entry(newest).await?;
        match after == newest || oldest.is_some_and(|oldest| oldest <= after + 1) {
            true => Ok(newest),
            false => Err(gone()),
        }
    }
}

async fn changes_of(table: Table, version: u64) -> Result<VersionChanges> {
    let name = entry_name(version);
    let storage = table.storage();
    let bytes = storage.read(&name).await?;
    let bytes = bytes.ok_or_else(|| Error::damaged(&name, "it is missing"))?;
    let actions = Actions::parse(&name, &bytes)?;
    let commit = CommitInfo::of(&actions).into_commit(version);
    let mut removes: HashMap<String, Remove> = HashMap::new();
    for remove in actions.removes.into_iter().filter(|gone| gone.data_change) {
        removes.insert(remove.path.clone(), remove);
    }
    let (mut deleted, mut inserted) = (Vec::new(), Vec::new());
    for add in actions.adds.into_iter().filter(|add| add.data_change) {
        let new = read_vector(storage, add.deletion_vector.as_ref()).await?;
        let Some(remove) = removes.remove(&add.path) else {
            inserted.push((Arc::new(add), all_but(new)));
            continue;
        };
        let old = read_vector(storage, remove.deletion_vector.as_ref()).await?;
        let (gone, back) = (new.without(&old), old.without(&new));
        let add = Arc::new(add);
        for (rows, into) in [(gone, &mut deleted), (back, &mut inserted)] {
            if !rows.is_empty() {
                into.push((Arc::clone(&add), Rows::Only(rows)));
            }
        }
    }
    let mut removes: Vec<Remove> = removes.into_values().collect();
    removes.sort_by(|a, b| a.path.cmp(&b.path));
    for remove in removes {
        let old = read_vector(storage, remove.deletion_vector.as_ref()).await?;
        let add = as_it_was(&table, &name, remove).await?;
        deleted.push((Arc::new(add), all_but(old)));
    }
    Ok(VersionChanges {
        table,
        commit,
        deleted,
        inserted,
    })
}

fn all_but(gone: Deleted) -> Rows {
    match gone.is_empty() {
        true => Rows::All,
        false => Rows::Without(gone),
    }
}

async fn read_vector(storage: &Storage, vector: Option<&DeletionVector>) -> Result<Deleted> {
    match vector {
        Some(vector) => deletion::read(storage, vector).await,
        None => Ok(Deleted::default()),
    }
}

/// The file that a remove takes out, as far as the remove tells. Its digest is not known.
async fn as_it_was(table: &Table, entry: &str, remove: Remove) -> Result<Add> {
    if remove.partition_values.is_none() && !table.current().schema.partition_by.is_empty() {
        return Err(Error::damaged(
            entry,
            format!("it does not say of which partition `{}` was", remove.path),
        ));
    }
    let size = match remove.size {
        Some(size) => size,
        None => {
            let name = crate::write::partition::decode_path(&remove.path)?;
            i64::try_from(table.storage().size(&name).await?).unwrap_or(i64::MAX)
        }
    };
    Ok(Add {
        path: remove.path,
        partition_values: remove.partition_values.unwrap_or_default(),
        size,
        modification_time: 0,
        data_change: true,
        stats: None,
        tags: None,
        deletion_vector: remove.deletion_vector,
    })
}

#[cfg(test)]
mod tests;
