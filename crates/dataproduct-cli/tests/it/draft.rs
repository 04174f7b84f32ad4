//! Contracts drafted from rows, and the rows tested under them.

use std::path::PathBuf;

use dataproduct::{Column, Contract, DataType};

use crate::run::{Folder, Ran};

/// A small file of rows.
fn rows(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/drafts");
    std::fs::read_to_string(path.join(name)).unwrap()
}

fn draft(folder: &Folder, arguments: &[&str]) -> Ran {
    let all = [
        "draft",
        "--name",
        "logistics.things",
        "--owner",
        "logistics",
    ];
    folder.run(&[all.as_slice(), arguments].concat())
}

/// Drafts a contract from files, holds it to `lint` and its own rows to it, and gives contract and evidence.
#[track_caller]
fn proven(folder: &Folder, files: &[&str]) -> (Contract, String) {
    let drafted = draft(folder, &[files, &["-o", "c.odcs.yaml", "--force"]].concat());
    assert_eq!((drafted.code, drafted.out.as_str()), (0, ""), "{drafted:?}");
    let lint = folder.run(&["lint", "--quiet", "c.odcs.yaml"]);
    assert_eq!((lint.code, lint.out.as_str()), (0, ""), "{lint:?}");
    let test = folder.run(&[["test", "-c", "c.odcs.yaml"].as_slice(), files].concat());
    assert_eq!(test.code, 0, "{test:?}");
    let contract = Contract::from_yaml(&folder.text("c.odcs.yaml")).unwrap();
    (contract, drafted.err)
}

#[track_caller]
fn types(contract: &Contract, expected: &[(&str, DataType, bool)]) {
    let found: Vec<(&str, DataType, bool)> = contract
        .columns()
        .iter()
        .map(|c| (c.name.as_str(), c.data_type.clone(), c.nullable))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn text_with_names_that_no_table_stores_is_tested_under_its_own_draft() {
    let folder = Folder::new().with("deliveries.csv", rows("deliveries.csv"));
    let (contract, evidence) = proven(&folder, &["deliveries.csv"]);
    types(
        &contract,
        &[
            ("Delivery_ID", DataType::Int64, false),
            ("PO_SO", DataType::String, false),
            ("Postal_Code", DataType::String, false),
            ("Ship_Mode", DataType::String, false),
            ("Weight_kg", DataType::String, false),
            ("Delivered", DataType::Date, true),
            ("Carrier_note", DataType::String, true),
        ],
    );
    let said = |name: &str| contract.columns().iter().find(|c| c.name == name).unwrap();
    assert_eq!(said("PO_SO").business_name.as_deref(), Some("PO / SO #"));
    assert_eq!(said("Delivery_ID").key, Some(1));
    assert_eq!(
        said("Postal_Code").limits.pattern.as_deref(),
        Some("[0-9]{4}")
    );
    assert_eq!(said("Ship_Mode").allowed.len(), 3);
    insta::assert_snapshot!("draft_of_text", folder.text("c.odcs.yaml"));
    insta::assert_snapshot!("evidence_of_text", evidence);
}

#[test]
fn json_lines_keep_their_types_and_days_become_days() {
    let folder = Folder::new().with("stores.jsonl", rows("stores.jsonl"));
    let (contract, evidence) = proven(&folder, &["stores.jsonl"]);
    let float = |name: &str| {
        let mut column = Column::new(name, DataType::Float64).with_nullable(true);
        column.id = Some(name.into());
        column
    };
    let service = Column::new("element", DataType::String).with_nullable(true);
    types(
        &contract,
        &[
            ("id", DataType::Int64, false),
            ("name", DataType::String, false),
            ("zip", DataType::String, false),
            ("kind", DataType::String, false),
            (
                "location",
                DataType::Struct(vec![float("lat"), float("lon")]),
                false,
            ),
            ("services", DataType::List(Box::new(service)), false),
            ("opened", DataType::Date, false),
            ("area", DataType::Int64, true),
            ("online", DataType::Boolean, true),
        ],
    );
    insta::assert_snapshot!("draft_of_json_lines", folder.text("c.odcs.yaml"));
    insta::assert_snapshot!("evidence_of_json_lines", evidence);
}

#[test]
fn several_files_are_one_table_and_a_sample_says_that_it_is_one() {
    let text = rows("stores.jsonl");
    let folder = Folder::new().with("a.jsonl", &text).with("b.jsonl", &text);
    let (contract, _) = proven(&folder, &["a.jsonl", "b.jsonl"]);
    assert!(contract.columns().iter().all(|column| column.key.is_none()));
    let sample = draft(&folder, &["--rows", "10", "a.jsonl", "b.jsonl"]);
    assert_eq!(sample.code, 0, "{sample:?}");
    let said = sample
        .err
        .matches("only the first rows were looked at")
        .count();
    assert_eq!(said, 1, "{}", sample.err);
}

#[test]
fn what_cannot_be_drafted_says_why() {
    let folder = Folder::new()
        .with("array.json", "[{\"a\": 1}]")
        .with("pretty.json", "{\n  \"a\": 1\n}\n")
        .with("torn.jsonl", "{\"a\": 1}\n{\"a\": \n")
        .with("empty.csv", "")
        .with("one.csv", "a,b\n1,2\n")
        .with("other.csv", "a,c\n1,2\n");
    for (files, code, reason) in [
        (["array.json"].as_slice(), 1, "jq"),
        (&["pretty.json"], 1, "one JSON object a line"),
        (&["torn.jsonl"], 1, "one JSON object a line"),
        (&["empty.csv"], 1, "no rows"),
        (&["one.csv", "other.csv"], 1, "other columns"),
        (&["nowhere.csv"], 2, "nowhere.csv"),
    ] {
        let ran = draft(&folder, files);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{ran:?}");
        assert!(ran.err.contains(reason), "{files:?}: {}", ran.err);
    }
}

#[test]
fn one_object_holds_contract_and_evidence() {
    let folder = Folder::new().with("stores.jsonl", rows("stores.jsonl"));
    let ran = draft(&folder, &["stores.jsonl", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["notes"][0], "stores.jsonl: read as JSON lines");
    let contract = Contract::from_yaml(report["contract"].as_str().unwrap()).unwrap();
    assert_eq!(contract.columns().len(), 9);
    let evidence = report["evidence"].as_array().unwrap();
    assert!(
        evidence
            .iter()
            .any(|e| e["column"] == "kind" && e["about"] == "enum")
    );
}

#[test]
fn progress_is_for_terminals() {
    // Work that a terminal would show, at least unoptimised.
    let mut text = String::from("id,name\n");
    for row in 0..150_000 {
        text.push_str(&format!("{row},name {}\n", row % 1000));
    }
    let folder = Folder::new().with("rows.csv", text);
    let ran = draft(&folder, &["rows.csv", "-o", "c.odcs.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.err.contains(['\r', '\u{1b}']), "{:?}", ran.err);
    assert!(!ran.err.contains("rows/s"), "{}", ran.err);
}
