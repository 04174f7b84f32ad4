//! docs/types.md against the code: every row of its table, and no type without a row.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{Field, Schema};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use dataproduct::row::{ColumnBuilder, ColumnType, Decimal, Record, json_schema};
use dataproduct::{Column, Contract, DataType};
use parquet::arrow::ArrowSchemaConverter;
use parquet::schema::printer::print_schema;
use uuid::Uuid;

const DOC: &str = include_str!("../../../../docs/types.md");

/// Whether something can be sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ColumnType)]
enum Status {
    Available,
    SoldOut,
}

#[derive(Clone, Debug, PartialEq, ColumnType)]
struct Sku(String);

#[derive(Clone, Debug, PartialEq, Record)]
struct Size {
    width: i32,
    depth: Option<i32>,
}

/// A type with values of it, tried and ready to be compared with its row of the table.
struct Case {
    rust: &'static str,
    column: Column,
    array: ArrayRef,
}

/// Puts values into a builder, reads them back, and compares.
#[track_caller]
fn case<T: ColumnType + PartialEq + Debug>(rust: &'static str, values: Vec<T>) -> Case {
    let mut builder = T::Builder::with_capacity(0);
    for value in &values {
        value.append(&mut builder);
    }
    let array = builder.finish().unwrap();
    assert_eq!(array.len(), values.len(), "{rust}");
    let reader = T::open(&array, None).unwrap();
    let back: Vec<T> = (0..values.len())
        .map(|slot| T::from_view(T::view(&reader, slot)))
        .collect();
    assert_eq!(back, values, "{rust}");
    Case {
        rust,
        column: T::column("value"),
        array,
    }
}

fn cases() -> Vec<Case> {
    let micros = |micros| DateTime::from_timestamp_micros(micros).unwrap();
    let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
    let times = vec![
        first.and_hms_opt(0, 0, 0).unwrap(),
        micros(-1).naive_utc(),
        last.and_hms_micro_opt(23, 59, 59, 999_999).unwrap(),
    ];
    let text = ["", "å", "s69305697"];
    let size = Size {
        width: -1,
        depth: Some(2),
    };
    vec![
        case("bool", vec![true, false]),
        case("i8", vec![i8::MIN, 0, i8::MAX]),
        case("i16", vec![i16::MIN, 0, i16::MAX]),
        case("i32", vec![i32::MIN, 0, i32::MAX]),
        case("i64", vec![i64::MIN, 0, i64::MAX]),
        case("u8", vec![u8::MIN, 1, u8::MAX]),
        case("u16", vec![u16::MIN, 1, u16::MAX]),
        case("u32", vec![u32::MIN, 1, u32::MAX]),
        case("u64", vec![u64::MIN, 1, u64::MAX]),
        case("f32", vec![f32::MIN, -0.0, f32::INFINITY]),
        case("f64", vec![f64::MIN_POSITIVE, 0.1, f64::NEG_INFINITY]),
        case(
            "Decimal<10, 2>",
            vec![Decimal::<10, 2>::MIN, "0.05".parse().unwrap(), Decimal::MAX],
        ),
        case("String", text.map(String::from).to_vec()),
        case("Box<str>", text.map(Box::from).to_vec()),
        case("Arc<str>", text.map(Arc::from).to_vec()),
        case("Cow<'static, str>", text.map(Cow::from).to_vec()),
        case("Vec<u8>", vec![Vec::<u8>::new(), vec![0, 255]]),
        case("Bytes", vec![Bytes::new(), Bytes::from_static(b"\xff\0")]),
        case("NaiveDate", vec![first, micros(-1).date_naive(), last]),
        case(
            "DateTime<Utc>",
            times
                .iter()
                .map(NaiveDateTime::and_utc)
                .collect::<Vec<DateTime<Utc>>>(),
        ),
        case("NaiveDateTime", times),
        case("Uuid", vec![Uuid::nil(), Uuid::max()]),
        case("fieldless enum", vec![Status::SoldOut, Status::Available]),
        case("newtype", text.map(|text| Sku(text.to_owned())).to_vec()),
        case("Option<T>", vec![Some(7_i64), None]),
        case(
            "Vec<T>",
            vec![vec![Some(1_i64)], vec![], vec![None, Some(-1)]],
        ),
        case(
            "BTreeMap<K, V>",
            vec![BTreeMap::from([("a".to_owned(), 1_i64)]), BTreeMap::new()],
        ),
        case(
            "HashMap<K, V>",
            vec![HashMap::from([
                ("a".to_owned(), 1_i64),
                ("b".to_owned(), 2),
            ])],
        ),
        case(
            "struct",
            vec![
                size.clone(),
                Size {
                    depth: None,
                    ..size
                },
            ],
        ),
    ]
}

/// The rows of the table: the text of each cell, without the marks of code.
fn table() -> Vec<Vec<String>> {
    DOC.lines()
        .skip_while(|line| !line.starts_with("| Rust |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells = line.trim_matches('|').split(" | ");
            cells
                .map(|cell| cell.trim().trim_matches('`').to_owned())
                .collect()
        })
        .collect()
}

/// The Parquet type of a column, as the writer makes it.
fn parquet(array: &ArrayRef, column: &Column) -> String {
    let field = Field::new("value", array.data_type().clone(), column.nullable);
    let schema = ArrowSchemaConverter::new()
        .convert(&Schema::new(vec![field]))
        .unwrap();
    let mut printed = Vec::new();
    print_schema(&mut printed, schema.root_schema());
    let printed = String::from_utf8(printed).unwrap();
    // `message arrow_schema {`, then `  REQUIRED INT64 value (TIMESTAMP(MICROS,true));`.
    let line = printed
        .lines()
        .nth(1)
        .unwrap()
        .trim()
        .trim_end_matches([';', '{', ' ']);
    let (_, line) = line.split_once(' ').unwrap();
    line.replace(" value", "")
}

/// The type of a column in an ODCS document, and what the type alone says of its values.
fn odcs(column: &Column) -> String {
    let contract = Contract::builder("types.table", "1.0.0")
        .with_owner("team")
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(column.clone())
        .build()
        .unwrap();
    let document = serde_json::to_value(contract.document()).unwrap();
    let property = &document["schema"][0]["properties"][1];
    let mut out = property["logicalType"].as_str().unwrap().to_owned();
    if let Some(options) = property.get("logicalTypeOptions") {
        out.push_str(&format!(" {options}"));
    }
    if property["required"] != serde_json::json!(true) {
        out.push_str(", not required");
    }
    out
}

fn json(column: &Column) -> String {
    let schema = json_schema("", "", std::slice::from_ref(column));
    schema.pointer("/properties/value").unwrap().to_string()
}

fn row(case: &Case) -> Vec<String> {
    vec![
        case.rust.to_owned(),
        case.array.data_type().to_string(),
        parquet(&case.array, &case.column),
        case.column.data_type.to_string(),
        odcs(&case.column),
        json(&case.column),
    ]
}

#[test]
fn the_table_says_what_the_code_does() {
    let expected: Vec<Vec<String>> = cases().iter().map(row).collect();
    let lines: Vec<String> = expected
        .iter()
        .map(|row| format!("| `{}` |", row.join("` | `")))
        .collect();
    assert_eq!(
        table(),
        expected,
        "the table should read\n{}\n",
        lines.join("\n")
    );
}

#[test]
fn the_contract_and_the_builders_agree_on_arrow() {
    for case in cases() {
        assert_eq!(
            case.column.to_arrow().data_type(),
            case.array.data_type(),
            "{}",
            case.rust
        );
    }
}
