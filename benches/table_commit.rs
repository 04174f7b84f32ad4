//! Small commits, against the flushes that make them durable.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first failure"
)]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use dataproduct_benches::{Order, Took, admit, batches, contract, measure, median, number};
use dataproduct_table::{Durability, Location, Table, TableOptions, TableSpec, WriteOptions};

/// Two files and their directories, flushed: the data side at once, then the log side.
fn flushes(directory: &Path, number: usize, data: &[u8], log: &[u8]) {
    let write = |name: String, bytes: &[u8]| {
        let mut file = File::create(directory.join(name)).expect("a file");
        file.write_all(bytes).expect("room");
        file
    };
    let sync_directory = || {
        File::open(directory)
            .expect("a directory")
            .sync_all()
            .expect("a flush")
    };
    let file = write(format!("data-{number}"), data);
    std::thread::scope(|scope| {
        scope.spawn(sync_directory);
        file.sync_all().expect("a flush");
    });
    write(format!("log-{number}"), log)
        .sync_all()
        .expect("a flush");
    sync_directory();
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let commits = number("DATAPRODUCT_BENCH_COMMITS", 200);
    let contract = contract(false);
    let admitted = admit(&batches(1000, Order::Shuffled, &contract), &contract);
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| {
        Location::parse(directory.path().join(name).to_str().expect("a path")).expect("a location")
    };
    let table = |location: Location| {
        runtime.block_on(async {
            // Checkpoints are left out: they come every hundredth commit and are not part of a commit's flushes.
            let options = TableOptions::default().with_checkpoint_interval(0);
            Table::create(&location, &TableSpec::from_contract(&contract))
                .await
                .expect("a table");
            Table::open_with(&location, options).await.expect("a table")
        })
    };
    let durable = table(at("durable"));
    let fast = table(at("fast").with_durability(Durability::None));
    let publish = |table: &Table| {
        runtime.block_on(async {
            let mut writer = table.write(WriteOptions::new()).await.expect("a writer");
            writer.push(&admitted[0]).await.expect("the rows fit");
            writer.commit().await.expect("a commit");
        });
    };
    publish(&durable);
    let data = vec![
        7;
        usize::try_from(
            runtime
                .block_on(durable.snapshot())
                .expect("a snapshot")
                .files()[0]
                .bytes
        )
        .unwrap_or(40_000)
    ];
    fs::create_dir(directory.path().join("raw")).expect("a directory");
    let raw = directory.path().join("raw");
    let mut took: [Vec<Took>; 3] = Default::default();
    for number in 0..commits {
        took[0].push(measure(|| flushes(&raw, number, &data, &[b'x'; 2500])).0);
        took[1].push(measure(|| publish(&durable)).0);
        took[2].push(measure(|| publish(&fast)).0);
    }
    println!("\ncommits of 1,000 rows (n = {commits})");
    let figure = |took: &[Took], pick: fn(&Took) -> Duration| {
        median(took.iter().map(pick).collect()).as_secs_f64() * 1e3
    };
    let base = figure(&took[0], |took| took.wall);
    for (name, took) in [
        "its flushes alone",
        "publish, durable",
        "publish, not flushed",
    ]
    .iter()
    .zip(&took)
    {
        let mut wall: Vec<Duration> = took.iter().map(|took| took.wall).collect();
        wall.sort_unstable();
        println!(
            "  {name:<24} wall p50 {:>7.2} ms ({:>4.2}x) p99 {:>7.2} ms   cpu p50 {:>6.2} ms",
            figure(took, |took| took.wall),
            figure(took, |took| took.wall) / base,
            wall[wall.len() * 99 / 100].as_secs_f64() * 1e3,
            figure(took, |took| took.cpu),
        );
    }
}
