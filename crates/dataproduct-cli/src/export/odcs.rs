//! ODCS 3.1.0, for tools that do not know 3.2 yet.
//!
//! # Source
//! The JSON Schemas of ODCS 3.1.0 and 3.2.0, compared.

use dataproduct::contract::odcs::Document;
use dataproduct::contract::{Map, yaml};
use dataproduct::{Contract, Value};

use super::{Error, Exported, Note};

/// Kinds of servers that 3.2 has added.
const NEW_SERVERS: [&str; 10] = [
    "btrieve",
    "exasol",
    "fastobjects",
    "hana",
    "iceberg",
    "ingres",
    "poet",
    "teradata",
    "vectorwise",
    "versant",
];

pub(super) fn version_3_1(contract: &Contract) -> Result<Exported, Error> {
    let mut document: Value = yaml::from_str(contract.to_yaml())?;
    let mut notes = Vec::new();
    if let Value::Map(root) = &mut document {
        root.insert("apiVersion", "v3.1.0");
        remove(root, "", &["context"], &mut notes);
        each(root, "servers", |server| server_kind(server, &mut notes));
        each(root, "schema", |object| {
            remove(object, "", &["context"], &mut notes);
            element(object, "", &mut notes);
        });
        each(root, "slaProperties", |promise| {
            let lost = ["customProperties", "authoritativeDefinitions"];
            remove(promise, "slaProperties", &lost, &mut notes);
        });
    }
    if vendors(&mut document) {
        let message = "custom properties lose their vendor, so that what this SDK adds to the standard \
                       is not read back";
        notes.push(Note::new("", message));
    }
    // Read as a document of 3.1 it is checked, and written in the order of the standard.
    let document = Document::from_yaml(&yaml::to_string(&document)?)?;
    Ok(Exported {
        bytes: yaml::to_string(&document)?.into_bytes(),
        notes,
    })
}

/// Changes the value under a name, which keeps its place; nothing if there is none.
fn edit(map: &mut Map, name: &str, change: impl FnOnce(&mut Value)) {
    if let Some(mut value) = map.get(name).cloned() {
        change(&mut value);
        map.insert(name, value);
    }
}

/// Changes every map of the list under a name.
fn each(map: &mut Map, name: &str, mut change: impl FnMut(&mut Map)) {
    edit(map, name, |value| {
        if let Value::List(elements) = value {
            for element in elements {
                if let Value::Map(map) = element {
                    change(map);
                }
            }
        }
    });
}

/// Adds to the list under a name.
fn append(map: &mut Map, name: &str, element: Map) {
    let mut list = match map.get(name) {
        Some(Value::List(elements)) => elements.clone(),
        _ => Vec::new(),
    };
    list.push(element.into());
    map.insert(name, list);
}

/// Takes out what 3.1 has no field for.
fn remove(map: &mut Map, path: &str, names: &[&str], notes: &mut Vec<Note>) {
    for name in names {
        if map.remove(name).is_some() {
            let message = format!("`{name}` is new in 3.2 and left out");
            notes.push(Note::new(path, message));
        }
    }
}

/// A schema object or a property.
fn element(map: &mut Map, path: &str, notes: &mut Vec<Note>) {
    remove(map, path, &["synonyms", "semanticType"], notes);
    if let Some(deprecated) = map.remove("deprecated") {
        notes.push(Note::new(path, "`deprecated` becomes a custom property"));
        let property = [
            ("property", Value::from("deprecated")),
            ("value", deprecated),
        ];
        append(map, "customProperties", property.into_iter().collect());
    }
    each(map, "relationships", |relationship| {
        remove(relationship, path, &["id"], notes);
    });
    enumeration(map, path, notes);
    new_types(map, path, notes);
    each(map, "properties", |property| {
        let name = property.get("name").and_then(Value::as_str);
        let name = name.unwrap_or_default().to_owned();
        let path = if path.is_empty() {
            name
        } else {
            format!("{path}.{name}")
        };
        element(property, &path, notes);
    });
    edit(map, "items", |items| {
        if let Value::Map(items) = items {
            element(items, &format!("{path}.element"), notes);
        }
    });
}

/// The allowed values, as the quality rule that says the same.
fn enumeration(map: &mut Map, path: &str, notes: &mut Vec<Note>) {
    let Some(Value::List(allowed)) = map.remove("enum") else {
        return;
    };
    let values: Vec<Value> = allowed
        .into_iter()
        .map(|allowed| match allowed.get("value") {
            Some(value) => value.clone(),
            None => allowed,
        })
        .collect();
    let message = "`enum` becomes a quality rule, without labels and descriptions";
    notes.push(Note::new(path, message));
    let arguments: Map = [("validValues", Value::List(values))].into_iter().collect();
    let rule = [
        ("type", Value::from("library")),
        ("metric", Value::from("invalidValues")),
        ("arguments", Value::Map(arguments)),
        ("mustBe", Value::from(0)),
    ];
    append(map, "quality", rule.into_iter().collect());
}

/// Maps and vectors, which 3.1 knows only by their physical types.
fn new_types(map: &mut Map, path: &str, notes: &mut Vec<Note>) {
    let older = match map.get("logicalType").and_then(Value::as_str) {
        Some("map") => "object",
        Some("vector") => "array",
        _ => return,
    };
    map.insert("logicalType", older);
    map.remove("logicalTypeOptions");
    map.remove("map");
    if older == "array" {
        let items: Map = [("logicalType", "number")].into_iter().collect();
        map.insert("items", items);
    }
    let message = format!("the type becomes `{older}`; only the physical type tells more");
    notes.push(Note::new(path, message));
}

fn server_kind(server: &mut Map, notes: &mut Vec<Note>) {
    remove(server, "servers", &["encoding", "workgroup"], notes);
    let kind = server.get("type").and_then(Value::as_str);
    if let Some(kind) = kind.filter(|kind| NEW_SERVERS.contains(kind)) {
        let message = format!("the kind `{kind}` is new in 3.2 and becomes `custom`");
        notes.push(Note::new("servers", message));
        server.insert("type", "custom");
    }
}

/// Takes the vendor out of every custom property, and says whether there was one.
fn vendors(value: &mut Value) -> bool {
    match value {
        Value::List(elements) => elements
            .iter_mut()
            .fold(false, |any, element| vendors(element) | any),
        Value::Map(map) => {
            let mut any = false;
            each(map, "customProperties", |property| {
                any |= property.remove("vendor").is_some();
            });
            let names: Vec<String> = map.iter().map(|(name, _)| name.to_owned()).collect();
            for name in names.iter().filter(|name| *name != "customProperties") {
                edit(map, name, |value| any |= vendors(value));
            }
            any
        }
        _ => false,
    }
}
