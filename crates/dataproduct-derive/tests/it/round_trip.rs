//! Rows to batches and back, over types nested in each other, and what a batch refuses.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use dataproduct::row::{ColumnType, Decimal, Record, RowBuilder, RowError, Rows};
use proptest::collection::{btree_map, hash_map, vec};
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ColumnType)]
enum Colour {
    Red,
    DarkGreen,
    Blue,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
struct Sku(String);

#[derive(Clone, Debug, PartialEq, ColumnType)]
struct Skus(Vec<Option<Sku>>);

#[derive(Clone, Debug, PartialEq, Record)]
struct Part {
    sku: Sku,
    colour: Option<Colour>,
    sizes: Vec<i16>,
    price: Decimal<12, 2>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Everything {
    flag: bool,
    small: i8,
    unsigned: u64,
    byte: Option<u8>,
    ratio: f32,
    text: String,
    raw: Vec<u8>,
    shared: Option<Bytes>,
    day: NaiveDate,
    at: DateTime<Utc>,
    local: Option<NaiveDateTime>,
    id: Uuid,
    colours: Vec<Colour>,
    skus: Skus,
    part: Part,
    maybe_part: Option<Part>,
    parts: Option<Vec<Option<Part>>>,
    deep: Vec<Vec<Option<Vec<String>>>>,
    by_colour: BTreeMap<Colour, Option<i64>>,
    by_sku: HashMap<Sku, BTreeMap<i32, Vec<Part>>>,
    flags: Vec<Option<bool>>,
    blobs: Vec<Vec<u8>>,
    ids: Vec<Option<Uuid>>,
}

fn sku() -> impl Strategy<Value = Sku> {
    "[a-zæøå0-9]{0,6}".prop_map(Sku)
}

fn colour() -> impl Strategy<Value = Colour> {
    prop_oneof![
        Just(Colour::Red),
        Just(Colour::DarkGreen),
        Just(Colour::Blue)
    ]
}

fn part() -> impl Strategy<Value = Part> {
    let units = -999_999_999_999_i128..=999_999_999_999;
    (sku(), option::of(colour()), vec(any::<i16>(), 0..3), units).prop_map(
        |(sku, colour, sizes, units)| Part {
            sku,
            colour,
            sizes,
            price: Decimal::from_units(units).unwrap(),
        },
    )
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (-62_135_596_800_000_000_i64..253_402_300_800_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn everything() -> impl Strategy<Value = Everything> {
    let plain = (
        any::<bool>(),
        any::<i8>(),
        any::<u64>(),
        option::of(any::<u8>()),
        -1e30_f32..1e30,
        ".{0,8}",
    );
    let bytes = (
        vec(any::<u8>(), 0..5),
        option::of(vec(any::<u8>(), 0..5).prop_map(Bytes::from)),
    );
    let times = (instant(), instant(), option::of(instant()), any::<u128>());
    let parts = (
        part(),
        option::of(part()),
        option::of(vec(option::of(part()), 0..3)),
    );
    let lists = (
        vec(colour(), 0..3),
        vec(option::of(sku()), 0..3),
        vec(vec(option::of(vec(".{0,3}", 0..3)), 0..3), 0..3),
        vec(option::of(any::<bool>()), 0..4),
        vec(vec(any::<u8>(), 0..3), 0..3),
        vec(option::of(any::<u128>().prop_map(Uuid::from_u128)), 0..3),
    );
    let maps = (
        btree_map(colour(), option::of(any::<i64>()), 0..3),
        hash_map(
            sku(),
            btree_map(any::<i32>(), vec(part(), 0..2), 0..3),
            0..3,
        ),
    );
    (plain, bytes, times, parts, lists, maps).prop_map(
        |(plain, bytes, times, parts, lists, maps)| {
            let (flag, small, unsigned, byte, ratio, text) = plain;
            let (colours, skus, deep, flags, blobs, ids) = lists;
            Everything {
                flag,
                small,
                unsigned,
                byte,
                ratio,
                text,
                raw: bytes.0,
                shared: bytes.1,
                day: times.0.date_naive(),
                at: times.1,
                local: times.2.map(|at| at.naive_utc()),
                id: Uuid::from_u128(times.3),
                colours,
                skus: Skus(skus),
                part: parts.0,
                maybe_part: parts.1,
                parts: parts.2,
                deep,
                by_colour: maps.0,
                by_sku: maps.1,
                flags,
                blobs,
                ids,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_come_back_as_they_were(rows in vec(everything(), 0..12), cut in 0_usize..12) {
        let batch = Everything::to_batch(&rows).unwrap();
        prop_assert_eq!(batch.schema(), Everything::schema());
        prop_assert_eq!(&Everything::from_batch(&batch).unwrap(), &rows);
        // Slices start in the middle of every buffer.
        let cut = cut.min(rows.len());
        let rest = batch.slice(cut, rows.len() - cut);
        prop_assert_eq!(&Everything::from_batch(&rest).unwrap(), &rows[cut..]);
        // No array of a column that is never missing has a null, wherever it is nested.
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            prop_assert!(field.is_nullable() || array.null_count() == 0);
        }
    }
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Day {
    name: String,
    day: Option<NaiveDate>,
    #[column(name = "moments")]
    at: Vec<DateTime<Utc>>,
}

#[test]
fn a_year_that_others_cannot_read_is_refused_with_its_row() {
    let row = |day: Option<NaiveDate>, at: Vec<DateTime<Utc>>| Day {
        name: "x".to_owned(),
        day,
        at,
    };
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
    assert!(Day::to_batch(&[row(Some(last), vec![])]).is_ok());
    for day in [last.succ_opt().unwrap(), NaiveDate::MAX, NaiveDate::MIN] {
        let error = Day::to_batch(&[
            row(None, vec![]),
            row(Some(day), vec![]),
            row(Some(NaiveDate::MAX), vec![]),
        ])
        .unwrap_err();
        match error {
            RowError::OutOfRange {
                column, row, value, ..
            } => {
                assert_eq!((column.as_str(), row, value), ("day", 1, day.to_string()));
            }
            other => panic!("{other}"),
        }
    }
    for at in [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC] {
        let error = Day::to_batch(&[row(None, vec![at])]).unwrap_err();
        assert_eq!(error.column(), "moments.element");
    }
}

#[test]
fn what_is_finer_than_a_microsecond_is_cut_off_towards_the_past() {
    for (nanos, micros) in [(1_999, 1), (-1, -1), (-1_001, -2)] {
        let row = Day {
            name: String::new(),
            day: None,
            at: vec![DateTime::from_timestamp_nanos(nanos)],
        };
        let back = Day::from_batch(&Day::to_batch(&[row]).unwrap()).unwrap();
        assert_eq!(back[0].at[0].timestamp_micros(), micros);
    }
}

#[test]
fn views_borrow_and_show() {
    let part = Part {
        sku: Sku("s1".to_owned()),
        colour: Some(Colour::DarkGreen),
        sizes: vec![1, 2],
        price: "1.50".parse().unwrap(),
    };
    let batch = Part::to_batch(std::slice::from_ref(&part)).unwrap();
    let rows = Rows::<Part>::open(&batch).unwrap();
    let view = rows.get(0).unwrap();
    assert_eq!((view.sku(), view.colour()), ("s1", Some(Colour::DarkGreen)));
    let sizes = view.sizes();
    assert_eq!(
        (sizes.len(), sizes.get(1), sizes.get(2), sizes.is_empty()),
        (2, Some(2), None, false)
    );
    assert_eq!(sizes.into_iter().sum::<i16>(), 3);
    assert_eq!(
        format!("{view:?}"),
        "PartView { sku: \"s1\", colour: Some(DarkGreen), sizes: [1, 2], price: Decimal(150) }"
    );
    assert_eq!(Part::from(view), part);
    assert_eq!(rows.iter().len(), 1);
}

#[test]
fn maps_are_looked_up() {
    #[derive(Debug, PartialEq, Record)]
    struct Prices {
        by_zone: BTreeMap<String, i64>,
    }
    let prices = Prices {
        by_zone: BTreeMap::from([("NO1".to_owned(), 10), ("NO2".to_owned(), 20)]),
    };
    let batch = Prices::to_batch(&[prices]).unwrap();
    let rows = Rows::<Prices>::open(&batch).unwrap();
    let map = rows.get(0).unwrap().by_zone();
    assert_eq!(
        (map.len(), map.get("NO2"), map.get("NO3")),
        (2, Some(20), None)
    );
    assert_eq!(map.iter().map(|(_, price)| price).sum::<i64>(), 30);
}

#[test]
fn a_builder_takes_rows_one_by_one() {
    let mut builder = RowBuilder::<Day>::with_capacity(0);
    assert!(builder.is_empty());
    for number in 0..1000 {
        builder.push(&Day {
            name: number.to_string(),
            day: None,
            at: vec![],
        });
    }
    assert_eq!(builder.len(), 1000);
    assert_eq!(builder.finish().unwrap().num_rows(), 1000);
    assert_eq!(
        RowBuilder::<Day>::with_capacity(10)
            .finish()
            .unwrap()
            .num_rows(),
        0
    );
}
