//! The bounds of numbers, days and instants, in the units in which they are stored.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use dataproduct_contract::row::{DAY_RANGE, MICROSECOND_RANGE};
use dataproduct_contract::{Column, DataType, Value};

use super::cell::Cell;

const DAY_MICROS: i128 = 86_400_000_000;

/// What a whole number of units stands for: 1 for an integer, a hundredth for a decimal of two digits.
pub(super) fn units(data_type: &DataType) -> i128 {
    match data_type {
        DataType::Decimal { scale, .. } => 10_i128.checked_pow(u32::from(*scale)).unwrap_or(1),
        _ => 1,
    }
}

/// The smallest and the largest value of a type that is stored in whole units.
pub(super) fn type_range(data_type: &DataType) -> Option<(i128, i128)> {
    Some(match data_type {
        DataType::Int8 => (i128::from(i8::MIN), i128::from(i8::MAX)),
        DataType::Int16 => (i128::from(i16::MIN), i128::from(i16::MAX)),
        DataType::Int32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        DataType::Int64 => (i128::from(i64::MIN), i128::from(i64::MAX)),
        DataType::Decimal { precision, .. } => {
            let most = 10_i128.checked_pow(u32::from(*precision))? - 1;
            (-most, most)
        }
        DataType::Date => (i128::from(*DAY_RANGE.start()), i128::from(*DAY_RANGE.end())),
        DataType::Timestamp | DataType::TimestampNtz => (
            i128::from(*MICROSECOND_RANGE.start()),
            i128::from(*MICROSECOND_RANGE.end()),
        ),
        _ => return None,
    })
}

/// A value of a contract as a number of units: the whole one, and whether something is left over above it.
fn scaled(value: &Value, data_type: &DataType) -> Option<(i128, bool)> {
    if let Some(text) = value.as_str() {
        return moment(text, data_type).map(|units| (units, false));
    }
    let units = units(data_type);
    match value.as_i64() {
        Some(whole) => i128::from(whole).checked_mul(units).map(|x| (x, false)),
        None => {
            let exact = value.as_f64()? * units as f64;
            // Hundredths are not exact in binary: what is nearly whole is meant to be.
            let whole = match (exact - exact.round()).abs() < 1e-6 {
                true => exact.round(),
                false => exact.floor(),
            };
            Some((whole as i128, whole < exact - 1e-6))
        }
    }
}

fn moment(text: &str, data_type: &DataType) -> Option<i128> {
    match data_type {
        DataType::Date => {
            let day: NaiveDate = text.parse().ok()?;
            let since = day.signed_duration_since(NaiveDate::default());
            Some(i128::from(since.num_days()))
        }
        DataType::Timestamp => {
            let at = DateTime::parse_from_rfc3339(text).ok()?;
            Some(i128::from(at.timestamp_micros()))
        }
        DataType::TimestampNtz => {
            let at: NaiveDateTime = text.parse().ok()?;
            Some(i128::from(at.and_utc().timestamp_micros()))
        }
        _ => None,
    }
}

/// The values that the limits of a column leave, both ends within; `None` for an end that nothing is said of.
pub(super) fn limits(column: &Column) -> (Option<i128>, Option<i128>) {
    let read = |value: &Option<Value>| scaled(value.as_ref()?, &column.data_type);
    let limits = &column.limits;
    let low = [
        read(&limits.minimum).map(|(whole, rest)| whole + i128::from(rest)),
        read(&limits.exclusive_minimum).map(|(whole, _)| whole + 1),
    ];
    let high = [
        read(&limits.maximum).map(|(whole, _)| whole),
        read(&limits.exclusive_maximum).map(|(whole, rest)| whole - i128::from(!rest)),
    ];
    (
        low.into_iter().flatten().max(),
        high.into_iter().flatten().min(),
    )
}

/// The values to draw from: what the limits leave, and where they leave an end open, values as they are met.
pub(super) fn window(column: &Column, is_key: bool) -> Option<(i128, i128)> {
    let (least, most) = type_range(&column.data_type)?;
    let (low, high) = limits(column);
    let (from, span) = match &column.data_type {
        // The years 2020 to 2025.
        DataType::Date => (18_262, 2_192),
        DataType::Timestamp | DataType::TimestampNtz => (18_262 * DAY_MICROS, 2_192 * DAY_MICROS),
        other => {
            let many = if is_key { 1_000_000 } else { 1_000 };
            (0, units(other).saturating_mul(many))
        }
    };
    let (low, high) = match (low, high) {
        (Some(low), Some(high)) => (low, high),
        (Some(low), None) => (low, low.saturating_add(span).max(from + span)),
        (None, Some(high)) => (high.saturating_sub(span).min(from), high),
        (None, None) => (from, from + span),
    };
    Some((low.clamp(least, most), high.clamp(least, most)))
}

/// The value that a contract writes, in a column of a type.
pub(super) fn cell(value: &Value, data_type: &DataType) -> Option<Cell> {
    Some(match data_type {
        DataType::Boolean => Cell::Boolean(value.as_bool()?),
        DataType::String | DataType::Uuid => Cell::Text(value.as_str()?.to_owned()),
        DataType::Float32 | DataType::Float64 => Cell::Float(value.as_f64()?),
        other => {
            type_range(other)?;
            Cell::Integer(scaled(value, other).filter(|(_, rest)| !rest)?.0)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_in_units_and_within() {
        let decimal = DataType::Decimal {
            precision: 5,
            scale: 2,
        };
        let cases = [
            (
                Column::new("n", DataType::Int8)
                    .with_minimum(3)
                    .with_maximum(9),
                (Some(3), Some(9)),
            ),
            (
                Column::new("n", decimal.clone()).with_minimum(Value::try_from(0.07).unwrap()),
                (Some(7), None),
            ),
            (
                Column::new("n", decimal).with_maximum(Value::try_from(0.075).unwrap()),
                (None, Some(7)),
            ),
            (
                Column::new("n", DataType::Date).with_minimum("1970-01-02"),
                (Some(1), None),
            ),
        ];
        for (column, expect) in cases {
            assert_eq!(limits(&column), expect);
        }
        let mut open = Column::new("n", DataType::Int64);
        open.limits.exclusive_minimum = Some(3.into());
        open.limits.exclusive_maximum = Some(Value::try_from(7.5).unwrap());
        assert_eq!(limits(&open), (Some(4), Some(7)));
    }
}
