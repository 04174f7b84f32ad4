//! JSON Schemas of rows.
//!
//! What the SDK writes for a contract is read back as the same columns, as far as JSON Schema says them.
//! References are followed within the document only.
//!
//! # Source
//! JSON Schema, drafts 4 to 2020-12.

mod keyword;
mod merge;

use std::collections::HashSet;

use dataproduct::Column;
use dataproduct::contract::DataType;
use serde_json::Value as Json;

use super::{Budget, Draft, Error, Notes, named, text};
use merge::Keywords;

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
        copied: 0,
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
    /// How much was copied to put schemas together.
    copied: usize,
}

/// The most that is copied to put schemas together, in values and sixteenths of text.
const MAX_COPIED: usize = 1 << 18;

/// The types that JSON has, in the words of JSON Schema.
const TYPES: [&str; 7] = [
    "null", "boolean", "integer", "number", "string", "array", "object",
];

impl<'a> Reader<'a> {
    /// A schema as a column without a name.
    fn column(&mut self, path: &str, schema: &Json, depth: usize) -> Result<Column, Error> {
        self.budget.step(path, depth)?;
        let is_combined = ["$ref", "allOf", "anyOf", "oneOf"]
            .iter()
            .any(|keyword| schema.get(keyword).is_some());
        if !is_combined {
            return self.plain(path, schema, depth);
        }
        let (keywords, nullable) = self.combined(path, schema, depth)?;
        let column = self.plain(path, &Json::Object(keywords), depth)?;
        let nullable = nullable.unwrap_or(column.nullable);
        Ok(column.with_nullable(nullable))
    }

    /// A schema that refers to no other.
    fn plain(&mut self, path: &str, schema: &Json, depth: usize) -> Result<Column, Error> {
        if !schema.is_object() {
            return Err(Error::unsupported(
                path,
                "the schema says nothing of the type; say `type`",
            ));
        }
        let (kind, nullable) = self.kind(path, schema)?;
        let mut column = match kind {
            "boolean" => Column::new("", DataType::Boolean),
            "integer" => keyword::integer(schema),
            "number" => keyword::number(schema),
            "string" => keyword::string(path, schema, &mut self.notes),
            "array" => self.array(path, schema, depth)?,
            _ => self.object(path, schema, depth)?,
        };
        column.nullable = nullable;
        self.allowed(path, schema, &mut column)?;
        // Only columns of the table have a default: the row is the schema around them.
        keyword::default(path, schema, depth == 1, &mut column, &mut self.notes);
        keyword::left_out(path, schema, &column, &mut self.notes);
        Ok(keyword::words(column, schema))
    }

    /// Everything that holds for a value, with what its schema refers to and the branches that it consists of; and
    /// whether null is permitted, where that is said.
    fn combined(
        &mut self,
        path: &str,
        schema: &Json,
        depth: usize,
    ) -> Result<(Keywords, Option<bool>), Error> {
        self.budget.step(path, depth)?;
        let Json::Object(object) = schema else {
            // `true` permits everything, and adds nothing to others.
            return match schema {
                Json::Bool(true) => Ok((Keywords::new(), None)),
                _ => Err(Error::unsupported(
                    path,
                    "a schema that is `false` permits no value",
                )),
            };
        };
        self.copied += merge::weight(schema, MAX_COPIED);
        if self.copied > MAX_COPIED {
            let message = "the schemas that hold together are too large; write them out";
            return Err(Error::unsupported(path, message));
        }
        let mut own = object.clone();
        let parts: Vec<(&str, Json)> = ["$ref", "allOf", "anyOf", "oneOf"]
            .into_iter()
            .filter_map(|keyword| Some((keyword, own.remove(keyword)?)))
            .collect();
        let refers = parts.iter().any(|(keyword, _)| *keyword == "$ref");
        if refers && self.ignores_siblings() {
            let beside = own.keys().filter(|keyword| merge::binds(keyword)).cloned();
            for keyword in beside.collect::<Vec<_>>() {
                let message = format!(
                    "`{keyword}` beside `$ref` counts in later drafts only and is left out"
                );
                self.notes.push(path, message);
                own.remove(&keyword);
            }
        }
        let mut nullable = own_null(&own);
        for (keyword, part) in parts {
            let (other, null) = self.part(path, keyword, &part, depth)?;
            merge::both(path, &mut own, other, &mut self.notes)?;
            // Null has to be permitted by all that say something of it.
            nullable = match (nullable, null) {
                (Some(here), Some(there)) => Some(here && there),
                (here, there) => here.or(there),
            };
        }
        Ok((own, nullable))
    }

    /// What one keyword of a schema adds to it.
    fn part(
        &mut self,
        path: &str,
        keyword: &str,
        part: &Json,
        depth: usize,
    ) -> Result<(Keywords, Option<bool>), Error> {
        if keyword == "$ref" {
            let target = self.target(path, part)?;
            return self.combined(path, target, depth + 1);
        }
        let branches = part.as_array().map(Vec::as_slice).unwrap_or_default();
        if keyword == "allOf" {
            let mut out = Keywords::new();
            let mut nullable = None;
            for branch in branches {
                let (other, null) = self.combined(path, branch, depth + 1)?;
                merge::both(path, &mut out, other, &mut self.notes)?;
                nullable = match (nullable, null) {
                    (Some(here), Some(there)) => Some(here && there),
                    (here, there) => here.or(there),
                };
            }
            return Ok((out, nullable));
        }
        let is_null = |branch: &&Json| text(branch, "type") == Some("null");
        let others: Vec<_> = branches.iter().filter(|branch| !is_null(branch)).collect();
        let [one] = others.as_slice() else {
            return Err(Error::unsupported(
                path,
                format!("`{keyword}` of several schemas is no column; write one type"),
            ));
        };
        let (other, null) = self.combined(path, one, depth + 1)?;
        let with_null = others.len() < branches.len();
        Ok((other, if with_null { Some(true) } else { null }))
    }

    /// Whether the draft says that what stands beside `$ref` does not count.
    fn ignores_siblings(&self) -> bool {
        let draft = text(self.root, "$schema").unwrap_or_default();
        ["draft-03", "draft-04", "draft-06", "draft-07"]
            .iter()
            .any(|old| draft.contains(old))
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

    /// The one type besides null, and whether null is another.
    fn kind<'s>(&mut self, path: &str, schema: &'s Json) -> Result<(&'s str, bool), Error> {
        let names: Vec<&str> = match schema.get("type") {
            Some(types @ (Json::String(_) | Json::Array(_))) => merge::names(types),
            _ => keyword::implied(schema),
        };
        // The word of OpenAPI 3.0 for it.
        let nullable = schema.get("nullable").and_then(Json::as_bool) == Some(true);
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
            [one] => Ok((one, nullable || names.contains(&"null"))),
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

    fn array(&mut self, path: &str, schema: &Json, depth: usize) -> Result<Column, Error> {
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
    fn object(&mut self, path: &str, schema: &Json, depth: usize) -> Result<Column, Error> {
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
        Ok(Column::new("", DataType::Struct(columns)))
    }

    fn map(&mut self, path: &str, schema: &Json, depth: usize) -> Result<Column, Error> {
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

/// Whether the keywords of a schema by themselves say that null is permitted, or that it is not.
fn own_null(keywords: &Keywords) -> Option<bool> {
    let is_nullable = keywords.get("nullable").and_then(Json::as_bool) == Some(true);
    let values = keywords.get("enum").and_then(Json::as_array);
    let has_null = values.is_some_and(|values| values.contains(&Json::Null));
    let types = keywords.get("type").map(merge::names);
    match types {
        Some(names) => Some(is_nullable || has_null || names.contains(&"null")),
        None => (is_nullable || has_null).then_some(true),
    }
}
