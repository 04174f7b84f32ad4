//! Many small publishes as few commits.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray};
use dataproduct::prelude::*;
use dataproduct::{BatchPublisher, Column, DataType, Durability, SessionOptions};
use futures::TryStreamExt;

fn batch(rows: &[(i64, i64)]) -> RecordBatch {
    let ids: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Int64Array>());
    let pieces: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Int64Array>());
    RecordBatch::try_from_iter([("id", ids), ("pieces", pieces)]).unwrap()
}

fn publisher(folder: &tempfile::TempDir) -> (Mesh, BatchPublisher) {
    let mesh = Mesh::builder()
        .with_root(folder.path().to_string_lossy())
        .with_durability(Durability::None)
        .build()
        .unwrap();
    let contract = Contract::builder("inventory.levels", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(Column::new("pieces", DataType::Int64).with_minimum(0))
        .with_custom("delta.enableDeletionVectors", true)
        .build()
        .unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    (mesh, publisher)
}

async fn levels(mesh: &Mesh) -> Vec<(i64, i64)> {
    let product = mesh.product("inventory.levels@^1").await.unwrap();
    let batches = product.read().batches().await.unwrap();
    let batches: Vec<RecordBatch> = batches.try_collect().await.unwrap();
    let mut levels = Vec::new();
    for batch in &batches {
        let column = |name: &str| batch.column_by_name(name).unwrap().clone();
        let (ids, pieces) = (column("id"), column("pieces"));
        let ids = ids.as_primitive::<Int64Type>().values().to_vec();
        let pieces = pieces.as_primitive::<Int64Type>().values().to_vec();
        levels.extend(ids.into_iter().zip(pieces));
    }
    levels.sort_unstable();
    levels
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_from_everywhere_become_few_commits() {
    let folder = tempfile::tempdir().unwrap();
    let (mesh, publisher) = publisher(&folder);
    let options = SessionOptions::upsert().with_linger(Duration::from_millis(30));
    let session = Arc::new(publisher.session(options));
    let callers = (0..4).map(|caller| {
        let session = Arc::clone(&session);
        tokio::spawn(async move {
            let mut pending = Vec::new();
            for call in 0..50 {
                let id = caller * 1000 + call;
                pending.push(session.send(batch(&[(id, caller)])).await.unwrap());
            }
            let mut versions = Vec::new();
            for pending in pending {
                versions.push(pending.visible().await.unwrap().table_version);
            }
            // In the order of the calls.
            assert!(versions.is_sorted());
            versions
        })
    });
    let mut versions = Vec::new();
    for caller in futures::future::join_all(callers).await {
        versions.extend(caller.unwrap());
    }
    versions.sort_unstable();
    versions.dedup();
    assert!(
        versions.len() < 60,
        "{} commits for 200 calls",
        versions.len()
    );
    let expect: Vec<(i64, i64)> = (0..4)
        .flat_map(|caller| (0..50).map(move |call| (caller * 1000 + call, caller)))
        .collect();
    assert_eq!(levels(&mesh).await, expect);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_for_the_rows_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let (mesh, publisher) = publisher(&folder);
    let session = publisher.session(SessionOptions::append());
    let mut pending = Vec::new();
    for (id, pieces) in [(1, 1), (2, -1), (3, 3)] {
        pending.push(session.send(batch(&[(id, pieces)])).await.unwrap());
    }
    let mut outcomes = Vec::new();
    for pending in pending {
        outcomes.push(pending.visible().await);
    }
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    let error = outcomes[1].as_ref().unwrap_err();
    assert!(matches!(**error, Error::Refused { .. }), "{error}");
    assert_eq!(levels(&mesh).await, [(1, 1), (3, 3)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_over_is_published_when_the_session_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (mesh, publisher) = publisher(&folder);
    let options = SessionOptions::append().with_linger(Duration::from_secs(3600));
    let session = publisher.session(options);
    for id in 0..10 {
        drop(session.send(batch(&[(id, id)])).await.unwrap());
    }
    session.close().await.unwrap();
    assert_eq!(levels(&mesh).await.len(), 10);
    // Enough rows do not wait.
    let options = SessionOptions::append()
        .with_linger(Duration::from_secs(3600))
        .with_rows(3);
    let session = publisher.session(options);
    let mut pending = Vec::new();
    for id in 10..13 {
        pending.push(session.send(batch(&[(id, id)])).await.unwrap());
    }
    for pending in pending {
        assert_eq!(pending.visible().await.unwrap().rows, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_change_one_key_are_one_commit_where_one_of_them_is_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    let (mesh, _) = publisher(&folder);
    let contract = Contract::builder("inventory.seen", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(Column::new("pieces", DataType::Int64))
        .with_column(Column::new("at", DataType::Timestamp).with_event_time())
        .with_custom("delta.enableDeletionVectors", true)
        .build()
        .unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    let row = |id: i64, pieces: i64, at: i64| {
        let at = TimestampMicrosecondArray::from(vec![at]).with_timezone("UTC");
        let columns: [(&str, ArrayRef); 3] = [
            ("id", Arc::new(Int64Array::from(vec![id]))),
            ("pieces", Arc::new(Int64Array::from(vec![pieces]))),
            ("at", Arc::new(at)),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    };
    let together = async |rows: &[(i64, i64, i64)]| {
        let options = SessionOptions::upsert()
            .with_linger(Duration::from_secs(3600))
            .with_rows(rows.len());
        let session = publisher.session(options);
        let mut pending = Vec::new();
        for (id, pieces, at) in rows {
            pending.push(session.send(row(*id, *pieces, *at)).await.unwrap());
        }
        let mut versions = Vec::new();
        for pending in pending {
            versions.push(pending.visible().await.unwrap().table_version);
        }
        versions.dedup();
        versions.len()
    };
    assert_eq!(
        together(&[(1, 1, 10), (2, 2, 10), (1, 3, 12), (1, 4, 11)]).await,
        1
    );
    // Of equal ones none is: each call is a publish of its own, and the later one counts.
    assert_eq!(together(&[(1, 5, 13), (2, 6, 13), (1, 7, 13)]).await, 3);
    let product = mesh.product("inventory.seen@^1").await.unwrap();
    let batches = product.read().batches().await.unwrap();
    let batches: Vec<RecordBatch> = batches.try_collect().await.unwrap();
    let pieces = |batch: &RecordBatch| {
        let pieces = batch.column_by_name("pieces").unwrap();
        pieces.as_primitive::<Int64Type>().values().to_vec()
    };
    let mut pieces: Vec<i64> = batches.iter().flat_map(pieces).collect();
    pieces.sort_unstable();
    assert_eq!(pieces, [6, 7]);
}
