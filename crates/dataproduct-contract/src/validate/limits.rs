//! Bounds, lengths, patterns, allowed values and examples, against the type they stand with.

use std::cmp::Ordering;
use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::shown;
use crate::{Column, DataType, Problem, Problems, Value};

/// The most values an enumeration can have: its dictionary has 16-bit keys.
pub(crate) const MAX_ALLOWED: usize = i16::MAX as usize;

pub(super) fn check(path: &str, column: &Column, problems: &mut Problems) {
    bounds(path, column, problems);
    lengths(path, column, problems);
    if column.limits.pattern.is_some() && column.data_type != DataType::String {
        misplaced(path, "pattern", column, "text", problems);
    }
    if let (DataType::String, Some(format @ ("uuid" | "binary"))) =
        (&column.data_type, column.limits.format.as_deref())
    {
        problems.push(Problem::new(
            format!("{path}.format"),
            "format-is-type",
            format!("text of the format `{format}` is a type of its own"),
            "declare the column as UUID or binary",
        ));
    }
    if column.limits.format.is_some() && column.data_type != DataType::String {
        misplaced(path, "format", column, "text", problems);
    }
    allowed(path, column, problems);
    examples(path, column, problems);
}

fn misplaced(path: &str, what: &str, column: &Column, fits: &str, problems: &mut Problems) {
    problems.push(Problem::new(
        format!("{path}.{what}"),
        "misplaced-limit",
        format!("`{what}` does not apply to {}", column.data_type),
        format!("it limits {fits}; leave it out here"),
    ));
}

/// A bound as something that can be compared with another bound of the same column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    Integer(i64),
    Float(f64),
    Micros(i64),
}

impl Bound {
    pub(super) fn of(value: &Value, data_type: &DataType) -> Result<Self, &'static str> {
        match data_type {
            _ if data_type.is_integer() => match value.as_i64() {
                Some(integer) => Ok(Self::Integer(integer)),
                None => match value.as_f64() {
                    // ODCS writes every bound as a number; 1.0 is as good as 1.
                    Some(f) if f.fract() == 0.0 && f.abs() < 9e15 => Ok(Self::Integer(f as i64)),
                    _ => Err("a whole number"),
                },
            },
            DataType::Decimal { .. } if value.as_i64().is_some() => {
                Ok(Self::Integer(value.as_i64().unwrap_or_default()))
            }
            _ if data_type.is_numeric() => value.as_f64().map(Self::Float).ok_or("a number"),
            DataType::Date => value
                .as_str()
                .and_then(|text| text.parse::<NaiveDate>().ok())
                .and_then(|day| day.and_hms_opt(0, 0, 0))
                .map(|midnight| Self::Micros(midnight.and_utc().timestamp_micros()))
                .ok_or("a date such as `2026-01-31`"),
            DataType::Timestamp => value
                .as_str()
                .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
                .map(|instant| Self::Micros(instant.timestamp_micros()))
                .ok_or("an instant such as `2026-01-31T12:00:00Z`"),
            DataType::TimestampNtz => value
                .as_str()
                .and_then(|text| text.parse::<NaiveDateTime>().ok())
                .map(|time| Self::Micros(time.and_utc().timestamp_micros()))
                .ok_or("a date and time such as `2026-01-31T12:00:00`"),
            _ => Err("nothing: the type has no order"),
        }
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) | (Self::Micros(a), Self::Micros(b)) => {
                Some(a.cmp(&b))
            }
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b),
            (Self::Integer(a), Self::Float(b)) => (a as f64).partial_cmp(&b),
            (Self::Float(a), Self::Integer(b)) => a.partial_cmp(&(b as f64)),
            _ => None,
        }
    }
}

fn bounds(path: &str, column: &Column, problems: &mut Problems) {
    let limits = &column.limits;
    let given = [
        ("minimum", &limits.minimum),
        ("exclusiveMinimum", &limits.exclusive_minimum),
        ("maximum", &limits.maximum),
        ("exclusiveMaximum", &limits.exclusive_maximum),
    ];
    let mut parsed = [None; 4];
    let fits = column.data_type.is_numeric()
        || matches!(
            column.data_type,
            DataType::Date | DataType::Timestamp | DataType::TimestampNtz
        );
    for (i, (name, value)) in given.iter().enumerate() {
        let Some(value) = value else { continue };
        if !fits {
            misplaced(
                path,
                name,
                column,
                "numbers, dates and timestamps",
                problems,
            );
            continue;
        }
        match Bound::of(value, &column.data_type) {
            Ok(bound) => parsed[i] = Some(bound),
            Err(expected) => problems.push(Problem::new(
                format!("{path}.{name}"),
                "bad-bound",
                format!(
                    "`{}` is no bound of {}",
                    shown(&value.to_string()),
                    column.data_type
                ),
                format!("write {expected}"),
            )),
        }
    }
    for (low, high, both_included) in [(0, 2, true), (0, 3, false), (1, 2, false), (1, 3, false)] {
        let (Some(a), Some(b)) = (parsed[low], parsed[high]) else {
            continue;
        };
        let empty = match a.compare(b) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => !both_included,
            _ => false,
        };
        if empty {
            problems.push(Problem::new(
                format!("{path}.{}", given[low].0),
                "empty-range",
                format!("`{}` and `{}` leave no value", given[low].0, given[high].0),
                "make the lower bound the smaller one",
            ));
        }
    }
    type_range(path, column, &parsed, &given, problems);
    if let Some(step) = limits.multiple_of {
        if !column.data_type.is_numeric() {
            misplaced(path, "multipleOf", column, "numbers", problems);
        } else if !(step > 0.0 && step.is_finite()) {
            problems.push(Problem::new(
                format!("{path}.multipleOf"),
                "bad-step",
                format!("nothing is a multiple of {step}"),
                "write a positive number",
            ));
        }
    }
}

/// A bound outside what the type can hold permits nothing or everything: a slip either way.
fn type_range(
    path: &str,
    column: &Column,
    parsed: &[Option<Bound>; 4],
    given: &[(&str, &Option<Value>); 4],
    problems: &mut Problems,
) {
    let (low, high) = integer_range(&column.data_type);
    for (bound, (name, _)) in parsed.iter().zip(given) {
        if let Some(Bound::Integer(value)) = bound
            && !(low..=high).contains(value)
        {
            problems.push(Problem::new(
                format!("{path}.{name}"),
                "bound-outside-type",
                format!("{value} does not fit {}", column.data_type),
                format!("stay within {low} and {high}, or widen the type"),
            ));
        }
    }
}

/// The smallest and largest integer of a type; all of 64 bits for a type that is no integer.
pub(super) fn integer_range(data_type: &DataType) -> (i64, i64) {
    match data_type {
        DataType::Int8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
        DataType::Int16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        DataType::Int32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

fn lengths(path: &str, column: &Column, problems: &mut Problems) {
    let limits = &column.limits;
    let text = matches!(column.data_type, DataType::String | DataType::Binary);
    let list = matches!(column.data_type, DataType::List(_));
    let pairs = [
        (
            "minLength",
            limits.min_length,
            "maxLength",
            limits.max_length,
            text,
            "text and bytes",
        ),
        (
            "minItems",
            limits.min_items,
            "maxItems",
            limits.max_items,
            list,
            "lists",
        ),
    ];
    for (low_name, low, high_name, high, fits, what) in pairs {
        for (name, value) in [(low_name, low), (high_name, high)] {
            if value.is_some() && !fits {
                misplaced(path, name, column, what, problems);
            }
        }
        if let (Some(low), Some(high)) = (low, high)
            && low > high
        {
            problems.push(Problem::new(
                format!("{path}.{low_name}"),
                "empty-range",
                format!("`{low_name}` {low} is above `{high_name}` {high}"),
                "make the lower bound the smaller one",
            ));
        }
    }
    if limits.unique_items && !list {
        misplaced(path, "uniqueItems", column, "lists", problems);
    }
}

fn allowed(path: &str, column: &Column, problems: &mut Problems) {
    if column.allowed.is_empty() {
        if column.open_enum {
            problems.push(Problem::new(
                format!("{path}.openEnum"),
                "open-enum-without-values",
                "an open enumeration lists no values",
                "list the values known today",
            ));
        }
        return;
    }
    if column.allowed.len() > MAX_ALLOWED {
        problems.push(Problem::new(
            format!("{path}.enum"),
            "large-enum",
            format!(
                "{} values are more than an enumeration can have",
                column.allowed.len()
            ),
            "make it a reference to a product that lists them",
        ));
        return;
    }
    let mut seen = HashSet::new();
    for (i, allowed) in column.allowed.iter().enumerate() {
        let path = || format!("{path}.enum[{i}]");
        if let Err(expected) = fits(&allowed.value, &column.data_type) {
            problems.push(Problem::new(
                path(),
                "bad-enum-value",
                format!(
                    "`{}` is not a value of {}",
                    shown(&allowed.value.to_string()),
                    column.data_type
                ),
                format!("write {expected}"),
            ));
        } else if !seen.insert(&allowed.value) {
            problems.push(Problem::new(
                path(),
                "duplicate",
                format!("`{}` is there twice", shown(&allowed.value.to_string())),
                "keep one",
            ));
        }
    }
}

fn examples(path: &str, column: &Column, problems: &mut Problems) {
    let allowed: HashSet<&Value> = column.allowed.iter().map(|a| &a.value).collect();
    for (i, example) in column.examples.iter().enumerate() {
        if example.is_null() && column.nullable {
            continue;
        }
        if let Err(expected) = fits(example, &column.data_type) {
            problems.push(Problem::new(
                format!("{path}.examples[{i}]"),
                "bad-example",
                format!(
                    "`{}` is not a value of {}",
                    shown(&example.to_string()),
                    column.data_type
                ),
                format!("write {expected}"),
            ));
        } else if !allowed.is_empty() && !column.open_enum && !allowed.contains(example) {
            problems.push(Problem::new(
                format!("{path}.examples[{i}]"),
                "bad-example",
                format!("`{}` is not an allowed value", shown(&example.to_string())),
                "use one of the allowed values",
            ));
        }
    }
}

/// Whether a value of a document can be a value of the type. Text is taken for anything that has a
/// text form, as examples are often written so; collections are not looked into.
pub(super) fn fits(value: &Value, data_type: &DataType) -> Result<(), &'static str> {
    let ok = |yes: bool, expected| if yes { Ok(()) } else { Err(expected) };
    let text = value.as_str();
    match data_type {
        DataType::Boolean => ok(
            value.as_bool().is_some() || matches!(text, Some("true" | "false")),
            "true or false",
        ),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let number = match Bound::of(value, data_type) {
                Ok(Bound::Integer(number)) => Some(number),
                _ => text.and_then(|t| t.parse::<i64>().ok()),
            };
            let (low, high) = integer_range(data_type);
            ok(
                number.is_some_and(|number| (low..=high).contains(&number)),
                "a whole number within the type",
            )
        }
        DataType::Float32 | DataType::Float64 | DataType::Decimal { .. } => {
            let number = value.as_f64().is_some();
            ok(
                number || text.is_some_and(|t| t.parse::<f64>().is_ok()),
                "a number",
            )
        }
        DataType::String | DataType::Binary => {
            // A number as an example of text is a common slip that loses leading zeros.
            ok(text.is_some(), "text, in quotes")
        }
        DataType::Uuid => ok(
            text.is_some_and(|t| uuid::Uuid::parse_str(t).is_ok()),
            "a UUID",
        ),
        DataType::Date | DataType::Timestamp | DataType::TimestampNtz => {
            Bound::of(value, data_type).map(|_| ())
        }
        DataType::Struct(_) | DataType::Map { .. } => {
            ok(value.as_map().is_some() || text.is_some(), "a map")
        }
        DataType::List(_) => ok(value.as_list().is_some() || text.is_some(), "a list"),
    }
}
