//! Keywords of one schema by itself.

use dataproduct::contract::{DataType, Deprecation, MAX_DECIMAL_PRECISION};
use dataproduct::{Column, Value};
use serde_json::Value as Json;

use super::text;
use crate::import::Notes;

/// The types that a schema without `type` can only mean.
pub(super) fn implied(schema: &Json) -> Vec<&'static str> {
    let has = |keyword: &str| schema.get(keyword).is_some();
    if has("properties") {
        return vec!["object"];
    }
    if has("items") {
        return vec!["array"];
    }
    let constant = schema.get("const").into_iter();
    let values = schema.get("enum").and_then(Json::as_array);
    let mut kinds: Vec<_> = constant
        .chain(values.into_iter().flatten())
        .map(|value| match value {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(number) if number.is_f64() => "number",
            Json::Number(_) => "integer",
            Json::String(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        })
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// What stands beside the type: title, description, examples, deprecation.
pub(super) fn words(mut column: Column, schema: &Json) -> Column {
    let said = |keyword| text(schema, keyword).filter(|text| !text.trim().is_empty());
    if let Some(title) = said("title") {
        column.business_name = Some(title.to_owned());
    }
    if let Some(description) = said("description") {
        column.description = Some(description.to_owned());
    }
    if let Some(examples) = schema.get("examples").and_then(Json::as_array) {
        column.examples = examples.iter().filter_map(value).collect();
    }
    if schema.get("deprecated").and_then(Json::as_bool) == Some(true) {
        column.deprecated = Some(Deprecation::default());
    }
    column
}

/// A plain value, or `None` for null, lists, objects and numbers beyond 64 bits.
pub(super) fn value(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(value) => Some((*value).into()),
        Json::String(text) => Some(text.as_str().into()),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Some(integer.into()),
            None => number
                .as_f64()
                .and_then(|float| Value::try_from(float).ok()),
        },
        _ => None,
    }
}

/// A whole number as one, also where it is written with a point.
fn whole_number(value: Value) -> Option<Value> {
    match value {
        Value::Float(float) if float.get().fract() == 0.0 => {
            let digits = format!("{:.0}", float.get());
            digits.parse::<i64>().ok().map(Value::from)
        }
        other => Some(other),
    }
}

/// Takes over `default`, where a column can have one and permits it. Null says nothing: what is missing is null.
pub(super) fn default(
    path: &str,
    schema: &Json,
    is_top: bool,
    column: &mut Column,
    notes: &mut Notes,
) {
    let Some(default) = schema.get("default").filter(|default| !default.is_null()) else {
        return;
    };
    let default = value(default).and_then(|value| match column.data_type.is_integer() {
        true => whole_number(value),
        false => Some(value),
    });
    column.default = default.filter(|_| is_top);
    if column.default.is_none() || !column.permits_default() {
        column.default = None;
        notes.push(path, "the default value is left out");
    }
}

/// The smallest type that holds the integers between the bounds; bounds that are those of a type are that
/// type, others stay said.
pub(super) fn integer(schema: &Json) -> Column {
    let bound = |keyword: &str| schema.get(keyword).and_then(Json::as_i64);
    let bounds = (bound("minimum"), bound("maximum"));
    let types = [
        (DataType::Int8, i64::from(i8::MIN), i64::from(i8::MAX)),
        (DataType::Int16, i64::from(i16::MIN), i64::from(i16::MAX)),
        (DataType::Int32, i64::from(i32::MIN), i64::from(i32::MAX)),
        (DataType::Int64, i64::MIN, i64::MAX),
    ];
    let exact = types
        .iter()
        .find(|(_, low, high)| bounds == (Some(*low), Some(*high)));
    match exact {
        Some((data_type, ..)) => {
            let mut column = limited(Column::new("", data_type.clone()), schema);
            column.limits.minimum = None;
            column.limits.maximum = None;
            column
        }
        None if bounds == (None, None) && text(schema, "format") == Some("int32") => {
            limited(Column::new("", DataType::Int32), schema)
        }
        None => limited(Column::new("", DataType::Int64), schema),
    }
}

/// Numbers with a point; `float` is a format of OpenAPI.
pub(super) fn number(schema: &Json) -> Column {
    let data_type = match text(schema, "format") {
        Some("float") => DataType::Float32,
        _ => DataType::Float64,
    };
    limited(Column::new("", data_type), schema)
}

/// Keywords that say nothing of values, or are read for every column.
const READ: [&str; 19] = [
    "$schema",
    "$id",
    "id",
    "$anchor",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "type",
    "nullable",
    "enum",
    "const",
    "properties",
    "required",
    "items",
];

/// Notes what a schema says and its column does not. A keyword that does not apply to the type says nothing.
pub(super) fn left_out(path: &str, schema: &Json, column: &Column, notes: &mut Notes) {
    let Json::Object(keywords) = schema else {
        return;
    };
    let data_type = &column.data_type;
    let is_text = matches!(data_type, DataType::String);
    let is_written_as_text = matches!(
        data_type,
        DataType::Date
            | DataType::Timestamp
            | DataType::TimestampNtz
            | DataType::Uuid
            | DataType::Binary
            | DataType::Decimal { .. }
    );
    for (keyword, value) in keywords {
        let is_read = match keyword.as_str() {
            known if READ.contains(&known) => true,
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf"
            | "minItems" | "maxItems" | "uniqueItems" => true,
            "minLength" | "maxLength" => !is_written_as_text,
            // Of exact numbers and times without zone the pattern is what tells them.
            "pattern" => !matches!(
                data_type,
                DataType::Date | DataType::Timestamp | DataType::Uuid | DataType::Binary
            ),
            "format" => match (data_type, value.as_str()) {
                (DataType::Int32, Some("int32")) | (DataType::Int64, Some("int64")) => true,
                (DataType::Float32, Some("float")) | (DataType::Float64, Some("double")) => true,
                (DataType::Date, Some("date"))
                | (DataType::Timestamp, Some("date-time"))
                | (DataType::Uuid, Some("uuid")) => true,
                _ => is_text,
            },
            "contentEncoding" => matches!(data_type, DataType::Binary),
            "propertyNames" => matches!(data_type, DataType::Map { .. }),
            // Columns that are not declared are in no contract, whatever is said of them.
            "additionalProperties" => {
                matches!(data_type, DataType::Map { .. }) || value.is_boolean()
            }
            _ => false,
        };
        if !is_read {
            let shown: String = keyword.chars().take(40).collect();
            notes.push(path, format!("`{shown}` is left out"));
        }
    }
}

/// The limits of numbers and lists.
pub(super) fn limited(mut column: Column, schema: &Json) -> Column {
    let bound = |keyword: &str| schema.get(keyword).and_then(value);
    let limits = &mut column.limits;
    if column.data_type.is_numeric() {
        let is_integer = column.data_type.is_integer();
        let whole = |bound: Option<Value>| match is_integer {
            true => bound.and_then(whole_number),
            false => bound,
        };
        limits.minimum = whole(bound("minimum"));
        limits.maximum = whole(bound("maximum"));
        limits.exclusive_minimum = whole(bound("exclusiveMinimum"));
        limits.exclusive_maximum = whole(bound("exclusiveMaximum"));
        // In draft 4 these are flags of the bounds beside them.
        for (exclusive, bound) in [
            (&mut limits.exclusive_minimum, &mut limits.minimum),
            (&mut limits.exclusive_maximum, &mut limits.maximum),
        ] {
            match exclusive {
                Some(Value::Bool(true)) => *exclusive = bound.take(),
                Some(Value::Bool(false)) => *exclusive = None,
                _ => {}
            }
        }
        limits.multiple_of = schema.get("multipleOf").and_then(Json::as_f64);
    }
    if matches!(column.data_type, DataType::List(_)) {
        limits.min_items = schema.get("minItems").and_then(Json::as_u64);
        limits.max_items = schema.get("maxItems").and_then(Json::as_u64);
        limits.unique_items = schema.get("uniqueItems").and_then(Json::as_bool) == Some(true);
    }
    column
}

/// Text, or what JSON has only text for: dates, times, UUIDs, bytes, exact numbers.
pub(super) fn string(path: &str, schema: &Json, notes: &mut Notes) -> Column {
    let pattern = text(schema, "pattern");
    if text(schema, "contentEncoding") == Some("base64") {
        return Column::new("", DataType::Binary);
    }
    let data_type = match (text(schema, "format"), pattern) {
        (Some("date"), _) => Some(DataType::Date),
        (Some("date-time"), _) => Some(DataType::Timestamp),
        (Some("uuid"), _) => Some(DataType::Uuid),
        (None, Some(pattern)) => decimal(pattern).or_else(|| local_time(pattern)),
        _ => None,
    };
    if let Some(data_type) = data_type {
        return Column::new("", data_type);
    }
    let mut column = Column::new("", DataType::String);
    let limits = &mut column.limits;
    limits.min_length = schema
        .get("minLength")
        .and_then(Json::as_u64)
        .filter(|n| *n > 0);
    limits.max_length = schema.get("maxLength").and_then(Json::as_u64);
    limits.format = text(schema, "format").map(str::to_owned);
    limits.pattern = pattern.map(whole);
    if pattern.is_some_and(|pattern| whole(pattern).starts_with("(?s:.*)")) {
        let message =
            "the pattern may match anywhere, a contract's matches the whole text; it is widened so";
        notes.push(path, message);
    }
    column
}

/// A pattern that may match anywhere in a text as one that matches all of it.
fn whole(pattern: &str) -> String {
    let inner = pattern
        .strip_prefix("^(?:")
        .and_then(|rest| rest.strip_suffix(")$"));
    if let Some(inner) = inner {
        return inner.to_owned();
    }
    // Alternatives at the top would each have anchors of their own.
    let is_simple = !pattern.contains('|');
    match pattern
        .strip_prefix('^')
        .and_then(|rest| rest.strip_suffix('$'))
    {
        Some(inner) if is_simple && !inner.ends_with('\\') => inner.to_owned(),
        _ => format!("(?s:.*)(?:{pattern})(?s:.*)"),
    }
}

/// The exact number that our pattern for one stands for.
fn decimal(pattern: &str) -> Option<DataType> {
    let rest = pattern.strip_prefix(r"^-?\d{1,")?;
    let (whole, rest) = rest.split_once('}')?;
    let whole: u8 = whole.parse().ok()?;
    let scale: u8 = match rest {
        "$" => 0,
        rest => rest
            .strip_prefix(r"(\.\d{1,")?
            .strip_suffix("})?$")?
            .parse()
            .ok()?,
    };
    let precision = whole.checked_add(scale)?;
    let is_decimal = (1..=MAX_DECIMAL_PRECISION).contains(&precision);
    is_decimal.then_some(DataType::Decimal { precision, scale })
}

/// The time without zone that our pattern for one stands for.
fn local_time(pattern: &str) -> Option<DataType> {
    let ours = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?$";
    (pattern == ours).then_some(DataType::TimestampNtz)
}

/// The key of a map, whose names are text in JSON whatever they are in the table.
pub(super) fn map_key(names: &Json, path: &str, notes: &mut Notes) -> Column {
    if text(names, "pattern") == Some(r"^-?\d+$") {
        let message = "the size of the integers is not said; 64 bits hold all";
        notes.push(path, message);
        return Column::new("", DataType::Int64);
    }
    let texts = names.get("enum").and_then(Json::as_array);
    let is_truth = texts.is_some_and(|texts| {
        let texts: Vec<_> = texts.iter().filter_map(Json::as_str).collect();
        texts == ["true", "false"]
    });
    if is_truth {
        return Column::new("", DataType::Boolean);
    }
    let mut key = string(path, names, notes);
    for allowed in texts.into_iter().flatten().filter_map(value) {
        key = key.with_allowed(allowed);
    }
    key
}
