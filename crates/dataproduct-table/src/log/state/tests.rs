//! The state replayed here against the kernel's.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};

use crate::{Location, Mode, Table, TableOptions, TableSpec, WriteOptions};

fn rows(part: &str, values: std::ops::Range<i64>) -> RecordBatch {
    let parts: StringArray = values.clone().map(|_| Some(part)).collect();
    RecordBatch::try_from_iter([
        ("part", Arc::new(parts) as ArrayRef),
        (
            "value",
            Arc::new(values.collect::<Int64Array>()) as ArrayRef,
        ),
    ])
    .unwrap()
}

async fn rows_by_kernel(table: &Table, version: u64) -> BTreeSet<String> {
    let (send, mut receive) = tokio::sync::mpsc::channel(1);
    let storage = table.storage().clone();
    let task = tokio::spawn(async move { crate::kernel::scan(&storage, version, send).await });
    let mut found = BTreeSet::new();
    while let Some(batch) = receive.recv().await {
        found.extend(lines(&batch.unwrap()));
    }
    task.await.unwrap().unwrap();
    found
}

fn lines(batch: &RecordBatch) -> Vec<String> {
    let line = |row: usize| format!("{:?}", batch.slice(row, 1).columns());
    (0..batch.num_rows()).map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kernel_sees_the_same_table() {
    let directory = tempfile::tempdir().unwrap();
    let on_disk = Location::parse(directory.path().to_str().unwrap()).unwrap();
    for location in [Location::parse("memory://state-kernel/t").unwrap(), on_disk] {
        let schema = Schema::new(vec![
            Field::new("part", DataType::Utf8, true),
            Field::new("value", DataType::Int64, false),
        ]);
        let spec = TableSpec::new(Arc::new(schema)).with_partition_by(["part"]);
        Table::create(&location, &spec).await.unwrap();
        let options = TableOptions::default().with_checkpoint_interval(5);
        let table = Table::open_with(&location, options).await.unwrap();
        for number in 0..12_i64 {
            let mode = match number {
                4 => Mode::ReplacePartitions(vec![[("part".to_owned(), "a b/å%".into())].into()]),
                7 => Mode::ReplaceAll,
                _ => Mode::Append,
            };
            let mut writer = table
                .write(WriteOptions::new().with_mode(mode))
                .await
                .unwrap();
            writer
                .push_batch(&rows("a b/å%", number * 10..number * 10 + 3))
                .await
                .unwrap();
            if number != 4 {
                writer
                    .push_batch(&rows("x", number * 10 + 3..number * 10 + 5))
                    .await
                    .unwrap();
            }
            writer.commit().await.unwrap();
        }
        for version in 0..=12 {
            let snapshot = Table::open(&location)
                .await
                .unwrap()
                .snapshot_at(version)
                .await
                .unwrap();
            let ours = snapshot.scan().collect().await.unwrap();
            let ours: BTreeSet<String> = ours.iter().flat_map(lines).collect();
            assert_eq!(
                ours,
                rows_by_kernel(&table, version).await,
                "version {version}"
            );
        }
    }
}
