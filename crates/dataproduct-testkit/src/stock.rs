//! Stock levels of any number, always the same: the data that speed is measured on.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// How many rows a batch has.
pub const ROWS_PER_BATCH: usize = 65_536;
/// How many articles there are at most.
pub const ARTICLES: u64 = 1_000_000;
/// How many locations there are.
pub const LOCATIONS: u64 = 200;

/// One round of splitmix64: a well-mixed number from a counter.
#[must_use]
pub fn mix(counter: u64) -> u64 {
    let mut z = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Batches of stock levels in the order of (sku, location), in which no key repeats.
#[derive(Clone, Debug)]
pub struct StockBatches {
    rows: u64,
    next: u64,
    locations_per_article: u64,
}

impl StockBatches {
    /// That many rows, with ten locations an article, or more where the articles would run out.
    ///
    /// # Panics
    /// When more rows are asked for than there are articles times locations (200 million).
    #[must_use]
    pub fn new(rows: u64) -> Self {
        assert!(
            rows <= ARTICLES * LOCATIONS,
            "there are only {} keys",
            ARTICLES * LOCATIONS
        );
        Self {
            rows,
            next: 0,
            locations_per_article: rows.div_ceil(ARTICLES).max(10),
        }
    }

    /// The schema of the batches; every column is required but `tags`.
    #[must_use]
    pub fn schema() -> SchemaRef {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        Arc::new(Schema::new(vec![
            Field::new("sku", DataType::Utf8, false),
            Field::new("location_id", DataType::Utf8, false),
            Field::new("on_hand", DataType::Int64, false),
            Field::new("reserved", DataType::Int64, false),
            Field::new("unit_cost", DataType::Float64, false),
            Field::new("currency", DataType::Utf8, false),
            Field::new("status", DataType::Utf8, false),
            Field::new("updated_at", micros, false),
            Field::new("tags", DataType::Utf8, true),
        ]))
    }

    /// The columns of the rows `from..to`.
    fn columns(&self, from: u64, to: u64) -> Vec<ArrayRef> {
        let rows = (to - from) as usize;
        let mut sku = StringBuilder::with_capacity(rows, rows * 13);
        let mut location = StringBuilder::with_capacity(rows, rows * 10);
        let step = LOCATIONS / self.locations_per_article.min(LOCATIONS);
        for row in from..to {
            let article = row / self.locations_per_article;
            let place = (row % self.locations_per_article) * step + article % step.max(1);
            sku.append_value(format!("SKU{article:010}"));
            location.append_value(format!("LOC-{place:06}"));
        }
        let over = |f: &dyn Fn(u64) -> u64| (from..to).map(|row| f(mix(row))).collect::<Vec<_>>();
        let on_hand = over(&|r| r % 500);
        let reserved = on_hand.iter().map(|n| (n / 7) as i64).collect::<Vec<_>>();
        let pick = |choices: &'static [&'static str]| {
            (from..to).map(move |row| choices[(mix(row ^ 0xabcd) % choices.len() as u64) as usize])
        };
        let updated: Vec<i64> = (from..to)
            .map(|row| 1_760_000_000_000_000 + (mix(row ^ 0x77) % 86_400_000_000) as i64)
            .collect();
        let tags = (from..to).map(|row| match mix(row ^ 0x33) % 10 {
            0 => Some("seasonal"),
            1 => Some("bulky,fragile"),
            2 => Some("clearance"),
            _ => None,
        });
        vec![
            Arc::new(sku.finish()),
            Arc::new(location.finish()),
            Arc::new(Int64Array::from_iter_values(
                on_hand.iter().map(|n| *n as i64),
            )),
            Arc::new(Int64Array::from(reserved)),
            Arc::new(Float64Array::from_iter_values(
                (from..to).map(|row| (mix(row / 10) % 100_000) as f64 / 100.0),
            )),
            Arc::new(StringArray::from_iter_values(pick(&[
                "NOK", "SEK", "DKK", "EUR",
            ]))),
            Arc::new(StringArray::from_iter_values(pick(&[
                "open", "hold", "count", "gone",
            ]))),
            Arc::new(TimestampMicrosecondArray::from(updated).with_timezone("UTC")),
            Arc::new(tags.collect::<StringArray>()),
        ]
    }
}

impl Iterator for StockBatches {
    type Item = RecordBatch;

    fn next(&mut self) -> Option<RecordBatch> {
        if self.next >= self.rows {
            return None;
        }
        let to = (self.next + ROWS_PER_BATCH as u64).min(self.rows);
        let columns = self.columns(self.next, to);
        self.next = to;
        #[expect(clippy::expect_used, reason = "the columns are made to the schema")]
        Some(RecordBatch::try_new(Self::schema(), columns).expect("columns of the schema"))
    }
}
