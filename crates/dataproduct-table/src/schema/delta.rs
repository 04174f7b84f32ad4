//! A table's schema as the log writes it, as a tree that can be changed.
//!
//! # Source
//!
//! Delta transaction log protocol, "Schema Serialization Format".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Metadata of a field: the contract's stable identifier of the column.
pub(crate) const COLUMN_ID: &str = "dataproduct.id";
/// Metadata of a field: the column that took its place, from which it is filled.
pub(crate) const RENAMED_TO: &str = "dataproduct.renamedTo";
/// Metadata of a field: the names that it had before, as a JSON list, the newest first.
pub(crate) const FORMER_NAMES: &str = "dataproduct.formerNames";
/// Metadata of a field: what rows of files that do not have it read as, as the text of the value.
pub(crate) const DEFAULT: &str = "dataproduct.default";
/// Metadata of a field: its name in files.
pub(crate) const PHYSICAL_NAME: &str = "delta.columnMapping.physicalName";
/// Metadata of a field: its number in files.
pub(crate) const MAPPING_ID: &str = "delta.columnMapping.id";
/// Metadata of a field: the types that it or a part of it had before.
pub(crate) const TYPE_CHANGES: &str = "delta.typeChanges";

/// The named fields of a table or a struct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeltaField {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) data_type: DeltaType,
    pub(crate) nullable: bool,
    #[serde(default)]
    pub(crate) metadata: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum DeltaType {
    Primitive(String),
    Nested(Nested),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(crate) enum Nested {
    Struct {
        fields: Vec<DeltaField>,
    },
    #[serde(rename_all = "camelCase")]
    Array {
        element_type: Box<DeltaType>,
        contains_null: bool,
    },
    #[serde(rename_all = "camelCase")]
    Map {
        key_type: Box<DeltaType>,
        value_type: Box<DeltaType>,
        value_contains_null: bool,
    },
}

/// Reads the fields of a schema.
pub(crate) fn parse(json: &str) -> Result<Vec<DeltaField>> {
    let damaged = |reason: String| Error::damaged("the table's schema", reason);
    match serde_json::from_str(json).map_err(|error| damaged(error.to_string()))? {
        Nested::Struct { fields } => Ok(fields),
        _ => Err(damaged("it is not a struct".to_owned())),
    }
}

/// Writes fields as a schema.
pub(crate) fn write(fields: Vec<DeltaField>) -> Result<String> {
    serde_json::to_string(&Nested::Struct { fields })
        .map_err(|error| Error::encoding("writing the table's schema", error))
}

impl DeltaField {
    /// A piece of metadata that is text.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).and_then(Value::as_str)
    }

    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.metadata.insert(key.to_owned(), value.into());
    }
}

/// Goes through fields at every depth.
pub(crate) fn each(fields: &mut [DeltaField], visit: &mut impl FnMut(&mut DeltaField)) {
    for field in fields {
        visit(field);
        each_within(&mut field.data_type, visit);
    }
}

fn each_within(data_type: &mut DeltaType, visit: &mut impl FnMut(&mut DeltaField)) {
    match data_type {
        DeltaType::Primitive(_) => {}
        DeltaType::Nested(Nested::Struct { fields }) => each(fields, visit),
        DeltaType::Nested(Nested::Array { element_type, .. }) => each_within(element_type, visit),
        DeltaType::Nested(Nested::Map {
            key_type,
            value_type,
            ..
        }) => {
            each_within(key_type, visit);
            each_within(value_type, visit);
        }
    }
}

/// Whether every value of a stored type is one of another, so that Delta's type widening may change it.
///
/// Integers stay integers, floats floats and decimals decimals: what Delta allows beyond that changes what a value
/// means to its readers.
pub(crate) fn widens(from: &str, to: &str) -> bool {
    const INTEGERS: [&str; 4] = ["byte", "short", "integer", "long"];
    let size = |name: &str| INTEGERS.iter().position(|known| *known == name);
    if let (Some(from), Some(to)) = (size(from), size(to)) {
        return from < to;
    }
    if let (Some((digits, scale)), Some((more, finer))) = (decimal(from), decimal(to)) {
        // Neither the digits before the point nor those behind it may become fewer.
        return finer >= scale
            && more - finer >= digits - scale
            && (more, finer) != (digits, scale);
    }
    (from, to) == ("float", "double")
}

/// Precision and scale of `decimal(p,s)`.
pub(crate) fn decimal(name: &str) -> Option<(i16, i16)> {
    let inner = name.strip_prefix("decimal(")?.strip_suffix(')')?;
    let (precision, scale) = inner.split_once(',')?;
    Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_widen_within_their_kind() {
        #[track_caller]
        fn check(from: &str, to: &str, expect: bool) {
            assert_eq!(widens(from, to), expect, "{from} to {to}");
        }
        check("byte", "long", true);
        check("short", "integer", true);
        check("integer", "integer", false);
        check("long", "integer", false);
        check("integer", "double", false);
        check("integer", "decimal(12,2)", false);
        check("float", "double", true);
        check("double", "float", false);
        check("decimal(10,2)", "decimal(12,2)", true);
        check("decimal(10,2)", "decimal(12,4)", true);
        check("decimal(10,2)", "decimal(11,4)", false);
        check("decimal(10,2)", "decimal(10,1)", false);
        check("decimal(10,2)", "decimal(10,2)", false);
        check("date", "timestamp_ntz", false);
    }

    #[test]
    fn a_schema_is_written_as_it_was_read() {
        let json = r#"{"type":"struct","fields":[{"name":"a","type":{"type":"array","elementType":{"type":"struct","fields":[{"name":"b","type":"decimal(10,2)","nullable":false,"metadata":{"x":[1]}}]},"containsNull":true},"nullable":true,"metadata":{}},{"name":"m","type":{"type":"map","keyType":"string","valueType":"long","valueContainsNull":false},"nullable":true,"metadata":{"comment":"c"}}]}"#;
        let fields = parse(json).unwrap();
        let value = |json: &str| serde_json::from_str::<Value>(json).unwrap();
        assert_eq!(value(&write(fields).unwrap()), value(json));
        assert!(parse("\"long\"").is_err());
    }
}
