//! Bringing an existing table to a newer declaration of it.

mod merge;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataproduct_quality::Promise;

use self::merge::Merge;
use crate::error::{Error, Result};
use crate::facts::{CommitInfo, ENGINE};
use crate::log::action::{Metadata, Protocol, write_line};
use crate::log::chain;
use crate::log::segment::entry_name;
use crate::log::state::TableState;
use crate::prove::Proof;
use crate::schema::delta::{parse, write};
use crate::schema::features::{self, MAPPING_MAX_ID, MAPPING_MODE};
use crate::schema::{SORT_BY, arrow_of_delta, names};
use crate::snapshot::Snapshot;
use crate::spec::TableSpec;
use crate::table::Table;
use crate::write::commit::{next_millis, pause};
use crate::write::options::DEFAULT_COMMIT_TIMEOUT;

impl Table {
    /// Evolves the table to a newer declaration, in one commit of metadata; no data file is touched.
    ///
    /// What may change:
    ///
    /// * A nullable column is added, also within structs; rows written before read as null in it. A column that may
    ///   not be null is added only while the table has no data.
    /// * A column may become nullable. It may become required if no stored row is null in it: that is proven here, on
    ///   the version that the commit follows, and proven again for what others publish meanwhile.
    /// * With [`TableSpec::with_type_widening`] integers, floats and decimals may become wider.
    /// * A column may be renamed, which is seen by its id ([`TableSpec::from_contract`]). With
    ///   [`TableSpec::with_column_mapping`] only its name changes. Without, the table has both columns from then on:
    ///   every publish fills the old one from the new, and a read of the new one takes the old one's values from
    ///   files written before, so that either name gives the same values to readers of this crate. Other programs
    ///   find null under the new name in rows written before.
    /// * As long as nothing was ever published and there is no data file, columns are dropped, renamed, given other types
    ///   and made partition columns at will: nobody relies on them yet.
    /// * Columns change their order, comments, sort order, name, description and properties change. Properties that
    ///   the declaration does not name stay.
    ///
    /// Returns the version from which on the declaration holds; if it holds already, nothing is committed. A writer
    /// that began before fails with [`Error::Conflict`] if the columns changed.
    ///
    /// # Errors
    ///
    /// `Incompatible`, with column and reason, for every other change: a column taken away, a type changed or narrowed,
    /// a decimal's scale changed, fields within a struct reordered, the partitioning changed, nulls that are there
    /// forbidden; `InvalidSpec` if it cannot be declared so; `Unsupported` if the table uses a feature that this crate
    /// does not write; `Contention` and `Store` as with a publish; those of [`Snapshot::prove`].
    pub async fn evolve(&self, spec: &TableSpec) -> Result<u64> {
        let queue = self.queue();
        let _turn = queue.lock().await;
        let deadline = Instant::now() + DEFAULT_COMMIT_TIMEOUT;
        let mut attempts = 0;
        // Files whose rows keep what is asked of them already.
        let mut proven = HashSet::new();
        loop {
            attempts += 1;
            // Whatever became of the try before, the newest state tells: evolving twice is evolving once.
            let state = self.newest().await?;
            if attempts == 1 {
                self.check_same().await?;
            }
            if let Some(feature) = state.foreign_to_write() {
                return Err(Error::Unsupported {
                    what: format!("evolving a table with {feature}"),
                });
            }
            let Some(step) = evolved(&state, spec)? else {
                return Ok(state.version);
            };
            self.prove_step(&state, &step.prove, &mut proven).await?;
            let version = state.version + 1;
            let name = entry_name(version);
            let entry = entry(self, &state, &step)?;
            let entry = chain::seal(&name, &entry, state.digest.as_deref())?;
            let created = self.storage().create(&name, entry.into()).await;
            if matches!(created, Ok(true)) {
                let newest = self.newest().await?.version;
                self.anchor().await;
                return Ok(newest.max(version));
            }
            // What the store refuses for good it refuses again.
            let is_refused = matches!(&created, Err(error) if !error.is_retryable());
            if is_refused || Instant::now() >= deadline {
                return Err(created.err().unwrap_or(Error::Contention {
                    publish_id: "evolve".to_owned(),
                    attempts,
                }));
            }
            tokio::time::sleep(pause(attempts).max(Duration::from_millis(1))).await;
        }
    }

    /// Proves that stored rows keep what a declaration newly says of them, in the files where that is not known yet.
    async fn prove_step(
        &self,
        state: &Arc<TableState>,
        promises: &[Promise],
        proven: &mut HashSet<String>,
    ) -> Result<()> {
        if promises.is_empty() {
            return Ok(());
        }
        let snapshot = Snapshot::new(self.clone(), Arc::clone(state));
        match snapshot.prove_except(promises, proven).await? {
            Proof::Holds { .. } => {
                proven.extend(state.files.iter().map(|add| add.path.clone()));
                Ok(())
            }
            Proof::Violated {
                promise,
                file,
                row,
                value,
                ..
            } => Err(Error::Incompatible {
                column: promise.columns().join(", "),
                reason: format!(
                    "it is {value} in row {row} of `{}`: correct what is stored first, or keep the column as it is",
                    file.unwrap_or_default()
                ),
            }),
        }
    }
}

/// What a commit of metadata changes.
struct Step {
    metadata: Metadata,
    protocol: Option<Protocol>,
    /// What must hold of every stored row.
    prove: Vec<Promise>,
}

/// The step to a declaration; `None` if nothing changes.
fn evolved(state: &TableState, spec: &TableSpec) -> Result<Option<Step>> {
    let before = &state.metadata;
    let mut after = spec.to_metadata(before.id.clone(), 0)?;
    after.created_time = before.created_time;
    after.format = before.format.clone();
    after.name = after.name.or_else(|| before.name.clone());
    after.description = after.description.or_else(|| before.description.clone());
    for (name, value) in &before.configuration {
        // A declaration without sort order takes it back.
        if name != SORT_BY {
            after
                .configuration
                .entry(name.clone())
                .or_insert_with(|| value.clone());
        }
    }
    let mapped = features::is_mapped(&after.configuration);
    if features::is_mapped(&before.configuration) && !mapped {
        return Err(Error::Incompatible {
            column: String::new(),
            reason: format!("`{MAPPING_MODE}` cannot be taken back: files have names of their own"),
        });
    }
    let mut stored = Metadata::clone(before);
    if mapped && !features::is_mapped(&before.configuration) {
        // What is stored keeps the names that its files have.
        names::assign(&mut stored, true)?;
        let last = stored.configuration.get(MAPPING_MAX_ID).cloned();
        after
            .configuration
            .insert(MAPPING_MAX_ID.to_owned(), last.flatten());
    }
    let mut merge = Merge {
        mapped,
        widening: features::may_widen(&after.configuration),
        empty: state.files.len() == 0,
        partition_by: before.partition_columns.clone(),
        prove: Vec::new(),
    };
    let declared = parse(&after.schema_string)?;
    let fields = match state.is_untouched() {
        // Nobody has read or written anything by the names and types that the table has.
        true if !mapped => declared,
        false => merge.table(parse(&stored.schema_string)?, declared)?,
        // What is as it was keeps its name in files, so that evolving twice is evolving once.
        true => match merge.table(parse(&stored.schema_string)?, declared.clone()) {
            Err(Error::Incompatible { .. }) => declared,
            merged => merged?,
        },
    };
    after.schema_string = write(fields)?;
    if mapped {
        names::assign(&mut after, false)?;
    }
    if after.partition_columns != merge.partition_by && !state.is_untouched() {
        return Err(Error::Incompatible {
            column: String::new(),
            reason: "the partition columns cannot change; publish the next major version"
                .to_owned(),
        });
    }
    // The text of a schema may differ where its meaning does not.
    if parse(&after.schema_string)? == parse(&before.schema_string)? {
        after.schema_string.clone_from(&before.schema_string);
    }
    if after == **before {
        return Ok(None);
    }
    let arrow = arrow_of_delta(&after.schema_string)?;
    let needed = features::needed(arrow.fields(), &after.configuration);
    Ok(Some(Step {
        protocol: features::with(&state.protocol, &needed),
        metadata: after,
        prove: merge.prove,
    }))
}

fn entry(table: &Table, state: &TableState, step: &Step) -> Result<Vec<u8>> {
    let info = CommitInfo {
        timestamp: Some(next_millis(table, state)),
        operation: Some("CHANGE TABLE".to_owned()),
        operation_parameters: serde_json::json!({}),
        is_blind_append: Some(false),
        engine_info: Some(ENGINE.to_owned()),
        operation_metrics: serde_json::json!({}),
        ..CommitInfo::default()
    };
    let mut entry = Vec::new();
    write_line(&mut entry, "commitInfo", &info)?;
    if let Some(protocol) = &step.protocol {
        write_line(&mut entry, "protocol", protocol)?;
    }
    write_line(&mut entry, "metaData", &step.metadata)?;
    Ok(entry)
}
