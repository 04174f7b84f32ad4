//! Cases in which a count, a row or a value could go astray.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, StructArray,
};
use dataproduct_contract::{
    Aggregate, Check, Classification, Column, ColumnRef, Contract, ContractBuilder, DataType,
    OnFailure, Operator, PiiCategory, Repair, Rule, Severity, Threshold, Value,
};
use dataproduct_quality::outcome::TextOptions;
use dataproduct_quality::{Gate, GateContext, Verdict};

use super::driver::{context, parted, report, report_in, result};

fn builder() -> ContractBuilder {
    Contract::builder("inventory.stock", "1.0.0").with_owner("inventory-platform")
}

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> RecordBatch {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn ids(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn duplicates(columns: &[&str]) -> Check {
    Check::DuplicateValues {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn figure(function: Aggregate, column: &str, operator: Operator) -> Rule {
    let column = Some(column.to_owned());
    Rule::new(
        Check::Aggregate { function, column },
        Threshold::value(operator),
    )
}

#[test]
fn rows_kept_apart_are_counted_after_a_refusal_however_the_rows_are_batched() {
    let contract = builder()
        .with_column(Column::new("id", DataType::Int64).with_minimum(0))
        .with_column(
            Column::new("n", DataType::Int64)
                .with_minimum(0)
                .with_on_failure(OnFailure::Quarantine),
        )
        .build()
        .unwrap();
    let (id, n) = (ids(&[-1, 1, 2]), ids(&[1, -1, -1]));
    let whole = batch([("id", id), ("n", n)]);
    for split in 0..=3 {
        let batches = [whole.slice(0, split), whole.slice(split, 3 - split)];
        let rows = report(&contract, &batches, 1).rows();
        assert_eq!((rows.published(), rows.quarantined()), (1, 2));
    }
}

#[test]
fn what_a_repair_does_not_set_right_rejects() {
    let column = Column::new("name", DataType::String)
        .with_pattern("[a-z]+")
        .with_on_failure(OnFailure::Repair(Repair::Trim));
    let contract = builder().with_column(column.clone()).build().unwrap();
    let name = |text: &str| batch([("name", Arc::new(StringArray::from(vec![text])) as ArrayRef)]);
    let good = report(&contract, &[name(" a ")], 1);
    assert!(good.verdict().is_accepted());
    assert_eq!(result(&good, "name.pattern").repaired_rows, 1);
    let bad = report(&contract, &[name(" 1 ")], 1);
    assert!(!bad.verdict().is_accepted());
    assert_eq!(result(&bad, "name.pattern").on_failure, "reject");
    let apart = builder()
        .with_on_failure(OnFailure::Quarantine)
        .with_column(column)
        .build()
        .unwrap();
    let apart = report(&apart, &[name(" 1 ")], 1);
    assert!(apart.verdict().is_accepted());
    assert_eq!(apart.rows().quarantined(), 1);
    assert_eq!(result(&apart, "name.pattern").on_failure, "quarantine");
}

#[test]
fn a_share_that_a_repair_leaves_above_its_threshold_rejects() {
    let invalid = Check::InvalidValues {
        valid: vec!["a".into()],
        pattern: None,
    };
    let rule = Rule::new(invalid, Threshold::percent(Operator::LessThan(40.0)))
        .with_on_failure(OnFailure::Repair(Repair::Trim));
    let column = Column::new("name", DataType::String).with_rule(rule);
    let contract = builder().with_column(column).build().unwrap();
    for (texts, accepted) in [([" a", "a", "x"], true), ([" x", "a", "x"], false)] {
        let rows = batch([(
            "name",
            Arc::new(StringArray::from(texts.to_vec())) as ArrayRef,
        )]);
        let report = report(&contract, &[rows], 1);
        assert_eq!(report.verdict().is_accepted(), accepted);
    }
}

#[test]
fn a_warning_that_says_reject_rejects() {
    let expression = Check::Expression {
        expression: "id > 0".into(),
    };
    let rule = Rule::of(expression)
        .with_severity(Severity::Warning)
        .with_on_failure(OnFailure::Reject);
    let contract = builder()
        .with_column(Column::new("id", DataType::Int64))
        .with_rule(rule)
        .build()
        .unwrap();
    let rows = batch([("id", ids(&[0]))]);
    let verdict = Gate::new(&contract).check(rows.clone());
    assert!(matches!(verdict, Verdict::Refused(_)));
    assert!(!report(&contract, &[rows], 1).verdict().is_accepted());
}

#[test]
fn rules_of_a_column_that_repairs_do_otherwise_as_the_product_says() {
    let invalid = Check::InvalidValues {
        valid: vec!["a".into()],
        pattern: None,
    };
    let repair = OnFailure::Repair(Repair::Trim);
    for rule in [
        Rule::of(invalid.clone()),
        Rule::of(invalid).with_on_failure(repair.clone()),
    ] {
        let column = Column::new("name", DataType::String)
            .with_on_failure(repair.clone())
            .with_unique()
            .with_rule(rule);
        let contract = builder()
            .with_on_failure(OnFailure::Quarantine)
            .with_column(column)
            .build()
            .unwrap();
        let texts = StringArray::from(vec!["x", "a", "a"]);
        let rows = batch([("name", Arc::new(texts) as ArrayRef)]);
        let (parted, report) = parted(&contract, &[rows]);
        assert!(report.verdict().is_accepted());
        let expect = [
            (0, vec!["name.invalidValues".to_owned()]),
            (2, vec!["name.unique".to_owned()]),
        ];
        assert_eq!(parted.apart, expect.into());
    }
}

#[test]
fn the_first_row_out_of_order_is_numbered_among_all_rows() {
    let order = Check::OutOfOrder {
        column: Some("n".into()),
        by: Vec::new(),
        order: "id".into(),
        strictly: false,
    };
    let contract = builder()
        .with_column(
            Column::new("id", DataType::Int64)
                .with_minimum(0)
                .with_on_failure(OnFailure::Quarantine),
        )
        .with_column(Column::new("n", DataType::Int64))
        .with_rule(Rule::of(order).with_id("order"))
        .build()
        .unwrap();
    let whole = batch([
        ("id", ids(&[-1, 1, -1, 2, 3, -1, 4])),
        ("n", ids(&[0, 5, 0, 6, 7, 0, 1])),
    ]);
    for split in 0..=7 {
        let batches = [whole.slice(0, split), whole.slice(split, 7 - split)];
        let report = report(&contract, &batches, 2);
        let order = result(&report, "order");
        assert_eq!((order.failed_rows, order.first_row), (1, Some(6)));
    }
}

#[test]
fn figures_and_other_keys_are_of_the_rows_that_are_left() {
    let latest = Rule::of(duplicates(&["id"]))
        .with_id("latest")
        .with_on_failure(OnFailure::Repair(Repair::KeepLatest(Some("n".into()))));
    let count = Rule::new(Check::RowCount, Threshold::rows(Operator::Be(2.0))).with_id("count");
    let contract = builder()
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(Column::new("n", DataType::Int64))
        .with_rule(latest)
        .with_rule(count)
        .with_rule(figure(Aggregate::Sum, "n", Operator::Be(9.0)).with_id("sum"))
        .build()
        .unwrap();
    let rows = [batch([("id", ids(&[1, 1, 2])), ("n", ids(&[7, 3, 2]))])];
    let (parted, by_hand) = parted(&contract, &rows);
    for report in [report(&contract, &rows, 1), by_hand] {
        assert_eq!(result(&report, "sum").measure, Some(9.0));
        assert_eq!(result(&report, "count").measure, Some(2.0));
        assert_eq!(result(&report, "key").failed_rows, 0);
        assert!(report.verdict().is_accepted(), "{:?}", report.results());
    }
    assert_eq!(parted.apart, [(1, vec!["latest".to_owned()])].into());
    // Nothing of it has to be set right.
    let told = report(&contract, &rows, 1).to_text(TextOptions::default());
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("one was kept") && !told.contains("could not be repaired"),
        "{told}"
    );
}

#[test]
fn of_rows_with_the_same_columns_the_same_one_stays_for_every_rule() {
    let latest =
        Rule::of(duplicates(&["id"])).with_on_failure(OnFailure::Repair(Repair::KeepLatest(None)));
    let contract = builder()
        .with_on_failure(OnFailure::Quarantine)
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_rule(latest)
        .build()
        .unwrap();
    let (parted, report) = parted(&contract, &[batch([("id", ids(&[1, 1, 1]))])]);
    assert_eq!(parted.published_rows(), 1);
    assert_eq!(report.rows().quarantined(), 2);
    assert!(!parted.apart.contains_key(&2));
}

#[test]
fn columns_of_several_types_refer_to_the_same_keys() {
    let references: Vec<ColumnRef> = vec!["product.catalogue#id".parse().unwrap()];
    let known = |column: &str| {
        let check = Check::UnknownReferences {
            columns: vec![column.into()],
            references: references.clone(),
        };
        Rule::of(check).with_id(column)
    };
    let contract = builder()
        .with_column(Column::new("small", DataType::Int32))
        .with_column(Column::new("large", DataType::Int64))
        .with_rule(known("small"))
        .with_rule(known("large"))
        .build()
        .unwrap();
    let mut context: GateContext = context();
    for (references, keys) in GateContext::references_of(&contract) {
        let mut keys = keys.unwrap();
        keys.push(&batch([("id", ids(&[1, 2]))])).unwrap();
        context = context.with_keys(&references, Ok(keys));
    }
    let rows = batch([
        (
            "small",
            Arc::new(Int32Array::from(vec![1, 2, 3])) as ArrayRef,
        ),
        ("large", ids(&[2, i64::MAX, 1])),
    ]);
    let report = report_in(&contract, context, &[rows], 1);
    assert_eq!(result(&report, "small").first_row, Some(2));
    assert_eq!(result(&report, "large").first_row, Some(1));
    assert_eq!(result(&report, "large").failed_rows, 1);
}

#[test]
fn a_refusal_shows_no_sensitive_value() {
    let column = Column::new("state", DataType::String)
        .with_allowed("open")
        .with_classification(Classification::Restricted);
    let contract = builder().with_column(column).build().unwrap();
    let rows = batch([(
        "state",
        Arc::new(StringArray::from(vec!["secret"])) as ArrayRef,
    )]);
    let Verdict::Refused(report) = Gate::new(&contract).check(rows) else {
        panic!("it was admitted")
    };
    assert!(!report.to_string().contains("secret"), "{report}");
}

#[test]
fn both_zeros_are_one_value() {
    let chain = Check::Discontinuity {
        opening: "opening".into(),
        closing: "closing".into(),
        by: Vec::new(),
        order: "id".into(),
    };
    let contract = builder()
        .with_column(Column::new("id", DataType::Int64))
        .with_column(Column::new("opening", DataType::Float64))
        .with_column(Column::new("closing", DataType::Float64))
        .with_rule(Rule::of(chain))
        .with_rule(figure(
            Aggregate::DistinctCount,
            "closing",
            Operator::Be(1.0),
        ))
        .build()
        .unwrap();
    let rows = batch([
        ("id", ids(&[1, 2])),
        (
            "opening",
            Arc::new(Float64Array::from(vec![0.0, 0.0])) as ArrayRef,
        ),
        ("closing", Arc::new(Float64Array::from(vec![-0.0, 0.0]))),
    ]);
    let report = report(&contract, &[rows], 1);
    assert!(report.is_clean(), "{:?}", report.results());
}

#[test]
fn a_long_map_takes_no_time_by_pair_and_row() {
    let pairs = (0..2_000).map(|n| (Value::from(n), Value::from(-n)));
    let column = Column::new("id", DataType::Int64)
        .with_maximum(0)
        .with_on_failure(OnFailure::Repair(Repair::Map(pairs.skip(1).collect())));
    let contract = builder().with_column(column).build().unwrap();
    let values: Vec<i64> = (0..100_000).map(|n| n % 2_000).collect();
    let (parted, report) = parted(&contract, &[batch([("id", ids(&values))])]);
    let repaired = result(&report, "id.range").repaired_rows;
    assert_eq!(repaired, values.iter().filter(|n| **n > 0).count() as u64);
    let published = parted.published[0].column(0).as_primitive::<Int64Type>();
    assert!(
        published
            .values()
            .iter()
            .zip(&values)
            .all(|(a, b)| *a == -*b)
    );
}

#[test]
fn a_run_that_is_refused_and_has_rows_to_part_ends_with_a_report() {
    let by_key = Rule::of(duplicates(&["id"])).with_on_failure(OnFailure::Quarantine);
    let contract = builder()
        .with_column(Column::new("id", DataType::Int64))
        .with_column(Column::new("n", DataType::Int64))
        .with_rule(by_key)
        .build()
        .unwrap();
    let n: ArrayRef = Arc::new(Int64Array::from(vec![None, Some(1), Some(2)]));
    let rows = [batch([("id", ids(&[1, 2, 2])), ("n", n)])];
    for threads in [1, 2] {
        let report = report(&contract, &rows, threads);
        assert!(!report.verdict().is_accepted());
        assert_eq!(result(&report, "n.required").failed_rows, 1);
        assert_eq!(report.rows().quarantined(), 1);
    }
}

#[test]
fn a_rule_in_sql_is_told_with_what_to_write_instead() {
    let sql = Rule::of(Check::NotRun { kind: "sql".into() }).with_id("sql");
    let contract = builder()
        .with_column(Column::new("id", DataType::Int64))
        .with_rule(sql)
        .build()
        .unwrap();
    let report = report(&contract, &[batch([("id", ids(&[1]))])], 1);
    let reason = result(&report, "sql").not_evaluated().unwrap();
    assert!(reason.contains("`check: expression`"), "{reason}");
}

#[test]
fn a_message_speaks_of_parts_of_columns() {
    let size = DataType::Struct(vec![
        Column::new("width", DataType::Int64).with_nullable(true),
        Column::new("owner", DataType::String).with_pii(PiiCategory::Direct),
    ]);
    let check = Check::Expression {
        expression: "id < 0".into(),
    };
    let rule = Rule::of(check)
        .with_id("sold")
        .with_on_failure(OnFailure::Notify)
        .with_severity(Severity::Info)
        .with_message("{id}: {size.width} wide, of {size.owner}");
    let contract = builder()
        .with_column(Column::new("id", DataType::Int64))
        .with_column(Column::new("size", size).with_nullable(true))
        .with_rule(rule)
        .build()
        .unwrap();
    let schema = contract.arrow_schema();
    let arrow_schema::DataType::Struct(fields) = schema.field(1).data_type() else {
        panic!("a struct");
    };
    let width = Int64Array::from(vec![Some(7), None, Some(9)]);
    let owner = StringArray::from(vec!["ada", "bo", "cy"]);
    let parts: Vec<ArrayRef> = vec![Arc::new(width), Arc::new(owner)];
    let there = vec![true, true, false].into();
    let size = StructArray::new(fields.clone(), parts, Some(there));
    let columns: Vec<ArrayRef> = vec![ids(&[1, 2, 3]), Arc::new(size)];
    let rows = RecordBatch::try_new(schema, columns).unwrap();
    let report = report(&contract, &[rows], 1);
    let expect = [
        "1: 7 wide, of •••",
        "2: null wide, of •••",
        "3: null wide, of •••",
    ];
    assert_eq!(result(&report, "sold").messages, expect);
}
