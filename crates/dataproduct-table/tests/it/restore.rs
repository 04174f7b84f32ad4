//! Making an older version the newest again, and copies of a version.

use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeZone as _, Utc};
use dataproduct_freshness::ManualClock;
use dataproduct_table::{
    Error, Location, Mode, PublishFacts, Restore, Table, TableCopy, TableSpec, Upsert, Vacuum,
    WriteOptions,
};
use dataproduct_testkit::chaos::{ChaosStore, Fault};
use futures::TryStreamExt as _;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::support::*;

fn upsert() -> Mode {
    Mode::Upsert(Upsert::by(["sku"]))
}

async fn put(table: &Table, mode: Mode, keys: &[&str], count: i64, hour: u32) {
    let all: Vec<_> = keys.iter().map(|key| (*key, "L1", Some(count))).collect();
    let facts = PublishFacts {
        as_of: Some(Utc.with_ymd_and_hms(2026, 1, 1, hour, 0, 0).unwrap()),
        contract_version: Some("1.0.0".to_owned()),
        ..PublishFacts::default()
    };
    let options = WriteOptions::new().with_mode(mode).with_facts(facts);
    publish(table, options, &rows(&all)).await.unwrap();
}

/// Five versions: an append, an upsert, an append, a replacement.
async fn versions(location: &Location) -> Table {
    let spec = TableSpec::from_contract(&contract(false)).with_deletion_vectors();
    let table = Table::create(location, &spec).await.unwrap();
    put(&table, Mode::Append, &["a", "b"], 1, 1).await;
    put(&table, upsert(), &["b", "c"], 2, 2).await;
    put(&table, Mode::Append, &["d"], 3, 3).await;
    put(&table, Mode::ReplaceAll, &["e"], 4, 4).await;
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_can_be_restored_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    for location in [memory("restore"), on_disk(&folder)] {
        let table = versions(&location).await;
        let watermark = table.snapshot().await.unwrap().watermark();
        let mut newest = 4;
        for version in [2, 0, 1, 3, 4, 4] {
            let old = table.snapshot_at(version).await.unwrap();
            let mut expect = read(&old).await;
            expect.sort();
            let what = Restore::to(version);
            let dry = table.restore(&what.with_dry_run(true)).await.unwrap();
            let report = table.restore(&what).await.unwrap();
            let files = |report: dataproduct_table::RestoreReport| {
                (report.files_added, report.files_removed)
            };
            assert_eq!(files(report), files(dry));
            // The last one is there already.
            newest += u64::from(files(report) != (0, 0));
            assert_eq!((report.version, report.restored), (newest, version));
            assert_eq!(read_sorted(&table).await, expect, "{version}");
            let opened = Table::open(&location).await.unwrap();
            assert_eq!(read_sorted(&opened).await, expect, "{version}");
            let snapshot = opened.snapshot().await.unwrap();
            assert_eq!(snapshot.watermark(), watermark, "it never falls");
            let publish = snapshot.newest_publish(|_| true).await.unwrap().unwrap();
            let facts = publish.facts.unwrap().published;
            assert_eq!(facts.contract_version.as_deref(), Some("1.0.0"));
        }
        assert_eq!(newest, 9);
        // What happened is told row by row, and keyed publishes go on.
        put(&table, upsert(), &["e"], 9, 5).await;
        assert_eq!(
            read_sorted(&table).await,
            [("e".into(), "L1".into(), Some(9))]
        );
        let changes = table.changes(4).await.unwrap();
        let changes: Vec<_> = changes.try_collect().await.unwrap();
        assert_eq!(changes.len(), 6);
    }
}

#[tokio::test]
async fn a_version_whose_files_were_vacuumed_is_refused_by_their_names() {
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let location = memory("restore-vacuumed").with_clock(Arc::clone(&clock) as _);
    let table = versions(&location).await;
    clock.advance(Duration::from_secs(8 * 24 * 3600));
    put(&table, Mode::Append, &["z"], 1, 5).await;
    let vacuumed = table.vacuum(&Vacuum::new()).await.unwrap().removed;
    let error = table.restore(&Restore::to(3)).await.unwrap_err();
    let Error::FilesGone { version, files } = &error else {
        panic!("{error}");
    };
    assert_eq!(*version, 3);
    assert_eq!(files, &vacuumed);
    assert!(error.to_string().contains(&vacuumed[0]), "{error}");
    assert_eq!(
        table.snapshot().await.unwrap().version(),
        5,
        "nothing was done"
    );
    let error = table.restore(&Restore::to(77)).await.unwrap_err();
    assert!(matches!(error, Error::NoSuchVersion { .. }), "{error}");
    table.restore(&Restore::to(4)).await.unwrap();
    assert_eq!(
        read_sorted(&table).await,
        [("e".into(), "L1".into(), Some(4))]
    );
}

#[tokio::test]
async fn rows_that_break_what_columns_keep_now_do_not_come_back() {
    let table = create(&memory("restore-required")).await;
    let all = rows(&[("a", "L", None)]);
    publish(&table, WriteOptions::new(), &all).await.unwrap();
    let replace = WriteOptions::new().with_mode(Mode::ReplaceAll);
    publish(&table, replace, &rows(&[("b", "L", Some(1))]))
        .await
        .unwrap();
    let schema = Arc::clone(table.snapshot().await.unwrap().schema());
    let fields = schema
        .fields()
        .iter()
        .map(|field| field.as_ref().clone().with_nullable(false));
    let required = arrow_schema::Schema::new(fields.collect::<Vec<_>>());
    table
        .evolve(&TableSpec::new(Arc::new(required)))
        .await
        .unwrap();
    let error = table.restore(&Restore::to(1)).await.unwrap_err();
    assert!(matches!(error, Error::Incompatible { .. }), "{error}");
    assert!(error.to_string().contains("on_hand"), "{error}");
    assert_eq!(table.restore(&Restore::to(2)).await.unwrap().files_added, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_a_table_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let table = versions(&memory("copied")).await;
    table
        .put_contract("1.0.0", "contract".into())
        .await
        .unwrap();
    for (place, version) in [(memory("copy"), None), (on_disk(&folder), Some(3))] {
        let what = match version {
            Some(version) => TableCopy::new().with_version(version),
            None => TableCopy::new(),
        };
        let dry = table
            .copy_to(&place, &what.with_dry_run(true))
            .await
            .unwrap();
        assert!(!Table::exists(&place).await.unwrap());
        let report = table.copy_to(&place, &what).await.unwrap();
        assert_eq!(report, dry);
        assert_eq!(
            (report.version, report.files_there),
            (version.unwrap_or(4), 0)
        );
        let copy = Table::open(&place).await.unwrap();
        let mut expect = read(&table.snapshot_at(report.version).await.unwrap()).await;
        expect.sort();
        assert_eq!(read_sorted(&copy).await, expect);
        let snapshot = copy.snapshot().await.unwrap();
        let source = table.snapshot_at(report.version).await.unwrap();
        assert_eq!(snapshot.version(), 0);
        assert_eq!(snapshot.watermark(), source.watermark());
        assert!(snapshot.newest_publish(|_| true).await.unwrap().is_some());
        assert_eq!(
            copy.read_contract("1.0.0").await.unwrap().unwrap(),
            "contract"
        );
        // It goes its own way.
        put(&copy, upsert(), &["q"], 5, 6).await;
        assert_eq!(read_sorted(&copy).await.len(), expect.len() + 1);
        let error = table.copy_to(&place, &what).await.unwrap_err();
        assert!(matches!(error, Error::AlreadyExists { .. }), "{error}");
    }
    assert_eq!(read_sorted(&table).await.len(), 1);
}

#[tokio::test]
async fn a_damaged_file_is_not_copied() {
    let store = Arc::new(InMemory::new());
    let location = Location::with_store("memory://damaged/table", Arc::clone(&store) as _).unwrap();
    let table = versions(&location).await;
    let file = table.snapshot().await.unwrap().files().remove(0);
    let path = object_store::path::Path::from(format!("table/{}", file.path));
    let mut bytes = store
        .get(&path)
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap()
        .to_vec();
    bytes[20] ^= 1;
    store.put(&path, bytes.into()).await.unwrap();
    let place = memory("copy-damaged");
    let error = table.copy_to(&place, &TableCopy::new()).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert!(!Table::exists(&place).await.unwrap());
    store.delete(&path).await.unwrap();
    let error = table.copy_to(&place, &TableCopy::new()).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_off_at_every_operation_a_copy_is_whole_or_not_there() {
    let table = versions(&memory("copy-cut")).await;
    let expect = {
        let mut all = read(&table.snapshot_at(3).await.unwrap()).await;
        all.sort();
        all
    };
    let at =
        |store: Arc<dyn ObjectStore>| Location::with_store("memory://copy/table", store).unwrap();
    let what = TableCopy::new().with_version(3);
    let (mut points, mut gone_on) = (0, 0);
    for fault in [
        Fault::DeadBefore,
        Fault::DeadAfter,
        Fault::WrittenThenExists,
    ] {
        for operation in 0.. {
            let inner = Arc::new(InMemory::new());
            let store = ChaosStore::striking(Arc::clone(&inner) as _, operation, fault);
            let outcome = table.copy_to(&at(store.clone()), &what).await;
            if store.operations() <= operation {
                assert!(outcome.is_ok());
                break;
            }
            points += store.struck();
            let case = format!("{fault:?} at {operation}: {outcome:?}");
            let place = at(Arc::clone(&inner) as _);
            let there = Table::exists(&place).await.unwrap();
            assert!(there || outcome.is_err(), "{case}");
            if !there {
                gone_on += table.copy_to(&place, &what).await.expect(&case).files_there;
            }
            let copy = Table::open(&place).await.expect(&case);
            assert_eq!(read_sorted(&copy).await, expect, "{case}");
        }
    }
    println!("{points} points");
    assert!(points >= 20 && gone_on > 0, "{points} {gone_on}");
}
