//! What rows from before a column existed read as: what the attribute says is what the builder and the document say.

use chrono::NaiveDate;
use dataproduct::row::DataProduct;
use dataproduct::{Column, Contract, DataType};

/// What is in stock.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.1.0",
    owner = "inventory-platform"
)]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(default = 0, range = 0..=9999)]
    reserved: i64,
    #[column(default = "unknown")]
    shelf: Option<String>,
    #[column(default = false)]
    blocked: bool,
    #[column(default = "2026-01-31")]
    counted_on: NaiveDate,
    #[column(default = 0.5)]
    share: f64,
}

#[test]
fn a_default_is_the_same_in_attribute_builder_and_document() {
    let derived = Stock::contract();
    let texts: Vec<_> = derived.columns().iter().map(Column::default_text).collect();
    let expect = [
        None,
        Some("0"),
        Some("unknown"),
        Some("false"),
        Some("2026-01-31"),
        Some("0.5"),
    ];
    assert_eq!(texts, expect.map(|text| text.map(str::to_owned)));
    let read = Contract::from_yaml(derived.to_yaml()).unwrap();
    assert_eq!(read.digest(), derived.digest());
    let again: Vec<_> = read.columns().iter().map(Column::default_text).collect();
    assert_eq!(again, texts);
    let built = Column::new("reserved", DataType::Int64).with_default(0);
    assert_eq!(built.default_text(), texts[1]);
}
