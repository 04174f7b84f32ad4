//! Which rows to read: a small language of comparisons with SQL's three values.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, PrimitiveArray,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{DataType, Schema};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::error::{Error, Result};
use crate::schema::column_names;
use crate::value::Value;
#[cfg(test)]
use crate::value::value_of;

/// A constant to compare a column with.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Literal {
    /// No value. Comparing with it gives neither true nor false.
    Null,
    /// For boolean columns.
    Boolean(bool),
    /// For integer, decimal and float columns.
    Integer(i64),
    /// For float columns. A NaN equals a NaN and is greater than every number; `-0.0` equals `0.0`.
    Float(f64),
    /// For decimal columns: `unscaled / 10^scale`.
    Decimal {
        /// The digits as an integer.
        unscaled: i128,
        /// How many of them are behind the point.
        scale: u8,
    },
    /// For text columns; compared byte by byte.
    Text(String),
    /// For binary columns; compared byte by byte.
    Binary(Vec<u8>),
    /// For date columns.
    Date(NaiveDate),
    /// For timestamps with zone.
    Timestamp(DateTime<Utc>),
    /// For timestamps without zone.
    LocalTimestamp(NaiveDateTime),
}

macro_rules! literal_from {
    ($($from:ty => $variant:ident),* $(,)?) => {
        $(impl From<$from> for Literal {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

literal_from! {
    bool => Boolean, i8 => Integer, i16 => Integer, i32 => Integer, i64 => Integer, u8 => Integer, u16 => Integer,
    u32 => Integer, f32 => Float, f64 => Float, &str => Text, String => Text, Vec<u8> => Binary, &[u8] => Binary,
    NaiveDate => Date, DateTime<Utc> => Timestamp, NaiveDateTime => LocalTimestamp,
}

impl Literal {
    /// The literal in a column's own units.
    pub(crate) fn to_value(&self, data_type: &DataType, column: &str) -> Result<Value> {
        use DataType as D;
        let wrong = |reason: String| Error::InvalidPredicate {
            column: column.to_owned(),
            reason,
        };
        let micros = |micros: i64, nanos: u32| match nanos % 1000 {
            0 => Ok(Value::Integer(i128::from(micros))),
            _ => Err(wrong(
                "instants are stored in microseconds; the literal is finer".to_owned(),
            )),
        };
        Ok(match (self, data_type) {
            (Self::Null, _) => Value::Null,
            (Self::Boolean(value), D::Boolean) => Value::Boolean(*value),
            (Self::Integer(value), D::Int8 | D::Int16 | D::Int32 | D::Int64) => {
                Value::Integer(i128::from(*value))
            }
            #[expect(clippy::cast_precision_loss, reason = "the round trip is checked")]
            (Self::Integer(value), D::Float32 | D::Float64) => match *value as f64 {
                float if float as i128 == i128::from(*value) => Value::Float(float),
                _ => return Err(wrong(format!("{value} is not exact as a float"))),
            },
            (Self::Integer(value), D::Decimal128(_, scale)) => {
                rescale(i128::from(*value), 0, *scale)
                    .ok_or_else(|| wrong("the literal has too many digits".to_owned()))?
            }
            (Self::Decimal { unscaled, scale }, D::Decimal128(_, stored)) => {
                rescale(*unscaled, *scale, *stored).ok_or_else(|| {
                    wrong(format!(
                        "the column has {stored} digits behind the point, the literal needs more"
                    ))
                })?
            }
            (Self::Float(value), D::Float32 | D::Float64) => Value::Float(*value),
            (Self::Text(text), D::Utf8) => Value::Bytes(text.as_bytes().to_vec()),
            (Self::Binary(bytes), D::Binary) => Value::Bytes(bytes.clone()),
            (Self::Date(date), D::Date32) => Value::Integer(i128::from(
                date.signed_duration_since(NaiveDate::default()).num_days(),
            )),
            (Self::Timestamp(instant), D::Timestamp(_, Some(_))) => {
                micros(instant.timestamp_micros(), instant.timestamp_subsec_nanos())?
            }
            (Self::LocalTimestamp(local), D::Timestamp(_, None)) => micros(
                local.and_utc().timestamp_micros(),
                local.and_utc().timestamp_subsec_nanos(),
            )?,
            (literal, data_type) => {
                return Err(wrong(format!(
                    "{literal:?} cannot be compared with {data_type}"
                )));
            }
        })
    }

    /// The literal as an array of one value of a column's type.
    pub(crate) fn to_array(&self, data_type: &DataType, column: &str) -> Result<ArrayRef> {
        let value = self.to_value(data_type, column)?;
        scalar(&value, data_type).ok_or_else(|| Error::InvalidPredicate {
            column: column.to_owned(),
            reason: format!("{self:?} is out of the range of {data_type}"),
        })
    }
}

fn rescale(unscaled: i128, scale: u8, stored: i8) -> Option<Value> {
    let stored = u8::try_from(stored).ok()?;
    let value = if stored >= scale {
        unscaled.checked_mul(10_i128.checked_pow(u32::from(stored - scale))?)?
    } else {
        let by = 10_i128.checked_pow(u32::from(scale - stored))?;
        (unscaled % by == 0).then_some(unscaled / by)?
    };
    Some(Value::Integer(value))
}

/// One value as an array; `None` if it is out of the type's range.
fn scalar(value: &Value, data_type: &DataType) -> Option<ArrayRef> {
    use DataType as D;
    Some(match (value, data_type) {
        (Value::Boolean(value), D::Boolean) => Arc::new(BooleanArray::from(vec![*value])),
        (Value::Integer(value), D::Int8) => {
            Arc::new(Int8Array::from(vec![i8::try_from(*value).ok()?]))
        }
        (Value::Integer(value), D::Int16) => {
            Arc::new(Int16Array::from(vec![i16::try_from(*value).ok()?]))
        }
        (Value::Integer(value), D::Int32) => {
            Arc::new(Int32Array::from(vec![i32::try_from(*value).ok()?]))
        }
        (Value::Integer(value), D::Int64) => {
            Arc::new(Int64Array::from(vec![i64::try_from(*value).ok()?]))
        }
        (Value::Integer(value), D::Date32) => {
            Arc::new(Date32Array::from(vec![i32::try_from(*value).ok()?]))
        }
        (Value::Integer(value), D::Timestamp(_, zone)) => Arc::new(
            TimestampMicrosecondArray::from(vec![i64::try_from(*value).ok()?])
                .with_timezone_opt(zone.clone()),
        ),
        (Value::Integer(value), D::Decimal128(precision, scale)) => Arc::new(
            Decimal128Array::from(vec![*value])
                .with_precision_and_scale(*precision, *scale)
                .ok()?,
        ),
        (Value::Float(value), D::Float64) => Arc::new(Float64Array::from(vec![*value])),
        #[expect(clippy::cast_possible_truncation, reason = "the column holds 32 bits")]
        (Value::Float(value), D::Float32) => Arc::new(Float32Array::from(vec![*value as f32])),
        (Value::Bytes(bytes), D::Utf8) => {
            Arc::new(StringArray::from(vec![std::str::from_utf8(bytes).ok()?]))
        }
        (Value::Bytes(bytes), D::Binary) => Arc::new(BinaryArray::from(vec![bytes.as_slice()])),
        _ => return None,
    })
}

/// How a column is compared with a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Eq,
    /// `<>`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
}

impl Comparison {
    /// The comparison that is true exactly where this one is false.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Eq => Self::NotEq,
            Self::NotEq => Self::Eq,
            Self::Lt => Self::GtEq,
            Self::LtEq => Self::Gt,
            Self::Gt => Self::LtEq,
            Self::GtEq => Self::Lt,
        }
    }

    pub(crate) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::NotEq => ordering.is_ne(),
            Self::Lt => ordering.is_lt(),
            Self::LtEq => ordering.is_le(),
            Self::Gt => ordering.is_gt(),
            Self::GtEq => ordering.is_ge(),
        }
    }
}

/// A condition on rows. A row is read if the condition is true for it; false and null (SQL's unknown) leave it out.
///
/// # Example
///
/// ```
/// use dataproduct_table::{Comparison, Predicate};
///
/// let wanted = Predicate::eq("location_id", "L03").and(Predicate::gt("on_hand", 0));
/// assert_eq!(wanted.to_string(), "(location_id = 'L03' AND on_hand > 0)");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Predicate {
    /// Compares a column with a literal; null if either is null.
    Compare {
        /// The column.
        column: String,
        /// How.
        comparison: Comparison,
        /// With what.
        literal: Literal,
    },
    /// Whether a column is null. Never null itself.
    IsNull(String),
    /// Whether a column equals one of several literals; as SQL's `IN`, null among them makes a miss null.
    In {
        /// The column.
        column: String,
        /// The list. An empty one is false for every row.
        list: Vec<Literal>,
    },
    /// All of them. An empty list is true.
    And(Vec<Predicate>),
    /// Any of them. An empty list is false.
    Or(Vec<Predicate>),
    /// The opposite; null stays null.
    Not(Box<Predicate>),
}

impl Predicate {
    /// Compares a column with a literal.
    #[must_use]
    pub fn compare(
        column: impl Into<String>,
        comparison: Comparison,
        literal: impl Into<Literal>,
    ) -> Self {
        Self::Compare {
            column: column.into(),
            comparison,
            literal: literal.into(),
        }
    }

    /// `column = literal`
    #[must_use]
    pub fn eq(column: impl Into<String>, literal: impl Into<Literal>) -> Self {
        Self::compare(column, Comparison::Eq, literal)
    }

    /// `column <> literal`
    #[must_use]
    pub fn not_eq(column: impl Into<String>, literal: impl Into<Literal>) -> Self {
        Self::compare(column, Comparison::NotEq, literal)
    }

    /// `column < literal`
    #[must_use]
    pub fn lt(column: impl Into<String>, literal: impl Into<Literal>) -> Self {
        Self::compare(column, Comparison::Lt, literal)
    }

    /// `column <= literal`
    #[must_use]
    pub fn lt_eq(column: impl Into<String>, literal: impl Into<Literal>) -> Self {
        Self::compare(column, Comparison::LtEq, literal)
    }

    /// `column > literal`
    #[must_use]
    pub fn gt(column: impl Into<String>, literal: impl Into<Literal>) -> Self {
        Self::compare(column, Comparison::Gt, literal)
    }

    /// `column >= literal`
    #[must_use]
    pub fn gt_eq(column: impl Into<String>, literal: impl Into<Literal>) -> Self {
        Self::compare(column, Comparison::GtEq, literal)
    }

    /// `low <= column AND column <= high`
    #[must_use]
    pub fn between(
        column: impl Into<String>,
        low: impl Into<Literal>,
        high: impl Into<Literal>,
    ) -> Self {
        let column = column.into();
        Self::And(vec![
            Self::gt_eq(column.clone(), low),
            Self::lt_eq(column, high),
        ])
    }

    /// `column IN (list)`
    #[must_use]
    pub fn is_in<L: Into<Literal>>(
        column: impl Into<String>,
        list: impl IntoIterator<Item = L>,
    ) -> Self {
        Self::In {
            column: column.into(),
            list: list.into_iter().map(Into::into).collect(),
        }
    }

    /// `column IS NULL`
    #[must_use]
    pub fn is_null(column: impl Into<String>) -> Self {
        Self::IsNull(column.into())
    }

    /// `column IS NOT NULL`
    #[must_use]
    pub fn is_not_null(column: impl Into<String>) -> Self {
        Self::Not(Box::new(Self::is_null(column)))
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            this => Self::And(vec![this, other]),
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Or(mut all) => {
                all.push(other);
                Self::Or(all)
            }
            this => Self::Or(vec![this, other]),
        }
    }

    /// The opposite.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "a builder word beside `and` and `or`, not an operator"
    )]
    pub fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// The columns that the predicate looks at.
    #[must_use]
    pub fn columns(&self) -> BTreeSet<&str> {
        match self {
            Self::Compare { column, .. } | Self::IsNull(column) | Self::In { column, .. } => {
                BTreeSet::from([column.as_str()])
            }
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::columns).collect(),
            Self::Not(inner) => inner.columns(),
        }
    }
}

impl std::fmt::Display for Predicate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let literal = |literal: &Literal| match literal {
            Literal::Null => "NULL".to_owned(),
            Literal::Boolean(value) => value.to_string(),
            Literal::Integer(value) => value.to_string(),
            Literal::Float(value) => value.to_string(),
            Literal::Decimal { unscaled, scale } => format!("{unscaled}e-{scale}"),
            Literal::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Literal::Binary(bytes) => format!("X'{}'", crate::write::file::hex(bytes)),
            Literal::Date(date) => format!("DATE '{date}'"),
            Literal::Timestamp(instant) => format!("TIMESTAMP '{}'", instant.to_rfc3339()),
            Literal::LocalTimestamp(local) => format!("TIMESTAMP '{local}'"),
        };
        let joined = |f: &mut std::fmt::Formatter<'_>, all: &[Self], word: &str, empty: &str| {
            if all.is_empty() {
                return f.write_str(empty);
            }
            let parts: Vec<_> = all.iter().map(ToString::to_string).collect();
            write!(f, "({})", parts.join(word))
        };
        match self {
            Self::Compare {
                column,
                comparison,
                literal: value,
            } => {
                let sign = match comparison {
                    Comparison::Eq => "=",
                    Comparison::NotEq => "<>",
                    Comparison::Lt => "<",
                    Comparison::LtEq => "<=",
                    Comparison::Gt => ">",
                    Comparison::GtEq => ">=",
                };
                write!(f, "{column} {sign} {}", literal(value))
            }
            Self::IsNull(column) => write!(f, "{column} IS NULL"),
            Self::In { column, list } => {
                let list: Vec<_> = list.iter().map(literal).collect();
                write!(f, "{column} IN ({})", list.join(", "))
            }
            Self::And(all) => joined(f, all, " AND ", "TRUE"),
            Self::Or(all) => joined(f, all, " OR ", "FALSE"),
            Self::Not(inner) => write!(f, "NOT {inner}"),
        }
    }
}

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
