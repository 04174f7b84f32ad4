//! What only the document of a contract says, which a Rust type has no words for.

use dataproduct::Contract;
use dataproduct::contract::odcs::Property;

use super::super::Note;

/// A note for each part of the document that is left out.
pub(super) fn left_out(contract: &Contract, notes: &mut Vec<Note>) {
    let document = contract.document();
    let mut note = |is_there: bool, what: &str| {
        if is_there {
            notes.push(Note::new("", format!("{what} left out")));
        }
    };
    let definitions = document.authoritative_definitions.is_some();
    note(document.servers.is_some(), "the servers are");
    note(document.price.is_some(), "the price is");
    note(document.context.is_some(), "the context is");
    note(definitions, "the authoritative definitions are");
    let Some(schema) = document.schema.iter().flatten().next() else {
        return;
    };
    // A declaration says as much of its table by itself.
    let own_name = |name: &String| *name == schema.name;
    let own_type = |kind: &String| kind == "table";
    let named =
        !schema.physical_name.iter().all(own_name) || !schema.physical_type.iter().all(own_type);
    note(named, "the physical name and type of the table are");
    note(schema.synonyms.is_some(), "the synonyms of the table are");
    note(
        schema.authoritative_definitions.is_some(),
        "the authoritative definitions of the table are",
    );
    for property in schema.properties.iter().flatten() {
        of_column("", property, notes);
    }
}

fn of_column(parent: &str, property: &Property, notes: &mut Vec<Note>) {
    let name = property.name.as_deref().unwrap_or("element");
    let path = match parent {
        "" => name.to_owned(),
        parent => format!("{parent}.{name}"),
    };
    // A term of a vocabulary is the one kind of definition that a type has a word for.
    let mut definitions = property.authoritative_definitions.iter().flatten();
    let parts = [
        (property.physical_name.is_some(), "the physical name is"),
        (property.synonyms.is_some(), "the synonyms are"),
        (property.semantic_type.is_some(), "the semantic type is"),
        (property.encrypted_name.is_some(), "the encrypted name is"),
        (
            property.transform_logic.is_some()
                || property.transform_description.is_some()
                || property.transform_source_objects.is_some(),
            "the transformation is",
        ),
        (
            definitions.any(|definition| definition.kind != "semanticType"),
            "definitions that are no term of a vocabulary are",
        ),
    ];
    for (is_there, what) in parts {
        if is_there {
            notes.push(Note::new(&path, format!("{what} left out")));
        }
    }
    for field in property.properties.iter().flatten() {
        of_column(&path, field, notes);
    }
    if let Some(items) = &property.items {
        of_column(&path, items, notes);
    }
    if let Some(map) = &property.map {
        of_column(&path, &map.value, notes);
    }
}
