//! The value that a column has in rows from before it existed: of its type, and one that the column permits.

use std::cmp::Ordering;

use chrono::{DateTime, Datelike};
use regex::RegexBuilder;

use super::limits::{Bound, integer_range};
use super::shown;
use crate::pattern::{MAX_NESTING, expansion_cost};
use crate::{Column, DataType, Problem, Problems, Value};

/// The largest compiled size of the pattern that a default is held against, in bytes.
const MAX_PATTERN_BYTES: usize = 1 << 20;
/// What expanding the classes of that pattern may cost, in about microseconds.
const MAX_EXPANSION: usize = 20_000;

impl Column {
    /// The default as text of one form: whole numbers and decimals in as few digits as they need, dates as `2026-01-31`,
    /// instants as `2026-01-31T12:00:00.000000Z`, those without zone without the `Z`, UUIDs in lower case. `None` without a
    /// default, and for one that is no value of the type, which no valid contract has.
    ///
    /// ```
    /// use dataproduct_contract::{Column, DataType};
    /// let price = DataType::Decimal { precision: 10, scale: 2 };
    /// let column = Column::new("price", price).with_default("0.50");
    /// assert_eq!(column.default_text().as_deref(), Some("0.5"));
    /// ```
    #[must_use]
    pub fn default_text(&self) -> Option<String> {
        text(self.default.as_ref()?, &self.data_type).ok()
    }

    /// Whether the default is a value of the type, and one that the enumeration and the limits of the column permit;
    /// also without a default.
    ///
    /// ```
    /// use dataproduct_contract::{Column, DataType};
    /// let pieces = Column::new("pieces", DataType::Int64).with_minimum(0);
    /// assert!(pieces.clone().with_default(0).permits_default());
    /// assert!(!pieces.with_default(-1).permits_default());
    /// ```
    #[must_use]
    pub fn permits_default(&self) -> bool {
        let Some(default) = &self.default else {
            return true;
        };
        let text = text(default, &self.data_type);
        text.is_ok_and(|text| broken(self, default, &text).is_none())
    }
}

pub(super) fn check(path: &str, column: &Column, problems: &mut Problems) {
    let Some(default) = &column.default else {
        return;
    };
    let mut report = |code: &'static str, message: String, fix: String| {
        problems.push(Problem::new(format!("{path}.default"), code, message, fix));
    };
    let value = shown(&default.to_string());
    let text = match text(default, &column.data_type) {
        Ok(text) => text,
        Err(expected) => {
            let message = format!("`{value}` is not a value of {}", column.data_type);
            return report("bad-default", message, format!("write {expected}"));
        }
    };
    let role = [
        (column.key.is_some(), "part of the primary key"),
        (column.partition.is_some(), "a partition column"),
        (column.unique, "unique"),
    ];
    if let Some((_, role)) = role.iter().find(|(is, _)| *is) {
        report(
            "misplaced-default",
            format!("the column is {role}, and every row from before it would have the same value"),
            "leave the default out".to_owned(),
        );
    }
    if let Some(limit) = broken(column, default, &text) {
        report(
            "default-outside-limits",
            format!("`{value}` is not permitted by `{limit}` of the column"),
            "use a value that the column permits".to_owned(),
        );
    }
}

/// The first limit that a default breaks. What a limit itself gets wrong is reported with the limit.
fn broken(column: &Column, default: &Value, text: &str) -> Option<&'static str> {
    let limits = &column.limits;
    let allowed = &column.allowed;
    if !allowed.is_empty() && !column.open_enum && allowed.iter().all(|a| a.value != *default) {
        return Some("enum");
    }
    let beyond = |bound: &Option<Value>, out: &[Ordering]| {
        let order = bound
            .as_ref()
            .and_then(|b| compare(text, b, &column.data_type));
        order.is_some_and(|order| out.contains(&order))
    };
    let bounds = [
        ("minimum", &limits.minimum, &[Ordering::Less][..]),
        ("maximum", &limits.maximum, &[Ordering::Greater]),
        (
            "exclusiveMinimum",
            &limits.exclusive_minimum,
            &[Ordering::Less, Ordering::Equal],
        ),
        (
            "exclusiveMaximum",
            &limits.exclusive_maximum,
            &[Ordering::Greater, Ordering::Equal],
        ),
    ];
    if let Some((name, ..)) = bounds.iter().find(|(_, bound, out)| beyond(bound, out)) {
        return Some(name);
    }
    if let (Some(step), Ok(number)) = (limits.multiple_of, text.parse::<f64>()) {
        let times = number / step;
        if (times - times.round()).abs() > 1e-9 * times.abs().max(1.0) {
            return Some("multipleOf");
        }
    }
    if column.data_type != DataType::String {
        return None;
    }
    let length = text.chars().count() as u64;
    if limits.min_length.is_some_and(|least| length < least) {
        return Some("minLength");
    }
    if limits.max_length.is_some_and(|most| length > most) {
        return Some("maxLength");
    }
    let pattern = limits.pattern.as_ref()?;
    matches(pattern, text)
        .is_some_and(|matches| !matches)
        .then_some("pattern")
}

/// A default, as its own text, beside a bound.
fn compare(text: &str, bound: &Value, data_type: &DataType) -> Option<Ordering> {
    let own = match data_type {
        DataType::Date | DataType::Timestamp | DataType::TimestampNtz => {
            Bound::of(&Value::from(text), data_type).ok()?
        }
        _ if data_type.is_integer() => Bound::Integer(text.parse().ok()?),
        _ => Bound::Float(text.parse().ok()?),
    };
    own.compare(Bound::of(bound, data_type).ok()?)
}

/// Whether the whole text matches; `None` for a pattern that is not accepted.
fn matches(pattern: &str, text: &str) -> Option<bool> {
    expansion_cost(pattern)
        .ok()
        .filter(|cost| *cost <= MAX_EXPANSION)?;
    let whole = RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(MAX_PATTERN_BYTES)
        .nest_limit(MAX_NESTING + 1)
        .build();
    Some(whole.ok()?.is_match(text))
}

/// A value as text of one form, or what is expected of a value of the type.
fn text(value: &Value, data_type: &DataType) -> Result<String, &'static str> {
    match data_type {
        DataType::Boolean => {
            let truth = value.as_bool().ok_or("true or false")?;
            Ok(truth.to_string())
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let (low, high) = integer_range(data_type);
            let number = value
                .as_i64()
                .filter(|number| (low..=high).contains(number));
            Ok(number.ok_or("a whole number within the type")?.to_string())
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what a float of 32 bits cannot hold is infinite, and refused"
        )]
        DataType::Float32 => {
            let number = value.as_f64().map(|number| number as f32);
            let number = number.filter(|number| number.is_finite());
            Ok(number.ok_or("a number within the type")?.to_string())
        }
        DataType::Float64 => Ok(value.as_f64().ok_or("a number")?.to_string()),
        DataType::Decimal { precision, scale } => {
            let text = match value.as_str() {
                Some(text) => text.to_owned(),
                None => value.as_number().map(number_text).unwrap_or_default(),
            };
            let fits = decimal_fits(&text, usize::from(*precision), usize::from(*scale));
            fits.then(|| shortest(&text))
                .ok_or("a number with at most the digits of the type, such as \"12.50\"")
        }
        DataType::String => Ok(value.as_str().ok_or("text, in quotes")?.to_owned()),
        DataType::Uuid => {
            let uuid = value
                .as_str()
                .and_then(|text| uuid::Uuid::parse_str(text).ok());
            Ok(uuid.ok_or("a UUID")?.hyphenated().to_string())
        }
        DataType::Date | DataType::Timestamp | DataType::TimestampNtz => time(value, data_type),
        DataType::Binary | DataType::Struct(_) | DataType::List(_) | DataType::Map { .. } => {
            Err("none: only text, numbers, truth values, dates and times have a default")
        }
    }
}

fn number_text(number: crate::Number) -> String {
    match number {
        crate::Number::Integer(value) => value.to_string(),
        crate::Number::Float(value) => value.get().to_string(),
    }
}

/// Whether a text is a decimal number of so many digits, so many of them behind the point.
fn decimal_fits(text: &str, precision: usize, scale: usize) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = match digits.split_once('.') {
        Some((whole, part)) if !part.is_empty() => (whole, part),
        Some(_) => return false,
        None => (digits, ""),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !whole.is_empty()
        && all_digits(whole)
        && all_digits(part)
        && part.len() <= scale
        && whole.trim_start_matches('0').len() <= precision.saturating_sub(scale)
}

/// A decimal number without the zeros that say nothing.
fn shortest(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    match (whole, part) {
        ("", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        ("", part) => format!("{sign}0.{part}"),
        (whole, part) => format!("{sign}{whole}.{part}"),
    }
}

/// A date or an instant, of the years that have four digits.
fn time(value: &Value, data_type: &DataType) -> Result<String, &'static str> {
    const WITHIN: &str = "a time of the years 1 to 9999";
    let Bound::Micros(micros) = Bound::of(value, data_type)? else {
        return Err(WITHIN);
    };
    let instant = DateTime::from_timestamp_micros(micros).ok_or(WITHIN)?;
    if !(1..=9999).contains(&instant.year()) {
        return Err(WITHIN);
    }
    let form = match data_type {
        DataType::Date => "%Y-%m-%d",
        DataType::Timestamp => "%Y-%m-%dT%H:%M:%S%.6fZ",
        _ => "%Y-%m-%dT%H:%M:%S%.6f",
    };
    Ok(instant.format(form).to_string())
}
