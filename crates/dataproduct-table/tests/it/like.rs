//! Rows that may share values with others, and a commit that says that others came first.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int8Array,
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use dataproduct_contract::{Column, Contract, DataType};
use dataproduct_table::{Attempt, MAX_LISTED_VALUES, Table, TableSpec, WriteOptions};
use futures::TryStreamExt;

use crate::support::*;

/// A contract of one column and a table for it.
async fn one(name: &str, column: Column) -> (Contract, Table) {
    let contract = Contract::builder("inventory.stock", "1.0.0")
        .with_owner("inventory-team")
        .with_column(column)
        .build()
        .unwrap();
    let spec = TableSpec::from_contract(&contract);
    let table = Table::create(&memory(name), &spec).await.unwrap();
    (contract, table)
}

#[tokio::test]
async fn only_what_may_have_a_value_is_read() {
    let (contract, table) = one("like-files", Column::new("n", DataType::Int64)).await;
    let numbers = |from: i64, count: i64| {
        let array: ArrayRef = Arc::new(Int64Array::from_iter_values(from..from + count));
        admit(
            &contract,
            RecordBatch::try_from_iter([("n", array)]).unwrap(),
        )
    };
    for file in 0..20 {
        publish(&table, WriteOptions::new(), &numbers(file * 10_000, 5_000))
            .await
            .unwrap();
    }
    let found = async |from, count| {
        let mut writer = table.write(WriteOptions::new()).await.unwrap();
        writer.push(&numbers(from, count)).await.unwrap();
        let staged = writer.stage().await.unwrap();
        let beside = writer.beside().await.unwrap().unwrap();
        let columns = ["n".to_owned()];
        let mut rows = beside
            .scan_like(&staged, &columns)
            .await
            .unwrap()
            .stream()
            .unwrap();
        let mut count = 0;
        while let Some(batch) = rows.try_next().await.unwrap() {
            count += batch.num_rows();
        }
        (count, rows.report().files_skipped)
    };
    // Values that no file can hold, some of one file, and more than are looked for one by one.
    assert_eq!(found(7_000, 10).await, (0, 20));
    assert_eq!(found(34_998, 10).await, (2, 19));
    let many = i64::try_from(MAX_LISTED_VALUES).unwrap() + 1;
    assert_eq!(
        found(10_000, many).await,
        (usize::try_from(many).unwrap(), 19)
    );
    assert_eq!(found(4_000, 7_000).await, (2_000, 18));
}

#[tokio::test]
async fn rows_of_every_type_are_found() {
    let decimal = DataType::Decimal {
        precision: 30,
        scale: 4,
    };
    let digits = |values: [i128; 3]| -> ArrayRef {
        let array = Decimal128Array::from(values.to_vec());
        Arc::new(array.with_precision_and_scale(30, 4).unwrap())
    };
    let times = |zone: Option<&str>, values: [i64; 3]| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(values.to_vec()).with_timezone_opt(zone))
    };
    let texts = |values: [&str; 3]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
    let long = "x".repeat(100);
    let label = Column::new("v", DataType::String);
    let label = label
        .with_allowed("open")
        .with_allowed("shut")
        .with_allowed("ajar");
    let cases: Vec<(Column, ArrayRef, ArrayRef, usize)> = vec![
        (
            Column::new("v", DataType::Boolean),
            Arc::new(BooleanArray::from(vec![true, true, false])),
            Arc::new(BooleanArray::from(vec![false])),
            1,
        ),
        (
            Column::new("v", DataType::Int8),
            Arc::new(Int8Array::from(vec![-1, 0, 1])),
            Arc::new(Int8Array::from(vec![-1, 1])),
            2,
        ),
        (
            Column::new("v", decimal),
            digits([-5, 10_i128.pow(29), 7]),
            digits([10_i128.pow(29), 7, 7]),
            2,
        ),
        (
            Column::new("v", DataType::String),
            texts(["a", &long, "å"]),
            texts([&long, "å", ""]),
            2,
        ),
        (
            Column::new("v", DataType::Binary),
            Arc::new(BinaryArray::from(vec![&b"\x00"[..], b"\xff"])),
            Arc::new(BinaryArray::from(vec![&b"\xff"[..]])),
            1,
        ),
        (
            Column::new("v", DataType::Date),
            Arc::new(Date32Array::from(vec![-1, 0, 20_000])),
            Arc::new(Date32Array::from(vec![-1])),
            1,
        ),
        (
            Column::new("v", DataType::Timestamp),
            times(Some("UTC"), [-1, 1, 1_700_000_000_000_001]),
            times(Some("UTC"), [-1, 1_700_000_000_000_001, 5]),
            2,
        ),
        (
            Column::new("v", DataType::TimestampNtz),
            times(None, [-1, 1, 1_700_000_000_000_001]),
            times(None, [1, 2, 3]),
            1,
        ),
        (
            label,
            texts(["open", "shut", "open"]),
            texts(["open", "ajar", "ajar"]),
            2,
        ),
        // Floats are not looked for, so that all rows are left to be compared.
        (
            Column::new("v", DataType::Float64),
            Arc::new(Float64Array::from(vec![0.0, 1.0])),
            Arc::new(Float64Array::from(vec![-0.0])),
            2,
        ),
    ];
    for (number, (column, stored, own, expect)) in cases.into_iter().enumerate() {
        let what = column.data_type.to_string();
        let (contract, table) = one(&format!("like-types-{number}"), column).await;
        let rows = |array: ArrayRef| {
            admit(
                &contract,
                RecordBatch::try_from_iter([("v", array)]).unwrap(),
            )
        };
        publish(&table, WriteOptions::new(), &rows(stored))
            .await
            .unwrap();
        let mut writer = table.write(WriteOptions::new()).await.unwrap();
        writer.push(&rows(own)).await.unwrap();
        let staged = writer.stage().await.unwrap();
        let beside = writer.beside().await.unwrap().unwrap();
        let scan = beside.scan_like(&staged, &["v".to_owned()]).await.unwrap();
        let found = scan
            .read_as(contract.arrow_schema())
            .collect()
            .await
            .unwrap();
        let found: usize = found.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(found, expect, "{what}");
    }
}

#[tokio::test]
async fn a_commit_that_others_came_before_can_be_tried_again() {
    let table = create(&memory("moved")).await;
    let there = rows(&[("a", "L1", Some(1))]);
    publish(&table, WriteOptions::new(), &there).await.unwrap();
    let mut writer = table.write(WriteOptions::new()).await.unwrap();
    writer.push(&rows(&[("b", "L1", None)])).await.unwrap();
    let beside = writer.beside().await.unwrap().unwrap();
    writer.expect_version(beside.version());
    let rival = rows(&[("c", "L1", Some(1))]);
    publish(&table, WriteOptions::new(), &rival).await.unwrap();
    let Attempt::Moved { version } = writer.try_commit().await.unwrap() else {
        panic!("it was placed behind a version that nobody has looked at")
    };
    let now = writer.beside().await.unwrap().unwrap();
    assert_eq!((version, now.version()), (beside.version() + 1, version));
    assert_eq!(
        read(&now.without(&beside)).await,
        [("c".to_owned(), "L1".to_owned(), Some(1))]
    );
    writer.expect_version(version);
    assert!(matches!(
        writer.try_commit().await.unwrap(),
        Attempt::Done(_)
    ));
    assert_eq!(read_sorted(&table).await.len(), 3);
}
