//! Ranges in the units of a column.

use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use dataproduct_contract::Value;

use super::Bound;

/// A value in the units of its column.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// An integer, a decimal's digits, the days of a date or the microseconds of a timestamp since 1970.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// A truth value.
    Boolean(bool),
}

/// The values between two bounds; each says whether it is one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interval {
    /// The lower bound.
    pub minimum: Option<(Scalar, bool)>,
    /// The upper bound.
    pub maximum: Option<(Scalar, bool)>,
}

impl Interval {
    pub(crate) fn new(
        minimum: Option<&Bound>,
        maximum: Option<&Bound>,
        data_type: &DataType,
    ) -> Result<Self, String> {
        let bound = |bound: Option<&Bound>, is_lower: bool| {
            let Some(bound) = bound else {
                return Ok(None);
            };
            let (scalar, exact) = scalar(&bound.value, data_type)?;
            // A bound between two values of the column was rounded down to the lower one: values above it are above
            // the bound, and values below the bound are at most it.
            let inclusive = if exact { bound.inclusive } else { !is_lower };
            Ok::<_, String>(Some((scalar, inclusive)))
        };
        Ok(Self {
            minimum: bound(minimum, true)?,
            maximum: bound(maximum, false)?,
        })
    }

    pub(crate) fn holds_integer(&self, value: i128) -> bool {
        let limit =
            |bound: &Option<(Scalar, bool)>, holds: fn(i128, i128, bool) -> bool| match bound {
                Some((Scalar::Integer(limit), inclusive)) => holds(value, *limit, *inclusive),
                _ => true,
            };
        limit(&self.minimum, |value, limit, inclusive| {
            value > limit || (inclusive && value == limit)
        }) && limit(&self.maximum, |value, limit, inclusive| {
            value < limit || (inclusive && value == limit)
        })
    }

    pub(crate) fn holds_float(&self, value: f64) -> bool {
        let limit = |bound: &Option<(Scalar, bool)>, holds: fn(f64, f64, bool) -> bool| match bound
        {
            Some((Scalar::Float(limit), inclusive)) => holds(value, *limit, *inclusive),
            _ => true,
        };
        !value.is_nan()
            && limit(&self.minimum, |value, limit, inclusive| {
                value > limit || (inclusive && value == limit)
            })
            && limit(&self.maximum, |value, limit, inclusive| {
                value < limit || (inclusive && value == limit)
            })
    }

    pub(crate) fn holds_text(&self, value: &str) -> bool {
        let above = match &self.minimum {
            Some((Scalar::Text(limit), inclusive)) => {
                value > limit.as_str() || (*inclusive && value == limit)
            }
            _ => true,
        };
        let below = match &self.maximum {
            Some((Scalar::Text(limit), inclusive)) => {
                value < limit.as_str() || (*inclusive && value == limit)
            }
            _ => true,
        };
        above && below
    }
}

/// A value in a column's units, rounded down where it lies between two of them, and whether it does not.
pub(crate) fn scalar(value: &Value, data_type: &DataType) -> Result<(Scalar, bool), String> {
    use DataType as D;
    let wrong = |expected: &str| Err(format!("`{}` is not {expected}", shown(value)));
    let exact = |scalar| Ok((scalar, true));
    match data_type {
        D::Int8 | D::Int16 | D::Int32 | D::Int64 => match digits(value, 0) {
            Some(found) => Ok(found),
            None => wrong("a number"),
        },
        D::Decimal128(_, scale) => {
            match u32::try_from(*scale)
                .ok()
                .and_then(|scale| digits(value, scale))
            {
                Some(found) => Ok(found),
                None => wrong("a number"),
            }
        }
        D::Float32 | D::Float64 => match value.as_f64() {
            Some(value) => exact(Scalar::Float(value)),
            None => wrong("a number"),
        },
        D::Boolean => match value.as_bool() {
            Some(value) => exact(Scalar::Boolean(value)),
            None => wrong("true or false"),
        },
        D::Utf8 => match value.as_str() {
            Some(text) => exact(Scalar::Text(text.to_owned())),
            None => wrong("text"),
        },
        D::Date32 => match value.as_str().and_then(|t| t.parse::<NaiveDate>().ok()) {
            Some(date) => {
                let days = date.signed_duration_since(NaiveDate::default()).num_days();
                exact(Scalar::Integer(days.into()))
            }
            None => wrong("a date such as `2026-01-31`"),
        },
        D::Timestamp(TimeUnit::Microsecond, zone) => {
            let text = value.as_str().unwrap_or_default();
            let instant = match zone {
                Some(_) => DateTime::parse_from_rfc3339(text).map(|i| i.to_utc()).ok(),
                None => text.parse::<NaiveDateTime>().map(|t| t.and_utc()).ok(),
            };
            match instant {
                Some(instant) => Ok((
                    Scalar::Integer(instant.timestamp_micros().into()),
                    instant.timestamp_subsec_nanos() % 1000 == 0,
                )),
                None => wrong("a timestamp such as `2026-01-31T12:00:00Z`"),
            }
        }
        other => Err(format!("{other} has no bounds")),
    }
}

/// A number with that many digits behind the point, exactly; rounded down where it has more.
fn digits(value: &Value, scale: u32) -> Option<(Scalar, bool)> {
    let text = match value {
        Value::Integer(value) => value.to_string(),
        // Written out in full, without an exponent.
        Value::Float(value) => value.get().to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let (negative, plain) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.as_str()),
    };
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let scale = usize::try_from(scale).ok()?;
    let kept = part.get(..scale.min(part.len()))?;
    let exact = part.get(kept.len()..)?.bytes().all(|digit| digit == b'0');
    // Beyond every decimal the exact size does not matter.
    let units: i128 = format!("{whole}{kept:0<scale$}")
        .parse()
        .unwrap_or(i128::MAX);
    let units = match (negative, exact) {
        (false, _) => units,
        (true, true) => -units,
        (true, false) => -units - 1,
    };
    Some((Scalar::Integer(units), exact))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().take(40).flat_map(char::escape_debug).collect(),
        other => format!("{other:?}").chars().take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_exact_in_the_units_of_the_column() {
        #[track_caller]
        fn check(value: impl Into<Value>, data_type: DataType, expect: (i128, bool)) {
            let found = scalar(&value.into(), &data_type).unwrap();
            assert_eq!(found, (Scalar::Integer(expect.0), expect.1));
        }
        let float = |value: f64| Value::try_from(value).unwrap();
        check(7, DataType::Int32, (7, true));
        check(float(0.5), DataType::Int32, (0, false));
        check(float(-0.5), DataType::Int32, (-1, false));
        check(float(2.0), DataType::Int64, (2, true));
        check(float(0.1), DataType::Decimal128(10, 2), (10, true));
        check(float(-0.125), DataType::Decimal128(10, 2), (-13, false));
        check("1.50", DataType::Decimal128(10, 1), (15, true));
        check("1970-01-03", DataType::Date32, (2, true));
        let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        check("1970-01-01T01:00:00+01:00", micros.clone(), (0, true));
        check("1970-01-01T00:00:00.0000019Z", micros, (1, false));
        assert!(scalar(&Value::from("x"), &DataType::Int8).is_err());
    }

    #[test]
    fn what_lies_between_two_values_is_on_the_right_side() {
        let bound = |value: f64, inclusive| {
            let value = Value::try_from(value).unwrap();
            Some(Bound { value, inclusive })
        };
        for inclusive in [true, false] {
            let low = Interval::new(bound(-0.5, inclusive).as_ref(), None, &DataType::Int8);
            let low = low.unwrap();
            assert!(low.holds_integer(0) && !low.holds_integer(-1));
            let high = Interval::new(None, bound(-0.5, inclusive).as_ref(), &DataType::Int8);
            let high = high.unwrap();
            assert!(!high.holds_integer(0) && high.holds_integer(-1));
        }
    }
}
