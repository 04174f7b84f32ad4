//! Thirteen rules on stock rows, as a contract and by hand.
//!
//! The rules are those of a stock product: three required columns, a unique key of two columns, three ranges, a pattern,
//! an enumeration, a comparison of two columns, a list of places, a number of rows, and the age of the newest row.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, Int64Array, RecordBatch};
use arrow_schema::Schema;
use dataproduct_contract::{Check, Column, Contract, Operator, Rule, Threshold, Value};
use dataproduct_quality::unique::{KeyHasher, Nulls, Uniqueness};

use crate::{Order, location};

/// What a row's `status` may be.
pub const STATUSES: [&str; 5] = ["active", "blocked", "clearance", "planned", "returned"];

/// The thirteen rules, over the columns of the stock rows.
#[must_use]
pub fn contract() -> Contract {
    let plain = crate::contract(false);
    let listed = |values: Vec<Value>| {
        Rule::of(Check::InvalidValues {
            valid: values,
            pattern: None,
        })
    };
    let mut builder = Contract::builder("bench.stock", "1.0.0").with_owner("bench");
    for column in plain.columns() {
        let column: Column = column.clone();
        builder = builder.with_column(match column.name.as_str() {
            "sku" => column.with_nullable(false).with_pattern("SKU-[0-9]{9}"),
            "location_id" => {
                let places = (0..200).map(|place| Value::from(location(place)));
                column
                    .with_nullable(false)
                    .with_rule(listed(places.collect()))
            }
            "on_hand" => column
                .with_nullable(false)
                .with_minimum(0)
                .with_maximum(1_000_000),
            "reserved" | "unit_cost" => column.with_minimum(0),
            "status" => column.with_rule(listed(STATUSES.map(Value::from).to_vec())),
            _ => column,
        });
    }
    let text = |text: &str| text.to_owned();
    builder
        .with_rule(Rule::of(Check::Expression {
            expression: text("reserved <= on_hand"),
        }))
        .with_rule(Rule::of(Check::DuplicateValues {
            columns: vec![text("sku"), text("location_id")],
        }))
        .with_rule(Rule::new(
            Check::RowCount,
            Threshold::rows(Operator::GreaterThan(0.0)),
        ))
        .with_rule(Rule::new(
            Check::Age {
                column: Some(text("updated_at")),
            },
            Threshold::value(Operator::GreaterThan(-1e12)),
        ))
        .build()
        .expect("a sound contract")
}

/// The same rules, as one would write them for these columns alone.
///
/// # Panics
/// If a row breaks a rule: none of [`batches`] does.
pub fn by_hand<'a>(schema: &Schema, batches: impl Iterator<Item = Cow<'a, RecordBatch>>) {
    let key = ["sku".to_owned(), "location_id".to_owned()];
    let hasher = KeyHasher::new(&key, Nulls::Distinct, schema).expect("columns");
    let mut unique = Uniqueness::new(&hasher, usize::MAX, None);
    let places: Vec<String> = (0..200).map(location).collect();
    let places: HashSet<&str> = places.iter().map(String::as_str).collect();
    let (mut bad, mut count, mut newest) = (0_usize, 0, i64::MIN);
    for batch in batches {
        let column = |name: &str| batch.column_by_name(name).expect("a column");
        let numbers = |name: &str| column(name).as_primitive::<Int64Type>().values().clone();
        let texts = |name: &str| column(name).as_string::<i32>().clone();
        count += batch.num_rows();
        for name in ["sku", "location_id", "on_hand"] {
            bad += column(name).null_count();
        }
        let (on_hand, reserved) = (numbers("on_hand"), numbers("reserved"));
        let cost = column("unit_cost").as_primitive::<Float64Type>().values();
        bad += on_hand
            .iter()
            .filter(|v| **v < 0 || **v > 1_000_000)
            .count();
        bad += reserved.iter().filter(|v| **v < 0).count();
        bad += cost.iter().filter(|v| **v < 0.0).count();
        bad += on_hand
            .iter()
            .zip(reserved.iter())
            .filter(|(a, b)| b > a)
            .count();
        let is_sku = |text: &str| {
            text.len() == 13
                && text.starts_with("SKU-")
                && text.as_bytes()[4..].iter().all(u8::is_ascii_digit)
        };
        bad += texts("sku")
            .iter()
            .flatten()
            .filter(|text| !is_sku(text))
            .count();
        let is_place = |text: &&str| !places.contains(text);
        bad += texts("location_id")
            .iter()
            .flatten()
            .filter(is_place)
            .count();
        let is_status = |text: &&str| !STATUSES.contains(text);
        bad += texts("status").iter().flatten().filter(is_status).count();
        let updated = column("updated_at").as_primitive::<TimestampMicrosecondType>();
        newest = updated.values().iter().copied().fold(newest, i64::max);
        let (hashes, valid) = hasher.hash(&batch).expect("columns");
        unique.push(&hashes, valid.as_ref());
    }
    assert!(bad == 0 && count > 0 && newest > i64::MIN);
    assert!(unique.finish().expect("in memory").is_empty());
}

/// The generated rows reserve more than there is now and then; those here never do.
fn with_less_reserved(batch: RecordBatch) -> RecordBatch {
    let place = |name| batch.schema().index_of(name).expect("a column");
    let (on_hand, reserved) = (place("on_hand"), place("reserved"));
    let mut columns = batch.columns().to_vec();
    let most = columns[on_hand].as_primitive::<Int64Type>().clone();
    let less = columns[reserved]
        .as_primitive::<Int64Type>()
        .values()
        .iter();
    let less = less
        .zip(most.values())
        .map(|(reserved, most)| *reserved.min(most));
    columns[reserved] = Arc::new(Int64Array::from_iter_values(less));
    RecordBatch::try_new(batch.schema(), columns).expect("the same columns")
}

/// `total` rows that keep the rules, in batches.
#[must_use]
pub fn batches(total: usize) -> Vec<RecordBatch> {
    let rows = crate::batches(total, Order::Shuffled, &contract());
    rows.into_iter().map(with_less_reserved).collect()
}
