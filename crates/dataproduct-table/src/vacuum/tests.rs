use std::sync::Arc;

use chrono::Utc;
use dataproduct_freshness::ManualClock;

use super::*;
use crate::lease::LEASES;
use crate::write::keyed::tests::{Row, by_key, publish, rows, spec};
use crate::{Compaction, Location};

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

/// A table, and a clock that runs ahead of the store's by as much as is said.
async fn table(folder: &tempfile::TempDir) -> (Table, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let location = Location::parse(folder.path().to_str().unwrap())
        .unwrap()
        .with_clock(Arc::clone(&clock) as _);
    (Table::create(&location, &spec()).await.unwrap(), clock)
}

fn all(count: i64) -> Vec<Row> {
    (0..20_000)
        .map(|sku| ((sku, "S".to_owned()), Some(0), count))
        .collect()
}

async fn read(table: &Table, version: u64) -> Result<usize> {
    let snapshot = table.snapshot_at(version).await?;
    Ok(rows(&snapshot.scan().collect().await?).len())
}

fn files(folder: &tempfile::TempDir) -> usize {
    let entries = std::fs::read_dir(folder.path()).unwrap();
    entries
        .filter(|entry| entry.as_ref().unwrap().file_type().unwrap().is_file())
        .count()
}

#[tokio::test]
async fn what_is_in_use_or_was_within_the_retention_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (table, clock) = table(&folder).await;
    publish(&table, &by_key(), &all(1), &[]).await;
    let some: Vec<Row> = all(2).into_iter().step_by(3).collect();
    publish(&table, &by_key(), &some, &[]).await;
    // Left by a publish that was never committed.
    std::fs::write(folder.path().join("part-lost.parquet"), "lost").unwrap();
    let compaction = Compaction::new().with_small_files(2);
    table.compact(&compaction).await.unwrap();
    // Two data files, a vector, the compacted one, the lost one.
    assert_eq!(files(&folder), 5);
    let check = async |what: Vacuum, removed: usize, young: u64| {
        let dry = table.vacuum(&what.with_dry_run(true)).await.unwrap();
        let before = files(&folder);
        let report = table.vacuum(&what).await.unwrap();
        assert_eq!(report, dry);
        assert_eq!((report.removed.len(), report.young), (removed, young));
        assert_eq!(files(&folder), before - removed);
    };
    check(Vacuum::new(), 0, 1).await;
    // Nothing was in use for a week but the newest version: the lost file is old, the others were in use.
    clock.advance(hours(24 * 8));
    publish(&table, &by_key(), &[((0, "S".to_owned()), None, 9)], &[]).await;
    check(Vacuum::new().with_retention(hours(24 * 9)), 0, 1).await;
    for version in 1..=4 {
        assert!(read(&table, version).await.is_ok(), "{version}");
    }
    check(Vacuum::new(), 4, 0).await;
    assert_eq!(read(&table, 4).await.unwrap(), 20_000);
    assert_eq!(read(&table, 3).await.unwrap(), 20_000);
    for version in [1, 2] {
        let error = read(&table, version).await.unwrap_err();
        assert!(
            matches!(error, Error::Corrupt { .. } | Error::Damaged { .. }),
            "{error}"
        );
    }
    check(Vacuum::new(), 0, 0).await;
}

#[tokio::test]
async fn a_version_that_a_reader_holds_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (table, clock) = table(&folder).await;
    publish(&table, &by_key(), &all(1), &[]).await;
    publish(&table, &by_key(), &all(2), &[]).await;
    let lease = table.lease(1, hours(24 * 30)).await.unwrap();
    assert_eq!(lease.version(), 1);
    clock.advance(hours(24 * 20));
    publish(&table, &by_key(), &[((0, "S".to_owned()), None, 9)], &[]).await;
    publish(&table, &by_key(), &[((1, "S".to_owned()), None, 9)], &[]).await;
    let report = table.vacuum(&Vacuum::new()).await.unwrap();
    assert_eq!((report.leases, report.removed.len()), (1, 0));
    assert_eq!(read(&table, 1).await.unwrap(), 20_000);
    // Released, or its time over.
    let again = table.lease(1, hours(1)).await.unwrap();
    lease.release().await.unwrap();
    clock.advance(hours(2));
    let report = table.vacuum(&Vacuum::new()).await.unwrap();
    assert_eq!((report.leases, report.removed.len()), (0, 1));
    assert!(read(&table, 1).await.is_err());
    again.release().await.unwrap();
    let error = table.lease(77, hours(1)).await.unwrap_err();
    assert!(matches!(error, Error::NoSuchVersion { .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_certain_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (table, _) = table(&folder).await;
    publish(&table, &by_key(), &all(1), &[]).await;
    let short = Vacuum::new().with_retention(hours(23));
    let error = table.vacuum(&short).await.unwrap_err();
    assert!(
        error.to_string().contains("with_short_retention"),
        "{error}"
    );
    assert!(
        table
            .vacuum(&Vacuum::new().with_short_retention(hours(0)))
            .await
            .is_ok()
    );
    std::fs::create_dir_all(folder.path().join(LEASES)).unwrap();
    std::fs::write(folder.path().join(LEASES).join("x.json"), "{").unwrap();
    let error = table.vacuum(&Vacuum::new()).await.unwrap_err();
    assert!(error.to_string().contains("no lease"), "{error}");
    std::fs::remove_file(folder.path().join(LEASES).join("x.json")).unwrap();
    // The log no longer tells what was in use.
    std::fs::remove_file(folder.path().join(entry_name(0))).unwrap();
    let error = table.vacuum(&Vacuum::new()).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
}
