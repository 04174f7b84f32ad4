//! Predicates bound to a schema, and their truth over a batch.

use super::{Comparison, Predicate, scalar};
use crate::error::{Error, Result};
use crate::schema::column_names;
use crate::value::Value;
#[cfg(test)]
use crate::value::value_of;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use arrow_array::{ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, RecordBatch};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{DataType, Schema};
use std::collections::{BTreeSet, HashSet};

/// A predicate bound to a schema: literals in the columns' units, types checked.
#[derive(Debug, Clone)]
pub(crate) enum Bound {
    Compare {
        column: String,
        data_type: DataType,
        comparison: Comparison,
        value: Value,
    },
    IsNull {
        column: String,
    },
    In {
        column: String,
        data_type: DataType,
        values: Vec<Value>,
        /// Whether null is in the list: then a miss is null, not false.
        with_null: bool,
    },
    And(Vec<Bound>),
    Or(Vec<Bound>),
    Not(Box<Bound>),
}

impl Bound {
    pub(crate) fn new(predicate: &Predicate, schema: &Schema) -> Result<Self> {
        let field = |column: &String| {
            schema
                .field_with_name(column)
                .map_err(|_| Error::NoSuchColumn {
                    column: column.clone(),
                    available: column_names(schema),
                })
        };
        let all = |all: &[Predicate]| {
            all.iter()
                .map(|one| Self::new(one, schema))
                .collect::<Result<Vec<_>>>()
        };
        Ok(match predicate {
            Predicate::Compare {
                column,
                comparison,
                literal,
            } => {
                let data_type = field(column)?.data_type().clone();
                Self::Compare {
                    value: literal.to_value(&data_type, column)?,
                    column: column.clone(),
                    data_type,
                    comparison: *comparison,
                }
            }
            Predicate::IsNull(column) => {
                field(column)?;
                Self::IsNull {
                    column: column.clone(),
                }
            }
            Predicate::In { column, list } => {
                let data_type = field(column)?.data_type().clone();
                let values = list
                    .iter()
                    .map(|literal| literal.to_value(&data_type, column))
                    .collect::<Result<Vec<_>>>()?;
                let with_null = values.contains(&Value::Null);
                Self::In {
                    column: column.clone(),
                    data_type,
                    values: values
                        .into_iter()
                        .filter(|value| *value != Value::Null)
                        .collect(),
                    with_null,
                }
            }
            Predicate::And(parts) => Self::And(all(parts)?),
            Predicate::Or(parts) => Self::Or(all(parts)?),
            Predicate::Not(inner) => Self::Not(Box::new(Self::new(inner, schema)?)),
        })
    }

    /// The same predicate on columns of other names.
    pub(crate) fn renamed(self, rename: &impl Fn(&str) -> String) -> Self {
        let all = |parts: Vec<Self>| {
            let parts = parts.into_iter().map(|part| part.renamed(rename));
            parts.collect()
        };
        match self {
            Self::Compare {
                column,
                data_type,
                comparison,
                value,
            } => Self::Compare {
                column: rename(&column),
                data_type,
                comparison,
                value,
            },
            Self::IsNull { column } => Self::IsNull {
                column: rename(&column),
            },
            Self::In {
                column,
                data_type,
                values,
                with_null,
            } => Self::In {
                column: rename(&column),
                data_type,
                values,
                with_null,
            },
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
            Self::Not(inner) => Self::Not(Box::new(inner.renamed(rename))),
        }
    }

    pub(crate) fn columns(&self) -> BTreeSet<&str> {
        match self {
            Self::Compare { column, .. } | Self::IsNull { column } | Self::In { column, .. } => {
                BTreeSet::from([column.as_str()])
            }
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::columns).collect(),
            Self::Not(inner) => inner.columns(),
        }
    }

    /// The columns of which only the values matter, not merely whether there is one.
    pub(crate) fn value_columns(&self) -> BTreeSet<&str> {
        match self {
            Self::Compare { column, .. } | Self::In { column, .. } => {
                BTreeSet::from([column.as_str()])
            }
            Self::IsNull { .. } => BTreeSet::new(),
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::value_columns).collect(),
            Self::Not(inner) => inner.value_columns(),
        }
    }

    /// The predicate with the columns filled in that have one value throughout; `constant` says which.
    pub(crate) fn with_constants(&self, constant: &impl Fn(&str) -> Option<Value>) -> Self {
        let all = |all: &[Self]| all.iter().map(|one| one.with_constants(constant)).collect();
        match self {
            Self::Compare { column, .. } | Self::IsNull { column } | Self::In { column, .. } => {
                match constant(column) {
                    Some(value) => self.decide(&value),
                    None => self.clone(),
                }
            }
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
            Self::Not(inner) => Self::Not(Box::new(inner.with_constants(constant))),
        }
    }

    /// What a test of one column comes to for a value.
    fn decide(&self, found: &Value) -> Self {
        let equals = |value: &Value| found.compare(value).is_some_and(std::cmp::Ordering::is_eq);
        let truth = match self {
            Self::Compare {
                comparison, value, ..
            } => found
                .compare(value)
                .map(|ordering| comparison.holds(ordering)),
            Self::IsNull { .. } => Some(*found == Value::Null),
            Self::In {
                values, with_null, ..
            } => match (values.iter().any(equals), found) {
                _ if values.is_empty() && !with_null => Some(false),
                (_, Value::Null) => None,
                (true, _) => Some(true),
                (false, _) => (!with_null).then_some(false),
            },
            Self::And(_) | Self::Or(_) | Self::Not(_) => return self.clone(),
        };
        match truth {
            Some(true) => Self::And(Vec::new()),
            Some(false) => Self::Or(Vec::new()),
            // A comparison with null is null, whatever the column.
            None => Self::Compare {
                column: String::new(),
                data_type: DataType::Null,
                comparison: Comparison::Eq,
                value: Value::Null,
            },
        }
    }

    /// Predicates that must all be true, those of the same columns together, so that a later one decodes only the
    /// rows that an earlier one left.
    pub(crate) fn conjuncts(&self) -> Vec<Self> {
        let Self::And(parts) = self else {
            return vec![self.clone()];
        };
        let mut grouped: Vec<(BTreeSet<&str>, Vec<Self>)> = Vec::new();
        for part in parts {
            let columns = part.columns();
            match grouped.iter_mut().find(|(of, _)| *of == columns) {
                Some((_, group)) => group.push(part.clone()),
                None => grouped.push((columns, vec![part.clone()])),
            }
        }
        grouped
            .into_iter()
            .map(|(_, group)| Self::And(group))
            .collect()
    }

    /// The rows for which the predicate is true. A column that the batch lacks is null throughout.
    pub(crate) fn select(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        Ok(BooleanArray::new(self.evaluate(batch)?.truths, None))
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<Truth> {
        let rows = batch.num_rows();
        match self {
            Self::Compare {
                column,
                data_type,
                comparison,
                value,
            } => leaf(batch, column, |values| {
                compare(values, data_type, *comparison, value)
            }),
            Self::In {
                column,
                data_type,
                values: list,
                with_null,
            } => {
                if list.is_empty() && !with_null {
                    return Ok(Truth::constant(false, rows));
                }
                let mut truth = leaf(batch, column, |values| is_in(values, data_type, list))?;
                if *with_null {
                    truth.falsehoods = BooleanBuffer::new_unset(rows);
                }
                Ok(truth)
            }
            Self::IsNull { column } => {
                let nulls = batch
                    .column_by_name(column)
                    .map(|column| column.logical_nulls());
                let nulls = match nulls {
                    None => BooleanBuffer::new_set(rows),
                    Some(None) => BooleanBuffer::new_unset(rows),
                    Some(Some(valid)) => !valid.inner(),
                };
                Ok(Truth {
                    falsehoods: !&nulls,
                    truths: nulls,
                })
            }
            Self::And(all) => all
                .iter()
                .try_fold(Truth::constant(true, rows), |sum, one| {
                    let one = one.evaluate(batch)?;
                    Ok(Truth {
                        truths: &sum.truths & &one.truths,
                        falsehoods: &sum.falsehoods | &one.falsehoods,
                    })
                }),
            Self::Or(all) => all
                .iter()
                .try_fold(Truth::constant(false, rows), |sum, one| {
                    let one = one.evaluate(batch)?;
                    Ok(Truth {
                        truths: &sum.truths | &one.truths,
                        falsehoods: &sum.falsehoods & &one.falsehoods,
                    })
                }),
            Self::Not(inner) => {
                let inner = inner.evaluate(batch)?;
                Ok(Truth {
                    truths: inner.falsehoods,
                    falsehoods: inner.truths,
                })
            }
        }
    }
}

/// Three-valued results, a bit a row: a row in neither is null.
struct Truth {
    truths: BooleanBuffer,
    falsehoods: BooleanBuffer,
}

impl Truth {
    fn constant(value: bool, rows: usize) -> Self {
        let (set, unset) = (BooleanBuffer::new_set(rows), BooleanBuffer::new_unset(rows));
        match value {
            true => Self {
                truths: set,
                falsehoods: unset,
            },
            false => Self {
                truths: unset,
                falsehoods: set,
            },
        }
    }

    fn null(rows: usize) -> Self {
        Self {
            truths: BooleanBuffer::new_unset(rows),
            falsehoods: BooleanBuffer::new_unset(rows),
        }
    }
}

/// Evaluates a test of one column, on the distinct values only where the column is a dictionary.
fn leaf<F>(batch: &RecordBatch, column: &str, test: F) -> Result<Truth>
where
    F: Fn(&ArrayRef) -> Result<Option<BooleanBuffer>>,
{
    let rows = batch.num_rows();
    let Some(column) = batch.column_by_name(column) else {
        return Ok(Truth::null(rows));
    };
    let hits = match column.as_any_dictionary_opt() {
        None => test(column)?,
        Some(dictionary) => match test(dictionary.values())? {
            None => None,
            Some(hits) if hits.is_empty() => Some(BooleanBuffer::new_unset(rows)),
            Some(hits) => {
                let hits: Vec<bool> = hits.iter().collect();
                let keys = dictionary.keys();
                let hit = |key: usize| hits.get(key).copied().unwrap_or_default();
                Some(match keys.data_type() {
                    DataType::Int32 => {
                        let keys = keys.as_primitive::<Int32Type>().values();
                        BooleanBuffer::collect_bool(rows, |row| hit(keys[row] as usize))
                    }
                    _ => {
                        let keys = dictionary.normalized_keys();
                        BooleanBuffer::collect_bool(rows, |row| hit(keys[row]))
                    }
                })
            }
        },
    };
    let Some(hits) = hits else {
        return Ok(Truth::null(rows));
    };
    Ok(match column.logical_nulls() {
        None => Truth {
            falsehoods: !&hits,
            truths: hits,
        },
        Some(valid) => Truth {
            falsehoods: &!&hits & valid.inner(),
            truths: &hits & valid.inner(),
        },
    })
}

/// Compares every value; `None` means null for all rows. Null rows may come out either way.
fn compare(
    values: &ArrayRef,
    data_type: &DataType,
    comparison: Comparison,
    value: &Value,
) -> Result<Option<BooleanBuffer>> {
    use std::cmp::Ordering;
    let rows = values.len();
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Float(wanted) => {
            let holds = |found: f64| comparison.holds(crate::value::compare_floats(found, *wanted));
            match values.data_type() {
                DataType::Float32 => {
                    let values = values.as_primitive::<Float32Type>().values();
                    BooleanBuffer::collect_bool(rows, |row| holds(f64::from(values[row])))
                }
                _ => {
                    let values = values.as_primitive::<Float64Type>().values();
                    BooleanBuffer::collect_bool(rows, |row| holds(values[row]))
                }
            }
        }
        value => {
            let Some(scalar) = scalar(value, data_type) else {
                // Out of the column's range: every value lies on the same side.
                let above = matches!(value, Value::Integer(value) if *value > 0);
                let ordering = if above {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
                return Ok(Some(match comparison.holds(ordering) {
                    true => BooleanBuffer::new_set(rows),
                    false => BooleanBuffer::new_unset(rows),
                }));
            };
            let values = crate::schema::read_as(values, data_type, "predicate")?;
            let scalar = arrow_array::Scalar::new(scalar);
            let compared = match comparison {
                Comparison::Eq => arrow_ord::cmp::eq(&values, &scalar),
                Comparison::NotEq => arrow_ord::cmp::neq(&values, &scalar),
                Comparison::Lt => arrow_ord::cmp::lt(&values, &scalar),
                Comparison::LtEq => arrow_ord::cmp::lt_eq(&values, &scalar),
                Comparison::Gt => arrow_ord::cmp::gt(&values, &scalar),
                Comparison::GtEq => arrow_ord::cmp::gt_eq(&values, &scalar),
            };
            compared
                .map_err(|error| Error::encoding("comparing", error))?
                .values()
                .clone()
        }
    }))
}

/// Lists up to this long are compared one by one, which needs no hashing.
const SHORT_LIST: usize = 3;

fn is_in(values: &ArrayRef, data_type: &DataType, list: &[Value]) -> Result<Option<BooleanBuffer>> {
    let rows = values.len();
    if list.len() <= SHORT_LIST
        || matches!(
            data_type,
            DataType::Boolean | DataType::Float32 | DataType::Float64
        )
    {
        let mut any = BooleanBuffer::new_unset(rows);
        for value in list {
            if let Some(hits) = compare(values, data_type, Comparison::Eq, value)? {
                any = &any | &hits;
            }
        }
        return Ok(Some(any));
    }
    let values = crate::schema::read_as(values, data_type, "predicate")?;
    let bytes = || -> HashSet<&[u8]> {
        let bytes = list.iter().filter_map(|value| match value {
            Value::Bytes(bytes) => Some(bytes.as_slice()),
            _ => None,
        });
        bytes.collect()
    };
    Ok(Some(match data_type {
        DataType::Utf8 => {
            let (set, values) = (bytes(), values.as_string::<i32>());
            BooleanBuffer::collect_bool(rows, |row| set.contains(values.value(row).as_bytes()))
        }
        DataType::Binary => {
            let (set, values) = (bytes(), values.as_binary::<i32>());
            BooleanBuffer::collect_bool(rows, |row| set.contains(values.value(row)))
        }
        DataType::Int8 => integers_in(values.as_primitive::<Int8Type>(), list),
        DataType::Int16 => integers_in(values.as_primitive::<Int16Type>(), list),
        DataType::Int32 => integers_in(values.as_primitive::<Int32Type>(), list),
        DataType::Int64 => integers_in(values.as_primitive::<Int64Type>(), list),
        DataType::Date32 => integers_in(values.as_primitive::<Date32Type>(), list),
        DataType::Timestamp(..) => {
            integers_in(values.as_primitive::<TimestampMicrosecondType>(), list)
        }
        DataType::Decimal128(..) => integers_in(values.as_primitive::<Decimal128Type>(), list),
        other => {
            return Err(Error::encoding(
                "comparing",
                format!("a list of {other} cannot be compared"),
            ));
        }
    }))
}

fn integers_in<T>(values: &PrimitiveArray<T>, list: &[Value]) -> BooleanBuffer
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i128> + Eq + std::hash::Hash,
{
    let set: HashSet<T::Native> = list
        .iter()
        .filter_map(|value| match value {
            Value::Integer(value) => T::Native::try_from(*value).ok(),
            _ => None,
        })
        .collect();
    let values = values.values();
    BooleanBuffer::collect_bool(values.len(), |row| set.contains(&values[row]))
}

/// The value of one row, as the oracle of tests sees it.
#[cfg(test)]
pub(crate) fn oracle(predicate: &Bound, batch: &RecordBatch, row: usize) -> Option<bool> {
    match predicate {
        Bound::Compare {
            column,
            comparison,
            value,
            ..
        } => {
            let found = value_of(batch.column_by_name(column)?, row);
            Some(comparison.holds(found.compare(value)?))
        }
        Bound::IsNull { column } => {
            let found = batch
                .column_by_name(column)
                .map_or(Value::Null, |column| value_of(column, row));
            Some(found == Value::Null)
        }
        Bound::In {
            column,
            values,
            with_null,
            ..
        } => {
            if values.is_empty() && !with_null {
                return Some(false);
            }
            let found = value_of(batch.column_by_name(column)?, row);
            if found == Value::Null {
                return None;
            }
            let hit = values
                .iter()
                .any(|value| found.compare(value).is_some_and(std::cmp::Ordering::is_eq));
            if hit {
                Some(true)
            } else {
                (!with_null).then_some(false)
            }
        }
        Bound::And(all) => all
            .iter()
            .try_fold(Some(true), |sum, one| {
                match (sum, oracle(one, batch, row)) {
                    (_, Some(false)) => Err(()),
                    (Some(true), Some(true)) => Ok(Some(true)),
                    _ => Ok(None),
                }
            })
            .unwrap_or(Some(false)),
        Bound::Or(all) => all
            .iter()
            .try_fold(Some(false), |sum, one| {
                match (sum, oracle(one, batch, row)) {
                    (_, Some(true)) => Err(()),
                    (Some(false), Some(false)) => Ok(Some(false)),
                    _ => Ok(None),
                }
            })
            .unwrap_or(Some(true)),
        Bound::Not(inner) => oracle(inner, batch, row).map(|value| !value),
    }
}
