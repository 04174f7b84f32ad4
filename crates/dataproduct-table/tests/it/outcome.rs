//! What became of a publish: found out in every case, in the time that the caller has.

use std::sync::Arc;
use std::time::Duration;

use dataproduct_table::{Error, Outcome, Table, TableSpec, WriteOptions};
use dataproduct_testkit::chaos::{ChaosStore, Fault};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::support::*;

const ENTRY: &str = "table/_delta_log/00000000000000000001.json";
const LONG_ENOUGH: Duration = Duration::from_secs(60);

async fn table(inner: &Arc<InMemory>) -> Table {
    let spec = TableSpec::from_contract(&contract(false));
    Table::create(&as_process(inner.clone()), &spec)
        .await
        .unwrap()
}

fn options(id: &str) -> WriteOptions {
    WriteOptions::new()
        .with_publish_id(id)
        .with_commit_timeout(Duration::from_secs(30))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_committed_and_what_did_not_stays_undone() {
    let row = rows(&[("a", "L1", None)]);
    for happened in [true, false] {
        let inner = Arc::new(InMemory::new());
        let before = table(&inner).await;
        // The last that the publisher hears of the store is nothing.
        let fault = match happened {
            true => Fault::DeadAfter,
            false => Fault::DeadBefore,
        };
        let store = ChaosStore::often(inner.clone(), 1, 1.0, &[fault], Some("1.json"));
        store.strike_only("put");
        let error = async {
            store.enable(false);
            let table = Table::open(&as_process(store.clone())).await?;
            let mut writer = table.write(options("it")).await?;
            writer.push(&row).await?;
            store.enable(true);
            writer.commit().await
        };
        let error = error.await.unwrap_err();
        assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error}");
        match before.resume("it", LONG_ENOUGH).await.unwrap() {
            Outcome::Committed(receipt) if happened => {
                assert_eq!((receipt.version, receipt.rows()), (1, 1));
            }
            Outcome::NotCommitted if !happened => {}
            other => panic!("{other:?}"),
        }
        let rows = read_sorted(&before).await.len();
        assert_eq!(rows, usize::from(happened));
        // Once more gives the same; and the rows can be published again, once.
        before.resume("it", LONG_ENOUGH).await.unwrap();
        let again = publish(&before, options("it"), &row).await.unwrap();
        assert_eq!(again.already_published, happened);
        assert_eq!(read_sorted(&before).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_arrives_after_the_answer_was_given_changes_nothing() {
    let inner = Arc::new(InMemory::new());
    let table = table(&inner).await;
    // The entry that a publish meant to make, kept back by the network.
    let elsewhere = Arc::new(inner.fork());
    let other = Table::open(&as_process(elsewhere.clone())).await.unwrap();
    publish(&other, options("late"), &rows(&[("a", "L1", None)]))
        .await
        .unwrap();
    let late = elsewhere
        .get(&Path::from(ENTRY))
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();

    let outcome = table.resume("late", LONG_ENOUGH).await.unwrap();
    assert!(matches!(outcome, Outcome::NotCommitted), "{outcome:?}");
    let create = object_store::PutMode::Create.into();
    let arrives = inner
        .put_opts(&Path::from(ENTRY), late.into(), create)
        .await;
    assert!(arrives.is_err());
    assert_eq!(read_sorted(&table).await.len(), 0);
    assert!(
        Table::verify(table.location(), |_| {})
            .await
            .unwrap()
            .is_sound()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_local_disk_nothing_arrives_late_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let table = create(&on_disk(&directory)).await;
    let outcome = table.resume("never", LONG_ENOUGH).await.unwrap();
    assert!(matches!(outcome, Outcome::NotCommitted), "{outcome:?}");
    assert_eq!(table.snapshot().await.unwrap().version(), 0);
}

#[tokio::test(start_paused = true)]
async fn every_open_outcome_is_settled_by_resume() {
    let publishes = if std::env::var_os("DATAPRODUCT_LONG").is_some() {
        5000
    } else {
        150
    };
    let inner = Arc::new(InMemory::new());
    table(&inner).await;
    let faults = [
        Fault::After,
        Fault::WrittenThenExists,
        Fault::NothingYetExists,
        Fault::Before,
    ];
    let store = ChaosStore::often(inner.clone(), 7, 0.6, &faults, Some(".json"));
    store.enable(false);
    let table = Table::open(&as_process(store.clone())).await.unwrap();
    let mut settled = 0;
    let mut expected = Vec::new();
    for number in 0..publishes {
        let id = format!("publish-{number:05}");
        store.enable(true);
        let outcome = async {
            let options = options(&id).with_commit_timeout(Duration::from_millis(5));
            publish(&table, options, &rows(&[(&id, "L1", None)])).await
        };
        let happened = match outcome.await {
            Ok(_) => true,
            Err(Error::OutcomeUnknown { publish_id, .. }) => {
                settled += 1;
                match table.resume(&publish_id, LONG_ENOUGH).await {
                    Ok(Outcome::Committed(receipt)) => {
                        assert_eq!(receipt.publish_id, id);
                        true
                    }
                    Ok(Outcome::NotCommitted) => false,
                    other => panic!("{id}: {other:?}"),
                }
            }
            Err(_) => false,
        };
        store.enable(false);
        if happened {
            expected.push(id);
        }
    }
    println!(
        "{publishes} publishes, {settled} settled by resume: {:?}",
        store.counts()
    );
    assert!(settled > 5, "{settled}");
    let found: Vec<_> = read_sorted(&table)
        .await
        .into_iter()
        .map(|row| row.0)
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_not_waited_for_beyond_the_time_allowed() {
    for allowed in [
        Duration::from_secs(1),
        Duration::from_secs(30),
        Duration::from_secs(600),
    ] {
        let inner = Arc::new(InMemory::new());
        table(&inner).await;
        let silent = Some("00000000000000000001.json");
        let store = ChaosStore::often(inner.clone(), 1, 1.0, &[Fault::Silence], silent);
        store.strike_only("put");
        let table = Table::open(&as_process(store.clone())).await.unwrap();
        let options = options("silent").with_commit_timeout(allowed);
        let mut writer = table.write(options).await.unwrap();
        writer.push(&rows(&[("a", "L1", None)])).await.unwrap();
        let begun = tokio::time::Instant::now();
        let error = writer.commit().await.unwrap_err();
        let took = begun.elapsed();
        assert!(
            took >= allowed && took <= allowed.mul_f64(1.06),
            "{took:?} of {allowed:?}"
        );
        assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error}");
        let begun = tokio::time::Instant::now();
        let outcome = table.resume("silent", allowed).await.unwrap();
        assert!(
            matches!(outcome, Outcome::StillUnknown { .. }),
            "{outcome:?}"
        );
        let took = begun.elapsed();
        assert!(
            took >= allowed && took <= allowed.mul_f64(1.06),
            "{took:?} of {allowed:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_slows_a_publish_and_nothing_else() {
    let inner = Arc::new(InMemory::new());
    table(&inner).await;
    let store = ChaosStore::often(inner.clone(), 3, 0.3, &[Fault::Throttled], Some(".json"));
    store.strike_only("put");
    store.enable(false);
    let table = Table::open(&as_process(store.clone())).await.unwrap();
    for number in 0..100 {
        let sku = format!("s{number:03}");
        let mut writer = table.write(WriteOptions::new()).await.unwrap();
        writer.push(&rows(&[(&sku, "L1", None)])).await.unwrap();
        store.enable(true);
        let receipt = writer.commit().await.unwrap();
        store.enable(false);
        assert_eq!(receipt.version, number + 1);
    }
    let struck = store.struck();
    println!("{struck} of {} operations throttled", store.operations());
    assert!(struck > 20, "{struck}");
    assert_eq!(read_sorted(&table).await.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_incarnation_that_wakes_up_is_fenced_off() {
    let inner = Arc::new(InMemory::new());
    let zombie = table(&inner).await;
    let other = Table::open(&as_process(inner.clone())).await.unwrap();
    let of_epoch = |epoch| WriteOptions::new().with_epoch("loader", epoch);
    let row = rows(&[("a", "L1", None)]);
    publish(&zombie, of_epoch(1), &row).await.unwrap();
    // Its rows are written, and then it sleeps.
    let mut asleep = zombie.write(of_epoch(1)).await.unwrap();
    asleep.push(&row).await.unwrap();
    publish(&other, of_epoch(2), &row).await.unwrap();
    publish(&other, of_epoch(2), &row).await.unwrap();
    let error = asleep.commit().await.unwrap_err();
    assert!(
        matches!(&error, Error::Fenced { writer, epoch: 1, newest: 2 } if writer == "loader"),
        "{error}"
    );
    assert!(!error.is_retryable());
    // Also from a fresh look, and not those of other names or of none.
    let fresh = Table::open(&as_process(inner.clone())).await.unwrap();
    let error = publish(&fresh, of_epoch(1), &row).await.unwrap_err();
    assert!(matches!(error, Error::Fenced { .. }), "{error}");
    publish(&fresh, WriteOptions::new().with_epoch("other", 0), &row)
        .await
        .unwrap();
    publish(&fresh, WriteOptions::new(), &row).await.unwrap();
    assert_eq!(read_sorted(&fresh).await.len(), 5);
    let nameless = fresh.write(WriteOptions::new().with_epoch("a b", 0)).await;
    assert!(matches!(nameless, Err(Error::InvalidSpec { .. })));
}
