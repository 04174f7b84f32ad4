//! A keyed product: rows take the place of those with their key.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use dataproduct::contract::{ContractBuilder, OnFailure};
use dataproduct::prelude::*;
use dataproduct::{Column, DataType, Durability};
use dataproduct_table::{Compaction, Location, Table};
use futures::TryStreamExt;

fn builder(version: &str) -> ContractBuilder {
    Contract::builder("inventory.levels", version)
        .with_owner("inventory-platform")
        .with_on_failure(OnFailure::Quarantine)
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_column(Column::new("pieces", DataType::Int64).with_minimum(0))
        .with_column(Column::new("counted_at", DataType::Timestamp).with_event_time())
}

fn keyed() -> Contract {
    let builder = builder("1.0.0").with_custom("delta.enableDeletionVectors", true);
    builder.build().unwrap()
}

fn mesh(folder: &tempfile::TempDir) -> Mesh {
    Mesh::builder()
        .with_root(folder.path().to_string_lossy())
        .with_durability(Durability::None)
        .build()
        .unwrap()
}

/// Rows of sku, pieces and hour.
fn batch(rows: &[(&str, i64, i64)]) -> RecordBatch {
    let skus: StringArray = rows.iter().map(|row| Some(row.0)).collect();
    let pieces: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
    let hours = rows.iter().map(|row| Some(row.2 * 3_600_000_000));
    let counted: TimestampMicrosecondArray = hours.collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("sku", Arc::new(skus)),
        ("pieces", Arc::new(pieces)),
        ("counted_at", Arc::new(counted.with_timezone("UTC"))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

async fn levels(mesh: &Mesh) -> Vec<(String, i64)> {
    let product = mesh.product("inventory.levels@^1").await.unwrap();
    let batches: Vec<RecordBatch> = product
        .read()
        .select(["sku", "pieces"])
        .batches()
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let mut levels = Vec::new();
    for batch in &batches {
        let skus = batch.column(0).as_string::<i32>().iter().flatten();
        let pieces = batch.column(1).as_primitive::<Int64Type>().values();
        levels.extend(skus.map(str::to_owned).zip(pieces.iter().copied()));
    }
    levels.sort_unstable();
    levels
}

fn expect(levels: &[(&str, i64)]) -> Vec<(String, i64)> {
    let levels = levels.iter();
    levels
        .map(|(sku, pieces)| ((*sku).to_owned(), *pieces))
        .collect()
}

#[tokio::test]
async fn the_latest_row_of_each_key_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let publisher = mesh.publisher_for(&keyed()).unwrap();
    let upsert = async |rows: &[(&str, i64, i64)], how: Publish| {
        publisher.publish([batch(rows)], how).await.unwrap()
    };
    let receipt = upsert(
        &[("a", 1, 10), ("b", 2, 10), ("c", 3, 10)],
        Publish::upsert(),
    )
    .await;
    assert_eq!(receipt.rows, 3);
    // A row that breaks a rule is kept apart and changes nothing; one that is late changes nothing.
    let receipt = upsert(
        &[("a", 7, 11), ("b", -1, 11), ("c", 9, 9), ("d", 4, 11)],
        Publish::upsert().with_publish_id("second"),
    )
    .await;
    assert_eq!((receipt.rows, receipt.quarantined), (2, 1));
    assert_eq!(
        levels(&mesh).await,
        expect(&[("a", 7), ("b", 2), ("c", 3), ("d", 4)])
    );
    // The same publish again is the same commit.
    let again = upsert(
        &[("a", 7, 11), ("b", -1, 11), ("c", 9, 9), ("d", 4, 11)],
        Publish::upsert().with_publish_id("second"),
    )
    .await;
    assert!(again.already_published);
    // What is gone, and a delete that is late.
    let gone = batch(&[("a", 0, 12), ("c", 0, 8), ("nowhere", 0, 12)]);
    let receipt = upsert(&[("b", 5, 12)], Publish::upsert().with_deletes(gone)).await;
    assert_eq!(receipt.rows, 1);
    assert_eq!(levels(&mesh).await, expect(&[("b", 5), ("c", 3), ("d", 4)]));
}

#[tokio::test]
async fn who_did_not_ask_for_deletion_vectors_is_told_how() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let plain = builder("1.0.0").build().unwrap();
    let publisher = mesh.publisher_for(&plain).unwrap();
    let rows = || [batch(&[("a", 1, 10)])];
    publisher.publish(rows(), Publish::append()).await.unwrap();
    let error = publisher
        .publish(rows(), Publish::upsert())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("delta.enableDeletionVectors"),
        "{error}"
    );
    // The next version may ask for them.
    let keyed = builder("1.1.0")
        .with_custom("delta.enableDeletionVectors", true)
        .build()
        .unwrap();
    let publisher = mesh.publisher_for(&keyed).unwrap();
    let now = [batch(&[("a", 2, 11)])];
    publisher.publish(now, Publish::upsert()).await.unwrap();
    assert_eq!(levels(&mesh).await, expect(&[("a", 2)]));
}

#[tokio::test]
async fn without_a_primary_key_nothing_is_changed_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let keyless = Contract::builder("inventory.levels", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(Column::new("sku", DataType::String))
        .with_custom("delta.enableDeletionVectors", true)
        .build()
        .unwrap();
    let publisher = mesh.publisher_for(&keyless).unwrap();
    let rows = batch(&[("a", 1, 10)]).project(&[0]).unwrap();
    let error = publisher
        .publish([rows], Publish::upsert())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no key column"), "{error}");
}

/// With `DATAPRODUCT_EVOLUTION` the table stays there, with what other programs should find in it.
#[tokio::test(flavor = "multi_thread")]
async fn every_version_reads_what_was_changed_by_key() {
    let directory = tempfile::tempdir().unwrap();
    let asked = std::env::var("DATAPRODUCT_EVOLUTION").ok();
    let folder = asked.clone().map_or(directory.path().into(), PathBuf::from);
    let root = folder.join("mesh-keyed");
    let mesh = Mesh::builder().with_root(root.to_string_lossy()).build();
    let mesh = mesh.unwrap();
    let publisher = mesh.publisher_for(&keyed()).unwrap();
    let skus: Vec<String> = (0..30_000).map(|sku| format!("sku-{sku:05}")).collect();
    let some = |step: usize, pieces: i64| -> Vec<(&str, i64, i64)> {
        let skus = skus.iter().step_by(step);
        skus.map(|sku| (sku.as_str(), pieces, pieces)).collect()
    };
    let upsert = async |rows: &[(&str, i64, i64)], how: Publish| {
        publisher.publish([batch(rows)], how).await.unwrap()
    };
    upsert(&some(1, 1), Publish::upsert()).await;
    // Enough of them for a file of deletion vectors, then few.
    upsert(&some(3, 2), Publish::upsert()).await;
    let gone = batch(&some(7, 3));
    upsert(&some(1000, 4), Publish::upsert().with_deletes(gone)).await;
    let expect: Vec<(String, i64)> = skus
        .iter()
        .enumerate()
        .filter_map(|(sku, name)| {
            let pieces = match sku {
                sku if sku % 1000 == 0 => 4,
                sku if sku % 7 == 0 => return None,
                sku if sku % 3 == 0 => 2,
                _ => 1,
            };
            Some((name.clone(), pieces))
        })
        .collect();
    assert_eq!(levels(&mesh).await, expect);
    let path = root.join("inventory/levels/v1");
    let location = Location::parse(path.to_str().unwrap()).unwrap();
    let table = Table::open(&location).await.unwrap();
    let check = async |case: &str| {
        let snapshot = table.snapshot().await.unwrap();
        let vectors = snapshot
            .files()
            .iter()
            .filter(|f| f.deleted_rows > 0)
            .count();
        assert_eq!(vectors > 0, case == "keyed");
        assert_eq!(levels(&mesh).await, expect, "{case}");
        if asked.is_none() {
            return;
        }
        let batches = snapshot.scan().collect().await.unwrap();
        let dump = std::fs::File::create(folder.join(format!("{case}.parquet"))).unwrap();
        let schema = Arc::clone(snapshot.schema());
        let mut dump = parquet::arrow::ArrowWriter::try_new(dump, schema, None).unwrap();
        batches.iter().for_each(|batch| dump.write(batch).unwrap());
        dump.close().unwrap();
        // As it is now: the folder of the table goes on changing.
        copy(&path, &folder.join(case));
        let notes = "{\"ours\": [], \"columnMapping\": false, \"typeWidening\": false}";
        std::fs::write(folder.join(format!("{case}.json")), notes).unwrap();
    };
    check("keyed").await;
    let compaction = Compaction::new()
        .with_small_files(2)
        .with_deleted_share(0.01);
    let report = table.compact(&compaction).await.unwrap();
    assert_eq!((report.files_removed, report.files_added), (3, 1));
    check("keyed-compacted").await;
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}
