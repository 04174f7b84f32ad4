//! Tables after every way of changing and looking after them, against a model in memory.
//!
//! With `DATAPRODUCT_MAINTAINED=<folder>` each state of them is left there, with its rows as our reader gives them in
//! `<case>.parquet`; `tests/interop/maintained.py` reads them with other programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use arrow_array::RecordBatch;
use dataproduct::contract::OnFailure;
use dataproduct::prelude::*;
use dataproduct::{
    BatchPublisher, Column, Compaction, DataType, Durability, Garbage, LogCleanup, Maintenance,
    Restore, TableCopy, Vacuum, Value,
};
use dataproduct_table::{Location, Table};
use serde_json::json;

use crate::evolution::{dump, from_json, to_json};

const PRODUCT: &str = "testing.maintained";
const SITES: i64 = 3;

fn optional(name: &str, data_type: DataType) -> Column {
    Column::new(name, data_type).with_nullable(true)
}

fn contract(partitioned: bool) -> Contract {
    let decimal = DataType::Decimal {
        precision: 10,
        scale: 2,
    };
    let size = DataType::Struct(vec![
        Column::new("name", DataType::String),
        optional("cm", DataType::Int32),
    ]);
    let site = Column::new("site", DataType::String);
    Contract::builder(PRODUCT, "1.0.0")
        .with_owner("testing")
        .with_custom("delta.enableDeletionVectors", Value::Bool(true))
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(match partitioned {
            true => site.with_partition(1),
            false => site,
        })
        .with_column(Column::new("at", DataType::Timestamp).with_event_time())
        .with_column(optional("day", DataType::Date))
        .with_column(optional("price", decimal))
        .with_column(
            Column::new("pieces", DataType::Int32)
                .with_minimum(0)
                .with_on_failure(OnFailure::Quarantine),
        )
        .with_column(optional("sizes", DataType::list(size, true)))
        .with_column(optional(
            "names",
            DataType::map(DataType::String, DataType::String, true),
        ))
        .build()
        .unwrap()
}

/// A row of a key, as it is written the `generation`th time.
fn row(id: i64, generation: i64) -> serde_json::Value {
    let n = id * 7 + generation;
    let unless = |absent: bool, value: serde_json::Value| match absent {
        true => serde_json::Value::Null,
        false => value,
    };
    json!({
        "id": id,
        "site": format!("s{}", id % SITES),
        "at": format!("2026-11-{:02}T{:02}:{:02}:00.000001Z", 1 + generation / 24, generation % 24, id % 60),
        "day": unless(n % 5 == 0, json!(format!("2026-{:02}-{:02}", 1 + n % 12, 1 + n % 28))),
        "price": unless(n % 7 == 0, json!(format!("{}.{:02}", n * 13, n % 100))),
        "pieces": n,
        "sizes": unless(n % 4 == 0, json!([
            {"name": "width", "cm": n},
            {"name": "depth", "cm": null},
        ])),
        "names": unless(n % 3 == 0, json!({"de": format!("Ding {n}"), "fr": null})),
    })
}

/// The rows that should be there, by key.
type Model = BTreeMap<i64, serde_json::Value>;

/// A product that is changed, its model, and where its states are left.
struct World {
    contract: Contract,
    mesh: Mesh,
    publisher: BatchPublisher,
    model: Model,
    folder: PathBuf,
    name: &'static str,
}

impl World {
    fn new(partitioned: bool, folder: &Path) -> Self {
        let name = match partitioned {
            true => "partitioned",
            false => "plain",
        };
        let contract = contract(partitioned);
        let mesh = Mesh::builder()
            .with_root(folder.join(format!("mesh-{name}")).to_string_lossy())
            .with_durability(Durability::None)
            .build()
            .unwrap();
        Self {
            publisher: mesh.publisher_for(&contract).unwrap(),
            contract,
            mesh,
            model: Model::new(),
            folder: folder.to_owned(),
            name,
        }
    }

    fn batch<'a>(&self, rows: impl IntoIterator<Item = &'a serde_json::Value>) -> RecordBatch {
        let lines: Vec<String> = rows.into_iter().map(ToString::to_string).collect();
        from_json(&lines.join("\n"), &self.contract.arrow_schema())
    }

    /// Publishes rows, which the caller puts into the model.
    async fn publish(&self, how: Publish, rows: &[serde_json::Value]) -> u64 {
        let batch = self.batch(rows);
        let receipt = self.publisher.publish([batch], how).await.unwrap();
        receipt.table_version
    }

    async fn upsert(&mut self, ids: impl IntoIterator<Item = i64>, generation: i64) -> u64 {
        let rows: Vec<_> = ids.into_iter().map(|id| row(id, generation)).collect();
        for row in &rows {
            self.model.insert(row["id"].as_i64().unwrap(), row.clone());
        }
        self.publish(Publish::upsert(), &rows).await
    }

    async fn table(&self) -> Maintenance {
        self.mesh.maintenance(PRODUCT).await.unwrap().remove(0)
    }

    /// Compares a table with the model, and leaves it for others.
    async fn compare(&self, step: &str, table: &Path) {
        let case = format!("{}-{step}", self.name);
        let location = Location::parse(table.to_str().unwrap()).unwrap();
        let table = Table::open(&location).await.unwrap();
        let snapshot = table.snapshot().await.unwrap();
        let read = snapshot.scan().collect().await.unwrap();
        // Through the same reader of JSON, so that numbers and instants are spelt alike.
        let expect = match self.model.is_empty() {
            true => Vec::new(),
            false => to_json(&[self.batch(self.model.values())]),
        };
        assert_eq!(to_json(&read), expect, "{case}");
        dump(&snapshot, &self.folder.join(format!("{case}.parquet"))).await;
    }

    /// Compares the product with the model, and leaves a copy of its table for others.
    async fn settle(&self, step: &str) {
        let table = self.table().await;
        let path = table.location().url().to_file_path().unwrap();
        let copy = self.folder.join(format!("{}-{step}", self.name));
        copy_all(&path, &copy);
        self.compare(step, &copy).await;
    }
}

/// A folder with all that is in it, bytes for bytes.
fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_all(&entry.path(), &to),
            false => {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
    }
}

/// Every way to change the rows.
async fn change(world: &mut World) {
    let rows: Vec<_> = (0..60).map(|id| row(id, 0)).collect();
    for part in rows.chunks(20) {
        world.publish(Publish::append(), part).await;
    }
    world.model.extend((0..).zip(rows));
    world.settle("appended").await;

    world.upsert((0..70).step_by(3), 1).await;
    // What arrives late changes nothing.
    world.publish(Publish::upsert(), &[row(3, 0)]).await;
    world.settle("upserted").await;

    let gone: Vec<_> = [1, 4, 9, 61].map(|id| row(id, 2)).into();
    let keys = world.batch(&gone).project(&[0, 2]).unwrap();
    world
        .publish(Publish::upsert().with_deletes(keys), &[row(70, 2)])
        .await;
    world.model.insert(70, row(70, 2));
    for row in &gone {
        world.model.remove(&row["id"].as_i64().unwrap());
    }
    world.settle("deleted").await;

    let bad: Vec<_> = [200, 201].map(|id| turned(&row(id, 0))).into();
    let how = Publish::append().with_publish_id("bad");
    world.publish(how, &bad).await;
    world.settle("kept-apart").await;
    let fixed = |batch: RecordBatch| {
        let rows = to_json(std::slice::from_ref(&batch));
        let rows = rows.iter().map(|row| turned(row).to_string());
        let rows = rows.collect::<Vec<_>>().join("\n");
        Ok(from_json(&rows, &batch.schema()))
    };
    let replayed = world.publisher.replay("bad", fixed).await.unwrap();
    assert_eq!((replayed.rows, replayed.quarantined), (2, 0));
    for row in &bad {
        let row = turned(row);
        world.model.insert(row["id"].as_i64().unwrap(), row);
    }
    world.settle("replayed").await;

    let of_site = |id: &i64| id % SITES == 1;
    world.model.retain(|id, _| !of_site(id));
    let rows: Vec<_> = (300..310).filter(of_site).map(|id| row(id, 3)).collect();
    let by_value = Predicate::eq("site", "s1");
    let how = match world.contract.partition_by().is_empty() {
        true => Publish::replace_where(by_value),
        false => Publish::default().replace_partition([("site", "s1")]),
    };
    world.publish(how, &rows).await;
    for row in rows {
        world.model.insert(row["id"].as_i64().unwrap(), row);
    }
    world.settle("replaced-in-part").await;

    let cheap = Predicate::lt("pieces", 100);
    world
        .model
        .retain(|_, row| row["pieces"].as_i64().unwrap() >= 100);
    world
        .publish(Publish::replace_where(cheap), &[row(5, 4)])
        .await;
    world.model.insert(5, row(5, 4));
    world.settle("replaced-where").await;
}

/// A row with pieces below zero, as a good one if it had them before.
fn turned(row: &serde_json::Value) -> serde_json::Value {
    let mut row = row.clone();
    row["pieces"] = json!(-1 - row["pieces"].as_i64().unwrap());
    row
}

/// Every way to look after the table.
async fn look_after(world: &mut World) {
    let table = world.table().await;
    let version = world.upsert([5, 6, 8], 5).await;
    let before = world.model.clone();
    world.upsert(0..30, 6).await;
    table.restore(&Restore::to(version)).await.unwrap();
    world.model = before;
    world.settle("restored").await;

    world.upsert((0..60).step_by(2), 7).await;
    let report = table.compact(&Compaction::new().with_small_files(2)).await;
    assert!(report.unwrap().files_removed > 0);
    world.settle("compacted").await;

    // Before the log is cleaned, which forgets whose the files of older versions were.
    let short = Duration::ZERO;
    let subjects: Vec<String> = (0..600).step_by(5).map(|id| id.to_string()).collect();
    let erasure = table.erasure_of("id", &subjects).await.unwrap();
    let receipt = table.erase(&erasure.with_grace(short)).await.unwrap();
    assert!(receipt.is_complete(), "{receipt:?}");
    world.model.retain(|id, _| id % 5 != 0);
    world.settle("erased").await;

    let vacuum = Vacuum::new().with_short_retention(short);
    table.vacuum(&vacuum).await.unwrap();
    table.collect_garbage(&Garbage::new()).await.unwrap();
    world.settle("vacuumed").await;

    // Small changes, until there is a checkpoint, and then more of them.
    for generation in 0..110 {
        world.upsert([500 + generation % 7], generation).await;
    }
    world.settle("many-small").await;
    let old = LogCleanup::new().with_short_retention(short);
    let report = table.clean_log(&old).await.unwrap();
    assert!(!report.removed.is_empty());
    world.settle("log-cleaned").await;

    let copy = world.folder.join(format!("{}-cloned", world.name));
    let how = TableCopy::new();
    table.copy_to(&copy.to_string_lossy(), &how).await.unwrap();
    world.compare("cloned", &copy).await;

    world.model.clear();
    let rows: Vec<_> = (0..10).map(|id| row(id, 8)).collect();
    world.publish(Publish::replace(), &rows).await;
    world.model.extend((0..).zip(rows));
    world.settle("replaced").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_and_every_upkeep_leaves_the_rows_of_the_model() {
    let directory = tempfile::tempdir().unwrap();
    let folder = match std::env::var_os("DATAPRODUCT_MAINTAINED") {
        Some(folder) => PathBuf::from(folder),
        None => directory.path().to_owned(),
    };
    for partitioned in [false, true] {
        let mut world = World::new(partitioned, &folder);
        change(&mut world).await;
        look_after(&mut world).await;
    }
}
