//! Why rows do not become a batch, or a batch does not become rows.

use std::fmt;

/// Why rows do not become a batch, or a batch does not become rows.
///
/// `column` is a path: fields of a nested struct are joined by `.`, an element of a list is
/// `element`, the key and value of a map are `key` and `value`. `row` counts from 0 within the
/// batch, or within the elements of all lists of the batch for a column inside a list or map.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// The batch has no such column, and the row type cannot do without it.
    #[error(
        "the batch has no column `{column}`; add it, or make the field an `Option` if it may be missing"
    )]
    MissingColumn {
        /// The column.
        column: String,
    },
    /// The column of the batch is of a type that does not become the field's without loss.
    #[error("column `{column}` is {found}, but the row type expects {expected}; cast it before")]
    WrongType {
        /// The column.
        column: String,
        /// The Arrow type that the field has.
        expected: String,
        /// The Arrow type that the batch has.
        found: String,
    },
    /// A value is missing where the row type has no `Option`.
    #[error(
        "column `{column}` is null in row {row}, but its field is never missing; make it an `Option`, or fill the value in"
    )]
    UnexpectedNull {
        /// The column.
        column: String,
        /// The first such row.
        row: usize,
    },
    /// A text is none of the labels of an enum.
    #[error(
        "column `{column}` is `{value}` in row {row}, which is none of {known}; add a variant, or mark one `#[column(other)]`"
    )]
    UnknownLabel {
        /// The column.
        column: String,
        /// The first such row.
        row: usize,
        /// The text, shortened.
        value: String,
        /// The labels of the enum.
        known: String,
    },
    /// A value is outside what the column or the field can hold.
    #[error("column `{column}` is {value} in row {row}, outside of {range}")]
    OutOfRange {
        /// The column.
        column: String,
        /// The first such row.
        row: usize,
        /// The value.
        value: String,
        /// What would fit.
        range: String,
    },
    /// A text does not have the form that the field's type needs.
    #[error("column `{column}` is `{value}` in row {row}, which is not {expected}")]
    Malformed {
        /// The column.
        column: String,
        /// The first such row.
        row: usize,
        /// The text, shortened.
        value: String,
        /// The form that is needed.
        expected: String,
    },
    /// One array cannot hold that much: 2 GiB of text or bytes, or 2^31 elements.
    #[error("column `{column}` holds more than 2 GiB in one batch; put fewer rows into a batch")]
    TooLarge {
        /// The column.
        column: String,
    },
    /// The arrays do not make up a batch. Only a [`ColumnType`](super::ColumnType) implemented by
    /// hand can bring this about.
    #[error("column `{column}`: {reason}")]
    Inconsistent {
        /// The column; empty for the batch.
        column: String,
        /// What does not fit.
        reason: String,
    },
}

impl RowError {
    /// The column in which it happened, as a path; empty for the batch as a whole.
    #[must_use]
    pub fn column(&self) -> &str {
        match self {
            Self::MissingColumn { column }
            | Self::WrongType { column, .. }
            | Self::UnexpectedNull { column, .. }
            | Self::UnknownLabel { column, .. }
            | Self::OutOfRange { column, .. }
            | Self::Malformed { column, .. }
            | Self::TooLarge { column }
            | Self::Inconsistent { column, .. } => column,
        }
    }

    /// The same error inside of that column: `name` goes in front of the path.
    #[must_use]
    pub fn within(mut self, name: &str) -> Self {
        let (Self::MissingColumn { column }
        | Self::WrongType { column, .. }
        | Self::UnexpectedNull { column, .. }
        | Self::UnknownLabel { column, .. }
        | Self::OutOfRange { column, .. }
        | Self::Malformed { column, .. }
        | Self::TooLarge { column }
        | Self::Inconsistent { column, .. }) = &mut self;
        if column.is_empty() {
            name.clone_into(column);
        } else {
            *column = format!("{name}.{column}");
        }
        self
    }

    pub(super) fn inconsistent(reason: &impl fmt::Display) -> Self {
        Self::Inconsistent {
            column: String::new(),
            reason: reason.to_string(),
        }
    }
}

/// Text for a message: at most 80 characters, control characters escaped.
pub(super) fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    if text.chars().nth(80).is_some() {
        out.push('…');
    }
    out
}

/// The first value that a builder could not hold: remembered until the batch is finished, so that
/// the way of the values that fit stays short.
#[derive(Debug)]
pub(super) struct Refused {
    row: usize,
    value: String,
    range: &'static str,
}

impl Refused {
    /// Remembers the value unless there is an earlier one.
    #[cold]
    #[inline(never)]
    pub(super) fn note(
        slot: &mut Option<Box<Self>>,
        row: usize,
        value: &dyn fmt::Display,
        range: &'static str,
    ) {
        if slot.is_none() {
            *slot = Some(Box::new(Self {
                row,
                value: value.to_string(),
                range,
            }));
        }
    }

    /// The error that says so.
    pub(super) fn check(slot: Option<Box<Self>>) -> Result<(), RowError> {
        match slot {
            None => Ok(()),
            Some(refused) => Err(RowError::OutOfRange {
                column: String::new(),
                row: refused.row,
                value: refused.value,
                range: refused.range.to_owned(),
            }),
        }
    }
}
