//! Replacing the rows for which a predicate is true.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::Schema;
use arrow_select::filter::filter_record_batch;
use futures::TryStreamExt;

use super::options::WriteOptions;
use crate::deletion::{self, Deleted, unique_id};
use crate::error::{Error, Result};
use crate::log::action::{Add, Remove};
use crate::log::state::TableState;
use crate::predicate::{Bound, Predicate};
use crate::scan::{Prepared, native, wanted};
use crate::schema::{TableSchema, read_as};
use crate::snapshot::{Snapshot, path_of};
use crate::table::Table;

/// Refuses rows that do not lie in what is replaced. `before` rows were published before these.
pub(crate) fn check_rows(
    predicate: &Predicate,
    rows: &RecordBatch,
    schema: &TableSchema,
    before: u64,
) -> Result<()> {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for name in predicate.columns() {
        // A column that is missing is null throughout, or refused when the rows are brought into the table's schema.
        if let (Ok(field), Some(column)) = (
            schema.arrow.field_with_name(name),
            rows.column_by_name(name),
        ) {
            columns.push(read_as(column, field.data_type(), name)?);
            fields.push(field.clone().with_nullable(true));
        }
    }
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    let schema_of = Arc::new(Schema::new(fields));
    let compared = RecordBatch::try_new_with_options(schema_of, columns, &options)
        .map_err(|error| Error::encoding("comparing rows with what they replace", error))?;
    let inside = Bound::new(predicate, &schema.arrow)?.select(&compared)?;
    match (0..inside.len()).find(|row| !inside.value(*row)) {
        None => Ok(()),
        Some(row) => Err(Error::SchemaMismatch {
            reason: format!(
                "row {} is not in what this publish replaces: `{predicate}` is not true for it",
                before + row as u64
            ),
        }),
    }
}

/// What became of the rows of a file.
#[derive(Clone)]
enum Left {
    /// All are left.
    All,
    /// All but these, more than those that had gone before.
    Without(Deleted),
    /// Those that are left are in these files.
    In(Vec<Add>),
}

/// What a replacement puts into the log beside the new files.
#[derive(Default)]
pub(crate) struct Change {
    /// Files as they were, of which rows are taken out.
    pub(crate) removes: Vec<Remove>,
    /// The same files as they will be, where vectors say what is gone.
    pub(crate) kept: Vec<Add>,
    /// Files with what is left of others.
    pub(crate) rewritten: Vec<Add>,
}

/// The rows that a publish replaces.
pub(crate) struct Replace {
    predicate: Predicate,
    /// What was found in files, by path and deletion vector: a try that lost a race looks at new files only.
    found: HashMap<(String, String), Left>,
}

impl Replace {
    pub(crate) fn of(predicate: &Predicate) -> Self {
        Self {
            predicate: predicate.clone(),
            found: HashMap::new(),
        }
    }

    /// Works out the change against a version.
    pub(crate) async fn change(
        &mut self,
        table: &Table,
        state: &Arc<TableState>,
        millis: i64,
    ) -> Result<Change> {
        state.check_not_append_only()?;
        if let Some(feature) = state.foreign_to_read() {
            return Err(Error::Unsupported {
                what: format!("replacing rows by a predicate in a table with {feature}"),
            });
        }
        let bound = Bound::new(&self.predicate, &state.schema.arrow)?;
        let snapshot = Snapshot::new(table.clone(), Arc::clone(state));
        let pruning = snapshot.in_files(bound.clone());
        let by_vector = state.check_keyed().is_ok();
        let mut prepared = match by_vector {
            true => {
                let columns = self.predicate.columns();
                let columns = columns.into_iter().map(str::to_owned).collect::<Vec<_>>();
                snapshot.scan().select(columns).prepare()?
            }
            false => snapshot.scan().prepare()?,
        };
        // To be written anew all rows of a file are read, for a vector those that may match.
        let mut all = snapshot.scan().prepare()?;
        all.filter(None);
        prepared.prune_only(pruning);
        let mut change = Change::default();
        let mut vectors = Vec::new();
        for add in state
            .files
            .iter()
            .filter(|add| wanted(add, &prepared.output))
        {
            let vector = add.deletion_vector.as_ref().map(unique_id);
            let known = (add.path.clone(), vector.unwrap_or_default());
            let left = match self.found.get(&known) {
                Some(left) => left.clone(),
                None => {
                    let left = match by_vector {
                        true => marked(&prepared, add, &bound).await?,
                        false => rewritten(table, &all, add, &bound).await?,
                    };
                    self.found.insert(known, left.clone());
                    left
                }
            };
            match left {
                Left::All => continue,
                Left::Without(rows) => {
                    let mut deleted = match &add.deletion_vector {
                        Some(vector) => deletion::read(table.storage(), vector).await?,
                        None => Deleted::default(),
                    };
                    deleted.insert_all(&rows);
                    if deleted.len() < add.rows().unwrap_or(u64::MAX) {
                        vectors.push((Add::clone(add), deleted));
                    }
                }
                Left::In(files) => change.rewritten.extend(files),
            }
            change.removes.push(Remove::of(add, millis));
        }
        let (adds, deleted): (Vec<_>, Vec<_>) = vectors.into_iter().unzip();
        let vectors = deletion::write(table.storage(), &deleted).await?;
        for (mut add, vector) in adds.into_iter().zip(vectors) {
            add.loosen_bounds();
            add.data_change = true;
            add.deletion_vector = Some(vector);
            change.kept.push(add);
        }
        Ok(change)
    }
}

async fn marked(prepared: &Prepared, add: &Arc<Add>, bound: &Bound) -> Result<Left> {
    let mut gone = Deleted::default();
    prepared
        .visit(Arc::clone(add), |batch, positions| {
            let rows = bound.select(&batch)?;
            let rows = (0..rows.len()).filter(|row| rows.value(*row));
            rows.for_each(|row| gone.insert(positions.of(row)));
            Ok(())
        })
        .await?;
    Ok(match gone.is_empty() {
        true => Left::All,
        false => Left::Without(gone),
    })
}

/// Writes what is left of a file into others.
async fn rewritten(table: &Table, all: &Prepared, add: &Arc<Add>, bound: &Bound) -> Result<Left> {
    let output = Arc::clone(&all.output);
    let mut batches = all.named(native(vec![Arc::clone(add)], output));
    let mut writer = table.write(WriteOptions::new()).await?;
    let (mut gone, mut kept) = (0, 0);
    while let Some(batch) = batches.try_next().await? {
        let rows = bound.select(&batch)?;
        let stay = BooleanArray::new(!rows.values(), None);
        gone += rows.true_count() as u64;
        kept += stay.true_count() as u64;
        let batch = filter_record_batch(&batch, &stay);
        let batch = batch.map_err(|error| Error::encoding("leaving rows out", error))?;
        writer.push_batch(&batch).await?;
    }
    // Nothing would be worse than a row that is lost in passing.
    if let Some(expected) = add.live_rows().filter(|rows| *rows != gone + kept) {
        return Err(Error::damaged(
            path_of(add),
            format!(
                "its log says that it has {expected} rows, it has {}",
                gone + kept
            ),
        ));
    }
    match gone {
        // What was written belongs to nothing.
        0 => Ok(Left::All),
        _ => Ok(Left::In(writer.take_files().await?)),
    }
}
