//! Decimals, and the derive macros where no crate is called `dataproduct`: everything goes through `crate = ...`.

use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, DictionaryArray, Int16Array, StringArray};
use arrow_buffer::NullBuffer;
use dataproduct_contract::row::{ColumnType, DataProduct, Decimal, DecimalError, Record, RowError};
use proptest::prelude::*;

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

#[test]
fn a_key_that_leads_to_a_null_is_a_null() {
    let open = |keys: Vec<i16>, labels: Vec<Option<&str>>| -> ArrayRef {
        let labels = Arc::new(StringArray::from(labels));
        Arc::new(DictionaryArray::new(Int16Array::from(keys), labels))
    };
    let hidden = open(vec![1, 2, 0], vec![Some("north"), Some("south"), None]);
    assert_eq!(hidden.null_count(), 0);
    let refused = RowError::UnexpectedNull {
        column: String::new(),
        row: 1,
    };
    assert_eq!(Zone::open(&hidden, None).unwrap_err(), refused);
    assert_eq!(String::open(&hidden, None).unwrap_err(), refused);

    let zones = Option::<Zone>::open(&hidden, None).unwrap();
    let texts = Option::<String>::open(&hidden, None).unwrap();
    let expected = [Some(Zone::South), None, Some(Zone::North)];
    for (slot, zone) in expected.into_iter().enumerate() {
        assert_eq!(Option::<Zone>::view(&zones, slot), zone);
        let text = Option::<String>::view(&texts, slot);
        assert_eq!(text.is_none(), zone.is_none());
    }

    // Under a missing parent, and where no row uses the null, there is nothing to refuse.
    let absent = NullBuffer::from(vec![true, false, true]);
    assert!(Zone::open(&hidden, Some(&absent)).is_ok());
    let unused = open(vec![0, 0], vec![Some("south"), None]);
    let zones = Zone::open(&unused, None).unwrap();
    assert_eq!(Zone::view(&zones, 1), Zone::South);
}

#[track_caller]
fn reads<const P: u8, const S: u8>(text: &str, shown: &str) {
    let decimal: Decimal<P, S> = text.parse().unwrap();
    assert_eq!(decimal.to_string(), shown);
    assert_eq!(shown.parse::<Decimal<P, S>>().unwrap(), decimal);
}

#[test]
fn decimals_are_read_and_shown() {
    reads::<10, 2>("9999.9", "9999.90");
    reads::<10, 2>("-0.05", "-0.05");
    reads::<10, 2>("+1.500", "1.50");
    reads::<10, 2>("-0", "0.00");
    reads::<10, 2>("007", "7.00");
    reads::<3, 0>("-999", "-999");
    reads::<3, 3>("0.999", "0.999");
    let most = "9".repeat(38);
    reads::<38, 0>(&most, &most);
    reads::<38, 38>(&format!("-0.{most}"), &format!("-0.{most}"));
}

#[test]
fn decimals_that_do_not_fit_are_refused() {
    type Price = Decimal<4, 2>;
    for text in ["", "-", ".5", "5.", "1,5", "1e3", " 1", "1.2.3", "--1", "٣"] {
        assert!(
            matches!(text.parse::<Price>(), Err(DecimalError::NotANumber { .. })),
            "{text}"
        );
    }
    assert!(matches!(
        "0.001".parse::<Price>(),
        Err(DecimalError::TooFine { .. })
    ));
    let digits = "9".repeat(1_000);
    for text in ["100", "-100.00", &digits] {
        assert!(
            matches!(text.parse::<Price>(), Err(DecimalError::TooLarge { .. })),
            "{text}"
        );
    }
    assert!(matches!(
        digits.parse::<Decimal<38, 0>>(),
        Err(DecimalError::TooLarge { .. })
    ));
    assert_eq!(Price::from_units(9_999).unwrap(), Price::MAX);
    assert!(Price::from_units(10_000).is_err() && Price::from_units(i128::MIN).is_err());
    assert_eq!(Price::try_from(-7_i64).unwrap().units(), -700);
    assert!(Price::try_from(100_i64).is_err());
    assert!(Decimal::<38, 38>::try_from(i64::MAX).is_err());
    assert!(serde_json::from_str::<Price>("\"1.5\"").is_ok());
    assert!(serde_json::from_str::<Price>("\"1.555\"").is_err());
    assert_eq!(serde_json::to_string(&Price::MIN).unwrap(), "\"-99.99\"");
}

proptest! {
    #[test]
    fn decimals_come_back_from_text(units in -(10_i128.pow(18) - 1)..10_i128.pow(18)) {
        let decimal = Decimal::<18, 5>::from_units(units).unwrap();
        prop_assert_eq!(decimal.to_string().parse::<Decimal<18, 5>>().unwrap(), decimal);
        prop_assert!((decimal.to_f64() - units as f64 / 1e5).abs() <= f64::EPSILON * decimal.to_f64().abs());
    }
}
