//! The JSON Schema of rows, from their columns.

use schemars::Schema;
use serde_json::{Map, Value as Json, json};

use crate::{Column, DataType, Value};

/// The dialect of the schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The JSON Schema of rows with these columns.
///
/// Decimals are text, so that no reader rounds them; times are text in the form of RFC 3339, bytes
/// are base64. A column whose values may be missing is not required and may be null. Columns that
/// the schema does not name are allowed, as they are for readers of the table.
///
/// # Source
/// JSON Schema, draft 2020-12.
#[must_use]
pub fn json_schema(title: &str, description: &str, columns: &[Column]) -> Schema {
    let mut object = Map::new();
    object.insert("$schema".to_owned(), json!(DIALECT));
    object.insert("title".to_owned(), json!(title));
    if !description.is_empty() {
        object.insert("description".to_owned(), json!(description));
    }
    fields(columns, &mut object);
    object.into()
}

fn fields(columns: &[Column], object: &mut Map<String, Json>) {
    let properties: Map<String, Json> = columns
        .iter()
        .map(|column| (column.name.clone(), of_column(column)))
        .collect();
    let required: Vec<&str> = columns
        .iter()
        .filter(|c| !c.nullable)
        .map(|c| c.name.as_str())
        .collect();
    object.insert("type".to_owned(), json!("object"));
    object.insert("properties".to_owned(), Json::Object(properties));
    if !required.is_empty() {
        object.insert("required".to_owned(), json!(required));
    }
}

fn of_column(column: &Column) -> Json {
    let mut object = Map::new();
    of_type(&column.data_type, &mut object);
    if !column.allowed.is_empty() && !column.open_enum {
        let mut values: Vec<Json> = column
            .allowed
            .iter()
            .map(|a| of_value(&a.value, &column.data_type))
            .collect();
        if column.nullable {
            values.push(Json::Null);
        }
        object.insert("enum".to_owned(), Json::Array(values));
    }
    of_limits(column, &mut object);
    of_words(column, &mut object);
    if column.nullable
        && let Some(name) = object.get("type").cloned()
    {
        object.insert("type".to_owned(), json!([name, "null"]));
    }
    Json::Object(object)
}

/// The integers of a signed type, as JSON Schema's bounds.
fn integer(object: &mut Map<String, Json>, smallest: i64, largest: i64) {
    object.insert("type".to_owned(), json!("integer"));
    object.insert("minimum".to_owned(), json!(smallest));
    object.insert("maximum".to_owned(), json!(largest));
}

fn of_type(data_type: &DataType, object: &mut Map<String, Json>) {
    let text = |object: &mut Map<String, Json>, keyword: &str, value: String| {
        object.insert("type".to_owned(), json!("string"));
        object.insert(keyword.to_owned(), json!(value));
    };
    match data_type {
        DataType::Boolean => drop(object.insert("type".to_owned(), json!("boolean"))),
        DataType::Int8 => integer(object, i8::MIN.into(), i8::MAX.into()),
        DataType::Int16 => integer(object, i16::MIN.into(), i16::MAX.into()),
        DataType::Int32 => integer(object, i32::MIN.into(), i32::MAX.into()),
        DataType::Int64 => integer(object, i64::MIN, i64::MAX),
        DataType::Float32 | DataType::Float64 => {
            object.insert("type".to_owned(), json!("number"));
        }
        DataType::String => drop(object.insert("type".to_owned(), json!("string"))),
        DataType::Binary => text(object, "contentEncoding", "base64".to_owned()),
        DataType::Decimal { precision, scale } => {
            text(object, "pattern", decimal_pattern(*precision, *scale));
        }
        DataType::Date => text(object, "format", "date".to_owned()),
        DataType::Timestamp => text(object, "format", "date-time".to_owned()),
        DataType::TimestampNtz => text(object, "pattern", LOCAL_TIME.to_owned()),
        DataType::Uuid => text(object, "format", "uuid".to_owned()),
        DataType::Struct(columns) => fields(columns, object),
        DataType::List(element) => {
            object.insert("type".to_owned(), json!("array"));
            object.insert("items".to_owned(), of_column(element));
        }
        DataType::Map { key, value } => {
            object.insert("type".to_owned(), json!("object"));
            object.insert("propertyNames".to_owned(), of_key(key));
            object.insert("additionalProperties".to_owned(), of_column(value));
        }
    }
}

/// A date and time of day without zone; JSON Schema has no format for it.
const LOCAL_TIME: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?$";

fn decimal_pattern(precision: u8, scale: u8) -> String {
    let whole = precision.saturating_sub(scale).max(1);
    match scale {
        0 => format!(r"^-?\d{{1,{whole}}}$"),
        _ => format!(r"^-?\d{{1,{whole}}}(\.\d{{1,{scale}}})?$"),
    }
}

/// The names of a JSON object are text, whatever the key is in the table.
fn of_key(key: &Column) -> Json {
    if key.data_type.is_integer() {
        json!({"type": "string", "pattern": r"^-?\d+$"})
    } else if key.data_type == DataType::Boolean {
        json!({"type": "string", "enum": ["true", "false"]})
    } else {
        of_column(key)
    }
}

fn of_limits(column: &Column, object: &mut Map<String, Json>) {
    let limits = &column.limits;
    let numeric = column.data_type.is_integer()
        || matches!(column.data_type, DataType::Float32 | DataType::Float64);
    let mut put = |keyword: &str, value: Option<Json>| {
        if let Some(value) = value {
            object.insert(keyword.to_owned(), value);
        }
    };
    if numeric {
        // Bounds of decimals and times are bounds of what the text says; JSON Schema cannot state
        // them.
        put("minimum", limits.minimum.as_ref().map(plain));
        put("maximum", limits.maximum.as_ref().map(plain));
        put(
            "exclusiveMinimum",
            limits.exclusive_minimum.as_ref().map(plain),
        );
        put(
            "exclusiveMaximum",
            limits.exclusive_maximum.as_ref().map(plain),
        );
        put("multipleOf", limits.multiple_of.map(|step| json!(step)));
    }
    if column.data_type == DataType::String {
        put("minLength", limits.min_length.map(|length| json!(length)));
        put("maxLength", limits.max_length.map(|length| json!(length)));
        // JSON Schema looks for a match anywhere in the text, a contract for one of all of it.
        put(
            "pattern",
            limits
                .pattern
                .as_ref()
                .map(|pattern| json!(format!("^(?:{pattern})$"))),
        );
        put("format", limits.format.as_ref().map(|format| json!(format)));
    }
    put("minItems", limits.min_items.map(|elements| json!(elements)));
    put("maxItems", limits.max_items.map(|elements| json!(elements)));
    put("uniqueItems", limits.unique_items.then_some(json!(true)));
}

fn of_words(column: &Column, object: &mut Map<String, Json>) {
    if let Some(name) = &column.business_name {
        object.insert("title".to_owned(), json!(name));
    }
    if let Some(description) = &column.description {
        object.insert("description".to_owned(), json!(description));
    }
    if let Some(default) = &column.default {
        object.insert("default".to_owned(), of_value(default, &column.data_type));
    }
    if !column.examples.is_empty() {
        let examples: Vec<Json> = column
            .examples
            .iter()
            .map(|value| of_value(value, &column.data_type))
            .collect();
        object.insert("examples".to_owned(), Json::Array(examples));
    }
    if column.deprecated.is_some() {
        object.insert("deprecated".to_owned(), json!(true));
    }
}

/// A value of a contract as the JSON of a row would have it.
fn of_value(value: &Value, data_type: &DataType) -> Json {
    match (data_type, plain(value)) {
        (DataType::Decimal { .. }, Json::Number(number)) => json!(number.to_string()),
        (_, json) => json,
    }
}

fn plain(value: &Value) -> Json {
    // A `Value` is a document's: everything in it has a JSON form.
    serde_json::to_value(value).unwrap_or(Json::Null)
}
