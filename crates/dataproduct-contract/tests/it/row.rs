//! The derive macros where no crate is called `dataproduct`: everything goes through `crate = ...`.

use dataproduct_contract::row::{ColumnType, DataProduct, Record};

#[derive(Clone, Copy, Debug, PartialEq, ColumnType)]
#[column(crate = "dataproduct_contract")]
enum Zone {
    North,
    South,
}

#[derive(Clone, Debug, PartialEq, ColumnType)]
#[column(crate = dataproduct_contract, pattern = "[0-9]{4}")]
struct PostalCode(String);

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = "dataproduct_contract")]
struct Window {
    from_hour: u8,
    to_hour: Option<u8>,
}

/// When a van comes.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    crate = "dataproduct_contract",
    name = "logistics.delivery-slots",
    version = "1.0.0",
    owner = "logistics",
    sunset = "2026-12-31",
    status = deprecated,
    fresh_within = "1 h",
    support(slack = "#logistics"),
    custom(weight = 0.5),
    rule(row_count > 0)
)]
struct Slot {
    #[column(key, references = "logistics.postal-codes#code")]
    postal_code: PostalCode,
    #[column(pii = indirect, classification = internal, example = 0.5)]
    share: f64,
    zone: Option<Zone>,
    windows: Vec<Window>,
}

#[test]
fn derived_code_names_the_crate_it_is_told() {
    let slot = Slot {
        postal_code: PostalCode("0150".to_owned()),
        share: 0.5,
        zone: Some(Zone::South),
        windows: vec![Window {
            from_hour: 8,
            to_hour: None,
        }],
    };
    let batch = Slot::to_batch(std::slice::from_ref(&slot)).unwrap();
    assert_eq!(Slot::from_batch(&batch).unwrap(), [slot]);
    assert_eq!(Slot::contract().arrow_schema(), batch.schema());
    assert_eq!(Slot::schema(), batch.schema());
}
