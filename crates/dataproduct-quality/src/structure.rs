//! What the values of a column must keep to for the column to be of its type at all.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, DecimalType, Int16Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use dataproduct_contract::row::{DAY_RANGE, MICROSECOND_RANGE};
use dataproduct_contract::{Column, DataType};

use crate::failed::Failed;
use crate::outcome::Mask;
use crate::slots::{Bad, Slots};

/// Values that are not what their column must hold to be of its type.
#[derive(Debug)]
pub(crate) struct Fault {
    /// A permanent identifier of the kind of fault, such as `null-key`.
    pub(crate) code: &'static str,
    /// The column, nested ones joined by `.`.
    pub(crate) column: String,
    /// What is wrong, with the number of values.
    pub(crate) message: String,
    /// The first of the values, where it tells more than the message.
    example: Option<String>,
    /// The rows that the values are in.
    pub(crate) failed: Failed,
}

impl Fault {
    /// What is wrong, for people. The example is not for everyone to see.
    pub(crate) fn told(&self, mask: &Mask) -> String {
        let Self {
            message,
            column: path,
            ..
        } = self;
        let example = self.example.as_ref().map(|text| mask.value(path, text));
        example.map_or_else(
            || message.clone(),
            |text| format!("{message}, such as `{text}`"),
        )
    }
}

/// The faults of one column at the top level and of its parts.
pub(crate) fn faults(column: &Column, array: &ArrayRef) -> Vec<Fault> {
    let mut out = Vec::new();
    let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
    if let Some(nulls) = nulls.filter(|_| !column.nullable) {
        let code = if column.key.is_some() {
            "null-key"
        } else {
            "null-in-required"
        };
        let failed = Failed::of_mask(!nulls.inner());
        out.push(Fault {
            code,
            column: column.name.clone(),
            message: format!("{} missing", counted(failed.count() as u64, "is", "are")),
            example: None,
            failed,
        });
    }
    let slots = Slots::of_column(array);
    values(column, &column.name, &slots, array.len(), &mut out);
    out
}

/// Checks the values of a part of a column: those that are required are there, and each is one of its type.
fn part(column: &Column, path: &str, slots: &Slots, rows: usize, out: &mut Vec<Fault>) {
    if let Some(bad) = slots.missing().filter(|_| !column.nullable) {
        out.push(Fault {
            code: "null-in-required",
            column: path.to_owned(),
            message: format!("{} missing", counted(bad.count, "is", "are")),
            example: None,
            failed: slots.rows_of(&bad, rows),
        });
    }
    values(column, path, slots, rows, out);
}

/// Checks values at any depth, of so many rows.
fn values(column: &Column, path: &str, slots: &Slots, rows: usize, out: &mut Vec<Fault>) {
    let found = match &column.data_type {
        DataType::String if column.is_enum() && !column.open_enum => allowed(column, slots),
        DataType::Uuid => uuids(slots),
        DataType::Decimal { precision, .. } => decimals(*precision, slots),
        DataType::Date => times::<Date32Type>(DAY_RANGE, slots),
        DataType::Timestamp | DataType::TimestampNtz => {
            times::<TimestampMicrosecondType>(MICROSECOND_RANGE, slots)
        }
        DataType::Struct(fields) => {
            for (field, child) in fields.iter().zip(slots.children()) {
                let path = format!("{path}.{}", field.name);
                part(field, &path, &child, rows, out);
            }
            None
        }
        DataType::List(element) => {
            for child in slots.children() {
                part(element, &format!("{path}.element"), &child, rows, out);
            }
            None
        }
        DataType::Map { key, value } => {
            let parts = [(key, "key"), (value, "value")];
            for ((column, name), child) in parts.into_iter().zip(slots.children()) {
                part(column, &format!("{path}.{name}"), &child, rows, out);
            }
            None
        }
        _ => None,
    };
    if let Some((code, message, example, bad)) = found {
        out.push(Fault {
            code,
            column: path.to_owned(),
            message,
            example,
            failed: slots.rows_of(&bad, rows),
        });
    }
}

/// The code of a finding, its message, an example, and where it was made.
type Found = Option<(&'static str, String, Option<String>, Bad)>;

/// Enumerated text: the dictionary is compared once, and rows are only looked at when it holds a
/// value that is not allowed.
fn allowed(column: &Column, slots: &Slots) -> Found {
    let dictionary = slots.array.as_dictionary_opt::<Int16Type>()?;
    let texts = dictionary.values().as_string_opt::<i32>()?;
    let allowed: HashSet<&str> = column
        .allowed
        .iter()
        .filter_map(|allowed| allowed.value.as_str())
        .collect();
    let is_allowed: Vec<bool> = texts
        .iter()
        .map(|text| text.is_none_or(|text| allowed.contains(text)))
        .collect();
    if is_allowed.iter().all(|is_allowed| *is_allowed) {
        return None;
    }
    let place = |slot| usize::try_from(dictionary.keys().value(slot)).unwrap_or(usize::MAX);
    let bad = slots.bad(|slot| is_allowed.get(place(slot)) == Some(&false))?;
    let message = format!("{} not allowed", counted(bad.count, "is", "are"));
    let example = shown(texts.value(place(bad.first)));
    Some(("not-allowed", message, Some(example), bad))
}

fn uuids(slots: &Slots) -> Found {
    let texts = slots.array.as_string_opt::<i32>()?;
    let bad = slots.bad(|slot| !is_uuid(texts.value(slot)))?;
    let message = format!("{} no UUID", counted(bad.count, "is", "are"));
    let example = shown(texts.value(bad.first));
    Some(("bad-uuid", message, Some(example), bad))
}

/// The hyphenated form in lower case: the one form in which equal UUIDs are equal text.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
        })
}

fn decimals(precision: u8, slots: &Slots) -> Found {
    let array = slots.array.as_primitive_opt::<Decimal128Type>()?;
    let fits = |value: i128| Decimal128Type::is_valid_decimal_precision(value, precision);
    let bad = misfits(array, slots, fits)?;
    let message = format!(
        "{} more than {precision} digits",
        counted(bad.count, "has", "have")
    );
    Some(("decimal-overflow", message, None, bad))
}

/// Times are kept to the years that every reader of the tables can say; typed rows refuse a whole
/// batch for one other year.
fn times<T: ArrowPrimitiveType>(range: RangeInclusive<T::Native>, slots: &Slots) -> Found {
    let array = slots.array.as_primitive_opt::<T>()?;
    let (first, last) = range.into_inner();
    let bad = misfits(array, slots, |value| (value >= first) & (value <= last))?;
    let message = format!(
        "{} outside of the years 1 to 9999",
        counted(bad.count, "is", "are")
    );
    Some(("bad-time", message, None, bad))
}

/// The slots that are read and whose numbers do not fit.
///
/// The first pass has no branch and looks at every number, as nearly always all of them fit.
fn misfits<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    slots: &Slots,
    fits: impl Fn(T::Native) -> bool,
) -> Option<Bad> {
    let all = array.values().iter().fold(true, |all, &v| all & fits(v));
    if all {
        return None;
    }
    slots.bad(|slot| !fits(array.value(slot)))
}

/// A number of values with the verb that goes with it.
pub(crate) fn counted(values: u64, one: &str, many: &str) -> String {
    if values == 1 {
        format!("1 value {one}")
    } else {
        format!("{values} values {many}")
    }
}

/// Text of a row, fit to stand in a message.
fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().count() > 40 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests;
