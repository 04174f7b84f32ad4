//! Exact uniqueness of ten and a hundred million keys, and of as many as `DATAPRODUCT_BENCH_KEYS` says: keys are made
//! batch by batch, so that what is held is what the gate holds, and each run is a process of its own.
//!
//! `DATAPRODUCT_BENCH_KEYS=1000000000 DATAPRODUCT_BENCH_SHAPES=shuffled,sparse` runs two shapes of a thousand million.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_possible_wrap,
    reason = "a bench stops at the first failure"
)]

use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer};
use cpu_time::ThreadTime;
use dataproduct_benches::{BATCH_ROWS, cpu_so_far, median, number, peak_bytes};
use dataproduct_contract::{Check, Column, Contract, DataType, Rule};
use dataproduct_quality::{GateContext, check_rows};

/// Whole numbers in order, the same all over, numbers all over 64 bits, and pairs of texts all over.
const SHAPES: [&str; 4] = ["ascending", "shuffled", "sparse", "texts"];

fn contract(shape: &str) -> Contract {
    let key: &[&str] = match shape {
        "texts" => &["sku", "location_id"],
        _ => &["id"],
    };
    let data_type = match shape {
        "texts" => DataType::String,
        _ => DataType::Int64,
    };
    let columns = key.iter().map(|name| Column::new(*name, data_type.clone()));
    let columns: Vec<Column> = columns.map(|column| column.with_nullable(false)).collect();
    let duplicates = Check::DuplicateValues {
        columns: key.iter().map(|name| (*name).to_owned()).collect(),
    };
    Contract::builder("bench.keys", "1.0.0")
        .with_owner("bench")
        .with_columns(columns)
        .with_rule(Rule::of(duplicates))
        .build()
        .expect("a sound contract")
}

/// Every number below `total` once, all over: an odd factor permutes the numbers below a power of two, and those that
/// are too large are permuted again.
fn scattered(row: u64, total: u64) -> u64 {
    let mask = total.next_power_of_two() - 1;
    let mut place = row;
    loop {
        place = place.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask;
        place ^= place >> (mask.count_ones() / 2);
        place = place.wrapping_mul(0xd1b5_4a32_d192_ed03) & mask;
        if place < total {
            return place;
        }
    }
}

fn texts(prefix: &[u8], digits: usize, numbers: impl ExactSizeIterator<Item = u64>) -> ArrayRef {
    let width = prefix.len() + digits;
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(width, numbers.len()));
    let mut bytes = Vec::with_capacity(numbers.len() * width);
    for mut number in numbers {
        bytes.extend_from_slice(prefix);
        let first = bytes.len();
        bytes.resize(first + digits, b'0');
        for digit in bytes[first..].iter_mut().rev() {
            *digit += (number % 10) as u8;
            number /= 10;
        }
    }
    Arc::new(StringArray::new(offsets, Buffer::from_vec(bytes), None))
}

fn batch(shape: &str, rows: std::ops::Range<u64>, total: u64, contract: &Contract) -> RecordBatch {
    let numbers = |of: fn(u64, u64) -> i64| -> Vec<ArrayRef> {
        let values = rows.clone().map(|row| of(row, total));
        vec![Arc::new(Int64Array::from_iter_values(values))]
    };
    let columns = match shape {
        "ascending" => numbers(|row, _| row as i64),
        "shuffled" => numbers(|row, total| scattered(row, total) as i64),
        "sparse" => numbers(|row, _| {
            // Each step can be undone, so that no number comes twice.
            let row = row.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (row ^ (row >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93) as i64
        }),
        _ => {
            let places: Vec<u64> = rows.map(|row| scattered(row, total)).collect();
            let skus = places.iter().map(|place| place / 10);
            let places = places.iter().map(|place| place % 10 * 20 + place / 10 % 20);
            vec![texts(b"SKU-", 9, skus), texts(b"LOC-", 6, places)]
        }
    };
    RecordBatch::try_new(contract.arrow_schema(), columns).expect("the columns fit")
}

/// One run: seconds of processor time without making the keys, seconds elapsed with it, and MiB.
fn run(shape: &str, total: u64) -> String {
    let contract = contract(shape);
    let making = AtomicU64::new(0);
    let starts = || (0..total).step_by(BATCH_ROWS);
    let open = || {
        let batches = starts().map(|start| {
            let began = ThreadTime::now();
            let rows = start..(start + BATCH_ROWS as u64).min(total);
            let batch = batch(shape, rows, total, &contract);
            let took = u64::try_from(began.elapsed().as_nanos()).expect("a short time");
            making.fetch_add(took, Ordering::Relaxed);
            Ok::<_, std::convert::Infallible>(batch)
        });
        Ok(batches)
    };
    let threads = NonZeroUsize::new(number("DATAPRODUCT_BENCH_THREADS", 2)).expect("a thread");
    let (before, began) = (cpu_so_far(), Instant::now());
    let report = check_rows(&contract, GateContext::default(), threads, open).expect("keys");
    assert!(report.verdict().is_accepted(), "{}", report.to_json());
    let making = Duration::from_nanos(making.load(Ordering::Relaxed));
    let cpu = (cpu_so_far() - before).saturating_sub(making);
    let (cpu, wall) = (cpu.as_secs_f64(), began.elapsed().as_secs_f64());
    format!("{cpu:.4} {wall:.4} {}", peak_bytes() >> 20)
}

fn list(name: &str, default: &str) -> Vec<String> {
    let text = std::env::var(name).unwrap_or_else(|_| default.to_owned());
    text.split(',').map(str::to_owned).collect()
}

fn compared() {
    let rounds = number("DATAPRODUCT_BENCH_ROUNDS", 5);
    let program = std::env::current_exe().expect("this program");
    for total in list("DATAPRODUCT_BENCH_KEYS", "10000000,100000000") {
        println!("{total} keys (medians of {rounds} processes, two threads)");
        for shape in list("DATAPRODUCT_BENCH_SHAPES", &SHAPES.join(",")) {
            let mut figures = vec![Vec::new(); 3];
            for _ in 0..rounds {
                let out = Command::new(&program).args([&shape, &total]).output();
                let out = out.expect("a process");
                assert!(
                    out.status.success(),
                    "{}",
                    String::from_utf8_lossy(&out.stderr)
                );
                let text = String::from_utf8(out.stdout).expect("text");
                for (word, figures) in text.split_whitespace().zip(&mut figures) {
                    let figure: f64 = word.parse().expect("a figure");
                    figures.push(Duration::from_secs_f64(figure));
                }
            }
            let [cpu, wall, memory] = [0, 1, 2].map(|of| median(figures[of].clone()).as_secs_f64());
            println!(
                "  {shape:<10} cpu {cpu:>8.3} s  wall with making keys {wall:>8.3} s  peak {memory:>6.0} MiB"
            );
        }
    }
}

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    match &words[..] {
        [shape, total] => println!("{}", run(shape, total.parse().expect("a number of keys"))),
        _ => compared(),
    }
}
