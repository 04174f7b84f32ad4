//! Killed at any instant, a publisher leaves the table in the old or in the new state.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dataproduct_table::{Location, Table, TableOptions, WriteOptions};

use crate::support::*;

/// Set for the process that is to be killed.
const CHILD: &str = "DATAPRODUCT_TEST_CRASHING";
const KILLS: u32 = 100;
/// Rows of each publish, in two partitions, so that half a publish would show.
const ROWS: usize = 6;

async fn publish_until_killed(folder: &str) {
    let location = Location::parse(folder).unwrap();
    let options = TableOptions::default().with_checkpoint_interval(7);
    let table = Table::open_with(&location, options).await.unwrap();
    println!("\nready");
    loop {
        let mut writer = table.write(WriteOptions::new()).await.unwrap();
        let id = writer.publish_id().to_owned();
        let data: Vec<_> = (0..ROWS)
            .map(|row| (id.as_str(), ["L1", "L2"][row % 2], Some(1)))
            .collect();
        writer
            .push(&admit(&contract(true), batch(&data)))
            .await
            .unwrap();
        writer.commit().await.unwrap();
        println!("\nacknowledged {id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_publisher_leaves_whole_versions() {
    if let Ok(folder) = std::env::var(CHILD) {
        publish_until_killed(&folder).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("table");
    let location = Location::parse(folder.to_str().unwrap()).unwrap();
    create_partitioned(&location).await;
    let mut acknowledged = Vec::new();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut newest = 0;
    for _ in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::a_killed_publisher_leaves_whole_versions",
                "--nocapture",
            ])
            .env(CHILD, &folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let listener = std::thread::spawn(move || {
            let mut acknowledged = Vec::new();
            for line in lines.map_while(Result::ok) {
                if line == "ready" {
                    ready.send(()).unwrap();
                }
                acknowledged.extend(line.strip_prefix("acknowledged ").map(str::to_owned));
            }
            acknowledged
        });
        is_ready.recv_timeout(Duration::from_secs(20)).unwrap();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let until = Instant::now() + Duration::from_micros(random % 60_000);
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(listener.join().unwrap());

        let snapshot = Table::open(&location)
            .await
            .unwrap()
            .snapshot()
            .await
            .unwrap();
        assert!(snapshot.version() >= newest, "a version is gone");
        newest = snapshot.version();
        // Reading all rows each time would take longer than it tells.
        assert_eq!(snapshot.files().len() as u64, 2 * newest);
    }
    let table = Table::open(&location).await.unwrap();
    let mut rows_of: BTreeMap<String, usize> = BTreeMap::new();
    for (id, ..) in read(&table.snapshot().await.unwrap()).await {
        *rows_of.entry(id).or_default() += 1;
    }
    assert_eq!(rows_of.len() as u64, newest);
    assert!(
        rows_of.values().all(|rows| *rows == ROWS),
        "half a publish is visible"
    );
    assert!(
        acknowledged.iter().all(|id| rows_of.contains_key(id)),
        "an acknowledged publish is gone"
    );
    assert!(
        !acknowledged.is_empty(),
        "the child was never given the time to publish"
    );
    // And it goes on.
    publish(
        &table,
        WriteOptions::new(),
        &admit(&contract(true), batch(&[("z", "L1", None)])),
    )
    .await
    .unwrap();
}
