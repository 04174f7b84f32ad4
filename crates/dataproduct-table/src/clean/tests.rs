use std::sync::Arc;

use chrono::Utc;
use dataproduct_freshness::ManualClock;

use super::*;
use crate::log::segment::entry_name;
use crate::write::keyed::tests::{Row, batch, by_key, publish, rows, spec};
use crate::{Location, PublishFacts, TableOptions, Vacuum, WriteOptions};

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 3600)
}

fn row(sku: i64) -> Row {
    ((sku, "S".to_owned()), Some(0), sku)
}

async fn table(name: &str, every: u64) -> (Table, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let location = Location::parse(&format!("memory://clean/{name}")).unwrap();
    let location = location.with_clock(Arc::clone(&clock) as _);
    Table::create(&location, &spec()).await.unwrap();
    let options = TableOptions::default().with_checkpoint_interval(every);
    (Table::open_with(&location, options).await.unwrap(), clock)
}

async fn readable(table: &Table) -> Vec<u64> {
    let newest = table.snapshot().await.unwrap().version();
    let mut found = Vec::new();
    for version in 0..=newest {
        if table.snapshot_at(version).await.is_ok() {
            found.push(version);
        }
    }
    found
}

/// A publish a day, a checkpoint every fourth.
async fn ten_days(table: &Table, clock: &ManualClock) {
    for day in 0..10 {
        publish(table, &by_key(), &[row(day)], &[]).await;
        clock.advance(days(1));
    }
}

#[tokio::test]
async fn what_is_older_than_the_retention_goes_up_to_a_checkpoint() {
    let (table, clock) = table("retention", 4).await;
    ten_days(&table, &clock).await;
    let other = Table::open(table.location()).await.unwrap();
    let check = async |retention: u64, oldest: Option<u64>, from: u64| {
        let what = LogCleanup::new().with_retention(days(retention));
        let dry = table.clean_log(&what.with_dry_run(true)).await.unwrap();
        let report = table.clean_log(&what).await.unwrap();
        assert_eq!(report, dry);
        assert_eq!(report.oldest_version, oldest);
        assert_eq!(readable(&table).await, (from..=10).collect::<Vec<_>>());
        let opened = Table::open(table.location()).await.unwrap();
        let all = opened
            .snapshot()
            .await
            .unwrap()
            .scan()
            .collect()
            .await
            .unwrap();
        assert_eq!(rows(&all).len(), 10);
    };
    assert!(
        table
            .clean_log(&LogCleanup::new())
            .await
            .unwrap()
            .removed
            .is_empty()
    );
    check(9, None, 0).await;
    check(5, Some(4), 4).await;
    check(5, None, 4).await;
    check(1, Some(8), 8).await;
    // A table that is open goes on, a publish is behind all others, and an id that was used stays so.
    publish(&other, &by_key(), &[row(77)], &[]).await;
    assert_eq!(other.snapshot().await.unwrap().version(), 11);
    let short = LogCleanup::new().with_retention(Duration::from_secs(60));
    let error = table.clean_log(&short).await.unwrap_err();
    assert!(
        error.to_string().contains("with_short_retention"),
        "{error}"
    );
}

#[tokio::test]
async fn what_a_reader_holds_stays() {
    let (table, clock) = table("lease", 4).await;
    ten_days(&table, &clock).await;
    let lease = table.lease(6, days(1)).await.unwrap();
    let what = LogCleanup::new().with_retention(days(1));
    let report = table.clean_log(&what).await.unwrap();
    assert_eq!((report.oldest_version, report.leases), (Some(4), 1));
    assert!(table.snapshot_at(6).await.is_ok());
    lease.release().await.unwrap();
    assert_eq!(
        table.clean_log(&what).await.unwrap().oldest_version,
        Some(8)
    );
}

#[tokio::test]
async fn the_commit_that_names_the_contract_stays() {
    let (table, clock) = table("contract", 4).await;
    let facts = PublishFacts {
        contract_version: Some("1.0.0".to_owned()),
        contract_digest: Some("d".to_owned()),
        ..PublishFacts::default()
    };
    let options = WriteOptions::new().with_facts(facts);
    let mut writer = table.write(options).await.unwrap();
    writer.push_batch(&batch(&[row(1)])).await.unwrap();
    writer.commit().await.unwrap();
    ten_days(&table, &clock).await;
    let report = table
        .clean_log(&LogCleanup::new().with_retention(days(1)))
        .await
        .unwrap();
    assert_eq!(report.oldest_version, None);
    let opened = Table::open(table.location()).await.unwrap();
    let found = opened
        .snapshot()
        .await
        .unwrap()
        .newest_publish(|_| true)
        .await
        .unwrap();
    assert_eq!(found.unwrap().version, 1);
}

#[tokio::test]
async fn nothing_goes_where_the_checkpoint_does_not_hold_it_all() {
    let (table, clock) = table("covers", 0).await;
    ten_days(&table, &clock).await;
    let what = LogCleanup::new().with_retention(days(1));
    assert!(table.clean_log(&what).await.unwrap().removed.is_empty());
    // A checkpoint of one version under the name of another.
    crate::kernel::checkpoint(table.storage(), 5).await.unwrap();
    let name = |version: u64| format!("{LOG}/{version:020}.checkpoint.parquet");
    let bytes = table.storage().read(&name(5)).await.unwrap().unwrap();
    table.storage().put(&name(7), bytes).await.unwrap();
    let error = table.clean_log(&what).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(
        table
            .storage()
            .read(&entry_name(0))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn a_vacuum_after_it_still_knows_what_was_in_use() {
    let (table, clock) = table("vacuum", 0).await;
    ten_days(&table, &clock).await;
    // Takes all files out, which were in use until just now.
    table
        .compact(&crate::Compaction::new().with_small_files(2))
        .await
        .unwrap();
    let compacted = table.snapshot().await.unwrap().version();
    crate::kernel::checkpoint(table.storage(), compacted)
        .await
        .unwrap();
    let what = LogCleanup::new().with_short_retention(Duration::ZERO);
    assert_eq!(
        table.clean_log(&what).await.unwrap().oldest_version,
        Some(compacted)
    );
    assert_eq!(table.vacuum(&Vacuum::new()).await.unwrap().removed, [""; 0]);
    clock.advance(days(8));
    assert_eq!(
        table.vacuum(&Vacuum::new()).await.unwrap().removed.len(),
        10
    );
    let longer = Vacuum::new().with_retention(days(9));
    let error = table.vacuum(&longer).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    let rows_left = table
        .snapshot()
        .await
        .unwrap()
        .scan()
        .collect()
        .await
        .unwrap();
    assert_eq!(rows(&rows_left).len(), 10);
}

#[tokio::test]
async fn it_is_done_behind_checkpoints_if_asked() {
    let (table, clock) = table("auto", 4).await;
    let options = TableOptions::default()
        .with_checkpoint_interval(4)
        .with_auto_log_cleanup(LogCleanup::new().with_retention(days(2)));
    let table = Table::open_with(table.location(), options).await.unwrap();
    ten_days(&table, &clock).await;
    clock.advance(days(5));
    publish(&table, &by_key(), &[row(20)], &[]).await;
    publish(&table, &by_key(), &[row(21)], &[]).await;
    // It waits for its turn behind the publish.
    for _ in 0..200 {
        if table
            .storage()
            .read(&entry_name(7))
            .await
            .unwrap()
            .is_none()
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(readable(&table).await, [8, 9, 10, 11, 12]);
}

#[test]
fn lengths_of_time() {
    #[track_caller]
    fn check(text: &str, expect: Option<u64>) {
        let expect = expect.map(Duration::from_secs);
        assert_eq!(parse_interval(text), expect, "{text}");
    }
    check("interval 30 days", Some(30 * 86_400));
    check("INTERVAL 1 WEEK", Some(7 * 86_400));
    check("interval 1 day 6 hours", Some(30 * 3600));
    check("90 minutes", Some(5400));
    check("interval 0 seconds", Some(0));
    for bad in [
        "",
        "interval",
        "interval 3",
        "interval x days",
        "interval 3 months",
        "interval -1 days",
    ] {
        check(bad, None);
    }
}
