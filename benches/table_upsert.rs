//! Changing a few rows of a large table by key, and reading it afterwards.
//!
//! `DATAPRODUCT_BENCH_UPSERTS` says how many publishes of 1,000 keys there are before the table is read whole.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench stops at the first failure, and prints its result"
)]

use std::path::Path;
use std::time::Duration;

use arrow_array::RecordBatch;
use dataproduct_benches::{
    Order, admit, batch, batches, compare, contract, measure, median, mix, number, rows,
};
use dataproduct_contract::Contract;
use dataproduct_table::{
    Compaction, Location, Mode, Table, TableOptions, TableSpec, Upsert, WriteOptions,
};
use futures::TryStreamExt;

const KEYS: usize = 1000;

/// The bytes of everything in a folder.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            let metadata = entry.metadata().expect("metadata");
            match metadata.is_dir() {
                true => size(&entry.path()),
                false => metadata.len(),
            }
        })
        .sum()
}

async fn table(folder: &Path, order: Order, contract: &Contract) -> Table {
    let location = Location::parse(folder.to_str().expect("a path")).expect("a location");
    let spec = TableSpec::from_contract(contract).with_deletion_vectors();
    let table = Table::create(&location, &spec).await.expect("a table");
    let mut writer = table.write(WriteOptions::new()).await.expect("a writer");
    for batch in batches(rows(), order, contract) {
        for rows in admit(&[batch], contract) {
            writer.push(&rows).await.expect("the rows fit");
        }
    }
    writer.commit().await.expect("a commit");
    let options = TableOptions::default().with_auto_compaction(Compaction::new());
    let table = Table::open_with(&location, options).await;
    table.expect("a table")
}

/// Rows of random keys of the table.
fn change(seed: u64, contract: &Contract) -> RecordBatch {
    let places: Vec<u64> = (0..KEYS as u64)
        .map(|n| mix(seed * KEYS as u64 + n) % rows() as u64)
        .collect();
    batch(&places, contract)
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let upserts = number("DATAPRODUCT_BENCH_UPSERTS", 100);
    for order in [Order::Sorted, Order::Shuffled] {
        let contract = contract(order == Order::Sorted);
        let folder = tempfile::tempdir().expect("a directory");
        let (fresh, changed) = (folder.path().join("fresh"), folder.path().join("changed"));
        let fresh = runtime.block_on(table(&fresh, order, &contract));
        let table = runtime.block_on(table(&changed, order, &contract));
        let mut took = Vec::new();
        let (mut written, mut given) = (Vec::new(), Vec::new());
        for seed in 0..upserts as u64 {
            let before = size(&changed);
            let admitted = admit(&[change(seed, &contract)], &contract);
            given.push(admitted[0].batch().get_array_memory_size() as u64);
            let publish = async {
                let upsert = Upsert::by(["sku", "location_id"]).latest_by("updated_at");
                let options = WriteOptions::new().with_mode(Mode::Upsert(upsert));
                let mut writer = table.write(options).await.expect("a writer");
                writer.push(&admitted[0]).await.expect("the rows fit");
                writer.commit().await.expect("a commit")
            };
            took.push(measure(|| runtime.block_on(publish)).0);
            written.push(size(&changed) - before);
        }
        let first = &took[..took.len().min(20)];
        println!(
            "\nupsert of {KEYS} random keys into {} rows, {order:?}",
            rows()
        );
        for (name, took) in [("the first", first), ("all", &took[..])] {
            let millis = |pick: fn(&dataproduct_benches::Took) -> Duration| {
                median(took.iter().map(pick).collect()).as_secs_f64() * 1e3
            };
            println!(
                "  {name:<10} {:>5}: wall p50 {:>7.1} ms   cpu p50 {:>7.1} ms",
                took.len(),
                millis(|took| took.wall),
                millis(|took| took.cpu),
            );
        }
        let (written_first, given) = (written[0] as f64, median(given) as f64);
        let written = median(written) as f64;
        println!(
            "  bytes written: first {:.0} KiB ({:.1}x of the rows in memory), median {:.0} KiB ({:.1}x)",
            written_first / 1024.0,
            written_first / given,
            written / 1024.0,
            written / given,
        );
        let snapshot = runtime.block_on(table.snapshot()).expect("a snapshot");
        let gone: u64 = snapshot.files().iter().map(|file| file.deleted_rows).sum();
        println!(
            "  then {} files, {gone} rows of which were taken out",
            snapshot.files().len()
        );
        let read = |table: &Table| {
            runtime.block_on(async {
                let snapshot = table.snapshot().await.expect("a snapshot");
                let batches = snapshot.scan().stream().expect("a stream");
                let counted =
                    batches.try_fold(0, |sum, batch| async move { Ok(sum + batch.num_rows()) });
                assert_eq!(counted.await.expect("the rows"), rows());
            });
        };
        compare(
            &format!("full read after {upserts} upserts"),
            number("DATAPRODUCT_BENCH_ROUNDS", 5),
            vec![
                ("freshly written", Box::new(|| read(&fresh))),
                ("after the upserts", Box::new(|| read(&table))),
            ],
        );
    }
}
