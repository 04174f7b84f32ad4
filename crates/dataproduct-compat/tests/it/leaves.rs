//! Nothing that a contract says can change unseen.

use dataproduct_compat::{Kind, diff};
use dataproduct_contract::{Contract, Map, Value, yaml};

/// A contract that uses what ODCS has, as far as a product can.
const FULL: &str = include_str!("full.odcs.yaml");

/// Every place of a document that holds a simple value.
fn leaves(value: &Value, path: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    match value {
        Value::Map(map) => {
            for (name, value) in map.iter() {
                path.push(name.to_owned());
                leaves(value, path, out);
                path.pop();
            }
        }
        Value::List(items) => {
            for (i, value) in items.iter().enumerate() {
                path.push(i.to_string());
                leaves(value, path, out);
                path.pop();
            }
        }
        _ => out.push(path.clone()),
    }
}

/// The document with another value at a place, or without it.
fn changed(value: Value, path: &[String], edit: &dyn Fn(&Value) -> Option<Value>) -> Value {
    let Some((first, rest)) = path.split_first() else {
        return edit(&value).unwrap_or(Value::Null);
    };
    match value {
        Value::Map(map) => {
            let mut out = Map::new();
            for (name, value) in map {
                if name != *first {
                    out.insert(name, value);
                } else if !rest.is_empty() {
                    out.insert(name, changed(value, rest, edit));
                } else if let Some(value) = edit(&value) {
                    out.insert(name, value);
                }
            }
            Value::Map(out)
        }
        Value::List(items) => Value::List(
            items
                .into_iter()
                .enumerate()
                .filter_map(|(i, value)| {
                    if i.to_string() != *first {
                        Some(value)
                    } else if rest.is_empty() {
                        edit(&value)
                    } else {
                        Some(changed(value, rest, edit))
                    }
                })
                .collect(),
        ),
        other => other,
    }
}

/// Words that the standard or the model gives, by what they are for.
const WORDS: &[&[&str]] = &[
    &[
        "integer",
        "string",
        "array",
        "object",
        "date",
        "timestamp",
        "boolean",
        "number",
        "map",
    ],
    &["i64", "i32", "f64", "f32"],
    &["bigint", "integer", "int4"],
    &["error", "warning", "info"],
    &["accuracy", "completeness"],
    &["nullValues", "rowCount", "invalidValues"],
    &["library", "text", "sql", "custom"],
    &["dimension", "measure", "column"],
    &["percent", "rows"],
    &["s3", "local", "kafka"],
    &["h", "d", "y"],
    &["deprecated", "active", "retired"],
    &["direct", "indirect", "special"],
    &[
        "2025-02-01",
        "2026-02-01",
        "2027-01-01",
        "2027-06-30",
        "2024-01-01",
    ],
    &[
        "2026-01-01T00:00:00Z",
        "2026-12-31T00:00:00Z",
        "2026-03-01T00:00:00Z",
    ],
    &["0 6 * * *", "0 4 * * *", "0 5 * * *"],
    &["Europe/Oslo", "Europe/London"],
    &["^1", "^2"],
    &["sales.orders@^1", "sales.other@^1"],
    &["decimal(10,2)", "decimal(9,2)"],
    &["https://schema.org/sku", "https://schema.org/gtin"],
    &["order-lines.parent", "order-lines.line", "order-lines.sku"],
    &["order-lines.ordered_at", "order-lines.ordered_on"],
    &["[0-9]+", "[0-9]*"],
];

/// Other values of the same kind: the first that makes a contract is taken.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(value) => vec![(!value).into()],
        Value::Integer(value) => vec![(value + 1).into(), (value - 1).into(), (value * 2).into()],
        Value::Float(value) => {
            let value = value.get();
            [value / 2.0, value + 0.5, value * 2.0]
                .into_iter()
                .filter_map(|v| Value::try_from(v).ok())
                .collect()
        }
        Value::String(text) => {
            let mut others: Vec<Value> = vec![format!("{text}x").into()];
            // Where the words are given, another of them.
            let group = WORDS.iter().find(|group| group.contains(&text.as_str()));
            let group = group.copied().unwrap_or_default().iter();
            others.extend(group.filter(|w| *w != text).map(|w| Value::from(*w)));
            others
        }
        _ => Vec::new(),
    }
}

fn read(document: &Value) -> Option<Contract> {
    Contract::from_yaml(&yaml::to_string(document).unwrap()).ok()
}

/// Places whose change says nothing: the version of the contract is told by the comparison itself, that
/// of the standard is a matter of spelling.
fn is_told_elsewhere(path: &[String]) -> bool {
    matches!(path.join(".").as_str(), "version" | "apiVersion")
}

#[test]
fn every_value_that_changes_is_reported() {
    let document: Value = yaml::from_str(FULL).unwrap();
    let contract = read(&document).unwrap_or_else(|| panic!("{:?}", Contract::from_yaml(FULL)));
    let mut places = Vec::new();
    leaves(&document, &mut Vec::new(), &mut places);
    let (mut tried, mut silent) = (0, Vec::new());
    let every = if crate::laws::deep() > 1 { 1 } else { 3 };
    for (i, place) in places.iter().enumerate() {
        if is_told_elsewhere(place) {
            continue;
        }
        let value = place.iter().fold(&document, |value, step| match value {
            Value::List(items) => &items[step.parse::<usize>().unwrap()],
            value => value.get(step).unwrap(),
        });
        let edit = |other: Option<Value>| {
            let edited = changed(document.clone(), place, &|_| other.clone());
            read(&edited).map(|new| (other, new))
        };
        // The first other value that makes a contract; and, for some places, no value at all.
        let other = others(value)
            .into_iter()
            .find_map(|other| edit(Some(other)));
        let none = if i % every == 0 { edit(None) } else { None };
        for (other, new) in other.into_iter().chain(none) {
            tried += 1;
            let (there, back) = (diff(&contract, &new), diff(&new, &contract));
            let seen = |kinds: &[dataproduct_compat::Change]| !kinds.is_empty();
            let is_same = contract.to_yaml() == new.to_yaml();
            if !(is_same || seen(&there) && seen(&back)) {
                silent.push(format!("{} -> {other:?}", place.join(".")));
            }
            assert!(there.iter().all(|c| c.kind != Kind::VersionOnly));
        }
    }
    silent.retain(|line| !EQUAL.iter().any(|(equal, _)| line.as_str() == *equal));
    assert!(silent.is_empty(), "{}", silent.join("\n"));
    assert!(tried > 200, "{tried}");
}

/// Changes of spelling, each with the reason why it says the same.
const EQUAL: &[(&str, &str)] = &[
    ("dataProduct -> None", "the name says it too"),
    ("name -> None", "the older `dataProduct` says it too"),
    ("schema.0.logicalType -> None", "a table is an object"),
    ("schema.0.physicalType -> None", "a product is a table"),
    (
        "schema.0.properties.0.logicalTypeOptions.format -> None",
        "an integer has 64 bits",
    ),
    (
        "schema.0.properties.0.primaryKeyPosition -> Some(Integer(0))",
        "in the order of the document",
    ),
    (
        "schema.0.properties.0.primaryKeyPosition -> None",
        "in the order of the document",
    ),
    (
        "schema.0.properties.0.id -> None",
        "the name is the identifier",
    ),
    (
        "schema.0.properties.1.id -> None",
        "the name is the identifier",
    ),
    (
        "schema.0.properties.2.id -> None",
        "the name is the identifier",
    ),
    (
        "schema.0.properties.3.id -> None",
        "the name is the identifier",
    ),
    (
        "schema.0.properties.4.id -> None",
        "the name is the identifier",
    ),
    (
        "schema.0.properties.5.id -> None",
        "the name is the identifier",
    ),
    (
        "schema.0.properties.6.id -> None",
        "the name is the identifier",
    ),
    (
        "schema.0.properties.7.id -> None",
        "the name is the identifier",
    ),
    (
        "schema.0.properties.7.map.value.properties.0.id -> None",
        "the name is the identifier",
    ),
    (
        "schema.0.properties.2.logicalTypeOptions.timezone -> None",
        "timestamps have a zone",
    ),
    (
        "schema.0.properties.3.partitionKeyPosition -> Some(Integer(0))",
        "in the order of the document",
    ),
    (
        "schema.0.properties.3.partitionKeyPosition -> None",
        "in the order of the document",
    ),
    (
        "schema.0.properties.4.quality.0.type -> None",
        "a rule with a metric is one of the library",
    ),
    (
        "schema.0.quality.0.type -> None",
        "a rule with a metric is one of the library",
    ),
    (
        "schema.0.properties.6.items.logicalType -> None",
        "the physical type says it too",
    ),
    (
        "schema.0.properties.7.map.value.properties.0.logicalTypeOptions.format -> None",
        "a number has 64 bits",
    ),
    ("schema.0.quality.0.severity -> None", "a rule is a promise"),
    ("schema.0.quality.0.unit -> None", "rows are counted"),
    (
        "slaProperties.1.unit -> None",
        "availability is a percentage",
    ),
];
