//! Proving on stored rows what a contract newly says of them.
//!
//! A promise is turned into a predicate that is true for the rows that may break it. Statistics in the log leave out
//! files, those of Parquet row groups, as for a scan; what is left is read, only the columns concerned, and checked
//! value by value. Nothing rests on a statistic but that a row group need not be read.

mod unique;

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use dataproduct_quality::{Interval, Promise, PromiseCheck, PromiseError, Scalar, Violation};
use futures::{StreamExt, TryStreamExt};

use crate::error::{Error, Result};
use crate::log::action::Add;
use crate::predicate::{Bound, Comparison};
use crate::scan::{Prepared, foreign, native, wanted};
use crate::schema::column_names;
use crate::snapshot::Snapshot;
use crate::value::Value;

pub use unique::DEFAULT_UNIQUE_ROWS;

/// Files that are looked at side by side.
const FILES_AHEAD: usize = 4;

/// What was found out about promises on the rows of one version.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Proof {
    /// Every row keeps every promise. Files and row groups count once for each promise.
    #[non_exhaustive]
    Holds {
        /// The version that it holds for. Rows published later are not covered.
        version: u64,
        /// Files of which the log's statistics show that no row can break the promise.
        files_by_statistics: u64,
        /// Row groups of which their own statistics show it.
        row_groups_by_statistics: u64,
        /// Row groups that were read.
        row_groups_read: u64,
    },
    /// A row breaks a promise: the first one in the order of promises, files and rows.
    #[non_exhaustive]
    Violated {
        /// The version in which it is.
        version: u64,
        /// The promise.
        promise: Promise,
        /// The file, relative to the table's folder; `None` for a table that the kernel reads.
        file: Option<String>,
        /// The row in that file, counted from 0; over all files where the file is not known.
        row: u64,
        /// Its value as text, shortened; `null` where it is missing.
        value: String,
    },
}

impl Proof {
    /// Whether every row keeps every promise.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds { .. })
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    files: u64,
    groups: u64,
    read: u64,
}

/// Where a row breaks a promise.
struct Found {
    file: Option<String>,
    row: u64,
    value: String,
}

impl Snapshot {
    /// Finds out whether every row of this version keeps the promises: by statistics where they suffice, by reading
    /// the row groups that could break one where they do not.
    ///
    /// Memory is bounded as for a scan; [`Promise::Unique`] needs 32 bytes more a row, for at most
    /// [`DEFAULT_UNIQUE_ROWS`] rows at a time, and reads its columns again for as many more.
    ///
    /// # Errors
    ///
    /// `NoSuchColumn` if a promise names a column that the table does not have; `InvalidPredicate` if it says nothing
    /// about values of the column's type; those of reading.
    pub async fn prove(&self, promises: &[Promise]) -> Result<Proof> {
        self.prove_except(promises, &HashSet::new()).await
    }

    /// Proves on all files but some, which are known to keep the promises. What holds of rows taken together is
    /// proven on all files in any case.
    pub(crate) async fn prove_except(
        &self,
        promises: &[Promise],
        known: &HashSet<String>,
    ) -> Result<Proof> {
        let version = self.version();
        let mut sum = Counts::default();
        for promise in promises {
            let check = self.bind(promise)?;
            let (counts, found) = match check.keys() {
                Some(keys) => unique::prove(self, promise, keys).await?,
                None => self.prove_one(promise, &check, known).await?,
            };
            if let Some(found) = found {
                return Ok(Proof::Violated {
                    version,
                    promise: promise.clone(),
                    file: found.file,
                    row: found.row,
                    value: found.value,
                });
            }
            sum.files += counts.files;
            sum.groups += counts.groups;
            sum.read += counts.read;
        }
        Ok(Proof::Holds {
            version,
            files_by_statistics: sum.files,
            row_groups_by_statistics: sum.groups,
            row_groups_read: sum.read,
        })
    }

    fn bind(&self, promise: &Promise) -> Result<PromiseCheck> {
        promise
            .bind(self.schema())
            .map_err(|error| failed(error, self.schema()))
    }

    /// Begins a read of the columns of a promise.
    fn prepare(&self, promise: &Promise) -> Result<Prepared> {
        self.scan().select(roots(promise)).prepare()
    }

    async fn prove_one(
        &self,
        promise: &Promise,
        check: &PromiseCheck,
        known: &HashSet<String>,
    ) -> Result<(Counts, Option<Found>)> {
        let mut prepared = self.prepare(promise)?;
        if prepared.foreign {
            let found = self.in_batches(&prepared, check).await?;
            return Ok((Counts::default(), found));
        }
        let violation = violation(promise, check, self.schema());
        prepared.filter(violation.map(|bound| self.in_files(bound)));
        let prepared = Arc::new(prepared);
        let mut counts = Counts::default();
        let mut files = Vec::new();
        for add in self.state().files.iter() {
            match wanted(add, &prepared.output) {
                _ if known.contains(&add.path) => {}
                true => files.push(Arc::clone(add)),
                false => counts.files += 1,
            }
        }
        // Files are looked at side by side; the first that breaks the promise ends it.
        let mut suspects = futures::stream::iter(files)
            .map(|add| {
                let prepared = Arc::clone(&prepared);
                async move {
                    let breaks = breaks(&prepared, &add, check).await?;
                    Ok::<_, Error>(breaks.then_some(add))
                }
            })
            .buffered(FILES_AHEAD);
        let mut suspect = None;
        while let (None, Some(found)) = (&suspect, suspects.try_next().await?) {
            suspect = found;
        }
        drop(suspects);
        if let Some(add) = suspect {
            let found = self.locate(promise, check, add).await?;
            return Ok((counts, Some(found)));
        }
        let report = prepared.report();
        counts.groups = report.row_groups_skipped;
        counts.read = report.row_groups - report.row_groups_skipped;
        Ok((counts, None))
    }

    pub(crate) fn in_files(&self, bound: Bound) -> Bound {
        let schema = &self.state().schema;
        bound.renamed(&|column| schema.name_in_files(column).to_owned())
    }

    /// Finds the row of a file that breaks a promise, reading it from the start.
    async fn locate(
        &self,
        promise: &Promise,
        check: &PromiseCheck,
        add: Arc<Add>,
    ) -> Result<Found> {
        let prepared = self.prepare(promise)?;
        let file = crate::snapshot::path_of(&add);
        let mut batches = prepared.named(native(vec![add], Arc::clone(&prepared.output)));
        let mut before = 0;
        while let Some(batch) = batches.try_next().await? {
            if let Some(violation) = first(check, &batch)? {
                return Ok(Found {
                    file: Some(file),
                    row: before + violation.row as u64,
                    value: violation.value,
                });
            }
            before += batch.num_rows() as u64;
        }
        Err(Error::damaged(
            file,
            "a row that breaks a promise was there and is not any more",
        ))
    }

    /// Looks at the rows of a table that the kernel reads, file by file unknown.
    async fn in_batches(&self, prepared: &Prepared, check: &PromiseCheck) -> Result<Option<Found>> {
        let mut batches = foreign(self.version(), Arc::clone(&prepared.output));
        let mut before = 0;
        while let Some(batch) = batches.try_next().await? {
            if let Some(violation) = first(check, &batch)? {
                return Ok(Some(Found {
                    file: None,
                    row: before + violation.row as u64,
                    value: violation.value,
                }));
            }
            before += batch.num_rows() as u64;
        }
        Ok(None)
    }
}

/// Whether a row of a file breaks a promise.
async fn breaks(prepared: &Prepared, add: &Arc<Add>, check: &PromiseCheck) -> Result<bool> {
    let files = vec![Arc::clone(add)];
    let mut batches = prepared.named(native(files, Arc::clone(&prepared.output)));
    while let Some(batch) = batches.try_next().await? {
        if first(check, &batch)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn first(check: &PromiseCheck, batch: &RecordBatch) -> Result<Option<Violation>> {
    check
        .first_violation(batch)
        .map_err(|error| failed(error, batch.schema_ref()))
}

fn failed(error: PromiseError, schema: &SchemaRef) -> Error {
    match error {
        PromiseError::NoSuchColumn { column } => Error::NoSuchColumn {
            column,
            available: column_names(schema),
        },
        PromiseError::Unfit { column, reason } => Error::InvalidPredicate { column, reason },
        other => Error::encoding("checking a promise", other),
    }
}

/// The columns at the top level that a promise is about.
fn roots(promise: &Promise) -> Vec<String> {
    let mut roots: Vec<String> = Vec::new();
    for column in promise.columns() {
        let root = column.split('.').next().unwrap_or_default();
        if !roots.iter().any(|known| known == root) {
            roots.push(root.to_owned());
        }
    }
    roots
}

/// A predicate that is true for every row that breaks a promise, and for others where that cannot be said so; `None`
/// where any row may.
fn violation(promise: &Promise, check: &PromiseCheck, schema: &SchemaRef) -> Option<Bound> {
    let columns = promise.columns();
    let [column] = columns.as_slice() else {
        return None;
    };
    let field = schema.field_with_name(column).ok()?;
    let column = || (*column).to_owned();
    let is_null = || Bound::IsNull { column: column() };
    let data_type = field.data_type();
    match promise {
        Promise::NotNull { .. } => Some(is_null()),
        Promise::Range { .. } => Some(outside(check.interval()?, &column(), data_type)),
        Promise::Allowed { .. } => {
            let values = check.allowed()?.into_iter().map(value).collect();
            Some(Bound::Not(Box::new(Bound::In {
                column: column(),
                data_type: data_type.clone(),
                values,
                with_null: false,
            })))
        }
        // A value that is missing has no length and matches no pattern.
        _ => Some(Bound::Not(Box::new(is_null()))),
    }
}

/// True for values outside of an interval. A NaN is greater than every number, so that one without an upper bound
/// must name it.
fn outside(interval: &Interval, column: &str, data_type: &DataType) -> Bound {
    let compare = |comparison, value| Bound::Compare {
        column: column.to_owned(),
        data_type: data_type.clone(),
        comparison,
        value,
    };
    let mut any = Vec::new();
    if let Some((minimum, inclusive)) = &interval.minimum {
        let below = match inclusive {
            true => Comparison::Lt,
            false => Comparison::LtEq,
        };
        any.push(compare(below, value(minimum.clone())));
    }
    if let Some((maximum, inclusive)) = &interval.maximum {
        let above = match inclusive {
            true => Comparison::Gt,
            false => Comparison::GtEq,
        };
        any.push(compare(above, value(maximum.clone())));
    }
    if data_type.is_floating() {
        any.push(compare(Comparison::Eq, Value::Float(f64::NAN)));
    }
    Bound::Or(any)
}

fn value(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Integer(value) => Value::Integer(value),
        Scalar::Float(value) => Value::Float(value),
        Scalar::Text(text) => Value::Bytes(text.into_bytes()),
        Scalar::Boolean(value) => Value::Boolean(value),
    }
}
