//! What the benches share: stock rows of the test kit, and measuring two sides in turn.
//!
//! Every ratio comes from one run in which both sides take turns, as medians; CPU seconds are the figure to trust
//! on a machine that others use too.
#![expect(
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a bench that cannot run should stop at once, and prints its result"
)]

pub mod stock_rules;

use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use cpu_time::ProcessTime;
use dataproduct_contract::Contract;
use dataproduct_quality::{Admitted, Gate, Verdict};
pub use dataproduct_testkit::stock::{
    BATCH_ROWS, Order, batch, batches, contract, location, mix, sku,
};

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

/// Passes batches through the gate.
#[must_use]
pub fn admit(batches: &[RecordBatch], contract: &Contract) -> Vec<Admitted> {
    let mut gate = Gate::new(contract);
    let admitted = batches.iter().map(|batch| match gate.check(batch.clone()) {
        Verdict::Admitted(rows) => Some(rows),
        _ => None,
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

/// Processor time of this process since it began.
#[must_use]
pub fn cpu_so_far() -> Duration {
    ProcessTime::now().as_duration()
}

/// Memory of this process at its highest, in bytes.
#[must_use]
pub fn peak_bytes() -> u64 {
    status_bytes("VmHWM:")
}

/// Memory of this process now, in bytes.
#[must_use]
pub fn resident_bytes() -> u64 {
    status_bytes("VmRSS:")
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
