//! Changing rows by key.
//!
//! The rows of the publish are written into files of their own like those of any other. When it is committed, their
//! keys are looked for in the table, and a row that is found there under the same key is marked as gone in a deletion
//! vector of its file: what is written follows the change, not the table. A row of the publish that is older than the
//! stored one is itself marked as gone in its own new file.

mod keys;
mod known;
mod plan;
#[cfg(test)]
pub(crate) mod tests;

use arrow_array::{Array, RecordBatch};
use arrow_schema::Schema;

pub use self::known::DEFAULT_KEY_MEMORY_BYTES;
pub(crate) use self::known::Known;
pub(crate) use self::plan::Keyed;
pub use self::plan::Settled;
use crate::error::{Error, Result};
use crate::schema::{TableSchema, read_as};

/// Which rows are the same one, and which of them is the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Upsert {
    pub(crate) key: Vec<String>,
    pub(crate) latest: Option<String>,
}

impl Upsert {
    /// Rows are the same if they agree in these columns, none of which may be null. The later publish wins, and
    /// within one publish the row that came later.
    pub fn by<I: IntoIterator<Item: Into<String>>>(key: I) -> Self {
        Self {
            key: key.into_iter().map(Into::into).collect(),
            latest: None,
        }
    }

    /// The row with the greatest value in this column wins, whichever was published first: rows that arrive late
    /// change nothing. Null is the least; of two equal values the one published later wins.
    pub fn latest_by(mut self, column: impl Into<String>) -> Self {
        self.latest = Some(column.into());
        self
    }

    /// The column by which the latest row counts, if there is one.
    #[must_use]
    pub fn latest(&self) -> Option<&str> {
        self.latest.as_deref()
    }

    /// Refuses columns that are not there or cannot be compared.
    pub(crate) fn check(&self, schema: &TableSchema) -> Result<()> {
        keys::KeyForms::new(self, &schema.arrow).map(drop)
    }
}

/// What a publish by key did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyedRows {
    /// Rows whose key was not in the table.
    pub inserted: u64,
    /// Rows that took the place of one with their key.
    pub updated: u64,
    /// Rows taken out because a delete named their key.
    pub deleted: u64,
    /// Rows and deletes of the publish that changed nothing: another row of their key was later.
    pub superseded: u64,
}

/// Refuses rows that have no key.
pub(crate) fn check_keys(upsert: &Upsert, rows: &RecordBatch) -> Result<()> {
    for name in &upsert.key {
        let Some(column) = rows.column_by_name(name) else {
            continue;
        };
        let nulls = column.logical_nulls();
        if let Some(row) = nulls.and_then(|nulls| (0..nulls.len()).find(|row| nulls.is_null(*row)))
        {
            return Err(Error::SchemaMismatch {
                reason: format!(
                    "row {row} has no key: `{name}` is null; a row without a key cannot be changed"
                ),
            });
        }
    }
    Ok(())
}

/// The columns of `rows` that tell what is to be deleted, in the table's types.
pub(crate) fn delete_columns(
    upsert: &Upsert,
    rows: &RecordBatch,
    schema: &TableSchema,
) -> Result<RecordBatch> {
    let names = upsert.key.iter().chain(&upsert.latest);
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for name in names {
        let field = schema
            .arrow
            .field_with_name(name)
            .map_err(|_| Error::NoSuchColumn {
                column: name.clone(),
                available: crate::schema::column_names(&schema.arrow),
            })?;
        let column = rows
            .column_by_name(name)
            .ok_or_else(|| Error::SchemaMismatch {
                reason: format!(
                    "what is to be deleted is told by {}; `{name}` is missing",
                    upsert
                        .key
                        .iter()
                        .chain(&upsert.latest)
                        .map(|name| format!("`{name}`"))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            })?;
        columns.push(read_as(column, field.data_type(), name)?);
        fields.push(field.clone().with_nullable(true));
    }
    let batch = RecordBatch::try_new(std::sync::Arc::new(Schema::new(fields)), columns)
        .map_err(|error| Error::encoding("reading keys", error))?;
    check_keys(upsert, &batch)?;
    Ok(batch)
}
