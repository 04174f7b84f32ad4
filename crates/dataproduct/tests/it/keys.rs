//! Keys against the rows that were published before: exactly, whoever publishes when.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use dataproduct::contract::{ContractBuilder, OnFailure};
use dataproduct::prelude::*;
use dataproduct::{BatchPublisher, Column, DataType, Durability};
use futures::TryStreamExt as _;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert_eq, proptest};

fn mesh(root: &std::path::Path) -> Mesh {
    Mesh::builder()
        .with_root(root.to_string_lossy())
        .with_durability(Durability::None)
        .build()
        .unwrap()
}

/// Counts by shelf and day, in a folder for each hall.
fn builder() -> ContractBuilder {
    Contract::builder("inventory.counts", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(Column::new("shelf", DataType::String).with_key(1))
        .with_column(Column::new("day", DataType::Int64).with_key(2))
        .with_column(Column::new("hall", DataType::String).with_partition(1))
        .with_column(Column::new("n", DataType::Int64).with_nullable(true))
}

fn apart() -> Contract {
    let builder = builder().with_on_failure(OnFailure::Quarantine);
    builder.build().unwrap()
}

type Row = (&'static str, i64, &'static str, i64);

fn batch(rows: &[Row]) -> RecordBatch {
    let text = |of: fn(&Row) -> &'static str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    let number = |of: fn(&Row) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(of)))
    };
    let columns = [
        ("shelf", text(|r| r.0)),
        ("day", number(|r| r.1)),
        ("hall", text(|r| r.2)),
        ("n", number(|r| r.3)),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

async fn all(mesh: &Mesh) -> Vec<RecordBatch> {
    let product = mesh.product("inventory.counts").await.unwrap();
    let rows = product.read().batches().await.unwrap();
    rows.try_collect().await.unwrap()
}

/// What is published: each key with its number, which no two rows share.
async fn published(mesh: &Mesh) -> BTreeMap<(String, i64), i64> {
    let mut out = BTreeMap::new();
    for rows in all(mesh).await {
        let texts = |name: &str| rows.column_by_name(name).unwrap().clone();
        let (shelf, day, n) = (texts("shelf"), texts("day"), texts("n"));
        for row in 0..rows.num_rows() {
            let shelf = shelf.as_string::<i32>().value(row).to_owned();
            let day = day.as_primitive::<Int64Type>().value(row);
            let n = n.as_primitive::<Int64Type>().value(row);
            let before = out.insert((shelf, day), n);
            assert_eq!(before, None, "a key is there twice");
        }
    }
    out
}

fn refused(outcome: Result<Receipt, Error>) -> String {
    match outcome {
        Err(Error::Refused { report, .. }) => report.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_that_is_published_already_refuses_the_publish() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(folder.path());
    let publisher = mesh.publisher_for(&builder().build().unwrap()).unwrap();
    let publish = async |rows: &[Row], how: Publish| publisher.publish([batch(rows)], how).await;
    let append = Publish::append;
    publish(&[("a", 1, "x", 0), ("a", 2, "y", 0)], append())
        .await
        .unwrap();
    // Another part of the key, and the same key in another partition.
    publish(&[("a", 3, "x", 0), ("b", 1, "x", 0)], append())
        .await
        .unwrap();
    let told = refused(publish(&[("c", 1, "x", 0), ("a", 2, "x", 0)], append()).await);
    assert_eq!(
        told,
        "shelf, day: 1 row breaks `key` (unique: the table holds the key of 1) [rule-broken]"
    );
    // What is replaced holds no key any more; what stays beside it does.
    let hall = |name: &'static str| Publish::append().replace_partition([("hall", name)]);
    publish(&[("a", 2, "y", 5)], hall("y")).await.unwrap();
    refused(publish(&[("a", 1, "y", 5)], hall("y")).await);
    publish(&[("a", 1, "z", 6), ("a", 2, "z", 6)], Publish::replace())
        .await
        .unwrap();
    assert_eq!(published(&mesh).await.len(), 2);
    // Once more under the same id is no other publish.
    let how = || append().with_publish_id("monday");
    let first = publish(&[("d", 1, "z", 6)], how()).await.unwrap();
    let again = publish(&[("d", 1, "z", 6)], how()).await.unwrap();
    assert_eq!(
        (again.table_version, again.already_published),
        (first.table_version, true)
    );
}

async fn kept_apart(publisher: &BatchPublisher) -> usize {
    let mut rows = 0;
    for run in publisher.quarantine().await.unwrap() {
        let found = publisher.inspect(&run.run).await.unwrap();
        let found: Vec<RecordBatch> = found.try_collect().await.unwrap();
        rows += found.iter().map(RecordBatch::num_rows).sum::<usize>();
    }
    rows
}

#[tokio::test]
async fn rows_whose_key_is_there_are_kept_apart_and_no_row_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(folder.path());
    let publisher = mesh.publisher_for(&apart()).unwrap();
    let publish = async |rows: &[Row]| publisher.publish([batch(rows)], Publish::append()).await;
    publish(&[("a", 1, "x", 0), ("b", 1, "x", 0)])
        .await
        .unwrap();
    // One key of the table, one that comes twice, and one of both.
    let rows = [
        ("a", 1, "x", 1),
        ("c", 1, "x", 1),
        ("c", 1, "y", 2),
        ("b", 1, "x", 1),
        ("b", 1, "y", 2),
        ("d", 1, "x", 1),
    ];
    let receipt = publish(&rows).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (2, 4));
    let found = published(&mesh).await;
    assert_eq!(found.len(), 4);
    assert_eq!(found[&("a".to_owned(), 1)], 0);
    assert_eq!(kept_apart(&publisher).await, 4);
    // A replay meets the same keys.
    let run = publisher.quarantine().await.unwrap()[0].run.clone();
    let receipt = publisher.replay(&run, Ok).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (0, 4));
    assert_eq!(published(&mesh).await, found);
}

#[tokio::test]
async fn a_unique_column_is_unique_in_the_table_and_missing_values_are_like_none() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(folder.path());
    let contract = Contract::builder("inventory.counts", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(
            Column::new("code", DataType::Float64)
                .with_nullable(true)
                .with_unique(),
        )
        .build()
        .unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    let publish = async |values: &[Option<f64>]| {
        let codes: ArrayRef = Arc::new(arrow_array::Float64Array::from(values.to_vec()));
        let rows = RecordBatch::try_from_iter_with_nullable([("code", codes, true)]).unwrap();
        publisher.publish([rows], Publish::append()).await
    };
    publish(&[Some(0.0), None, Some(f64::NAN)]).await.unwrap();
    publish(&[None, None, Some(1.0)]).await.unwrap();
    refused(publish(&[Some(-0.0)]).await);
    refused(publish(&[Some(f64::NAN)]).await);
}

/// Publishers that all want some of the same keys: of each key one wins, and the others' rows are kept apart.
async fn race(publishers: usize, one_mesh: bool) {
    let folder = tempfile::tempdir().unwrap();
    let shared = mesh(folder.path());
    shared
        .publisher_for(&apart())
        .unwrap()
        .publish([batch(&[("a", 0, "x", -1)])], Publish::append())
        .await
        .unwrap();
    let tasks = (0..publishers).map(|number| {
        let mesh = match one_mesh {
            true => shared.clone(),
            false => mesh(folder.path()),
        };
        tokio::spawn(async move {
            let publisher = mesh.publisher_for(&apart()).unwrap();
            let mut quarantined = 0;
            for round in 0..5 {
                let number = i64::try_from(number).unwrap();
                // One key that all want, one of their own, and one that is there.
                let rows = [
                    ("s", round, "x", number),
                    ("own", number * 100 + round, "y", number),
                    ("a", 0, "x", number),
                ];
                let receipt = publisher
                    .publish([batch(&rows)], Publish::append())
                    .await
                    .unwrap();
                assert_eq!(receipt.rows + receipt.quarantined, 3);
                quarantined += receipt.quarantined;
            }
            quarantined
        })
    });
    let mut quarantined = 0;
    for task in tasks.collect::<Vec<_>>() {
        quarantined += task.await.unwrap();
    }
    let found = published(&shared).await;
    let n = u64::try_from(publishers).unwrap();
    assert_eq!(found.len() as u64, 1 + 5 + 5 * n);
    assert_eq!(quarantined, 5 * n + 5 * (n - 1));
    let publisher = shared.publisher_for(&apart()).unwrap();
    assert_eq!(kept_apart(&publisher).await as u64, quarantined);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_publishers_that_race_for_a_key_one_wins() {
    race(4, true).await;
    race(3, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_publish_that_raced_with_itself_is_told_and_not_refused() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let same = || {
            let mesh = mesh(folder.path());
            tokio::spawn(async move {
                let contract = builder().build().unwrap();
                let publisher = mesh.publisher_for(&contract).unwrap();
                let how = Publish::append().with_publish_id(format!("run-{round}"));
                publisher
                    .publish([batch(&[("a", round, "x", 1)])], how)
                    .await
            })
        };
        let (one, two) = (same(), same());
        let (one, two) = (one.await.unwrap().unwrap(), two.await.unwrap().unwrap());
        assert_eq!(one.table_version, two.table_version);
        assert!(one.already_published != two.already_published);
    }
    assert_eq!(published(&mesh(folder.path())).await.len(), 10);
}

/// Publishes of rows of one hall each: whether it replaces the hall, the hall, and shelf, day and number of each row.
type Publishes = Vec<(bool, &'static str, Vec<(&'static str, i64, i64)>)>;

fn publishes() -> impl Strategy<Value = Publishes> {
    let row = (
        prop::sample::select(vec!["a", "b", "c", "d"]),
        0..6_i64,
        0..9_i64,
    );
    let hall = prop::sample::select(vec!["x", "y"]);
    let publish = (any::<bool>(), hall, prop::collection::vec(row, 1..8));
    prop::collection::vec(publish, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The table against a map: the first row of a key stays, and every other one is kept apart.
    #[test]
    fn the_first_row_of_a_key_stays(publishes in publishes()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mesh = mesh(folder.path());
        let publisher = mesh.publisher_for(&apart()).unwrap();
        let mut model: BTreeMap<(String, i64), (i64, &str)> = BTreeMap::new();
        for (replaces, hall, rows) in publishes {
            let mut how = Publish::append();
            if replaces {
                how = how.replace_partition([("hall", hall)]);
                model.retain(|_, (_, of)| *of != hall);
            }
            let sent: Vec<Row> = rows.iter().map(|(shelf, day, n)| (*shelf, *day, hall, *n)).collect();
            let receipt = runtime.block_on(publisher.publish([batch(&sent)], how)).unwrap();
            let before = model.len();
            for (shelf, day, n) in &rows {
                let key = ((*shelf).to_owned(), *day);
                model.entry(key).or_insert((*n, hall));
            }
            prop_assert_eq!(receipt.rows as usize, model.len() - before);
            prop_assert_eq!((receipt.rows + receipt.quarantined) as usize, rows.len());
            let found = runtime.block_on(published(&mesh));
            let expect: BTreeMap<_, _> = model.iter().map(|(key, (n, _))| (key.clone(), *n)).collect();
            prop_assert_eq!(found, expect);
        }
    }
}
