//! Where the parts of a document stand in its text.

use dataproduct_contract::Contract;
use dataproduct_contract::odcs::Places;

const TEXT: &str = r##"apiVersion: v3.2.0
kind: DataContract
id: the-id
name: stock
version: "1.0.0"
status: deprecated
domain: inventory
description:
  purpose: the purpose
schema:
  - name: stock
    description: the description
    properties:
      - name: sku
        primaryKey: true
        primaryKeyPosition: 1
        logicalType: string
        logicalTypeOptions:
          maxLength: 20
          pattern: "[a-z]+"
        required: true
        customProperties:
          - { property: sortPosition, value: 7, vendor: dataproduct }
        quality:
          - { id: rule-a, type: library, metric: nullValues, mustBe: 0 }
          - { type: library, metric: duplicateValues, arguments: { properties: [sku] }, mustBe: 3 }
      - name: odd name
        logicalType: object
        properties:
          - name: inner
            logicalType: array
            items:
              logicalType: map
              map:
                key: { logicalType: string }
                value: { logicalType: integer, logicalTypeOptions: { minimum: 5 } }
    quality:
      - { type: library, metric: rowCount, mustBeGreaterThan: 10 }
team:
  name: the-team
  members:
    - { username: someone, role: owner }
slaProperties:
  - { property: latency, value: 15, unit: min }
  - { property: timeOfAvailability, value: "0 6 * * *", unit: Europe/Oslo }
  - { property: timeOfAvailability, value: "0 9 * * *", unit: Europe/Oslo }
customProperties:
  - { property: sunset, value: 2026-12-31, vendor: dataproduct }
  - property: consumers
    vendor: dataproduct
    value:
      - { name: reader, purpose: the use, versions: ^1 }
"##;

/// What stands at the place of a path.
#[track_caller]
fn check(path: &str, expect: &str) {
    let at = Places::of(TEXT).unwrap().find(path).unwrap();
    let line = TEXT.lines().nth(at.line - 1).unwrap();
    let rest: String = line.chars().skip(at.column - 1).collect();
    assert!(rest.starts_with(expect), "{path}: {rest}");
}

#[test]
fn paths_of_the_model_are_found_in_the_words_of_the_document() {
    check("", "apiVersion");
    check("id", "the-id");
    check("name", "stock");
    check("version", "\"1.0.0\"");
    check("description", "the description");
    check("purpose", "the purpose");
    check("lifecycle.sunset", "2026-12-31");
    check("lifecycle.successor", "deprecated");
    check("ownership.team", "the-team");
    check("ownership.members[0].username", "someone");
    check("ownership.consumers[0].purpose", "the use");
    check("ownership.steward", "name: the-team");
    check("rules[0].threshold", "10");
    check("sla.freshness", "15");
    check("sla[0].unit", "min");
    check("sla.deadlines[1].cron", "\"0 9");
    check("sla.availability", "- { property: latency");
}

#[test]
fn columns_are_found_at_any_depth_and_by_number_or_name() {
    check("schema.columns[0].name", "sku");
    check("schema.columns[\"sku\"].name", "sku");
    check("schema.columns[0].key", "1");
    check("schema.columns[0].type", "string");
    check("schema.columns[0].nullable", "true");
    check("schema.columns[0].pattern", "\"[a-z]+\"");
    check("schema.columns[0].limits.max_length", "20");
    check("schema.columns[0].sort", "7");
    check("schema.columns[0].rules[1].threshold", "3");
    check("schema.columns[0].rules[1].columns", "[sku]");
    check("schema.columns[0].rules[\"rule-a\"].threshold", "0");
    check("schema.columns[\"odd name\"].type", "object");
    check("schema.columns[1].fields[0].element.value.minimum", "5");
    check("schema.columns[1].fields[0].element.key.type", "string");
    check("schema.columns[1].fields[\"inner\"].type", "array");
}

#[test]
fn changes_name_columns_by_names_alone() {
    check("columns.sku", "name: sku");
    check("columns.odd name.inner", "name: inner");
    check(
        "columns.odd name.inner.element.value",
        "{ logicalType: integer",
    );
    check("columns.gone", "- name: sku");
    check("sla.freshness", "15");
}

#[test]
fn what_is_not_written_is_found_at_what_it_would_be_part_of() {
    check("schema.columns[0].unit", "name: sku");
    check("schema.columns[9].unit", "- name: sku");
    check("schema.columns", "- name: sku");
    check("servers[0].type", "apiVersion");
    check("schema[0].properties[0].maxLength", "name: sku");
    for nonsense in [
        "[",
        "a[\"",
        ".",
        "schema.columns[",
        "]]",
        "schema.columns[0]..",
        "é.ü[0]",
    ] {
        assert!(Places::of(TEXT).unwrap().find(nonsense).is_some());
    }
    assert!(Places::of("a: [").is_err());
}

#[test]
fn problems_of_meaning_say_where_they_are() {
    let text = TEXT
        .replace("required: true", "required: false")
        .replace("[a-z]+", "[a-z");
    let problems = Contract::from_yaml(&text).unwrap_err();
    let found: Vec<_> = problems.iter().map(|p| (p.code, p.line)).collect();
    assert!(found.contains(&("nullable-key", Some(16))), "{problems}");
    assert!(found.contains(&("bad-pattern", Some(20))), "{problems}");
    assert!(problems.iter().all(|p| p.line.is_some()), "{problems}");
}

#[test]
fn many_paths_are_found_as_one_is() {
    let places = Places::of(TEXT).unwrap();
    let mut paths = vec![
        "",
        "columns",
        "columns.nothing",
        "schema.columns[0].type",
        "columns.*",
    ];
    let named: Vec<String> = [
        "sku",
        "price",
        "price.amount",
        "lines",
        "lines.element",
        "price.amount.limits.maximum",
    ]
    .iter()
    .flat_map(|name| [format!("columns.{name}"), format!("columns.{name}.type")])
    .collect();
    paths.extend(named.iter().map(String::as_str));
    let each: Vec<_> = paths.iter().map(|path| places.find(path)).collect();
    assert_eq!(places.find_all(paths.iter().copied()), each);
    // Of elements that have one name the first counts, and of their fields `name` before `id`.
    let text = "schema:\n  - properties:\n      - id: b\n      - name: a\n        id: x\n      - name: b\n      - name: a\n";
    let places = Places::of(text).unwrap();
    let paths = ["columns.a", "columns.b", "columns.x"];
    let lines = |found: Vec<Option<dataproduct_contract::odcs::Position>>| {
        found.iter().map(|at| at.unwrap().line).collect::<Vec<_>>()
    };
    assert_eq!(lines(places.find_all(paths)), [4, 6, 4]);
    assert_eq!(
        lines(paths.iter().map(|path| places.find(path)).collect()),
        [4, 6, 4]
    );
}

#[test]
fn a_contract_is_read_with_its_places() {
    use dataproduct_contract::Contract;
    let text = "apiVersion: v3.2.0\nkind: DataContract\nid: a.b\nname: b\nversion: 1.0.0\nstatus: active\n\
                domain: a\nteam: {name: t}\nschema:\n  - name: b\n    properties:\n      - name: sku\n        \
                logicalType: string\n";
    let (contract, places) = Contract::from_yaml_with_places(text).unwrap();
    assert_eq!(contract, Contract::from_yaml(text).unwrap());
    assert_eq!(places.find("columns.sku").unwrap().line, 12);
    // What is wrong is told the same way, with its place.
    for wrong in [
        text.replace("version: 1.0.0", "version: one"),
        text.replace("name: sku", "name: s k u"),
        text.replace("kind: ", "kint: "),
        "a: [".to_owned(),
    ] {
        let problems = Contract::from_yaml_with_places(&wrong).unwrap_err();
        assert_eq!(
            problems,
            Contract::from_yaml(&wrong).unwrap_err(),
            "{wrong}"
        );
    }
}
