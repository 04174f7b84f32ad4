//! Reading back: a range of the sorted key, a scattered predicate, whole columns; against raw Parquet readers.
//!
//! With `DATAPRODUCT_BENCH_KEEP=<folder>` the tables stay there, for other engines to read.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first failure"
)]

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch};
use dataproduct_benches::{Order, admit, batches, compare, contract, location, number, rows, sku};
use dataproduct_table::{Location, Predicate, Snapshot, Table, TableSpec, Verify, WriteOptions};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter};

const COLUMNS: [&str; 3] = ["sku", "location_id", "on_hand"];

async fn table(folder: &Path, order: Order) -> Snapshot {
    let name = folder.join(format!("{order:?}").to_lowercase());
    let at = Location::parse(name.to_str().expect("a plain path")).expect("a location");
    if let Ok(table) = Table::open(&at).await {
        return table.snapshot().await.expect("a snapshot");
    }
    let contract = contract(order == Order::Sorted);
    let table = Table::create(&at, &TableSpec::from_contract(&contract))
        .await
        .expect("a table");
    let mut writer = table.write(WriteOptions::new()).await.expect("a writer");
    for rows in admit(&batches(rows(), order, &contract), &contract) {
        writer.push(&rows).await.expect("the rows fit");
    }
    writer.commit().await.expect("a commit");
    table.snapshot().await.expect("a snapshot")
}

fn count(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let rounds = number("DATAPRODUCT_BENCH_ROUNDS", 9);
    let temporary = tempfile::tempdir().expect("a directory");
    let folder = std::env::var("DATAPRODUCT_BENCH_KEEP")
        .map_or(temporary.path().to_path_buf(), PathBuf::from);
    let (shuffled, sorted) = runtime.block_on(async {
        (
            table(&folder, Order::Shuffled).await,
            table(&folder, Order::Sorted).await,
        )
    });
    let file =
        |snapshot: &Snapshot, order: &str| folder.join(order).join(&snapshot.files()[0].path);
    let (shuffled_file, sorted_file) = (file(&shuffled, "shuffled"), file(&sorted, "sorted"));
    let scan =
        |snapshot: &Snapshot, predicate: Option<Predicate>, columns: &[&str], verify: Verify| {
            let mut scan = snapshot
                .scan()
                .select(columns.iter().copied())
                .with_verify(verify);
            if let Some(predicate) = predicate {
                scan = scan.filter(predicate);
            }
            runtime.block_on(async {
                use futures::StreamExt;
                let mut stream = scan.stream().expect("a stream");
                let mut found = 0;
                while let Some(batch) = stream.next().await {
                    found += batch.expect("a batch").num_rows();
                }
                found
            })
        };
    // One percent: two of two hundred locations, and one sku in a hundred in a row.
    let wanted = [location(33), location(107)];
    let scattered = || Predicate::is_in("location_id", wanted.clone());
    let (low, high) = (
        sku(rows() as u64 / 40),
        sku(rows() as u64 / 40 + rows() as u64 / 1000),
    );
    let range = || Predicate::between("sku", low.clone(), high.clone());

    println!(
        "\nrows: scattered {}, range {}",
        scan(&shuffled, Some(scattered()), &COLUMNS, Verify::Never),
        scan(&sorted, Some(range()), &COLUMNS, Verify::Never)
    );
    compare(
        "scattered 1 %, 3 of 9 columns",
        rounds,
        vec![
            (
                "raw reader with RowFilter, 32k batches",
                Box::new(|| {
                    raw_scattered(&shuffled_file, &wanted);
                }),
            ),
            (
                "scan",
                Box::new(|| {
                    scan(
                        &shuffled,
                        Some(scattered()),
                        &COLUMNS,
                        Verify::WhenMostIsRead,
                    );
                }),
            ),
            (
                "scan, digest checked",
                Box::new(|| {
                    scan(&shuffled, Some(scattered()), &COLUMNS, Verify::Always);
                }),
            ),
        ],
    );
    compare(
        "range of a sorted key, 1 %, 3 of 9 columns",
        rounds,
        vec![
            (
                "raw reader, row groups by statistics, RowFilter",
                Box::new(|| {
                    raw_range(&sorted_file, &low, &high);
                }),
            ),
            (
                "scan",
                Box::new(|| {
                    scan(&sorted, Some(range()), &COLUMNS, Verify::WhenMostIsRead);
                }),
            ),
        ],
    );
    let all: Vec<String> = shuffled
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    compare(
        "all rows",
        rounds.min(5),
        vec![
            (
                "raw reader, 9 columns",
                Box::new(|| {
                    raw_all(&shuffled_file);
                }),
            ),
            (
                "scan, 9 columns, digest checked",
                Box::new(|| {
                    scan(&shuffled, None, &all, Verify::WhenMostIsRead);
                }),
            ),
            (
                "scan, 9 columns, digest not checked",
                Box::new(|| {
                    scan(&shuffled, None, &all, Verify::Never);
                }),
            ),
        ],
    );
}

fn raw_all(file: &Path) -> usize {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(file).expect("a file"))
        .expect("a footer");
    let reader = builder.with_batch_size(32_768).build().expect("a reader");
    count(
        &reader
            .map(|batch| batch.expect("a batch").slice(0, 1))
            .collect::<Vec<_>>(),
    )
}

fn raw_scattered(file: &Path, wanted: &[String]) -> usize {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(file).expect("a file"))
        .expect("a footer");
    let schema = builder.parquet_schema().clone();
    let wanted = wanted.to_vec();
    let filter = ArrowPredicateFn::new(
        ProjectionMask::columns(&schema, ["location_id"]),
        move |batch| {
            let column = batch.column(0).as_string::<i32>().clone();
            Ok(BooleanArray::from_iter(column.iter().map(|value| {
                value.map(|value| wanted.iter().any(|want| want == value))
            })))
        },
    );
    let reader = builder
        .with_projection(ProjectionMask::columns(&schema, COLUMNS))
        .with_batch_size(32_768)
        .with_row_filter(RowFilter::new(vec![Box::new(filter)]))
        .build()
        .expect("a reader");
    count(
        &reader
            .map(|batch| batch.expect("a batch"))
            .collect::<Vec<_>>(),
    )
}

fn raw_range(file: &Path, low: &str, high: &str) -> usize {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(file).expect("a file"))
        .expect("a footer");
    let schema = builder.parquet_schema().clone();
    let groups = builder
        .metadata()
        .row_groups()
        .iter()
        .enumerate()
        .filter(|(_, group)| {
            let stats = group.column(0).statistics().expect("statistics");
            let (min, max) = (
                stats.min_bytes_opt().expect("a minimum"),
                stats.max_bytes_opt().expect("a maximum"),
            );
            min <= high.as_bytes() && max >= low.as_bytes()
        });
    let groups = groups.map(|(index, _)| index).collect();
    let (low, high) = (low.to_owned(), high.to_owned());
    let filter = ArrowPredicateFn::new(ProjectionMask::columns(&schema, ["sku"]), move |batch| {
        let column = batch.column(0).as_string::<i32>().clone();
        Ok(BooleanArray::from_iter(column.iter().map(|value| {
            value.map(|value| *low <= *value && *value <= *high)
        })))
    });
    let reader = builder
        .with_row_groups(groups)
        .with_projection(ProjectionMask::columns(&schema, COLUMNS))
        .with_batch_size(32_768)
        .with_row_filter(RowFilter::new(vec![Box::new(filter)]))
        .build()
        .expect("a reader");
    count(
        &reader
            .map(|batch| batch.expect("a batch"))
            .collect::<Vec<_>>(),
    )
}
