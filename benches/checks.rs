//! Each check of single values on ten million of them, beside the same rule written by hand for that column.
//!
//! Values come in batches of the usual size and keep every rule, as they nearly always do.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first failure"
)]

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, StringArray};
use arrow_schema::{DataType, Field, Schema};
use dataproduct_benches::{BATCH_ROWS, Side, compare, number, rows};
use dataproduct_contract::Value;
use dataproduct_quality::Bound;
use dataproduct_quality::checks::{
    ColumnCheck, FormatCheck, Length, Member, Missing, MultipleOf, Pattern, Range, RowCheck,
};

const STATES: [&str; 5] = ["open", "held", "moved", "sold", "gone"];

/// Arrays of the usual size, made of the numbers of their rows.
fn column(make: impl Fn(std::ops::Range<usize>) -> ArrayRef) -> Vec<ArrayRef> {
    let starts = (0..rows()).step_by(BATCH_ROWS);
    starts
        .map(|start| make(start..(start + BATCH_ROWS).min(rows())))
        .collect()
}

fn texts(make: impl Fn(usize) -> String) -> Vec<ArrayRef> {
    column(|span| Arc::new(StringArray::from_iter_values(span.map(&make))) as ArrayRef)
}

/// A number that jumps about from row to row.
fn mixed(row: usize) -> u64 {
    (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

fn bind(
    data_type: DataType,
    bind: impl FnOnce(&DataType) -> Result<RowCheck, String>,
) -> ColumnCheck {
    let schema = Schema::new(vec![Field::new("c", data_type, true)]);
    ColumnCheck::bind("c", &schema, bind).expect("the check fits")
}

/// Runs a check and a hand-written one on all arrays; both count the rows that fail.
fn run(
    title: &str,
    arrays: &[ArrayRef],
    check: &ColumnCheck,
    by_hand: &dyn Fn(&ArrayRef) -> usize,
) {
    let total = |count: &dyn Fn(&ArrayRef) -> usize| -> usize { arrays.iter().map(count).sum() };
    let kernel = |array: &ArrayRef| check.failing(array).count();
    assert_eq!(total(&kernel), total(by_hand), "{title}");
    let sides: Vec<Side> = vec![
        ("by hand", Box::new(|| _ = black_box(total(by_hand)))),
        ("check", Box::new(|| _ = black_box(total(&kernel)))),
    ];
    compare(title, number("DATAPRODUCT_BENCH_ROUNDS", 7), sides);
}

/// Counts the texts for which something holds.
fn count(array: &ArrayRef, fails: impl Fn(&str) -> bool) -> usize {
    let texts = array.as_string::<i32>();
    (0..texts.len())
        .filter(|row| fails(texts.value(*row)))
        .count()
}

fn numbers() {
    let whole = column(|span| {
        let values = span.map(|row| i64::try_from(mixed(row) % 1_000 * 12).unwrap_or_default());
        Arc::new(Int64Array::from_iter_values(values))
    });
    let bound = |value: i64| Bound {
        value: value.into(),
        inclusive: true,
    };
    let range = |data_type: &DataType| {
        Range::bind(Some(&bound(0)), Some(&bound(100_000)), data_type).map(RowCheck::Range)
    };
    let by_hand = |array: &ArrayRef| {
        let values = array.as_primitive::<Int64Type>().values();
        values
            .iter()
            .filter(|v| !(0..=100_000).contains(*v))
            .count()
    };
    run(
        "range of i64",
        &whole,
        &bind(DataType::Int64, range),
        &by_hand,
    );
    let floats = column(|span| {
        Arc::new(Float64Array::from_iter_values(
            span.map(|row| f64::from((mixed(row) % 1_000) as u32) / 4.0),
        ))
    });
    let by_hand = |array: &ArrayRef| {
        let values = array.as_primitive::<Float64Type>().values();
        values
            .iter()
            .filter(|v| !(0.0..=100_000.0).contains(*v))
            .count()
    };
    run(
        "range of f64",
        &floats,
        &bind(DataType::Float64, range),
        &by_hand,
    );
    let check = bind(DataType::Int64, |data_type| {
        MultipleOf::bind(&Value::from(12), data_type).map(RowCheck::MultipleOf)
    });
    let by_hand = |array: &ArrayRef| {
        let values = array.as_primitive::<Int64Type>().values();
        values.iter().filter(|v| *v % 12 != 0).count()
    };
    run("multiple of 12, i64", &whole, &check, &by_hand);
    let check = bind(DataType::Int64, |data_type| {
        Missing::bind(&[Value::from(-1), Value::from(-9)], data_type).map(RowCheck::Missing)
    });
    let by_hand = |array: &ArrayRef| {
        let values = array.as_primitive::<Int64Type>().values();
        values.iter().filter(|v| matches!(v, -1 | -9)).count()
    };
    run("missing, two stand-ins, i64", &whole, &check, &by_hand);
}

fn members() {
    let states = texts(|row| STATES[(mixed(row) % 5) as usize].to_owned());
    let list = |values: &[String]| {
        let values: Vec<Value> = values.iter().map(|value| value.as_str().into()).collect();
        bind(DataType::Utf8, |data_type| {
            Member::bind(&values, data_type).map(RowCheck::Member)
        })
    };
    let check = list(&STATES.map(str::to_owned));
    let by_hand = |array: &ArrayRef| count(array, |text| !STATES.contains(&text));
    run("enumeration of 5 texts", &states, &check, &by_hand);
    let places: Vec<String> = (0..200).map(|n| format!("store-{n:04}")).collect();
    let stores = texts(|row| places[(mixed(row) % 200) as usize].clone());
    let set: HashSet<&str> = places.iter().map(String::as_str).collect();
    let by_hand = |array: &ArrayRef| count(array, |text| !set.contains(text));
    run(
        "list of 200 texts; by hand a HashSet",
        &stores,
        &list(&places),
        &by_hand,
    );
}

fn patterns() {
    let skus = texts(|row| format!("SKU-{:08}", mixed(row) % 100_000_000));
    let pattern = |text: &'static str| {
        bind(DataType::Utf8, |data_type| {
            Pattern::bind(text, data_type).map(RowCheck::Pattern)
        })
    };
    let by_hand = |array: &ArrayRef| {
        count(array, |text| {
            let text = text.as_bytes();
            text.len() != 12
                || !text.starts_with(b"SKU-")
                || !text[4..]
                    .iter()
                    .fold(true, |all, byte| all & byte.is_ascii_digit())
        })
    };
    run(
        "pattern ^SKU-[0-9]{8}$",
        &skus,
        &pattern("^SKU-[0-9]{8}$"),
        &by_hand,
    );
    run(r"pattern SKU-\d+", &skus, &pattern(r"SKU-\d+"), &by_hand);
    run(
        "pattern SKU-[0-9]{8}|x, an expression",
        &skus,
        &pattern("SKU-[0-9]{8}|x"),
        &by_hand,
    );
    let check = bind(DataType::Utf8, |data_type| {
        Length::bind(Some(4), Some(20), data_type).map(RowCheck::Length)
    });
    let by_hand = |array: &ArrayRef| count(array, |text| !(4..=20).contains(&text.chars().count()));
    run("length of text", &skus, &check, &by_hand);
    let gtins = texts(|row| {
        let digits = format!("{:012}", mixed(row));
        let sum = digits
            .bytes()
            .enumerate()
            .map(|(i, d)| u32::from(d - b'0') * if i % 2 == 0 { 1 } else { 3 });
        format!("{digits}{}", (10 - sum.sum::<u32>() % 10) % 10)
    });
    let check = bind(DataType::Utf8, |data_type| {
        FormatCheck::bind("gtin", data_type).map(RowCheck::Format)
    });
    let by_hand = |array: &ArrayRef| {
        count(array, |text| {
            let digits = text.bytes().all(|d| d.is_ascii_digit());
            let sum = text
                .bytes()
                .enumerate()
                .map(|(i, d)| u32::from(d.wrapping_sub(b'0')) * if i % 2 == 0 { 1 } else { 3 });
            text.len() != 13 || !digits || sum.sum::<u32>() % 10 != 0
        })
    };
    run("format gtin of 13 digits", &gtins, &check, &by_hand);
}

fn main() {
    println!("{} values a check", rows());
    numbers();
    members();
    patterns();
}
