//! Promises proven on stored rows: right, and by reading no more than is needed.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
};
use dataproduct_contract::{Column, Contract, DataType, Value};
use dataproduct_quality::Promise;
use dataproduct_table::{Error, Proof, Table, TableSpec, WriteOptions};
use proptest::prelude::*;

use crate::support::*;

fn contract() -> Contract {
    let nullable = |name: &str, data_type| Column::new(name, data_type).with_nullable(true);
    Contract::builder("inventory.proven", "1.0.0")
        .with_owner("inventory-team")
        .with_columns([
            nullable("n", DataType::Int64),
            nullable("f", DataType::Float64),
            nullable("text", DataType::String),
            nullable("day", DataType::Date),
            nullable("list", DataType::list(DataType::Int64, true)),
        ])
        .build()
        .unwrap()
}

/// A row: a number, from which everything else is made, or nothing at all.
type Row = Option<i64>;

fn text_of(number: i64) -> String {
    // As many characters as the number says, each of two bytes.
    "å".repeat(usize::try_from(number.rem_euclid(7)).unwrap())
}

fn float_of(number: i64) -> f64 {
    match number {
        13 => f64::NAN,
        number => number as f64 / 2.0,
    }
}

fn batch(rows: &[Row]) -> RecordBatch {
    let numbers = || rows.iter().copied();
    let items = numbers().map(|row| row.map(|n| vec![Some(n); text_of(n).chars().count()]));
    let lists = ListArray::from_iter_primitive::<arrow_array::types::Int64Type, _, _>(items);
    let contract = contract();
    let schema = contract.arrow_schema();
    let list: ArrayRef = Arc::new(lists);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(numbers().collect::<Int64Array>()),
        Arc::new(
            numbers()
                .map(|row| row.map(float_of))
                .collect::<Float64Array>(),
        ),
        Arc::new(
            numbers()
                .map(|row| row.map(text_of))
                .collect::<StringArray>(),
        ),
        Arc::new(
            numbers()
                .map(|row| row.and_then(|n| i32::try_from(n).ok()))
                .collect::<Date32Array>(),
        ),
        arrow_cast::cast(&list, schema.field(4).data_type()).unwrap(),
    ];
    RecordBatch::try_new(schema, columns).unwrap()
}

async fn table_of(name: &str, files: &[Vec<Row>], row_group_rows: usize) -> Table {
    let contract = contract();
    let table = Table::create(&memory(name), &TableSpec::from_contract(&contract))
        .await
        .unwrap();
    for rows in files {
        let options = WriteOptions::new().with_row_group_rows(row_group_rows);
        publish(&table, options, &admit(&contract, batch(rows)))
            .await
            .unwrap();
    }
    table
}

/// Whether a row of that number keeps a promise.
type Keeps = fn(i64) -> bool;

/// Every kind of promise, each with what a row must be to keep it.
fn promises() -> Vec<(Promise, Keeps)> {
    let day = |days: i64| {
        let date = chrono::NaiveDate::default() + chrono::TimeDelta::days(days);
        Value::from(date.to_string())
    };
    let length = |minimum, maximum| Promise::Length {
        column: "text".to_owned(),
        minimum,
        maximum,
    };
    vec![
        (Promise::range("n").at_least(-5), |n| n >= -5),
        (Promise::range("n").above(-5).below(9), |n| n > -5 && n < 9),
        (
            Promise::range("n").at_most(Value::try_from(8.5).unwrap()),
            |n| n <= 8,
        ),
        (Promise::range("f").at_least(-6), |n| n >= -12 && n != 13),
        (Promise::range("f").at_most(3), |n| n <= 6),
        (Promise::range("day").at_least(day(-3)), |n| n >= -3),
        (Promise::range("text").at_most("åå"), |n| {
            n.rem_euclid(7) <= 2
        }),
        (length(Some(1), None), |n| n.rem_euclid(7) >= 1),
        (length(None, Some(4)), |n| n.rem_euclid(7) <= 4),
        (
            Promise::ItemCount {
                column: "list".to_owned(),
                minimum: Some(1),
                maximum: Some(5),
            },
            |n| (1..=5).contains(&n.rem_euclid(7)),
        ),
        (
            Promise::Pattern {
                column: "text".to_owned(),
                pattern: "å?å?|å{4,}".to_owned(),
            },
            |n| n.rem_euclid(7) != 3,
        ),
        (
            Promise::Allowed {
                column: "n".to_owned(),
                values: (-3..4).map(Value::from).collect(),
            },
            |n| (-3..4).contains(&n),
        ),
        (Promise::range("list.element").at_most(5), |n| {
            n <= 5 || n.rem_euclid(7) == 0
        }),
    ]
}

/// What a look at every row finds.
fn oracle(promise: &Promise, keeps: Keeps, files: &[Vec<Row>]) -> Option<(usize, u64)> {
    let mut seen = std::collections::HashSet::new();
    files.iter().enumerate().find_map(|(file, rows)| {
        let broken = rows.iter().position(|row| match (promise, row) {
            (Promise::NotNull { .. }, row) => row.is_none(),
            (Promise::Unique { .. }, Some(n)) => !seen.insert(*n),
            (_, Some(n)) => !keeps(*n),
            (_, None) => false,
        });
        broken.map(|row| (file, row as u64))
    })
}

fn check(proof: &Proof, table: &[dataproduct_table::DataFile], expect: Option<(usize, u64)>) {
    match (proof, expect) {
        (Proof::Holds { .. }, None) => {}
        (Proof::Violated { file, row, .. }, Some((place, wanted))) => {
            assert_eq!(
                file.as_deref(),
                Some(table[place].path.as_str()),
                "{proof:?}"
            );
            assert_eq!(*row, wanted, "{proof:?}");
        }
        (proof, expect) => panic!("{proof:?}, but {expect:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_proof_says_what_a_look_at_every_row_says(
        files in prop::collection::vec(
            prop::collection::vec(prop::option::weighted(0.9, -20_i64..20), 1..12), 0..4),
        around in 0_i64..3,
    ) {
        // Often close to what the promises allow, so that statistics decide now and then.
        let files: Vec<Vec<Row>> = files.iter()
            .map(|rows| rows.iter().map(|row| row.map(|n| n / (around * 3 + 1))).collect())
            .collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let name = format!("prove-{}", uuid::Uuid::now_v7());
            let table = table_of(&name, &files, 3).await;
            let snapshot = table.snapshot().await.unwrap();
            let stored = snapshot.files();
            let mut all = promises();
            all.push((Promise::not_null("n"), |_| true));
            all.push((Promise::unique(["n"]), |_| true));
            for (promise, keeps) in all {
                let proof = snapshot.prove(std::slice::from_ref(&promise)).await.unwrap();
                check(&proof, &stored, oracle(&promise, keeps, &files));
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_row_groups_that_could_break_a_promise_are_read() {
    // Three files of four row groups each; the values of one row group and of one file are all missing.
    let mut first: Vec<Row> = (0..40).map(Some).collect();
    first[20..30].fill(None);
    let second: Vec<Row> = (40..80).map(Some).collect();
    let files = [first.clone(), vec![None; 40], second.clone()];
    let table = table_of("prove-counts", &files, 10).await;
    let counts = async |table: &Table, promise: Promise| -> (u64, u64, u64) {
        let proof = table.snapshot().await.unwrap().prove(&[promise]).await;
        match proof.unwrap() {
            Proof::Holds {
                files_by_statistics,
                row_groups_by_statistics,
                row_groups_read,
                ..
            } => (
                files_by_statistics,
                row_groups_by_statistics,
                row_groups_read,
            ),
            violated => panic!("{violated:?}"),
        }
    };
    let range = Promise::range("n").at_least(0).below(80);
    assert_eq!(counts(&table, range).await, (3, 0, 0));
    let wide = Promise::range("day").at_least("1970-01-01");
    assert_eq!(counts(&table, wide).await, (3, 0, 0));
    // No statistic knows patterns, but a value that is missing breaks none.
    let pattern = Promise::Pattern {
        column: "text".to_owned(),
        pattern: "å*".to_owned(),
    };
    assert_eq!(counts(&table, pattern).await, (1, 1, 7));
    // What lies within the bounds may still be none of the values allowed.
    let within = Promise::Allowed {
        column: "n".to_owned(),
        values: (0..80).map(Value::from).collect(),
    };
    assert_eq!(counts(&table, within).await, (1, 1, 7));
    assert_eq!(counts(&table, Promise::unique(["n"])).await, (0, 0, 12));

    let table = table_of("prove-one", &[second.clone(), second], 10).await;
    assert_eq!(counts(&table, Promise::not_null("n")).await, (2, 0, 0));
    let proof = table.snapshot().await.unwrap();
    let proof = proof.prove(&[Promise::unique(["n", "day"])]).await.unwrap();
    let Proof::Violated { row, value, .. } = proof else {
        panic!("{proof:?}");
    };
    assert_eq!((row, value.as_str()), (0, "40, 1970-02-10"));

    let table = table_of("prove-null", &[first], 10).await;
    let proof = table.snapshot().await.unwrap();
    let proof = proof.prove(&[Promise::not_null("n")]).await.unwrap();
    let Proof::Violated { row, value, .. } = proof else {
        panic!("{proof:?}");
    };
    assert_eq!((row, value.as_str()), (20, "null"));
}

#[tokio::test]
async fn a_float_is_read_where_its_bounds_may_hide_a_nan() {
    let rows: Vec<Row> = vec![Some(1), Some(2), Some(13), Some(3)];
    let table = table_of("prove-nan", &[rows], 2).await;
    let snapshot = table.snapshot().await.unwrap();
    let proof = snapshot.prove(&[Promise::range("f").at_least(0)]).await;
    let Proof::Violated { row, value, .. } = proof.unwrap() else {
        panic!("a NaN lies in no range");
    };
    assert_eq!((row, value.as_str()), (2, "NaN"));
}

#[tokio::test]
async fn promises_that_say_nothing_of_the_column_are_errors() {
    let table = table_of("prove-errors", &[vec![Some(1)]], 10).await;
    let snapshot = table.snapshot().await.unwrap();
    let prove = async |promise: Promise| snapshot.prove(&[promise]).await.unwrap_err();
    let missing = prove(Promise::not_null("nope")).await;
    assert!(matches!(missing, Error::NoSuchColumn { .. }), "{missing}");
    let pattern = |pattern: &str, column: &str| Promise::Pattern {
        column: column.to_owned(),
        pattern: pattern.to_owned(),
    };
    for promise in [
        pattern("a", "n"),
        pattern("(", "text"),
        pattern("a)|(b", "text"),
        Promise::range("n").at_least("x"),
        Promise::unique(["list"]),
        Promise::unique(["list.element"]),
        Promise::unique::<[&str; 0]>([]),
    ] {
        let error = prove(promise.clone()).await;
        assert!(
            matches!(error, Error::InvalidPredicate { .. }),
            "{promise}: {error}"
        );
    }
}
