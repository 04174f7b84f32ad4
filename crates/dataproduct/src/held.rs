//! The rows that a table holds already, against the keys of a publish.
//!
//! Only the key columns are read, of the files, row groups and pages that may hold a key of the publish.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::BooleanBuffer;
use arrow_schema::{Schema, SchemaRef};
use dataproduct_contract::Contract;
use dataproduct_quality::unique::{KeyHasher, Nulls, Uniqueness};
use dataproduct_quality::{DEFAULT_UNIQUE_BUDGET_BYTES, Gate, SecondPass};
use dataproduct_table::{ScanStream, Snapshot, Writer};
use futures::TryStreamExt as _;

use crate::{Error, Result};

/// Keys by their numbers in the gate, each with its columns.
pub(crate) type TableKeys = Vec<(usize, Vec<String>)>;

/// The rows of a table that stay beside a publish, and those of the publish.
pub(crate) struct Held {
    /// All that stay, at the version that they are judged on.
    pub(crate) beside: Snapshot,
    /// Which of the staged rows will be in the table, where rows change others by key.
    pub(crate) in_force: Option<BooleanBuffer>,
    /// Those that were not judged before.
    newer: Snapshot,
    staged: Snapshot,
    schema: SchemaRef,
}

impl Held {
    /// Looks at the newest version; `known` is what was judged already. `None` where no key can be there twice: the
    /// publish has no rows, or replaces all, or has no keys but the one by which its rows change others.
    pub(crate) async fn look(
        writer: &mut Writer,
        contract: &Contract,
        keys: &TableKeys,
        known: Option<&Snapshot>,
    ) -> Result<Option<Self>> {
        if keys.is_empty() || writer.rows() == 0 {
            return Ok(None);
        }
        let (beside, in_force) = match writer.settle().await? {
            Some(settled) => (settled.beside, Some(settled.in_force)),
            None => match writer.beside().await? {
                Some(beside) => (beside, None),
                None => return Ok(None),
            },
        };
        let newer = match known {
            // Where rows change others by key, rows of any file may be in the way that were not before.
            Some(known) if in_force.is_none() => beside.without(known),
            _ => beside.clone(),
        };
        Ok(Some(Self {
            staged: writer.stage().await?,
            schema: contract.arrow_schema(),
            in_force,
            beside,
            newer,
        }))
    }

    /// Whether there are rows that were not judged before.
    pub(crate) fn is_more(&self) -> bool {
        !self.newer.files().is_empty()
    }

    /// Gives the gate what may have a key of the publish.
    pub(crate) async fn give(&self, gate: &mut Gate) -> Result<()> {
        for (key, columns) in gate.keys_of_table() {
            let Some(mut rows) = self.rows(&columns).await? else {
                return Ok(());
            };
            while let Some(batch) = rows.try_next().await? {
                gate.hold(key, &batch).map_err(not_compared)?;
            }
        }
        Ok(())
    }

    /// The same before a second look at the rows, for the keys that are still open.
    pub(crate) async fn give_again(&self, pass: &mut SecondPass) -> Result<()> {
        for (key, columns) in pass.open_keys() {
            let Some(mut rows) = self.rows(&columns).await? else {
                return Ok(());
            };
            while let Some(batch) = rows.try_next().await? {
                pass.hold(key, &batch)
                    .map_err(|report| not_compared(report.to_string()))?;
            }
        }
        Ok(())
    }

    /// Whether a row of the publish may have the key of one that was not judged before, or of another row of the publish
    /// where rows change others by key; `false` is certain.
    pub(crate) async fn may_clash(&self, keys: &TableKeys) -> Result<bool> {
        for (_, columns) in keys {
            let mut held = self.rows(columns).await?;
            // Rows that were taken out may have brought back others, which nothing was found to be in the way of.
            if held.is_none() && self.in_force.is_none() {
                return Ok(false);
            }
            let hasher = KeyHasher::new(columns, Nulls::Distinct, &self.schema);
            let hasher = hasher.map_err(not_compared)?;
            let mut unique = Uniqueness::new(&hasher, DEFAULT_UNIQUE_BUDGET_BYTES, None);
            let mut own = self.staged.scan().read_as(self.only(columns)).stream()?;
            while let Some(batch) = own.try_next().await? {
                let (hashes, valid) = hasher.hash(&batch).map_err(not_compared)?;
                unique.push(&hashes, valid.as_ref());
            }
            let seen = unique.seen();
            while let Some(held) = &mut held
                && let Some(batch) = held.try_next().await?
            {
                let (hashes, valid) = hasher.hash(&batch).map_err(not_compared)?;
                let is_there = |row: usize| valid.as_ref().is_none_or(|valid| valid.is_valid(row));
                let may = |hash: &u64| seen.as_ref().is_none_or(|seen| seen.may_hold(*hash));
                let rows = hashes.iter().enumerate();
                let rows = rows.filter(|(row, hash)| is_there(*row) && may(hash));
                let hashes: Vec<u64> = rows.map(|(_, hash)| *hash).collect();
                unique.push(&hashes, None);
            }
            let candidates = unique.finish();
            let candidates = candidates.map_err(|error| not_compared(error.to_string()))?;
            if !candidates.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The rows of the publish.
    pub(crate) fn staged(&self) -> Result<ScanStream> {
        let scan = self.staged.scan().read_as(Arc::clone(&self.schema));
        Ok(scan.stream()?)
    }

    /// The columns of a key in rows that may have one of the publish; `None` where there are no rows.
    async fn rows(
        &self,
        columns: &[String],
    ) -> Result<Option<impl futures::Stream<Item = Result<RecordBatch>> + Unpin + use<>>> {
        if !self.is_more() {
            return Ok(None);
        }
        let scan = self.newer.scan_like(&self.staged, columns).await?;
        let rows = scan.read_as(self.only(columns)).stream()?;
        Ok(Some(rows.map_err(Error::from)))
    }

    /// The columns of a key in the types of the contract; rows of an older one may lack values.
    fn only(&self, columns: &[String]) -> SchemaRef {
        let fields = columns
            .iter()
            .filter_map(|column| self.schema.field_with_name(column).ok())
            .map(|field| field.clone().with_nullable(true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

fn not_compared(why: String) -> Error {
    Error::Input {
        reason: format!(
            "the keys of the rows could not be compared with those of the table: {why}"
        ),
        source: None,
    }
}
