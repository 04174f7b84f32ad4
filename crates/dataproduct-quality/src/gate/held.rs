//! Rows that the table holds already, so that no row of the publish has the key of one of them.
//!
//! Whoever runs the gate reads them: the key columns, of the rows that may have a key of the publish. They count as rows
//! that came before all others and always stay.

use arrow_array::RecordBatch;
use arrow_buffer::{BooleanBuffer, NullBuffer};
use dataproduct_contract::OnFailure;

use super::Gate;
use super::rule::Run;
use super::second::SecondPass;
use crate::report::Report;

impl Gate {
    /// The keys that no two rows of the table may share, each by its number and its columns: every column that is
    /// unique, and the primary key where rows do not [change others by it](crate::GateContext::with_change_by_key).
    #[must_use]
    pub fn keys_of_table(&self) -> Vec<(usize, Vec<String>)> {
        let keys = self.rules.of_table.iter();
        keys.filter(|key| self.examiner.hashers[**key].is_ok())
            .map(|key| (*key, self.rules.keys[*key].0.clone()))
            .collect()
    }

    /// Whether rows that have such a key of another one stay and are only told of. They are told of again by each gate
    /// that looks at them, so that who looks again looks at all rows of the table.
    #[must_use]
    pub fn only_tells_of_keys(&self) -> bool {
        self.rules.planned.iter().any(|rule| {
            matches!(rule.run, Run::Unique(key) if self.rules.of_table.contains(&key))
                && matches!(rule.on_failure, OnFailure::Report | OnFailure::Notify)
        })
    }

    /// Takes in rows that the table holds, once all rows of the publish were checked: the columns of a key, in the
    /// types of the contract, by its number of [`keys_of_table`](Self::keys_of_table).
    ///
    /// # Errors
    /// Text that says why their keys cannot be compared.
    pub fn hold(&mut self, key: usize, rows: &RecordBatch) -> Result<(), String> {
        let Some(Ok(unique)) = self.unique.get_mut(key) else {
            return Ok(());
        };
        let Some(Ok(hasher)) = self.examiner.hashers.get(key) else {
            return Ok(());
        };
        let (hashes, valid) = hasher.hash(rows)?;
        if self.seen[key].is_none() {
            self.seen[key] = unique.seen();
        }
        // Most rows of a large table have the key of no row of the publish.
        let matters = self.seen[key].as_ref().map(|seen| {
            let may = |row: usize| seen.may_hold(hashes[row]);
            NullBuffer::new(BooleanBuffer::collect_bool(hashes.len(), may))
        });
        let valid = NullBuffer::union(valid.as_ref(), matters.as_ref());
        unique.push(&hashes, valid.as_ref());
        Ok(())
    }
}

impl SecondPass {
    /// Says which of the rows, in the order in which they are looked at again, will be in the table: the others give way
    /// to a row with their primary key, so that what they have in unique columns is in nobody's way. All rows, by default.
    #[must_use]
    pub fn with_rows_in_force(mut self, rows: BooleanBuffer) -> Self {
        self.in_force = Some(rows);
        self
    }

    /// The keys of [`Gate::keys_of_table`] of which rows that the table holds have to be given again.
    #[must_use]
    pub fn open_keys(&self) -> Vec<(usize, Vec<String>)> {
        let mut keys = self.gate.keys_of_table();
        keys.retain(|(key, _)| self.looks.get(*key).is_some_and(Option::is_some));
        keys
    }

    /// Takes in rows that the table holds, once more, before any row is looked at again.
    ///
    /// # Errors
    /// A report of why their keys cannot be compared.
    pub fn hold(&mut self, key: usize, rows: &RecordBatch) -> Result<(), Report> {
        let Some(Some(confirm)) = self.looks.get_mut(key) else {
            return Ok(());
        };
        let Some(Ok(hasher)) = self.gate.examiner.hashers.get(key) else {
            return Ok(());
        };
        let columns = &self.gate.rules.keys[key].0;
        let hashed = hasher.hash(rows);
        let held =
            hashed.and_then(|(hashes, valid)| confirm.hold(columns, rows, &hashes, valid.as_ref()));
        held.map_err(|why| super::bad_batch(&why))
    }
}
