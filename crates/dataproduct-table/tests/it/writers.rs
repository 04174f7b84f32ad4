//! Many writers that are stopped for a while and whose clocks are a day off: no version lost, doubled or half.
//!
//! `DATAPRODUCT_LONG` has 16 of them make 500 commits each, on each store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use dataproduct_freshness::{Clock, SystemClock};
use dataproduct_table::{Error, Location, Table, TableOptions, TableSpec, WriteOptions};
use dataproduct_testkit::chaos::{ChaosStore, Fault};
use dataproduct_testkit::history::History;
use dataproduct_testkit::s3::S3Server;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::memory::InMemory;

use crate::support::*;

/// The machine's clock, off by some hours.
#[derive(Debug)]
struct Skewed(TimeDelta);

impl Clock for Skewed {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + self.0
    }
}

fn size() -> (usize, usize) {
    match std::env::var_os("DATAPRODUCT_LONG") {
        Some(_) => (16, 500),
        None => (4, 25),
    }
}

/// A writer as a process of its own: its own view of the store, which stops it now and then, and its own clock.
fn skewed(writer: usize, store: Arc<dyn ObjectStore>, root: &str) -> Location {
    let hours = [-24, 24, 0, -1][writer % 4];
    let url = format!("memory://writer-{writer}/{root}");
    let location = Location::with_store(&url, store).unwrap();
    location.with_clock(Arc::new(Skewed(TimeDelta::hours(hours))))
}

/// What one writer was told: an id, and the version or nothing.
type Told = Vec<(String, Option<u64>)>;

/// Transfers between accounts: each publish takes from one what it gives to another, in one row each.
async fn transfer(location: Location, writer: usize, commits: usize) -> Told {
    let options = TableOptions::default().with_checkpoint_interval(50);
    let table = Table::open_with(&location, options).await.unwrap();
    let mut told = Vec::new();
    for number in 0..commits {
        let id = format!("w{writer:02}-{number:04}");
        let amount = i64::try_from(1 + (number * 7 + writer) % 100).unwrap();
        let pair = rows(&[(&id, "from", Some(-amount)), (&id, "to", Some(amount))]);
        let options = WriteOptions::new().with_publish_id(&id);
        let version = match publish(&table, options, &pair).await {
            Ok(receipt) => Some(receipt.version),
            Err(Error::OutcomeUnknown { .. }) => None,
            Err(error) => panic!("{id}: {error}"),
        };
        told.push((id, version));
    }
    told
}

/// A version is a whole number of transfers, each acknowledged up to it, and no money came or went.
fn check(history: &History, version: u64, rows: &[(String, String, Option<i64>)]) {
    let mut accounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, account, _) in rows {
        let new = accounts.entry(id).or_default().insert(account);
        assert!(new, "version {version}: a row of `{id}` is there twice");
    }
    let balance: i64 = rows.iter().filter_map(|row| row.2).sum();
    assert_eq!(balance, 0, "version {version}");
    assert!(
        accounts.values().all(|accounts| accounts.len() == 2),
        "version {version}: half a transfer"
    );
    history.check(version, accounts.keys().copied()).unwrap();
}

/// Races writers on a store, and reads every `nth` version by itself.
async fn race(name: &str, store: Arc<dyn ObjectStore>, root: &str, nth: u64) {
    let (writers, commits) = size();
    let nth = if commits > 100 { 97 * nth } else { nth };
    let start = skewed(100, Arc::clone(&store), root);
    let table = Table::create(&start, &TableSpec::from_contract(&contract(false)))
        .await
        .unwrap();
    let mut stores = Vec::new();
    let all = (0..writers).map(|writer| {
        let seed = writer as u64;
        let chaos = ChaosStore::often(
            Arc::clone(&store),
            seed,
            0.02,
            &[Fault::Stall, Fault::Delay],
            None,
        );
        stores.push(Arc::clone(&chaos));
        tokio::spawn(transfer(skewed(writer, chaos, root), writer, commits))
    });
    let all: Vec<_> = all.collect();
    let mut history = History::default();
    for told in futures::future::join_all(all).await {
        for (id, version) in told.unwrap() {
            match version {
                Some(version) => history.acknowledged(id, version),
                None => history.unknown(id),
            }
        }
    }
    let stopped: u64 = stores.iter().map(|store| store.struck()).sum();
    let operations: u64 = stores.iter().map(|store| store.operations()).sum();
    let newest = table.snapshot().await.unwrap().version();
    println!("{name}: {newest} versions, {operations} operations, {stopped} of them late");
    assert!(stopped > 0);
    assert_eq!(
        history.len(),
        writers * commits,
        "a store that answers leaves nothing open"
    );
    history.check_versions(0, newest).unwrap();

    let mut last = None;
    for commit in table.history(usize::MAX).await.unwrap().into_iter().rev() {
        assert!(commit.committed_at > last, "time went back");
        last = commit.committed_at;
    }
    // What each version changed adds up to the newest; some are read by themselves.
    let mut seen = Vec::new();
    let mut changes = table.changes(0).await.unwrap();
    while let Some(version) = changes.try_next().await.unwrap() {
        let number = version.commit().version;
        let mut new = version.rows().await.unwrap();
        while let Some(changed) = new.try_next().await.unwrap() {
            seen.extend(rows_of(&changed.rows));
        }
        if number.is_multiple_of(nth) || number == newest {
            check(&history, number, &seen);
            let mut read = read(&table.snapshot_at(number).await.unwrap()).await;
            read.sort();
            let mut sum = seen.clone();
            sum.sort();
            assert!(read == sum, "version {number}");
        }
        let balance: i64 = seen.iter().filter_map(|row| row.2).sum();
        assert_eq!(balance, 0, "version {number}");
    }
    assert_eq!(seen.len(), 2 * writers * commits);
    assert!(
        Table::verify(table.location(), |_| {})
            .await
            .unwrap()
            .is_sound()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_transfer_is_lost_doubled_or_half_in_memory() {
    race("memory", Arc::new(InMemory::new()), "table", 13).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_transfer_is_lost_doubled_or_half_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let store = dataproduct_table::local_store(dataproduct_table::Durability::None);
    let root = directory.path().join("table");
    race(
        "local disk",
        store,
        root.to_str().unwrap().trim_start_matches('/'),
        13,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_transfer_is_lost_doubled_or_half_on_s3() {
    let server = S3Server::start().await.unwrap();
    race("S3", Arc::new(server.store().unwrap()), "table", 97).await;
    println!("{} requests", server.requests());
}
