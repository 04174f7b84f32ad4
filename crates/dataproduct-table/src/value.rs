//! One value of any column, in the column's own units, comparable with any other value of it.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType as D, TimeUnit};

/// A value. Integers, dates, instants and decimals are all integers in the column's units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Bytes(Vec<u8>),
}

impl Value {
    /// Null compares with nothing.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => Some(a.cmp(b)),
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => Some(compare_floats(*a, *b)),
            (Self::Bytes(a), Self::Bytes(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// The order of floats that SQL engines agree on: `-0.0` equals `0.0`, a NaN equals a NaN and is the greatest.
pub(crate) fn compare_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// The value of a row of a column; `None` if the column's type has none that can be compared.
pub(crate) fn value_at(column: &ArrayRef, row: usize) -> Option<Value> {
    if column.is_null(row) {
        return Some(Value::Null);
    }
    Some(match column.data_type() {
        D::Dictionary(..) => {
            let dictionary = column.as_any_dictionary_opt()?;
            return value_at(dictionary.values(), dictionary.normalized_keys()[row]);
        }
        D::Boolean => Value::Boolean(column.as_boolean().value(row)),
        D::Int8 => Value::Integer(column.as_primitive::<Int8Type>().value(row).into()),
        D::Int16 => Value::Integer(column.as_primitive::<Int16Type>().value(row).into()),
        D::Int32 => Value::Integer(column.as_primitive::<Int32Type>().value(row).into()),
        D::Int64 => Value::Integer(column.as_primitive::<Int64Type>().value(row).into()),
        D::Date32 => Value::Integer(column.as_primitive::<Date32Type>().value(row).into()),
        D::Timestamp(TimeUnit::Microsecond, _) => {
            let column = column.as_primitive::<TimestampMicrosecondType>();
            Value::Integer(column.value(row).into())
        }
        D::Decimal128(..) => Value::Integer(column.as_primitive::<Decimal128Type>().value(row)),
        D::Float32 => Value::Float(column.as_primitive::<Float32Type>().value(row).into()),
        D::Float64 => Value::Float(column.as_primitive::<Float64Type>().value(row)),
        D::Utf8 => Value::Bytes(column.as_string::<i32>().value(row).into()),
        D::Binary => Value::Bytes(column.as_binary::<i32>().value(row).into()),
        _ => return None,
    })
}

#[cfg(test)]
pub(crate) fn value_of(column: &ArrayRef, row: usize) -> Value {
    value_at(column, row).unwrap_or_else(|| panic!("no value of {}", column.data_type()))
}
