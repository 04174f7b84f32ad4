//! Rules and data that are meant to hurt: each gets the right answer or an error with a type, in bounded time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{
    ArrayRef, Decimal128Array, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
    new_null_array,
};
use dataproduct_contract::{
    Check, Column, Contract, ContractBuilder, DataType, Expression, OnFailure, Operator, Repair,
    Rule, Threshold, Value,
};
use dataproduct_quality::outcome::RuleResult;
use dataproduct_quality::{Gate, Verdict};

use super::driver::{parted, report, result};
use super::model::{Said, batch, contract};

fn builder() -> ContractBuilder {
    Contract::builder("inventory.stock", "1.0.0").with_owner("inventory-platform")
}

fn of(column: Column) -> Contract {
    builder().with_column(column).build().unwrap()
}

fn one(name: &str, array: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([(name, array, true)]).unwrap()
}

fn texts(values: Vec<String>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

/// No test here may take longer, by far, in any build.
#[track_caller]
fn in_time<T>(work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let out = work();
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_secs(60), "it took {elapsed:?}");
    out
}

#[test]
fn patterns_that_blow_up_elsewhere_take_linear_time() {
    let long = format!("{}!", "a".repeat(100_000));
    for pattern in [
        "(a+)+",
        "(a|a)*",
        "(a|aa)+",
        "(.*a){20}",
        "(a*)*b",
        "([a-z]+)*@",
    ] {
        let column = Column::new("t", DataType::String).with_pattern(pattern);
        let contract = of(column);
        let rows = one("t", texts(vec![long.clone(), "b".into()]));
        let report = in_time(|| report(&contract, &[rows], 2));
        let pattern = result(&report, "t.pattern");
        assert_eq!(pattern.first_row, Some(0));
    }
}

/// What keeps a contract from being one.
fn refused(contract: ContractBuilder) -> Vec<String> {
    let problems = in_time(|| contract.build()).unwrap_err();
    problems
        .iter()
        .map(|problem| problem.code.to_string())
        .collect()
}

#[test]
fn lists_of_valid_values_are_looked_up_and_a_million_is_no_contract() {
    let with = |values: i64| {
        let valid = (0..values).map(|n| Value::from(n * 2)).collect();
        let check = Check::InvalidValues {
            valid,
            pattern: None,
        };
        let column = Column::new("n", DataType::Int64);
        builder().with_column(column.with_rule(Rule::of(check).with_id("valid")))
    };
    let contract = with(20_000).build().unwrap();
    let numbers = Int64Array::from_iter_values(0..10_000);
    let report = in_time(|| report(&contract, &[one("n", Arc::new(numbers))], 1));
    let valid = result(&report, "valid");
    assert_eq!((valid.failed_rows, valid.first_row), (5_000, Some(1)));
    assert!(valid.expected.as_ref().unwrap().len() < 200);
    assert_eq!(refused(with(1_000_000)), ["document-too-large"]);

    let mut column = Column::new("t", DataType::String);
    for label in 0..1_000_000 {
        column.allowed.push(label.to_string().as_str().into());
    }
    assert!(!refused(builder().with_column(column)).is_empty());
}

#[test]
fn the_deepest_expression_is_evaluated_and_a_deeper_one_is_not_told_as_passed() {
    let nested = |depth: usize| format!("{}n{} > 0", "abs(".repeat(depth), ")".repeat(depth));
    let build = |depth: usize| {
        let expression = nested(depth);
        let rule = Rule::of(Check::Expression { expression }).with_id("deep");
        let column = Column::new("n", DataType::Int64);
        builder().with_column(column).with_rule(rule).build()
    };
    let is_read = |depth: &usize| Expression::parse(&nested(*depth)).is_ok();
    let deepest = (0..400).rev().find(is_read).unwrap();
    assert!((20..399).contains(&deepest), "{deepest}");
    let rows = [one("n", Arc::new(Int64Array::from(vec![1, -1, 0])))];
    let known = report(&build(deepest).unwrap(), &rows, 1);
    let deep = result(&known, "deep");
    assert_eq!((deep.failed_rows, deep.first_row), (1, Some(2)));
    for depth in [deepest + 1, 800] {
        match in_time(|| build(depth)) {
            Ok(contract) => {
                let unknown = in_time(|| report(&contract, &rows, 1));
                assert!(result(&unknown, "deep").not_evaluated().is_some());
            }
            Err(problems) => assert!(problems.to_string().contains("64 deep"), "{problems}"),
        }
    }
}

/// Which of the rows break the rule `n.<check>` of a column.
#[track_caller]
fn breaks(column: Column, check: &str, array: ArrayRef, expect: &[u64]) {
    let contract = of(column.with_on_failure(OnFailure::Quarantine));
    let (parted, report) = parted(&contract, &[one("n", array)]);
    let rule = format!("n.{check}");
    let apart = parted
        .apart
        .iter()
        .filter(|(_, rules)| rules.contains(&rule));
    let apart: Vec<u64> = apart.map(|(row, _)| u64::try_from(*row).unwrap()).collect();
    assert_eq!(apart, expect, "{rule}");
    assert_eq!(result(&report, &rule).failed_rows, expect.len() as u64);
}

#[test]
fn numbers_at_the_ends_of_their_types_are_judged() {
    let whole = || Column::new("n", DataType::Int64);
    let ends = || -> ArrayRef { Arc::new(Int64Array::from(vec![i64::MIN, -1, 0, i64::MAX])) };
    breaks(
        whole().with_minimum(i64::MIN).with_maximum(i64::MAX),
        "range",
        ends(),
        &[],
    );
    breaks(
        whole().with_exclusive_minimum(i64::MIN),
        "range",
        ends(),
        &[0],
    );
    breaks(
        whole().with_exclusive_maximum(i64::MAX),
        "range",
        ends(),
        &[3],
    );
    breaks(whole().with_multiple_of(2.0), "multipleOf", ends(), &[1, 3]);
    breaks(whole().with_multiple_of(0.5), "multipleOf", ends(), &[]);
    breaks(
        whole().with_allowed(i64::MAX),
        "allowed",
        ends(),
        &[0, 1, 2],
    );

    let float = || Column::new("n", DataType::Float64);
    let odd = || -> ArrayRef {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        Arc::new(Float64Array::from(vec![
            nan,
            inf,
            -inf,
            f64::MAX,
            f64::MIN,
            -0.0,
        ]))
    };
    breaks(float().with_minimum(0), "range", odd(), &[0, 2, 4]);
    breaks(
        float().with_exclusive_maximum(0),
        "range",
        odd(),
        &[0, 1, 3, 5],
    );
    breaks(
        float().with_multiple_of(1.0),
        "multipleOf",
        odd(),
        &[0, 1, 2],
    );
    breaks(float().with_allowed(0), "allowed", odd(), &[0, 1, 2, 3, 4]);

    let decimal = DataType::Decimal {
        precision: 38,
        scale: 2,
    };
    let decimal = || Column::new("n", decimal.clone());
    let most = 10_i128.pow(38) - 1;
    let vast = || -> ArrayRef {
        let values = Decimal128Array::from(vec![most, -most, 0, i128::MAX, i128::MIN, 1]);
        Arc::new(values.with_data_type(arrow_schema::DataType::Decimal128(38, 2)))
    };
    breaks(decimal(), "type", vast(), &[3, 4]);
    breaks(decimal().with_minimum(0), "range", vast(), &[1, 4]);
    breaks(
        decimal().with_multiple_of(1.0),
        "multipleOf",
        vast(),
        &[0, 1, 3, 4, 5],
    );
}

#[test]
fn figures_of_extremes_are_right_or_not_known() {
    use dataproduct_contract::Aggregate::{Maximum, Mean, Minimum, Sum};
    let measured = |data_type: DataType, array: ArrayRef| {
        let mut builder = builder().with_column(Column::new("n", data_type).with_nullable(true));
        for function in [Sum, Mean, Minimum, Maximum] {
            let check = Check::Aggregate {
                function,
                column: Some("n".into()),
            };
            let any = Threshold::value(Operator::GreaterOrEqual(f64::MIN));
            builder = builder.with_rule(Rule::new(check, any).with_id(function.as_str()));
        }
        let batch = one("n", array);
        let rows = batch.num_rows();
        let report = report(
            &builder.build().unwrap(),
            &[
                batch.slice(0, rows / 2),
                batch.slice(rows / 2, rows - rows / 2),
            ],
            2,
        );
        ["sum", "mean", "minimum", "maximum"].map(|rule| result(&report, rule).measure)
    };
    let top = i64::MAX as f64;
    let whole = measured(
        DataType::Int64,
        Arc::new(Int64Array::from(vec![i64::MAX; 4])),
    );
    assert_eq!(whole, [top * 4.0, top, top, top].map(Some));
    let both = Int64Array::from(vec![i64::MIN, i64::MAX, 1, 0]);
    assert_eq!(measured(DataType::Int64, Arc::new(both))[0], Some(0.0));
    let nan = measured(
        DataType::Float64,
        Arc::new(Float64Array::from(vec![1.0, f64::NAN, 2.0])),
    );
    assert!(nan.iter().all(|figure| figure.unwrap().is_nan()));
    let infinite = measured(
        DataType::Float64,
        Arc::new(Float64Array::from(vec![f64::INFINITY, 1.0])),
    );
    assert_eq!(infinite[0], Some(f64::INFINITY));
    let nothing = measured(
        DataType::Float64,
        new_null_array(&arrow_schema::DataType::Float64, 3),
    );
    assert_eq!(nothing, [Some(0.0), None, None, None]);
}

#[test]
fn sources_without_rows_and_columns_without_values_are_no_trouble() {
    let said = Said {
        product: Some(OnFailure::Quarantine),
        n: None,
        f: None,
        s: Some(OnFailure::Repair(Repair::Trim)),
        e: None,
        dups: Some(OnFailure::Repair(Repair::KeepLatest(Some("n".into())))),
        strictly: true,
        most: 0.0,
    };
    let contract = contract(&said);
    let none = batch(&[]);
    for batches in [vec![], vec![none.clone()], vec![none.clone(), none]] {
        for threads in [1, 2, 7] {
            let report = report(&contract, &batches, threads);
            assert!(report.verdict().is_accepted());
            assert_eq!(report.rows().read(), 0);
            assert_eq!(result(&report, "minimum").measure, None);
            assert!(result(&report, "smallest").not_evaluated().is_some());
        }
        let mut gate = Gate::new(&contract);
        batches
            .into_iter()
            .for_each(|batch| drop(gate.check(batch)));
        assert!(gate.finish().is_ok());
    }
    let fields = contract.arrow_schema();
    let columns = fields.fields().iter().map(|field| {
        let nulls = new_null_array(field.data_type(), 100);
        (field.name().clone(), nulls, true)
    });
    let nothing = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let (parted, report) = parted(&contract, &[nothing]);
    assert_eq!(report.rows().quarantined(), 100);
    assert!(
        parted
            .apart
            .values()
            .all(|rules| { *rules == ["id.required", "n.required", "g.missingValues"] })
    );
}

/// Text columns by the thousand, each of which `said` says something of.
fn wide(columns: usize, said: impl Fn(Column) -> Column) -> ContractBuilder {
    let column = |n: usize| said(Column::new(format!("c{n}"), DataType::String));
    builder().with_columns((0..columns).map(column))
}

/// Nearly as many columns as a document has room for.
const COLUMNS: usize = 4_400;

#[test]
fn ten_thousand_columns_are_no_contract() {
    let plain = |column: Column| column.with_nullable(true);
    assert_eq!(refused(wide(10_000, plain)), ["document-too-large"]);
    let contract = in_time(|| wide(COLUMNS, plain).build()).unwrap();
    let again = in_time(|| Contract::from_yaml(contract.to_yaml())).unwrap();
    assert_eq!(again.columns().len(), COLUMNS);
}

#[test]
fn thousands_of_columns_are_checked() {
    let contract = in_time(|| wide(COLUMNS, |column| column.with_nullable(true)).build()).unwrap();
    let columns = |from: usize, to: usize| {
        let columns = (from..to).rev().map(|n| {
            let text: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None]));
            (format!("c{n}"), text, true)
        });
        RecordBatch::try_from_iter_with_nullable(columns).unwrap()
    };
    // In another order than the contract's.
    let rows = columns(0, COLUMNS);
    let batches: Vec<RecordBatch> = (0..20).map(|_| rows.clone()).collect();
    let (parted, _) = in_time(|| parted(&contract, &batches));
    assert_eq!((parted.published_rows(), parted.refused), (40, false));
    // Most columns are others.
    let mut gate = Gate::new(&contract);
    let verdict = in_time(|| gate.check(columns(1_000, 11_000)));
    let Verdict::Refused(report) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(report.findings().len(), 1_000 + 11_000 - COLUMNS);
}

#[test]
fn every_rule_of_thousands_of_columns_is_broken() {
    const COLUMNS: usize = 3_200;
    let said = |column: Column| column.with_max_length(3);
    for action in [OnFailure::Reject, OnFailure::Quarantine] {
        let contract = wide(COLUMNS, said).with_on_failure(action.clone()).build();
        let contract = contract.unwrap();
        let columns = (0..COLUMNS).map(|n| {
            let texts = [Some("abc"), None, Some("abcd")].repeat(10);
            let texts: ArrayRef = Arc::new(StringArray::from(texts));
            (format!("c{n}"), texts, true)
        });
        let rows = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let batches: Vec<RecordBatch> = (0..5).map(|_| rows.clone()).collect();
        let (parted, report) = in_time(|| parted(&contract, &batches));
        assert_eq!(parted.refused, action == OnFailure::Reject);
        assert_eq!(report.results().len(), 2 * COLUMNS);
        let whole = |rule: &RuleResult| (rule.failed_rows, rule.first_row);
        assert!(
            report
                .results()
                .iter()
                .step_by(2)
                .all(|r| whole(r) == (50, Some(1)))
        );
        assert!(
            report
                .results()
                .iter()
                .skip(1)
                .step_by(2)
                .all(|r| whole(r) == (50, Some(2)))
        );
        if action == OnFailure::Quarantine {
            assert_eq!((parted.published_rows(), parted.apart.len()), (50, 100));
            assert!(parted.apart.values().all(|rules| rules.len() == COLUMNS));
        }
    }
}

#[test]
fn rows_of_a_megabyte_are_checked_and_shown_in_short() {
    let column = Column::new("t", DataType::String)
        .with_max_length(10)
        .with_unique()
        .with_pattern("x*")
        .with_on_failure(OnFailure::Quarantine);
    let long: Vec<String> = (0..20)
        .map(|n| "x".repeat(1 << 20) + &"y".repeat(n % 2))
        .collect();
    let report = in_time(|| report(&of(column), &[one("t", texts(long))], 2));
    assert_eq!(report.rows().quarantined(), 20);
    assert_eq!(result(&report, "t.pattern").failed_rows, 10);
    assert!(report.to_json().len() < 20_000);
}

#[test]
fn rows_that_are_all_equal_are_parted_from_the_one_that_stays() {
    const ROWS: usize = 200_000;
    let latest = OnFailure::Repair(Repair::KeepLatest(None));
    for (action, stays) in [(OnFailure::Quarantine, 0), (latest, ROWS as i64 - 1)] {
        let columns = vec!["t".to_owned()];
        let rule = Rule::of(Check::DuplicateValues { columns }).with_on_failure(action);
        let contract = builder()
            .with_column(Column::new("t", DataType::String))
            .with_rule(rule)
            .build()
            .unwrap();
        let rows = one(
            "t",
            texts(vec!["the same text in every row".to_owned(); ROWS]),
        );
        let batches: Vec<_> = (0..20).map(|n| rows.slice(n * 10_000, 10_000)).collect();
        let (parted, report) = in_time(|| parted(&contract, &batches));
        assert_eq!(parted.published_rows(), 1);
        assert_eq!(parted.apart.len(), ROWS - 1);
        assert!(!parted.apart.contains_key(&stays));
        let rule = result(&report, "duplicateValues");
        assert_eq!((rule.failed_rows, rule.samples.len()), (ROWS as u64 - 1, 5));
    }
}

#[test]
fn what_has_no_one_value_a_row_is_never_told_as_passed() {
    let element = Column::new("element", DataType::Int64).with_rule(
        Rule::of(Check::DuplicateValues {
            columns: Vec::new(),
        })
        .with_id("dups"),
    );
    let column = Column::new("tags", DataType::List(Box::new(element)));
    let contract = builder().with_column(column).build().unwrap();
    // As many items as rows, so that items pass for rows to who counts only.
    let items = [Some(vec![Some(1_i64), Some(1)]), Some(vec![])];
    let tags = ListArray::from_iter_primitive::<arrow_array::types::Int64Type, _, _>(items);
    let report = report(&contract, &[one("tags", Arc::new(tags))], 1);
    assert!(result(&report, "dups").not_evaluated().is_some());
}

/// A source that panics is a bug of whoever wrote it: the panic comes out, and no thread waits for ever.
#[test]
fn a_source_that_panics_ends_the_run() {
    let contract = of(Column::new("n", DataType::Int64));
    let rows = || one("n", Arc::new(Int64Array::from(vec![1, 2, 3])));
    for threads in [1, 2, 4] {
        let threads = std::num::NonZeroUsize::new(threads).unwrap();
        let open = || {
            let batches = (0..20).map(|batch| match batch {
                7 => panic!("the source is broken"),
                _ => Ok::<_, std::convert::Infallible>(rows()),
            });
            Ok(batches)
        };
        let run = || dataproduct_quality::check_rows(&contract, Default::default(), threads, open);
        let ended = in_time(|| std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)));
        assert!(ended.is_err(), "{threads} threads");
    }
}
