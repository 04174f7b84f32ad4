//! Avro schemas.
//!
//! A record with a field for each column. What a reader of Avro would lose and this SDK can read back is
//! kept in attributes that Avro lets schemas carry: `dataproduct.name` for a column whose name is none in
//! Avro, `dataproduct.type` for an integer of 8 or 16 bits.
//!
//! # Source
//! Apache Avro 1.12.0 specification: schema declaration, names, logical types.

use std::collections::HashSet;

use dataproduct::contract::{DataType, Value};
use dataproduct::{Column, Contract};
use serde_json::{Map, Value as Json, json};

use super::words::{identifier, pascal_case, unique};
use super::{Error, Exported, Note, pretty};

/// The attribute that holds a column's name where Avro cannot.
pub(crate) const NAME: &str = "dataproduct.name";
/// The attribute that holds a column's type where Avro has only a wider one.
pub(crate) const TYPE: &str = "dataproduct.type";

/// The Avro schema of a contract's rows.
///
/// # Errors
/// [`Error::Unwritable`] when the schema cannot be put into JSON.
pub fn schema(contract: &Contract) -> Result<Exported, Error> {
    let mut writer = Writer::default();
    let name = pascal_case(contract.name().product().as_str());
    writer.names.insert(name.clone());
    let mut record = json!({
        "type": "record",
        "name": name,
        "namespace": identifier(contract.domain().as_str()),
        "fields": writer.fields("", &name, contract.columns()),
        "dataproduct.version": contract.version().to_string(),
    });
    if let Some(description) = contract.description() {
        record["doc"] = json!(description);
    }
    Ok(Exported {
        bytes: pretty(&record)?.into_bytes(),
        notes: writer.notes,
    })
}

#[derive(Default)]
struct Writer {
    /// The names of types, which are global in a schema.
    names: HashSet<String>,
    notes: Vec<Note>,
}

impl Writer {
    fn fields(&mut self, path: &str, parent: &str, columns: &[Column]) -> Vec<Json> {
        let mut taken = HashSet::new();
        columns
            .iter()
            .map(|column| {
                let path = below(path, &column.name);
                let name = unique(identifier(&column.name), &mut taken);
                let type_name = format!("{parent}_{}", pascal_case(&column.name));
                let mut data_type = self.column(&path, &type_name, column);
                let default = default(column);
                if column.default.is_some() && default.is_none() {
                    self.notes.push(Note::new(&path, "the default is left out"));
                }
                if let (Some(_), Json::Array(branches)) = (&default, &mut data_type) {
                    // A default is one of the first type of a union.
                    branches.reverse();
                }
                let mut field = json!({"name": name, "type": data_type});
                if name != column.name {
                    let message = format!("the field is named `{name}`");
                    self.notes.push(Note::new(path, message));
                    field[NAME] = json!(column.name);
                }
                if let Some(description) = &column.description {
                    field["doc"] = json!(description);
                }
                if let Some(default) = default {
                    field["default"] = default;
                } else if column.nullable {
                    field["default"] = Json::Null;
                }
                field
            })
            .collect()
    }

    /// The type of a column, with null where values may be missing.
    fn column(&mut self, path: &str, name: &str, column: &Column) -> Json {
        self.limits(path, column);
        let data_type = match symbols(column) {
            Some(symbols) => {
                let name = unique(name.to_owned(), &mut self.names);
                json!({"type": "enum", "name": name, "symbols": symbols})
            }
            None => self.data_type(path, name, &column.data_type),
        };
        if column.nullable {
            json!(["null", data_type])
        } else {
            data_type
        }
    }

    fn limits(&mut self, path: &str, column: &Column) {
        let limited = column.limits != dataproduct::contract::Limits::default();
        if limited || (!column.allowed.is_empty() && symbols(column).is_none()) {
            self.notes
                .push(Note::new(path, "the limits of its values are left out"));
        }
    }

    fn data_type(&mut self, path: &str, name: &str, data_type: &DataType) -> Json {
        match data_type {
            DataType::Boolean => json!("boolean"),
            DataType::Int8 => json!({"type": "int", TYPE: "byte"}),
            DataType::Int16 => json!({"type": "int", TYPE: "short"}),
            DataType::Int32 => json!("int"),
            DataType::Int64 => json!("long"),
            DataType::Float32 => json!("float"),
            DataType::Float64 => json!("double"),
            DataType::String => json!("string"),
            DataType::Binary => json!("bytes"),
            DataType::Decimal { precision, scale } => json!({
                "type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale,
            }),
            DataType::Date => json!({"type": "int", "logicalType": "date"}),
            DataType::Timestamp => json!({"type": "long", "logicalType": "timestamp-micros"}),
            DataType::TimestampNtz => {
                json!({"type": "long", "logicalType": "local-timestamp-micros"})
            }
            DataType::Uuid => json!({"type": "string", "logicalType": "uuid"}),
            DataType::Struct(columns) => self.record(path, name, columns),
            DataType::List(element) => {
                let items = self.column(&below(path, "element"), name, element);
                json!({"type": "array", "items": items})
            }
            DataType::Map { key, value } if key.data_type == DataType::String => {
                let values = self.column(&below(path, "value"), name, value);
                json!({"type": "map", "values": values})
            }
            // Keys of Avro's maps are text. Others are pairs, marked as Iceberg marks them.
            DataType::Map { key, value } => {
                let name = format!("{name}_Entry");
                let columns = [(**key).clone(), (**value).clone()];
                let items = self.record(path, &name, &columns);
                json!({"type": "array", "logicalType": "map", "items": items})
            }
            other => {
                let message = format!("`{other}` is written as text");
                self.notes.push(Note::new(path, message));
                json!("string")
            }
        }
    }

    fn record(&mut self, path: &str, name: &str, columns: &[Column]) -> Json {
        let name = unique(name.to_owned(), &mut self.names);
        let fields = self.fields(path, &name, columns);
        let mut record = Map::new();
        record.insert("type".to_owned(), json!("record"));
        record.insert("name".to_owned(), json!(name));
        record.insert("fields".to_owned(), Json::Array(fields));
        Json::Object(record)
    }
}

/// The default of a column where Avro writes it as a contract does; decimals and times are bytes and counts there.
fn default(column: &Column) -> Option<Json> {
    let default = column.default.as_ref()?;
    Some(match (&column.data_type, default) {
        (DataType::Boolean, Value::Bool(value)) => json!(value),
        (
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64,
            Value::Integer(value),
        ) => json!(value),
        (DataType::Float32 | DataType::Float64, value) => json!(value.as_f64()?),
        (DataType::String | DataType::Uuid, Value::String(text)) => json!(text),
        _ => return None,
    })
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The symbols of an enumeration, where all its values can be such and no others will come.
fn symbols(column: &Column) -> Option<Vec<&str>> {
    if !column.is_enum() || column.open_enum {
        return None;
    }
    let is_symbol = |text: &&str| *text == identifier(text);
    column
        .allowed
        .iter()
        .map(|allowed| allowed.value.as_str().filter(is_symbol))
        .collect()
}
