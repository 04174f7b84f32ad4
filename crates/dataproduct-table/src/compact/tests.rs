use std::time::Duration;

use futures::TryStreamExt;

use super::*;
use crate::write::keyed::tests::{
    Random, Row, batch, by_key, publish, read_both, rows, spec, table,
};
use crate::{Location, TableOptions};

fn eager() -> Compaction {
    Compaction::new()
        .with_small_files(2)
        .with_deleted_share(0.01)
}

async fn read(table: &Table) -> Vec<Row> {
    let snapshot = table.snapshot().await.unwrap();
    rows(&snapshot.scan().collect().await.unwrap())
}

#[tokio::test]
async fn files_become_few_and_rows_stay() {
    for (case, (partitioned, sorted)) in [(false, false), (true, false), (false, true)]
        .into_iter()
        .enumerate()
    {
        let mut spec = spec();
        if partitioned {
            spec = spec.with_partition_by(["shop"]);
        }
        if sorted {
            spec = spec.with_sort_by(["sku"]);
        }
        let table = table(&format!("compact-{case}"), spec).await;
        let mut random = Random(case as u64);
        for _ in 0..4 {
            for _ in 0..6 {
                let (new, gone) = (random.rows(60, 200), random.rows(10, 200));
                publish(&table, &by_key(), &new, &gone).await;
            }
            let before = table.snapshot().await.unwrap();
            let expect = read(&table).await;
            let dry = table.compact(&eager().with_dry_run(true)).await.unwrap();
            assert_eq!(table.snapshot().await.unwrap().version(), before.version());
            let report = table.compact(&eager()).await.unwrap();
            assert_eq!(report.files_removed, dry.files_removed);
            assert_eq!(report.bytes_removed, dry.bytes_removed);
            let (ours, theirs) = read_both(&table).await;
            assert_eq!(ours, expect);
            assert_eq!(ours, theirs);
            let after = table.snapshot().await.unwrap();
            assert_eq!(after.version(), before.version() + report.versions);
            assert_eq!(after.files().len(), if partitioned { 3 } else { 1 });
            assert!(after.files().iter().all(|file| file.deleted_rows == 0));
            assert_eq!(report.rows, expect.len() as u64);
            // A second time there is nothing to do.
            let again = table.compact(&eager()).await.unwrap();
            assert_eq!(again, CompactionReport::default());
            // The version before is still what it was.
            let old = before.scan().collect().await.unwrap();
            assert_eq!(rows(&old), expect);
            // It published nothing and changed no row.
            let changes = table.changes(before.version()).await.unwrap();
            let changes: Vec<_> = changes.try_collect().await.unwrap();
            assert!(changes.iter().all(|changes| changes.is_empty()));
            assert!(after.facts().is_none());
            assert_eq!(after.watermark(), before.watermark());
            assert_eq!(after.commit().operation.as_deref(), Some("OPTIMIZE"));
        }
    }
}

#[tokio::test]
async fn a_publish_that_changes_a_file_meanwhile_goes_first() {
    let table = table("compact-conflict", spec()).await;
    for sku in 0..4 {
        publish(&table, &by_key(), &[((sku, "S".to_owned()), None, 1)], &[]).await;
    }
    let state = table.current();
    let group: Vec<_> = state.files.iter().cloned().collect();
    let mut writer = table.write(WriteOptions::new()).await.unwrap();
    writer.push_batch(&batch(&[])).await.unwrap();
    publish(&table, &by_key(), &[((2, "S".to_owned()), None, 2)], &[]).await;
    let error = writer.commit_in_place_of(group, None).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
    assert_eq!(read(&table).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn publishers_and_compactions_do_not_lose_or_double_a_row() {
    let location = Location::parse("memory://compact/busy").unwrap();
    Table::create(&location, &spec()).await.unwrap();
    let options = TableOptions::default().with_auto_compaction(eager().with_small_files(4));
    let table = Table::open_with(&location, options).await.unwrap();
    let other = Table::open(&location).await.unwrap();
    let mut tasks = Vec::new();
    for publisher in 0..3i64 {
        let table = table.clone();
        tasks.push(tokio::spawn(async move {
            for round in 0..40i64 {
                let new: Vec<Row> = (0..30)
                    .map(|n| (((n * 7 + round) % 90, format!("P{publisher}")), None, round))
                    .collect();
                publish(&table, &by_key(), &new, &[]).await;
            }
        }));
    }
    // Somebody else compacts as well.
    while tasks.iter().any(|task| !task.is_finished()) {
        other.compact(&eager()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut expect = std::collections::BTreeMap::new();
    for publisher in 0..3 {
        for round in 0..40i64 {
            for n in 0..30 {
                expect.insert(((n * 7 + round) % 90, format!("P{publisher}")), round);
            }
        }
    }
    let expect: Vec<Row> = expect
        .into_iter()
        .map(|(key, round)| (key, None, round))
        .collect();
    let (ours, theirs) = read_both(&table).await;
    assert_eq!(ours, expect);
    assert_eq!(theirs, expect);
    let operations: Vec<_> = table.history(10_000).await.unwrap();
    let compactions = operations
        .iter()
        .filter(|commit| commit.operation.as_deref() == Some("OPTIMIZE"));
    assert!(compactions.count() > 3);
}
