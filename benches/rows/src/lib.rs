//! The rows that the benchmark moves, and the code by hand that it is measured against.
//!
//! The data is that of a stock-level product: nine columns, two of them a key, one usually missing.

use std::sync::Arc;

use arrow_array::builder::{
    Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::ArrowError;
use chrono::{DateTime, Utc};
use dataproduct_contract::row::Record;
use serde::{Deserialize, Serialize};

/// A level of stock, as in a warehouse's feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Record)]
#[record(crate = dataproduct_contract)]
pub struct Stock {
    /// The article: 13 characters.
    pub sku: String,
    /// The location: 10 characters.
    pub location_id: String,
    /// Pieces on the shelf.
    pub on_hand: i64,
    /// Pieces promised.
    pub reserved: i64,
    /// What a piece cost.
    pub unit_cost: f64,
    /// The currency of the cost.
    pub currency: String,
    /// What the stock is good for.
    pub status: String,
    /// When it was counted.
    pub updated_at: DateTime<Utc>,
    /// Words, usually missing.
    pub tags: Option<String>,
}

/// That many rows, the same ones each time.
#[must_use]
pub fn rows(count: usize) -> Vec<Stock> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let currencies = ["NOK", "SEK", "DKK", "EUR", "GBP", "USD"];
    let statuses = ["available", "blocked", "damaged", "in_transit", "reserved"];
    (0..count)
        .map(|_| {
            let random = next();
            let micros = 1_760_000_000_000_000 + (random % 86_400_000_000) as i64;
            Stock {
                sku: format!("sku{:010}", random % 1_000_000),
                location_id: format!("loc{:07}", (random >> 20) % 200),
                on_hand: (random >> 8) as i64 % 500,
                reserved: (random >> 12) as i64 % 50,
                unit_cost: ((random >> 16) % 5_000) as f64 / 100.0,
                currency: currencies[(random >> 24) as usize % 6].to_owned(),
                status: statuses[(random >> 28) as usize % 5].to_owned(),
                updated_at: DateTime::from_timestamp_micros(micros).unwrap_or_default(),
                tags: (random % 10 < 3).then(|| "seasonal,bulky".to_owned()),
            }
        })
        .collect()
}

/// What one would write without a macro: typed builders with capacity, row by row.
///
/// # Errors
/// When the arrays do not make a batch.
pub fn by_hand(rows: &[Stock]) -> Result<RecordBatch, ArrowError> {
    let n = rows.len();
    let mut sku = StringBuilder::with_capacity(n, n * 13);
    let mut location_id = StringBuilder::with_capacity(n, n * 10);
    let mut on_hand = Int64Builder::with_capacity(n);
    let mut reserved = Int64Builder::with_capacity(n);
    let mut unit_cost = Float64Builder::with_capacity(n);
    let mut currency = StringBuilder::with_capacity(n, n * 3);
    let mut status = StringBuilder::with_capacity(n, n * 9);
    let mut updated_at = TimestampMicrosecondBuilder::with_capacity(n);
    let mut tags = StringBuilder::with_capacity(n, n * 5);
    for row in rows {
        sku.append_value(&row.sku);
        location_id.append_value(&row.location_id);
        on_hand.append_value(row.on_hand);
        reserved.append_value(row.reserved);
        unit_cost.append_value(row.unit_cost);
        currency.append_value(&row.currency);
        status.append_value(&row.status);
        updated_at.append_value(row.updated_at.timestamp_micros());
        tags.append_option(row.tags.as_ref());
    }
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(sku.finish()),
        Arc::new(location_id.finish()),
        Arc::new(on_hand.finish()),
        Arc::new(reserved.finish()),
        Arc::new(unit_cost.finish()),
        Arc::new(currency.finish()),
        Arc::new(status.finish()),
        Arc::new(updated_at.finish().with_timezone("UTC")),
        Arc::new(tags.finish()),
    ];
    RecordBatch::try_new(Stock::schema(), arrays)
}

/// The columns of a batch, downcast once.
#[derive(Debug)]
pub struct Columns<'a> {
    sku: &'a StringArray,
    location_id: &'a StringArray,
    on_hand: &'a Int64Array,
    reserved: &'a Int64Array,
    unit_cost: &'a Float64Array,
    currency: &'a StringArray,
    status: &'a StringArray,
    updated_at: &'a TimestampMicrosecondArray,
    tags: &'a StringArray,
}

fn column<'a, A: 'static>(batch: &'a RecordBatch, name: &str) -> Option<&'a A> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

impl<'a> Columns<'a> {
    /// Finds and downcasts the columns.
    #[must_use]
    pub fn open(batch: &'a RecordBatch) -> Option<Self> {
        Some(Self {
            sku: column(batch, "sku")?,
            location_id: column(batch, "location_id")?,
            on_hand: column(batch, "on_hand")?,
            reserved: column(batch, "reserved")?,
            unit_cost: column(batch, "unit_cost")?,
            currency: column(batch, "currency")?,
            status: column(batch, "status")?,
            updated_at: column(batch, "updated_at")?,
            tags: column(batch, "tags")?,
        })
    }

    /// A sum that takes something of every value of every row.
    #[must_use]
    pub fn sum(&self, row: usize) -> i64 {
        let tags = if self.tags.is_null(row) {
            None
        } else {
            Some(self.tags.value(row))
        };
        touch(
            [
                self.sku.value(row),
                self.location_id.value(row),
                self.currency.value(row),
                self.status.value(row),
            ],
            [self.on_hand.value(row), self.reserved.value(row)],
            self.unit_cost.value(row),
            DateTime::from_timestamp_micros(self.updated_at.value(row)).unwrap_or_default(),
            tags,
        )
    }

    /// The row, owned.
    #[must_use]
    pub fn owned(&self, row: usize) -> Stock {
        Stock {
            sku: self.sku.value(row).to_owned(),
            location_id: self.location_id.value(row).to_owned(),
            on_hand: self.on_hand.value(row),
            reserved: self.reserved.value(row),
            unit_cost: self.unit_cost.value(row),
            currency: self.currency.value(row).to_owned(),
            status: self.status.value(row).to_owned(),
            updated_at: DateTime::from_timestamp_micros(self.updated_at.value(row))
                .unwrap_or_default(),
            tags: (!self.tags.is_null(row)).then(|| self.tags.value(row).to_owned()),
        }
    }
}

/// A number that depends on every value of a row.
#[inline]
#[must_use]
pub fn touch(
    texts: [&str; 4],
    counts: [i64; 2],
    cost: f64,
    updated_at: DateTime<Utc>,
    tags: Option<&str>,
) -> i64 {
    let bytes: usize = texts
        .iter()
        .map(|text| usize::from(text.as_bytes()[0]) + text.len())
        .sum();
    let tags = tags.map_or(1, str::len);
    counts[0]
        + counts[1]
        + cost as i64
        + (bytes + tags) as i64
        + i64::from(updated_at.timestamp_subsec_micros())
}

/// The same number from a borrowed row.
#[inline]
#[must_use]
pub fn touch_view(row: StockView<'_>) -> i64 {
    touch(
        [row.sku(), row.location_id(), row.currency(), row.status()],
        [row.on_hand(), row.reserved()],
        row.unit_cost(),
        row.updated_at(),
        row.tags(),
    )
}
