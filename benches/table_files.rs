//! What opening, planning, committing, a checkpoint and vacuum cost against the number of files, up to a million: ten
//! terabytes.
//!
//! The log is real and the files are not, but for one. `DATAPRODUCT_BENCH_FILES` says how many there are at most.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench stops at the first failure, and prints its result"
)]

use std::fmt::Write as _;
use std::path::Path;

use dataproduct_benches::{Took, admit, batch, contract, measure, number, sku};
use dataproduct_table::{
    Durability, Location, Predicate, Table, TableOptions, TableSpec, Vacuum, WriteOptions,
};

/// Files of one entry of the log.
const ENTRY_FILES: usize = 1000;
/// Bytes of a file, so that a million of them are ten terabytes.
const FILE_BYTES: usize = 10_000_000;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let most = number("DATAPRODUCT_BENCH_FILES", 1_000_000);
    for files in [1000, 10_000, 100_000, 1_000_000] {
        if files <= most {
            run(&runtime, files);
        }
    }
}

fn run(runtime: &tokio::runtime::Runtime, files: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    let location = Location::parse(directory.path().to_str().expect("a path")).expect("a location");
    let location = location.with_durability(Durability::None);
    let contract = contract(true);
    let spec = TableSpec::from_contract(&contract);
    let created = runtime.block_on(Table::create(&location, &spec));
    drop(created.expect("a table"));
    let entries = write_log(&directory.path().join("_delta_log"), files);
    println!(
        "\n{files} files of {} MB, {entries} entries of the log",
        FILE_BYTES / 1_000_000
    );

    let open = |interval: u64| {
        let options = TableOptions::default().with_checkpoint_interval(interval);
        let opened = runtime.block_on(Table::open_with(&location, options));
        opened.expect("a table")
    };
    let (took, table) = measure(|| open(0));
    say("open, from entries", files, took);
    // Keys of the real file come before all others.
    let rows = admit(&[batch(&[3], &contract)], &contract).remove(0);
    let commit = |table: &Table| {
        let committed = runtime.block_on(async {
            let mut writer = table.write(WriteOptions::new()).await?;
            writer.push(&rows).await?;
            writer.commit().await
        });
        committed.expect("a commit")
    };
    let (took, _) = measure(|| commit(&table));
    say("commit", files, took);
    drop(table);
    let table = open(1);
    let (took, _) = measure(|| commit(&table));
    say("commit with a checkpoint", files, took);
    drop(table);
    let (took, table) = measure(|| open(0));
    say("open, from the checkpoint", files, took);
    let snapshot = runtime.block_on(table.snapshot()).expect("a version");
    let find = |place: u64| {
        let scan = snapshot.scan().filter(Predicate::eq("sku", sku(place)));
        let found = runtime.block_on(scan.collect()).expect("rows");
        found
            .iter()
            .map(arrow_array::RecordBatch::num_rows)
            .sum::<usize>()
    };
    let (took, found) = measure(|| find(0));
    assert_eq!(found, 2);
    say("read one key of two real files", files, took);
    let vacuum = Vacuum::new().with_dry_run(true);
    let (took, report) = measure(|| runtime.block_on(table.vacuum(&vacuum)));
    report.expect("a report");
    say("vacuum, dry run", files, took);
}

/// Entries that add files of ascending keys; how many.
fn write_log(folder: &Path, files: usize) -> usize {
    let entries = files.div_ceil(ENTRY_FILES);
    for entry in 0..entries {
        let mut text =
            String::from(r#"{"commitInfo":{"timestamp":1767225600000,"operation":"WRITE"}}"#);
        text.push('\n');
        for file in entry * ENTRY_FILES..((entry + 1) * ENTRY_FILES).min(files) {
            let (first, last) = (sku(file as u64 * 100 + 100), sku(file as u64 * 100 + 199));
            let stats = format!(
                r#"{{\"numRecords\":1000000,\"minValues\":{{\"sku\":\"{first}\",\"location_id\":\"LOC-000000\",\"on_hand\":0,\"reserved\":0,\"unit_cost\":0.0}},\"maxValues\":{{\"sku\":\"{last}\",\"location_id\":\"LOC-000199\",\"on_hand\":499,\"reserved\":19,\"unit_cost\":1249.75}},\"nullCount\":{{\"sku\":0,\"location_id\":0,\"on_hand\":0,\"reserved\":0,\"unit_cost\":0}}}}"#
            );
            writeln!(
                text,
                r#"{{"add":{{"path":"part-{file:032x}.parquet","partitionValues":{{}},"size":{FILE_BYTES},"modificationTime":1767225600000,"dataChange":true,"stats":"{stats}"}}}}"#
            )
            .expect("text");
        }
        let name = folder.join(format!("{:020}.json", entry + 1));
        std::fs::write(name, text).expect("a file");
    }
    entries
}

fn say(what: &str, files: usize, took: Took) {
    println!(
        "  {what:<32} wall {:>9.1} ms  cpu {:>9.1} ms  {:>6.2} us a file  over {:>7.1} MiB",
        took.wall.as_secs_f64() * 1e3,
        took.cpu.as_secs_f64() * 1e3,
        took.cpu.as_secs_f64() * 1e6 / files as f64,
        took.over_bytes as f64 / 1_048_576.0,
    );
}
