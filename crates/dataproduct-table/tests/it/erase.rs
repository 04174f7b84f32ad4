//! Erasing a subject: after it nothing is left of its key in any object.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use dataproduct_freshness::ManualClock;
use dataproduct_table::{
    Compaction, Erasure, ErasureReceipt, Error, Location, Mode, Table, TableOptions, TableSpec,
    TracePlace, Upsert, Vacuum, WriteOptions,
};
use dataproduct_testkit::chaos::{ChaosStore, Fault};
use object_store::memory::InMemory;

use crate::support::*;

const MARKER: &str = "customer-\"Zoë\"-4711";

fn subject() -> Erasure {
    Erasure::of("sku", [MARKER])
}

fn now() -> Erasure {
    subject().with_grace(Duration::ZERO)
}

fn upsert() -> WriteOptions {
    WriteOptions::new().with_mode(Mode::Upsert(Upsert::by(["sku"])))
}

async fn append(table: &Table, keys: &[&str], count: i64) {
    let all: Vec<_> = keys.iter().map(|key| (*key, "L1", Some(count))).collect();
    publish(table, WriteOptions::new(), &rows(&all))
        .await
        .unwrap();
}

/// A table in whose folder a subject is everywhere: in a live file, in files of which it was taken out by a vector, in
/// one that was compacted away, in the statistics of log entries and of a checkpoint, in a report.
async fn full_of_it(location: &Location) -> Table {
    let spec = TableSpec::from_contract(&contract(false)).with_deletion_vectors();
    Table::create(location, &spec).await.unwrap();
    let options = TableOptions::default().with_checkpoint_interval(3);
    let table = Table::open_with(location, options).await.unwrap();
    append(&table, &["a", "b", MARKER], 1).await;
    append(&table, &["c", "d"], 1).await;
    let again = rows(&[(MARKER, "L2", Some(2)), ("a", "L2", Some(2))]);
    publish(&table, upsert(), &again).await.unwrap();
    let compaction = Compaction::new().with_small_files(2);
    table.compact(&compaction).await.unwrap();
    let again = rows(&[(MARKER, "L3", Some(3)), ("e", "L3", Some(3))]);
    let receipt = publish(&table, upsert(), &again).await.unwrap();
    let report = serde_json::json!({
        "rules": [{"rule": "r", "samples": [
            {"row": 1, "values": [{"column": "sku", "value": MARKER}, {"column": "on_hand", "value": "3"}]},
        ]}],
    });
    let report = Bytes::from(report.to_string());
    table.put_report(&receipt.publish_id, report).await.unwrap();
    // Taken out: its bytes are in a file still.
    let mut writer = table.write(upsert()).await.unwrap();
    writer.delete(&batch(&[("b", "", None)])).unwrap();
    writer.commit().await.unwrap();
    table
}

fn left() -> Vec<(String, String, Option<i64>)> {
    let row = |key: &str, at: &str, count| (key.to_owned(), at.to_owned(), Some(count));
    vec![
        row("a", "L2", 2),
        row("c", "L1", 1),
        row("d", "L1", 1),
        row("e", "L3", 3),
    ]
}

async fn places(table: &Table) -> BTreeSet<TracePlace> {
    let traces = table.find_traces(&subject()).await.unwrap();
    assert!(traces.objects > 0);
    traces.found.into_iter().map(|trace| trace.place).collect()
}

/// Nothing is left, not even of rows that were taken out before.
async fn check_gone(table: &Table, receipt: &ErasureReceipt) {
    assert!(receipt.is_complete(), "{receipt:?}");
    let traces = table.find_traces(&subject()).await.unwrap();
    assert_eq!(traces.found, [], "{receipt:?}");
    assert_eq!(read_sorted(table).await, left());
    let opened = Table::open(table.location()).await.unwrap();
    assert_eq!(read_sorted(&opened).await, left());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_subject() {
    let folder = tempfile::tempdir().unwrap();
    for location in [memory("erase-all"), on_disk(&folder)] {
        let table = full_of_it(&location).await;
        assert_eq!(
            places(&table).await,
            BTreeSet::from([TracePlace::Bytes, TracePlace::Page, TracePlace::Value])
        );
        let dry = table.erase(&now().with_dry_run(true)).await.unwrap();
        assert_eq!(places(&table).await.len(), 3, "a dry run changes nothing");
        let before = table.snapshot().await.unwrap().version();
        let receipt = table.erase(&now()).await.unwrap();
        check_gone(&table, &receipt).await;
        assert_eq!((receipt.rows, receipt.rewritten.len()), (1, 2));
        assert_eq!((dry.rows, &dry.rewritten), (1, &receipt.rewritten));
        assert_eq!(receipt.redacted.len(), 1);
        assert!(receipt.version > Some(before));
        assert!(!receipt.purged.is_empty());
        // The receipt itself says nothing of the subject.
        let json = serde_json::to_string(&receipt).unwrap();
        assert!(!json.contains("4711"), "{json}");
        let back: ErasureReceipt = serde_json::from_str(&json).unwrap();
        assert_eq!(back, receipt);
        // Versions from before are gone with their log.
        let error = table.snapshot_at(before).await.unwrap_err();
        assert!(matches!(error, Error::NoSuchVersion { .. }), "{error}");
        // Once more there is nothing to do; and the table goes on.
        let again = table.erase(&now()).await.unwrap();
        assert_eq!((again.version, again.purged.len()), (None, 0), "{again:?}");
        append(&table, &["z"], 9).await;
        assert_eq!(read_sorted(&table).await.len(), left().len() + 1);
        table.vacuum(&Vacuum::new()).await.unwrap();
        assert_eq!(read_sorted(&table).await.len(), left().len() + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_have_their_grace_and_leases_hold() {
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let location = memory("erase-grace").with_clock(Arc::clone(&clock) as _);
    let table = full_of_it(&location).await;
    let before = table.snapshot().await.unwrap();
    let receipt = table.erase(&subject()).await.unwrap();
    assert!(!receipt.is_complete());
    let pending: BTreeSet<&str> = receipt.pending.iter().map(|one| &*one.object).collect();
    let left_over = table.find_traces(&subject()).await.unwrap();
    for trace in &left_over.found {
        assert!(pending.contains(&*trace.object), "{trace:?} is not told");
    }
    // Gone from the newest version at once; a reader of the one before goes on.
    assert_eq!(read_sorted(&table).await, left());
    assert_eq!(read(&before).await.len(), left().len() + 1);
    clock.advance(Duration::from_secs(23 * 3600));
    let receipt = table.erase(&subject()).await.unwrap();
    assert_eq!(read(&before).await.len(), left().len() + 1);
    assert!(!receipt.is_complete());
    let lease = table
        .lease(before.version(), Duration::from_secs(30 * 24 * 3600))
        .await
        .unwrap();
    clock.advance(Duration::from_secs(2 * 3600));
    let receipt = table.erase(&subject()).await.unwrap();
    assert!(!receipt.is_complete());
    assert!(
        receipt
            .pending
            .iter()
            .any(|one| one.reason.contains("holds a version")),
        "{receipt:?}"
    );
    let held = table.snapshot_at(before.version()).await.unwrap();
    assert_eq!(read(&held).await.len(), left().len() + 1);
    lease.release().await.unwrap();
    let receipt = table.erase(&subject()).await.unwrap();
    check_gone(&table, &receipt).await;
}

#[tokio::test]
async fn a_subject_that_is_only_in_the_past_is_erased_as_well() {
    let table = create(&memory("erase-past")).await;
    append(&table, &["a", MARKER], 1).await;
    let replace = WriteOptions::new().with_mode(Mode::ReplaceAll);
    let new = rows(
        &left()
            .iter()
            .map(|row| (&*row.0, &*row.1, row.2))
            .collect::<Vec<_>>(),
    );
    publish(&table, replace, &new).await.unwrap();
    let receipt = table.erase(&now()).await.unwrap();
    check_gone(&table, &receipt).await;
    assert_eq!((receipt.rows, receipt.version), (0, None));
    assert!(receipt.rewritten.is_empty());
    // Nobody of whom there is nothing takes the past away from others.
    append(&table, &["f"], 1).await;
    let version = table.snapshot().await.unwrap().version();
    append(&table, &["g"], 1).await;
    let nobody = Erasure::of("sku", ["nobody"]).with_grace(Duration::ZERO);
    assert_eq!(table.erase(&nobody).await.unwrap().purged, [""; 0]);
    assert!(table.snapshot_at(version).await.is_ok());
}

#[tokio::test]
async fn numbers_are_erased_like_texts() {
    let table = create(&memory("erase-numbers")).await;
    let all = rows(&[
        ("a", "L", Some(815_815)),
        ("b", "L", Some(7)),
        ("c", "L", None),
    ]);
    publish(&table, WriteOptions::new(), &all).await.unwrap();
    let number = Erasure::of("on_hand", [815_815]).with_grace(Duration::ZERO);
    assert!(!table.find_traces(&number).await.unwrap().found.is_empty());
    let receipt = table.erase(&number).await.unwrap();
    assert!(receipt.is_complete());
    assert_eq!(table.find_traces(&number).await.unwrap().found, []);
    // A row that has no value is of nobody.
    let keys: Vec<_> = read_sorted(&table)
        .await
        .into_iter()
        .map(|row| row.0)
        .collect();
    assert_eq!(keys, ["b", "c"]);
}

#[tokio::test]
async fn what_cannot_be_erased_is_refused() {
    let table = create_partitioned(&memory("erase-refused")).await;
    let check = async |what: Erasure, words: &str| {
        let error = table.erase(&what).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    };
    check(Erasure::of("location", ["L1"]), "names of folders").await;
    check(Erasure::of("nothing", ["L1"]), "no column `nothing`").await;
    check(Erasure::of("sku", [""; 0]), "at least one value").await;
    check(Erasure::of("on_hand", ["x"]), "cannot be compared").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_beside_publishers_loses_no_row() {
    let table = full_of_it(&memory("erase-beside")).await;
    let publisher = table.clone();
    let publishing = tokio::spawn(async move {
        for number in 0..20 {
            let key = format!("n{number:02}");
            let change = rows(&[(&*key, "L9", Some(number)), ("c", "L9", Some(number))]);
            publish(&publisher, upsert(), &change).await.unwrap();
        }
    });
    let receipt = table.erase(&subject()).await.unwrap();
    publishing.await.unwrap();
    assert_eq!(receipt.rows, 1);
    let found = read_sorted(&table).await;
    assert_eq!(found.len(), left().len() + 20);
    assert!(found.iter().all(|row| row.0 != MARKER));
    assert!(found.contains(&("c".to_owned(), "L9".to_owned(), Some(19))));
    let receipt = table.erase(&now()).await.unwrap();
    assert!(receipt.is_complete(), "{receipt:?}");
    assert_eq!(table.find_traces(&subject()).await.unwrap().found, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_off_at_every_operation_an_erasure_is_completed_by_the_next() {
    let at = |store: Arc<dyn object_store::ObjectStore>| {
        Location::with_store("memory://erase/table", store).unwrap()
    };
    let prepared = Arc::new(InMemory::new());
    full_of_it(&at(Arc::clone(&prepared) as _)).await;
    let mut points = 0;
    for fault in [Fault::DeadBefore, Fault::DeadAfter, Fault::Before] {
        for operation in 0.. {
            let inner = Arc::new(prepared.fork());
            let store = ChaosStore::striking(Arc::clone(&inner) as _, operation, fault);
            let outcome = async { Table::open(&at(store.clone())).await?.erase(&now()).await };
            let outcome = outcome.await;
            if store.struck() == 0 {
                assert!(outcome.unwrap().is_complete());
                break;
            }
            points += 1;
            let case = format!("{fault:?} at {operation}: {outcome:?}");
            let table = Table::open(&at(Arc::clone(&inner) as _))
                .await
                .expect(&case);
            let found = read_sorted(&table).await;
            assert!(
                found == left() || found.len() == left().len() + 1,
                "{case}: {found:?}"
            );
            let receipt = table.erase(&now()).await.expect(&case);
            assert!(receipt.is_complete(), "{case}: {receipt:?}");
            let traces = table.find_traces(&subject()).await.unwrap();
            assert_eq!(traces.found, [], "{case}: {receipt:?}");
            assert_eq!(read_sorted(&table).await, left(), "{case}");
        }
    }
    println!("{points} points");
    assert!(points >= 60, "{points}");
}
