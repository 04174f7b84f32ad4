//! Stock levels of any number, always the same: the data that speed is measured on.
#![expect(
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "numbers are within their types by construction"
)]

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use dataproduct_contract::{Column, Contract, DataType};

/// Rows of a batch.
pub const BATCH_ROWS: usize = 65_536;

/// In which order rows come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As a permutation scatters them.
    Shuffled,
    /// By `sku`, then `location_id`.
    Sorted,
}

/// The contract of the stock rows: nine columns, all nullable but the two of the key.
#[must_use]
pub fn contract(sorted: bool) -> Contract {
    let text = |name: &str| Column::new(name, DataType::String).with_nullable(true);
    let number = |name: &str| Column::new(name, DataType::Int64).with_nullable(true);
    let (sku, location) = (text("sku"), text("location_id"));
    let (sku, location) = match sorted {
        true => (
            sku.with_nullable(false).with_sort(1),
            location.with_nullable(false).with_sort(2),
        ),
        false => (sku, location),
    };
    Contract::builder("inventory.stock-levels", "1.0.0")
        .with_owner("inventory-team")
        .with_columns([
            sku,
            location,
            number("on_hand"),
            number("reserved"),
            Column::new("unit_cost", DataType::Float64).with_nullable(true),
            text("currency"),
            text("status"),
            Column::new("updated_at", DataType::Timestamp).with_nullable(true),
            text("tags"),
        ])
        .build()
        .expect("the contract is valid")
}

/// One round of splitmix64: a well-mixed number from a counter.
#[must_use]
pub fn mix(value: u64) -> u64 {
    let mut x = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The text of a sku by its number.
#[must_use]
pub fn sku(number: u64) -> String {
    format!("SKU-{number:09}")
}

/// The text of a location by its number.
#[must_use]
pub fn location(number: u64) -> String {
    format!("LOC-{number:06}")
}

/// `total` rows in batches. The same arguments make the same rows.
#[must_use]
pub fn batches(total: usize, order: Order, contract: &Contract) -> Vec<RecordBatch> {
    // A multiplier that shares no factor with the number of rows permutes them.
    let mut step = 7_919_123_u64;
    while gcd(step, total as u64) != 1 {
        step += 2;
    }
    (0..total)
        .step_by(BATCH_ROWS)
        .map(|start| {
            let places = (start..(start + BATCH_ROWS).min(total)).map(|row| match order {
                Order::Sorted => row as u64,
                Order::Shuffled => (row as u64 * step) % total as u64,
            });
            batch(&places.collect::<Vec<_>>(), contract)
        })
        .collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The rows at some places of the sorted order.
#[must_use]
pub fn batch(places: &[u64], contract: &Contract) -> RecordBatch {
    const CURRENCIES: [&str; 6] = ["NOK", "SEK", "DKK", "EUR", "GBP", "USD"];
    const STATUSES: [&str; 5] = ["active", "blocked", "clearance", "planned", "returned"];
    let text = |value: &dyn Fn(u64) -> Option<String>| -> ArrayRef {
        Arc::new(
            places
                .iter()
                .map(|place| value(*place))
                .collect::<StringArray>(),
        )
    };
    let pick =
        |list: &[&str], by: u64| Some(list[(mix(by) % list.len() as u64) as usize].to_owned());
    // Ten locations a sku, ascending.
    let place_of = |place: u64| (place % 10) * 20 + mix(place / 10) % 20;
    let columns: Vec<ArrayRef> = vec![
        text(&|place| Some(sku(place / 10))),
        text(&|place| Some(location(place_of(place)))),
        Arc::new(
            places
                .iter()
                .map(|place| Some((mix(*place) % 500) as i64))
                .collect::<Int64Array>(),
        ),
        Arc::new(
            places
                .iter()
                .map(|place| Some((mix(*place ^ 1) % 20) as i64))
                .collect::<Int64Array>(),
        ),
        Arc::new(
            places
                .iter()
                .map(|place| Some((mix(*place / 10) % 5000) as f64 / 4.0))
                .collect::<Float64Array>(),
        ),
        text(&|place| pick(&CURRENCIES, place / 10)),
        text(&|place| pick(&STATUSES, place)),
        Arc::new(
            places
                .iter()
                .map(|place| {
                    Some(1_700_000_000_000_000 + (mix(*place ^ 2) % 86_400_000_000) as i64)
                })
                .collect::<TimestampMicrosecondArray>()
                .with_timezone("UTC"),
        ),
        text(&|place| (mix(place ^ 3) % 10 >= 7).then(|| format!("tag-{}", mix(place ^ 4) % 100))),
    ];
    RecordBatch::try_new(contract.arrow_schema(), columns).expect("the columns fit the contract")
}
