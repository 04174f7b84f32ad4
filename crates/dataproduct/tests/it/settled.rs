//! Unique columns beside the primary key, in products whose rows change others by key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use dataproduct::contract::{ContractBuilder, OnFailure};
use dataproduct::prelude::*;
use dataproduct::{BatchPublisher, Column, DataType, Durability};
use futures::TryStreamExt as _;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, prop, prop_assert_eq, prop_oneof, proptest,
};

const HOUR: i64 = 3_600_000_000;

/// A row: its key, its code that no other row has, its hour.
type Row = (&'static str, Option<i64>, i64);

fn builder() -> ContractBuilder {
    Contract::builder("inventory.codes", "1.0.0")
        .with_owner("inventory-platform")
        .with_custom("delta.enableDeletionVectors", true)
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_column(
            Column::new("code", DataType::Int64)
                .with_nullable(true)
                .with_unique(),
        )
        .with_column(Column::new("at", DataType::Timestamp).with_event_time())
}

fn open(root: &std::path::Path, contract: ContractBuilder) -> (Mesh, BatchPublisher) {
    let mesh = Mesh::builder()
        .with_root(root.to_string_lossy())
        .with_durability(Durability::None)
        .build()
        .unwrap();
    let publisher = mesh.publisher_for(&contract.build().unwrap()).unwrap();
    (mesh, publisher)
}

fn batch(rows: &[Row]) -> RecordBatch {
    let skus = StringArray::from_iter_values(rows.iter().map(|row| row.0));
    let codes: Int64Array = rows.iter().map(|row| row.1).collect();
    let at = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.2 * HOUR));
    let columns: [(&str, ArrayRef, bool); 3] = [
        ("sku", Arc::new(skus), false),
        ("code", Arc::new(codes), true),
        ("at", Arc::new(at.with_timezone("UTC")), false),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// What is published: each key with its code and its hour.
async fn published(mesh: &Mesh) -> BTreeMap<String, (Option<i64>, i64)> {
    let product = mesh.product("inventory.codes").await.unwrap();
    let rows = product.read().batches().await.unwrap();
    let batches: Vec<RecordBatch> = rows.try_collect().await.unwrap();
    let mut out = BTreeMap::new();
    for rows in batches {
        let column = |name: &str| rows.column_by_name(name).unwrap().clone();
        let (skus, codes, at) = (column("sku"), column("code"), column("at"));
        let at = at.as_primitive::<TimestampMicrosecondType>();
        let codes = codes.as_primitive::<Int64Type>();
        for row in 0..rows.num_rows() {
            let code = codes.is_valid(row).then(|| codes.value(row));
            let sku = skus.as_string::<i32>().value(row).to_owned();
            let before = out.insert(sku, (code, at.value(row) / HOUR));
            assert_eq!(before, None, "a key is there twice");
        }
    }
    out
}

fn refused(outcome: Result<Receipt, Error>) -> String {
    match outcome {
        Err(Error::Refused { report, .. }) => report.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn of_one_key_the_latest_row_counts_and_of_equal_ones_none() {
    let folder = tempfile::tempdir().unwrap();
    let (mesh, publisher) = open(folder.path(), builder());
    let upsert = async |rows: &[Row]| publisher.publish([batch(rows)], Publish::upsert()).await;
    let rows = [
        ("a", Some(1), 2),
        ("a", Some(2), 3),
        ("a", Some(3), 1),
        ("b", None, 1),
    ];
    let receipt = upsert(&rows).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (2, 0));
    assert_eq!(published(&mesh).await["a"], (Some(2), 3));
    let told = refused(upsert(&[("c", None, 5), ("a", None, 5), ("a", Some(9), 5)]).await);
    let expect = "sku, at: 1 row breaks `key` (of rows with one key the latest by `at` counts) [rule-broken]";
    assert_eq!(told, expect);
    // Whoever appends has one row of a key.
    let rows = [batch(&[("d", None, 1), ("d", None, 2)])];
    refused(publisher.publish(rows, Publish::append()).await);
}

#[tokio::test]
async fn without_an_event_time_a_key_comes_once() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Contract::builder("inventory.codes", "1.0.0")
        .with_owner("inventory-platform")
        .with_custom("delta.enableDeletionVectors", true)
        .with_column(Column::new("sku", DataType::String).with_key(1));
    let (_, publisher) = open(folder.path(), builder);
    let rows = |skus: &[&str]| {
        let skus: ArrayRef = Arc::new(StringArray::from(skus.to_vec()));
        [RecordBatch::try_from_iter([("sku", skus)]).unwrap()]
    };
    let upsert = async |skus: &[&str]| publisher.publish(rows(skus), Publish::upsert()).await;
    upsert(&["a"]).await.unwrap();
    upsert(&["b", "a"]).await.unwrap();
    let told = refused(upsert(&["c", "b", "c"]).await);
    assert_eq!(told, "sku: 1 row breaks `key` [rule-broken]");
}

#[tokio::test]
async fn the_code_of_another_key_is_found_and_that_of_the_own_key_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (mesh, publisher) = open(folder.path(), builder());
    let upsert = async |rows: &[Row]| publisher.publish([batch(rows)], Publish::upsert()).await;
    upsert(&[("a", Some(1), 1), ("b", Some(2), 1), ("c", None, 1)])
        .await
        .unwrap();
    // The same code again, a swap of codes, and a missing one.
    upsert(&[("a", Some(1), 2)]).await.unwrap();
    upsert(&[("a", Some(2), 3), ("b", Some(1), 3), ("d", None, 3)])
        .await
        .unwrap();
    let before = published(&mesh).await;
    let told = refused(upsert(&[("c", Some(2), 4)]).await);
    assert_eq!(
        told,
        "code: 1 row breaks `code.unique` (unique: the table holds the key of 1) [rule-broken]"
    );
    // What is late changes nothing, so that nobody minds its code; what it would have changed still has its own.
    upsert(&[("d", Some(1), 2)]).await.unwrap();
    refused(upsert(&[("b", Some(9), 2), ("c", Some(1), 4)]).await);
    assert_eq!(published(&mesh).await, before);
    // What goes leaves its code.
    let gone = Publish::upsert().with_deletes(batch(&[("b", None, 5)]));
    publisher
        .publish([batch(&[("c", Some(1), 5)])], gone)
        .await
        .unwrap();
    // Within a publish too.
    refused(upsert(&[("e", Some(7), 6), ("f", Some(7), 6)]).await);
    upsert(&[("e", Some(7), 6), ("f", Some(7), 7), ("e", Some(8), 7)])
        .await
        .unwrap();
    assert_eq!(published(&mesh).await["c"], (Some(1), 5));
}

/// What is there and what a publish makes of it, row by row.
#[derive(Default)]
struct Model {
    rows: BTreeMap<&'static str, (Option<i64>, i64)>,
}

impl Model {
    /// The rows of the publish that count, the stored rows that stay, and the keys that go.
    fn settle(
        &self,
        rows: &[Row],
        gone: &[Row],
        apart: &BTreeSet<usize>,
    ) -> (Vec<usize>, Vec<&'static str>) {
        let mut latest: BTreeMap<&str, (i64, Option<usize>)> = BTreeMap::new();
        let rows = rows.iter().enumerate();
        let rows = rows.filter(|(place, _)| !apart.contains(place));
        let rows = rows.map(|(place, row)| (row, Some(place)));
        for ((sku, _, at), place) in rows.chain(gone.iter().map(|row| (row, None))) {
            match latest.get(sku) {
                Some((before, _)) if before > at => {}
                _ => drop(latest.insert(sku, (*at, place))),
            }
        }
        let is_late = |sku: &str, at: i64| self.rows.get(sku).is_some_and(|row| row.1 > at);
        let stays = self.rows.keys().copied();
        let stays = stays.filter(|sku| latest.get(sku).is_none_or(|(at, _)| is_late(sku, *at)));
        let in_force = latest.iter().filter(|(sku, (at, _))| !is_late(sku, *at));
        let mut in_force: Vec<usize> = in_force.filter_map(|(_, (_, place))| *place).collect();
        in_force.sort_unstable();
        (in_force, stays.collect())
    }

    /// The rows of each rule that are kept apart.
    fn publish(&mut self, rows: &[Row], gone: &[Row]) -> [BTreeSet<usize>; 2] {
        let mut broken = [BTreeSet::new(), BTreeSet::new()];
        loop {
            let apart: BTreeSet<usize> = broken.iter().flatten().copied().collect();
            let (in_force, stays) = self.settle(rows, gone, &apart);
            let held: BTreeSet<i64> = stays.iter().filter_map(|sku| self.rows[sku].0).collect();
            let (mut moments, mut codes) = (BTreeSet::new(), BTreeSet::new());
            let mut is_done = true;
            for (place, (sku, code, at)) in rows.iter().enumerate() {
                if apart.contains(&place) {
                    continue;
                }
                let repeats = !moments.insert((*sku, *at));
                let clashes = in_force.contains(&place)
                    && code.is_some_and(|code| held.contains(&code) || !codes.insert(code));
                for (broken, is_broken) in broken.iter_mut().zip([repeats, clashes]) {
                    if is_broken {
                        broken.insert(place);
                        is_done = false;
                    }
                }
            }
            if is_done {
                self.rows.retain(|sku, _| stays.contains(sku));
                let rows = in_force.iter().map(|place| rows[*place]);
                self.rows
                    .extend(rows.map(|(sku, code, at)| (sku, (code, at))));
                return broken;
            }
        }
    }
}

fn some_rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    let sku = prop::sample::select(vec!["a", "b", "c", "d", "e", "f"]);
    let code = prop_oneof![1 => Just(None), 6 => (0..6_i64).prop_map(Some)];
    prop::collection::vec((sku, code, 0..8_i64), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Upserts and deletes against a model that knows every row, whoever gives way to whom: rows that are kept apart bring
    /// back what they would have changed, and that may be in the way of others.
    #[test]
    fn no_code_is_in_the_table_twice(
        publishes in prop::collection::vec((some_rows(9), some_rows(3)), 1..6),
        refuses: bool,
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let contract = match refuses {
            true => builder(),
            false => builder().with_on_failure(OnFailure::Quarantine),
        };
        let (mesh, publisher) = open(folder.path(), contract);
        let mut model = Model::default();
        let mut any = false;
        for (number, (rows, gone)) in publishes.into_iter().enumerate() {
            let id = format!("run-{number}");
            let how = Publish::upsert().with_publish_id(&id);
            let how = match gone.is_empty() {
                true => how,
                false => how.with_deletes(batch(&gone)),
            };
            let before = model.rows.clone();
            // Of rows in each other's way the one stored first stays, and they are stored by key.
            let mut stored = rows.clone();
            stored.sort_by_key(|row| row.0);
            let broken = model.publish(&stored, &gone);
            let apart: BTreeSet<usize> = broken.iter().flatten().copied().collect();
            let outcome = runtime.block_on(publisher.publish([batch(&rows)], how));
            if refuses && !apart.is_empty() {
                model.rows = before;
                refused(outcome);
                continue;
            }
            any = true;
            prop_assert_eq!(outcome.unwrap().quarantined, apart.len() as u64);
            let runs = runtime.block_on(publisher.quarantine()).unwrap();
            let run = runs.into_iter().find(|run| run.run == id);
            let counts = run.map(|run| run.rules).unwrap_or_default();
            let expect = ["key", "code.unique"].into_iter().zip(&broken);
            let expect = expect.filter(|(_, rows)| !rows.is_empty());
            let expect = expect.map(|(rule, rows)| (rule.to_owned(), rows.len() as u64));
            prop_assert_eq!(counts, expect.collect::<BTreeMap<_, _>>());
        }
        if any {
            let expect = model.rows.iter().map(|(sku, row)| ((*sku).to_owned(), *row));
            prop_assert_eq!(runtime.block_on(published(&mesh)), expect.collect::<BTreeMap<_, _>>());
        }
    }
}
