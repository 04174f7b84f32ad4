//! Create, publish, read, history, time travel, contracts.

use chrono::{DateTime, TimeDelta, Utc};
use dataproduct_table::{
    Durability, Error, Location, PublishFacts, Table, TableSpec, WriteOptions,
};

use crate::support::*;

fn row(sku: &str, location: &str, on_hand: Option<i64>) -> (String, String, Option<i64>) {
    (sku.to_owned(), location.to_owned(), on_hand)
}

#[tokio::test]
async fn what_is_published_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    for location in [
        memory("basics-read-back"),
        on_disk(&directory),
        on_disk(&directory)
            .join("fast")
            .unwrap()
            .with_durability(Durability::None),
    ] {
        let table = create(&location).await;
        assert_eq!(table.snapshot().await.unwrap().version(), 0);
        let receipt = publish(
            &table,
            WriteOptions::new(),
            &rows(&[("a", "L1", Some(1)), ("b", "L2", None)]),
        )
        .await
        .unwrap();
        assert_eq!(
            (receipt.version, receipt.rows(), receipt.files()),
            (1, 2, 1)
        );
        assert!(!receipt.already_published);
        // Another opening sees the same.
        let snapshot = Table::open(&location)
            .await
            .unwrap()
            .snapshot()
            .await
            .unwrap();
        assert_eq!(
            read(&snapshot).await,
            [row("a", "L1", Some(1)), row("b", "L2", None)]
        );
        let files = snapshot.files();
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].rows, files[0].bytes), (Some(2), receipt.bytes()));
        assert_eq!(snapshot.name(), Some("inventory.stock"));
        assert_eq!(
            snapshot.property("dataproduct.owner"),
            Some("inventory-team")
        );
    }
}

#[tokio::test]
async fn a_table_is_created_once() {
    let location = memory("basics-once");
    let spec = TableSpec::from_contract(&contract(false));
    assert!(matches!(
        Table::open(&location).await,
        Err(Error::NotFound { .. })
    ));
    assert!(!Table::exists(&location).await.unwrap());
    let racers = (0..8).map(|_| {
        let (location, spec) = (location.clone(), spec.clone());
        tokio::spawn(async move { Table::create(&location, &spec).await })
    });
    let created = futures::future::join_all(racers).await;
    let won = created
        .iter()
        .filter(|created| created.as_ref().unwrap().is_ok())
        .count();
    assert_eq!(won, 1);
    assert!(Table::exists(&location).await.unwrap());
    let again = Table::create(&location, &spec).await;
    assert!(matches!(again, Err(Error::AlreadyExists { .. })));
    Table::open_or_create(&location, &spec).await.unwrap();
}

#[tokio::test]
async fn facts_travel_with_the_commit() {
    let table = create(&memory("basics-facts")).await;
    let as_of = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
    let facts = PublishFacts {
        contract_version: Some("1.0.0".to_owned()),
        as_of: Some(as_of),
        quality: [("not-null".to_owned(), "passed".to_owned())].into(),
        producer: Some("loader/3".to_owned()),
        ..PublishFacts::default()
    };
    let options = WriteOptions::new()
        .with_facts(facts.clone())
        .with_publish_id("run-1");
    let receipt = publish(&table, options, &rows(&[("a", "L1", Some(1))]))
        .await
        .unwrap();
    let recorded = receipt.facts.unwrap();
    assert_eq!(
        recorded.published.contract_digest.as_deref(),
        Some(contract(false).digest())
    );
    let mut published = recorded.published.clone();
    published.contract_digest = None;
    assert_eq!(published, facts);
    assert_eq!(recorded.watermark, Some(as_of));

    // A heartbeat moves `as_of` without rows; one that lags keeps its `as_of`, but the watermark stays.
    for (publish_id, shift, watermark) in [("run-2", 60, 60), ("run-3", -60, 60)] {
        let as_of = as_of + TimeDelta::seconds(shift);
        let facts = PublishFacts {
            as_of: Some(as_of),
            ..PublishFacts::default()
        };
        let options = WriteOptions::new()
            .with_facts(facts)
            .with_publish_id(publish_id);
        table.write(options).await.unwrap().commit().await.unwrap();
        let snapshot = Table::open(table.location())
            .await
            .unwrap()
            .snapshot()
            .await
            .unwrap();
        assert_eq!(snapshot.facts().unwrap().published.as_of, Some(as_of));
        assert_eq!(
            snapshot.watermark(),
            Some(
                DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap()
                    + TimeDelta::seconds(watermark)
            )
        );
    }
    let history = table.history(10).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|commit| {
            (
                commit.version,
                commit.facts.as_ref().map(|facts| facts.publish_id.as_str()),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (3, Some("run-3")),
            (2, Some("run-2")),
            (1, Some("run-1")),
            (0, None)
        ]
    );
    assert_eq!(table.history(2).await.unwrap().len(), 2);
    assert_eq!(table.history(0).await.unwrap().len(), 0);
    assert!(history.is_sorted_by(|newer, older| newer.committed_at > older.committed_at));
}

#[tokio::test]
async fn old_versions_stay_readable() {
    let location = memory("basics-travel");
    let table = create(&location).await;
    let mut times = Vec::new();
    for number in 0..20 {
        let sku = format!("s{number:02}");
        let receipt = publish(
            &table,
            WriteOptions::new(),
            &rows(&[(&sku, "L1", Some(number))]),
        )
        .await
        .unwrap();
        times.push(receipt.committed_at);
    }
    let table = Table::open(&location).await.unwrap();
    for (number, at) in times.iter().enumerate() {
        let version = number as u64 + 1;
        assert_eq!(
            read(&table.snapshot_at(version).await.unwrap()).await.len(),
            number + 1
        );
        assert_eq!(
            table.snapshot_at_time(*at).await.unwrap().version(),
            version
        );
        let before = table
            .snapshot_at_time(*at - TimeDelta::milliseconds(1))
            .await
            .unwrap();
        assert_eq!(before.version(), version - 1);
    }
    assert_eq!(
        table
            .snapshot_at_time(Utc::now() + TimeDelta::days(1))
            .await
            .unwrap()
            .version(),
        20
    );
    assert!(matches!(
        table.snapshot_at(21).await,
        Err(Error::NoSuchVersion { newest: 20, .. })
    ));
    let early = table.snapshot_at_time(DateTime::UNIX_EPOCH).await;
    assert!(matches!(early, Err(Error::BeforeFirstCommit { .. })));
}

#[tokio::test]
async fn a_snapshot_does_not_change() {
    let table = create(&memory("basics-frozen")).await;
    publish(&table, WriteOptions::new(), &rows(&[("a", "L1", Some(1))]))
        .await
        .unwrap();
    let held = table.snapshot().await.unwrap();
    publish(&table, WriteOptions::new(), &rows(&[("b", "L1", Some(1))]))
        .await
        .unwrap();
    assert_eq!(read(&held).await.len(), 1);
    assert_eq!(read_sorted(&table).await.len(), 2);
}

#[tokio::test]
async fn an_uncommitted_writer_leaves_the_table_as_it_was() {
    let table = create(&memory("basics-abort")).await;
    let mut writer = table.write(WriteOptions::new()).await.unwrap();
    writer.push(&rows(&[("a", "L1", Some(1))])).await.unwrap();
    assert_eq!(writer.rows(), 1);
    writer.abort();
    assert_eq!(table.snapshot().await.unwrap().version(), 0);
}

#[tokio::test]
async fn rows_of_another_contract_are_refused() {
    let table = create(&memory("basics-other-contract")).await;
    let mut writer = table.write(WriteOptions::new()).await.unwrap();
    writer.push(&rows(&[("a", "L1", Some(1))])).await.unwrap();
    let other = admit(&contract(true), batch(&[("b", "L1", None)]));
    let error = writer.push(&other).await.unwrap_err();
    assert!(matches!(error, Error::SchemaMismatch { .. }), "{error}");
    // The rows have a hole now: such a writer must not commit.
    assert!(writer.commit().await.is_err());
    assert_eq!(table.snapshot().await.unwrap().version(), 0);
}

#[tokio::test]
async fn contract_versions_are_kept_for_good() {
    let table = create(&memory("basics-contracts")).await;
    table.put_contract("1.0.0", "a: 1".into()).await.unwrap();
    table.put_contract("1.0.0", "a: 1".into()).await.unwrap();
    table.put_contract("1.1.0", "a: 2".into()).await.unwrap();
    let changed = table.put_contract("1.0.0", "a: 3".into()).await;
    assert!(matches!(changed, Err(Error::ContractDiffers { .. })));
    assert_eq!(table.contract_versions().await.unwrap(), ["1.0.0", "1.1.0"]);
    assert_eq!(table.read_contract("1.0.0").await.unwrap().unwrap(), "a: 1");
    assert_eq!(table.read_contract("2.0.0").await.unwrap(), None);
    for bad in ["", "../1.0.0", "1/0", "x"] {
        assert!(
            matches!(
                table.put_contract(bad, "".into()).await,
                Err(Error::InvalidSpec { .. })
            ),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn impossible_tables_are_refused() {
    use arrow_schema::{DataType, Field, Schema};
    let spec = |fields: Vec<Field>| TableSpec::new(std::sync::Arc::new(Schema::new(fields)));
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let location = Location::parse("memory://basics-impossible/t").unwrap();
    for (spec, reason) in [
        (spec(vec![]), "at least one column"),
        (spec(vec![text("a"), text("A")]), "declared twice"),
        (spec(vec![text("a b")]), "no column name"),
        (
            spec(vec![Field::new(
                "t",
                DataType::Time32(arrow_schema::TimeUnit::Second),
                true,
            )]),
            "no type",
        ),
        (
            spec(vec![text("a")]).with_partition_by(["b"]),
            "not a column",
        ),
        (
            spec(vec![text("a")]).with_partition_by(["a"]),
            "must not be a partition column",
        ),
        (spec(vec![text("a")]).with_sort_by(["b"]), "not a column"),
        (
            spec(vec![text("a"), text("b")]).with_sort_by(["a", "a"]),
            "named twice",
        ),
    ] {
        let error = Table::create(&location, &spec).await.unwrap_err();
        assert!(matches!(error, Error::InvalidSpec { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}
