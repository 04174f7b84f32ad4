//! Promises bound to a schema, and the first row that breaks one.

use std::collections::HashSet;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::array_value_to_string;
use arrow_schema::{DataType, Schema};
use regex::Regex;

use super::interval::scalar;
use super::keys::Keys;
use super::values::{Values, type_of};
use super::{Interval, Promise, Scalar};
use crate::checks::pattern;

/// Why a promise cannot be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PromiseError {
    /// There is no such column. Name one that is there, parts joined by `.`.
    NoSuchColumn {
        /// The column asked for, as a path.
        column: String,
    },
    /// The promise says nothing about values of the column's type, or its bounds are none of it. Correct it.
    Unfit {
        /// The column, as a path.
        column: String,
        /// Why not.
        reason: String,
    },
}

impl std::fmt::Display for PromiseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchColumn { column } => write!(f, "there is no column `{column}`"),
            Self::Unfit { column, reason } => {
                write!(
                    f,
                    "what is promised of `{column}` cannot be checked: {reason}"
                )
            }
        }
    }
}

impl std::error::Error for PromiseError {}

/// A row that breaks a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The row of the batch, counted from 0.
    pub row: usize,
    /// The value as text, shortened; `null` where it is missing.
    pub value: String,
}

/// A promise bound to a schema: its column is found, its bounds are in the units of the column.
#[derive(Clone, Debug)]
pub struct PromiseCheck {
    column: String,
    data_type: DataType,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    NotNull,
    Range(Interval),
    Length(u64, u64),
    ItemCount(u64, u64),
    Pattern(Regex),
    Texts(HashSet<String>),
    Scalars(Vec<Scalar>),
    Unique(Keys),
}

impl Promise {
    /// Binds the promise to a schema.
    ///
    /// # Errors
    /// [`PromiseError::NoSuchColumn`] when a column is not there, [`PromiseError::Unfit`] when the promise says nothing
    /// about values of its type, when a bound is no value of it, or when a pattern does not compile.
    pub fn bind(&self, schema: &Schema) -> Result<PromiseCheck, PromiseError> {
        let column = self
            .columns()
            .first()
            .copied()
            .unwrap_or_default()
            .to_owned();
        let missing = |column: &str| PromiseError::NoSuchColumn {
            column: column.to_owned(),
        };
        if let Self::Unique { columns } = self {
            for column in columns {
                type_of(schema, column).ok_or_else(|| missing(column))?;
            }
            let unfit = |reason| PromiseError::Unfit { column, reason };
            return Ok(PromiseCheck {
                column: columns.join(", "),
                data_type: DataType::Null,
                rule: Rule::Unique(Keys::new(columns, schema).map_err(unfit)?),
            });
        }
        let data_type = match type_of(schema, &column).ok_or_else(|| missing(&column))? {
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            other => other.clone(),
        };
        match self.rule(&data_type) {
            Ok(rule) => Ok(PromiseCheck {
                column,
                data_type,
                rule,
            }),
            Err(reason) => Err(PromiseError::Unfit { column, reason }),
        }
    }

    fn rule(&self, data_type: &DataType) -> Result<Rule, String> {
        let span = |minimum: &Option<u64>, maximum: &Option<u64>| {
            (minimum.unwrap_or(0), maximum.unwrap_or(u64::MAX))
        };
        let only = |fits: bool, what: &str| match fits {
            true => Ok(()),
            false => Err(format!("it applies to {what}, not to {data_type}")),
        };
        Ok(match self {
            Self::NotNull { .. } | Self::Unique { .. } => Rule::NotNull,
            Self::Range {
                minimum, maximum, ..
            } => Rule::Range(Interval::new(
                minimum.as_ref(),
                maximum.as_ref(),
                data_type,
            )?),
            Self::Length {
                minimum, maximum, ..
            } => {
                let fits = matches!(data_type, DataType::Utf8 | DataType::Binary);
                only(fits, "text and bytes")?;
                let (fewest, most) = span(minimum, maximum);
                Rule::Length(fewest, most)
            }
            Self::ItemCount {
                minimum, maximum, ..
            } => {
                let fits = matches!(data_type, DataType::List(_) | DataType::Map(..));
                only(fits, "lists and maps")?;
                let (fewest, most) = span(minimum, maximum);
                Rule::ItemCount(fewest, most)
            }
            Self::Pattern { pattern, .. } => {
                only(*data_type == DataType::Utf8, "text")?;
                Rule::Pattern(pattern::whole(pattern)?)
            }
            Self::Allowed { values, .. } if *data_type == DataType::Utf8 => {
                let texts = values.iter().map(|value| match value.as_str() {
                    Some(text) => Ok(text.to_owned()),
                    None => Err("every allowed value must be text".to_owned()),
                });
                Rule::Texts(texts.collect::<Result<_, _>>()?)
            }
            Self::Allowed { values, .. } => {
                let mut scalars = Vec::with_capacity(values.len());
                for value in values {
                    // A value that the column cannot hold is one that it never has.
                    if let (scalar, true) = scalar(value, data_type)? {
                        scalars.push(scalar);
                    }
                }
                Rule::Scalars(scalars)
            }
        })
    }
}

impl PromiseCheck {
    /// The range in the units of the column, for a promise of one.
    #[must_use]
    pub fn interval(&self) -> Option<&Interval> {
        match &self.rule {
            Rule::Range(interval) => Some(interval),
            _ => None,
        }
    }

    /// The values allowed in the units of the column, for a promise of some; text in no order.
    #[must_use]
    pub fn allowed(&self) -> Option<Vec<Scalar>> {
        match &self.rule {
            Rule::Texts(texts) => Some(texts.iter().cloned().map(Scalar::Text).collect()),
            Rule::Scalars(scalars) => Some(scalars.clone()),
            _ => None,
        }
    }

    /// The columns taken together, for a promise that no two rows have the same values in them.
    #[must_use]
    pub fn keys(&self) -> Option<&Keys> {
        match &self.rule {
            Rule::Unique(keys) => Some(keys),
            _ => None,
        }
    }

    /// The first row of a batch that breaks the promise. Rows of other batches are not known here, so for
    /// [`Promise::Unique`] only repetitions within the batch are found; see [`Keys`].
    ///
    /// # Errors
    /// [`PromiseError::NoSuchColumn`] or [`PromiseError::Unfit`] when the batch does not have the schema that the
    /// promise was bound to.
    pub fn first_violation(&self, batch: &RecordBatch) -> Result<Option<Violation>, PromiseError> {
        if let Rule::Unique(keys) = &self.rule {
            let row = keys.first_repeated(batch)?;
            return Ok(row.map(|row| Violation {
                row,
                value: keys.shown(batch, row),
            }));
        }
        let Some(values) = Values::of(batch, &self.column) else {
            return Err(PromiseError::NoSuchColumn {
                column: self.column.clone(),
            });
        };
        let same = match (values.array.data_type(), &self.rule) {
            (_, Rule::NotNull) => true,
            (DataType::List(_), Rule::ItemCount(..)) | (DataType::Map(..), Rule::ItemCount(..)) => {
                true
            }
            (found, _) => *found == self.data_type,
        };
        if !same {
            return Err(PromiseError::Unfit {
                column: self.column.clone(),
                reason: format!(
                    "it was bound to {} and is {}",
                    self.data_type,
                    values.array.data_type()
                ),
            });
        }
        let slot = self.first_bad(&values);
        Ok(slot.map(|slot| Violation {
            row: values.row(slot),
            value: shown(&values.array, slot),
        }))
    }

    fn first_bad(&self, values: &Values) -> Option<usize> {
        let array = &values.array;
        match &self.rule {
            Rule::NotNull => values.first_null(),
            Rule::Range(interval) => match array.data_type() {
                DataType::Utf8 => {
                    let texts = array.as_string::<i32>();
                    values.first_failing(|slot| interval.holds_text(texts.value(slot)))
                }
                DataType::Float32 => {
                    let floats = array.as_primitive::<Float32Type>().values();
                    values.first_failing(|slot| interval.holds_float(f64::from(floats[slot])))
                }
                DataType::Float64 => {
                    let floats = array.as_primitive::<Float64Type>().values();
                    values.first_failing(|slot| interval.holds_float(floats[slot]))
                }
                _ => integers(array)
                    .and_then(|get| values.first_failing(|slot| interval.holds_integer(get(slot)))),
            },
            Rule::Length(fewest, most) => {
                let within = |length: usize| (*fewest..=*most).contains(&(length as u64));
                match array.as_string_opt::<i32>() {
                    Some(texts) => {
                        // A character is one to four bytes, so most texts need not be counted.
                        let fits = |text: &str| {
                            let bytes = text.len() as u64;
                            (bytes <= *most && bytes.div_ceil(4) >= *fewest)
                                || within(text.chars().count())
                        };
                        values.first_failing(|slot| fits(texts.value(slot)))
                    }
                    None => {
                        let bytes = array.as_binary::<i32>();
                        values.first_failing(|slot| within(bytes.value(slot).len()))
                    }
                }
            }
            Rule::ItemCount(fewest, most) => {
                let ends: &[i32] = match array.as_list_opt::<i32>() {
                    Some(list) => list.offsets(),
                    None => array.as_map().offsets(),
                };
                values.first_failing(|slot| {
                    let items = u64::try_from(ends[slot + 1] - ends[slot]).unwrap_or(0);
                    (*fewest..=*most).contains(&items)
                })
            }
            Rule::Pattern(regex) => {
                let texts = array.as_string::<i32>();
                values.first_failing(|slot| regex.is_match(texts.value(slot)))
            }
            Rule::Texts(allowed) => {
                let texts = array.as_string::<i32>();
                values.first_failing(|slot| allowed.contains(texts.value(slot)))
            }
            Rule::Scalars(allowed) => first_other(values, allowed),
            Rule::Unique(_) => None,
        }
    }
}

/// The first value that is none of those allowed.
fn first_other(values: &Values, allowed: &[Scalar]) -> Option<usize> {
    let array = &values.array;
    match array.data_type() {
        DataType::Boolean => {
            let truths = array.as_boolean();
            values.first_failing(|slot| allowed.contains(&Scalar::Boolean(truths.value(slot))))
        }
        DataType::Float32 => {
            let floats = array.as_primitive::<Float32Type>().values();
            values.first_failing(|slot| allowed.contains(&Scalar::Float(f64::from(floats[slot]))))
        }
        DataType::Float64 => {
            let floats = array.as_primitive::<Float64Type>().values();
            values.first_failing(|slot| allowed.contains(&Scalar::Float(floats[slot])))
        }
        _ => {
            let allowed: HashSet<i128> = allowed
                .iter()
                .filter_map(|scalar| match scalar {
                    Scalar::Integer(value) => Some(*value),
                    _ => None,
                })
                .collect();
            let get = integers(array)?;
            values.first_failing(|slot| allowed.contains(&get(slot)))
        }
    }
}

/// The values of a column that counts in whole units.
fn integers(array: &ArrayRef) -> Option<Box<dyn Fn(usize) -> i128 + '_>> {
    fn of<T: ArrowPrimitiveType>(array: &ArrayRef) -> Option<Box<dyn Fn(usize) -> i128 + '_>>
    where
        T::Native: Into<i128>,
    {
        let values = array.as_primitive_opt::<T>()?.values();
        Some(Box::new(move |slot| values[slot].into()))
    }
    match array.data_type() {
        DataType::Int8 => of::<Int8Type>(array),
        DataType::Int16 => of::<Int16Type>(array),
        DataType::Int32 => of::<Int32Type>(array),
        DataType::Int64 => of::<Int64Type>(array),
        DataType::Date32 => of::<Date32Type>(array),
        DataType::Timestamp(..) => of::<TimestampMicrosecondType>(array),
        DataType::Decimal128(..) => of::<Decimal128Type>(array),
        _ => None,
    }
}

pub(super) fn shown(array: &ArrayRef, slot: usize) -> String {
    if array.is_null(slot) {
        return "null".to_owned();
    }
    let text = array_value_to_string(array, slot).unwrap_or_default();
    text.chars().take(80).flat_map(char::escape_debug).collect()
}
