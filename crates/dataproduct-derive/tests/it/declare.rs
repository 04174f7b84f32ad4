//! What the derive macros make: contracts, batches and rows.

use std::num::NonZeroUsize;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::DataType as ArrowType;
use chrono::{DateTime, Utc};
use dataproduct::row::{ColumnType, DataProduct, Record, Rows};

/// What a shop calls an article.
#[derive(Clone, Debug, PartialEq, Eq, Hash, ColumnType)]
#[column(length = 1..=64, semantic = "https://schema.org/sku")]
struct Sku(String);

/// Whether the count can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ColumnType)]
enum Certainty {
    /// Counted by hand.
    Counted,
    /// Computed from sales.
    BookStock,
}

/// Stock on hand per article
/// and location.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "inventory.stock-levels",
    version = "1.0.0",
    status = active,
    owner = "inventory-platform",
    fresh_within = "15 minutes"
)]
struct StockLevel {
    /// The article.
    #[column(key)]
    pub sku: Sku,
    /// Pieces on the shelf.
    #[column(unit = "H87", range = 0..)]
    pub on_hand: i64,
    certainty: Certainty,
    #[column(event_time)]
    pub updated_at: DateTime<Utc>,
    note: Option<String>,
}

fn row(number: i64) -> StockLevel {
    StockLevel {
        sku: Sku(format!("s{number}")),
        on_hand: number,
        certainty: if number % 2 == 0 {
            Certainty::Counted
        } else {
            Certainty::BookStock
        },
        updated_at: DateTime::from_timestamp_micros(number * 1_000_001).unwrap(),
        note: (number % 3 == 0).then(|| format!("note {number}")),
    }
}

#[test]
fn a_struct_is_a_contract() {
    let contract = StockLevel::contract();
    assert_eq!(contract.name().to_string(), "inventory.stock-levels");
    assert_eq!(
        contract.description(),
        Some("Stock on hand per article and location.")
    );
    let key: Vec<_> = contract
        .key()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(key, ["sku"]);
    let sku = contract.column("sku").unwrap();
    assert_eq!(sku.description.as_deref(), Some("The article."));
    assert_eq!(sku.limits.max_length, Some(64));
    let certainty = contract.column("certainty").unwrap();
    assert_eq!(
        certainty.description.as_deref(),
        Some("Whether the count can be relied on.")
    );
    let labels: Vec<_> = certainty
        .allowed
        .iter()
        .filter_map(|a| a.value.as_str())
        .collect();
    assert_eq!(labels, ["counted", "book_stock"]);
    assert_eq!(StockLevel::schema(), contract.arrow_schema());
}

#[test]
fn rows_become_batches_and_come_back() {
    let rows: Vec<_> = (0..10).map(row).collect();
    let batch = StockLevel::to_batch(&rows).unwrap();
    assert_eq!(batch.num_rows(), 10);
    assert_eq!(batch.column(1).as_primitive::<Int64Type>().value(7), 7);
    assert!(matches!(
        batch.column(2).data_type(),
        ArrowType::Dictionary(..)
    ));
    assert_eq!(batch.column(4).null_count(), 6);
    assert_eq!(StockLevel::from_batch(&batch).unwrap(), rows);

    let opened = Rows::<StockLevel>::open(&batch).unwrap();
    let view: StockLevelView<'_> = opened.get(3).unwrap();
    assert_eq!(view.sku(), "s3");
    assert_eq!(
        (view.on_hand(), view.certainty(), view.note()),
        (3, Certainty::BookStock, Some("note 3"))
    );
    assert_eq!(StockLevel::from(view), rows[3]);
    assert!(opened.get(10).is_none());
}

#[test]
fn batches_are_bounded() {
    let rows: Vec<_> = (0..10).map(row).collect();
    let size = NonZeroUsize::new(4).unwrap();
    let counts: Vec<_> = StockLevel::batches(&rows, size)
        .map(|batch| batch.unwrap().num_rows())
        .collect();
    assert_eq!(counts, [4, 4, 2]);
    assert_eq!(
        StockLevel::batches(Vec::<StockLevel>::new(), size).count(),
        0
    );
}
