use std::sync::Arc;

use chrono::Utc;
use dataproduct_freshness::ManualClock;

use super::*;
use crate::write::keyed::tests::{Row, by_key, publish, spec};
use crate::{Location, Vacuum};

fn row(sku: i64) -> Row {
    ((sku, "S".to_owned()), Some(0), 1)
}

fn age(path: &Path, hours: u64) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    let time = SystemTime::now() - Duration::from_secs(hours * 3600);
    file.set_modified(time).unwrap();
}

#[tokio::test]
async fn only_what_never_was_part_of_a_version_goes() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let location = Location::parse(folder.path().to_str().unwrap()).unwrap();
    let location = location.with_clock(Arc::clone(&clock) as _);
    let table = Table::create(&location, &spec()).await.unwrap();
    let receipt = publish(&table, &by_key(), &[row(1), row(2)], &[]).await;
    publish(&table, &by_key(), &[row(1)], &[row(2)]).await;
    table
        .put_report(&receipt.publish_id, "{}".into())
        .await
        .unwrap();
    table
        .put_report("never-published", "{}".into())
        .await
        .unwrap();
    let orphan = reports::name_of("never-published");
    // Left by publishes that were never committed, and by one that was cut off while it wrote.
    let mut left = vec![orphan];
    for name in [
        "part-lost.parquet",
        "deletion_vector_lost.bin",
        "_delta_log/x.json#42",
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, "lost").unwrap();
        age(&path, 25);
        left.push(name.to_owned());
    }
    let young = folder.path().join("_delta_log/y.json#43");
    std::fs::write(&young, "lost").unwrap();
    left.sort();
    let report = table.collect_garbage(&Garbage::new()).await.unwrap();
    assert_eq!((report.removed.len(), report.young), (3, 2), "{report:?}");
    clock.advance(Duration::from_secs(25 * 3600));
    for name in [
        "part-lost.parquet",
        "deletion_vector_lost.bin",
        "_delta_log/x.json#42",
    ] {
        std::fs::write(folder.path().join(name), "lost").unwrap();
        age(&folder.path().join(name), 25);
    }
    let dry = table
        .collect_garbage(&Garbage::new().with_dry_run(true))
        .await
        .unwrap();
    let report = table.collect_garbage(&Garbage::new()).await.unwrap();
    assert_eq!(report, dry);
    assert_eq!(report.removed, left);
    assert_eq!((report.bytes, report.young), (14, 1));
    assert!(young.exists());
    // All versions can be read, also those of which a vacuum would take files away.
    for version in 0..=2 {
        let rows = table
            .snapshot_at(version)
            .await
            .unwrap()
            .scan()
            .collect()
            .await;
        assert!(rows.is_ok(), "{version}");
    }
    assert!(
        table
            .read_report(&receipt.publish_id)
            .await
            .unwrap()
            .is_some()
    );
    let vacuum = Vacuum::new().with_short_retention(Duration::ZERO);
    assert!(
        !table
            .vacuum(&vacuum.with_dry_run(true))
            .await
            .unwrap()
            .removed
            .is_empty()
    );
    assert_eq!(
        table
            .collect_garbage(&Garbage::new())
            .await
            .unwrap()
            .removed,
        [""; 0]
    );
}
