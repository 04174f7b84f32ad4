//! From a Parquet file of ten million stock rows to a verdict on thirteen rules: the gate against a program written by
//! hand for these rows, each in a process of its own.
//!
//! With arguments it is one of those processes, for `peers.py` too: `path` prints where this program is, `write FILE`
//! makes the file, and `hand FILE`, `gate FILE`, `hand-in-memory FILE` and `gate-in-memory FILE` check it and print
//! seconds of processor time and the highest memory in MiB; of the latter two the time is of the rules alone.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first failure"
)]

use std::borrow::Cow;
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use arrow_array::RecordBatch;
use dataproduct::DataCheck;
use dataproduct_benches::{BATCH_ROWS, cpu_so_far, median, number, peak_bytes, rows, stock_rules};
use dataproduct_quality::{GateContext, check_rows};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

fn write(path: &Path) {
    let level = ZstdLevel::try_new(1).expect("a level");
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level));
    let batches = stock_rules::batches(rows());
    let file = File::create(path).expect("a file");
    let schema = batches[0].schema();
    let writer = ArrowWriter::try_new(file, schema, Some(properties.build()));
    let mut writer = writer.expect("a writer");
    for batch in &batches {
        writer.write(batch).expect("the rows fit");
    }
    writer.close().expect("a footer");
}

fn read(path: &Path) -> ParquetRecordBatchReader {
    let file = File::open(path).expect("the file is there");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("a footer");
    let builder = builder.with_batch_size(BATCH_ROWS);
    builder.build().expect("a reader")
}

fn hand(path: &Path) {
    let reader = read(path);
    let schema = arrow_array::RecordBatchReader::schema(&reader);
    let batches = reader.map(|batch| Cow::Owned(batch.expect("sound rows")));
    stock_rules::by_hand(&schema, batches);
}

fn gate(path: &Path) {
    let contract = stock_rules::contract();
    let check = DataCheck::new();
    let report = check.files(&contract, &[path.to_owned()]).expect("rows");
    assert!(report.verdict().is_accepted(), "{}", report.to_json());
}

/// Processor time of the rules alone, on rows in memory.
fn in_memory(path: &Path, by_hand: bool) -> Duration {
    let batches: Vec<RecordBatch> = read(path).map(|batch| batch.expect("sound rows")).collect();
    let contract = stock_rules::contract();
    let before = cpu_so_far();
    if by_hand {
        stock_rules::by_hand(&batches[0].schema(), batches.iter().map(Cow::Borrowed));
    } else {
        let open = || Ok::<_, std::convert::Infallible>(batches.iter().cloned().map(Ok));
        let threads = NonZeroUsize::MIN;
        let report = check_rows(&contract, GateContext::default(), threads, open).expect("rows");
        assert!(report.verdict().is_accepted(), "{}", report.to_json());
    }
    cpu_so_far() - before
}

/// What one process says: seconds of processor time, and MiB.
fn ask(side: &str, path: &Path) -> (Duration, u64) {
    let program = std::env::current_exe().expect("this program");
    let out = Command::new(program).arg(side).arg(path).output();
    let text = String::from_utf8(out.expect("a process").stdout).expect("text");
    let mut words = text.split_whitespace();
    let mut word = || words.next().expect("a figure");
    let seconds = word().parse().expect("seconds");
    (
        Duration::from_secs_f64(seconds),
        word().parse().expect("MiB"),
    )
}

fn compared() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("stock.parquet");
    write(&path);
    let rounds = number("DATAPRODUCT_BENCH_ROUNDS", 7);
    let sides = ["hand", "gate", "hand-in-memory", "gate-in-memory"];
    let mut taken = vec![(Vec::new(), Vec::new()); sides.len()];
    for _ in 0..rounds {
        for (side, (cpu, memory)) in sides.iter().zip(&mut taken) {
            let (seconds, mebibytes) = ask(side, &path);
            cpu.push(seconds);
            memory.push(mebibytes);
        }
    }
    println!(
        "{} rows of a file, 13 rules (medians of {rounds} processes)",
        rows()
    );
    let mut base = 0.0;
    for (place, (side, (cpu, memory))) in sides.iter().zip(taken).enumerate() {
        let cpu = median(cpu).as_secs_f64();
        if place % 2 == 0 {
            base = cpu;
        }
        println!(
            "  {side:<16} cpu {cpu:>6.3} s ({:>5.2}x)  peak {:>5} MiB",
            cpu / base,
            median(memory)
        );
    }
}

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let cpu = match words[..] {
        [] => return compared(),
        ["path"] => {
            let program = std::env::current_exe().expect("this program");
            return println!("{}", program.display());
        }
        ["write", path] => return write(Path::new(path)),
        ["hand", path] => {
            hand(Path::new(path));
            cpu_so_far()
        }
        ["gate", path] => {
            gate(Path::new(path));
            cpu_so_far()
        }
        ["hand-in-memory", path] => in_memory(Path::new(path), true),
        ["gate-in-memory", path] => in_memory(Path::new(path), false),
        _ => return println!("path, or write, hand, gate, hand-in-memory or gate-in-memory FILE"),
    };
    println!("{:.4} {}", cpu.as_secs_f64(), peak_bytes() >> 20);
}
