//! What the values of a column must keep to for the column to be of its type at all.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, DecimalType, Int16Type};
use arrow_array::{Array, ArrayRef, StringArray};
use dataproduct_contract::{Column, DataType};

use crate::report::{Finding, Report};

/// Checks one column at the top level; `first_row` is the number of its first row.
pub(crate) fn check(column: &Column, array: &ArrayRef, first_row: u64, report: &mut Report) {
    let nulls = array.logical_null_count() as u64;
    if nulls > 0 && !column.nullable {
        let position = array
            .logical_nulls()
            .and_then(|nulls| (0..nulls.len()).find(|i| nulls.is_null(*i)));
        let code = if column.key.is_some() {
            "null-key"
        } else {
            "null-in-required"
        };
        report.push(Finding {
            code,
            column: column.name.clone(),
            message: format!("{} missing", counted(nulls, "is", "are")),
            rows: nulls,
            first_row: position.map(|row| first_row + row as u64),
        });
    }
    values(column, &column.name, array, Some(first_row), report);
}

/// Checks values at any depth. Inside lists and maps positions are not rows, so `first_row` is `None`.
fn values(
    column: &Column,
    path: &str,
    array: &ArrayRef,
    first_row: Option<u64>,
    report: &mut Report,
) {
    match &column.data_type {
        DataType::String if column.is_enum() && !column.open_enum => {
            allowed(column, path, array, first_row, report);
        }
        DataType::Uuid => {
            let Some(texts) = array.as_string_opt::<i32>() else {
                return;
            };
            let bad = |text: &str| !is_uuid(text);
            misfits(texts, path, first_row, "bad-uuid", "no UUID", bad, report);
        }
        DataType::Decimal { precision, .. } => decimals(*precision, path, array, first_row, report),
        DataType::Struct(fields) => {
            let Some(array) = array.as_struct_opt() else {
                return;
            };
            for (field, child) in fields.iter().zip(array.columns()) {
                values(
                    field,
                    &format!("{path}.{}", field.name),
                    child,
                    first_row,
                    report,
                );
            }
        }
        DataType::List(element) => {
            let Some(array) = array.as_list_opt::<i32>() else {
                return;
            };
            values(
                element,
                &format!("{path}.element"),
                array.values(),
                None,
                report,
            );
        }
        DataType::Map { key, value } => {
            let Some(array) = array.as_map_opt() else {
                return;
            };
            values(key, &format!("{path}.key"), array.keys(), None, report);
            values(
                value,
                &format!("{path}.value"),
                array.values(),
                None,
                report,
            );
        }
        _ => {}
    }
}

fn found(
    code: &'static str,
    path: &str,
    rows: u64,
    first: Option<u64>,
    message: String,
    report: &mut Report,
) {
    let column = path.to_owned();
    report.push(Finding {
        code,
        column,
        message,
        rows,
        first_row: first,
    });
}

/// Enumerated text: the dictionary is compared once, and rows are only looked at when it holds a
/// value that is not allowed.
fn allowed(
    column: &Column,
    path: &str,
    array: &ArrayRef,
    first_row: Option<u64>,
    report: &mut Report,
) {
    let Some(dictionary) = array.as_dictionary_opt::<Int16Type>() else {
        return;
    };
    let Some(texts) = dictionary.values().as_string_opt::<i32>() else {
        return;
    };
    let is_allowed = |text: &str| {
        column
            .allowed
            .iter()
            .any(|a| a.value.as_str() == Some(text))
    };
    let bad: Vec<bool> = (0..texts.len())
        .map(|i| texts.is_valid(i) && !is_allowed(texts.value(i)))
        .collect();
    if !bad.contains(&true) {
        return;
    }
    let mut rows = 0;
    let mut first = None;
    for (row, key) in dictionary.keys_iter().enumerate() {
        if let Some(key) = key.filter(|key| bad.get(*key) == Some(&true)) {
            rows += 1;
            first = first.or(Some((row as u64, key)));
        }
    }
    if let Some((row, key)) = first {
        let text = shown(texts.value(key));
        let message = format!(
            "{} not allowed, such as `{text}`",
            counted(rows, "is", "are")
        );
        found(
            "not-allowed",
            path,
            rows,
            first_row.map(|r| r + row),
            message,
            report,
        );
    }
}

fn misfits(
    texts: &StringArray,
    path: &str,
    first_row: Option<u64>,
    code: &'static str,
    what: &str,
    is_bad: impl Fn(&str) -> bool,
    report: &mut Report,
) {
    let bad = || {
        texts
            .iter()
            .enumerate()
            .filter_map(|(i, t)| t.filter(|t| is_bad(t)).map(|t| (i, t)))
    };
    if let Some((row, text)) = bad().next() {
        let rows = bad().count() as u64;
        let message = format!(
            "{} {what}, such as `{}`",
            counted(rows, "is", "are"),
            shown(text)
        );
        found(
            code,
            path,
            rows,
            first_row.map(|r| r + row as u64),
            message,
            report,
        );
    }
}

/// The hyphenated form in lower case: the one form in which equal UUIDs are equal text.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
        })
}

fn decimals(
    precision: u8,
    path: &str,
    array: &ArrayRef,
    first_row: Option<u64>,
    report: &mut Report,
) {
    let Some(array) = array.as_primitive_opt::<Decimal128Type>() else {
        return;
    };
    let fits = |value: i128| Decimal128Type::is_valid_decimal_precision(value, precision);
    let bad = || {
        array
            .iter()
            .enumerate()
            .filter(|(_, v)| v.is_some_and(|v| !fits(v)))
    };
    if let Some((row, _)) = bad().next() {
        let rows = bad().count() as u64;
        let message = format!(
            "{} more than {precision} digits",
            counted(rows, "has", "have")
        );
        found(
            "decimal-overflow",
            path,
            rows,
            first_row.map(|r| r + row as u64),
            message,
            report,
        );
    }
}

/// A number of values with the verb that goes with it.
fn counted(values: u64, one: &str, many: &str) -> String {
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
