//! The report of a run.

use std::time::Duration;

use chrono::DateTime;
use dataproduct_contract::{Classification, Column, Contract, DataType, PiiCategory, Severity};
use dataproduct_quality::outcome::{
    MASKED, MAX_ID_CHARS, MAX_SUMMARY_RULES, MAX_VALUE_CHARS, Mask, Outcome, QualityReport,
    ReportError, RowCounts, RuleResult, Run, Sample, TextOptions, Verdict,
};
use proptest::prelude::*;

fn run(nanos: u64) -> Run {
    Run {
        product: "inventory.stock-levels".parse().unwrap(),
        contract_version: "1.2.0".parse().unwrap(),
        contract_digest: "sha256:5f2c".into(),
        run_id: "run-1".into(),
        started_at: DateTime::UNIX_EPOCH,
        elapsed: Duration::from_nanos(nanos),
        source: Some("stock.parquet".into()),
    }
}

fn hostile() -> QualityReport {
    let mut range = RuleResult::new("on_hand.range", "range", Outcome::Fail);
    range.columns = vec!["on_hand".into()];
    range.failed_rows = 12;
    range.first_row = Some(17);
    range.expected = Some("0 <= value".into());
    range.samples = vec![Sample {
        row: Some(17),
        values: vec![("sku".into(), "a\u{1b}[31m|\n<script>\u{202e}b".into())],
    }];
    let mut warn = RuleResult::new("name.trim", "trim", Outcome::Fail);
    warn.severity = Severity::Warning;
    warn.on_failure = "report".to_owned();
    warn.columns = vec!["name".into()];
    let reason = "rules of kind `sql` are not run here".to_owned();
    let sql = RuleResult::new("whole", "sql", Outcome::NotEvaluated { reason });
    let mut key = RuleResult::new("sku.unique", "unique", Outcome::Pass);
    key.columns = vec!["sku".into()];
    let rows = RowCounts::try_new(1_000, 988, 12, 3).unwrap();
    QualityReport::try_new(run(12_345_678), rows, vec![sql, warn, range, key]).unwrap()
}

#[test]
fn rows_are_neither_lost_nor_doubled() {
    for (read, published, quarantined) in [(10, 9, 0), (10, 10, 1), (0, u64::MAX, 1)] {
        let refused = RowCounts::try_new(read, published, quarantined, 0);
        assert!(matches!(refused, Err(ReportError::RowsLost { .. })));
    }
    assert!(matches!(
        RowCounts::try_new(1, 1, 0, 2),
        Err(ReportError::MoreThanRead { .. })
    ));
    let lost = hostile()
        .to_json()
        .replace("\"published\": 988", "\"published\": 987");
    assert!(QualityReport::from_json(&lost).is_err());
}

#[test]
fn another_format_version_is_refused_by_name() {
    let newer = hostile()
        .to_json()
        .replace("\"formatVersion\": 1", "\"formatVersion\": 2");
    let error = QualityReport::from_json(&newer).unwrap_err().to_string();
    assert!(error.contains("format version 2"), "{error}");
    let more = hostile().to_json().replacen('{', "{\"later\": [1],", 1);
    assert_eq!(QualityReport::from_json(&more).unwrap(), hostile());
}

#[test]
fn not_evaluated_is_no_pass_and_the_whole_product_comes_last() {
    let report = hostile();
    assert_eq!(
        report.verdict(),
        Verdict::Rejected {
            rules: vec!["on_hand.range".into()]
        }
    );
    assert!(!report.is_clean());
    assert_eq!(report.results()[3].rule, "whole");
    let summary = report.summary();
    assert_eq!(
        (summary.passed, summary.failed, summary.not_evaluated),
        (1, 2, 1)
    );
    assert_eq!(summary.failed_rules[0].rule, "on_hand.range");
    assert_eq!(summary.not_evaluated_rules, ["whole"]);
}

#[test]
fn text_keeps_to_its_width_and_lets_no_control_through() {
    for width in [0, 60, 100] {
        let text = hostile().to_text(TextOptions {
            width,
            colour: false,
        });
        assert!(
            text.lines()
                .all(|line| line.chars().count() <= width.max(40)),
            "{text}"
        );
        assert!(
            !text
                .chars()
                .any(|c| (c.is_control() && c != '\n') || c == '\u{202e}')
        );
        assert!(
            text.contains("12 rows (1.2 %), first in row 17") || width < 100,
            "{text}"
        );
    }
    assert!(
        hostile()
            .to_text(TextOptions::default())
            .contains("name.trim: failed\n")
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        nanos in 0u64..1 << 51, text in ".*", failed in 0u64..100, measure in any::<f64>(), kind in 0..3
    ) {
        let outcome = match kind {
            0 => Outcome::Pass,
            1 => Outcome::Fail,
            _ => Outcome::NotEvaluated { reason: text.clone() },
        };
        let mut result = RuleResult::new(text.clone(), "range", outcome);
        result.failed_rows = failed;
        result.measure = Some(measure);
        result.expected = Some(text.clone());
        result.samples = vec![Sample { row: None, values: vec![(text.clone(), text)] }];
        let rows = RowCounts::try_new(100, 100 - failed, failed, 0).unwrap();
        let report = QualityReport::try_new(run(nanos), rows, vec![result]).unwrap();
        let read = QualityReport::from_json(&report.to_json()).unwrap();
        prop_assert_eq!(read.to_json(), report.to_json());
        if !measure.is_nan() {
            prop_assert_eq!(read, report);
        }
    }
}

#[test]
fn markdown_is_one_table_whatever_it_holds() {
    let mut rule = RuleResult::new("a|b`\n<script>", "sql", Outcome::Fail);
    rule.expected = Some("x | y\n| z".into());
    let rows = RowCounts::try_new(1, 1, 0, 0).unwrap();
    let report = QualityReport::try_new(run(1), rows, vec![rule]).unwrap();
    let text = report.to_markdown();
    let table: Vec<_> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(table.len(), 3, "{text}");
    assert_eq!(
        table[2].replace("\\|", "").matches('|').count(),
        7,
        "{text}"
    );
}

#[test]
fn clean_rules_beyond_twelve_are_counted() {
    for (rules, expect) in [
        (12, "r11"),
        (13, "r11 and 1 other"),
        (2_000, "r11 and 1,988 others"),
    ] {
        let results = (0..rules)
            .map(|i| RuleResult::new(format!("r{i}"), "range", Outcome::Pass))
            .collect();
        let report = QualityReport::try_new(run(1), RowCounts::default(), results).unwrap();
        let text = report.to_text(TextOptions::default());
        assert!(text.ends_with(&format!("r10, {expect}\n")), "{text}");
    }
}

#[test]
fn a_masked_part_masks_what_holds_it_and_what_it_holds() {
    let string = |name: &str| Column::new(name, DataType::String);
    let secret = Column::new(
        "contact",
        DataType::Struct(vec![string("mail"), string("phone")]),
    )
    .with_pii(PiiCategory::Direct);
    let list = DataType::List(Box::new(
        string("element").with_classification(Classification::Restricted),
    ));
    let contract = Contract::builder("sales.orders", "1.0.0")
        .with_owner("sales")
        .with_column(string("id").with_key(1))
        .with_column(Column::new(
            "buyer",
            DataType::Struct(vec![secret, string("city")]),
        ))
        .with_column(Column::new("notes", list))
        .with_column(Column::new(
            "open",
            DataType::Struct(vec![
                string("a").with_classification(Classification::Public),
            ]),
        ))
        .build()
        .unwrap();
    let mask = Mask::of(&contract);
    for (column, masked) in [
        ("id", false),
        ("buyer", true),
        ("buyer.contact", true),
        ("buyer.contact.mail", true),
        ("buyer.city", false),
        ("notes", true),
        ("notes.element", true),
        ("open", false),
        ("open.a", false),
        ("unknown", true),
        ("buyer.unknown", true),
    ] {
        assert_eq!(mask.is_masked(column), masked, "{column}");
        let shown = mask.value(column, "v");
        assert_eq!(shown, if masked { MASKED } else { "v" }, "{column}");
    }
    let long = "ø".repeat(MAX_VALUE_CHARS + 1);
    let shown = mask.value("id", &long);
    assert_eq!(shown, format!("{}…", "ø".repeat(MAX_VALUE_CHARS)));
}

#[test]
fn a_summary_is_bounded_and_still_counts_all() {
    let rules = MAX_SUMMARY_RULES + 7;
    let failed = (0..rules).map(|i| {
        let mut rule = RuleResult::new("é".repeat(10_000), "range", Outcome::Fail);
        rule.failed_rows = i as u64;
        rule
    });
    let unknown = (0..rules).map(|i| {
        let reason = "x".repeat(10_000);
        RuleResult::new(format!("u{i}"), "sql", Outcome::NotEvaluated { reason })
    });
    let mut long = run(1);
    long.run_id = "r".repeat(10_000);
    let rows = RowCounts::try_new(100, 100, 0, 0).unwrap();
    let report = QualityReport::try_new(long, rows, failed.chain(unknown).collect()).unwrap();
    let summary = report.summary();
    assert_eq!(
        (summary.failed, summary.not_evaluated),
        (rules as u64, rules as u64)
    );
    assert_eq!(summary.failed_rules.len(), MAX_SUMMARY_RULES);
    assert_eq!(summary.not_evaluated_rules.len(), MAX_SUMMARY_RULES);
    let most: Vec<_> = summary
        .failed_rules
        .iter()
        .take(2)
        .map(|r| r.rows)
        .collect();
    assert_eq!(most, [rules as u64 - 1, rules as u64 - 2]);
    assert_eq!(summary.not_evaluated_rules[0], "u0");
    assert_eq!(
        summary.failed_rules[0].rule.chars().count(),
        MAX_ID_CHARS + 1
    );
    assert_eq!(summary.run_id.chars().count(), MAX_ID_CHARS + 1);
    assert!(serde_json::to_string(&summary).unwrap().len() < 32 * 1024);
}
