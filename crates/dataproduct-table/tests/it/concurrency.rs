//! Many publishers at once, in one process and in several; publish ids; readers in between.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dataproduct_contract::Contract;
use dataproduct_quality::Admitted;
use dataproduct_table::{
    Durability, Error, Location, Mode, OnConflict, Table, TableOptions, TableSpec, WriteOptions,
};
use futures::StreamExt;

use crate::support::*;

const PUBLISHERS: usize = 8;
const COMMITS: usize = 20;

/// Publishes of one publisher: each of two rows, so that half a publish would show.
async fn publish_all(location: &Location, publisher: usize) -> Vec<u64> {
    let table = Table::open(location).await.unwrap();
    let mut versions = Vec::new();
    for number in 0..COMMITS {
        let sku = format!("p{publisher}-{number}");
        let admitted = rows(&[(&sku, "L1", Some(1)), (&sku, "L2", Some(2))]);
        let receipt = publish(&table, WriteOptions::new(), &admitted)
            .await
            .unwrap();
        versions.push(receipt.version);
    }
    versions
}

async fn check_all_there(location: &Location) {
    let table = Table::open(location).await.unwrap();
    let snapshot = table.snapshot().await.unwrap();
    assert_eq!(snapshot.version(), (PUBLISHERS * COMMITS) as u64);
    let found = read(&snapshot).await;
    assert_eq!(found.len(), 2 * PUBLISHERS * COMMITS);
    let distinct: BTreeSet<_> = found.into_iter().collect();
    assert_eq!(distinct.len(), 2 * PUBLISHERS * COMMITS);
    let ids: BTreeSet<_> = table
        .history(1000)
        .await
        .unwrap()
        .into_iter()
        .filter_map(|commit| Some(commit.facts?.publish_id))
        .collect();
    assert_eq!(ids.len(), PUBLISHERS * COMMITS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn publishers_of_one_process_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let location = on_disk(&directory).with_durability(Durability::None);
    create(&location).await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (location, done) = (location.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let table = Table::open(&location).await.unwrap();
            let (mut reads, mut version) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                let snapshot = table.snapshot().await.unwrap();
                assert!(snapshot.version() >= version, "a reader went back in time");
                version = snapshot.version();
                // Version n holds n publishes of two rows: anything else is half a commit.
                assert_eq!(read(&snapshot).await.len() as u64, 2 * version);
                reads += 1;
            }
            reads
        })
    };
    let publishers = (0..PUBLISHERS).map(|publisher| {
        let location = location.clone();
        tokio::spawn(async move { publish_all(&location, publisher).await })
    });
    let versions = futures::future::join_all(publishers).await;
    done.store(true, Ordering::Relaxed);
    let mut versions: Vec<u64> = versions.into_iter().flat_map(Result::unwrap).collect();
    versions.sort_unstable();
    assert_eq!(
        versions,
        (1..=(PUBLISHERS * COMMITS) as u64).collect::<Vec<_>>()
    );
    check_all_there(&location).await;
    assert!(reader.await.unwrap() > 0);
}

/// Set for the processes that [`publishers_of_several_processes_lose_nothing`] starts.
const CHILD: &str = "DATAPRODUCT_TEST_PUBLISHER";

#[tokio::test(flavor = "multi_thread")]
async fn publishers_of_several_processes_lose_nothing() {
    if let Ok(child) = std::env::var(CHILD) {
        let (publisher, folder) = child.split_once(':').unwrap();
        let location = Location::parse(folder)
            .unwrap()
            .with_durability(Durability::None);
        publish_all(&location, publisher.parse().unwrap()).await;
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("table");
    let location = Location::parse(folder.to_str().unwrap()).unwrap();
    create(&location).await;
    let name = "concurrency::publishers_of_several_processes_lose_nothing";
    let children: Vec<_> = (0..PUBLISHERS)
        .map(|publisher| {
            std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", name])
                .env(CHILD, format!("{publisher}:{}", folder.display()))
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    check_all_there(&location).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_publish_id_is_one_commit() {
    let location = memory("concurrency-one-id");
    let table = create(&location).await;
    let options = || WriteOptions::new().with_publish_id("the-one");
    let admitted = rows(&[("a", "L1", Some(1))]);
    let first = publish(&table, options(), &admitted).await.unwrap();
    assert!(!first.already_published);
    publish(&table, WriteOptions::new(), &rows(&[("b", "L1", None)]))
        .await
        .unwrap();
    for table in [table.clone(), Table::open(&location).await.unwrap()] {
        let again = publish(&table, options(), &admitted).await.unwrap();
        assert!(again.already_published);
        assert_eq!(
            (again.version, again.committed_at),
            (first.version, first.committed_at)
        );
        assert_eq!(again.facts, first.facts);
    }
    assert_eq!(table.receipt("the-one").await.unwrap().unwrap().version, 1);
    assert_eq!(table.receipt("another").await.unwrap(), None);
    assert_eq!(table.snapshot().await.unwrap().version(), 2);

    let racers = (0..8).map(|_| {
        let (location, admitted) = (location.clone(), admitted.clone());
        tokio::spawn(async move {
            let table = Table::open(&location).await.unwrap();
            let options = WriteOptions::new().with_publish_id("raced");
            publish(&table, options, &admitted).await.unwrap()
        })
    });
    let receipts = futures::future::join_all(racers).await;
    let receipts: Vec<_> = receipts.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        receipts
            .iter()
            .filter(|receipt| !receipt.already_published)
            .count(),
        1
    );
    assert!(receipts.iter().all(|receipt| receipt.version == 3));
    assert_eq!(
        Table::open(&location)
            .await
            .unwrap()
            .snapshot()
            .await
            .unwrap()
            .version(),
        3
    );
    for bad in ["", "a b", &"x".repeat(201)] {
        let refused = table.write(WriteOptions::new().with_publish_id(bad)).await;
        assert!(matches!(refused, Err(Error::InvalidSpec { .. })), "{bad}");
    }
}

#[tokio::test]
async fn replacing_takes_out_what_it_covers() {
    let table = create_partitioned(&memory("concurrency-replace")).await;
    let put = |mode: Mode, data: &'static [(&str, &str, Option<i64>)]| {
        let table = table.clone();
        async move {
            let admitted = admit(&contract(true), batch(data));
            publish(&table, WriteOptions::new().with_mode(mode), &admitted).await
        }
    };
    let partition =
        |value: &str| Mode::ReplacePartitions(vec![[("location".to_owned(), value.into())].into()]);
    put(
        Mode::Append,
        &[("a", "L1", None), ("b", "L2", None), ("c", "L 3/å", None)],
    )
    .await
    .unwrap();
    assert_eq!(table.snapshot().await.unwrap().files().len(), 3);
    let receipt = put(partition("L1"), &[("d", "L1", None)]).await.unwrap();
    assert_eq!(receipt.facts.unwrap().files_removed, 1);
    let names = |rows: Vec<(String, String, Option<i64>)>| {
        rows.into_iter().map(|row| row.0).collect::<Vec<_>>()
    };
    assert_eq!(names(read_sorted(&table).await), ["b", "c", "d"]);
    put(
        partition("L 3/å"),
        &[("e", "L 3/å", None), ("f", "L 3/å", None)],
    )
    .await
    .unwrap();
    assert_eq!(names(read_sorted(&table).await), ["b", "d", "e", "f"]);
    // Rows outside of what is replaced are a mistake.
    let outside = put(partition("L1"), &[("g", "L2", None)]).await;
    assert!(matches!(outside, Err(Error::SchemaMismatch { .. })));
    let unknown = put(
        Mode::ReplacePartitions(vec![[("sku".to_owned(), "a".into())].into()]),
        &[],
    )
    .await;
    assert!(matches!(unknown, Err(Error::NoSuchColumn { .. })));
    put(Mode::ReplaceAll, &[("z", "L1", None)]).await.unwrap();
    assert_eq!(names(read_sorted(&table).await), ["z"]);
    // What was replaced is still there in the versions before.
    assert_eq!(read(&table.snapshot_at(1).await.unwrap()).await.len(), 3);
}

#[tokio::test]
async fn a_replace_meets_a_concurrent_publish() {
    let location = memory("concurrency-replan");
    let table = create_partitioned(&location).await;
    let contract = contract(true);
    let first = admit(&contract, batch(&[("a", "L1", None), ("b", "L2", None)]));
    publish(&table, WriteOptions::new(), &first).await.unwrap();
    let replace = |on_conflict| {
        let partition = [("location".to_owned(), "L1".into())].into();
        WriteOptions::new()
            .with_mode(Mode::ReplacePartitions(vec![partition]))
            .with_on_conflict(on_conflict)
    };
    let new = admit(&contract, batch(&[("new", "L1", None)]));

    // The rows are written, then another process publishes into the same partition.
    let mut replan = table.write(replace(OnConflict::Replan)).await.unwrap();
    replan.push(&new).await.unwrap();
    let other = Table::open(&location).await.unwrap();
    let late = admit(
        &contract,
        batch(&[("late", "L1", None), ("late", "L2", None)]),
    );
    publish(&other, WriteOptions::new(), &late).await.unwrap();
    replan.commit().await.unwrap();
    let names = |rows: Vec<(String, String, Option<i64>)>| {
        rows.into_iter().map(|row| row.0).collect::<Vec<_>>()
    };
    assert_eq!(names(read_sorted(&table).await), ["b", "late", "new"]);

    let mut fail = table.write(replace(OnConflict::Fail)).await.unwrap();
    fail.push(&new).await.unwrap();
    publish(&other, WriteOptions::new(), &late).await.unwrap();
    let before = table.snapshot().await.unwrap().version();
    let error = fail.commit().await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
    assert_eq!(table.snapshot().await.unwrap().version(), before);

    // A publish into another partition is none of its business.
    let mut fail = table.write(replace(OnConflict::Fail)).await.unwrap();
    fail.push(&new).await.unwrap();
    let elsewhere = admit(&contract, batch(&[("x", "L9", None)]));
    publish(&other, WriteOptions::new(), &elsewhere)
        .await
        .unwrap();
    fail.commit().await.unwrap();
}

#[tokio::test]
async fn a_publish_fails_when_another_contract_came_in_between() {
    let location = memory("concurrency-contracts");
    let table = create(&location).await;
    let (mine, batch) = (rows(&[("a", "L1", None)]), batch(&[("b", "L2", None)]));
    let renewed = Contract::builder("inventory.stock-levels", "1.1.0")
        .with_owner("inventory-team")
        .with_columns(contract(false).columns().iter().cloned())
        .build()
        .unwrap();
    let theirs = admit(&renewed, batch);
    let digest = |of: &Admitted| Some(of.contract_digest().to_owned());

    // Nothing was published when these two were judged: the second of different contracts fails.
    let mut late = table
        .write(WriteOptions::new().with_contract_before(None::<String>))
        .await
        .unwrap();
    late.push(&mine).await.unwrap();
    let other = Table::open(&location).await.unwrap();
    publish(&other, WriteOptions::new(), &theirs).await.unwrap();
    let error = late.commit().await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");

    // Under its own contract, or the one that it was judged against, others may publish.
    for (rows, before) in [(&mine, digest(&theirs)), (&mine, digest(&theirs))] {
        let options = WriteOptions::new().with_contract_before(before);
        let mut writer = table.write(options).await.unwrap();
        writer.push(rows).await.unwrap();
        publish(&other, WriteOptions::new(), rows).await.unwrap();
        writer.commit().await.unwrap();
    }
    assert_eq!(read(&table.snapshot().await.unwrap()).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_without_contract_does_not_hide_the_one_before() {
    let contract_of = |version: &str, description: &str| {
        Contract::builder("inventory.stock", version)
            .with_owner("inventory-team")
            .with_description(description)
            .with_columns(contract(false).columns().iter().cloned())
            .build()
            .unwrap()
    };
    let older = contract_of("1.0.0", "What is where.");
    let newer = contract_of("1.1.0", "What is where, at last.");
    let mine = admit(&older, batch(&[("a", "L1", None)]));
    let theirs = admit(&newer, batch(&[("b", "L2", None)]));
    for interval in [0, 1] {
        let name = format!("concurrency-contract-hidden-{interval}");
        let location = memory(&name);
        Table::create(&location, &TableSpec::from_contract(&older))
            .await
            .unwrap();
        let options = TableOptions::default().with_checkpoint_interval(interval);
        let table = Table::open_with(&location, options).await.unwrap();
        publish(&table, WriteOptions::new(), &mine).await.unwrap();
        let judged = || WriteOptions::new().with_contract_before(Some(mine.contract_digest()));
        let mut late = table.write(judged()).await.unwrap();
        late.push(&mine).await.unwrap();

        let other = Table::open_with(&location, options).await.unwrap();
        publish(&other, WriteOptions::new(), &theirs).await.unwrap();
        let changed = other.evolve(&TableSpec::from_contract(&newer)).await;
        assert_eq!(changed.unwrap(), 3, "a commit that publishes nothing");
        let error = late.commit().await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{error}");

        // Whoever opens the table only now, perhaps from a checkpoint, is told the same.
        let opened = Table::open(&location).await.unwrap();
        let error = publish(&opened, judged(), &mine).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{error}");
        assert_eq!(read(&opened.snapshot().await.unwrap()).await.len(), 2);
    }
}

#[test]
fn streams_that_nobody_reads_from_hold_no_thread() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(2)
        .build()
        .unwrap();
    let done = runtime.block_on(async {
        let table = create(&memory("concurrency-idle-streams")).await;
        let many = vec![("a", "L1", Some(1)); 1000];
        publish(&table, WriteOptions::new(), &rows(&many))
            .await
            .unwrap();
        let snapshot = table.snapshot().await.unwrap();
        let mut idle = Vec::new();
        for _ in 0..8 {
            let mut stream = snapshot.scan().with_batch_rows(10).stream().unwrap();
            // The first batch starts the decoding.
            let first = tokio::time::timeout(Duration::from_secs(20), stream.next()).await;
            first?.unwrap().unwrap();
            idle.push(stream);
        }
        let read = tokio::time::timeout(Duration::from_secs(20), read(&snapshot)).await;
        read.map(|rows| rows.len())
    });
    runtime.shutdown_background();
    assert_eq!(done.ok(), Some(1000));
}
