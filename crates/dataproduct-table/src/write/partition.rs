//! Splitting rows by the values of the partition columns, and writing those values down.

use std::collections::HashMap;
use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, UInt32Array, new_null_array};
use arrow_cast::CastOptions;
use arrow_row::{RowConverter, SortField};
use arrow_schema::DataType;
use arrow_select::take::take_record_batch;
use chrono::{DateTime, NaiveDate};

use super::scope::PartitionValues;
use crate::error::{Error, Result};
use crate::schema::TableSchema;

/// The folder name of a null.
const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";

/// Longest part of a value that goes into a folder name; the log holds the value itself.
const FOLDER_VALUE_BYTES: usize = 120;

/// The rows of one partition, without the partition columns.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) values: PartitionValues,
    pub(crate) rows: RecordBatch,
}

/// Splits a batch in the table's schema. Partitions come in the order of their first rows, rows keep theirs.
pub(crate) fn split(batch: &RecordBatch, schema: &TableSchema) -> Result<Vec<Part>> {
    let failed =
        |error: arrow_schema::ArrowError| Error::encoding("splitting rows by partition", error);
    let stored: Vec<usize> = (0..batch.num_columns())
        .filter(|index| {
            !schema
                .partition_by
                .contains(batch.schema_ref().field(*index).name())
        })
        .collect();
    let rows = batch.project(&stored).map_err(failed)?;
    if schema.partition_by.is_empty() {
        return Ok(vec![Part {
            values: PartitionValues::new(),
            rows,
        }]);
    }
    let mut columns = Vec::with_capacity(schema.partition_by.len());
    for name in &schema.partition_by {
        let field = schema.arrow.field_with_name(name).map_err(failed)?;
        let column = batch
            .column_by_name(name)
            .ok_or_else(|| Error::SchemaMismatch {
                reason: format!("partition column `{name}` is missing"),
            })?;
        columns.push(crate::schema::read_as(column, field.data_type(), name)?);
    }
    let fields = columns
        .iter()
        .map(|column| SortField::new(column.data_type().clone()))
        .collect();
    let converter = RowConverter::new(fields).map_err(failed)?;
    let keys = converter.convert_columns(&columns).map_err(failed)?;
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let mut known: HashMap<&[u8], usize> = HashMap::new();
    let mut last: Option<(&[u8], usize)> = None;
    let bytes: Vec<_> = keys.iter().collect();
    for (row, key) in bytes.iter().enumerate() {
        let key: &[u8] = key.as_ref();
        let group = match last {
            // Neighbours mostly lie in one partition.
            Some((before, group)) if before == key => group,
            _ => *known.entry(key).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            }),
        };
        last = Some((key, group));
        groups[group].push(u32::try_from(row).unwrap_or(u32::MAX));
    }
    let whole = groups.len() == 1;
    let mut parts = Vec::with_capacity(groups.len());
    for group in groups {
        let Some(&first) = group.first() else {
            continue;
        };
        let mut values = PartitionValues::new();
        for (name, column) in schema.partition_by.iter().zip(&columns) {
            values.insert(name.clone(), value_text(column, first as usize, name)?);
        }
        let rows = match whole {
            true => rows.clone(),
            false => take_record_batch(&rows, &UInt32Array::from(group)).map_err(failed)?,
        };
        parts.push(Part { values, rows });
    }
    Ok(parts)
}

/// One value as the log writes it; `None` for null.
///
/// # Source
///
/// Delta transaction log protocol, "Partition Value Serialization".
pub(crate) fn value_text(column: &ArrayRef, row: usize, name: &str) -> Result<Option<String>> {
    if column.is_null(row) {
        return Ok(None);
    }
    let text = match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Int8 => column.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => column.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => float_text(
            f64::from(column.as_primitive::<Float32Type>().value(row)),
            || column.as_primitive::<Float32Type>().value(row).to_string(),
        ),
        DataType::Float64 => {
            let value = column.as_primitive::<Float64Type>().value(row);
            float_text(value, || value.to_string())
        }
        DataType::Decimal128(..) => column.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Date32 => date_text(column.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(_, zone) => {
            let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
            timestamp_text(micros, zone.is_some())
        }
        other => {
            return Err(Error::Unsupported {
                what: format!("partition column `{name}` of type {other}"),
            });
        }
    };
    if text.is_empty() {
        return Err(Error::SchemaMismatch {
            reason: format!(
                "partition column `{name}` holds an empty text, which Delta cannot tell from null"
            ),
        });
    }
    Ok(Some(text))
}

fn float_text(value: f64, finite: impl FnOnce() -> String) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ => finite(),
    }
}

pub(crate) fn date_text(days: i32) -> String {
    let epoch = NaiveDate::default();
    let date = epoch.checked_add_signed(chrono::TimeDelta::days(i64::from(days)));
    date.map_or_else(
        || days.to_string(),
        |date| date.format("%Y-%m-%d").to_string(),
    )
}

fn timestamp_text(micros: i64, utc: bool) -> String {
    let format = if utc {
        "%Y-%m-%dT%H:%M:%S%.6fZ"
    } else {
        "%Y-%m-%d %H:%M:%S%.6f"
    };
    DateTime::from_timestamp_micros(micros).map_or_else(
        || micros.to_string(),
        |instant| instant.format(format).to_string(),
    )
}

/// A column of `rows` equal values, read back from the log.
pub(crate) fn constant_column(
    value: Option<&str>,
    data_type: &DataType,
    rows: usize,
    name: &str,
) -> Result<ArrayRef> {
    match value.filter(|text| !text.is_empty()) {
        Some(text) => repeated(text, data_type, rows, name),
        None => Ok(new_null_array(data_type, rows)),
    }
}

/// A column of `rows` equal values, none of them null, from the text of one.
pub(crate) fn repeated(
    text: &str,
    data_type: &DataType,
    rows: usize,
    name: &str,
) -> Result<ArrayRef> {
    let one: ArrayRef = std::sync::Arc::new(StringArray::from(vec![text]));
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let damaged = |error: arrow_schema::ArrowError| {
        Error::damaged(
            format!("the value that the log has for column `{name}`"),
            error,
        )
    };
    let scalar = arrow_cast::cast_with_options(&one, data_type, &options).map_err(damaged)?;
    let places = UInt32Array::from_value(0, rows);
    arrow_select::take::take(&scalar, &places, None).map_err(damaged)
}

/// The folder of a partition, `column=value/`, escaped so that it is a plain path on every store.
pub(crate) fn folder(values: &PartitionValues, order: &[String]) -> String {
    let mut folder = String::new();
    for column in order {
        escape(column, &mut folder);
        folder.push('=');
        match values.get(column).and_then(Option::as_deref) {
            Some(value) => escape(value, &mut folder),
            None => folder.push_str(NULL_FOLDER),
        }
        folder.push('/');
    }
    folder
}

fn escape(text: &str, into: &mut String) {
    for (at, byte) in text.bytes().enumerate() {
        if at == FOLDER_VALUE_BYTES {
            // The name is for people; two long values may share a folder, as file names are unique anyway.
            into.push('~');
            break;
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            into.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

/// A stored path as the log writes it: percent-encoded as a URI.
pub(crate) fn encode_path(path: &str) -> String {
    path.replace('%', "%25")
}

/// The stored path of a path in the log.
pub(crate) fn decode_path(path: &str) -> Result<String> {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| path.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).map_err(|_| Error::damaged(path, "the path is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_plain_paths() {
        #[track_caller]
        fn check(value: Option<&str>, expect: &str) {
            let values = PartitionValues::from([("a b".to_owned(), value.map(str::to_owned))]);
            let folder = folder(&values, &["a b".to_owned()]);
            assert_eq!(folder, expect);
            assert_eq!(decode_path(&encode_path(&folder)).unwrap(), folder);
        }
        check(Some("NO"), "a%20b=NO/");
        check(None, "a%20b=__HIVE_DEFAULT_PARTITION__/");
        check(Some("x/../y"), "a%20b=x%2F..%2Fy/");
        check(Some("å"), "a%20b=%C3%A5/");
        check(
            Some(&"x".repeat(300)),
            &format!("a%20b={}~/", "x".repeat(120)),
        );
    }

    #[test]
    fn values_survive_the_log() {
        use std::sync::Arc;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec!["a b"])),
            Arc::new(arrow_array::BooleanArray::from(vec![true])),
            Arc::new(arrow_array::Int8Array::from(vec![-128])),
            Arc::new(arrow_array::Int64Array::from(vec![i64::MIN])),
            Arc::new(arrow_array::Float64Array::from(vec![0.1])),
            Arc::new(arrow_array::Float32Array::from(vec![-1.5e30])),
            Arc::new(arrow_array::Date32Array::from(vec![-1])),
            Arc::new(
                arrow_array::Decimal128Array::from(vec![-12345])
                    .with_precision_and_scale(10, 3)
                    .unwrap(),
            ),
            Arc::new(arrow_array::TimestampMicrosecondArray::from(vec![-1]).with_timezone("UTC")),
            Arc::new(arrow_array::TimestampMicrosecondArray::from(vec![
                1_700_000_000_123_456,
            ])),
        ];
        for column in columns {
            let text = value_text(&column, 0, "c").unwrap().unwrap();
            let back = constant_column(Some(&text), column.data_type(), 1, "c").unwrap();
            assert_eq!(&back, &column, "{text}");
        }
        assert!(
            constant_column(None, &DataType::Int64, 2, "c")
                .unwrap()
                .is_null(1)
        );
        assert!(constant_column(Some("x"), &DataType::Int64, 2, "c").is_err());
    }
}
