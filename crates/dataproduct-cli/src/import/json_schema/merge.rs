//! Several schemas that hold for one value as one: a schema with what it refers to, and the branches of `allOf`.

use serde_json::{Map, Value as Json, json};

use super::FORM;
use crate::import::{Error, Notes, named};

/// The keywords of one value after everything that holds for it was put together.
pub(super) type Keywords = Map<String, Json>;

/// Keywords that bind nothing; of several the outermost says it best.
const WORDS: [&str; 14] = [
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
    "example",
    "examples",
    "deprecated",
    "readOnly",
];

/// Whether a keyword binds the value that it stands for.
pub(super) fn binds(keyword: &str) -> bool {
    !WORDS.contains(&keyword)
}

/// Adds to a schema what another one says, which has to hold as well. What cannot be said together is noted.
pub(super) fn both(
    path: &str,
    schema: &mut Keywords,
    other: Keywords,
    notes: &mut Notes,
) -> Result<(), Error> {
    for (keyword, there) in other {
        // `const` is a list of one value.
        let (keyword, there) = match keyword.as_str() {
            "const" => ("enum".to_owned(), json!([there])),
            _ => (keyword, there),
        };
        if keyword == "enum"
            && let Some(constant) = schema.remove("const")
        {
            schema.insert("enum".to_owned(), json!([constant]));
        }
        let Some(here) = schema.get_mut(&keyword) else {
            schema.insert(keyword, there);
            continue;
        };
        if *here == there || !binds(&keyword) {
            continue;
        }
        match keyword.as_str() {
            "type" => *here = types(path, here, &there)?,
            "enum" => *here = values(path, here, &there)?,
            "nullable" => *here = json!(here == &json!(true) && there == json!(true)),
            "uniqueItems" => *here = json!(true),
            "required" => union(here, there),
            "properties" => properties(here, there),
            "items" | "additionalProperties" | "propertyNames" => {
                *here = all_of(here.take(), there)
            }
            "minimum" | "exclusiveMinimum" | "minLength" | "minItems"
                if are_numbers(here, &there) =>
            {
                if number(&there) > number(here) {
                    *here = there;
                }
            }
            "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems"
                if are_numbers(here, &there) =>
            {
                if number(&there) < number(here) {
                    *here = there;
                }
            }
            _ => {
                let message = format!("a second `{keyword}` for the same values is left out");
                notes.push(path, message);
            }
        }
    }
    Ok(())
}

fn are_numbers(here: &Json, there: &Json) -> bool {
    here.is_number() && there.is_number()
}

fn number(json: &Json) -> f64 {
    json.as_f64().unwrap_or(f64::NAN)
}

/// The names in a `type`, which is one name or a list.
pub(super) fn names(types: &Json) -> Vec<&str> {
    match types {
        Json::String(name) => vec![name],
        Json::Array(names) => names.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The types that both permit; every integer is a number.
fn types(path: &str, here: &Json, there: &Json) -> Result<Json, Error> {
    let (here, there) = (names(here), names(there));
    let permits = |types: &[&str], name: &str| {
        types.contains(&name) || (name == "integer" && types.contains(&"number"))
    };
    let mut both: Vec<&str> = Vec::new();
    for name in here.iter().chain(&there) {
        if permits(&here, name) && permits(&there, name) && !both.contains(name) {
            both.push(name);
        }
    }
    if both.is_empty() {
        return Err(nothing(path));
    }
    Ok(json!(both))
}

fn values(path: &str, here: &Json, there: &Json) -> Result<Json, Error> {
    let (Json::Array(here), Json::Array(there)) = (here, there) else {
        let message = format!("{}: `enum` is no list", named(path));
        return Err(Error::malformed(FORM, message));
    };
    let both: Vec<&Json> = here.iter().filter(|value| there.contains(value)).collect();
    if both.is_empty() {
        return Err(nothing(path));
    }
    Ok(json!(both))
}

fn nothing(path: &str) -> Error {
    Error::unsupported(path, "the schemas that hold together permit no value")
}

fn union(here: &mut Json, there: Json) {
    if let (Json::Array(here), Json::Array(there)) = (here, there) {
        here.extend(there);
    }
}

fn properties(here: &mut Json, there: Json) {
    let (Json::Object(here), Json::Object(there)) = (here, there) else {
        return;
    };
    for (name, schema) in there {
        let both = match here.remove(&name) {
            Some(first) => all_of(first, schema),
            None => schema,
        };
        here.insert(name, both);
    }
}

/// Two schemas that both hold. `true` and `false`, where a schema may stand, permit everything and nothing.
fn all_of(here: Json, there: Json) -> Json {
    match (here, there) {
        (Json::Bool(true), other) | (other, Json::Bool(true)) => other,
        (Json::Bool(false), _) | (_, Json::Bool(false)) => Json::Bool(false),
        (here, there) => json!({ "allOf": [here, there] }),
    }
}

/// How much there is of a value, counted up to a limit.
pub(super) fn weight(json: &Json, limit: usize) -> usize {
    let mut total = 0;
    let mut left = vec![json];
    while let Some(json) = left.pop() {
        total += 1;
        match json {
            Json::String(text) => total += text.len() / 16,
            Json::Array(elements) => left.extend(elements),
            Json::Object(fields) => left.extend(fields.values()),
            _ => {}
        }
        if total > limit {
            break;
        }
    }
    total
}
