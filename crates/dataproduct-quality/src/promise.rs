//! What a contract says of the values of a column, as something that rows keep or break.

pub(crate) mod check;
pub(crate) mod interval;
mod keys;
pub(crate) mod values;

use std::fmt;

use dataproduct_contract::{Column, Contract, DataType, Value};

pub use check::{PromiseCheck, PromiseError, Violation};
pub use interval::{Interval, Scalar};
pub use keys::Keys;
pub(crate) use values::{Values, is_repeated, type_of};

/// Something that every row keeps, or else there is a row that breaks it.
///
/// Columns are named by path: fields of structs by their names, the elements of a list as `element`, the parts of a
/// map as `key` and `value`, joined by `.` (`sizes.element.width`). Except for [`NotNull`](Self::NotNull), a value
/// that is missing breaks nothing.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{ArrayRef, Int64Array, RecordBatch};
/// use dataproduct_quality::Promise;
///
/// let on_hand: ArrayRef = Arc::new(Int64Array::from(vec![Some(4), None, Some(-1)]));
/// let batch = RecordBatch::try_from_iter_with_nullable([("on_hand", on_hand, true)])?;
/// let promise = Promise::range("on_hand").at_least(0);
/// let violation = promise.bind(&batch.schema())?.first_violation(&batch)?.unwrap();
/// assert_eq!((violation.row, violation.value.as_str()), (2, "-1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Promise {
    /// A value is never missing where what it is a part of is there.
    NotNull {
        /// The column.
        column: String,
    },
    /// Values lie between bounds: numbers, dates and timestamps by their size, text byte by byte. No NaN does.
    Range {
        /// The column.
        column: String,
        /// The lower bound, if there is one.
        minimum: Option<Bound>,
        /// The upper bound, if there is one.
        maximum: Option<Bound>,
    },
    /// Text has that many characters, binary that many bytes, limits included.
    Length {
        /// The column.
        column: String,
        /// The fewest.
        minimum: Option<u64>,
        /// The most.
        maximum: Option<u64>,
    },
    /// A list or a map has that many items, limits included.
    ItemCount {
        /// The column.
        column: String,
        /// The fewest.
        minimum: Option<u64>,
        /// The most.
        maximum: Option<u64>,
    },
    /// The whole text matches a regular expression in the syntax of the `regex` crate.
    Pattern {
        /// The column.
        column: String,
        /// The expression.
        pattern: String,
    },
    /// Values are among these.
    Allowed {
        /// The column.
        column: String,
        /// The values.
        values: Vec<Value>,
    },
    /// No two rows have the same values in these columns, all taken together. As in SQL, a row in which one of them
    /// is missing is like no other. `0.0` and `-0.0` differ.
    Unique {
        /// The columns, none of them within another.
        columns: Vec<String>,
    },
}

/// A bound of a range: a number, or the text of a date, a timestamp or a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The bound.
    pub value: Value,
    /// Whether values may be equal to it.
    pub inclusive: bool,
}

impl Bound {
    fn of(inclusive: Option<&Value>, exclusive: Option<&Value>) -> Option<Self> {
        let bound = |value: &Value, inclusive| Self {
            value: value.clone(),
            inclusive,
        };
        match (inclusive, exclusive) {
            (Some(value), _) => Some(bound(value, true)),
            (None, Some(value)) => Some(bound(value, false)),
            (None, None) => None,
        }
    }
}

impl Promise {
    /// Values of the column are never missing.
    pub fn not_null(column: impl Into<String>) -> Self {
        Self::NotNull {
            column: column.into(),
        }
    }

    /// A range without bounds yet; see [`at_least`](Self::at_least) and [`at_most`](Self::at_most).
    pub fn range(column: impl Into<String>) -> Self {
        Self::Range {
            column: column.into(),
            minimum: None,
            maximum: None,
        }
    }

    /// Sets the lower bound of a range, which values may be equal to; other promises stay as they are.
    #[must_use]
    pub fn at_least(mut self, value: impl Into<Value>) -> Self {
        if let Self::Range { minimum, .. } = &mut self {
            *minimum = Bound::of(Some(&value.into()), None);
        }
        self
    }

    /// Sets the upper bound of a range, which values may be equal to; other promises stay as they are.
    #[must_use]
    pub fn at_most(mut self, value: impl Into<Value>) -> Self {
        if let Self::Range { maximum, .. } = &mut self {
            *maximum = Bound::of(Some(&value.into()), None);
        }
        self
    }

    /// Sets the lower bound of a range, which values stay above; other promises stay as they are.
    #[must_use]
    pub fn above(mut self, value: impl Into<Value>) -> Self {
        if let Self::Range { minimum, .. } = &mut self {
            *minimum = Bound::of(None, Some(&value.into()));
        }
        self
    }

    /// Sets the upper bound of a range, which values stay below; other promises stay as they are.
    #[must_use]
    pub fn below(mut self, value: impl Into<Value>) -> Self {
        if let Self::Range { maximum, .. } = &mut self {
            *maximum = Bound::of(None, Some(&value.into()));
        }
        self
    }

    /// No two rows have the same values in these columns.
    pub fn unique<I: IntoIterator<Item: Into<String>>>(columns: I) -> Self {
        Self::Unique {
            columns: columns.into_iter().map(Into::into).collect(),
        }
    }

    /// Everything that a contract says of stored values, at every depth, in the order of its columns; last what holds
    /// of rows taken together.
    #[must_use]
    pub fn of_contract(contract: &Contract) -> Vec<Self> {
        let mut out = Vec::new();
        for column in contract.columns() {
            note(column, &column.name, &mut out);
        }
        let key: Vec<&str> = contract.key().iter().map(|c| c.name.as_str()).collect();
        if !key.is_empty() {
            out.push(Self::unique(key.iter().copied()));
        }
        let unique = contract.columns().iter().filter(|column| column.unique);
        let unique = unique.filter(|column| key != [column.name.as_str()]);
        out.extend(unique.map(|column| Self::unique([&column.name])));
        out
    }

    /// The columns that it is about, as paths.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::NotNull { column }
            | Self::Range { column, .. }
            | Self::Length { column, .. }
            | Self::ItemCount { column, .. }
            | Self::Pattern { column, .. }
            | Self::Allowed { column, .. } => vec![column],
            Self::Unique { columns } => columns.iter().map(String::as_str).collect(),
        }
    }

    /// What it promises, in the words of a contract: `required`, `range`, `length`, `items`, `pattern`, `allowed`,
    /// `unique`.
    #[must_use]
    pub fn aspect(&self) -> &'static str {
        match self {
            Self::NotNull { .. } => "required",
            Self::Range { .. } => "range",
            Self::Length { .. } => "length",
            Self::ItemCount { .. } => "items",
            Self::Pattern { .. } => "pattern",
            Self::Allowed { .. } => "allowed",
            Self::Unique { .. } => "unique",
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.aspect(), self.columns().join(", "))
    }
}

/// Notes what a column and its parts promise.
fn note(column: &Column, path: &str, out: &mut Vec<Promise>) {
    let limits = &column.limits;
    let at = || path.to_owned();
    if !column.nullable {
        out.push(Promise::NotNull { column: at() });
    }
    let lower = [&limits.minimum, &limits.exclusive_minimum];
    let upper = [&limits.maximum, &limits.exclusive_maximum];
    // Both kinds of bound may stand side by side, and each holds.
    for (low, high) in [
        (
            Bound::of(lower[0].as_ref(), None),
            Bound::of(upper[0].as_ref(), None),
        ),
        (
            Bound::of(None, lower[1].as_ref()),
            Bound::of(None, upper[1].as_ref()),
        ),
    ] {
        if low.is_some() || high.is_some() {
            out.push(Promise::Range {
                column: at(),
                minimum: low,
                maximum: high,
            });
        }
    }
    if limits.min_length.is_some() || limits.max_length.is_some() {
        out.push(Promise::Length {
            column: at(),
            minimum: limits.min_length,
            maximum: limits.max_length,
        });
    }
    if limits.min_items.is_some() || limits.max_items.is_some() {
        out.push(Promise::ItemCount {
            column: at(),
            minimum: limits.min_items,
            maximum: limits.max_items,
        });
    }
    if let Some(pattern) = &limits.pattern {
        out.push(Promise::Pattern {
            column: at(),
            pattern: pattern.clone(),
        });
    }
    if !column.allowed.is_empty() && !column.open_enum {
        let values = column.allowed.iter().map(|allowed| allowed.value.clone());
        out.push(Promise::Allowed {
            column: at(),
            values: values.collect(),
        });
    }
    let part = |column: &Column, name: &str, out: &mut Vec<Promise>| {
        note(column, &format!("{path}.{name}"), out);
    };
    match &column.data_type {
        DataType::Struct(fields) => {
            for field in fields {
                part(field, &field.name, out);
            }
        }
        DataType::List(element) => part(element, "element", out),
        DataType::Map { key, value } => {
            part(key, "key", out);
            part(value, "value", out);
        }
        _ => {}
    }
}
