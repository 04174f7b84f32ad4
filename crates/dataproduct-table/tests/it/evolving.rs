//! A table that is brought to a newer declaration by the publish that has its first rows.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use dataproduct_contract::{Column, Contract, DataType};
use dataproduct_quality::Admitted;
use dataproduct_table::{
    Attempt, Error, Location, Mode, Predicate, Table, TableSpec, Upsert, WriteOptions, Writer,
};
use object_store::memory::InMemory;

use crate::support::*;

const MAPPING: (&str, &str) = ("delta.columnMapping.mode", "name");
const WIDENING: (&str, &str) = ("delta.enableTypeWidening", "true");
const VECTORS: (&str, &str) = ("delta.enableDeletionVectors", "true");

fn contract(version: &str, columns: Vec<Column>, custom: &[(&str, &str)]) -> Contract {
    let mut builder = Contract::builder("inventory.evolving", version)
        .with_owner("inventory-team")
        .with_columns(columns);
    for (name, value) in custom {
        builder = builder.with_custom(*name, *value);
    }
    builder.build().unwrap()
}

fn long(name: &str) -> Column {
    Column::new(name, DataType::Int64)
}

fn text(name: &str) -> Column {
    Column::new(name, DataType::String).with_nullable(true)
}

/// `a`, and then `a` and `b`.
fn versions(custom: &[(&str, &str)]) -> (Contract, Contract) {
    (
        contract("1.0.0", vec![long("a")], custom),
        contract("1.1.0", vec![long("a"), text("b")], custom),
    )
}

fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn rows_of(contract: &Contract, columns: Vec<ArrayRef>) -> Admitted {
    let batch = RecordBatch::try_new(contract.arrow_schema(), columns).unwrap();
    admit(contract, batch)
}

/// Options of a publish that brings the table to a contract.
fn evolving(contract: &Contract) -> WriteOptions {
    WriteOptions::new().with_evolution(TableSpec::from_contract(contract))
}

async fn made(location: &Location, contract: &Contract, columns: Vec<ArrayRef>) -> Table {
    let table = Table::create(location, &TableSpec::from_contract(contract))
        .await
        .unwrap();
    let rows = rows_of(contract, columns);
    publish(&table, WriteOptions::new(), &rows).await.unwrap();
    table
}

/// The same store under two names, whose publishers do not queue behind each other.
fn two_ways() -> (Location, Location) {
    let store = Arc::new(InMemory::new());
    let at = |url: &str| Location::with_store(url, Arc::clone(&store) as _).unwrap();
    (at("memory://one/t"), at("memory://other/t"))
}

async fn version(table: &Table) -> u64 {
    table.snapshot().await.unwrap().version()
}

async fn columns(table: &Table) -> Vec<String> {
    let snapshot = table.snapshot().await.unwrap();
    let fields = snapshot.schema().fields().iter();
    fields.map(|field| field.name().clone()).collect()
}

/// A column of whole numbers, sorted, nulls first.
async fn numbers(table: &Table, column: &str) -> Vec<Option<i64>> {
    let scan = table.snapshot().await.unwrap().scan().select([column]);
    let mut all = Vec::new();
    for batch in scan.collect().await.unwrap() {
        all.extend(batch.column(0).as_primitive::<Int64Type>().iter());
    }
    all.sort_unstable();
    all
}

/// The kinds of actions in a log entry, in their order.
fn actions(directory: &tempfile::TempDir, version: u64) -> Vec<String> {
    let entry = format!("table/_delta_log/{version:020}.json");
    let text = std::fs::read_to_string(directory.path().join(entry)).unwrap();
    let kind = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line.as_object().unwrap().keys().next().unwrap().clone()
    };
    text.lines().map(kind).collect()
}

#[tokio::test]
async fn new_columns_and_the_first_rows_in_them_are_one_version() {
    for custom in [&[][..], &[MAPPING]] {
        let directory = tempfile::tempdir().unwrap();
        let (old, _) = versions(&[]);
        let (_, new) = versions(custom);
        let table = made(&on_disk(&directory), &old, vec![ints(&[1])]).await;
        let rows = rows_of(&new, vec![ints(&[2]), texts(&["x"])]);
        let first = || evolving(&new).with_publish_id("first");
        let receipt = publish(&table, first(), &rows).await.unwrap();
        assert_eq!(receipt.version, 2);
        let mut expect = vec!["commitInfo", "metaData", "txn", "add"];
        if !custom.is_empty() {
            expect.insert(1, "protocol");
        }
        assert_eq!(actions(&directory, 2), expect);

        // Who opens the table anew finds both, and the version before has neither.
        let table = Table::open(&on_disk(&directory)).await.unwrap();
        assert_eq!(columns(&table).await, ["a", "b"]);
        assert_eq!(numbers(&table, "a").await, [Some(1), Some(2)]);
        let before = table.snapshot_at(1).await.unwrap();
        assert_eq!(before.schema().fields().len(), 1);

        // The same id is the same commit. Another one finds nothing left to change.
        let again = publish(&table, first(), &rows).await.unwrap();
        assert!(again.already_published);
        assert_eq!(version(&table).await, 2);
        publish(&table, evolving(&new), &rows).await.unwrap();
        assert_eq!(actions(&directory, 3), ["commitInfo", "txn", "add"]);
        let info = table.history(1).await.unwrap().remove(0);
        assert_eq!(info.operation.as_deref(), Some("WRITE"));
    }
}

#[tokio::test]
async fn a_publish_that_is_given_up_leaves_the_table_as_it_was() {
    for custom in [&[][..], &[MAPPING]] {
        let (old, new) = versions(custom);
        let location = memory(&format!("evolving-given-up-{}", custom.len()));
        let table = made(&location, &old, vec![ints(&[1])]).await;
        let rows = rows_of(&new, vec![ints(&[2]), texts(&["x"])]);
        let mut writer = table.write(evolving(&new)).await.unwrap();
        writer.push(&rows).await.unwrap();
        // Its publisher sees its own rows, and the others, under the new columns.
        let staged = writer.stage().await.unwrap();
        let read = staged.scan().collect().await.unwrap();
        assert_eq!(read[0].column(1).as_string::<i32>().value(0), "x");
        let beside = writer.beside().await.unwrap().unwrap();
        let read = beside.scan().collect().await.unwrap();
        assert_eq!(read[0].column(1).null_count(), 1);
        assert_eq!((staged.version(), beside.version()), (1, 1));
        writer.abort();
        assert_eq!((version(&table).await, columns(&table).await.len()), (1, 1));
        // So does one whose rows are not of the new columns.
        let mut writer = table.write(evolving(&new)).await.unwrap();
        let other = contract("1.2.0", vec![long("a"), text("c")], custom);
        let other = rows_of(&other, vec![ints(&[2]), texts(&["x"])]);
        let error = writer.push(&other).await.unwrap_err();
        assert!(matches!(error, Error::SchemaMismatch { .. }), "{error}");
        assert!(writer.commit().await.is_err());
        // Who has the older columns goes on.
        let more = rows_of(&old, vec![ints(&[3])]);
        publish(&table, WriteOptions::new(), &more).await.unwrap();
        assert_eq!(numbers(&table, "a").await, [Some(1), Some(3)]);
        assert_eq!(columns(&table).await, ["a"]);
    }
}

#[tokio::test]
async fn what_cannot_follow_is_refused_before_rows_are_taken() {
    let (old, _) = versions(&[]);
    let table = made(&memory("evolving-refused"), &old, vec![ints(&[1])]).await;
    let required = contract("1.1.0", vec![long("a"), long("b")], &[]);
    let gone = contract("1.1.0", vec![long("b").with_nullable(true)], &[]);
    for (contract, column) in [(&required, "b"), (&gone, "a")] {
        let error = table.write(evolving(contract)).await.unwrap_err();
        assert!(
            matches!(&error, Error::Incompatible { column: found, .. } if found == column),
            "{error}"
        );
    }
    assert_eq!(version(&table).await, 1);
}

#[tokio::test]
async fn a_heartbeat_evolves_as_well() {
    let (old, new) = versions(&[]);
    let table = made(&memory("evolving-heartbeat"), &old, vec![ints(&[1])]).await;
    let writer = table.write(evolving(&new)).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(columns(&table).await, ["a", "b"]);
    assert_eq!(
        (version(&table).await, numbers(&table, "a").await.len()),
        (2, 1)
    );
}

#[tokio::test]
async fn everything_changes_in_the_one_commit() {
    let custom = [MAPPING, WIDENING];
    let before = vec![
        Column::new("id", DataType::Int32).with_id("c-id"),
        Column::new("old", DataType::Int64)
            .with_nullable(true)
            .with_id("c-moving"),
        Column::new("site", DataType::String)
            .with_id("c-site")
            .with_partition(1),
    ];
    let after = vec![
        Column::new("id", DataType::Int64).with_id("c-id"),
        Column::new("new", DataType::Int64).with_id("c-moving"),
        Column::new("where", DataType::String)
            .with_id("c-site")
            .with_partition(1),
        long("count").with_default(7),
    ];
    let new = contract("1.1.0", after, &custom);
    let replaced = vec![[("where".to_owned(), "b".into())].into()];
    for (mode, ids) in [
        (Mode::Append, &[1, 2, 3][..]),
        (Mode::ReplacePartitions(replaced), &[1, 3]),
        (Mode::ReplaceAll, &[3]),
    ] {
        // The features are there from the start, or come with the rest.
        for features in [&[][..], &custom] {
            let old = contract("1.0.0", before.clone(), features);
            let directory = tempfile::tempdir().unwrap();
            let rows: Vec<ArrayRef> = vec![
                Arc::new(Int32Array::from(vec![1, 2])),
                ints(&[10, 20]),
                texts(&["a", "b"]),
            ];
            let table = made(&on_disk(&directory), &old, rows).await;
            let options = evolving(&new).with_mode(mode.clone());
            let rows = vec![ints(&[3]), ints(&[30]), texts(&["b"]), ints(&[8])];
            let receipt = publish(&table, options, &rows_of(&new, rows)).await;
            assert_eq!(receipt.unwrap().version, 2);
            let table = Table::open(&on_disk(&directory)).await.unwrap();
            assert_eq!(columns(&table).await, ["id", "new", "where", "count"]);
            let some = |values: Vec<i64>| values.into_iter().map(Some).collect::<Vec<_>>();
            assert_eq!(numbers(&table, "id").await, some(ids.to_vec()));
            let tens = ids.iter().map(|id| id * 10).collect();
            assert_eq!(numbers(&table, "new").await, some(tens));
            let counts = ids.iter().map(|id| if *id == 3 { 8 } else { 7 }).collect();
            assert_eq!(numbers(&table, "count").await, some(counts));
            let snapshot = table.snapshot().await.unwrap();
            assert!(!snapshot.schema().field(1).is_nullable(), "it was proven");
            let found = snapshot.scan().filter(Predicate::eq("old", 30)).collect();
            assert_eq!(found.await.unwrap()[0].num_rows(), 1);
        }
    }
}

#[tokio::test]
async fn rows_are_found_by_a_key_that_is_renamed_by_their_publish() {
    let columns_of = |key: &str| {
        let key = Column::new(key, DataType::String).with_id("c-key");
        vec![key.with_key(1), long("n").with_id("c-n")]
    };
    let old = contract("1.0.0", columns_of("sku"), &[]);
    for custom in [&[VECTORS][..], &[VECTORS, MAPPING]] {
        let mut after = columns_of("gtin");
        after.push(text("note"));
        let new = contract("1.1.0", after, custom);
        let location = memory(&format!("evolving-keyed-{}", custom.len()));
        let rows = vec![texts(&["a", "b"]), ints(&[1, 2])];
        let table = made(&location, &old, rows).await;
        // Without the evolution the table does not take changes by key.
        let mode = Mode::Upsert(Upsert::by(["gtin"]));
        let options = evolving(&new).with_mode(mode);
        let rows = vec![texts(&["b", "c"]), ints(&[20, 30]), texts(&["x", "y"])];
        let mut writer = table.write(options).await.unwrap();
        writer.push(&rows_of(&new, rows)).await.unwrap();
        let keys: [(&str, ArrayRef); 1] = [("gtin", texts(&["a"]))];
        writer
            .delete(&RecordBatch::try_from_iter(keys).unwrap())
            .unwrap();
        let receipt = writer.commit().await.unwrap();
        assert_eq!(receipt.version, 2);
        let by_key = receipt.facts.unwrap().by_key.unwrap();
        assert_eq!((by_key.inserted, by_key.updated, by_key.deleted), (1, 1, 1));
        assert_eq!(numbers(&table, "n").await, [Some(20), Some(30)]);
    }
}

async fn pushed(table: &Table, options: WriteOptions, rows: &Admitted) -> Writer {
    let mut writer = table.write(options).await.unwrap();
    writer.push(rows).await.unwrap();
    writer
}

#[tokio::test(flavor = "multi_thread")]
async fn publishers_who_bring_a_table_to_one_declaration_all_publish() {
    for custom in [&[][..], &[MAPPING], &[MAPPING, WIDENING]] {
        // The features are there from the start, or come with the rest.
        for old in [versions(&[]).0, versions(custom).0] {
            let (_, new) = versions(custom);
            let (ours, theirs) = two_ways();
            let table = made(&ours, &old, vec![ints(&[1])]).await;
            let other = Table::open(&theirs).await.unwrap();
            let rows = |value: i64| rows_of(&new, vec![ints(&[value]), texts(&["x"])]);
            let first = pushed(&table, evolving(&new), &rows(2)).await;
            let second = pushed(&other, evolving(&new), &rows(3)).await;
            assert_eq!(first.commit().await.unwrap().version, 2);
            assert_eq!(second.commit().await.unwrap().version, 3);
            assert_eq!(numbers(&table, "a").await, [1, 2, 3].map(Some));
            let snapshot = table.snapshot().await.unwrap();
            let scan = snapshot.scan().filter(Predicate::eq("b", "x"));
            let found: usize = scan
                .collect()
                .await
                .unwrap()
                .iter()
                .map(RecordBatch::num_rows)
                .sum();
            assert_eq!(found, 2, "both files have the column under the same name");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_of_the_older_columns_comes_first_or_not_at_all() {
    for custom in [&[][..], &[MAPPING]] {
        let (old, new) = versions(custom);
        let (ours, theirs) = two_ways();
        let table = made(&ours, &old, vec![ints(&[1])]).await;
        let other = Table::open(&theirs).await.unwrap();
        let older = |value: i64| rows_of(&old, vec![ints(&[value])]);
        let early = pushed(&other, WriteOptions::new(), &older(2)).await;
        let late = pushed(&other, WriteOptions::new(), &older(3)).await;
        let newer = rows_of(&new, vec![ints(&[4]), texts(&["x"])]);
        let evolves = pushed(&table, evolving(&new), &newer).await;
        early.commit().await.unwrap();
        assert_eq!(evolves.commit().await.unwrap().version, 3);
        let error = late.commit().await.unwrap_err();
        assert!(
            matches!(&error, Error::Conflict { version: 3, reason } if reason.contains("schema")),
            "{error}"
        );
        assert_eq!(numbers(&table, "a").await, [1, 2, 4].map(Some));
        // One that begins behind it fills what it does not know with nulls.
        publish(&other, WriteOptions::new(), &older(5))
            .await
            .unwrap();
        assert_eq!(numbers(&table, "a").await, [1, 2, 4, 5].map(Some));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_went_elsewhere_meanwhile_is_not_brought_back() {
    let (old, new) = versions(&[]);
    let rows = || rows_of(&new, vec![ints(&[2]), texts(&["x"])]);
    // To columns that the declaration does not have.
    let elsewhere = contract("1.1.0", vec![long("a"), text("c")], &[]);
    let (ours, theirs) = two_ways();
    let table = made(&ours, &old, vec![ints(&[1])]).await;
    let other = Table::open(&theirs).await.unwrap();
    let mut late = pushed(&table, evolving(&new), &rows()).await;
    other
        .evolve(&TableSpec::from_contract(&elsewhere))
        .await
        .unwrap();
    let error = late.try_commit().await.unwrap_err();
    assert!(
        matches!(&error, Error::Incompatible { column, .. } if column == "c"),
        "{error}"
    );
    let error = late.stage().await.unwrap_err();
    assert!(matches!(error, Error::Incompatible { .. }), "{error}");
    assert_eq!(columns(&table).await, ["a", "c"]);

    // To the same columns with another one behind them.
    let beyond = contract("1.2.0", vec![long("a"), text("b"), text("c")], &[]);
    let (ours, theirs) = two_ways();
    let table = made(&ours, &old, vec![ints(&[1])]).await;
    let other = Table::open(&theirs).await.unwrap();
    let late = pushed(&table, evolving(&new), &rows()).await;
    other
        .evolve(&TableSpec::from_contract(&beyond))
        .await
        .unwrap();
    let error = late.commit().await.unwrap_err();
    assert!(matches!(error, Error::Incompatible { .. }), "{error}");

    // To the contract of another publish, where this one was judged against the one before.
    let (ours, theirs) = two_ways();
    let table = made(&ours, &old, vec![ints(&[1])]).await;
    let other = Table::open(&theirs).await.unwrap();
    let judged = evolving(&new).with_contract_before(Some(old.digest()));
    let late = pushed(&table, judged, &rows()).await;
    let theirs = rows_of(&elsewhere, vec![ints(&[3]), texts(&["y"])]);
    publish(&other, evolving(&elsewhere), &theirs)
        .await
        .unwrap();
    let error = late.commit().await.unwrap_err();
    assert!(
        matches!(&error, Error::Conflict { reason, .. } if reason.contains("another contract")),
        "{error}"
    );
    assert_eq!(numbers(&table, "a").await, [1, 3].map(Some));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_come_meanwhile_are_held_to_what_the_declaration_says() {
    // A required column is for a table without data.
    let (old, _) = versions(&[]);
    let required = contract("1.1.0", vec![long("a"), long("b")], &[]);
    let (ours, theirs) = two_ways();
    let table = Table::create(&ours, &TableSpec::from_contract(&old))
        .await
        .unwrap();
    let other = Table::open(&theirs).await.unwrap();
    let rows = rows_of(&required, vec![ints(&[2]), ints(&[3])]);
    let late = pushed(&table, evolving(&required), &rows).await;
    let theirs = rows_of(&old, vec![ints(&[1])]);
    publish(&other, WriteOptions::new(), &theirs).await.unwrap();
    let error = late.commit().await.unwrap_err();
    assert!(
        matches!(&error, Error::Incompatible { column, .. } if column == "b"),
        "{error}"
    );
    assert_eq!(columns(&table).await, ["a"]);

    // A column that is to be required has no nulls, those included that come in between.
    for (rival, holds) in [(Some(3), true), (None, false)] {
        let relaxed = contract("1.0.0", vec![long("a").with_nullable(true)], &[]);
        let strict = contract("1.1.0", vec![long("a")], &[]);
        let (ours, theirs) = two_ways();
        let table = made(&ours, &relaxed, vec![ints(&[1])]).await;
        let other = Table::open(&theirs).await.unwrap();
        let rows = rows_of(&strict, vec![ints(&[2])]);
        let late = pushed(&table, evolving(&strict), &rows).await;
        let theirs = rows_of(&relaxed, vec![Arc::new(Int64Array::from(vec![rival]))]);
        publish(&other, WriteOptions::new(), &theirs).await.unwrap();
        match late.commit().await {
            Ok(receipt) => assert!(holds && receipt.version == 3),
            Err(Error::Incompatible { reason, .. }) => {
                assert!(!holds && reason.contains("null in row 0"), "{reason}");
            }
            Err(error) => panic!("{error}"),
        }
        let snapshot = table.snapshot().await.unwrap();
        assert_eq!(snapshot.schema().field(0).is_nullable(), !holds);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_judged_too_early_is_judged_again_and_then_evolves() {
    let (old, new) = versions(&[MAPPING]);
    let (ours, theirs) = two_ways();
    let table = made(&ours, &old, vec![ints(&[1])]).await;
    let other = Table::open(&theirs).await.unwrap();
    let rows = rows_of(&new, vec![ints(&[2]), texts(&["x"])]);
    let mut writer = pushed(&table, evolving(&new), &rows).await;
    writer.expect_version(1);
    let more = rows_of(&old, vec![ints(&[3])]);
    publish(&other, WriteOptions::new(), &more).await.unwrap();
    let attempt = writer.try_commit().await.unwrap();
    assert!(matches!(attempt, Attempt::Moved { version: 2 }));
    assert_eq!(columns(&table).await, ["a"]);
    let beside = writer.beside().await.unwrap().unwrap();
    assert_eq!((beside.version(), beside.files().len()), (2, 2));
    writer.expect_version(2);
    let attempt = writer.try_commit().await.unwrap();
    assert!(matches!(attempt, Attempt::Done(receipt) if receipt.version == 3));
    assert_eq!(numbers(&table, "a").await, [1, 2, 3].map(Some));
    assert_eq!(columns(&table).await, ["a", "b"]);
}
