//! A file's statistics for the log, taken from those that the Parquet encoder computed anyway.
//!
//! Bounds may be wider than the values but never narrower: texts are cut (the upper bound rounded up), instants
//! are widened to the millisecond that readers expect, and a column that may hold a NaN has no upper bound,
//! because a NaN counts as greater than every number.
//!
//! # Source
//!
//! Delta transaction log protocol, "Per-file Statistics".

use std::cmp::Ordering;
use std::fmt::Write as _;

use arrow_schema::{DataType, Fields};
use chrono::DateTime;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;

use super::encode::ColumnNotes;
use super::partition::date_text;

/// One bound of a column, in the order in which values compare.
#[derive(Debug, Clone, PartialEq)]
enum Bound {
    Integer(i128),
    Float(f64),
    Bytes(Vec<u8>),
}

impl Bound {
    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
struct LeafStats {
    min: Option<Bound>,
    max: Option<Bound>,
    nulls: Option<u64>,
}

/// The statistics of a data file as the JSON text that the log holds.
///
/// `notes` are those of the top-level columns, added up over all row groups; `indexed` is how many leading leaf
/// columns get statistics.
pub(crate) fn to_json(
    fields: &Fields,
    metadata: &ParquetMetaData,
    notes: &[ColumnNotes],
    indexed: usize,
) -> String {
    let rows = metadata.file_metadata().num_rows();
    let mut walk = Walk {
        groups: metadata.row_groups(),
        leaf: 0,
        indexed,
    };
    let mut objects = Objects::default();
    for (field, notes) in fields.iter().zip(notes) {
        walk.column(field.name(), field.data_type(), Some(notes), &mut objects);
    }
    format!(
        "{{\"numRecords\":{rows},\"minValues\":{{{}}},\"maxValues\":{{{}}},\"nullCount\":{{{}}}}}",
        objects.min, objects.max, objects.nulls
    )
}

/// The inner texts of the three objects being built side by side.
#[derive(Debug, Default)]
struct Objects {
    min: String,
    max: String,
    nulls: String,
}

fn member(into: &mut String, name: &str, value: &str) {
    if !into.is_empty() {
        into.push(',');
    }
    let _ = write!(into, "{}:{value}", json_text(name));
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

struct Walk<'a> {
    groups: &'a [RowGroupMetaData],
    leaf: usize,
    indexed: usize,
}

impl Walk<'_> {
    /// Adds a column's members. `notes` are there for top-level columns only.
    fn column(
        &mut self,
        name: &str,
        data_type: &DataType,
        notes: Option<&ColumnNotes>,
        into: &mut Objects,
    ) {
        match data_type {
            DataType::Struct(fields) => {
                let mut inner = Objects::default();
                for field in fields {
                    self.column(field.name(), field.data_type(), None, &mut inner);
                }
                let all = [
                    (&mut into.min, inner.min),
                    (&mut into.max, inner.max),
                    (&mut into.nulls, inner.nulls),
                ];
                for (object, members) in all {
                    if !members.is_empty() {
                        member(object, name, &format!("{{{members}}}"));
                    }
                }
            }
            DataType::List(_) | DataType::Map(..) => {
                let within = self.leaf < self.indexed;
                self.leaf += leaves(data_type);
                // Parquet counts the nulls among the items; those of the list itself are known at the top only.
                if let Some(notes) = notes.filter(|_| within) {
                    member(&mut into.nulls, name, &notes.nulls.to_string());
                }
            }
            _ => {
                let leaf = self.leaf;
                self.leaf += 1;
                if leaf < self.indexed {
                    self.leaf_column(name, leaf, data_type, notes, into);
                }
            }
        }
    }

    fn leaf_column(
        &self,
        name: &str,
        leaf: usize,
        data_type: &DataType,
        notes: Option<&ColumnNotes>,
        into: &mut Objects,
    ) {
        let stats = collect(self.groups, leaf, data_type);
        if let Some(nulls) = stats.nulls {
            member(&mut into.nulls, name, &nulls.to_string());
        }
        let is_float = matches!(data_type, DataType::Float32 | DataType::Float64);
        let bounded_above = !is_float || notes.is_some_and(|notes| !notes.may_have_nan);
        if let Some(min) = stats.min.and_then(|min| bound_json(&min, data_type, false)) {
            member(&mut into.min, name, &min);
        }
        if let Some(max) = stats
            .max
            .filter(|_| bounded_above)
            .and_then(|max| bound_json(&max, data_type, true))
        {
            member(&mut into.max, name, &max);
        }
    }
}

fn leaves(data_type: &DataType) -> usize {
    match data_type {
        DataType::List(item) | DataType::Map(item, _) => leaves(item.data_type()),
        DataType::Struct(fields) => fields.iter().map(|field| leaves(field.data_type())).sum(),
        _ => 1,
    }
}

fn collect(groups: &[RowGroupMetaData], leaf: usize, data_type: &DataType) -> LeafStats {
    let mut all = LeafStats {
        nulls: Some(0),
        ..LeafStats::default()
    };
    let mut bounded = true;
    for group in groups {
        let Some(stats) = group.column(leaf).statistics() else {
            return LeafStats::default();
        };
        let nulls = stats.null_count_opt();
        all.nulls = all.nulls.zip(nulls).map(|(sum, nulls)| sum + nulls);
        match bounds(stats, data_type) {
            Some((min, max)) => {
                widen(&mut all.min, min, Ordering::Less);
                widen(&mut all.max, max, Ordering::Greater);
            }
            // A group of nulls alone has no bounds and needs none.
            None => bounded &= nulls == u64::try_from(group.num_rows()).ok(),
        }
    }
    if !bounded {
        (all.min, all.max) = (None, None);
    }
    all
}

fn widen(bound: &mut Option<Bound>, other: Bound, keep: Ordering) {
    let replace = bound
        .as_ref()
        .is_none_or(|bound| other.compare(bound) == Some(keep));
    if replace {
        *bound = Some(other);
    }
}

fn bounds(stats: &Statistics, data_type: &DataType) -> Option<(Bound, Bound)> {
    let decimal = matches!(data_type, DataType::Decimal128(..));
    let bytes = |bytes: &[u8]| match decimal {
        true => big_endian(bytes).map(Bound::Integer),
        false => Some(Bound::Bytes(bytes.to_vec())),
    };
    let integer = |value: i128| Some(Bound::Integer(value));
    let pair = |min: Option<Bound>, max: Option<Bound>| Some((min?, max?));
    match stats {
        Statistics::Int32(stats) => pair(
            stats.min_opt().and_then(|v| integer(i128::from(*v))),
            stats.max_opt().and_then(|v| integer(i128::from(*v))),
        ),
        Statistics::Int64(stats) => pair(
            stats.min_opt().and_then(|v| integer(i128::from(*v))),
            stats.max_opt().and_then(|v| integer(i128::from(*v))),
        ),
        Statistics::Float(stats) => pair(
            stats.min_opt().map(|v| Bound::Float(f64::from(*v))),
            stats.max_opt().map(|v| Bound::Float(f64::from(*v))),
        ),
        Statistics::Double(stats) => pair(
            stats.min_opt().map(|v| Bound::Float(*v)),
            stats.max_opt().map(|v| Bound::Float(*v)),
        ),
        Statistics::ByteArray(_) | Statistics::FixedLenByteArray(_) => pair(
            stats.min_bytes_opt().and_then(bytes),
            stats.max_bytes_opt().and_then(bytes),
        ),
        Statistics::Boolean(_) | Statistics::Int96(_) => None,
    }
}

fn big_endian(bytes: &[u8]) -> Option<i128> {
    let first = bytes.first()?;
    if bytes.len() > 16 {
        return None;
    }
    let mut wide = [if first & 0x80 == 0 { 0 } else { 0xff }; 16];
    wide[16 - bytes.len()..].copy_from_slice(bytes);
    Some(i128::from_be_bytes(wide))
}

/// A bound as JSON; `None` for types that have none in Delta.
fn bound_json(bound: &Bound, data_type: &DataType, upper: bool) -> Option<String> {
    match (bound, data_type) {
        (
            Bound::Integer(value),
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64,
        ) => Some(value.to_string()),
        (Bound::Integer(days), DataType::Date32) => {
            Some(json_text(&date_text(i32::try_from(*days).ok()?)))
        }
        (Bound::Integer(micros), DataType::Timestamp(_, zone)) => {
            let micros = i64::try_from(*micros).ok()?;
            let millis = if upper {
                micros.div_euclid(1000) + i64::from(micros.rem_euclid(1000) != 0)
            } else {
                micros.div_euclid(1000)
            };
            let format = if zone.is_some() {
                "%Y-%m-%dT%H:%M:%S%.3fZ"
            } else {
                "%Y-%m-%dT%H:%M:%S%.3f"
            };
            Some(json_text(
                &DateTime::from_timestamp_millis(millis)?
                    .format(format)
                    .to_string(),
            ))
        }
        (Bound::Integer(value), DataType::Decimal128(_, scale)) => {
            decimal_text(*value, u32::try_from(*scale).ok()?)
        }
        (Bound::Float(value), DataType::Float32 | DataType::Float64) if value.is_finite() => {
            serde_json::to_string(value).ok()
        }
        (Bound::Bytes(bytes), DataType::Utf8) => Some(json_text(std::str::from_utf8(bytes).ok()?)),
        _ => None,
    }
}

fn decimal_text(value: i128, scale: u32) -> Option<String> {
    let one = 10_u128.checked_pow(scale)?;
    let sign = if value < 0 { "-" } else { "" };
    let (whole, part) = (value.unsigned_abs() / one, value.unsigned_abs() % one);
    Some(match scale {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{part:0width$}", width = scale as usize),
    })
}
