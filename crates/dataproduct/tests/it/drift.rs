//! A publish against the publishes before it: how its values are spread.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use dataproduct::contract::{Check, Classification, Operator, Rule, Threshold};
use dataproduct::prelude::*;
use dataproduct::quality::outcome::{Outcome, QualityReport, RuleResult};
use dataproduct::{BatchPublisher, Column, DataType, Durability};

fn drift(publishes: u32) -> Rule {
    let check = Check::Drift {
        column: None,
        publishes,
    };
    Rule::new(check, Threshold::value(Operator::LessThan(0.25)))
}

fn publisher(folder: &tempfile::TempDir) -> BatchPublisher {
    let column = |name, data_type| Column::new(name, data_type).with_nullable(true);
    let contract = Contract::builder("inventory.counts", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(column("n", DataType::Int64).with_rule(drift(2).with_id("numbers")))
        .with_column(
            column("state", DataType::String)
                .with_allowed("open")
                .with_allowed("shut")
                .with_rule(drift(100).with_id("states")),
        )
        .with_column(
            column("secret", DataType::Int64)
                .with_classification(Classification::Restricted)
                .with_rule(drift(1).with_id("sensitive")),
        )
        .build()
        .unwrap();
    let mesh = Mesh::builder()
        .with_root(folder.path().to_string_lossy())
        .with_durability(Durability::None)
        .build()
        .unwrap();
    mesh.publisher_for(&contract).unwrap()
}

/// A thousand rows whose numbers begin at `from`, with a share of them shut.
fn batch(from: i64, shut: usize) -> RecordBatch {
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values(
        (0..1_000).map(|i| from + i % 100),
    ));
    let state = |i: usize| if i < shut { "shut" } else { "open" };
    let states: ArrayRef = Arc::new(StringArray::from_iter_values((0..1_000).map(state)));
    let secret: ArrayRef = Arc::new(Int64Array::from_value(1, 1_000));
    RecordBatch::try_from_iter([("n", n), ("state", states), ("secret", secret)]).unwrap()
}

/// What the report says of a publish: the stored one, or that of the refusal.
async fn publish(folder: &tempfile::TempDir, rows: RecordBatch) -> QualityReport {
    let receipt = match publisher(folder).publish([rows], Publish::append()).await {
        Ok(receipt) => receipt,
        Err(Error::Refused { quality, .. }) => return *quality.unwrap(),
        Err(error) => panic!("{error}"),
    };
    let reports = folder.path().join("inventory/counts/v1/_quality");
    let reports = std::fs::read_dir(reports).unwrap();
    let mut reports = reports.map(|file| {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        QualityReport::from_json(&text).unwrap()
    });
    let found = reports.find(|report| report.run().run_id == receipt.publish_id);
    found.unwrap()
}

fn result<'a>(report: &'a QualityReport, rule: &str) -> &'a RuleResult {
    report.results().iter().find(|r| r.rule == rule).unwrap()
}

fn reason<'a>(report: &'a QualityReport, rule: &str) -> &'a str {
    result(report, rule).not_evaluated().unwrap()
}

#[tokio::test]
async fn a_publish_is_compared_with_those_before() {
    let folder = tempfile::tempdir().unwrap();
    let first = publish(&folder, batch(0, 300)).await;
    assert!(first.verdict().is_accepted());
    assert_eq!(
        reason(&first, "numbers"),
        "no publish before this one has a distribution of `n`"
    );
    assert_eq!(
        reason(&first, "sensitive"),
        "`secret` is sensitive, so that no distribution of its values is kept"
    );
    let kept: Vec<&str> = first.distributions().iter().map(|d| d.column()).collect();
    assert_eq!(kept, ["n", "state"]);

    let alike = publish(&folder, batch(0, 310)).await;
    for rule in ["numbers", "states"] {
        let result = result(&alike, rule);
        assert_eq!(result.outcome, Outcome::Pass, "{rule}");
        assert!(result.measure.unwrap() < 0.01, "{rule}");
    }
    // A refused publish leaves nothing to be compared with.
    for _ in 0..2 {
        let moved = publish(&folder, batch(60, 300)).await;
        assert!(!moved.verdict().is_accepted());
        let numbers = result(&moved, "numbers");
        assert!(numbers.rejects() && numbers.measure.unwrap() > 1.0);
        assert_eq!(result(&moved, "states").outcome, Outcome::Pass);
    }
    let shut = publish(&folder, batch(0, 900)).await;
    assert!(result(&shut, "states").rejects());
    assert_eq!(result(&shut, "numbers").outcome, Outcome::Pass);
}

#[tokio::test]
async fn a_report_that_is_gone_is_no_publish_to_compare_with() {
    let folder = tempfile::tempdir().unwrap();
    publish(&folder, batch(0, 300)).await;
    std::fs::remove_dir_all(folder.path().join("inventory/counts/v1/_quality")).unwrap();
    let second = publish(&folder, batch(0, 300)).await;
    assert!(reason(&second, "states").starts_with("no publish before"));
}
