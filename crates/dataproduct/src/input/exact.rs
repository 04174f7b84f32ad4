//! Numbers and instants from their text, exactly or not at all.
//!
//! The readers of text formats round what they cannot hold: `1.7` becomes 1, `12.349` becomes 12.34. So
//! such columns are read as text, and turned into their type here, where anything beyond it is an error.
//! Bytes are base64 text, as the JSON Schema of a row says.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, ListArray, MapArray, StringArray, StructArray};
use arrow_cast::base64::{BASE64_STANDARD, Engine as _};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field, FieldRef, Fields, TimeUnit};

/// The type to read a column of a text format into: text for what is turned exactly afterwards, and
/// for dictionaries, which the gate builds. Whether a value may be missing is the gate's to say too.
pub(super) fn readable(field: &Field) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Dictionary(_, value) => value.as_ref().clone(),
        data_type if is_exact(data_type) || *data_type == DataType::Binary => DataType::Utf8,
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|f| readable(f)).collect::<Fields>())
        }
        DataType::List(element) => DataType::List(readable(element)),
        DataType::Map(entries, sorted) => {
            let DataType::Struct(fields) = entries.data_type() else {
                return Arc::new(field.clone());
            };
            let parts: Fields = fields
                .iter()
                .enumerate()
                // The keys of a map are never null in Arrow.
                .map(|(i, f)| Arc::new(readable(f).as_ref().clone().with_nullable(i != 0)))
                .collect();
            let entries = entries
                .as_ref()
                .clone()
                .with_data_type(DataType::Struct(parts));
            DataType::Map(Arc::new(entries), *sorted)
        }
        other => other.clone(),
    };
    Arc::new(field.clone().with_data_type(data_type).with_nullable(true))
}

fn is_exact(data_type: &DataType) -> bool {
    data_type.is_integer()
        || matches!(
            data_type,
            DataType::Decimal128(..) | DataType::Timestamp(TimeUnit::Microsecond, _)
        )
}

/// A column that was read as [`readable`] says, in its own type; what is wrong with the first value
/// that is not exactly one of it.
pub(super) fn exact(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, String> {
    match target {
        data_type if is_exact(data_type) => {
            let texts = array.as_string::<i32>();
            check(texts, data_type)?;
            let options = CastOptions {
                safe: false,
                ..CastOptions::default()
            };
            cast_with_options(array, data_type, &options).map_err(|error| error.to_string())
        }
        DataType::Binary => {
            let texts = array.as_string::<i32>().iter();
            let bytes = texts.map(|text| text.map(|text| BASE64_STANDARD.decode(text)).transpose());
            bytes
                .collect::<Result<BinaryArray, _>>()
                .map(|bytes| Arc::new(bytes) as ArrayRef)
                .map_err(|error| format!("bytes are base64 text: {error}"))
        }
        DataType::Struct(fields) => {
            let array = array.as_struct();
            let columns = array
                .columns()
                .iter()
                .zip(fields)
                .map(|(child, field)| within(field.name(), exact(child, field.data_type())))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Arc::new(rebuilt(array, columns)?))
        }
        DataType::List(element) => {
            let array = array.as_list::<i32>();
            let values = within("element", exact(array.values(), element.data_type()))?;
            let field = Field::new(element.name(), values.data_type().clone(), true);
            ListArray::try_new(
                Arc::new(field),
                array.offsets().clone(),
                values,
                array.nulls().cloned(),
            )
            .map(|list| Arc::new(list) as ArrayRef)
            .map_err(|error| error.to_string())
        }
        DataType::Map(entries, sorted) => {
            let array = array.as_map();
            let DataType::Struct(fields) = entries.data_type() else {
                return Err("a map without entries".to_owned());
            };
            let parts = [array.keys(), array.values()].into_iter().zip(fields);
            let parts = parts
                .map(|(part, field)| within(field.name(), exact(part, field.data_type())))
                .collect::<Result<Vec<_>, _>>()?;
            let parts = rebuilt(array.entries(), parts)?;
            let field = entries
                .as_ref()
                .clone()
                .with_data_type(parts.data_type().clone());
            let (offsets, nulls) = (array.offsets().clone(), array.nulls().cloned());
            MapArray::try_new(Arc::new(field), offsets, parts, nulls, *sorted)
                .map(|map| Arc::new(map) as ArrayRef)
                .map_err(|error| error.to_string())
        }
        _ => Ok(Arc::clone(array)),
    }
}

fn within<T>(name: &str, result: Result<T, String>) -> Result<T, String> {
    result.map_err(|reason| format!("{name}: {reason}"))
}

/// The struct with other columns in the place of its own.
fn rebuilt(array: &StructArray, columns: Vec<ArrayRef>) -> Result<StructArray, String> {
    let fields: Fields = array
        .fields()
        .iter()
        .zip(&columns)
        .map(|(field, column)| {
            field
                .as_ref()
                .clone()
                .with_data_type(column.data_type().clone())
        })
        .collect();
    StructArray::try_new_with_length(fields, columns, array.nulls().cloned(), array.len())
        .map_err(|error| error.to_string())
}

/// Refuses digits that the type would drop and zones that it would lose.
fn check(texts: &StringArray, data_type: &DataType) -> Result<(), String> {
    for (row, text) in texts.iter().enumerate() {
        let Some(text) = text else { continue };
        let lost = match data_type {
            DataType::Decimal128(_, scale) => {
                decimal_fault(text, usize::try_from(*scale).unwrap_or(0))
            }
            DataType::Timestamp(_, zone) => instant_fault(text, zone.is_some()),
            _ => None,
        };
        if let Some(fault) = lost {
            let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
            return Err(format!("`{shown}` in row {row} of the batch {fault}"));
        }
    }
    Ok(())
}

fn decimal_fault(text: &str, scale: usize) -> Option<&'static str> {
    if text.contains(['e', 'E']) {
        return Some("has an exponent; write the number out");
    }
    let digits = text.trim().split_once('.')?.1;
    let beyond = digits.get(scale..).unwrap_or_default();
    beyond
        .bytes()
        .any(|digit| digit != b'0')
        .then_some("has more digits after the point than the column")
}

fn instant_fault(text: &str, has_zone: bool) -> Option<&'static str> {
    let text = text.trim();
    // The date has hyphens of its own; what comes after it has one only in an offset.
    let time = text.get(10..).unwrap_or_default();
    if !has_zone && time.contains(['Z', 'z', '+', '-']) {
        return Some("has a zone and the column has none");
    }
    let fraction = time.split_once('.')?.1;
    let digits = fraction
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap_or_default();
    let beyond = digits.get(6..).unwrap_or_default();
    beyond
        .bytes()
        .any(|digit| digit != b'0')
        .then_some("is finer than a microsecond")
}
