//! One contract has one text and one digest, however its document is laid out.

use std::fmt::Write as _;

use dataproduct_contract::odcs::Document;
use dataproduct_contract::{Column, Contract, DataType, Map, Value, yaml};
use proptest::prelude::*;

use crate::mutation::Random;

const EVERYTHING: &str = include_str!("fixtures/everything.odcs.yaml");
const SERVERS: &str = include_str!("fixtures/servers.odcs.yaml");

/// A contract whose custom properties hold maps of maps, which no field of the standard puts in order.
fn with_maps() -> Contract {
    let inner: Map = [("zone", 1), ("area", 2), ("Mid", 3)].into_iter().collect();
    let outer: Map = [
        ("team", Value::Map(inner)),
        ("budget", Value::from("NO")),
        (
            "1st",
            Value::List(vec![Value::from("a: b"), Value::from("#c")]),
        ),
    ]
    .into_iter()
    .collect();
    Contract::builder("inventory.stock-levels", "1.0.0")
        .with_owner("inventory")
        .with_description("Stock.\n\nOne row per article: 'on hand' and \"reserved\".\n")
        .with_custom("cost", Value::Map(outer))
        .with_column(
            Column::new("sku", DataType::String)
                .with_key(1)
                .with_pattern(r"[A-Z]-\d{4}"),
        )
        .with_column(Column::new("on_hand", DataType::Int64).with_minimum(0))
        .build()
        .unwrap()
}

/// Writes a document anew, with an order of keys, quotes, indentation, blank lines and comments of its
/// own.
struct Layout {
    random: Random,
    indent: usize,
    out: String,
}

impl Layout {
    fn of(value: &Value, seed: u64) -> String {
        let mut random = Random(seed);
        let indent = 1 + random.below(6);
        let mut layout = Self {
            random,
            indent,
            out: String::new(),
        };
        layout.block(value, 0);
        layout.out
    }

    fn line(&mut self, depth: usize) {
        if !self.out.is_empty() {
            match self.random.below(8) {
                0 => self.out.push_str("   # why it is so"),
                1 => self.out.push_str("  "),
                2 => self.out.push('\n'),
                3 => self.out.push_str("\n# a line of its own"),
                _ => {}
            }
            self.out.push('\n');
        }
        self.out.push_str(&" ".repeat(depth * self.indent));
    }

    fn block(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Map(map) if !map.is_empty() => {
                for (name, value) in self.shuffled(map) {
                    self.line(depth);
                    self.text(name);
                    self.out.push(':');
                    self.nested(value, depth);
                }
            }
            Value::List(list) if !list.is_empty() => {
                for value in list {
                    self.line(depth);
                    self.out.push('-');
                    self.nested(value, depth);
                }
            }
            _ => self.flow(value),
        }
    }

    fn nested(&mut self, value: &Value, depth: usize) {
        let is_empty = match value {
            Value::Map(map) => map.is_empty(),
            Value::List(list) => list.is_empty(),
            _ => true,
        };
        if is_empty || self.random.below(4) == 0 {
            self.out.push(' ');
            self.flow(value);
        } else {
            self.block(value, depth + 1);
        }
    }

    fn flow(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.text(text),
            Value::List(list) => {
                self.out.push('[');
                for value in list {
                    self.flow(value);
                    self.out
                        .push_str([", ", " , ", ",   "][self.random.below(3)]);
                }
                self.out.push(']');
            }
            Value::Map(map) => {
                self.out.push_str(["{", "{ "][self.random.below(2)]);
                for (name, value) in self.shuffled(map) {
                    self.text(name);
                    self.out.push_str(": ");
                    self.flow(value);
                    self.out.push_str([", ", " ,"][self.random.below(2)]);
                }
                self.out.push('}');
            }
            scalar => write!(self.out, "{}", serde_json::to_string(scalar).unwrap()).unwrap(),
        }
    }

    fn text(&mut self, text: &str) {
        let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric())
            && !["true", "false", "null"].contains(&text.to_lowercase().as_str());
        let one_line = !text.chars().any(|c| c.is_control());
        match self.random.below(3) {
            0 if plain => self.out.push_str(text),
            1 if one_line => write!(self.out, "'{}'", text.replace('\'', "''")).unwrap(),
            _ => self.out.push_str(&serde_json::to_string(text).unwrap()),
        }
    }

    fn shuffled<'a>(&mut self, map: &'a Map) -> Vec<(&'a str, &'a Value)> {
        let mut entries: Vec<_> = map.iter().collect();
        for at in (1..entries.len()).rev() {
            entries.swap(at, self.random.below(at + 1));
        }
        entries
    }
}

#[track_caller]
fn check_document(text: &str, seed: u64) {
    let document = Document::from_yaml(text).unwrap();
    let value: Value = yaml::from_str(text).unwrap();
    let laid_out = Layout::of(&value, seed);
    let again = Document::from_yaml(&laid_out)
        .unwrap_or_else(|problems| panic!("{problems}\nof\n{laid_out}"));
    assert_eq!(again, document, "{laid_out}");
    assert_eq!(again.to_yaml().unwrap(), document.to_yaml().unwrap());
}

#[track_caller]
fn check_contract(contract: &Contract, seed: u64) {
    let value: Value = yaml::from_str(contract.to_yaml()).unwrap();
    let laid_out = Layout::of(&value, seed);
    let again = Contract::from_yaml(&laid_out)
        .unwrap_or_else(|problems| panic!("{problems}\nof\n{laid_out}"));
    assert_eq!(again.digest(), contract.digest(), "{laid_out}");
    assert_eq!(again.to_yaml(), contract.to_yaml());
    assert_eq!(&again, contract);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_layout_of_a_document_means_nothing(seed in any::<u64>()) {
        check_document(EVERYTHING, seed);
        check_document(SERVERS, seed);
        check_contract(&with_maps(), seed);
    }
}

#[test]
fn the_layouts_do_differ() {
    let value: Value = yaml::from_str(with_maps().to_yaml()).unwrap();
    let layouts: std::collections::BTreeSet<String> =
        (0..50).map(|seed| Layout::of(&value, seed)).collect();
    assert!(layouts.len() > 45);
    for part in ["# why it is so", "'on_hand'", "\"on_hand\"", "\n\n"] {
        assert!(layouts.iter().any(|text| text.contains(part)), "{part}");
    }
}

#[test]
fn the_digest_is_that_of_the_text() {
    use sha2::{Digest as _, Sha256};
    let contract = with_maps();
    let digest = Sha256::digest(contract.to_yaml().as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(contract.digest(), digest);
}

/// What is recorded and stored is named by its digest, so the text of a contract must stay as it is from
/// release to release.
#[test]
fn the_text_of_a_contract_does_not_move() {
    insta::assert_snapshot!(with_maps().to_yaml());
}

#[test]
fn what_is_said_is_not_layout() {
    let contract = with_maps();
    let edits = [
        ("One row", "Each row"),
        ("minimum: 0", "minimum: 1"),
        ("budget: \"NO\"", "budget: \"SE\""),
        ("area: 2", "area: 2.0"),
        ("1.0.0", "1.0.1"),
        ("\"#c\"", "\"# c\""),
    ];
    for (before, after) in edits {
        let text = contract.to_yaml().replace(before, after);
        if text == contract.to_yaml() {
            panic!("`{before}` is not in\n{text}");
        }
        let edited = Contract::from_yaml(&text).unwrap();
        assert_ne!(edited.digest(), contract.digest(), "{after}");
    }
    // The order of a list is said, not laid out: the first column is the first.
    let value: Value = yaml::from_str(contract.to_yaml()).unwrap();
    let json = serde_json::to_string(&value).unwrap();
    assert_eq!(Contract::from_yaml(&json).unwrap(), contract);
}
