//! JSON Schemas of rows.
//!
//! What the SDK writes for a contract is read back as the same columns, as far as JSON Schema says them.
//! References are followed within the document only.
//!
//! # Source
//! JSON Schema, drafts 4 to 2020-12.

mod keyword;

use std::collections::HashSet;

use dataproduct::Column;
use dataproduct::contract::DataType;
use serde_json::Value as Json;

use super::{Budget, Draft, Error, Notes, named, text};

const FORM: &str = "a JSON Schema";

/// A draft from a schema whose rows are objects.
///
/// # Errors
/// [`Error::Malformed`] for text that is no schema, [`Error::Unsupported`] for what no column can be
/// (several types at once, tuples, references that lead in a circle or out of the document),
/// [`Error::TooMuch`] beyond the limits.
pub fn schema(text: &str) -> Result<Draft, Error> {
    let root: Json = serde_json::from_str(text).map_err(|error| Error::malformed(FORM, error))?;
    let mut reader = Reader {
        root: &root,
        budget: Budget::new(),
        notes: Notes::default(),
    };
    let row = reader.column("", &root, 0)?;
    let DataType::Struct(columns) = row.data_type else {
        return Err(Error::unsupported(
            "",
            "a row is an object with `properties`",
        ));
    };
    Ok(Draft {
        description: row.description,
        columns,
        notes: reader.notes.into_vec(),
    })
}

struct Reader<'a> {
    root: &'a Json,
    budget: Budget,
    notes: Notes,
}

/// The types that JSON has, in the words of JSON Schema.
const TYPES: [&str; 7] = [
    "null", "boolean", "integer", "number", "string", "array", "object",
];

impl<'a> Reader<'a> {
    /// A schema as a column without a name.
    fn column(&mut self, path: &str, schema: &'a Json, depth: usize) -> Result<Column, Error> {
        self.budget.step(path, depth)?;
        let Json::Object(object) = schema else {
            return Err(Error::unsupported(
                path,
                "the schema says nothing of the type; say `type`",
            ));
        };
        if let Some(reference) = object.get("$ref") {
            let target = self.target(path, reference)?;
            let column = self.column(path, target, depth + 1)?;
            return Ok(keyword::words(column, schema));
        }
        if let Some(column) = self.combined(path, schema, depth)? {
            return Ok(keyword::words(column, schema));
        }
        let (kind, nullable) = self.kind(path, schema)?;
        let mut column = match kind {
            "boolean" => Column::new("", DataType::Boolean),
            "integer" => keyword::integer(schema),
            "number" => keyword::limited(Column::new("", DataType::Float64), schema),
            "string" => keyword::string(path, schema, &mut self.notes),
            "array" => self.array(path, schema, depth)?,
            _ => self.object(path, schema, depth)?,
        };
        column.nullable = nullable;
        self.allowed(path, schema, &mut column)?;
        Ok(keyword::words(column, schema))
    }

    /// The schema that a reference names, in this document.
    fn target(&self, path: &str, reference: &Json) -> Result<&'a Json, Error> {
        let reference = reference.as_str().unwrap_or_default();
        let pointer = reference.strip_prefix('#').ok_or_else(|| {
            let shown: String = reference.chars().take(100).collect();
            Error::unsupported(
                path,
                format!(
                    "`$ref` to `{shown}` leads out of the document; put the definition into it"
                ),
            )
        })?;
        self.root.pointer(pointer).ok_or_else(|| {
            let shown: String = pointer.chars().take(100).collect();
            Error::malformed(FORM, format!("{}: there is no `#{shown}`", named(path)))
        })
    }

    /// What `allOf`, `anyOf` and `oneOf` come to, where that is one type, with or without null.
    fn combined(
        &mut self,
        path: &str,
        schema: &'a Json,
        depth: usize,
    ) -> Result<Option<Column>, Error> {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let Some(branches) = schema.get(keyword) else {
                continue;
            };
            let branches = branches.as_array().map(Vec::as_slice).unwrap_or_default();
            let is_null = |branch: &&Json| text(branch, "type") == Some("null");
            let others: Vec<_> = branches.iter().filter(|branch| !is_null(branch)).collect();
            let [one] = others.as_slice() else {
                return Err(Error::unsupported(
                    path,
                    format!("`{keyword}` of several schemas is no column; write one type"),
                ));
            };
            let column = self.column(path, one, depth + 1)?;
            let nullable = column.nullable || others.len() < branches.len();
            return Ok(Some(column.with_nullable(nullable)));
        }
        Ok(None)
    }

    /// The one type besides null, and whether null is another.
    fn kind(&mut self, path: &str, schema: &'a Json) -> Result<(&'a str, bool), Error> {
        let names: Vec<&str> = match schema.get("type") {
            Some(Json::String(name)) => vec![name.as_str()],
            Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
            _ => keyword::implied(schema),
        };
        if let Some(unknown) = names.iter().find(|name| !TYPES.contains(*name)) {
            let shown: String = unknown.chars().take(40).collect();
            let message = format!("{}: there is no type `{shown}`", named(path));
            return Err(Error::malformed(FORM, message));
        }
        let mut others: Vec<_> = names.iter().filter(|name| **name != "null").collect();
        // Every integer is a number.
        if others.contains(&&"number") {
            others.retain(|name| **name != "integer");
        }
        match others.as_slice() {
            [one] => Ok((one, others.len() < names.len() && names.contains(&"null"))),
            [] => Err(Error::unsupported(
                path,
                "the schema says nothing of the type; say `type`",
            )),
            _ => Err(Error::unsupported(
                path,
                "values of several types are no column; say one `type`",
            )),
        }
    }

    fn array(&mut self, path: &str, schema: &'a Json, depth: usize) -> Result<Column, Error> {
        let items = match schema.get("items") {
            Some(items @ Json::Object(_)) => items,
            _ => {
                return Err(Error::unsupported(
                    path,
                    "the elements of an array are described by one schema in `items`",
                ));
            }
        };
        let path = self.budget.below(path, "element", depth)?;
        let element = self.column(&path, items, depth + 1)?.renamed("element");
        let column = Column::new("", DataType::List(Box::new(element)));
        Ok(keyword::limited(column, schema))
    }

    /// A record, or a map where only the values are described.
    fn object(&mut self, path: &str, schema: &'a Json, depth: usize) -> Result<Column, Error> {
        let Some(properties) = schema.get("properties").and_then(Json::as_object) else {
            return self.map(path, schema, depth);
        };
        let required = schema.get("required").and_then(Json::as_array);
        let required: HashSet<&str> = required
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let mut columns = Vec::new();
        for (name, property) in properties {
            let path = self.budget.below(path, name, depth)?;
            let column = self.column(&path, property, depth + 1)?;
            let nullable = column.nullable || !required.contains(name.as_str());
            columns.push(column.renamed(name).with_nullable(nullable));
        }
        if schema.get("patternProperties").is_some() {
            self.notes.push(path, "`patternProperties` is left out");
        }
        Ok(Column::new("", DataType::Struct(columns)))
    }

    fn map(&mut self, path: &str, schema: &'a Json, depth: usize) -> Result<Column, Error> {
        let values = match schema.get("additionalProperties") {
            Some(values @ Json::Object(_)) => values,
            _ => {
                return Err(Error::unsupported(
                    path,
                    "an object is described by `properties`, a map by `additionalProperties`",
                ));
            }
        };
        let path = self.budget.below(path, "value", depth)?;
        let value = self.column(&path, values, depth + 1)?.renamed("value");
        let key = match schema.get("propertyNames") {
            Some(names) => keyword::map_key(names, &path, &mut self.notes),
            None => Column::new("", DataType::String),
        };
        let (key, value) = (Box::new(key.renamed("key")), Box::new(value));
        Ok(Column::new("", DataType::Map { key, value }))
    }

    /// Takes over `enum` and `const`, which may also say that null is allowed.
    fn allowed(&mut self, path: &str, schema: &Json, column: &mut Column) -> Result<(), Error> {
        let values: Vec<&Json> = match (schema.get("enum"), schema.get("const")) {
            (Some(Json::Array(values)), _) => values.iter().collect(),
            (_, Some(value)) => vec![value],
            _ => return Ok(()),
        };
        for value in values {
            if value.is_null() {
                column.nullable = true;
                continue;
            }
            let value = keyword::value(value).ok_or_else(|| {
                Error::unsupported(path, "a value of `enum` is no text, number or truth")
            })?;
            let taken = std::mem::replace(column, Column::new("", DataType::Boolean));
            *column = taken.with_allowed(value);
        }
        Ok(())
    }
}
