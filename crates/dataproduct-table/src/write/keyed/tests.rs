use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use futures::TryStreamExt;

use super::*;
use crate::error::Error;
use crate::scan::foreign;
use crate::{Location, Mode, Receipt, Table, TableSpec, WriteOptions, Writer};

/// A row: two parts of a key, a time that may be missing, a payload.
pub(crate) type Row = ((i64, String), Option<i64>, i64);

pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("sku", DataType::Int64, false),
        Field::new("shop", DataType::Utf8, false),
        Field::new("at", DataType::Int64, true),
        Field::new("stock", DataType::Int64, false),
    ]))
}

pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let long = |of: &dyn Fn(&Row) -> Option<i64>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Int64Array>())
    };
    let shops: StringArray = rows.iter().map(|row| Some(row.0.1.as_str())).collect();
    let columns: Vec<ArrayRef> = vec![
        long(&|row| Some(row.0.0)),
        Arc::new(shops),
        long(&|row| row.1),
        long(&|row| Some(row.2)),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

pub(crate) fn rows(batches: &[RecordBatch]) -> Vec<Row> {
    let mut rows = Vec::new();
    for batch in batches {
        let long = |column: usize| batch.column(column).as_primitive::<Int64Type>();
        let shops = batch.column(1).as_string::<i32>();
        for row in 0..batch.num_rows() {
            rows.push((
                (long(0).value(row), shops.value(row).to_owned()),
                long(2).iter().nth(row).flatten(),
                long(3).value(row),
            ));
        }
    }
    rows.sort_unstable();
    rows
}

pub(crate) async fn table(name: &str, spec: TableSpec) -> Table {
    let location = Location::parse(&format!("memory://keyed/{name}")).unwrap();
    Table::create(&location, &spec).await.unwrap()
}

pub(crate) fn spec() -> TableSpec {
    TableSpec::new(schema()).with_deletion_vectors()
}

pub(crate) fn by_key() -> Upsert {
    Upsert::by(["sku", "shop"])
}

pub(crate) async fn publish(table: &Table, upsert: &Upsert, new: &[Row], gone: &[Row]) -> Receipt {
    let writer = written(table, upsert, new, gone).await;
    writer.commit().await.unwrap()
}

async fn written(table: &Table, upsert: &Upsert, new: &[Row], gone: &[Row]) -> Writer {
    let options = WriteOptions::new()
        .with_mode(Mode::Upsert(upsert.clone()))
        .with_row_group_rows(64);
    let mut writer = table.write(options).await.unwrap();
    for rows in new.chunks(50) {
        writer.push_batch(&batch(rows)).await.unwrap();
    }
    if !gone.is_empty() {
        writer.delete(&batch(gone)).unwrap();
    }
    writer
}

/// The rows that a publish says will be in the table, before it is committed.
async fn settled(writer: &mut Writer) -> Vec<Row> {
    let settled = writer.settle().await.unwrap().unwrap();
    let staged = writer
        .stage()
        .await
        .unwrap()
        .scan()
        .collect()
        .await
        .unwrap();
    let mut batches = settled.beside.scan().collect().await.unwrap();
    let mut first = 0;
    for rows in staged {
        let in_force = settled.in_force.slice(first, rows.num_rows());
        first += rows.num_rows();
        let in_force = arrow_array::BooleanArray::new(in_force, None);
        batches.push(arrow_select::filter::filter_record_batch(&rows, &in_force).unwrap());
    }
    assert_eq!(first, settled.in_force.len());
    rows(&batches)
}

/// The rows as this crate reads them, and as the Delta kernel does.
pub(crate) async fn read_both(table: &Table) -> (Vec<Row>, Vec<Row>) {
    let snapshot = table.snapshot().await.unwrap();
    let ours = snapshot.scan().collect().await.unwrap();
    let output = snapshot.scan().prepare().unwrap().output;
    let theirs: Vec<_> = foreign(snapshot.version(), output)
        .try_collect()
        .await
        .unwrap();
    (rows(&ours), rows(&theirs))
}

/// What the table must hold, row by row.
#[derive(Default)]
struct Model {
    rows: BTreeMap<(i64, String), (Option<i64>, i64)>,
}

impl Model {
    fn apply(&mut self, latest: bool, new: &[Row], gone: &[Row]) -> KeyedRows {
        // Within the publish: the last of the latest counts.
        let mut counts = KeyedRows::default();
        let mut changes: BTreeMap<(i64, String), (Option<i64>, Option<i64>)> = BTreeMap::new();
        let rows = new.iter().map(|(key, at, stock)| (key, *at, Some(*stock)));
        let deletes = gone.iter().map(|(key, at, _)| (key, *at, None));
        for (key, at, stock) in rows.chain(deletes) {
            match changes.get_mut(key) {
                Some(before) if !latest || at >= before.0 => {
                    *before = (at, stock);
                    counts.superseded += 1;
                }
                Some(_) => counts.superseded += 1,
                None => drop(changes.insert(key.clone(), (at, stock))),
            }
        }
        for (key, (at, stock)) in changes {
            let before = self.rows.get(&key).copied();
            match (before, stock) {
                (Some((stored, _)), _) if latest && stored > at => counts.superseded += 1,
                (Some(_), Some(stock)) => {
                    counts.updated += 1;
                    self.rows.insert(key, (at, stock));
                }
                (None, Some(stock)) => {
                    counts.inserted += 1;
                    self.rows.insert(key, (at, stock));
                }
                (Some(_), None) => {
                    counts.deleted += 1;
                    self.rows.remove(&key);
                }
                (None, None) => {}
            }
        }
        counts
    }

    fn rows(&self) -> Vec<Row> {
        let rows = self.rows.iter();
        rows.map(|(key, (at, stock))| (key.clone(), *at, *stock))
            .collect()
    }
}

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    pub(crate) fn rows(&mut self, count: u64, keys: u64) -> Vec<Row> {
        (0..count)
            .map(|_| {
                let sku = self.below(keys) as i64;
                let shop = format!("S{}", self.below(3));
                let at = (self.below(10) > 0).then(|| self.below(100) as i64);
                ((sku, shop), at, self.below(1000) as i64)
            })
            .collect()
    }
}

#[tokio::test]
async fn any_sequence_of_changes_gives_what_a_map_gives_and_what_the_kernel_reads() {
    for (case, (latest, partitioned, sorted, keys)) in [
        (false, false, false, 300),
        (true, false, true, 300),
        (true, true, false, 40),
        (false, true, true, 5000),
        (true, false, false, 8),
    ]
    .into_iter()
    .enumerate()
    {
        let mut spec = spec();
        if partitioned {
            spec = spec.with_partition_by(["shop"]);
        }
        if sorted {
            spec = spec.with_sort_by(["sku"]);
        }
        let table = table(&format!("model-{case}"), spec).await;
        let upsert = match latest {
            true => by_key().latest_by("at"),
            false => by_key(),
        };
        let mut random = Random(case as u64);
        let mut model = Model::default();
        for round in 0..15 {
            let count = random.below(400);
            let new = random.rows(count, keys);
            let count = random.below(60);
            let gone = random.rows(count, keys);
            let mut writer = written(&table, &upsert, &new, &gone).await;
            let settled = settled(&mut writer).await;
            let receipt = writer.commit().await.unwrap();
            let counts = model.apply(latest, &new, &gone);
            assert_eq!(settled, model.rows(), "case {case}, round {round}");
            let facts = receipt.facts.unwrap();
            assert_eq!(facts.by_key, Some(counts), "case {case}, round {round}");
            assert_eq!(facts.rows, counts.inserted + counts.updated);
            let (ours, theirs) = read_both(&table).await;
            assert_eq!(ours, model.rows(), "case {case}, round {round}");
            assert_eq!(ours, theirs, "case {case}, round {round}");
        }
        let snapshot = table.snapshot().await.unwrap();
        let counted: u64 = snapshot.files().iter().filter_map(|file| file.rows).sum();
        assert_eq!(counted, model.rows.len() as u64);
        // Opened anew, from the log alone.
        let again = Table::open(table.location()).await.unwrap();
        assert_eq!(read_both(&again).await.0, model.rows());
    }
}

/// Publishers of one table, some of whom remember keys and some of whom do not, and compactions in between: all see the
/// same rows found.
#[tokio::test]
async fn what_is_remembered_of_keys_is_not_seen() {
    for case in 0..6u64 {
        let mut random = Random(case + 100);
        let mut spec = spec();
        if case % 2 == 1 {
            spec = spec.with_sort_by(["sku"]);
        }
        if case % 3 == 2 {
            spec = spec.with_partition_by(["shop"]);
        }
        let location = Location::parse(&format!("memory://keyed/known-{case}")).unwrap();
        Table::create(&location, &spec).await.unwrap();
        let mut tables = Vec::new();
        for bytes in [0, 20_000, crate::DEFAULT_KEY_MEMORY_BYTES] {
            let options = crate::TableOptions::default().with_key_memory_bytes(bytes);
            tables.push(Table::open_with(&location, options).await.unwrap());
        }
        let compaction = crate::Compaction::new()
            .with_small_files(2)
            .with_deleted_share(0.05);
        let mut model = Model::default();
        for round in 0..40 {
            let table = &tables[random.below(3) as usize];
            match random.below(8) {
                0 => drop(table.compact(&compaction).await.unwrap()),
                1 => drop(table.compact_in_passing(&compaction).await.unwrap()),
                // Rows that no key was looked for among.
                2 => {
                    let sku = 10_000 + round;
                    let row = ((sku, "S0".to_owned()), Some(50), round);
                    let mut writer = table.write(WriteOptions::new()).await.unwrap();
                    writer
                        .push_batch(&batch(std::slice::from_ref(&row)))
                        .await
                        .unwrap();
                    writer.commit().await.unwrap();
                    model.apply(true, &[row], &[]);
                }
                _ => {
                    // Another identity of keys at times.
                    let latest = random.below(10) > 0;
                    let upsert = match latest {
                        true => by_key().latest_by("at"),
                        false => by_key(),
                    };
                    let (count, keys) = (random.below(200), 20 + random.below(400));
                    let (new, gone) = (random.rows(count, keys), random.rows(30, keys));
                    let receipt = publish(table, &upsert, &new, &gone).await;
                    let counts = model.apply(latest, &new, &gone);
                    assert_eq!(receipt.facts.unwrap().by_key, Some(counts));
                }
            }
            let other = &tables[random.below(3) as usize];
            let read = other.snapshot().await.unwrap().scan().collect().await;
            assert_eq!(rows(&read.unwrap()), model.rows(), "case {case}, {round}");
        }
        let (ours, theirs) = read_both(&tables[0]).await;
        assert_eq!(ours, theirs);
    }
}

/// However publishers, compactions and their races interleave, the latest of each key is there in the end, once.
#[tokio::test(flavor = "multi_thread")]
async fn the_latest_of_each_key_wins_whoever_published_it() {
    let location = Location::parse("memory://keyed/latest").unwrap();
    Table::create(&location, &spec().with_sort_by(["sku"]))
        .await
        .unwrap();
    let upsert = by_key().latest_by("at");
    let compaction = crate::Compaction::new()
        .with_small_files(3)
        .with_deleted_share(0.1);
    let mut tasks = Vec::new();
    for publisher in 0..4u64 {
        let options = crate::TableOptions::default()
            .with_key_memory_bytes([0, 1 << 20][publisher as usize % 2])
            .with_auto_compaction(compaction);
        let table = Table::open_with(&location, options).await.unwrap();
        let upsert = upsert.clone();
        tasks.push(tokio::spawn(async move {
            let mut random = Random(publisher);
            let mut all = Vec::new();
            for round in 0..25 {
                // No two rows of a key have the same time.
                let mut new = random.rows(60, 80);
                for (n, row) in (0i64..).zip(&mut new) {
                    let turn = random.below(1000) as i64;
                    row.1 = Some(((turn * 100 + round) * 100 + n) * 4 + publisher as i64);
                }
                publish(&table, &upsert, &new, &[]).await;
                all.extend(new);
            }
            all
        }));
    }
    let mut expect: BTreeMap<(i64, String), (Option<i64>, i64)> = BTreeMap::new();
    for task in tasks {
        for (key, at, stock) in task.await.unwrap() {
            let latest = expect.entry(key).or_insert((at, stock));
            *latest = (*latest).max((at, stock));
        }
    }
    let expect: Vec<Row> = expect
        .into_iter()
        .map(|(key, (at, stock))| (key, at, stock))
        .collect();
    let table = Table::open(&location).await.unwrap();
    let (ours, theirs) = read_both(&table).await;
    assert_eq!(ours, expect);
    assert_eq!(theirs, expect);
}

#[tokio::test]
async fn vectors_survive_checkpoints_and_serve_selective_reads() {
    let options = crate::TableOptions::default().with_checkpoint_interval(3);
    let location = Location::parse("memory://keyed/checkpoints").unwrap();
    Table::create(&location, &spec().with_sort_by(["sku"]))
        .await
        .unwrap();
    let table = Table::open_with(&location, options).await.unwrap();
    let all: Vec<Row> = (0..20_000)
        .map(|sku| ((sku, "S".to_owned()), Some(0), sku))
        .collect();
    publish(&table, &by_key(), &all, &[]).await;
    let mut random = Random(7);
    let mut model = Model::default();
    model.apply(false, &all, &[]);
    // Enough of them that the vector is in a file of its own.
    for _ in 0..8 {
        let new: Vec<Row> = (0..2000)
            .map(|_| ((random.below(20_000) as i64, "S".to_owned()), Some(1), -1))
            .collect();
        publish(&table, &by_key(), &new, &[]).await;
        model.apply(false, &new, &[]);
    }
    let table = Table::open(&location).await.unwrap();
    let (ours, theirs) = read_both(&table).await;
    assert_eq!(ours, model.rows());
    assert_eq!(ours, theirs);
    for (low, high) in [
        (0, 1),
        (77, 78),
        (5000, 5100),
        (0, 20_000),
        (19_999, 30_000),
    ] {
        let filter = crate::Predicate::gt_eq("sku", low).and(crate::Predicate::lt("sku", high));
        let scan = table.snapshot().await.unwrap().scan().filter(filter);
        let expect: Vec<Row> = model
            .rows()
            .into_iter()
            .filter(|row| (low..high).contains(&row.0.0))
            .collect();
        assert_eq!(rows(&scan.collect().await.unwrap()), expect);
    }
}

#[tokio::test]
async fn publishers_of_the_same_keys_do_not_double_them() {
    let table = table("race", spec()).await;
    let mut tasks = Vec::new();
    for publisher in 0..6i64 {
        let table = table.clone();
        tasks.push(tokio::spawn(async move {
            for round in 0..10i64 {
                let new: Vec<Row> = (0..20)
                    .map(|sku| ((sku, "S".to_owned()), None, publisher * 100 + round))
                    .collect();
                publish(&table, &by_key(), &new, &[]).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let (ours, theirs) = read_both(&table).await;
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 20);
    // Whole publishes win, not rows of several.
    assert!(ours.iter().all(|row| row.2 == ours[0].2), "{ours:?}");
    assert_eq!(table.snapshot().await.unwrap().version(), 60);
}

#[tokio::test]
async fn what_cannot_be_changed_by_key_is_refused() {
    #[track_caller]
    fn check(result: Result<()>, expect: &str) {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    }
    let upsert = |upsert: Upsert| WriteOptions::new().with_mode(Mode::Upsert(upsert));
    let plain = table("plain", TableSpec::new(schema())).await;
    let begun = plain.write(upsert(by_key())).await;
    check(begun.map(drop), "with_deletion_vectors");
    let append_only = spec().with_property("delta.appendOnly", "true");
    let append_only = table("append-only", append_only).await;
    let begun = append_only.write(upsert(by_key())).await;
    check(begun.map(drop), "append to it instead");
    let keyed = table("refused", spec()).await;
    let begun = keyed.write(upsert(Upsert::by(["nothing"]))).await;
    check(begun.map(drop), "nothing");
    let begun = keyed.write(upsert(Upsert::by(Vec::<String>::new()))).await;
    check(begun.map(drop), "no key column");
    let begun = keyed.write(upsert(by_key().latest_by("nothing"))).await;
    check(begun.map(drop), "nothing");
    let mut appending = keyed.write(WriteOptions::new()).await.unwrap();
    check(appending.delete(&batch(&[])), "Mode::Upsert");
    let mut writer = keyed
        .write(upsert(Upsert::by(["sku", "at"])))
        .await
        .unwrap();
    let nameless = batch(&[((1, "S".to_owned()), None, 1)]);
    check(
        writer.push_batch(&nameless).await,
        "row 0 has no key: `at` is null",
    );
    check(writer.delete(&nameless), "row 0 has no key");
    let narrow = nameless.project(&[0]).unwrap();
    check(writer.delete(&narrow), "`at` is missing");
}

#[tokio::test]
async fn a_damaged_vector_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::parse(folder.path().to_str().unwrap()).unwrap();
    let table = Table::create(&location, &spec()).await.unwrap();
    let all: Vec<Row> = (0..20_000)
        .map(|sku| ((sku, "S".to_owned()), Some(0), sku))
        .collect();
    publish(&table, &by_key(), &all, &[]).await;
    let odd: Vec<Row> = all.iter().filter(|row| row.0.0 % 3 == 0).cloned().collect();
    publish(&table, &by_key(), &odd, &[]).await;
    let vector = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "bin"))
        .unwrap();
    let whole = std::fs::read(&vector).unwrap();
    let read = async || {
        let table = Table::open(&location).await.unwrap();
        table.snapshot().await.unwrap().scan().collect().await
    };
    assert_eq!(rows(&read().await.unwrap()).len(), 20_000);
    for place in (1..whole.len()).step_by(whole.len() / 23) {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        std::fs::write(&vector, damaged).unwrap();
        let error = read().await.unwrap_err();
        assert!(
            matches!(&error, Error::Damaged { file, .. } if file.contains("deletion_vector")),
            "{error}"
        );
    }
    for length in [0, 1, 4, 100, whole.len() - 1] {
        std::fs::write(&vector, &whole[..length]).unwrap();
        assert!(read().await.is_err(), "{length}");
    }
    std::fs::remove_file(&vector).unwrap();
    assert!(read().await.is_err());
}
