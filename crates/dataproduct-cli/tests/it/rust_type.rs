//! Contracts as Rust types: the types compile, and declare the contracts they were written from.

use dataproduct::contract::{
    Aggregate, Check, ContractBuilder, OnFailure, Operator, Repair, Rule, Severity, Threshold,
};
use dataproduct::{Column, Contract, DataProduct, DataType, Value};
use dataproduct_cli::export::{Format, export};

use crate::run::{every_type, stock_levels};

// As they were written, so that they can be compared with what is written now.
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "a file for a library of its own")]
#[path = "generated/every_type.rs"]
mod every;
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "a file for a library of its own")]
#[path = "generated/stock_levels.rs"]
mod stock;
#[rustfmt::skip]
#[expect(unreachable_pub, reason = "a file for a library of its own")]
#[path = "generated/stock_months.rs"]
mod months;

#[rustfmt::skip]
#[expect(unreachable_pub, reason = "a file for a library of its own")]
#[path = "generated/init.rs"]
mod init;

#[track_caller]
fn check<T: DataProduct>(yaml: &str, file: &str) {
    let contract = Contract::from_yaml(yaml).unwrap();
    let exported = export(&contract, Format::Rust).unwrap();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/generated")
        .join(file);
    if std::env::var_os("DATAPRODUCT_BLESS").is_some() {
        std::fs::write(&path, &exported.bytes).unwrap();
    }
    let reviewed = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        exported.text(),
        Some(reviewed.as_str()),
        "DATAPRODUCT_BLESS=1 writes {file} anew"
    );
    assert!(exported.notes.is_empty(), "{:?}", exported.notes);
    assert_eq!(T::try_contract().unwrap().to_yaml(), contract.to_yaml());
}

#[test]
fn a_written_type_declares_the_contract_it_was_written_from() {
    check::<every::EveryType>(&every_type(), "every_type.rs");
    check::<stock::StockLevels>(&stock_levels(), "stock_levels.rs");
    let every_rule = every_rule().build().unwrap();
    check::<months::StockMonths>(every_rule.to_yaml(), "stock_months.rs");
    // What `init` begins with.
    let folder = crate::run::Folder::new();
    folder.run(&["init", "inventory.stock", "--owner", "inventory"]);
    check::<init::Stock>(&folder.text("stock.odcs.yaml"), "init.rs");
}

/// A contract with a rule of every kind, and all that can happen on a breach.
pub(crate) fn every_rule() -> ContractBuilder {
    let text = |text: &str| text.to_owned();
    let repaired = |check, repair| Rule::of(check).with_on_failure(OnFailure::Repair(repair));
    let column = |name, data_type| Column::new(name, data_type).with_nullable(name == "shelf");
    let a_or_none = Check::InvalidValues {
        valid: vec![Value::from("a"), Value::from("")],
        pattern: Some(text("[a-z]*")),
    };
    let shelf = column("shelf", DataType::String)
        .with_on_failure(OnFailure::Repair(Repair::Map(vec![
            (Value::from("A"), Value::from("a")),
            (Value::from("n/a"), Value::Null),
            (Value::from(""), Value::from("b")),
        ])))
        .with_rule(repaired(a_or_none, Repair::Trim).with_message("\"{shelf}\" {{a}}"))
        .with_rule(repaired(
            Check::DuplicateValues {
                columns: Vec::new(),
            },
            Repair::KeepLatest(Some(text("at"))),
        ));
    let ratio = column("ratio", DataType::Float64)
        .with_on_failure(OnFailure::Quarantine)
        .with_rule(repaired(
            Check::NullValues,
            Repair::Default(Value::try_from(-0.5).unwrap()),
        ));
    let mut builder = Contract::builder("inventory.stock-months", "1.0.0")
        .with_owner("inventory-platform")
        .with_on_failure(OnFailure::Quarantine)
        .with_column(column("sku", DataType::String).with_key(1))
        .with_column(column("location", DataType::String).with_key(2))
        .with_column(column("on_hand", DataType::Int64))
        .with_column(column("opening", DataType::Int64))
        .with_column(column("at", DataType::Timestamp))
        .with_column(ratio)
        .with_column(shelf);
    for rule in rules_of_rows() {
        builder = builder.with_rule(rule);
    }
    for rule in rules_of_time() {
        builder = builder.with_rule(rule);
    }
    builder
}

fn rules_of_rows() -> Vec<Rule> {
    let text = |text: &str| text.to_owned();
    let latest = |columns: &[&str]| {
        let columns = columns.iter().map(|name| text(name)).collect();
        Rule::of(Check::DuplicateValues { columns })
            .with_on_failure(OnFailure::Repair(Repair::KeepLatest(None)))
    };
    let refers = |columns: &[&str], references: &[&str]| {
        Rule::of(Check::UnknownReferences {
            columns: columns.iter().map(|name| text(name)).collect(),
            references: references.iter().map(|r| r.parse().unwrap()).collect(),
        })
    };
    let on_hand = |function| Check::Aggregate {
        function,
        column: Some(text("on_hand")),
    };
    let value = |check, operator| Rule::new(check, Threshold::value(operator));
    vec![
        Rule::of(Check::Expression {
            expression: text("shelf != '\"\\' or opening <= on_hand"),
        }),
        Rule::new(
            Check::Expression {
                expression: text("on_hand > 0"),
            },
            Threshold::percent(Operator::LessThan(2.5)),
        )
        .with_id("low-stock")
        .with_severity(Severity::Warning)
        .with_on_failure(OnFailure::Notify)
        .with_message("{sku} is nearly sold out: {on_hand} left"),
        refers(&["sku"], &["product.catalogue#sku"]).with_on_failure(OnFailure::Reject),
        refers(
            &["sku", "location"],
            &["inventory.shelves#sku", "inventory.shelves#place"],
        ),
        latest(&["sku", "at"]),
        value(on_hand(Aggregate::Sum), Operator::GreaterThan(0.0)),
        value(on_hand(Aggregate::Mean), Operator::Between(-1.5, 9.0)),
        value(on_hand(Aggregate::Minimum), Operator::GreaterOrEqual(0.0)),
        value(on_hand(Aggregate::Maximum), Operator::LessOrEqual(1e300)),
        value(on_hand(Aggregate::DistinctCount), Operator::NotBe(1.0)),
        Rule::new(
            Check::SmallestGroup {
                columns: vec![text("location"), text("shelf")],
            },
            Threshold::rows(Operator::GreaterOrEqual(5.0)),
        )
        .with_on_failure(OnFailure::Report),
    ]
}

fn rules_of_time() -> Vec<Rule> {
    let text = |text: &str| text.to_owned();
    let value = |check, operator| Rule::new(check, Threshold::value(operator));
    let age = || Check::Age {
        column: Some(text("at")),
    };
    let order = |by: Vec<String>, strictly| {
        Rule::of(Check::OutOfOrder {
            column: Some(text("on_hand")),
            by,
            order: text("at"),
            strictly,
        })
    };
    vec![
        value(age(), Operator::LessThan(900.0)),
        value(age(), Operator::NotBetween(1.5, 86_400.0)),
        order(vec![text("sku")], true),
        order(Vec::new(), false),
        Rule::of(Check::Discontinuity {
            opening: text("opening"),
            closing: text("on_hand"),
            by: vec![text("sku"), text("location")],
            order: text("at"),
        }),
        Rule::new(
            Check::VolumeChange { publishes: 7 },
            Threshold::percent(Operator::Between(-50.0, 250.0)),
        ),
        value(
            Check::Drift {
                column: Some(text("on_hand")),
                publishes: 14,
            },
            Operator::LessThan(0.25),
        )
        .with_message("stock looks unlike that of last week: {measure}"),
    ]
}

/// The notes on a contract with one more rule, of the product or of the column `sku`.
#[track_caller]
fn left_out(of_column: bool, check: Check, threshold: Threshold, note: &str) {
    let rule = Rule::new(check, threshold);
    let mut builder = Contract::builder("inventory.stock", "1.0.0").with_owner("inventory");
    let mut sku = Column::new("sku", DataType::String);
    if of_column {
        sku = sku.with_rule(rule);
    } else {
        builder = builder.with_rule(rule);
    }
    let contract = builder.with_column(sku).build().unwrap();
    let notes = export(&contract, Format::Rust).unwrap().notes;
    let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, [note]);
}

#[test]
fn a_rule_that_the_attributes_refuse_is_left_out_with_a_note() {
    let none = || Threshold::rows(Operator::Be(0.0));
    left_out(
        false,
        Check::NullValues,
        none(),
        "the rule `nullValues` is left out",
    );
    let duplicates = |columns| Check::DuplicateValues { columns };
    let note = "the rule `duplicateValues` is left out";
    left_out(false, duplicates(Vec::new()), none(), note);
    let columns = vec!["sku".to_owned()];
    left_out(true, duplicates(columns), none(), &format!("sku: {note}"));
    let change = Check::VolumeChange { publishes: 1 };
    let less = Threshold::percent(Operator::LessThan(5.0));
    left_out(
        true,
        change,
        less,
        "sku: the rule `volumeChange` is left out",
    );
}
