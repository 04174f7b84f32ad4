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
use crate::schema::{SORT_BY, TableSchema, arrow_of_delta, names};
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
        let mut evolution = Evolution::new(spec.clone());
        loop {
            attempts += 1;
            // Whatever became of the try before, the newest state tells: evolving twice is evolving once.
            let state = self.newest().await?;
            if attempts == 1 {
                self.check_same().await?;
            }
            let Some(step) = evolution.step(&state)? else {
                return Ok(state.version);
            };
            evolution.prove(self, &state, &step).await?;
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
}

/// A table being brought to a declaration, by a commit of its own or by that of a publish.
///
/// The step there follows from the version that it is taken from alone, so that a publish takes it anew from whatever
/// version it is committed behind and finds its rows written for the same columns.
#[derive(Debug, Clone)]
pub(crate) struct Evolution {
    spec: TableSpec,
    /// Files whose rows keep what is asked of them.
    proven: HashSet<String>,
}

impl Evolution {
    pub(crate) fn new(spec: TableSpec) -> Self {
        Self {
            spec,
            proven: HashSet::new(),
        }
    }

    /// The step from a version; `None` if the declaration holds already.
    fn step(&self, state: &TableState) -> Result<Option<Step>> {
        match state.foreign_to_write() {
            Some(feature) => Err(Error::Unsupported {
                what: format!("evolving a table with {feature}"),
            }),
            None => evolved(state, &self.spec),
        }
    }

    /// A version as it is once the declaration holds, and the step there if there is one.
    pub(crate) fn taken(&self, state: &Arc<TableState>) -> Result<(Arc<TableState>, Option<Step>)> {
        match self.step(state)? {
            Some(step) => Ok((Arc::new(step.taken(state)?), Some(step))),
            None => Ok((Arc::clone(state), None)),
        }
    }

    /// Proves what must hold of stored rows for a step, in the files where that is not known yet.
    pub(crate) async fn prove(
        &mut self,
        table: &Table,
        state: &Arc<TableState>,
        step: &Step,
    ) -> Result<()> {
        if step.prove.is_empty() {
            return Ok(());
        }
        let snapshot = Snapshot::new(table.clone(), Arc::clone(state));
        match snapshot.prove_except(&step.prove, &self.proven).await? {
            Proof::Holds { .. } => {
                let files = state.files.iter().map(|add| add.path.clone());
                self.proven.extend(files);
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

/// What a commit changes in the declaration of a table.
#[derive(Debug)]
pub(crate) struct Step {
    metadata: Metadata,
    protocol: Option<Protocol>,
    /// What must hold of every stored row.
    prove: Vec<Promise>,
}

impl Step {
    /// A version as it is once the step is taken: the same files under other columns.
    fn taken(&self, state: &TableState) -> Result<TableState> {
        let mut after = state.clone();
        after.schema = Arc::new(TableSchema::of(&self.metadata)?);
        after.metadata = Arc::new(self.metadata.clone());
        if let Some(protocol) = &self.protocol {
            after.protocol = protocol.clone();
        }
        Ok(after)
    }

    /// Writes the lines of a log entry that take it.
    pub(crate) fn write(&self, entry: &mut Vec<u8>) -> Result<()> {
        if let Some(protocol) = &self.protocol {
            write_line(entry, "protocol", protocol)?;
        }
        write_line(entry, "metaData", &self.metadata)
    }
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
    step.write(&mut entry)?;
    Ok(entry)
}
