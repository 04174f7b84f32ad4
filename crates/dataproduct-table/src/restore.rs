//! Making an older version the newest again.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use arrow_schema::{DataType, Fields};
use dataproduct_quality::Promise;
use futures::{StreamExt, TryStreamExt};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::log::action::Add;
use crate::log::state::{Files, TableState};
use crate::prove::Proof;
use crate::schema::delta::DEFAULT;
use crate::snapshot::Snapshot;
use crate::table::Table;
use crate::vacuum::keep;
use crate::write::commit::Exchange;
use crate::write::options::WriteOptions;
use crate::write::writer::Attempt;

/// How often publishes of others may come in between.
const TRIES: u32 = 10;

/// For how long the version is held while it is looked at.
const HOLD: Duration = Duration::from_secs(3600);

/// Files that are looked for side by side.
const LOOKED_FOR_AT_ONCE: usize = 16;

/// Which version is made the newest again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Restore {
    version: u64,
    dry_run: bool,
}

impl Restore {
    /// This version.
    pub fn to(version: u64) -> Self {
        Self {
            version,
            dry_run: false,
        }
    }

    /// Changes nothing and only says what would be done.
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }
}

/// What a restore did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RestoreReport {
    /// The version whose rows are the table's again.
    pub restored: u64,
    /// The version that has them: the newest, also where it had them already. For a dry run the newest as it is.
    pub version: u64,
    /// Files that came back, or came back with other rows.
    pub files_added: u64,
    /// Files that were taken out, or have other rows.
    pub files_removed: u64,
}

impl Table {
    /// Makes the rows of an older version those of the newest one, in a commit of its own: nothing is lost, the versions
    /// in between stay. Where they are the newest one's already, nothing is committed.
    ///
    /// The rows go back, all else stays as it is: columns and properties, publish ids (a publish whose rows are gone by
    /// this is not made again under its id), and the watermark, which never falls. What the commit says of itself is the
    /// `as_of` of the version that was restored; the table says again up to when it is complete with the next publish.
    ///
    /// # Errors
    ///
    /// `NoSuchVersion` if there is none, or its log entries are gone; `FilesGone` if files of it were vacuumed, naming
    /// them; `Incompatible` if its rows break what the columns were found to keep since; `Unsupported` if the table is
    /// append-only or of another program's features; `Contention` if others kept publishing; those of
    /// [`crate::Writer::commit`].
    pub async fn restore(&self, what: &Restore) -> Result<RestoreReport> {
        let old = self.snapshot_at(what.version).await?;
        // A vacuum that begins from here on leaves the files alone.
        let lease = match what.dry_run {
            true => None,
            false => Some(self.lease(what.version, HOLD).await?),
        };
        let restored = self.restore_state(what, old.state()).await;
        if let Some(lease) = lease {
            // It ends by itself.
            let _released = lease.release().await;
        }
        restored
    }

    async fn restore_state(&self, what: &Restore, old: &TableState) -> Result<RestoreReport> {
        for _ in 0..TRIES {
            let state = self.newest().await?;
            if let Some(feature) = state.foreign_to_write() {
                return Err(Error::Unsupported {
                    what: format!("restoring a version of a table with {feature}"),
                });
            }
            let differs = |of: &Files, from: &Files| -> Vec<Arc<Add>> {
                let other = of.iter().filter(|add| from.same(add).is_none());
                other.cloned().collect()
            };
            let back = differs(&old.files, &state.files);
            let gone = differs(&state.files, &old.files);
            let mut report = RestoreReport {
                restored: what.version,
                version: state.version,
                files_added: back.len() as u64,
                files_removed: gone.len() as u64,
            };
            if back.is_empty() && gone.is_empty() {
                return Ok(report);
            }
            state.check_not_append_only()?;
            self.check_files(what.version, &back).await?;
            self.check_promises(&state, old, &back).await?;
            if what.dry_run {
                return Ok(report);
            }
            let exchange = Exchange {
                gone,
                new: back.iter().map(|add| Add::clone(add)).collect(),
                operation: "RESTORE",
                parameters: BTreeMap::from([("version", what.version.to_string())]),
                as_of: old
                    .watermark()
                    .and_then(chrono::DateTime::from_timestamp_micros),
            };
            let mut writer = self.write(WriteOptions::new()).await?;
            // What is published meanwhile is to go as well.
            writer.expect_version(state.version);
            match writer.exchange(exchange, None).await? {
                Attempt::Done(receipt) => {
                    report.version = receipt.version;
                    return Ok(report);
                }
                Attempt::Moved { .. } => {}
            }
        }
        Err(Error::Contention {
            publish_id: format!("restore of version {}", what.version),
            attempts: TRIES,
        })
    }

    /// Makes sure that files are still there.
    async fn check_files(&self, version: u64, files: &[Arc<Add>]) -> Result<()> {
        let mut names = HashSet::new();
        for add in files {
            keep(&mut names, &add.path, add.deletion_vector.as_ref())?;
        }
        let found = names.into_iter().map(|name| async move {
            match self.storage().size(&name).await {
                Ok(_) => Ok(None),
                Err(Error::Store {
                    source: object_store::Error::NotFound { .. },
                    ..
                }) => Ok(Some(name)),
                Err(error) => Err(error),
            }
        });
        // The futures are collected first: a stream that makes them as it goes could not cross threads.
        let found: Vec<_> = found.collect();
        let gone: Vec<Option<String>> = futures::stream::iter(found)
            .buffer_unordered(LOOKED_FOR_AT_ONCE)
            .try_collect()
            .await?;
        let gone: BTreeSet<String> = gone.into_iter().flatten().collect();
        match gone.is_empty() {
            true => Ok(()),
            false => Err(Error::FilesGone {
                version,
                files: gone.into_iter().collect(),
            }),
        }
    }

    /// Makes sure that the rows keep what columns were found to keep since: that no value is missing.
    async fn check_promises(
        &self,
        state: &TableState,
        old: &TableState,
        back: &[Arc<Add>],
    ) -> Result<()> {
        let (mut columns, mut missing) = (Vec::new(), None);
        let (before, after) = (old.schema.arrow.fields(), state.schema.arrow.fields());
        tightened("", before, after, &mut columns, &mut missing);
        if let Some(column) = missing.filter(|_| !back.is_empty()) {
            return Err(Error::Incompatible {
                column,
                reason: format!(
                    "no value may be missing, and the rows of version {} are from before it existed",
                    old.version
                ),
            });
        }
        if columns.is_empty() || back.is_empty() {
            return Ok(());
        }
        let mut files = Files::default();
        back.iter().for_each(|add| files.insert(Add::clone(add)));
        // As of then: a value that may not be missing now could not be read.
        let mut restored = old.clone();
        restored.files = Arc::new(files);
        let promises: Vec<Promise> = columns
            .into_iter()
            .map(|column| Promise::NotNull { column })
            .collect();
        let snapshot = Snapshot::new(self.clone(), Arc::new(restored));
        match snapshot.prove_except(&promises, &HashSet::new()).await? {
            Proof::Holds { .. } => Ok(()),
            Proof::Violated {
                promise, file, row, ..
            } => Err(Error::Incompatible {
                column: promise.columns().join(", "),
                reason: format!(
                    "no value may be missing any more, and one is in row {row} of `{}` of version {}",
                    file.unwrap_or_default(),
                    old.version
                ),
            }),
        }
    }
}

/// Finds the columns in which a value could be missing before, and none may be now; and one that was not there and has
/// no default.
fn tightened(
    above: &str,
    before: &Fields,
    after: &Fields,
    columns: &mut Vec<String>,
    missing: &mut Option<String>,
) {
    for field in after {
        let path = match above {
            "" => field.name().clone(),
            above => format!("{above}.{}", field.name()),
        };
        let Some((_, old)) = before.find(field.name()) else {
            if !field.is_nullable() && !field.metadata().contains_key(DEFAULT) {
                *missing = Some(path);
            }
            continue;
        };
        if old.is_nullable() && !field.is_nullable() {
            columns.push(path.clone());
        }
        if let (DataType::Struct(before), DataType::Struct(after)) =
            (old.data_type(), field.data_type())
        {
            tightened(&path, before, after, columns, missing);
        }
    }
}
