//! What rows from before a column read as, and what a table makes of a default.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow_schema::Schema;
use dataproduct_contract::{Column, Contract, DataType, Value};
use dataproduct_quality::Promise;
use dataproduct_table::{Error, Predicate, Table, TableSpec, WriteOptions};

use crate::support::*;

const MAPPING: (&str, &str) = ("delta.columnMapping.mode", "name");

fn contract(columns: Vec<Column>, mapped: bool) -> Contract {
    let mut builder = Contract::builder("inventory.defaults", "1.0.0")
        .with_owner("inventory-team")
        .with_columns(columns);
    if mapped {
        builder = builder.with_custom(MAPPING.0, MAPPING.1);
    }
    builder.build().unwrap()
}

fn a() -> Column {
    Column::new("a", DataType::Int64)
}

fn b(default: impl Into<Value>) -> Column {
    Column::new("b", DataType::Int64).with_default(default)
}

fn ints(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

async fn put(table: &Table, contract: &Contract, columns: Vec<ArrayRef>) {
    let batch = RecordBatch::try_new(contract.arrow_schema(), columns).unwrap();
    publish(table, WriteOptions::new(), &admit(contract, batch))
        .await
        .unwrap();
}

/// A table with a file of `a = 1` from before, evolved to `columns`.
async fn evolved(name: &str, columns: Vec<Column>, mapped: bool) -> (Table, Contract) {
    let before = contract(vec![a()], mapped);
    let table = Table::create(&memory(name), &TableSpec::from_contract(&before))
        .await
        .unwrap();
    put(&table, &before, vec![ints(&[Some(1)])]).await;
    let after = contract(columns, mapped);
    table
        .evolve(&TableSpec::from_contract(&after))
        .await
        .unwrap();
    (table, after)
}

async fn read(table: &Table, filter: Option<Predicate>) -> Vec<(i64, Option<i64>)> {
    let mut scan = table.snapshot().await.unwrap().scan().select(["a", "b"]);
    if let Some(filter) = filter {
        scan = scan.filter(filter);
    }
    let mut rows = Vec::new();
    for batch in scan.collect().await.unwrap() {
        let column = |place: usize| batch.column(place).as_primitive::<Int64Type>().clone();
        let (a, b) = (column(0), column(1));
        rows.extend(
            (0..batch.num_rows()).map(|row| (a.value(row), b.is_valid(row).then(|| b.value(row)))),
        );
    }
    rows.sort_unstable();
    rows
}

#[tokio::test]
async fn rows_from_before_a_column_have_its_default_and_stored_nulls_stay() {
    for mapped in [false, true] {
        let columns = vec![a(), b(7).with_nullable(true)];
        let (table, contract) = evolved(&format!("filled-{mapped}"), columns, mapped).await;
        put(
            &table,
            &contract,
            vec![ints(&[Some(2), Some(3)]), ints(&[None, Some(7)])],
        )
        .await;
        assert_eq!(
            read(&table, None).await,
            [(1, Some(7)), (2, None), (3, Some(7))]
        );
        // What a filter sees is what a reader sees, whatever statistics say.
        let is = |value: i64| Predicate::eq("b", value);
        assert_eq!(
            read(&table, Some(is(7))).await,
            [(1, Some(7)), (3, Some(7))]
        );
        assert_eq!(read(&table, Some(is(8))).await, []);
        assert_eq!(
            read(&table, Some(Predicate::is_null("b"))).await,
            [(2, None)]
        );
        let not_null = Predicate::is_null("b").not();
        assert_eq!(
            read(&table, Some(not_null)).await,
            [(1, Some(7)), (3, Some(7))]
        );
        // The filter may look at a column that is not read, and be the only one that does.
        let scan = table
            .snapshot()
            .await
            .unwrap()
            .scan()
            .select(["a"])
            .filter(is(7));
        let rows: usize = scan
            .collect()
            .await
            .unwrap()
            .iter()
            .map(RecordBatch::num_rows)
            .sum();
        assert_eq!(rows, 2);
        // Before the evolution there was no such column.
        let old = table.snapshot_at(1).await.unwrap();
        assert_eq!(old.schema().fields().len(), 1);
    }
}

#[tokio::test]
async fn a_required_column_with_a_default_is_nullable_in_the_table_and_never_null_for_readers() {
    let (table, after) = evolved("required", vec![a(), b(7)], false).await;
    let snapshot = table.snapshot().await.unwrap();
    assert!(
        snapshot
            .schema()
            .field_with_name("b")
            .unwrap()
            .is_nullable()
    );
    // A reader that allows no null reads all rows, and that there is none can be proven.
    let scan = snapshot.scan().read_as(after.arrow_schema());
    let batches = scan.collect().await.unwrap();
    assert_eq!(batches[0].column(1).as_primitive::<Int64Type>().value(0), 7);
    assert!(
        snapshot
            .prove(&[Promise::not_null("b")])
            .await
            .unwrap()
            .holds()
    );
    // Evolving to the same declaration is nothing.
    let spec = TableSpec::from_contract(&after);
    assert_eq!(table.evolve(&spec).await.unwrap(), snapshot.version());
    // A table without data has nothing to be filled.
    let empty = Table::create(
        &memory("empty"),
        &TableSpec::from_contract(&contract(vec![a()], false)),
    )
    .await
    .unwrap();
    empty.evolve(&spec).await.unwrap();
    let schema = empty.snapshot().await.unwrap();
    assert!(!schema.schema().field_with_name("b").unwrap().is_nullable());
}

#[tokio::test]
async fn a_default_is_for_the_rows_that_are_there_and_does_not_change() {
    let (table, _) = evolved("fixed", vec![a(), b(7).with_nullable(true)], false).await;
    let nullable = || Column::new("b", DataType::Int64).with_nullable(true);
    for other in [b(8).with_nullable(true), nullable()] {
        let spec = TableSpec::from_contract(&contract(vec![a(), other], false));
        match table.evolve(&spec).await {
            Err(Error::Incompatible { column, reason }) => {
                assert_eq!(column, "b");
                assert!(reason.contains("default `7`"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    // One that comes later fills what read as null.
    let (late, _) = evolved("late", vec![a(), nullable()], false).await;
    assert_eq!(read(&late, None).await, [(1, None)]);
    let spec = TableSpec::from_contract(&contract(vec![a(), b(9).with_nullable(true)], false));
    late.evolve(&spec).await.unwrap();
    assert_eq!(read(&late, None).await, [(1, Some(9))]);
}

#[tokio::test]
async fn every_type_of_default_is_read() {
    let decimal = DataType::Decimal {
        precision: 10,
        scale: 2,
    };
    let float = |number: f64| Value::try_from(number).unwrap();
    let cases: Vec<(DataType, Value, &str)> = vec![
        (DataType::Boolean, true.into(), "true"),
        (DataType::Int8, Value::from(-128), "-128"),
        (
            DataType::Int64,
            Value::from(i64::MIN),
            "-9223372036854775808",
        ),
        (DataType::Float32, float(0.1), "0.1"),
        (DataType::Float64, float(-1e300), "-1e300"),
        (decimal, "-0.5".into(), "-0.50"),
        (DataType::String, "".into(), ""),
        (DataType::String, "null, \"x\"".into(), "null, \"x\""),
        (DataType::Date, "1969-12-31".into(), "1969-12-31"),
        (
            DataType::Timestamp,
            "2026-01-31T12:00:00.5+01:00".into(),
            "2026-01-31T11:00:00.500Z",
        ),
        (
            DataType::TimestampNtz,
            "2026-01-31T12:00:00".into(),
            "2026-01-31T12:00:00",
        ),
    ];
    let columns = cases.iter().enumerate().map(|(i, (data_type, value, _))| {
        Column::new(format!("c{i}"), data_type.clone()).with_default(value.clone())
    });
    let enumeration = Column::new("e", DataType::String)
        .with_allowed("x")
        .with_default("x");
    let columns: Vec<Column> = [a()]
        .into_iter()
        .chain(columns)
        .chain([enumeration])
        .collect();
    let (table, after) = evolved("types", columns, false).await;
    let scan = table
        .snapshot()
        .await
        .unwrap()
        .scan()
        .read_as(after.arrow_schema());
    let batch = scan.collect().await.unwrap().remove(0);
    let shown =
        |place: usize| arrow_cast::display::array_value_to_string(batch.column(place), 0).unwrap();
    for (place, (data_type, _, expect)) in cases.iter().enumerate() {
        let found = shown(place + 1);
        let is_float = matches!(data_type, DataType::Float64);
        let same = is_float && found.parse::<f64>().unwrap() == expect.parse::<f64>().unwrap();
        assert!(same || found == *expect, "{data_type}: {found}");
    }
    assert_eq!(shown(cases.len() + 1), "x");
}

#[tokio::test]
async fn a_reader_that_is_ahead_of_the_table_brings_its_own_default() {
    for mapped in [false, true] {
        let before = contract(vec![a()], mapped);
        let spec = TableSpec::from_contract(&before);
        let table = Table::create(&memory(&format!("ahead-{mapped}")), &spec)
            .await
            .unwrap();
        put(&table, &before, vec![ints(&[Some(1)])]).await;
        let ahead = contract(vec![a(), b(7)], mapped);
        let snapshot = table.snapshot().await.unwrap();
        let schema: Arc<Schema> = ahead.arrow_schema();
        let scan = || snapshot.scan().read_as(Arc::clone(&schema));
        assert!(matches!(scan().stream(), Err(Error::SchemaMismatch { .. })));
        let batches = scan()
            .with_defaults_of(ahead.columns())
            .collect()
            .await
            .unwrap();
        assert_eq!(batches[0].column(1).as_primitive::<Int64Type>().value(0), 7);
        // What the table says itself comes first.
        table
            .evolve(&TableSpec::from_contract(&contract(
                vec![a(), b(9)],
                mapped,
            )))
            .await
            .unwrap();
        let scan = table.snapshot().await.unwrap().scan().read_as(schema);
        let batches = scan
            .with_defaults_of(ahead.columns())
            .collect()
            .await
            .unwrap();
        assert_eq!(batches[0].column(1).as_primitive::<Int64Type>().value(0), 9);
    }
}

#[tokio::test]
async fn a_default_keeps_its_value_when_its_column_is_widened() {
    let widening = ("delta.enableTypeWidening", "true");
    let number = |text: &str| Value::try_from(text.parse::<f64>().unwrap()).unwrap();
    let decimal = |precision, scale| DataType::Decimal { precision, scale };
    let (narrow, wide) = (DataType::Float32, DataType::Float64);
    let tenth = f64::from(0.1_f32).to_string();
    // What rows read as before, and what the wider column says of it.
    let cases = [
        (&narrow, number("0.1"), &wide, number(&tenth), true),
        (&narrow, number("0.1"), &wide, number("0.1"), false),
        (&narrow, number("-1.25"), &wide, number("-1.25"), true),
        (&DataType::Int32, 7.into(), &DataType::Int64, 7.into(), true),
        (
            &decimal(6, 2),
            "0.50".into(),
            &decimal(9, 4),
            "0.5".into(),
            true,
        ),
        (
            &decimal(6, 2),
            "0.5".into(),
            &decimal(9, 4),
            "0.51".into(),
            false,
        ),
    ];
    for (number, (from, default, to, after, holds)) in cases.into_iter().enumerate() {
        for mapped in [false, true] {
            let contract_of = |data_type: &DataType, default: Value| {
                let column = Column::new("b", data_type.clone()).with_default(default);
                let mut contract = Contract::builder("inventory.defaults", "1.0.0")
                    .with_owner("inventory-team")
                    .with_columns([a(), column])
                    .with_custom(widening.0, widening.1);
                if mapped {
                    contract = contract.with_custom(MAPPING.0, MAPPING.1);
                }
                contract.build().unwrap()
            };
            let (before, after) = (
                contract_of(from, default.clone()),
                contract_of(to, after.clone()),
            );
            let name = format!("widened-{number}-{mapped}");
            let plain = contract(vec![a()], mapped);
            let table = Table::create(&memory(&name), &TableSpec::from_contract(&plain))
                .await
                .unwrap();
            put(&table, &plain, vec![ints(&[Some(1)])]).await;
            table
                .evolve(&TableSpec::from_contract(&before))
                .await
                .unwrap();
            let read = async |contract: &Contract| {
                let snapshot = table.snapshot().await.unwrap();
                let scan = snapshot.scan().read_as(contract.arrow_schema());
                let batch = scan.collect().await.unwrap().remove(0);
                Arc::clone(batch.column(1))
            };
            let was = read(&before).await;
            let spec = TableSpec::from_contract(&after);
            match table.evolve(&spec).await {
                Ok(version) => {
                    assert!(holds, "{name}");
                    // Evolving twice is evolving once.
                    assert_eq!(table.evolve(&spec).await.unwrap(), version);
                }
                Err(Error::Incompatible { column, reason }) => {
                    assert!(!holds && column == "b", "{name}: {reason}");
                    let read_as = format!(
                        "read as its default `{}`",
                        match number {
                            1 => tenth.as_str(),
                            _ => "0.5",
                        }
                    );
                    assert!(reason.contains(&read_as), "{reason}");
                    continue;
                }
                Err(error) => panic!("{error}"),
            }
            // A reader of the narrower type meets what it met, and one of the wider type the same value.
            assert_eq!(&read(&before).await, &was, "{name}");
            let widened = arrow_cast::cast(&was, read(&after).await.data_type()).unwrap();
            assert_eq!(&read(&after).await, &widened, "{name}");
        }
    }
}

#[tokio::test]
async fn a_column_with_a_default_is_renamed_and_keeps_it() {
    let named = |name: &str| {
        let column = Column::new(name, DataType::Int64).with_id("c-moving");
        column.with_nullable(true)
    };
    for mapped in [false, true] {
        // The default is there before the rename, or comes with it.
        for early in [false, true] {
            let name = format!("renamed-{mapped}-{early}");
            let first = match early {
                true => named("b").with_default(7),
                false => named("b"),
            };
            let last = contract(vec![a(), named("c").with_default(7)], mapped);
            let (table, middle) = evolved(&name, vec![a(), first], mapped).await;
            put(
                &table,
                &middle,
                vec![ints(&[Some(2), Some(3)]), ints(&[None, Some(30)])],
            )
            .await;
            // The rename comes with rows of its own.
            let rows = vec![ints(&[Some(4), Some(5)]), ints(&[None, Some(50)])];
            let rows = RecordBatch::try_new(last.arrow_schema(), rows).unwrap();
            let options = WriteOptions::new().with_evolution(TableSpec::from_contract(&last));
            publish(&table, options, &admit(&last, rows)).await.unwrap();
            let expect = [
                (1, Some(7)),
                (2, None),
                (3, Some(30)),
                (4, None),
                (5, Some(50)),
            ];
            for contract in [&middle, &last] {
                let column = contract.columns()[1].name.clone();
                let read = async |filter: Option<Predicate>| {
                    let snapshot = table.snapshot().await.unwrap();
                    let mut scan = snapshot.scan().read_as(contract.arrow_schema());
                    if let Some(filter) = filter {
                        scan = scan.filter(filter);
                    }
                    let mut rows = Vec::new();
                    for batch in scan.collect().await.unwrap() {
                        let of = |place| batch.column(place).as_primitive::<Int64Type>().iter();
                        rows.extend(of(0).flatten().zip(of(1)));
                    }
                    rows.sort_unstable();
                    rows
                };
                assert_eq!(read(None).await, expect, "{name} {column}");
                assert_eq!(
                    read(Some(Predicate::eq(&*column, 7))).await,
                    [(1, Some(7))],
                    "{name} {column}"
                );
                assert_eq!(
                    read(Some(Predicate::is_null(&*column))).await,
                    [(2, None), (4, None)],
                    "{name} {column}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kernel_reads_no_column_with_a_default() {
    let directory = tempfile::tempdir().unwrap();
    let (before, after) = (contract(vec![a()], true), contract(vec![a(), b(7)], true));
    let spec = TableSpec::from_contract(&before);
    let table = Table::create(&on_disk(&directory), &spec).await.unwrap();
    put(&table, &before, vec![ints(&[Some(1)])]).await;
    let by_id = |version: u64| {
        // Another program finds the columns of files by their numbers, which is left to the kernel.
        let entry = format!("table/_delta_log/{version:020}.json");
        let entry = directory.path().join(entry);
        let text = unsealed(&std::fs::read_to_string(&entry).unwrap());
        let changed = text.replace(
            r#""delta.columnMapping.mode":"name""#,
            r#""delta.columnMapping.mode":"id""#,
        );
        assert_eq!(text == changed, version == 1);
        std::fs::write(&entry, changed).unwrap();
    };
    let options = WriteOptions::new().with_evolution(TableSpec::from_contract(&after));
    let rows = vec![ints(&[Some(2)]), ints(&[Some(8)])];
    let rows = RecordBatch::try_new(after.arrow_schema(), rows).unwrap();
    publish(&table, options, &admit(&after, rows))
        .await
        .unwrap();
    (0..=2).for_each(by_id);
    std::fs::remove_dir_all(directory.path().join("table/_anchor")).unwrap();
    let table = Table::open(&on_disk(&directory)).await.unwrap();
    let snapshot = table.snapshot().await.unwrap();
    // The other columns are read as ever.
    let read = snapshot.scan().select(["a"]).collect().await.unwrap();
    let mut values: Vec<i64> = read
        .iter()
        .flat_map(|batch| {
            batch
                .column(0)
                .as_primitive::<Int64Type>()
                .values()
                .to_vec()
        })
        .collect();
    values.sort_unstable();
    assert_eq!(values, [1, 2]);
    // What it gives for rows from before the column is not told from a null that is stored.
    for scan in [
        snapshot.scan().select(["b"]),
        snapshot.scan().read_as(after.arrow_schema()),
        snapshot.scan().select(["a"]).filter(Predicate::eq("b", 7)),
    ] {
        match scan.stream() {
            Err(Error::Unsupported { what }) => assert!(what.contains("column `b`"), "{what}"),
            other => panic!("{other:?}"),
        }
    }
    // A reader that is ahead of the table brings its own: there is no such column in any file.
    let before = table.snapshot_at(1).await.unwrap();
    let scan = before.scan().read_as(after.arrow_schema());
    let read = scan.with_defaults_of(after.columns()).collect().await;
    let read = read.unwrap();
    assert_eq!(read[0].column(1).as_primitive::<Int64Type>().values(), &[7]);
}
