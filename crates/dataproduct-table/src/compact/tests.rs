use std::time::Duration;

use futures::TryStreamExt;

use super::*;
use crate::write::keyed::tests::{Random, Row, by_key, publish, read_both, rows, spec, table};
use crate::{Location, TableOptions};

fn eager() -> Compaction {
    Compaction::new()
        .with_small_files(2)
        .with_deleted_share(0.01)
}

async fn read(table: &Table) -> Vec<Row> {
    let snapshot = table.snapshot().await.unwrap();
    rows(&snapshot.scan().collect().await.unwrap())
}

#[tokio::test]
async fn files_become_few_and_rows_stay() {
    for (case, (partitioned, sorted)) in [(false, false), (true, false), (false, true)]
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
        let table = table(&format!("compact-{case}"), spec).await;
        let mut random = Random(case as u64);
        for _ in 0..4 {
            for _ in 0..6 {
                let (new, gone) = (random.rows(60, 200), random.rows(10, 200));
                publish(&table, &by_key(), &new, &gone).await;
            }
            let before = table.snapshot().await.unwrap();
            let expect = read(&table).await;
            let dry = table.compact(&eager().with_dry_run(true)).await.unwrap();
            assert_eq!(table.snapshot().await.unwrap().version(), before.version());
            let report = table.compact(&eager()).await.unwrap();
            assert_eq!(report.files_removed, dry.files_removed);
            assert_eq!(report.bytes_removed, dry.bytes_removed);
            let (ours, theirs) = read_both(&table).await;
            assert_eq!(ours, expect);
            assert_eq!(ours, theirs);
            let after = table.snapshot().await.unwrap();
            assert_eq!(after.version(), before.version() + report.versions);
            assert_eq!(after.files().len(), if partitioned { 3 } else { 1 });
            assert!(after.files().iter().all(|file| file.deleted_rows == 0));
            assert_eq!(report.rows, expect.len() as u64);
            // A second time there is nothing to do.
            let again = table.compact(&eager()).await.unwrap();
            assert_eq!(again, CompactionReport::default());
            // The version before is still what it was.
            let old = before.scan().collect().await.unwrap();
            assert_eq!(rows(&old), expect);
            // It published nothing and changed no row.
            let changes = table.changes(before.version()).await.unwrap();
            let changes: Vec<_> = changes.try_collect().await.unwrap();
            assert!(changes.iter().all(|changes| changes.is_empty()));
            assert!(after.facts().is_none());
            assert_eq!(after.watermark(), before.watermark());
            assert_eq!(after.commit().operation.as_deref(), Some("OPTIMIZE"));
        }
    }
}

#[tokio::test]
async fn rows_that_go_while_files_are_written_anew_are_gone_from_the_new_ones() {
    for (case, sorted) in [false, true].into_iter().enumerate() {
        let mut spec = spec();
        if sorted {
            spec = spec.with_sort_by(["sku"]);
        }
        let table = table(&format!("compact-meanwhile-{case}"), spec).await;
        let mut random = Random(case as u64);
        for round in 0..8 {
            for _ in 0..4 {
                let (new, gone) = (random.rows(60, 200), random.rows(10, 200));
                publish(&table, &by_key(), &new, &gone).await;
            }
            let state = table.current();
            let group: Vec<_> = state.files.iter().cloned().collect();
            let (writer, files) = table.rewrite(&state, group).await.unwrap();
            for _ in 0..random.below(4) {
                let (new, gone) = match random.below(5) {
                    // Nothing may be left of a file.
                    0 => (Vec::new(), read(&table).await),
                    _ => (random.rows(40, 200), random.rows(20, 200)),
                };
                publish(&table, &by_key(), &new, &gone).await;
            }
            let expect = read(&table).await;
            writer.commit_in_place_of(files).await.unwrap();
            let (ours, theirs) = read_both(&table).await;
            assert_eq!(ours, expect, "case {case}, round {round}");
            assert_eq!(theirs, expect, "case {case}, round {round}");
            // The rows are found by key as before.
            let new = random.rows(50, 200);
            let receipt = publish(&table, &by_key(), &new, &[]).await;
            let before: std::collections::HashSet<_> = expect.iter().map(|row| &row.0).collect();
            let keys: std::collections::HashSet<_> = new.iter().map(|row| &row.0).collect();
            let updated = keys.iter().filter(|key| before.contains(*key)).count();
            let counts = receipt.facts.unwrap().by_key.unwrap();
            assert_eq!(counts.updated, updated as u64);
        }
    }
}

#[tokio::test]
async fn a_file_that_others_write_anew_meanwhile_is_left_to_them() {
    let table = table("compact-conflict", spec()).await;
    for sku in 0..4 {
        publish(&table, &by_key(), &[((sku, "S".to_owned()), None, 1)], &[]).await;
    }
    let state = table.current();
    let group: Vec<_> = state.files.iter().cloned().collect();
    let (writer, files) = table.rewrite(&state, group).await.unwrap();
    table.compact(&eager()).await.unwrap();
    let error = writer.commit_in_place_of(files).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
    assert_eq!(read(&table).await.len(), 4);
}

#[tokio::test]
async fn a_file_that_got_rows_back_meanwhile_is_not_written_anew() {
    let table = table("compact-restored", spec()).await;
    let all: Vec<Row> = (0..10)
        .map(|sku| ((sku, "S".to_owned()), None, 1))
        .collect();
    let whole = publish(&table, &by_key(), &all, &[]).await.version;
    publish(&table, &by_key(), &[], &all[..3]).await;
    let state = table.current();
    let group: Vec<_> = state.files.iter().cloned().collect();
    let (writer, files) = table.rewrite(&state, group).await.unwrap();
    table.restore(&crate::Restore::to(whole)).await.unwrap();
    let error = writer.commit_in_place_of(files).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
    assert_eq!(read(&table).await, all);
}

#[tokio::test]
async fn files_are_written_anew_in_passing_when_there_are_enough_alike() {
    fn add(n: usize, kib: i64, rows: u64, gone: i64) -> Add {
        let vector = crate::log::action::DeletionVector {
            storage_type: "i".to_owned(),
            path_or_inline_dv: String::new(),
            offset: None,
            size_in_bytes: 0,
            cardinality: gone,
        };
        Add {
            path: format!("part-{n}"),
            partition_values: BTreeMap::new(),
            size: kib * 1024,
            modification_time: i64::try_from(n).unwrap(),
            data_change: true,
            stats: None,
            tags: Some(BTreeMap::from([(
                crate::log::action::TAG_ROWS.to_owned(),
                Some(rows.to_string()),
            )])),
            deletion_vector: (gone > 0).then_some(vector),
        }
    }
    #[track_caller]
    fn check(state: &TableState, files: &[(usize, i64, u64, i64)], expect: &[usize]) {
        let mut all = crate::log::state::Files::default();
        let kinds = files
            .iter()
            .flat_map(|(count, kib, rows, gone)| std::iter::repeat_n((*kib, *rows, *gone), *count));
        for (n, (kib, rows, gone)) in kinds.enumerate() {
            all.insert(add(n, kib, rows, gone));
        }
        let mut state = state.clone();
        state.files = Arc::new(all);
        let groups = Compaction::new().groups_in_passing(&state);
        let mut sizes: Vec<_> = groups.iter().map(Vec::len).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, expect);
    }
    let state = table("compact-alike", spec()).await.current();
    let full = 100 * 1024;
    check(&state, &[(1, full, 1000, 0), (15, 50, 10, 0)], &[]);
    check(&state, &[(1, full, 1000, 0), (16, 50, 10, 0)], &[16]);
    // Two sizes, of which neither is enough.
    check(&state, &[(15, 50, 10, 0), (15, 1000, 10, 0)], &[]);
    check(&state, &[(16, 50, 10, 0), (15, 1000, 10, 0)], &[16]);
    // A large file that is hollow goes alone.
    check(&state, &[(1, full, 1000, 200), (3, 50, 10, 0)], &[1]);
    check(&state, &[(1, full, 1000, 199), (3, 50, 10, 0)], &[]);
    // Small hollow ones go together, once they matter.
    check(&state, &[(1, full, 1000, 0), (5, 50, 100, 30)], &[]);
    check(&state, &[(1, full, 1000, 0), (9, 50, 100, 40)], &[]);
    check(&state, &[(1, full, 1000, 0), (10, 50, 100, 40)], &[10]);
    check(&state, &[(3, 50, 100, 40), (2, 50, 100, 1)], &[3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn publishers_and_compactions_do_not_lose_or_double_a_row() {
    let location = Location::parse("memory://compact/busy").unwrap();
    Table::create(&location, &spec()).await.unwrap();
    let options = TableOptions::default().with_auto_compaction(eager().with_small_files(4));
    let table = Table::open_with(&location, options).await.unwrap();
    let other = Table::open(&location).await.unwrap();
    let mut tasks = Vec::new();
    for publisher in 0..3i64 {
        let table = table.clone();
        tasks.push(tokio::spawn(async move {
            for round in 0..40i64 {
                let new: Vec<Row> = (0..30)
                    .map(|n| (((n * 7 + round) % 90, format!("P{publisher}")), None, round))
                    .collect();
                publish(&table, &by_key(), &new, &[]).await;
            }
        }));
    }
    // Somebody else compacts as well.
    while tasks.iter().any(|task| !task.is_finished()) {
        other.compact(&eager()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut expect = std::collections::BTreeMap::new();
    for publisher in 0..3 {
        for round in 0..40i64 {
            for n in 0..30 {
                expect.insert(((n * 7 + round) % 90, format!("P{publisher}")), round);
            }
        }
    }
    let expect: Vec<Row> = expect
        .into_iter()
        .map(|(key, round)| (key, None, round))
        .collect();
    let (ours, theirs) = read_both(&table).await;
    assert_eq!(ours, expect);
    assert_eq!(theirs, expect);
    let operations: Vec<_> = table.history(10_000).await.unwrap();
    let compactions = operations
        .iter()
        .filter(|commit| commit.operation.as_deref() == Some("OPTIMIZE"));
    assert!(compactions.count() > 3);
}
