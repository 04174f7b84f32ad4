//! A small product, its rows, and ways to read a table back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Int64Array, RecordBatch, StringArray};
use dataproduct_contract::{Column, Contract, DataType};
use dataproduct_quality::{Admitted, Gate, Verdict};
use dataproduct_table::{Location, Receipt, Snapshot, Table, TableSpec, WriteOptions};
use object_store::ObjectStore;

/// A location of its own in memory.
pub(crate) fn memory(name: &str) -> Location {
    Location::parse(&format!("memory://{name}/table")).unwrap()
}

/// A location on a store, as another process has it: it waits for nobody else's turn, and in simulated time nobody has to
/// wait for a clock that stands still.
pub(crate) fn as_process(store: Arc<dyn ObjectStore>) -> Location {
    static PROCESSES: AtomicU64 = AtomicU64::new(0);
    let number = PROCESSES.fetch_add(1, Ordering::SeqCst);
    Location::with_store(&format!("memory://process-{number}/table"), store).unwrap()
}

pub(crate) fn on_disk(directory: &tempfile::TempDir) -> Location {
    Location::parse(directory.path().join("table").to_str().unwrap()).unwrap()
}

/// `sku`, `location` and `on_hand`; the last may be null.
pub(crate) fn contract(partitioned: bool) -> Contract {
    let location = Column::new("location", DataType::String).with_description("Where it is.");
    let location = if partitioned {
        location.with_partition(1)
    } else {
        location
    };
    Contract::builder("inventory.stock", "1.0.0")
        .with_owner("inventory-team")
        .with_description("What is where.")
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_column(location)
        .with_column(Column::new("on_hand", DataType::Int64).with_nullable(true))
        .build()
        .unwrap()
}

pub(crate) async fn create(location: &Location) -> Table {
    Table::create(location, &TableSpec::from_contract(&contract(false)))
        .await
        .unwrap()
}

pub(crate) async fn create_partitioned(location: &Location) -> Table {
    Table::create(location, &TableSpec::from_contract(&contract(true)))
        .await
        .unwrap()
}

pub(crate) fn batch(rows: &[(&str, &str, Option<i64>)]) -> RecordBatch {
    RecordBatch::try_new(
        contract(false).arrow_schema(),
        vec![
            Arc::new(rows.iter().map(|row| Some(row.0)).collect::<StringArray>()),
            Arc::new(rows.iter().map(|row| Some(row.1)).collect::<StringArray>()),
            Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>()),
        ],
    )
    .unwrap()
}

pub(crate) fn admit(contract: &Contract, batch: RecordBatch) -> Admitted {
    match Gate::new(contract).check(batch) {
        Verdict::Admitted(rows) => rows,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn rows(rows: &[(&str, &str, Option<i64>)]) -> Admitted {
    admit(&contract(false), batch(rows))
}

pub(crate) async fn publish(
    table: &Table,
    options: WriteOptions,
    admitted: &Admitted,
) -> dataproduct_table::Result<Receipt> {
    let mut writer = table.write(options).await?;
    writer.push(admitted).await?;
    writer.commit().await
}

/// All rows of a snapshot, as text, in scan order.
pub(crate) async fn read(snapshot: &Snapshot) -> Vec<(String, String, Option<i64>)> {
    let batches = snapshot.scan().collect().await.unwrap();
    batches.iter().flat_map(rows_of).collect()
}

/// The rows of a batch, as text.
pub(crate) fn rows_of(batch: &RecordBatch) -> Vec<(String, String, Option<i64>)> {
    let sku = batch
        .column_by_name("sku")
        .unwrap()
        .as_string::<i32>()
        .clone();
    let location = batch
        .column_by_name("location")
        .unwrap()
        .as_string::<i32>()
        .clone();
    let on_hand = batch
        .column_by_name("on_hand")
        .unwrap()
        .as_primitive::<Int64Type>()
        .clone();
    let rows = (0..batch.num_rows()).map(|row| {
        let count = on_hand.is_valid(row).then(|| on_hand.value(row));
        (
            sku.value(row).to_owned(),
            location.value(row).to_owned(),
            count,
        )
    });
    rows.collect()
}

/// The same, sorted.
pub(crate) async fn read_sorted(table: &Table) -> Vec<(String, String, Option<i64>)> {
    let mut all = read(&table.snapshot().await.unwrap()).await;
    all.sort();
    all
}

/// A log entry as a program writes it that knows nothing of seals.
pub(crate) fn unsealed(entry: &str) -> String {
    let start = entry.find("\"dataproductSeal\"").unwrap();
    let end = start + entry[start..].find("\"timestamp\"").unwrap();
    format!("{}{}", &entry[..start], &entry[end..])
}
