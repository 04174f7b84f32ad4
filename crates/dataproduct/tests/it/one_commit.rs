//! A publish under a newer contract is all or nothing: its columns and its rows come in one commit.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use dataproduct::contract::{ContractBuilder, OnFailure};
use dataproduct::prelude::*;
use dataproduct::{BatchPublisher, Column, DataType, Durability, SessionOptions};
use dataproduct_table::{Location, Table};
use futures::TryStreamExt as _;

const MAPPING: (&str, &str) = ("delta.columnMapping.mode", "name");

fn mesh(folder: &tempfile::TempDir) -> Mesh {
    Mesh::builder()
        .with_root(folder.path().to_string_lossy())
        .with_durability(Durability::None)
        .build()
        .unwrap()
}

fn builder(version: &str) -> ContractBuilder {
    Contract::builder("inventory.counts", version)
        .with_owner("inventory-platform")
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(
            Column::new("pieces", DataType::Int64)
                .with_minimum(0)
                .with_nullable(true),
        )
}

fn note() -> Column {
    Column::new("note", DataType::String).with_nullable(true)
}

/// Two columns, and then one more.
fn versions(of: impl Fn(ContractBuilder) -> ContractBuilder) -> (Contract, Contract) {
    let old = of(builder("1.0.0")).build().unwrap();
    let new = of(builder("1.1.0")).with_column(note()).build().unwrap();
    (old, new)
}

fn plain(builder: ContractBuilder) -> ContractBuilder {
    builder
}

/// Rows of id and pieces, in the columns of a contract.
fn batch(contract: &Contract, rows: &[(i64, i64)]) -> RecordBatch {
    let ids: Int64Array = rows.iter().map(|row| Some(row.0)).collect();
    let pieces: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
    let mut columns: Vec<ArrayRef> = vec![Arc::new(ids), Arc::new(pieces)];
    if contract.columns().len() > 2 {
        let notes: StringArray = rows.iter().map(|row| Some(format!("n{}", row.0))).collect();
        columns.push(Arc::new(notes));
    }
    RecordBatch::try_new(contract.arrow_schema(), columns).unwrap()
}

fn publisher(mesh: &Mesh, contract: &Contract) -> BatchPublisher {
    mesh.publisher_for(contract).unwrap()
}

async fn send(
    mesh: &Mesh,
    contract: &Contract,
    rows: &[(i64, i64)],
    how: Publish,
) -> Result<Receipt, Error> {
    publisher(mesh, contract)
        .publish([batch(contract, rows)], how)
        .await
}

async fn table(folder: &tempfile::TempDir) -> Table {
    let at = folder.path().join("inventory/counts/v1");
    let at = Location::parse(&at.to_string_lossy()).unwrap();
    Table::open(&at).await.unwrap()
}

/// The newest version and its columns.
async fn state(folder: &tempfile::TempDir) -> (u64, Vec<String>) {
    let snapshot = table(folder).await.snapshot().await.unwrap();
    let fields = snapshot.schema().fields().iter();
    let columns = fields.map(|field| field.name().clone()).collect();
    (snapshot.version(), columns)
}

/// The rows that are published: id, pieces, and whether there is a note.
async fn published(mesh: &Mesh) -> Vec<(i64, i64, bool)> {
    let product = mesh.product("inventory.counts@^1").await.unwrap();
    let batches = product.read().batches().await.unwrap();
    let batches: Vec<RecordBatch> = batches.try_collect().await.unwrap();
    let mut rows = Vec::new();
    for batch in &batches {
        let numbers = |column: usize| batch.column(column).as_primitive::<Int64Type>().values();
        let notes = batch.column_by_name("note");
        let has_note = |row: usize| notes.is_some_and(|notes| notes.is_valid(row));
        rows.extend(
            (0..batch.num_rows()).map(|row| (numbers(0)[row], numbers(1)[row], has_note(row))),
        );
    }
    rows.sort_unstable();
    rows
}

/// What happens in another process while the rows of a publish are being taken.
fn meanwhile<F>(rows: RecordBatch, what: impl FnOnce() -> F + Send + 'static) -> [RecordBatch; 1]
where
    F: Future<Output = ()>,
{
    let other = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(what());
    });
    other.join().unwrap();
    [rows]
}

#[tokio::test]
async fn columns_and_rows_of_a_newer_contract_come_in_one_version() {
    for custom in [None, Some(MAPPING)] {
        let folder = tempfile::tempdir().unwrap();
        let mesh = mesh(&folder);
        let (old, new) = versions(|builder| match custom {
            Some((name, value)) => builder.with_custom(name, value),
            None => builder,
        });
        let receipt = send(&mesh, &old, &[(1, 1)], Publish::append()).await;
        assert_eq!(receipt.unwrap().table_version, 1);
        let how = || Publish::append().with_publish_id("monday");
        let receipt = send(&mesh, &new, &[(2, 2)], how()).await.unwrap();
        assert_eq!(receipt.table_version, 2);
        assert_eq!(published(&mesh).await, [(1, 1, false), (2, 2, true)]);
        let again = send(&mesh, &new, &[(2, 2)], how()).await.unwrap();
        assert!(again.already_published);
        assert_eq!(state(&folder).await.0, 2);
    }
}

#[tokio::test]
async fn a_publish_that_fails_leaves_the_older_contract_and_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let (old, new) = versions(plain);
    send(&mesh, &old, &[(1, 1)], Publish::append())
        .await
        .unwrap();
    let before = state(&folder).await;
    let product = mesh.product("inventory.counts@^1").await.unwrap();

    // The quality gate refuses a row, and the table a key that it has already.
    for rows in [[(2, -2)], [(1, 2)]] {
        let outcome = send(&mesh, &new, &rows, Publish::append()).await;
        assert!(matches!(outcome, Err(Error::Refused { .. })), "{outcome:?}");
        assert_eq!(state(&folder).await, before);
    }
    // A file breaks off behind rows that were written.
    let path = folder.path().join("rows.csv");
    std::fs::write(&path, "id,pieces,note\n2,2,x\n3,three,y\n").unwrap();
    let outcome = publisher(&mesh, &new)
        .publish_file(&path, Publish::append())
        .await;
    assert!(matches!(outcome, Err(Error::Input { .. })), "{outcome:?}");
    assert_eq!(state(&folder).await, before);

    // Its readers and its publishers go on.
    assert_eq!(product.contract().version(), old.version());
    send(&mesh, &old, &[(2, 2)], Publish::append())
        .await
        .unwrap();
    assert_eq!(published(&mesh).await, [(1, 1, false), (2, 2, false)]);
    let receipt = send(&mesh, &new, &[(3, 3)], Publish::append()).await;
    assert_eq!(receipt.unwrap().table_version, before.0 + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_publishes_under_the_older_contract_meanwhile_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let (old, new) = versions(plain);
    send(&mesh, &old, &[(1, 1)], Publish::append())
        .await
        .unwrap();
    let (theirs, older) = (mesh.clone(), old.clone());
    let batches = std::iter::once_with(|| {
        meanwhile(batch(&new, &[(2, 2)]), move || async move {
            let receipt = send(&theirs, &older, &[(3, 3)], Publish::append()).await;
            assert_eq!(receipt.unwrap().table_version, 2);
        })
    });
    let receipt = publisher(&mesh, &new)
        .publish(batches.flatten(), Publish::append())
        .await
        .unwrap();
    assert_eq!(receipt.table_version, 3);
    let expect = [(1, 1, false), (2, 2, true), (3, 3, false)];
    assert_eq!(published(&mesh).await, expect);

    // One that was under way when the newer contract came is a conflict, as it was judged against another one.
    let newest = builder("1.2.0")
        .with_columns([
            note(),
            Column::new("day", DataType::Date).with_nullable(true),
        ])
        .build()
        .unwrap();
    let (theirs, taken) = (mesh.clone(), newest.clone());
    let batches = std::iter::once_with(|| {
        meanwhile(batch(&new, &[(4, 4)]), move || async move {
            let publisher = publisher(&theirs, &taken);
            publisher.publish([], Publish::append()).await.unwrap();
        })
    });
    let outcome = publisher(&mesh, &new)
        .publish(batches.flatten(), Publish::append())
        .await;
    assert!(
        matches!(
            &outcome,
            Err(Error::Table(dataproduct_table::Error::Conflict { .. }))
        ),
        "{outcome:?}"
    );
    assert_eq!(published(&mesh).await, expect);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_begin_with_one_newer_contract_at_once() {
    for custom in [None, Some(MAPPING)] {
        let folder = tempfile::tempdir().unwrap();
        let mesh = mesh(&folder);
        let (old, new) = versions(|builder| match custom {
            Some((name, value)) => builder.with_custom(name, value),
            None => builder,
        });
        send(&mesh, &old, &[(0, 0)], Publish::append())
            .await
            .unwrap();
        let (theirs, same) = (mesh.clone(), new.clone());
        let batches = std::iter::once_with(|| {
            meanwhile(batch(&new, &[(1, 1)]), move || async move {
                send(&theirs, &same, &[(2, 2)], Publish::append())
                    .await
                    .unwrap();
            })
        });
        publisher(&mesh, &new)
            .publish(batches.flatten(), Publish::append())
            .await
            .unwrap();
        let expect = [(0, 0, false), (1, 1, true), (2, 2, true)];
        assert_eq!(published(&mesh).await, expect);
        assert_eq!(state(&folder).await.0, 3);
    }
}

#[tokio::test]
async fn rows_are_changed_by_key_in_the_commit_of_a_newer_contract() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let (old, new) = versions(|builder| builder.with_custom("delta.enableDeletionVectors", true));
    send(&mesh, &old, &[(1, 1), (2, 2)], Publish::upsert())
        .await
        .unwrap();
    let outcome = send(&mesh, &new, &[(2, -1)], Publish::upsert()).await;
    assert!(matches!(outcome, Err(Error::Refused { .. })), "{outcome:?}");
    assert_eq!(state(&folder).await.0, 1);
    let receipt = send(&mesh, &new, &[(2, 5), (3, 3)], Publish::upsert()).await;
    assert_eq!(receipt.unwrap().table_version, 2);
    let expect = [(1, 1, false), (2, 5, true), (3, 3, true)];
    assert_eq!(published(&mesh).await, expect);

    // A session goes on from there under a contract of its own.
    let newest = builder("1.2.0")
        .with_columns([
            note(),
            Column::new("day", DataType::Date).with_nullable(true),
        ])
        .with_custom("delta.enableDeletionVectors", true)
        .build()
        .unwrap();
    // Its versions are counted here, so that nothing else may commit.
    let options = SessionOptions::upsert().with_rows(1);
    let session = publisher(&mesh, &newest).session(options.with_compaction(false));
    let rows = |rows| {
        let rows = batch(&new, rows);
        let mut columns = rows.columns().to_vec();
        columns.push(arrow_array::new_null_array(
            &arrow_schema::DataType::Date32,
            rows.num_rows(),
        ));
        RecordBatch::try_new(newest.arrow_schema(), columns).unwrap()
    };
    let first = session.send(rows(&[(3, 9)])).await.unwrap();
    assert_eq!(first.visible().await.unwrap().table_version, 3);
    let second = session.send(rows(&[(4, 4)])).await.unwrap();
    assert_eq!(second.visible().await.unwrap().table_version, 4);
    assert_eq!(state(&folder).await.1, ["id", "pieces", "note", "day"]);
    let expect = [(1, 1, false), (2, 5, true), (3, 9, true), (4, 4, true)];
    assert_eq!(published(&mesh).await, expect);
}

#[tokio::test]
async fn rows_are_kept_apart_from_those_of_a_newer_contract() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let (old, new) = versions(|builder| builder.with_on_failure(OnFailure::Quarantine));
    let how = |id: &str| Publish::append().with_publish_id(id);
    let receipt = send(&mesh, &old, &[(1, 1), (2, -2)], how("monday")).await;
    assert_eq!(receipt.unwrap().quarantined, 1);
    // Of two rows of one key the second goes, so that what was staged is written anew.
    let rows = [(3, 3), (4, -4), (5, 5), (5, 6)];
    let receipt = send(&mesh, &new, &rows, how("tuesday")).await.unwrap();
    assert_eq!((receipt.table_version, receipt.rows), (2, 2));
    assert_eq!(receipt.quarantined, 2);
    let expect = [(1, 1, false), (3, 3, true), (5, 5, true)];
    assert_eq!(published(&mesh).await, expect);
    let apart = publisher(&mesh, &new);
    let rows: Vec<RecordBatch> = apart
        .inspect("tuesday")
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let notes = rows.iter().map(|rows| {
        let notes = rows.column_by_name("note").unwrap();
        notes.len() - notes.null_count()
    });
    assert_eq!(notes.sum::<usize>(), 2);

    // What was kept apart under an older contract is replayed under a newer one, in one commit.
    let newest = builder("1.2.0")
        .with_on_failure(OnFailure::Quarantine)
        .with_columns([
            note(),
            Column::new("day", DataType::Date).with_nullable(true),
        ])
        .build()
        .unwrap();
    let set_right = |rows: RecordBatch| {
        let place = rows.schema().index_of("pieces").unwrap();
        let mut columns = rows.columns().to_vec();
        columns[place] = Arc::new(Int64Array::from(vec![7; rows.num_rows()]));
        Ok(RecordBatch::try_new(rows.schema(), columns).unwrap())
    };
    let receipt = publisher(&mesh, &newest)
        .replay("monday", set_right)
        .await
        .unwrap();
    assert_eq!((receipt.table_version, receipt.rows), (3, 1));
    assert_eq!(
        published(&mesh).await,
        [(1, 1, false), (2, 7, false), (3, 3, true), (5, 5, true)]
    );
    assert_eq!(state(&folder).await.1, ["id", "pieces", "note", "day"]);
}
