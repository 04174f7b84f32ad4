//! An expression with types: what an evaluator or a translator reads.

use std::fmt;

use super::ast::{Arithmetic, Comparison, Function, Literal};
use crate::DataType;

/// The type of a part of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExprType {
    /// True or false.
    Boolean,
    /// A whole number of 64 bits with sign; columns of fewer bits are widened.
    Integer,
    /// A whole number of 128 bits, that many digits of which stand after the point.
    Decimal {
        /// Digits after the point, at most 38.
        scale: u8,
    },
    /// A floating-point number of 64 bits; columns of 32 bits are widened.
    Float,
    /// Text; UUIDs and enumerations are text.
    Text,
    /// A day of the years 1 to 9999.
    Date,
    /// An instant of the years 1 to 9999, in microseconds.
    Timestamp,
    /// A date and time of day without zone, of the years 1 to 9999, in microseconds.
    LocalTimestamp,
    /// A length of time with sign, in microseconds of 64 bits.
    Duration,
}

impl ExprType {
    /// The type of the values of a column; `None` where expressions know no such values.
    #[must_use]
    pub const fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Boolean => Self::Boolean,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Integer,
            DataType::Float32 | DataType::Float64 => Self::Float,
            DataType::Decimal { scale, .. } => Self::Decimal { scale: *scale },
            DataType::String | DataType::Uuid => Self::Text,
            DataType::Date => Self::Date,
            DataType::Timestamp => Self::Timestamp,
            DataType::TimestampNtz => Self::LocalTimestamp,
            DataType::Binary | DataType::Struct(_) | DataType::List(_) | DataType::Map { .. } => {
                return None;
            }
        })
    }

    /// Whether it is a number.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal { .. } | Self::Float)
    }

    /// Whether it is an instant or a local time.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Timestamp | Self::LocalTimestamp)
    }
}

impl fmt::Display for ExprType {
    /// With its article, as messages say it: `an integer`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "a condition",
            Self::Integer => "an integer",
            Self::Decimal { .. } => "a decimal",
            Self::Float => "a float",
            Self::Text => "text",
            Self::Date => "a date",
            Self::Timestamp => "an instant",
            Self::LocalTimestamp => "a local time",
            Self::Duration => "a duration",
        })
    }
}

/// A part of an expression and its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// What it does.
    pub operation: Operation,
    /// What comes out.
    pub data_type: ExprType,
}

/// What a part of an expression does. Types of operands fit: what had to be converted is converted by
/// [`Convert`](Self::Convert).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// A value of the part's type, or null.
    Literal(Literal),
    /// The values of a column, or of a field of a struct, by path; null where a struct around it is.
    Column(Vec<String>),
    /// A number as a wider one: an integer as a decimal or a float, a decimal as one of more digits after the point or
    /// as a float.
    Convert(Box<Typed>),
    /// A number or a duration with the other sign.
    Negate(Box<Typed>),
    /// Two integers, two floats or two durations, giving one; two decimals (of one scale, except for `*`, whose result
    /// has the scales of both together); or time arithmetic: `date +/- integer` days, `date - date` as an integer,
    /// `timestamp +/- duration`, `duration + timestamp`, `timestamp - timestamp` as a duration, `duration * integer`,
    /// `integer * duration`.
    Arithmetic(Arithmetic, Box<Typed>, Box<Typed>),
    /// Two values of one type; decimals may differ in scale and are compared exactly.
    Compare(Comparison, Box<Typed>, Box<Typed>),
    /// All conditions, two or more.
    And(Vec<Typed>),
    /// Any condition, two or more.
    Or(Vec<Typed>),
    /// The opposite of a condition.
    Not(Box<Typed>),
    /// Value, lower and upper bound, both of them within.
    Between(Box<Typed>, Box<Typed>, Box<Typed>),
    /// A value, and those that it may equal; all comparable as by [`Compare`](Self::Compare).
    In(Box<Typed>, Vec<Typed>),
    /// Whether a value is null.
    IsNull(Box<Typed>),
    /// Whether a column, or a field of a struct, of any type is null.
    IsMissing(Vec<String>),
    /// The value under the first condition that is true, or else the last, or else null. All of one type.
    Case(Vec<(Typed, Typed)>, Option<Box<Typed>>),
    /// What a function returns.
    Call(Function, Vec<Typed>),
}
