//! Values that break a rule, set right. Only rows that break the rule are touched.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, StringArray};
use arrow_buffer::BooleanBuffer;
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType, SortOptions};
use dataproduct_contract::{Column, Repair, Value};

use crate::encoding;
use crate::failed::Failed;

/// The column with the values of failing rows set right.
pub(crate) fn repaired(
    array: &ArrayRef,
    column: &Column,
    repair: &Repair,
    failing: &Failed,
) -> Result<ArrayRef, String> {
    let Some(mask) = failing.mask() else {
        return Ok(Arc::clone(array));
    };
    let others = match repair {
        Repair::Trim => trimmed(array)?,
        Repair::Default(value) => constant(value, column, array.len())?,
        Repair::Map(pairs) => mapped(array, column, pairs)?,
        // Rows are chosen between, not changed.
        _ => return Ok(Arc::clone(array)),
    };
    put(array, mask, &others)
}

/// The column with other values in some rows.
pub(crate) fn put(
    array: &ArrayRef,
    rows: &BooleanBuffer,
    others: &ArrayRef,
) -> Result<ArrayRef, String> {
    let rows = BooleanArray::new(rows.clone(), None);
    let (plain, others) = (plain(array)?, plain(others)?);
    let zipped = arrow_select::zip::zip(&rows, &others, &plain).map_err(|e| e.to_string())?;
    encoding::encode(&zipped, array.data_type())
}

/// The repairs of one column in the order in which they are tried: what keeps more of a value comes first, so that no
/// default takes the place of a value that only had white space around it.
pub(crate) fn order(repair: &Repair) -> u8 {
    match repair {
        Repair::Trim => 0,
        Repair::Map(_) => 1,
        _ => 2,
    }
}

/// The failing rows whose value is another now.
pub(crate) fn changed(before: &ArrayRef, after: &ArrayRef, failing: &Failed) -> Failed {
    let Some(mask) = failing.mask() else {
        return Failed::none();
    };
    let (Ok(before), Ok(after)) = (plain(before), plain(after)) else {
        return failing.clone();
    };
    let compare = arrow_ord::ord::make_comparator(&before, &after, SortOptions::default());
    let Ok(compare) = compare else {
        return failing.clone();
    };
    Failed::of_rows(before.len(), None, |row| {
        mask.value(row) && compare(row, row) != std::cmp::Ordering::Equal
    })
}

/// Labels as the text that they are.
fn plain(array: &ArrayRef) -> Result<ArrayRef, String> {
    match array.data_type() {
        DataType::Dictionary(_, values) => {
            arrow_cast::cast(array, values).map_err(|error| error.to_string())
        }
        _ => Ok(Arc::clone(array)),
    }
}

/// Text without white space at its ends; null where nothing is left.
fn trimmed(array: &ArrayRef) -> Result<ArrayRef, String> {
    let array = plain(array)?;
    let texts = array
        .as_string_opt::<i32>()
        .ok_or("only text can be trimmed")?;
    let trimmed = texts
        .iter()
        .map(|text| text.map(str::trim).filter(|text| !text.is_empty()));
    Ok(Arc::new(trimmed.collect::<StringArray>()))
}

/// One value in every row.
fn constant(value: &Value, column: &Column, rows: usize) -> Result<ArrayRef, String> {
    let one = of_values(std::slice::from_ref(value), column)?;
    let indices = arrow_array::UInt32Array::from_value(0, rows);
    arrow_select::take::take(&one, &indices, None).map_err(|error| error.to_string())
}

/// Each value by the pairs; those that are in none stay.
fn mapped(array: &ArrayRef, column: &Column, pairs: &[(Value, Value)]) -> Result<ArrayRef, String> {
    // A value that the column cannot hold is one that it never has.
    let held = |(from, _): &&(Value, Value)| of_values(std::slice::from_ref(from), column).is_ok();
    let (from, to): (Vec<Value>, Vec<Value>) = pairs.iter().filter(held).cloned().unzip();
    let (from, to) = (of_values(&from, column)?, of_values(&to, column)?);
    let array = plain(array)?;
    // By a table: a map may have many pairs, and a column many rows.
    let converter = RowConverter::new(vec![SortField::new(array.data_type().clone())]);
    let converter = converter.map_err(|error| error.to_string())?;
    let rows = |array: &ArrayRef| {
        let rows = converter.convert_columns(std::slice::from_ref(array));
        rows.map_err(|error| error.to_string())
    };
    let (values, from) = (rows(&array)?, rows(&from)?);
    let mut pairs = HashMap::with_capacity(from.num_rows());
    for (pair, from) in from.iter().enumerate() {
        pairs.entry(from.data()).or_insert(pair);
    }
    // Place 0 of `interleave` is the column itself, place 1 what the pairs lead to.
    let places: Vec<(usize, usize)> = (0..array.len())
        .map(|row| {
            let pair = pairs.get(values.row(row).data());
            pair.map_or((0, row), |pair| (1, *pair))
        })
        .collect();
    arrow_select::interleave::interleave(&[array.as_ref(), to.as_ref()], &places)
        .map_err(|error| error.to_string())
}

/// Values as an array of the column's type.
fn of_values(values: &[Value], column: &Column) -> Result<ArrayRef, String> {
    let column = column.clone().with_nullable(true);
    let field = column.to_arrow();
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let texts: StringArray = values.iter().map(text).collect();
    if matches!(field.data_type(), DataType::Dictionary(..) | DataType::Utf8) {
        return Ok(Arc::new(texts));
    }
    let options = arrow_cast::CastOptions {
        safe: false,
        ..arrow_cast::CastOptions::default()
    };
    arrow_cast::cast_with_options(&texts, field.data_type(), &options)
        .map_err(|error| format!("a value to repair with is none of the column: {error}"))
}
