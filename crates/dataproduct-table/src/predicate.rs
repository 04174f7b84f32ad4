//! Which rows to read: a small language of comparisons with SQL's three values.

use crate::error::{Error, Result};
use crate::value::Value;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int8Array, Int16Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::DataType;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

mod bound;

pub(crate) use bound::Bound;
#[cfg(test)]
pub(crate) use bound::oracle;

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

    /// A predicate that is true where this one is false or null, and false where it is true.
    #[must_use]
    pub(crate) fn is_not_true(&self) -> Self {
        self.turned(true)
    }

    /// Where this is not true (`of_true`) or not false, without a null.
    fn turned(&self, of_true: bool) -> Self {
        let all = |all: &[Self]| all.iter().map(|one| one.turned(of_true)).collect();
        let or_null = |column: &str, one: Self| one.or(Self::is_null(column));
        let always = || Self::And(Vec::new());
        match self {
            Self::Compare {
                literal: Literal::Null,
                ..
            } => always(),
            Self::Compare {
                column,
                comparison,
                literal,
            } => {
                let comparison = match of_true {
                    true => comparison.negated(),
                    false => *comparison,
                };
                or_null(column, Self::compare(column, comparison, literal.clone()))
            }
            Self::IsNull(_) if of_true => self.clone().not(),
            Self::IsNull(_) => self.clone(),
            // Of an empty list nothing is null.
            Self::In { list, .. } if list.is_empty() => match of_true {
                true => always(),
                false => Self::Or(Vec::new()),
            },
            Self::In { list, .. } if !of_true && list.contains(&Literal::Null) => always(),
            Self::In { column, list } => {
                let values = list.iter().filter(|one| **one != Literal::Null).cloned();
                let found = Self::is_in(column, values);
                match of_true {
                    true => or_null(column, found.not()),
                    false => or_null(column, found),
                }
            }
            Self::And(parts) if of_true => Self::Or(all(parts)),
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) if of_true => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
            Self::Not(inner) => inner.turned(!of_true),
        }
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
