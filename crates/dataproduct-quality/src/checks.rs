//! The checks of single values: which rows of a column break a rule, one check a file.
//!
//! A [`RowCheck`] is bound to the Arrow type of a column, so that bounds are in its units and lists of values are
//! tables; it then judges whole arrays. A [`ColumnCheck`] is one at a place of a schema, within structs, lists and
//! maps too.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{ArrayRef, Int64Array, RecordBatch};
//! use dataproduct_quality::checks::{ColumnCheck, Range, RowCheck};
//! use dataproduct_quality::Bound;
//!
//! let on_hand: ArrayRef = Arc::new(Int64Array::from(vec![Some(4), None, Some(-1)]));
//! let batch = RecordBatch::try_from_iter_with_nullable([("on_hand", on_hand, true)])?;
//! let zero = Bound { value: 0.into(), inclusive: true };
//! let check = ColumnCheck::bind("on_hand", &batch.schema(), |data_type| {
//!     Range::bind(Some(&zero), None, data_type).map(RowCheck::Range)
//! })?;
//! assert_eq!(check.failing_in(&batch)?.rows().collect::<Vec<_>>(), [2]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What holds of all checks
//! - A missing value never fails, but for [`NotNull`](RowCheck::NotNull) and [`Missing`].
//! - What stands under a missing struct, list or map is read by nobody and is not judged.
//! - Within lists and maps a row fails if any of its items does.
//! - Enumerated text is judged label by label, each once, and rows only where a label fails.
//! - An array that is not of the type that a check was bound to is never passed: all its values fail.

mod format;
mod item_count;
mod length;
mod member;
mod missing;
mod multiple_of;
pub(crate) mod not_null;
pub(crate) mod pattern;
mod range;
mod set;
mod unique_items;

#[cfg(test)]
mod testing;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};

pub use format::FormatCheck;
pub use item_count::ItemCount;
pub use length::Length;
pub use member::Member;
pub use missing::Missing;
pub use multiple_of::MultipleOf;
pub use pattern::Pattern;
pub use range::Range;
pub use unique_items::UniqueItems;

use crate::failed::Failed;
use crate::promise::PromiseError;
use crate::promise::values::{Values, type_of};

/// A check of single values, bound to their type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RowCheck {
    /// Values are there.
    NotNull,
    /// Values are there and are no stand-in for a missing one.
    Missing(Missing),
    /// Values lie between bounds.
    Range(Range),
    /// Values are whole multiples of a step.
    MultipleOf(MultipleOf),
    /// Text has so many characters, binary so many bytes.
    Length(Length),
    /// Lists and maps have so many items.
    ItemCount(ItemCount),
    /// The items of a list all differ.
    UniqueItems(UniqueItems),
    /// The whole text matches a regular expression.
    Pattern(Pattern),
    /// Values are among those listed.
    Member(Member),
    /// Text keeps to a format.
    Format(FormatCheck),
}

impl RowCheck {
    /// What it checks, in a word: `not-null`, `missing`, `range`, `multiple-of`, `length`, `item-count`,
    /// `unique-items`, `pattern`, `member`, `format`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotNull => "not-null",
            Self::Missing(_) => "missing",
            Self::Range(_) => "range",
            Self::MultipleOf(_) => "multiple-of",
            Self::Length(_) => "length",
            Self::ItemCount(_) => "item-count",
            Self::UniqueItems(_) => "unique-items",
            Self::Pattern(_) => "pattern",
            Self::Member(_) => "member",
            Self::Format(_) => "format",
        }
    }

    /// The slots of an array that fail.
    #[must_use]
    pub fn failing(&self, array: &ArrayRef) -> Failed {
        match (self, array.data_type()) {
            (Self::NotNull, _) => not_null::failing(array),
            (Self::Missing(check), _) => check.failing(array),
            (_, DataType::Dictionary(..)) => {
                Failed::of_labels(array, |labels| self.failing(labels))
            }
            (Self::Range(check), _) => check.failing(array),
            (Self::MultipleOf(check), _) => check.failing(array),
            (Self::Length(check), _) => check.failing(array),
            (Self::ItemCount(check), _) => check.failing(array),
            (Self::UniqueItems(check), _) => check.failing(array),
            (Self::Pattern(check), _) => check.failing(array),
            (Self::Member(check), _) => check.failing(array),
            (Self::Format(check), _) => check.failing(array),
        }
    }
}

/// The fault of an array that is not of the type that a check was bound to: all its values fail.
fn unfit(array: &ArrayRef) -> Failed {
    Failed::all(array.len(), array.logical_nulls().as_ref())
}

/// Refuses a check of values of another type.
fn only(fits: bool, what: &str, data_type: &DataType) -> Result<(), String> {
    match fits {
        true => Ok(()),
        false => Err(format!("it applies to {what}, not to {data_type}")),
    }
}

/// A check at a place of a schema.
#[derive(Clone, Debug)]
pub struct ColumnCheck {
    path: String,
    check: RowCheck,
}

impl ColumnCheck {
    /// Binds a check to the column at a path: fields of structs by their names, the elements of a list as `element`,
    /// the parts of a map as `key` and `value`, joined by `.`. `bind` is given the type there, that of the text for
    /// enumerated text.
    ///
    /// # Errors
    /// [`PromiseError::NoSuchColumn`] when the schema has no such column, [`PromiseError::Unfit`] with what `bind`
    /// says when the check does not apply to its type.
    pub fn bind(
        path: &str,
        schema: &Schema,
        bind: impl FnOnce(&DataType) -> Result<RowCheck, String>,
    ) -> Result<Self, PromiseError> {
        let data_type = type_of(schema, path).ok_or_else(|| PromiseError::NoSuchColumn {
            column: path.to_owned(),
        })?;
        let data_type = match data_type {
            DataType::Dictionary(_, values) => values.as_ref(),
            other => other,
        };
        let check = bind(data_type).map_err(|reason| PromiseError::Unfit {
            column: path.to_owned(),
            reason,
        })?;
        Ok(Self {
            path: path.to_owned(),
            check,
        })
    }

    /// The place, as a path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The column at the top level that the place is in.
    #[must_use]
    pub fn column(&self) -> &str {
        self.path.split('.').next().unwrap_or_default()
    }

    /// The check of the values there.
    #[must_use]
    pub fn check(&self) -> &RowCheck {
        &self.check
    }

    /// The rows that fail, given the array of the column at the top level.
    #[must_use]
    pub fn failing(&self, column: &ArrayRef) -> Failed {
        let Some(values) = Values::within(column, self.path.split('.').skip(1)) else {
            return unfit(column);
        };
        let slots = self.check.failing(&values.array);
        values.rows_failing(slots, column.len())
    }

    /// The rows of a batch that fail.
    ///
    /// # Errors
    /// [`PromiseError::NoSuchColumn`] when the batch does not have the column.
    pub fn failing_in(&self, batch: &RecordBatch) -> Result<Failed, PromiseError> {
        let column = batch.column_by_name(self.column());
        let column = column.ok_or_else(|| PromiseError::NoSuchColumn {
            column: self.path.clone(),
        })?;
        Ok(self.failing(column))
    }
}

#[cfg(test)]
mod tests;
