//! Whose rows are erased, and which objects hold one.

use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch};
use futures::TryStreamExt;

use crate::error::{Error, Result};
use crate::log::action::Add;
use crate::log::state::TableState;
use crate::predicate::{Bound, Literal, Predicate};
use crate::scan::bounds::FileBounds;
use crate::scan::file::Rows;
use crate::scan::{Prepared, native_rows, wanted};
use crate::schema::{TableSchema, column_names};
use crate::snapshot::Snapshot;
use crate::table::Table;
use crate::value::Value;
use crate::write::partition::encode_path;

/// Bounds of text in the log are cut after so many bytes at the earliest.
const CUT_BYTES: usize = 31;

/// The rows of one or several subjects in a version.
pub(super) struct Subject {
    bound: Bound,
    in_files: String,
    files: TableSchema,
    values: Vec<Value>,
    prepared: Prepared,
}

impl Subject {
    pub(super) fn of(
        table: &Table,
        state: &Arc<TableState>,
        column: &str,
        values: &[Literal],
    ) -> Result<Self> {
        let schema = &state.schema;
        let field = schema
            .arrow
            .field_with_name(column)
            .map_err(|_| Error::NoSuchColumn {
                column: column.to_owned(),
                available: column_names(&schema.arrow),
            })?;
        if schema.partition_by.iter().any(|name| name == column) {
            return Err(Error::Unsupported {
                what: format!(
                    "erasing by `{column}`: its values are names of folders, which the log goes on naming; take the \
                     partition out with `Mode::ReplacePartitions`, then vacuum and clean the log"
                ),
            });
        }
        if values.is_empty() || values.contains(&Literal::Null) {
            return Err(Error::InvalidPredicate {
                column: column.to_owned(),
                reason: "name at least one value to erase, and none that is null".to_owned(),
            });
        }
        let predicate = Predicate::is_in(column, values.iter().cloned());
        let data_type = field.data_type();
        let stored = values.iter();
        let stored = stored.map(|value| value.to_value(data_type, column));
        let snapshot = Snapshot::new(table.clone(), Arc::clone(state));
        Ok(Self {
            bound: Bound::new(&predicate, &schema.arrow)?,
            in_files: schema.name_in_files(column).to_owned(),
            files: match schema.mapped {
                true => schema.in_files(),
                false => TableSchema::clone(schema),
            },
            values: stored.collect::<Result<_>>()?,
            prepared: snapshot
                .scan()
                .select([column])
                .filter(predicate)
                .prepare()?,
        })
    }

    /// Which rows of a batch are of a subject.
    pub(super) fn rows(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        self.bound.select(batch)
    }

    /// Whether a file of a version holds a row, also one that is not part of the version any more.
    pub(super) async fn is_in(&self, add: &Arc<Add>) -> Result<bool> {
        Ok(wanted(add, &self.prepared.output) && self.is_stored(Arc::clone(add)).await?)
    }

    /// Whether a file holds a row of which the log says nothing. One that cannot be read may hold anything.
    pub(super) async fn is_in_file(&self, name: &str, bytes: u64, modified: i64) -> Result<bool> {
        let add = Add {
            path: encode_path(name),
            partition_values: std::collections::BTreeMap::new(),
            size: i64::try_from(bytes).unwrap_or(i64::MAX),
            modification_time: modified,
            data_change: false,
            stats: None,
            tags: None,
            deletion_vector: None,
        };
        match self.is_stored(Arc::new(add)).await {
            Err(Error::Store {
                source: object_store::Error::NotFound { .. },
                ..
            }) => Ok(false),
            Err(error @ Error::Store { .. }) => Err(error),
            Err(_) => Ok(true),
            held => held,
        }
    }

    async fn is_stored(&self, add: Arc<Add>) -> Result<bool> {
        let output = Arc::clone(&self.prepared.output);
        let mut rows = native_rows(vec![(add, Rows::All)], output);
        Ok(rows.try_next().await?.is_some())
    }

    /// Whether the statistics of a file give a value away.
    pub(super) fn shows_in(&self, add: &Add) -> bool {
        let bounds = FileBounds::of(add, &self.files);
        let Some(known) = bounds.known(&self.in_files) else {
            return false;
        };
        let shows = |bound: &Value, upper: bool| {
            self.values.iter().any(|value| match (value, bound) {
                (Value::Bytes(value), Value::Bytes(bound)) if bound.len() >= CUT_BYTES => {
                    // What was cut is rounded up at its end.
                    let same = bound.len() - if upper { 4 } else { 0 };
                    value.starts_with(&bound[..same])
                }
                (value, bound) => value == bound,
            })
        };
        known.min.is_some_and(|min| shows(&min, false))
            || known.max.is_some_and(|max| shows(&max, true))
    }
}
