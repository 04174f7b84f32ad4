//! Bringing an existing table to a newer declaration of it.

use std::time::{Duration, Instant};

use arrow_schema::{DataType, Fields};

use crate::error::{Error, Result};
use crate::facts::{CommitInfo, ENGINE};
use crate::log::action::{Metadata, write_line};
use crate::log::segment::entry_name;
use crate::log::state::TableState;
use crate::schema::{SORT_BY, has_local_timestamps};
use crate::spec::TableSpec;
use crate::table::Table;
use crate::write::commit::{next_millis, pause};
use crate::write::options::DEFAULT_COMMIT_TIMEOUT;

impl Table {
    /// Evolves the table to a newer declaration, in one commit of metadata; no data file is touched.
    ///
    /// What may change: nullable columns are added, also within structs; a column may become nullable; comments, sort
    /// order, name, description and properties change; properties that the declaration does not name stay. Rows
    /// written before read as null in an added column. Returns the version from which on the declaration holds; if it
    /// holds already, nothing is committed.
    ///
    /// A writer that began before fails with [`Error::Conflict`] if the columns changed.
    ///
    /// # Errors
    ///
    /// `Incompatible` if the declaration takes a column away, changes a type or the partitioning, adds a column that
    /// may not be null, or forbids nulls; `InvalidSpec` if it cannot be declared so; `Unsupported` if the table uses a
    /// feature that this crate does not write; `Contention` and `Store` as with a publish.
    pub async fn evolve(&self, spec: &TableSpec) -> Result<u64> {
        let queue = self.queue();
        let _turn = queue.lock().await;
        let deadline = Instant::now() + DEFAULT_COMMIT_TIMEOUT;
        let mut attempts = 0;
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
            let Some(metadata) = evolved(&state, spec)? else {
                return Ok(state.version);
            };
            let version = state.version + 1;
            let entry = entry(self, &state, &metadata, spec)?;
            let created = self
                .storage()
                .create(&entry_name(version), entry.into())
                .await;
            if matches!(created, Ok(true)) {
                return Ok(self.newest().await?.version.max(version));
            }
            if Instant::now() >= deadline {
                return Err(created.err().unwrap_or(Error::Contention {
                    publish_id: "evolve".to_owned(),
                    attempts,
                }));
            }
            tokio::time::sleep(pause(attempts).max(Duration::from_millis(1))).await;
        }
    }
}

/// The metadata after evolving; `None` if nothing changes.
fn evolved(state: &TableState, spec: &TableSpec) -> Result<Option<Metadata>> {
    let before = &state.metadata;
    let mut after = spec.to_metadata(before.id.clone(), 0)?;
    let schema = crate::schema::arrow_of_delta(&after.schema_string)?;
    check_fields(state.schema.arrow.fields(), schema.fields(), "")?;
    if after.partition_columns != before.partition_columns {
        return Err(incompatible("the partition columns cannot change"));
    }
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
    Ok((after != **before).then_some(after))
}

fn incompatible(reason: impl Into<String>) -> Error {
    Error::Incompatible {
        reason: reason.into(),
    }
}

fn check_fields(before: &Fields, after: &Fields, within: &str) -> Result<()> {
    for field in before {
        let name = format!("{within}{}", field.name());
        let Some(kept) = after.iter().find(|kept| kept.name() == field.name()) else {
            return Err(incompatible(format!("column `{name}` is taken away")));
        };
        if field.is_nullable() && !kept.is_nullable() {
            return Err(incompatible(format!(
                "column `{name}` may hold nulls already"
            )));
        }
        check_type(field.data_type(), kept.data_type(), &name)?;
    }
    for field in after {
        let added = before.iter().all(|known| known.name() != field.name());
        if added && !field.is_nullable() {
            return Err(incompatible(format!(
                "column `{within}{}` is added and must let the rows that are there be null",
                field.name()
            )));
        }
    }
    Ok(())
}

fn check_type(before: &DataType, after: &DataType, name: &str) -> Result<()> {
    match (before, after) {
        (DataType::Struct(before), DataType::Struct(after)) => {
            check_fields(before, after, &format!("{name}."))
        }
        (DataType::List(before), DataType::List(after)) => {
            if before.is_nullable() && !after.is_nullable() {
                return Err(incompatible(format!(
                    "the items of `{name}` may be null already"
                )));
            }
            check_type(before.data_type(), after.data_type(), name)
        }
        (DataType::Map(before, _), DataType::Map(after, _)) => {
            match (before.data_type(), after.data_type()) {
                // The fields are the key and the value.
                (DataType::Struct(before), DataType::Struct(after)) => {
                    check_fields(before, after, &format!("{name}."))
                }
                _ => Ok(()),
            }
        }
        _ if before == after => Ok(()),
        _ => Err(incompatible(format!(
            "column `{name}` is {before} and cannot become {after}"
        ))),
    }
}

fn entry(
    table: &Table,
    state: &TableState,
    metadata: &Metadata,
    spec: &TableSpec,
) -> Result<Vec<u8>> {
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
    let features = state
        .protocol
        .reader_features
        .as_deref()
        .unwrap_or_default();
    if has_local_timestamps(spec.schema().fields())
        && !features.iter().any(|feature| feature == "timestampNtz")
    {
        let mut protocol = spec.to_protocol();
        // Features that the table had stay.
        let merge = |into: &mut Option<Vec<String>>, from: &Option<Vec<String>>| {
            let into = into.get_or_insert_default();
            for feature in from.iter().flatten() {
                if !into.contains(feature) {
                    into.push(feature.clone());
                }
            }
        };
        merge(
            &mut protocol.reader_features,
            &state.protocol.reader_features,
        );
        merge(
            &mut protocol.writer_features,
            &state.protocol.writer_features,
        );
        write_line(&mut entry, "protocol", &protocol)?;
    }
    write_line(&mut entry, "metaData", metadata)?;
    Ok(entry)
}
