use std::collections::BTreeMap;

use super::*;
use crate::write::keyed::tests::{Random, Row, batch, by_key, publish, rows, spec, table};
use crate::{Location, Mode, TableOptions, WriteOptions};

/// Every row, and how often it is there.
type Bag = BTreeMap<Row, i64>;

fn bag(rows: Vec<Row>) -> Bag {
    let mut bag = Bag::new();
    for row in rows {
        *bag.entry(row).or_default() += 1;
    }
    bag
}

/// Applies a version's changes. What goes must have been there.
async fn apply(bag: &mut Bag, changes: VersionChanges) -> (usize, usize) {
    let changed: Vec<ChangedRows> = changes.rows().await.unwrap().try_collect().await.unwrap();
    let (mut gone, mut came) = (0, 0);
    for ChangedRows { kind, rows: batch } in changed {
        assert!(batch.num_rows() > 0);
        for row in rows(&[batch]) {
            let count = bag.entry(row.clone()).or_default();
            match kind {
                ChangeKind::Insert => (*count, came) = (*count + 1, came + 1),
                ChangeKind::Delete => {
                    assert!(*count > 0, "{row:?} went without having been there");
                    (*count, gone) = (*count - 1, gone + 1);
                }
            }
        }
    }
    bag.retain(|_, count| *count > 0);
    (gone, came)
}

async fn append(table: &Table, mode: Mode, new: &[Row]) {
    let options = WriteOptions::new().with_mode(mode);
    let mut writer = table.write(options).await.unwrap();
    writer.push_batch(&batch(new)).await.unwrap();
    writer.commit().await.unwrap();
}

#[tokio::test]
async fn changes_add_up_to_every_version() {
    let spec = spec().with_partition_by(["shop"]);
    let table = table("changes", spec).await;
    let mut random = Random(3);
    for round in 0..30 {
        let new = random.rows(80, 60);
        match round % 6 {
            0 => append(&table, Mode::Append, &new).await,
            1 if round > 20 => append(&table, Mode::ReplaceAll, &new).await,
            _ => {
                let gone = random.rows(10, 60);
                let upsert = by_key().latest_by("at");
                drop(publish(&table, &upsert, &new, &gone).await);
            }
        }
    }
    let mut state = Bag::new();
    let mut changes = table.changes(0).await.unwrap();
    let mut expect = 1;
    while let Some(changes) = changes.try_next().await.unwrap() {
        let version = changes.version();
        assert_eq!(version, expect);
        expect += 1;
        let commit = changes.commit().clone();
        let only_new = table.changes(version - 1).await.unwrap().next().await;
        let only_new = only_new.unwrap().unwrap().inserts().await.unwrap();
        let only_new: Vec<ChangedRows> = only_new.try_collect().await.unwrap();
        assert!(only_new.iter().all(|some| some.kind == ChangeKind::Insert));
        let only_new: usize = only_new.iter().map(|some| some.rows.num_rows()).sum();
        let (gone, came) = apply(&mut state, changes).await;
        assert_eq!(only_new, came);
        if let Some(counts) = commit.facts.and_then(|facts| facts.by_key) {
            assert_eq!(came as u64, counts.inserted + counts.updated);
            // A table that was also appended to has keys twice: an update then takes out both.
            assert!(gone as u64 >= counts.updated + counts.deleted);
        }
        let snapshot = table.snapshot_at(version).await.unwrap();
        let read = snapshot.scan().collect().await.unwrap();
        assert_eq!(state, bag(rows(&read)), "version {version}");
    }
    assert_eq!(expect, 31);
    // From any version on, the same.
    let rest = table
        .changes(25)
        .await
        .unwrap()
        .try_collect::<Vec<_>>()
        .await;
    assert_eq!(rest.unwrap().len(), 5);
    assert!(table.changes(30).await.unwrap().next().await.is_none());
    let error = table.changes(31).await.unwrap_err();
    assert!(
        matches!(error, Error::NoSuchVersion { version: 31, .. }),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_sees_every_version_once_and_in_order() {
    let location = Location::parse("memory://changes/followed").unwrap();
    let table = Table::create(&location, &spec()).await.unwrap();
    let follower = Table::open(&location).await.unwrap();
    // No poll would come in time: what is published here is pushed.
    let mut tail = follower.tail(0, Duration::from_secs(3600)).await.unwrap();
    let publisher = tokio::spawn(async move {
        for version in 1..=20i64 {
            let new: Vec<Row> = (0..5)
                .map(|sku| ((sku, "S".to_owned()), None, version))
                .collect();
            publish(&table, &by_key(), &new, &[]).await;
        }
    });
    let mut state = Bag::new();
    for version in 1..=20 {
        let changes = tail.next().await.unwrap().unwrap();
        assert_eq!(changes.version(), version);
        apply(&mut state, changes).await;
        assert_eq!(state.len(), 5);
        assert!(state.keys().all(|row| row.2 == version as i64));
    }
    publisher.await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(50), tail.next());
    assert!(waiting.await.is_err(), "there is no version 21");
}

#[tokio::test]
async fn who_comes_too_late_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::parse(folder.path().to_str().unwrap()).unwrap();
    Table::create(&location, &spec()).await.unwrap();
    let options = TableOptions::default().with_checkpoint_interval(4);
    let table = Table::open_with(&location, options).await.unwrap();
    for _ in 0..10 {
        publish(&table, &by_key(), &[((1, "S".to_owned()), None, 1)], &[]).await;
    }
    // The log as a clean-up would leave it.
    for version in 0..8 {
        let entry = folder.path().join(crate::log::segment::entry_name(version));
        std::fs::remove_file(entry).unwrap();
    }
    let table = Table::open(&location).await.unwrap();
    for after in [0, 6] {
        let error = table.changes(after).await.unwrap_err();
        assert!(matches!(error, Error::NoSuchVersion { .. }), "{error}");
    }
    let kept = table
        .changes(7)
        .await
        .unwrap()
        .try_collect::<Vec<_>>()
        .await;
    assert_eq!(kept.unwrap().len(), 3);
}
