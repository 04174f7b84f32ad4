//! The gate, from outside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod depth;
mod gate;
mod outcome;
mod rendered;
mod testing;
mod widening;

use std::sync::Arc;

use arrow_array::types::{Int8Type, Int16Type};
use arrow_array::{
    Array, ArrayRef, Decimal128Array, DictionaryArray, Float64Array, Int64Array, LargeStringArray,
    RecordBatch, StringArray, StringViewArray, TimestampMillisecondArray, TimestampNanosecondArray,
    UInt64Array,
};
use dataproduct_contract::{Column, Contract, DataType};
use dataproduct_quality::{Gate, Verdict};

fn contract() -> Contract {
    Contract::builder("inventory.stock-levels", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_column(Column::new("on_hand", DataType::Int64))
        .with_column(
            Column::new("state", DataType::String)
                .with_nullable(true)
                .with_allowed("open")
                .with_allowed("shut"),
        )
        .with_column(Column::new("at", DataType::Timestamp).with_nullable(true))
        .with_column(
            Column::new(
                "price",
                DataType::Decimal {
                    precision: 5,
                    scale: 2,
                },
            )
            .with_nullable(true),
        )
        .with_column(Column::new("id", DataType::Uuid).with_nullable(true))
        .build()
        .unwrap()
}

fn good() -> Vec<(&'static str, ArrayRef)> {
    let state: DictionaryArray<Int16Type> = vec![Some("open"), None].into_iter().collect();
    vec![
        ("sku", Arc::new(StringArray::from(vec!["a", "b"]))),
        ("on_hand", Arc::new(Int64Array::from(vec![1, 2]))),
        ("state", Arc::new(state)),
        (
            "at",
            Arc::new(arrow_array::TimestampMicrosecondArray::from(vec![1, 2]).with_timezone("UTC")),
        ),
        (
            "price",
            Arc::new(
                Decimal128Array::from(vec![99_999, -1])
                    .with_precision_and_scale(5, 2)
                    .unwrap(),
            ),
        ),
        (
            "id",
            Arc::new(StringArray::from(vec![
                Some("67e55044-10b1-426f-9247-bb680e5fe0c8"),
                None,
            ])),
        ),
    ]
}

fn with(name: &str, array: ArrayRef) -> Vec<(&'static str, ArrayRef)> {
    let mut columns = good();
    columns.iter_mut().find(|(n, _)| *n == name).unwrap().1 = array;
    columns
}

#[track_caller]
fn check(columns: Vec<(&'static str, ArrayRef)>, expect: &[&str]) {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let rows = batch.num_rows();
    match Gate::new(&contract()).check(batch) {
        Verdict::Admitted(admitted) => {
            assert_eq!(expect, &[] as &[&str], "it was admitted");
            assert_eq!(admitted.batch().schema(), contract().arrow_schema());
            assert_eq!(admitted.batch().num_rows(), rows);
            assert_eq!(admitted.contract_digest(), contract().digest());
        }
        Verdict::Separated { .. } => unreachable!("nothing is to be kept apart"),
        Verdict::Refused(report) => {
            let found: Vec<_> = report.findings().iter().map(ToString::to_string).collect();
            assert_eq!(found, expect);
        }
    }
}

#[test]
fn a_batch_of_the_contract_is_admitted_in_any_column_order() {
    check(good(), &[]);
    let mut reversed = good();
    reversed.reverse();
    check(reversed, &[]);
}

#[test]
fn other_encodings_of_the_same_values_are_brought_into_the_contracts_own() {
    check(
        with("sku", Arc::new(LargeStringArray::from(vec!["a", "b"]))),
        &[],
    );
    check(
        with("sku", Arc::new(StringViewArray::from(vec!["a", "b"]))),
        &[],
    );
    let dictionary: DictionaryArray<Int8Type> = vec!["a", "b"].into_iter().collect();
    check(with("sku", Arc::new(dictionary)), &[]);
    check(
        with("state", Arc::new(StringArray::from(vec!["open", "shut"]))),
        &[],
    );
    let millis = TimestampMillisecondArray::from(vec![1, 2]).with_timezone("Europe/Oslo");
    check(with("at", Arc::new(millis)), &[]);
    check(
        with(
            "state",
            arrow_array::new_null_array(&arrow_schema::DataType::Null, 2),
        ),
        &[],
    );
}

#[test]
fn nothing_is_cast_that_could_change_a_value() {
    check(
        with("on_hand", Arc::new(UInt64Array::from(vec![1, 2]))),
        &["on_hand: it is UInt64 and the contract says Int64 [wrong-type]"],
    );
    check(
        with("on_hand", Arc::new(Float64Array::from(vec![1.0, 2.0]))),
        &["on_hand: it is Float64 and the contract says Int64 [wrong-type]"],
    );
    check(
        with("on_hand", Arc::new(StringArray::from(vec!["1", "2"]))),
        &["on_hand: it is Utf8 and the contract says Int64 [wrong-type]"],
    );
    let nanos = TimestampNanosecondArray::from(vec![1, 2]).with_timezone("UTC");
    check(
        with("at", Arc::new(nanos)),
        &[
            "at: it cannot be read as Timestamp(µs, \"UTC\"): 2 values are finer than a microsecond [wrong-type]",
        ],
    );
    let local = arrow_array::TimestampMicrosecondArray::from(vec![1, 2]);
    check(
        with("at", Arc::new(local)),
        &["at: it is Timestamp(µs) and the contract says Timestamp(µs, \"UTC\") [wrong-type]"],
    );
    let coarse = TimestampMillisecondArray::from(vec![i64::MAX, 2]).with_timezone("UTC");
    let batch = RecordBatch::try_from_iter(with("at", Arc::new(coarse))).unwrap();
    let Verdict::Refused(report) = Gate::new(&contract()).check(batch) else {
        panic!("a timestamp that overflows was admitted")
    };
    assert_eq!(report.findings()[0].code, "wrong-type");
}

#[test]
fn columns_are_those_of_the_contract() {
    let mut missing = good();
    missing.remove(1);
    check(
        missing,
        &["on_hand: the column is missing [missing-column]"],
    );
    let mut more = good();
    more.push(("extra", Arc::new(Int64Array::from(vec![1, 2]))));
    check(
        more,
        &["extra: the contract has no such column [unknown-column]"],
    );
    let mut twice = good();
    twice.push(("sku", Arc::new(StringArray::from(vec!["a", "b"]))));
    check(
        twice,
        &["sku: the column is there twice [duplicate-column]"],
    );
}

#[test]
fn required_values_are_there() {
    check(
        with("sku", Arc::new(StringArray::from(vec![Some("a"), None]))),
        &["sku: 1 value is missing, first in row 1 [null-key]"],
    );
    check(
        with("on_hand", Arc::new(Int64Array::from(vec![None, None]))),
        &["on_hand: 2 values are missing, first in row 0 [null-in-required]"],
    );
    // A dictionary whose values hold a null hides it from the null count of the array.
    let keys = arrow_array::Int8Array::from(vec![0, 1]);
    let values = Arc::new(StringArray::from(vec![Some("a"), None]));
    let hidden = DictionaryArray::<Int8Type>::try_new(keys, values).unwrap();
    assert_eq!(hidden.null_count(), 0);
    check(
        with("sku", Arc::new(hidden)),
        &["sku: 1 value is missing, first in row 1 [null-key]"],
    );
}

#[test]
fn values_are_of_their_type() {
    check(
        with("state", Arc::new(StringArray::from(vec!["open", "ajar"]))),
        &["state: 1 value is not allowed, such as `ajar`, first in row 1 [not-allowed]"],
    );
    // A value that no row uses is no breach.
    let keys = arrow_array::Int16Array::from(vec![0, 0]);
    let values = Arc::new(StringArray::from(vec!["open", "ajar"]));
    check(
        with(
            "state",
            Arc::new(DictionaryArray::<Int16Type>::try_new(keys, values).unwrap()),
        ),
        &[],
    );
    check(
        with(
            "id",
            Arc::new(StringArray::from(vec![None, Some("67E55044-10b1")])),
        ),
        &["id: 1 value is no UUID, such as `67E55044-10b1`, first in row 1 [bad-uuid]"],
    );
    let wide = Decimal128Array::from(vec![100_000, 1])
        .with_data_type(arrow_schema::DataType::Decimal128(5, 2));
    check(
        with("price", Arc::new(wide)),
        &["price: 1 value has more than 5 digits, first in row 0 [decimal-overflow]"],
    );
}

#[test]
fn row_numbers_count_on_from_batch_to_batch() {
    let mut gate = Gate::new(&contract());
    let batch = |columns: Vec<(&'static str, ArrayRef)>| {
        RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, array)| (name, array, true)),
        )
        .unwrap()
    };
    assert!(matches!(gate.check(batch(good())), Verdict::Admitted(_)));
    let bad = with("sku", Arc::new(StringArray::from(vec![None, Some("b")])));
    let Verdict::Refused(report) = gate.check(batch(bad)) else {
        panic!("it was admitted")
    };
    assert_eq!(report.findings()[0].first_row, Some(2));
}
