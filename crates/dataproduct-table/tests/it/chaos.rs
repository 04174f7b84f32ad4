//! Every way of writing, cut off at every operation of the store; and many publishes under answers that mislead.
//!
//! `DATAPRODUCT_LONG` runs longer campaigns.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use dataproduct_contract::Contract;
use dataproduct_table::{
    Compaction, Error, Location, Mode, Predicate, Restore, Result, Table, TableOptions, TableSpec,
    Upsert, WriteOptions,
};
use dataproduct_testkit::chaos::{ChaosStore, Fault};
use futures::future::BoxFuture;
use object_store::ObjectStore;
use object_store::memory::InMemory;

use crate::support::*;

/// What a version is: its rows and its columns.
pub(crate) type State = (Vec<(String, String, Option<i64>)>, Vec<String>);

fn keyed() -> Contract {
    contract(false)
}

fn spec() -> TableSpec {
    TableSpec::from_contract(&keyed()).with_deletion_vectors()
}

pub(crate) fn at(store: Arc<dyn ObjectStore>) -> Location {
    Location::with_store("memory://chaos/table", store).unwrap()
}

fn numbered(numbers: std::ops::Range<i64>, count: i64) -> Vec<(String, Option<i64>)> {
    numbers.map(|n| (format!("s{n:05}"), Some(count))).collect()
}

async fn put(table: &Table, mode: Mode, id: &str, rows: Vec<(String, Option<i64>)>) -> Result<()> {
    put_as(table, options(mode, id), rows).await
}

fn options(mode: Mode, id: &str) -> WriteOptions {
    WriteOptions::new()
        .with_mode(mode)
        .with_publish_id(id)
        .with_commit_timeout(std::time::Duration::from_secs(30))
}

async fn put_as(
    table: &Table,
    options: WriteOptions,
    rows: Vec<(String, Option<i64>)>,
) -> Result<()> {
    let rows: Vec<_> = rows
        .iter()
        .map(|(sku, count)| (sku.as_str(), "L1", *count))
        .collect();
    let mut writer = table.write(options).await?;
    writer.push(&admit(&keyed(), batch(&rows))).await?;
    writer.commit().await.map(drop)
}

/// With a column more, which names in files and a protocol of its own come with, and one that becomes required.
fn evolved() -> TableSpec {
    let mut fields: Vec<Field> = spec()
        .schema()
        .fields()
        .iter()
        .map(|field| Field::clone(field))
        .collect();
    fields[2] = fields[2].clone().with_nullable(false);
    fields.push(Field::new("shelf", DataType::Utf8, true));
    TableSpec::new(Arc::new(Schema::new(fields)))
        .with_deletion_vectors()
        .with_column_mapping()
}

fn upsert() -> Mode {
    Mode::Upsert(Upsert::by(["sku"]))
}

/// A way of writing.
pub(crate) struct Path {
    pub(crate) name: &'static str,
    pub(crate) act: fn(Location) -> BoxFuture<'static, Result<()>>,
}

/// What every path begins with: rows, some of them changed.
pub(crate) async fn prepared() -> InMemory {
    let store = Arc::new(InMemory::new());
    let table = Table::create(&at(Arc::clone(&store) as _), &spec())
        .await
        .unwrap();
    put(&table, Mode::Append, "first", numbered(0..4000, 1))
        .await
        .unwrap();
    put(&table, upsert(), "second", numbered(10..20, 2))
        .await
        .unwrap();
    store.fork()
}

pub(crate) const PATHS: [Path; 13] = [
    Path {
        name: "append",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                put(&table, Mode::Append, "next", numbered(5000..5010, 3)).await
            })
        },
    },
    Path {
        name: "replace",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                put(&table, Mode::ReplaceAll, "next", numbered(0..7, 3)).await
            })
        },
    },
    Path {
        name: "upsert of a few",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                put(&table, upsert(), "next", numbered(15..25, 3)).await
            })
        },
    },
    Path {
        // Enough of them for a file of deletion vectors.
        name: "upsert of many",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                let some = numbered(0..4000, 3).into_iter().step_by(2).collect();
                put(&table, upsert(), "next", some).await
            })
        },
    },
    Path {
        name: "delete",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                let mut writer = table.write(options(upsert(), "next")).await?;
                writer.delete(&batch(&[("s00011", "", None), ("s00500", "", None)]))?;
                writer.commit().await.map(drop)
            })
        },
    },
    Path {
        name: "publish with a checkpoint",
        act: |location| {
            Box::pin(async move {
                let options = TableOptions::default().with_checkpoint_interval(3);
                let table = Table::open_with(&location, options).await?;
                put(&table, Mode::Append, "next", numbered(5000..5010, 3)).await
            })
        },
    },
    Path {
        name: "append that evolves",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                let options = options(Mode::Append, "next").with_evolution(evolved());
                put_as(&table, options, numbered(5000..5010, 3)).await
            })
        },
    },
    Path {
        name: "upsert that evolves",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                let options = options(upsert(), "next").with_evolution(evolved());
                put_as(&table, options, numbered(15..25, 3)).await
            })
        },
    },
    Path {
        name: "replace that evolves, without rows",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                let options = options(Mode::ReplaceAll, "next").with_evolution(evolved());
                put_as(&table, options, Vec::new()).await
            })
        },
    },
    Path {
        name: "compact",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                let compaction = Compaction::new().with_small_files(2);
                table.compact(&compaction).await.map(drop)
            })
        },
    },
    Path {
        name: "replace by a predicate",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                let where_ = Predicate::lt("sku", "s00020");
                put(
                    &table,
                    Mode::ReplaceWhere(where_),
                    "next",
                    numbered(0..7, 3),
                )
                .await
            })
        },
    },
    Path {
        name: "restore",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                table.restore(&Restore::to(1)).await.map(drop)
            })
        },
    },
    Path {
        name: "evolve",
        act: |location| {
            Box::pin(async move {
                let table = Table::open(&location).await?;
                let spec = spec().with_property("dataproduct.test", "1");
                table.evolve(&spec).await.map(drop)
            })
        },
    },
];

pub(crate) async fn state(store: &Arc<InMemory>) -> (State, u64) {
    let table = Table::open(&at(Arc::clone(store) as _)).await.unwrap();
    let snapshot = table.snapshot().await.unwrap();
    let columns = snapshot.schema().fields().iter();
    let columns = columns.map(|field| format!("{} {}", field.name(), field.is_nullable()));
    let state = (read_sorted(&table).await, columns.collect());
    (state, snapshot.version())
}

/// Runs a path with one fault at each operation in turn; gives how many there were.
async fn sweep(path: &Path, fault: Fault) -> u64 {
    let prepared = prepared().await;
    let untouched = Arc::new(prepared.fork());
    let old = state(&untouched).await;
    let healthy = ChaosStore::striking(untouched.clone() as _, u64::MAX, fault);
    (path.act)(at(healthy.clone() as _)).await.unwrap();
    let new = state(&untouched).await;
    assert_eq!(new.1, old.1 + 1, "{}", path.name);
    let evolves = path.name.contains("that evolves");
    assert_eq!(new.0.1 != old.0.1, evolves, "{}", path.name);
    let operations = healthy.operations();
    for operation in 0..operations {
        let case = format!("{}: {fault:?} at {operation} of {operations}", path.name);
        let inner = Arc::new(prepared.fork());
        let store = ChaosStore::striking(inner.clone() as _, operation, fault);
        let outcome = (path.act)(at(store.clone() as _)).await;
        assert_eq!(store.struck(), 1, "{case}");
        let (rows, version) = state(&inner).await;
        let happened = version == new.1;
        assert!(happened || version == old.1, "{case}");
        assert_eq!(rows, if happened { &new } else { &old }.0, "{case}");
        match &outcome {
            Ok(()) => assert!(happened, "{case}: acknowledged and not there"),
            // What evolves and compacts has no id to ask by: it can be done again.
            Err(Error::OutcomeUnknown { .. }) => {}
            Err(_) if path.name == "evolve" => {}
            Err(error) => assert!(!happened, "{case}: called failed, and is there: {error}"),
        }
        // Once more on a store that works: exactly once.
        (path.act)(at(inner.clone() as _)).await.unwrap();
        let (rows, version) = state(&inner).await;
        assert_eq!(rows, new.0, "{case}, again");
        assert_eq!(version, new.1, "{case}, again");
    }
    operations
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_off_at_every_operation_a_write_is_whole_or_not_there() {
    let mut points = 0;
    for path in &PATHS {
        for fault in [Fault::DeadBefore, Fault::DeadAfter] {
            points += sweep(path, fault).await;
        }
    }
    println!("{points} points");
    assert!(points >= 100, "{points}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_answer_at_any_operation_leaves_a_write_whole_or_not_there() {
    let mut points = 0;
    for path in &PATHS {
        for fault in [
            Fault::Before,
            Fault::After,
            Fault::WrittenThenExists,
            Fault::NothingYetExists,
            Fault::Twice,
            Fault::Throttled,
        ] {
            points += sweep_creates(path, fault).await;
        }
    }
    println!("{points} points");
    assert!(points >= 200, "{points}");
}

/// As [`sweep`]; faults that concern creates only strike there.
async fn sweep_creates(path: &Path, fault: Fault) -> u64 {
    match fault {
        Fault::Before | Fault::After | Fault::Throttled => sweep(path, fault).await,
        fault => creates(path, fault).await,
    }
}

/// Strikes each create in turn.
async fn creates(path: &Path, fault: Fault) -> u64 {
    let mut struck = 0;
    let prepared = prepared().await;
    for operation in 0.. {
        let inner = Arc::new(prepared.fork());
        let before = state(&inner).await;
        let store = ChaosStore::striking(inner.clone() as _, operation, fault);
        let outcome = (path.act)(at(store.clone() as _)).await;
        if store.operations() <= operation {
            break;
        }
        struck += store.struck();
        let after = state(&inner).await;
        if store.struck() > 0 {
            let case = format!("{}: {fault:?} at {operation}", path.name);
            match outcome {
                Ok(()) => assert_eq!(after.1, before.1 + 1, "{case}"),
                Err(Error::OutcomeUnknown { .. }) => {}
                Err(error) => assert_eq!(after.1, before.1, "{case}: {error}"),
            }
        }
    }
    struck
}

#[tokio::test(flavor = "multi_thread")]
async fn publishes_under_misleading_answers_are_made_once_or_said_to_be_open() {
    let publishes = match std::env::var_os("DATAPRODUCT_LONG") {
        Some(_) => 10_000,
        None => 400,
    };
    let faults = [
        Fault::After,
        Fault::WrittenThenExists,
        Fault::NothingYetExists,
        Fault::Before,
    ];
    for seed in 0..2 {
        let inner = Arc::new(InMemory::new());
        let options = TableOptions::default();
        Table::create(&at(inner.clone() as _), &spec())
            .await
            .unwrap();
        // Entries of the log, read and written.
        let store = ChaosStore::often(inner.clone() as _, seed, 0.3, &faults, Some(".json"));
        let mut open = BTreeSet::new();
        let mut acknowledged = BTreeSet::new();
        store.enable(false);
        let table = Table::open_with(&at(store.clone() as _), options)
            .await
            .unwrap();
        for number in 0..publishes / 2 {
            let id = format!("publish-{number}");
            let rows = vec![(format!("s{number:06}"), Some(number))];
            store.enable(true);
            let outcome = put(&table, Mode::Append, &id, rows).await;
            store.enable(false);
            match outcome {
                Ok(()) => drop(acknowledged.insert(number)),
                Err(Error::OutcomeUnknown { .. }) => drop(open.insert(number)),
                Err(_) => {
                    let receipt = table.receipt(&id).await.unwrap();
                    assert_eq!(receipt, None, "seed {seed}: {id} was called failed");
                }
            }
        }
        println!("seed {seed}: {:?}", store.counts());
        assert!(store.struck() > publishes as u64 / 10);
        let found = read_sorted(&table).await;
        let numbers: Vec<i64> = found.iter().filter_map(|row| row.2).collect();
        let once: BTreeSet<i64> = numbers.iter().copied().collect();
        assert_eq!(
            once.len(),
            numbers.len(),
            "seed {seed}: a publish is there twice"
        );
        assert!(
            acknowledged.is_subset(&once),
            "seed {seed}: a publish was lost"
        );
        let either: BTreeSet<i64> = acknowledged.union(&open).copied().collect();
        assert!(
            once.is_subset(&either),
            "seed {seed}: a failed publish is there"
        );
        assert!(acknowledged.len() > publishes as usize / 8);
        // Those that were left open are settled by the same call.
        for number in open {
            let id = format!("publish-{number}");
            let rows = vec![(format!("s{number:06}"), Some(number))];
            put(&table, Mode::Append, &id, rows).await.unwrap();
            acknowledged.insert(number);
        }
        let found = read_sorted(&table).await;
        assert_eq!(found.len(), acknowledged.len());
    }
}
