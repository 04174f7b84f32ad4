//! Rows to batches and back. Every group takes turns in one run, so that ratios can be trusted on a
//! busy machine; `cargo bench -p bench-rows -- --noplot` prints the times, `ratios` the ratios.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark whose work fails has nothing to measure"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Fields, Schema};
use bench_rows::{Columns, Stock, by_hand, rows, touch_view};
use criterion::{Criterion, Throughput, criterion_group};
use dataproduct_contract::row::{Record, Rows};

const ROWS: usize = 2_000_000;
const BATCH: usize = 65_536;
const ROUNDS: usize = 11;

type Work<'a> = (&'static str, Box<dyn Fn() -> i64 + 'a>);

fn hand(rows: &[Stock]) -> i64 {
    rows.chunks(BATCH)
        .map(|chunk| by_hand(chunk).unwrap().num_rows() as i64)
        .sum()
}

fn derived(rows: &[Stock]) -> i64 {
    rows.chunks(BATCH)
        .map(|chunk| Stock::to_batch(chunk).unwrap().num_rows() as i64)
        .sum()
}

fn streamed(rows: &[Stock]) -> i64 {
    let size = std::num::NonZeroUsize::new(BATCH).unwrap();
    Stock::batches(rows, size)
        .map(|batch| batch.unwrap().num_rows() as i64)
        .sum()
}

fn serde_arrow(rows: &[Stock]) -> i64 {
    let fields = Stock::schema().fields().to_vec();
    rows.chunks(BATCH)
        .map(|chunk| {
            serde_arrow::to_record_batch(&fields, &chunk)
                .unwrap()
                .num_rows() as i64
        })
        .sum()
}

fn arrow_json(rows: &[Stock]) -> i64 {
    // Without the zone database it knows no `UTC`, only the offset, which is the same type otherwise.
    let fields = Stock::schema()
        .fields()
        .iter()
        .map(|field| match field.data_type() {
            DataType::Timestamp(unit, Some(_)) => {
                let utc = DataType::Timestamp(*unit, Some("+00:00".into()));
                Arc::new(field.as_ref().clone().with_data_type(utc))
            }
            _ => Arc::clone(field),
        })
        .collect::<Fields>();
    let schema = Arc::new(Schema::new(fields));
    let mut decoder = ReaderBuilder::new(schema)
        .with_batch_size(BATCH)
        .build_decoder()
        .unwrap();
    rows.chunks(BATCH)
        .map(|chunk| {
            decoder.serialize(chunk).unwrap();
            decoder
                .flush()
                .unwrap()
                .map_or(0, |batch| batch.num_rows() as i64)
        })
        .sum()
}

fn views_by_hand(batches: &[RecordBatch]) -> i64 {
    let mut sum = 0;
    for batch in batches {
        let columns = Columns::open(batch).unwrap();
        sum += (0..batch.num_rows())
            .map(|row| columns.sum(row))
            .sum::<i64>();
    }
    sum
}

fn views(batches: &[RecordBatch]) -> i64 {
    batches
        .iter()
        .map(|batch| {
            Rows::<Stock>::open(batch)
                .unwrap()
                .iter()
                .map(touch_view)
                .sum::<i64>()
        })
        .sum()
}

fn owned_by_hand(batches: &[RecordBatch]) -> i64 {
    let mut count = 0;
    for batch in batches {
        let columns = Columns::open(batch).unwrap();
        let rows: Vec<Stock> = (0..batch.num_rows())
            .map(|row| columns.owned(row))
            .collect();
        count += black_box(rows).len() as i64;
    }
    count
}

fn owned(batches: &[RecordBatch]) -> i64 {
    batches
        .iter()
        .map(|batch| black_box(Stock::from_batch(batch).unwrap()).len() as i64)
        .sum()
}

fn owned_serde_arrow(batches: &[RecordBatch]) -> i64 {
    batches
        .iter()
        .map(|batch| {
            let rows: Vec<Stock> = serde_arrow::from_record_batch(batch).unwrap();
            black_box(rows).len() as i64
        })
        .sum()
}

/// The fastest of all rounds of each work, taken in turn: A B C A B C ...
fn in_turn(works: &[Work<'_>]) -> Vec<Duration> {
    let mut best = vec![Duration::MAX; works.len()];
    for _ in 0..ROUNDS {
        for (best, (_, work)) in best.iter_mut().zip(works) {
            let start = Instant::now();
            black_box(work());
            *best = (*best).min(start.elapsed());
        }
    }
    best
}

/// Prints the time of each work and its ratio to the first one.
fn ratios(title: &str, works: &[Work<'_>]) {
    println!("{title}: {ROWS} rows, best of {ROUNDS} rounds in turn");
    let best = in_turn(works);
    for ((name, _), time) in works.iter().zip(&best) {
        let ratio = time.as_secs_f64() / best[0].as_secs_f64();
        println!(
            "  {name:<34} {:>9.1} ms  {ratio:>6.2}x",
            time.as_secs_f64() * 1e3
        );
    }
}

fn all_ratios() {
    let rows = Arc::new(rows(ROWS));
    let batches: Vec<RecordBatch> = rows
        .chunks(BATCH)
        .map(|chunk| Stock::to_batch(chunk).unwrap())
        .collect();
    assert_eq!(views(&batches), views_by_hand(&batches));
    ratios(
        "rows to batches",
        &[
            ("builders by hand, row by row", Box::new(|| hand(&rows))),
            ("derived, to_batch", Box::new(|| derived(&rows))),
            ("derived, batches", Box::new(|| streamed(&rows))),
            ("serde_arrow", Box::new(|| serde_arrow(&rows))),
            ("arrow-json", Box::new(|| arrow_json(&rows))),
        ],
    );
    ratios(
        "batches to borrowed rows",
        &[
            ("columns by hand", Box::new(|| views_by_hand(&batches))),
            ("derived views", Box::new(|| views(&batches))),
        ],
    );
    ratios(
        "batches to owned rows",
        &[
            ("columns by hand", Box::new(|| owned_by_hand(&batches))),
            ("derived, from_batch", Box::new(|| owned(&batches))),
            ("serde_arrow", Box::new(|| owned_serde_arrow(&batches))),
        ],
    );
}

fn bench(criterion: &mut Criterion) {
    let rows = rows(BATCH);
    let batches = vec![Stock::to_batch(&rows).unwrap()];
    let mut group = criterion.benchmark_group("rows");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("to_batch/hand", |b| b.iter(|| hand(black_box(&rows))));
    group.bench_function("to_batch/derived", |b| b.iter(|| derived(black_box(&rows))));
    group.bench_function("views/hand", |b| {
        b.iter(|| views_by_hand(black_box(&batches)))
    });
    group.bench_function("views/derived", |b| b.iter(|| views(black_box(&batches))));
    group.bench_function("owned/hand", |b| {
        b.iter(|| owned_by_hand(black_box(&batches)))
    });
    group.bench_function("owned/derived", |b| b.iter(|| owned(black_box(&batches))));
    group.finish();
}

criterion_group!(benches, bench);

fn main() {
    // `ratios` is the run whose figures are quoted.
    if std::env::args().any(|argument| argument == "ratios") {
        all_ratios();
    } else {
        benches();
        Criterion::default().configure_from_args().final_summary();
    }
}
