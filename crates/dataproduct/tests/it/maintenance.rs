//! Looking after the tables of a product.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use dataproduct::contract::OnFailure;
use dataproduct::prelude::*;
use dataproduct::{
    BatchPublisher, Column, Compaction, DataType, Durability, Garbage, LogCleanup, Restore,
    TableCopy, Vacuum, Value,
};
use futures::TryStreamExt;

const MARKER: &str = "customer-4711-of-Lyon";

fn contract() -> Contract {
    Contract::builder("shop.orders", "1.0.0")
        .with_owner("shop-team")
        .with_on_failure(OnFailure::Quarantine)
        .with_custom("delta.enableDeletionVectors", Value::Bool(true))
        .with_column(Column::new("customer", DataType::String).with_key(1))
        .with_column(Column::new("shelf", DataType::String).with_pattern("[A-Z][0-9]"))
        .build()
        .unwrap()
}

fn batch(rows: &[(&str, &str)]) -> RecordBatch {
    let of = |values: Vec<&str>| -> ArrayRef { Arc::new(StringArray::from(values)) };
    RecordBatch::try_from_iter([
        ("customer", of(rows.iter().map(|row| row.0).collect())),
        ("shelf", of(rows.iter().map(|row| row.1).collect())),
    ])
    .unwrap()
}

fn mesh(folder: &tempfile::TempDir) -> Mesh {
    Mesh::builder()
        .with_root(folder.path().to_string_lossy())
        .with_durability(Durability::None)
        .build()
        .unwrap()
}

async fn publish(
    publisher: &BatchPublisher,
    how: Publish,
    rows: &[(&str, &str)],
) -> Result<dataproduct::Receipt, Error> {
    publisher.publish([batch(rows)], how).await
}

async fn customers(mesh: &Mesh) -> Vec<String> {
    let product = mesh.product("shop.orders@^1").await.unwrap();
    assert_eq!(product.contract(), &contract());
    let rows = product.read().select(["customer"]).batches().await.unwrap();
    let rows: Vec<RecordBatch> = rows.try_collect().await.unwrap();
    let names = rows.iter().flat_map(|batch| {
        let column = batch.column(0).as_string::<i32>();
        column
            .iter()
            .flatten()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_looked_after_and_stays_a_product() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let publisher = mesh.publisher_for(&contract()).unwrap();
    publish(
        &publisher,
        Publish::append(),
        &[("a", "A1"), (MARKER, "B2")],
    )
    .await
    .unwrap();
    // A bad row of the subject: in the quarantine, and a sample in the report.
    publish(
        &publisher,
        Publish::append(),
        &[("b", "B1"), (MARKER, "none")],
    )
    .await
    .unwrap();
    publish(&publisher, Publish::upsert(), &[("c", "C1")])
        .await
        .unwrap();
    let [table] = &mesh.maintenance("shop.orders@^1").await.unwrap()[..] else {
        panic!("one major version");
    };
    assert_eq!(table.version().to_string(), "1.0.0");
    assert_eq!(table.limits().await.unwrap(), []);
    let erasure = table
        .erasure_of("customer", &[MARKER.to_owned()])
        .await
        .unwrap();
    let erasure = erasure.with_grace(Duration::ZERO);
    let found = table.find_traces(&erasure).await.unwrap().found;
    for place in ["_quarantine/", "_delta_log/"] {
        assert!(
            found.iter().any(|trace| trace.object.starts_with(place)),
            "{place}: {found:?}"
        );
    }
    let receipt = table.erase(&erasure).await.unwrap();
    assert!(receipt.is_complete(), "{receipt:?}");
    assert_eq!(receipt.rows, 1);
    assert_eq!(receipt.quarantine.as_ref().unwrap().rows, 1);
    assert_eq!(
        receipt.redacted.len(),
        1,
        "the sample of the row that was kept apart"
    );
    assert_eq!(table.find_traces(&erasure).await.unwrap().found, []);
    // Still a product, under its contract, for those who have it open and for others.
    assert_eq!(customers(&mesh).await, ["a", "b", "c"]);
    let version = mesh
        .product("shop.orders")
        .await
        .unwrap()
        .source()
        .table_version;
    publish(&publisher, Publish::append(), &[("d", "D1")])
        .await
        .unwrap();
    assert_eq!(customers(&mesh).await, ["a", "b", "c", "d"]);
    let again = publish(&publisher, Publish::append(), &[("d", "D9")])
        .await
        .unwrap();
    assert_eq!((again.rows, again.quarantined), (0, 1), "its key is there");
    table.restore(&Restore::to(version)).await.unwrap();
    assert_eq!(customers(&mesh).await, ["a", "b", "c"]);
    table
        .compact(&Compaction::new().with_small_files(2))
        .await
        .unwrap();
    table.vacuum(&Vacuum::new()).await.unwrap();
    table.clean_log(&LogCleanup::new()).await.unwrap();
    table.collect_garbage(&Garbage::new()).await.unwrap();
    assert_eq!(customers(&mesh).await, ["a", "b", "c"]);
    // A copy in another mesh is the same product.
    let other = tempfile::tempdir().unwrap();
    let place = other.path().join("shop/orders/v1");
    table
        .copy_to(&place.to_string_lossy(), &TableCopy::new())
        .await
        .unwrap();
    let other = Mesh::builder()
        .with_root(other.path().to_string_lossy())
        .build()
        .unwrap();
    assert_eq!(customers(&other).await, ["a", "b", "c"]);
    let publisher = other.publisher_for(&contract()).unwrap();
    publish(&publisher, Publish::upsert(), &[("a", "A9"), ("e", "E1")])
        .await
        .unwrap();
    assert_eq!(customers(&other).await, ["a", "b", "c", "e"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_replaced_by_a_predicate_free_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let publisher = mesh.publisher_for(&contract()).unwrap();
    publish(
        &publisher,
        Publish::append(),
        &[("a", "A1"), ("b", "B1"), ("c", "B2")],
    )
    .await
    .unwrap();
    let shelf = || Publish::replace_where(Predicate::gt_eq("shelf", "B0"));
    let receipt = publish(&publisher, shelf(), &[("b", "B7"), ("d", "B8")])
        .await
        .unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (2, 0));
    assert_eq!(customers(&mesh).await, ["a", "b", "d"]);
    // The key of a row that stays is taken.
    let receipt = publish(&publisher, shelf(), &[("a", "B7"), ("e", "B8")])
        .await
        .unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (1, 1));
    assert_eq!(customers(&mesh).await, ["a", "e"]);
    let error = publish(&publisher, shelf(), &[("f", "A2")])
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("row 0 is not in what"),
        "{error}"
    );
    assert_eq!(customers(&mesh).await, ["a", "e"]);
}

#[tokio::test]
async fn values_are_given_in_the_types_of_columns() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let of = |name: &str, kind: DataType| Column::new(name, kind).with_nullable(true);
    let contract = Contract::builder("shop.types", "1.0.0")
        .with_owner("shop-team")
        .with_column(of("number", DataType::Int64))
        .with_column(of("day", DataType::Date))
        .with_column(of("truth", DataType::Boolean))
        .build()
        .unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    let empty = RecordBatch::new_empty(contract.arrow_schema());
    publisher.publish([empty], Publish::append()).await.unwrap();
    let table = mesh.maintenance("shop.types").await.unwrap().remove(0);
    for (column, good, bad) in [
        ("number", "-7", "7.5"),
        ("day", "2026-11-27", "27.11.2026"),
        ("truth", "true", "yes"),
    ] {
        let _erasure = table.erasure_of(column, &[good.to_owned()]).await.unwrap();
        let error = table
            .erasure_of(column, &[bad.to_owned()])
            .await
            .unwrap_err();
        assert!(error.to_string().contains(column), "{error}");
    }
    assert!(table.erasure_of("nothing", &[]).await.is_err());
    let error = mesh.maintenance("shop.types@^2").await.unwrap_err();
    assert!(matches!(error, Error::NotPublished { .. }), "{error}");
}
