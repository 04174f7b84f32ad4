//! Published schemas and examples of the standards, which are not part of this repository.
//!
//! `DATAPRODUCT_STANDARDS` names a folder with `odcs-json-schema-v3.2.0.json` (or the `schema.json` of
//! the PyPI wheel `open-data-contract-standard` 3.2.0), `odps-json-schema-v1.1.0.json` (or
//! `odps-1.1.0.schema.json` of the wheel `dataproduct-cli`), `odcs-examples` and `odps-examples`.
//! Tests that need what is not there say that they are skipped.

use std::path::PathBuf;

use serde_json::{Value, json};

fn folder() -> Option<PathBuf> {
    std::env::var_os("DATAPRODUCT_STANDARDS").map(PathBuf::from)
}

fn first_file(names: &[&str]) -> Option<Value> {
    let folder = folder()?;
    let path = names
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file());
    let Some(path) = path else {
        println!("skipped: DATAPRODUCT_STANDARDS holds none of {names:?}");
        return None;
    };
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

/// A note that a test does not run, for lack of the standards.
pub(crate) fn skipped() {
    println!("skipped: DATAPRODUCT_STANDARDS names no folder with the published standard");
}

/// The JSON Schema of ODCS v3.2.0 as its repository and its wheel publish it.
pub(crate) fn odcs_schema_as_published() -> Option<Value> {
    first_file(&["odcs-json-schema-v3.2.0.json", "schema.json"])
}

/// The JSON Schema of ODCS v3.2.0 with the text of the standard put right where the published copies
/// differ from it and from each other.
pub(crate) fn odcs_schema() -> Option<Value> {
    let mut schema = odcs_schema_as_published()?;
    let definitions = &mut schema["$defs"];
    // Ids are everything but a list of characters (RFC 26a); one copy allows only some letters.
    definitions["StableId"]["pattern"] = json!(r"^[^\s.#/\\@!%&^]+$");
    definitions["FullyQualifiedReference"]["pattern"] = json!(concat!(
        r"^(?:(?:https?:\/\/)?[A-Za-z0-9._\-\/]+\.ya?ml#)?\/?[A-Za-z_][A-Za-z0-9_]*\/",
        r"[^\s.#/\\@!%&^]+(?:\/[A-Za-z_][A-Za-z0-9_]*\/[^\s.#/\\@!%&^]+)*$"
    ));
    // `blob` is of a draft (RFC 52).
    definitions["SchemaObject"]["properties"]["logicalType"]["enum"] = json!(["object"]);
    // A condition on a missing type holds by the rules of JSON Schema, so that one copy asks every
    // property without a type for a map. And a vector has options, or it has no dimensions.
    for condition in definitions["SchemaBaseProperty"]["allOf"]
        .as_array_mut()
        .unwrap()
    {
        let kind = &condition["if"]["properties"]["logicalType"]["const"];
        if kind == "map" || kind == "vector" {
            let vector = kind == "vector";
            condition["if"]["required"] = json!(["logicalType"]);
            if vector {
                condition["then"]["required"] = json!(["logicalTypeOptions"]);
            }
        }
    }
    Some(schema)
}

/// The JSON Schema of Bitol ODPS v1.1.0.
pub(crate) fn odps_schema() -> Option<Value> {
    first_file(&["odps-json-schema-v1.1.0.json", "odps-1.1.0.schema.json"])
}

/// Names and texts of the examples in a folder.
pub(crate) fn examples(of: &str) -> Vec<(String, String)> {
    let Some(entries) = folder().and_then(|folder| std::fs::read_dir(folder.join(of)).ok()) else {
        return Vec::new();
    };
    let mut examples: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    examples.sort();
    examples
}
