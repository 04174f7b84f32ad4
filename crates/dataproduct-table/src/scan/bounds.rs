//! The bounds that files, row groups and pages carry, as values to prune by.

use std::collections::HashMap;

use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::prune::{Known, Pages};
use crate::log::action::{Add, TAG_SHA256};
use crate::schema::TableSchema;
use crate::schema::delta::{DEFAULT, TYPE_CHANGES};
use crate::value::Value;
use crate::write::partition::repeated;

/// Decimals of so many digits come out of a float of 64 bits as they went in.
const FLOAT_DIGITS: u8 = 15;

/// A file's statistics in the log. Values stay as text until a predicate asks for them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FileStats<'a> {
    num_records: Option<u64>,
    #[serde(borrow)]
    min_values: Option<HashMap<String, &'a RawValue>>,
    #[serde(borrow)]
    max_values: Option<HashMap<String, &'a RawValue>>,
    #[serde(borrow)]
    null_count: Option<HashMap<String, &'a RawValue>>,
}

/// What the log says of a file.
pub(crate) struct FileBounds<'a> {
    add: &'a Add,
    schema: &'a TableSchema,
    stats: FileStats<'a>,
}

impl<'a> FileBounds<'a> {
    pub(crate) fn of(add: &'a Add, schema: &'a TableSchema) -> Self {
        // Statistics only help to skip: what cannot be read counts as not there.
        let stats = add
            .stats
            .as_deref()
            .and_then(|stats| serde_json::from_str(stats).ok());
        Self {
            add,
            schema,
            stats: stats.unwrap_or_default(),
        }
    }

    pub(crate) fn known(&self, column: &str) -> Option<Known> {
        let field = self.schema.arrow.field_with_name(column).ok()?;
        if self
            .schema
            .partition_by
            .iter()
            .any(|partition| partition == column)
        {
            let text = self
                .add
                .partition_values
                .get(column)
                .and_then(Option::as_deref);
            return match text.filter(|text| !text.is_empty()) {
                None => Some(Known::all_null()),
                Some(text) => value_of_text(text, field.data_type(), column).map(Known::constant),
            };
        }
        // The text of a narrow number that was widened since may be that of a slightly other wide one: both count.
        let widened =
            field.metadata().contains_key(TYPE_CHANGES) && *field.data_type() == DataType::Float64;
        // Our own writer keeps all digits of a decimal. Others may have passed it through a float, which rounds.
        let is_ours = self.add.tag(TAG_SHA256).is_some();
        let is_rounded = !is_ours
            && matches!(field.data_type(), DataType::Decimal128(precision, _) if *precision > FLOAT_DIGITS);
        let bound = |values: &Option<HashMap<String, &RawValue>>, outer: fn(f64, f64) -> f64| {
            if is_rounded {
                return None;
            }
            let raw = values.as_ref()?.get(column)?;
            let value = json_value(raw.get(), field.data_type())?;
            match (
                value,
                widened.then(|| json_value(raw.get(), &DataType::Float32)),
            ) {
                (Value::Float(wide), Some(Some(Value::Float(narrow)))) => {
                    Some(Value::Float(outer(wide, narrow)))
                }
                (value, None) => Some(value),
                (_, Some(_)) => None,
            }
        };
        let nulls = self
            .stats
            .null_count
            .as_ref()
            .and_then(|counts| counts.get(column));
        let nulls: Option<u64> = nulls.and_then(|nulls| nulls.get().parse().ok());
        if field.metadata().contains_key(DEFAULT) && nulls == self.stats.num_records {
            // The file may be one without the column, in which all rows have the default.
            return None;
        }
        let mut max = bound(&self.stats.max_values, f64::max);
        if let (Some(Value::Integer(micros)), DataType::Timestamp(..)) =
            (&mut max, field.data_type())
        {
            // The log's instants may be cut to the millisecond: up to 999 microseconds are missing.
            *micros += 999;
        }
        Some(Known {
            min: bound(&self.stats.min_values, f64::min),
            // Our own writer gives floats an upper bound only when there is no NaN; of others that is not known.
            nan_free: max.is_some() && is_ours,
            max,
            nulls,
            rows: self.stats.num_records,
        })
    }

    /// Whether a float column certainly has no NaN in this file.
    pub(crate) fn nan_free(&self, column: &str) -> bool {
        self.known(column).is_some_and(|known| known.nan_free)
    }
}

/// The value of which the log has the text.
pub(crate) fn value_of_text(text: &str, data_type: &DataType, column: &str) -> Option<Value> {
    match data_type {
        DataType::Utf8 => Some(Value::Bytes(text.as_bytes().to_vec())),
        _ => {
            let array = repeated(text, data_type, 1, column).ok()?;
            value_of(&array)
        }
    }
}

fn value_of(array: &arrow_array::ArrayRef) -> Option<Value> {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type};
    let integer = |value: i64| Some(Value::Integer(i128::from(value)));
    match array.data_type() {
        DataType::Boolean => Some(Value::Boolean(array.as_boolean().value(0))),
        DataType::Float32 => Some(Value::Float(f64::from(
            array.as_primitive::<Float32Type>().value(0),
        ))),
        DataType::Float64 => Some(Value::Float(array.as_primitive::<Float64Type>().value(0))),
        DataType::Decimal128(..) => Some(Value::Integer(
            array.as_primitive::<Decimal128Type>().value(0),
        )),
        DataType::Date32 => {
            let days = arrow_cast::cast(array, &DataType::Int32).ok()?;
            integer(i64::from(days.as_primitive::<Int32Type>().value(0)))
        }
        _ => {
            let wide = arrow_cast::cast(array, &DataType::Int64).ok()?;
            integer(wide.as_primitive::<Int64Type>().value(0))
        }
    }
}

/// Reads a value of the statistics JSON.
fn json_value(raw: &str, data_type: &DataType) -> Option<Value> {
    let text = || serde_json::from_str::<String>(raw).ok();
    match data_type {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            raw.parse().ok().map(Value::Integer)
        }
        // Others may write the shortest text of the narrow number, which is not the text of the same wide number.
        DataType::Float32 => {
            let narrow: f32 = raw.parse().ok()?;
            Some(Value::Float(f64::from(narrow)))
        }
        DataType::Float64 => raw.parse().ok().map(Value::Float),
        DataType::Utf8 => text().map(|text| Value::Bytes(text.into_bytes())),
        DataType::Boolean => raw.parse().ok().map(Value::Boolean),
        DataType::Date32 => {
            let date: NaiveDate = text()?.parse().ok()?;
            let days = date.signed_duration_since(NaiveDate::default()).num_days();
            Some(Value::Integer(i128::from(days)))
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let text = text()?;
            let micros = if zone.is_some() {
                DateTime::parse_from_rfc3339(&text).ok()?.timestamp_micros()
            } else {
                text.parse::<NaiveDateTime>()
                    .ok()?
                    .and_utc()
                    .timestamp_micros()
            };
            Some(Value::Integer(i128::from(micros)))
        }
        DataType::Decimal128(_, scale) => decimal_value(raw, usize::try_from(*scale).ok()?),
        _ => None,
    }
}

/// Reads a plain decimal number exactly. One with an exponent is not read: it went through a float.
fn decimal_value(raw: &str, scale: usize) -> Option<Value> {
    let (sign, digits) = match raw.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, raw),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = if part.len() > scale {
        part.trim_end_matches('0')
    } else {
        part
    };
    if part.len() > scale
        || !part
            .bytes()
            .chain(whole.bytes())
            .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let unscaled: i128 = format!("{whole}{part:0<scale$}").parse().ok()?;
    Some(Value::Integer(sign * unscaled))
}

/// Whether the stored bounds of a file's column mean the same as the table's values: same units, perhaps narrower.
pub(crate) fn comparable(stored: &DataType, table: &DataType) -> bool {
    use DataType as D;
    let stored = match stored {
        D::Dictionary(_, values) => values.as_ref(),
        stored => stored,
    };
    match (stored, table) {
        (D::LargeUtf8 | D::Utf8View, D::Utf8) | (D::LargeBinary | D::BinaryView, D::Binary) => true,
        (
            D::Timestamp(TimeUnit::Microsecond, stored),
            D::Timestamp(TimeUnit::Microsecond, table),
        ) => stored.is_some() == table.is_some(),
        (D::Int8, D::Int16 | D::Int32 | D::Int64)
        | (D::Int16, D::Int32 | D::Int64)
        | (D::Int32, D::Int64)
        | (D::Float32, D::Float64) => true,
        (D::Decimal128(_, stored), D::Decimal128(_, table)) => stored == table,
        _ => stored == table && !table.is_nested(),
    }
}

fn bytes_value(bytes: &[u8], data_type: &DataType) -> Option<Value> {
    match data_type {
        DataType::Decimal128(..) => {
            let first = bytes.first()?;
            let mut wide = [if first & 0x80 == 0 { 0 } else { 0xff }; 16];
            wide.get_mut(16_usize.checked_sub(bytes.len())?..)?
                .copy_from_slice(bytes);
            Some(Value::Integer(i128::from_be_bytes(wide)))
        }
        _ => Some(Value::Bytes(bytes.to_vec())),
    }
}

/// What a row group's statistics say of a leaf column.
pub(crate) fn of_row_group(
    group: &RowGroupMetaData,
    leaf: usize,
    data_type: &DataType,
    nan_free: bool,
) -> Option<Known> {
    let stats = group.column(leaf).statistics()?;
    let integer = |value: i64| Value::Integer(i128::from(value));
    let (min, max) = match stats {
        Statistics::Boolean(stats) => (
            stats.min_opt().map(|v| Value::Boolean(*v)),
            stats.max_opt().map(|v| Value::Boolean(*v)),
        ),
        Statistics::Int32(stats) => (
            stats.min_opt().map(|v| integer(i64::from(*v))),
            stats.max_opt().map(|v| integer(i64::from(*v))),
        ),
        Statistics::Int64(stats) => (
            stats.min_opt().map(|v| integer(*v)),
            stats.max_opt().map(|v| integer(*v)),
        ),
        Statistics::Float(stats) => (
            stats.min_opt().map(|v| Value::Float(f64::from(*v))),
            stats.max_opt().map(|v| Value::Float(f64::from(*v))),
        ),
        Statistics::Double(stats) => (
            stats.min_opt().map(|v| Value::Float(*v)),
            stats.max_opt().map(|v| Value::Float(*v)),
        ),
        // Old writers ordered bytes as if they were signed, and said so by leaving the order out.
        Statistics::ByteArray(_) | Statistics::FixedLenByteArray(_)
            if stats.is_min_max_deprecated() =>
        {
            (None, None)
        }
        Statistics::ByteArray(_) | Statistics::FixedLenByteArray(_) => (
            stats
                .min_bytes_opt()
                .and_then(|bytes| bytes_value(bytes, data_type)),
            stats
                .max_bytes_opt()
                .and_then(|bytes| bytes_value(bytes, data_type)),
        ),
        Statistics::Int96(_) => (None, None),
    };
    Some(Known {
        min,
        max,
        nulls: stats.null_count_opt(),
        rows: u64::try_from(group.num_rows()).ok(),
        nan_free,
    })
}

/// What the page index says of a leaf column, page by page.
pub(crate) fn of_pages(
    metadata: &ParquetMetaData,
    group: usize,
    leaf: usize,
    data_type: &DataType,
    nan_free: bool,
) -> Option<Pages> {
    let index = metadata.column_index()?.get(group)?.get(leaf)?;
    let locations = metadata
        .offset_index()?
        .get(group)?
        .get(leaf)?
        .page_locations();
    let rows = usize::try_from(metadata.row_group(group).num_rows()).ok()?;
    if matches!(index, ColumnIndexMetaData::NONE) {
        // The writer left the bounds out, as they are for a column with a NaN alone in a page.
        return None;
    }
    if usize::try_from(index.num_pages()).ok()? != locations.len() {
        return None;
    }
    let integer = |value: i64| Value::Integer(i128::from(value));
    let bounds = |page: usize| match index {
        ColumnIndexMetaData::BOOLEAN(index) => (
            index.min_value(page).map(|v| Value::Boolean(*v)),
            index.max_value(page).map(|v| Value::Boolean(*v)),
        ),
        ColumnIndexMetaData::INT32(index) => (
            index.min_value(page).map(|v| integer(i64::from(*v))),
            index.max_value(page).map(|v| integer(i64::from(*v))),
        ),
        ColumnIndexMetaData::INT64(index) => (
            index.min_value(page).map(|v| integer(*v)),
            index.max_value(page).map(|v| integer(*v)),
        ),
        ColumnIndexMetaData::FLOAT(index) => (
            index.min_value(page).map(|v| Value::Float(f64::from(*v))),
            index.max_value(page).map(|v| Value::Float(f64::from(*v))),
        ),
        ColumnIndexMetaData::DOUBLE(index) => (
            index.min_value(page).map(|v| Value::Float(*v)),
            index.max_value(page).map(|v| Value::Float(*v)),
        ),
        ColumnIndexMetaData::BYTE_ARRAY(index)
        | ColumnIndexMetaData::FIXED_LEN_BYTE_ARRAY(index) => (
            index
                .min_value(page)
                .and_then(|bytes| bytes_value(bytes, data_type)),
            index
                .max_value(page)
                .and_then(|bytes| bytes_value(bytes, data_type)),
        ),
        ColumnIndexMetaData::NONE | ColumnIndexMetaData::INT96(_) => (None, None),
    };
    let mut pages = Vec::with_capacity(locations.len());
    for (page, location) in locations.iter().enumerate() {
        let start = usize::try_from(location.first_row_index).ok()?;
        let end = match locations.get(page + 1) {
            Some(next) => usize::try_from(next.first_row_index).ok()?,
            None => rows,
        };
        if start > end || end > rows {
            return None;
        }
        let (min, max) = bounds(page);
        let count = (end - start) as u64;
        let nulls = match index.is_null_page(page) {
            true => Some(count),
            false => index
                .null_count(page)
                .and_then(|nulls| u64::try_from(nulls).ok()),
        };
        pages.push((
            start..end,
            Known {
                min,
                max,
                nulls,
                rows: Some(count),
                nan_free,
            },
        ));
    }
    Some(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_narrow_float_is_read_as_one() {
        let narrow = json_value("0.1", &DataType::Float32);
        assert_eq!(narrow, Some(Value::Float(f64::from(0.1_f32))));
        assert_eq!(
            json_value("0.1", &DataType::Float64),
            Some(Value::Float(0.1))
        );
    }
}
