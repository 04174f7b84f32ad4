//! Every type, at any depth, through files, log and kernel.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int16Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, RecordBatch,
    StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType as ArrowType, Field, Schema};
use dataproduct_contract::{Column, Contract, DataType};
use dataproduct_table::{
    Error, Location, Mode, Predicate, Table, TableOptions, TableSpec, WriteOptions,
};

use crate::support::*;

fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal { precision, scale }
}

fn all_types() -> Contract {
    let nullable =
        |name: &str, data_type: DataType| Column::new(name, data_type).with_nullable(true);
    let point = DataType::Struct(vec![
        nullable("x", DataType::Int64),
        nullable("note", DataType::String),
    ]);
    Contract::builder("inventory.everything", "1.0.0")
        .with_owner("inventory-team")
        .with_columns([
            Column::new("id", DataType::Int64),
            nullable("bool", DataType::Boolean),
            nullable("i8", DataType::Int8),
            nullable("i16", DataType::Int16),
            nullable("i32", DataType::Int32),
            nullable("f32", DataType::Float32),
            nullable("f64", DataType::Float64),
            nullable("text", DataType::String),
            nullable("bytes", DataType::Binary),
            nullable("d9", decimal(9, 2)),
            nullable("d18", decimal(18, 4)),
            nullable("d38", decimal(38, 10)),
            nullable("date", DataType::Date),
            nullable("at", DataType::Timestamp),
            nullable("local", DataType::TimestampNtz),
            nullable("status", DataType::String)
                .with_allowed("open")
                .with_allowed("closed"),
            nullable("numbers", DataType::list(DataType::Int64, true)),
            nullable(
                "labels",
                DataType::map(DataType::String, DataType::Int64, true),
            ),
            nullable("point", point.clone()),
            nullable("points", DataType::list(point, true)),
        ])
        .build()
        .unwrap()
}

fn all_rows(contract: &Contract) -> RecordBatch {
    let mut numbers = ListBuilder::new(Int64Builder::new());
    numbers.append_value([Some(1), None]);
    numbers.append_null();
    numbers.append_value([]);
    let mut labels = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    labels.keys().append_value("a");
    labels.values().append_value(1);
    labels.append(true).unwrap();
    labels.append(false).unwrap();
    labels.append(true).unwrap();
    let point = |xs: Vec<Option<i64>>| -> StructArray {
        let notes: StringArray = xs.iter().map(|x| x.map(|x| format!("n{x}"))).collect();
        vec![
            (
                Arc::new(Field::new("x", ArrowType::Int64, true)),
                Arc::new(Int64Array::from(xs)) as ArrayRef,
            ),
            (
                Arc::new(Field::new("note", ArrowType::Utf8, true)),
                Arc::new(notes) as ArrayRef,
            ),
        ]
        .into()
    };
    let points = {
        let values = point(vec![Some(1), Some(2), None]);
        let field = Arc::new(Field::new("element", values.data_type().clone(), true));
        let offsets = arrow_buffer::OffsetBuffer::from_lengths([2, 0, 1]);
        arrow_array::ListArray::new(
            field,
            offsets,
            Arc::new(values),
            Some(vec![true, false, true].into()),
        )
    };
    let status: DictionaryArray<Int16Type> =
        [Some("open"), None, Some("closed")].into_iter().collect();
    let digits = |precision, scale, values: Vec<Option<i128>>| -> ArrayRef {
        Arc::new(
            Decimal128Array::from(values)
                .with_precision_and_scale(precision, scale)
                .unwrap(),
        )
    };
    let micros = vec![Some(-1), None, Some(1_700_000_000_123_456)];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![i64::MIN, 0, i64::MAX])),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        Arc::new(Int8Array::from(vec![Some(i8::MIN), None, Some(i8::MAX)])),
        Arc::new(Int16Array::from(vec![Some(i16::MIN), None, Some(i16::MAX)])),
        Arc::new(Int32Array::from(vec![Some(i32::MIN), None, Some(i32::MAX)])),
        Arc::new(Float32Array::from(vec![Some(f32::NAN), None, Some(-0.0)])),
        Arc::new(Float64Array::from(vec![
            Some(0.1),
            None,
            Some(f64::NEG_INFINITY),
        ])),
        Arc::new(StringArray::from(vec![
            Some("å \"quoted\"\n"),
            None,
            Some(""),
        ])),
        Arc::new(BinaryArray::from(vec![
            Some(&[0_u8, 255][..]),
            None,
            Some(b""),
        ])),
        digits(9, 2, vec![Some(-999_999_999), None, Some(1)]),
        digits(18, 4, vec![Some(-999_999_999_999_999_999), None, Some(1)]),
        digits(
            38,
            10,
            vec![
                Some(-99_999_999_999_999_999_999_999_999_999_999_999_999),
                None,
                Some(1),
            ],
        ),
        Arc::new(Date32Array::from(vec![Some(-1), None, Some(20_000)])),
        Arc::new(TimestampMicrosecondArray::from(micros.clone()).with_timezone("UTC")),
        Arc::new(TimestampMicrosecondArray::from(micros)),
        Arc::new(status),
        Arc::new(numbers.finish()),
        Arc::new(labels.finish()),
        Arc::new(point(vec![Some(7), None, Some(8)])),
        Arc::new(points),
    ];
    let schema = contract.arrow_schema();
    let columns = columns
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| arrow_cast::cast(column, field.data_type()).unwrap());
    RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap()
}

async fn published(location: &Location) -> (Table, RecordBatch) {
    let contract = all_types();
    let table = Table::create(location, &TableSpec::from_contract(&contract))
        .await
        .unwrap();
    let rows = all_rows(&contract);
    publish(&table, WriteOptions::new(), &admit(&contract, rows.clone()))
        .await
        .unwrap();
    (table, rows)
}

#[tokio::test]
async fn every_type_comes_back_as_it_went_in() {
    let (table, rows) = published(&memory("types-all")).await;
    let snapshot = table.snapshot().await.unwrap();
    let read = snapshot
        .scan()
        .read_as(rows.schema())
        .collect()
        .await
        .unwrap();
    assert_eq!(read, std::slice::from_ref(&rows));
    // Stored as plain text: the dictionary was a matter of memory.
    assert_eq!(
        *snapshot
            .schema()
            .field_with_name("status")
            .unwrap()
            .data_type(),
        ArrowType::Utf8
    );
    assert!(
        !snapshot
            .schema()
            .field_with_name("id")
            .unwrap()
            .is_nullable()
    );
    let plain = snapshot.scan().select(["status"]).collect().await.unwrap();
    let plain: Vec<_> = plain[0].column(0).as_string::<i32>().iter().collect();
    assert_eq!(plain, [Some("open"), None, Some("closed")]);
}

#[tokio::test]
async fn a_reader_brings_its_own_schema() {
    let (table, rows) = published(&memory("types-reader")).await;
    let scan = |fields: Vec<Field>| {
        let table = table.clone();
        async move {
            table
                .snapshot()
                .await
                .unwrap()
                .scan()
                .read_as(Arc::new(Schema::new(fields)))
                .collect()
                .await
        }
    };
    // Another order, a wider type, a column that is not there yet.
    let read = scan(vec![
        Field::new("not_yet", ArrowType::Utf8, true),
        Field::new("i32", ArrowType::Int64, true),
        Field::new("id", ArrowType::Int64, false),
    ])
    .await
    .unwrap();
    assert_eq!(read[0].column(0).null_count(), 3);
    assert_eq!(
        read[0]
            .column(1)
            .as_primitive::<arrow_array::types::Int64Type>()
            .value(0),
        i64::from(i32::MIN)
    );
    assert_eq!(read[0].column(2), rows.column(0));
    for bad in [
        Field::new("not_yet", ArrowType::Utf8, false),
        Field::new("text", ArrowType::Int64, true),
        Field::new("i32", ArrowType::Float64, true),
    ] {
        let refused = scan(vec![bad]).await;
        assert!(matches!(refused, Err(Error::SchemaMismatch { .. })));
    }
    // Whether the values fit is seen when they are read.
    for (bad, shown) in [
        (Field::new("i32", ArrowType::Int64, false), "null"),
        (Field::new("i32", ArrowType::Int16, true), "-2147483648"),
    ] {
        let error = scan(vec![bad]).await.unwrap_err();
        let Error::Unreadable {
            column,
            value,
            file,
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!((column.as_str(), value.as_str()), ("i32", shown));
        assert!(file.ends_with(".parquet"), "{error}");
    }
    let snapshot = table.snapshot().await.unwrap();
    let unknown = snapshot.scan().select(["nope"]).collect().await;
    assert!(matches!(unknown, Err(Error::NoSuchColumn { .. })));
    let mistyped = snapshot
        .scan()
        .filter(Predicate::eq("id", "x"))
        .collect()
        .await;
    assert!(matches!(mistyped, Err(Error::InvalidPredicate { .. })));
    let none: Vec<String> = Vec::new();
    let counted = snapshot.scan().select(none).collect().await.unwrap();
    assert_eq!(counted.iter().map(RecordBatch::num_rows).sum::<usize>(), 3);
}

#[tokio::test]
async fn statistics_in_the_log_hold() {
    let directory = tempfile::tempdir().unwrap();
    let (_table, _) = published(&on_disk(&directory)).await;
    let entry = std::fs::read_to_string(
        directory
            .path()
            .join("table/_delta_log/00000000000000000001.json"),
    )
    .unwrap();
    let add = entry
        .lines()
        .find(|line| line.starts_with("{\"add\""))
        .unwrap();
    let add: serde_json::Value = serde_json::from_str(add).unwrap();
    let text = add["add"]["stats"].as_str().unwrap();
    // Decimals keep all their digits, which a float would not.
    assert!(
        text.contains("\"d38\":-9999999999999999999999999999.9999999999"),
        "{text}"
    );
    let stats: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(stats["numRecords"], 3);
    assert_eq!(stats["minValues"]["id"], i64::MIN);
    assert_eq!(stats["maxValues"]["date"], "2024-10-04");
    assert_eq!(stats["minValues"]["at"], "1969-12-31T23:59:59.999Z");
    assert_eq!(stats["maxValues"]["at"], "2023-11-14T22:13:20.124Z");
    assert_eq!(stats["maxValues"]["local"], "2023-11-14T22:13:20.124");
    assert_eq!(stats["minValues"]["point"]["x"], 7);
    assert_eq!(stats["nullCount"]["point"]["x"], 1);
    assert_eq!(stats["nullCount"]["numbers"], 1);
    assert!(
        stats["maxValues"]["f32"].is_null(),
        "a NaN is above every bound"
    );
    assert!(stats["minValues"]["bytes"].is_null());
    assert!(stats["minValues"]["f64"].is_null(), "JSON has no infinity");
    assert!(
        add["add"]["tags"]["dataproduct.sha256"]
            .as_str()
            .unwrap()
            .len()
            == 64
    );
}

/// Other programs write bounds of decimals that went through a float, and no digest of the file.
#[tokio::test]
async fn rounded_decimal_bounds_of_other_programs_hide_no_row() {
    let wide = 9_007_199_254_740_993_i128;
    for (precision, value, rounded, skipped) in [
        (16, wide, "90071992547409.92", 0),
        (15, 12_345, "123.45", 1),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let contract = Contract::builder("inventory.prices", "1.0.0")
            .with_owner("inventory-team")
            .with_column(Column::new("price", decimal(precision, 2)))
            .build()
            .unwrap();
        let table = Table::create(&on_disk(&directory), &TableSpec::from_contract(&contract))
            .await
            .unwrap();
        let prices = Decimal128Array::from(vec![value]).with_precision_and_scale(precision, 2);
        let columns = vec![Arc::new(prices.unwrap()) as ArrayRef];
        let batch = RecordBatch::try_new(contract.arrow_schema(), columns).unwrap();
        publish(&table, WriteOptions::new(), &admit(&contract, batch))
            .await
            .unwrap();
        let log = directory.path().join("table/_delta_log");
        let entry = log.join("00000000000000000001.json");
        let text = std::fs::read_to_string(&entry).unwrap();
        let add = text.lines().find(|line| line.starts_with("{\"add\""));
        let mut add: serde_json::Value = serde_json::from_str(add.unwrap()).unwrap();
        add["add"].as_object_mut().unwrap().remove("tags");
        add["add"]["stats"] = format!(
            "{{\"numRecords\":1,\"minValues\":{{\"price\":{rounded}}},\
             \"maxValues\":{{\"price\":{rounded}}},\"nullCount\":{{\"price\":0}}}}"
        )
        .into();
        std::fs::write(&entry, format!("{add}\n")).unwrap();
        std::fs::remove_dir_all(directory.path().join("table/_anchor")).unwrap();

        let snapshot = Table::open(table.location()).await.unwrap();
        let snapshot = snapshot.snapshot().await.unwrap();
        let count = async |unscaled: i128| {
            let price = dataproduct_table::Literal::Decimal { unscaled, scale: 2 };
            let scan = snapshot.scan().filter(Predicate::eq("price", price));
            let read: Vec<RecordBatch> = scan.collect().await.unwrap();
            read.iter().map(RecordBatch::num_rows).sum::<usize>()
        };
        assert_eq!(count(value).await, 1, "decimal({precision}, 2)");
        let price = dataproduct_table::Literal::Decimal {
            unscaled: 1,
            scale: 2,
        };
        let scan = snapshot.scan().filter(Predicate::eq("price", price));
        let mut stream = scan.stream().unwrap();
        while futures::StreamExt::next(&mut stream).await.is_some() {}
        assert_eq!(stream.report().files_skipped, skipped);
    }
}

#[tokio::test]
async fn only_a_local_timestamp_raises_the_protocol() {
    let directory = tempfile::tempdir().unwrap();
    let root = on_disk(&directory);
    create(&root.join("plain").unwrap()).await;
    published(&root.join("local").unwrap()).await;
    for (name, versions) in [("plain", (1, 2)), ("local", (3, 7))] {
        let path = directory
            .path()
            .join("table")
            .join(name)
            .join("_delta_log/00000000000000000000.json");
        let entry = std::fs::read_to_string(path).unwrap();
        let line = entry
            .lines()
            .find(|line| line.starts_with("{\"protocol\""))
            .unwrap();
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let protocol = &line["protocol"];
        assert_eq!(protocol["minReaderVersion"], versions.0);
        assert_eq!(protocol["minWriterVersion"], versions.1);
        assert_eq!(protocol["readerFeatures"].is_array(), name == "local");
    }
}

/// Tables with every type, also as partition columns. With `DATAPRODUCT_INTEROP=<folder>` they are written there, for
/// other programs to read.
#[tokio::test(flavor = "multi_thread")]
async fn every_type_can_be_a_partition_column() {
    let directory = tempfile::tempdir().unwrap();
    let root = match std::env::var("DATAPRODUCT_INTEROP") {
        Ok(folder) => Location::parse(&folder).unwrap(),
        Err(_) => on_disk(&directory),
    };
    let contract = all_types();
    let spec = TableSpec::from_contract(&contract);
    let flat = [
        "bool", "i8", "i16", "i32", "f32", "d9", "d38", "date", "at", "local", "text", "status",
    ];
    for (name, spec, first, count) in [
        ("all", spec.clone(), 0, 3),
        // An empty text cannot be told from null in a partition column, so that row stays out.
        ("parts", spec.clone().with_partition_by(flat), 0, 2),
    ] {
        let location = root.join(name).unwrap();
        Table::create(&location, &spec).await.unwrap();
        let options = TableOptions::default().with_checkpoint_interval(3);
        let table = Table::open_with(&location, options).await.unwrap();
        let rows = all_rows(&contract).slice(first, count);
        let admitted = admit(&contract, rows.clone());
        for number in 0..5 {
            let mode = if number == 1 {
                Mode::ReplaceAll
            } else {
                Mode::Append
            };
            publish(&table, WriteOptions::new().with_mode(mode), &admitted)
                .await
                .unwrap();
        }
        let snapshot = Table::open(&location)
            .await
            .unwrap()
            .snapshot()
            .await
            .unwrap();
        let read = snapshot
            .scan()
            .read_as(rows.schema())
            .collect()
            .await
            .unwrap();
        let mut seen = vec![0; count];
        for batch in &read {
            for row in (0..batch.num_rows()).map(|row| batch.slice(row, 1)) {
                let same = (0..count).find(|wanted| rows.slice(*wanted, 1) == row);
                seen[same.unwrap()] += 1;
            }
        }
        assert_eq!(seen, vec![4; count]);
    }
    let table = Table::create(
        &memory("types-empty-partition"),
        &spec.with_partition_by(flat),
    )
    .await
    .unwrap();
    let error = publish(
        &table,
        WriteOptions::new(),
        &admit(&contract, all_rows(&contract)),
    )
    .await
    .unwrap_err();
    assert!(matches!(error, Error::SchemaMismatch { .. }), "{error}");
}
