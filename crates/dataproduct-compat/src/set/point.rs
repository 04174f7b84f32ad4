//! One value of a column, and how it is written.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime};
use dataproduct_contract::{DataType, Value};

use super::exact::Exact;

/// A value that is not missing, in the form in which values of its type are compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Point {
    /// A whole number, days, microseconds, or a decimal in its smallest units.
    Whole(i128),
    /// A float.
    Real(f64),
    /// Text; bytes as a document writes them.
    Text(String),
    /// True or false.
    Bool(bool),
}

impl Point {
    /// The value of a document as one of the type; `None` where it is none.
    pub(crate) fn of(value: &Value, data_type: &DataType) -> Option<Self> {
        let text = || value.as_str();
        Some(match data_type {
            DataType::Boolean => Self::Bool(match (value.as_bool(), text()) {
                (Some(known), _) => known,
                (None, Some("true")) => true,
                (None, Some("false")) => false,
                _ => return None,
            }),
            DataType::Float32 | DataType::Float64 => {
                let number = value
                    .as_f64()
                    .or_else(|| text().and_then(|text| text.parse().ok()))?;
                // Zero and minus zero are one value to whoever compares them.
                Self::Real(if number == 0.0 { 0.0 } else { number })
            }
            DataType::String | DataType::Binary => Self::Text(text()?.to_owned()),
            DataType::Uuid => Self::Text(text()?.to_ascii_lowercase()),
            DataType::Date => Self::Whole(days(text()?.parse().ok()?)),
            DataType::Timestamp => {
                let instant = DateTime::parse_from_rfc3339(text()?).ok()?;
                Self::Whole(i128::from(instant.timestamp_micros()))
            }
            DataType::TimestampNtz => {
                let time: NaiveDateTime = text()?.parse().ok()?;
                Self::Whole(i128::from(time.and_utc().timestamp_micros()))
            }
            _ => {
                let (whole, exact) = Exact::of(value)?.floor(scale(data_type)?);
                exact.then_some(Self::Whole(whole))?
            }
        })
    }

    /// The value as JSON; `None` for one that has no JSON.
    pub(crate) fn json(&self, data_type: &DataType) -> Option<String> {
        let quoted = |text: &str| Some(Value::from(text).to_string());
        match self {
            Self::Bool(value) => Some(value.to_string()),
            Self::Text(text) => quoted(text),
            Self::Real(value) if value.is_nan() => quoted("NaN"),
            Self::Real(value) if value.is_infinite() => quoted(if *value > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            }),
            Self::Real(value) => Some(if value.abs() < 1e16 {
                value.to_string()
            } else {
                format!("{value:e}")
            }),
            Self::Whole(value) => match data_type {
                DataType::Date => {
                    let epoch = NaiveDate::default();
                    let days = Days::new(u64::try_from(value.unsigned_abs()).ok()?);
                    let day = if *value < 0 {
                        epoch.checked_sub_days(days)
                    } else {
                        epoch.checked_add_days(days)
                    };
                    quoted(&day?.to_string())
                }
                DataType::Timestamp | DataType::TimestampNtz => {
                    let time = DateTime::from_timestamp_micros(i64::try_from(*value).ok()?)?;
                    let zone = if *data_type == DataType::Timestamp {
                        "Z"
                    } else {
                        ""
                    };
                    quoted(&format!("{}{zone}", time.format("%Y-%m-%dT%H:%M:%S%.f")))
                }
                _ => Some(decimal(*value, scale(data_type)?)),
            },
        }
    }
}

/// Days since 1970-01-01.
pub(crate) fn days(day: NaiveDate) -> i128 {
    i128::from(day.signed_duration_since(NaiveDate::default()).num_days())
}

/// The digits after the point of a type whose values are whole numbers of its smallest units.
pub(crate) fn scale(data_type: &DataType) -> Option<u8> {
    match data_type {
        DataType::Decimal { scale, .. } => Some(*scale),
        _ if data_type.is_integer() => Some(0),
        _ => None,
    }
}

fn decimal(value: i128, scale: u8) -> String {
    if scale == 0 {
        return value.to_string();
    }
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!(
        "{:0>width$}",
        value.unsigned_abs(),
        width = usize::from(scale) + 1
    );
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: impl Into<Value>, data_type: DataType, expected: Option<&str>) {
        let json = Point::of(&value.into(), &data_type).and_then(|point| point.json(&data_type));
        assert_eq!(json.as_deref(), expected);
    }

    #[test]
    fn values_are_written_as_they_are_read() {
        let decimal = DataType::Decimal {
            precision: 6,
            scale: 2,
        };
        check(12, DataType::Int32, Some("12"));
        check("-0.05", decimal.clone(), Some("-0.05"));
        check("0.005", decimal, None);
        check("1969-12-31", DataType::Date, Some("\"1969-12-31\""));
        check(
            "2026-01-31T12:00:00+01:00",
            DataType::Timestamp,
            Some("\"2026-01-31T11:00:00Z\""),
        );
        check(
            "2026-01-31T12:00:00.5",
            DataType::TimestampNtz,
            Some("\"2026-01-31T12:00:00.500\""),
        );
        check("a\"b", DataType::String, Some("\"a\\\"b\""));
        check(true, DataType::Boolean, Some("true"));
        check("x", DataType::Int64, None);
    }
}
