//! What the benches share: stock rows made by arithmetic, and measuring two sides in turn.
//!
//! Every ratio comes from one run in which both sides take turns, as medians; CPU seconds are the figure to trust
//! on a machine that others use too.
#![expect(
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::print_stdout,
    reason = "a bench that cannot run should stop at once, and prints its result"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use cpu_time::ProcessTime;
use dataproduct_contract::{Column, Contract, DataType};
use dataproduct_quality::{Admitted, Gate, Verdict};

/// Rows of a batch.
pub const BATCH_ROWS: usize = 65_536;

/// Rows of the big tables: `DATAPRODUCT_BENCH_ROWS`, or ten million.
#[must_use]
pub fn rows() -> usize {
    number("DATAPRODUCT_BENCH_ROWS", 10_000_000)
}

/// A number from the environment.
#[must_use]
pub fn number(name: &str, default: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// In which order rows come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As a permutation scatters them.
    Shuffled,
    /// By `sku`, then `location_id`.
    Sorted,
}

/// The contract of the stock rows: nine columns, all nullable but the two of the key.
#[must_use]
pub fn contract(sorted: bool) -> Contract {
    let text = |name: &str| Column::new(name, DataType::String).with_nullable(true);
    let number = |name: &str| Column::new(name, DataType::Int64).with_nullable(true);
    let (sku, location) = (text("sku"), text("location_id"));
    let (sku, location) = match sorted {
        true => (
            sku.with_nullable(false).with_sort(1),
            location.with_nullable(false).with_sort(2),
        ),
        false => (sku, location),
    };
    Contract::builder("inventory.stock-levels", "1.0.0")
        .with_owner("inventory-team")
        .with_columns([
            sku,
            location,
            number("on_hand"),
            number("reserved"),
            Column::new("unit_cost", DataType::Float64).with_nullable(true),
            text("currency"),
            text("status"),
            Column::new("updated_at", DataType::Timestamp).with_nullable(true),
            text("tags"),
        ])
        .build()
        .expect("the contract is valid")
}

fn mix(value: u64) -> u64 {
    let mut x = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The text of a sku by its number.
#[must_use]
pub fn sku(number: u64) -> String {
    format!("SKU-{number:09}")
}

/// The text of a location by its number.
#[must_use]
pub fn location(number: u64) -> String {
    format!("LOC-{number:06}")
}

/// `total` rows in batches. The same arguments make the same rows.
#[must_use]
pub fn batches(total: usize, order: Order, contract: &Contract) -> Vec<RecordBatch> {
    // A multiplier that shares no factor with the number of rows permutes them.
    let mut step = 7_919_123_u64;
    while gcd(step, total as u64) != 1 {
        step += 2;
    }
    (0..total)
        .step_by(BATCH_ROWS)
        .map(|start| {
            let places = (start..(start + BATCH_ROWS).min(total)).map(|row| match order {
                Order::Sorted => row as u64,
                Order::Shuffled => (row as u64 * step) % total as u64,
            });
            batch(&places.collect::<Vec<_>>(), contract)
        })
        .collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn batch(places: &[u64], contract: &Contract) -> RecordBatch {
    const CURRENCIES: [&str; 6] = ["NOK", "SEK", "DKK", "EUR", "GBP", "USD"];
    const STATUSES: [&str; 5] = ["active", "blocked", "clearance", "planned", "returned"];
    let text = |value: &dyn Fn(u64) -> Option<String>| -> ArrayRef {
        Arc::new(
            places
                .iter()
                .map(|place| value(*place))
                .collect::<StringArray>(),
        )
    };
    let pick =
        |list: &[&str], by: u64| Some(list[(mix(by) % list.len() as u64) as usize].to_owned());
    // Ten locations a sku, ascending.
    let place_of = |place: u64| (place % 10) * 20 + mix(place / 10) % 20;
    let columns: Vec<ArrayRef> = vec![
        text(&|place| Some(sku(place / 10))),
        text(&|place| Some(location(place_of(place)))),
        Arc::new(
            places
                .iter()
                .map(|place| Some((mix(*place) % 500) as i64))
                .collect::<Int64Array>(),
        ),
        Arc::new(
            places
                .iter()
                .map(|place| Some((mix(*place ^ 1) % 20) as i64))
                .collect::<Int64Array>(),
        ),
        Arc::new(
            places
                .iter()
                .map(|place| Some((mix(*place / 10) % 5000) as f64 / 4.0))
                .collect::<Float64Array>(),
        ),
        text(&|place| pick(&CURRENCIES, place / 10)),
        text(&|place| pick(&STATUSES, place)),
        Arc::new(
            places
                .iter()
                .map(|place| {
                    Some(1_700_000_000_000_000 + (mix(*place ^ 2) % 86_400_000_000) as i64)
                })
                .collect::<TimestampMicrosecondArray>()
                .with_timezone("UTC"),
        ),
        text(&|place| (mix(place ^ 3) % 10 >= 7).then(|| format!("tag-{}", mix(place ^ 4) % 100))),
    ];
    RecordBatch::try_new(contract.arrow_schema(), columns).expect("the columns fit the contract")
}

/// Passes batches through the gate.
#[must_use]
pub fn admit(batches: &[RecordBatch], contract: &Contract) -> Vec<Admitted> {
    let mut gate = Gate::new(contract);
    let admitted = batches.iter().map(|batch| match gate.check(batch.clone()) {
        Verdict::Admitted(rows) => Some(rows),
        Verdict::Refused(_) => None,
    });
    admitted
        .collect::<Option<Vec<_>>>()
        .expect("the rows keep the contract")
}

/// What one run took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Took {
    /// User and system time of the process.
    pub cpu: Duration,
    /// Elapsed time.
    pub wall: Duration,
    /// Memory at its highest above what was held before, in bytes.
    pub over_bytes: u64,
}

/// Runs something and measures it.
pub fn measure<T>(work: impl FnOnce() -> T) -> (Took, T) {
    // Resets the high-water mark where the system lets us.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = status_bytes("VmRSS:");
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    let done = work();
    let took = Took {
        cpu: cpu.elapsed(),
        wall: wall.elapsed(),
        over_bytes: status_bytes("VmHWM:").saturating_sub(before),
    };
    (took, done)
}

fn status_bytes(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

/// One side of a comparison: a name, and what to run.
pub type Side<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// Runs the sides in turn for several rounds and prints medians, and ratios to the first side.
pub fn compare(title: &str, rounds: usize, mut sides: Vec<Side<'_>>) -> Vec<Took> {
    let mut all: Vec<Vec<Took>> = vec![Vec::new(); sides.len()];
    for _ in 0..rounds {
        for (side, runs) in sides.iter_mut().zip(&mut all) {
            runs.push(measure(&mut side.1).0);
        }
    }
    let medians: Vec<Took> = all
        .iter()
        .map(|runs| Took {
            cpu: median(runs.iter().map(|took| took.cpu).collect()),
            wall: median(runs.iter().map(|took| took.wall).collect()),
            over_bytes: median(runs.iter().map(|took| took.over_bytes).collect()),
        })
        .collect();
    println!("{title} (medians of {rounds})");
    for ((name, _), took) in sides.iter().zip(&medians) {
        println!(
            "  {name:<44} cpu {:>9.2} ms ({:>5.2}x)  wall {:>9.2} ms ({:>5.2}x)  over {:>6.1} MiB",
            took.cpu.as_secs_f64() * 1e3,
            took.cpu.as_secs_f64() / medians[0].cpu.as_secs_f64().max(1e-9),
            took.wall.as_secs_f64() * 1e3,
            took.wall.as_secs_f64() / medians[0].wall.as_secs_f64().max(1e-9),
            took.over_bytes as f64 / 1_048_576.0,
        );
    }
    medians
}

/// The middle of several values.
#[must_use]
pub fn median<T: Ord + Copy + Default>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}
