//! The log: checkpoints, what other programs see, damage, schema evolution.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use chrono::{DateTime, Utc};
use dataproduct_contract::{Column, Contract, DataType};
use dataproduct_table::{
    Durability, Error, Location, Predicate, Table, TableOptions, TableSpec, Verify, WriteOptions,
};
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::support::*;

fn flip(file: &Path, at: usize) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[at] ^= 0x10;
    std::fs::write(file, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_hold_all_that_the_log_says() {
    let directory = tempfile::tempdir().unwrap();
    let location = on_disk(&directory).with_durability(Durability::None);
    create_partitioned(&location).await;
    let options = TableOptions::default().with_checkpoint_interval(10);
    let table = Table::open_with(&location, options).await.unwrap();
    let as_of = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    for number in 0..25 {
        let sku = format!("s{number:02}");
        let data = [
            (sku.as_str(), "L1", Some(number)),
            (sku.as_str(), "å/2", None),
        ];
        let facts = dataproduct_table::PublishFacts {
            as_of: Some(as_of),
            ..Default::default()
        };
        let options = WriteOptions::new()
            .with_publish_id(format!("id-{number}"))
            .with_facts(facts);
        publish(&table, options, &admit(&contract(true), batch(&data)))
            .await
            .unwrap();
    }
    let log = directory.path().join("table/_delta_log");
    let checkpoint = log.join("00000000000000000020.checkpoint.parquet");
    assert!(checkpoint.exists(), "a checkpoint was due");
    // With the entries before it gone, everything must come from the checkpoint.
    let before = table.snapshot().await.unwrap();
    for version in 0..20 {
        std::fs::remove_file(log.join(format!("{version:020}.json"))).unwrap();
    }
    let fresh = Table::open(&location).await.unwrap();
    let snapshot = fresh.snapshot().await.unwrap();
    assert_eq!(snapshot.version(), 25);
    assert_eq!(snapshot.files(), before.files());
    assert_eq!(snapshot.schema(), before.schema());
    assert_eq!(snapshot.watermark(), Some(as_of));
    assert_eq!(read(&snapshot).await.len(), 50);
    let again = WriteOptions::new().with_publish_id("id-3");
    let receipt = publish(
        &fresh,
        again,
        &admit(&contract(true), batch(&[("x", "L1", None)])),
    )
    .await
    .unwrap();
    assert!(receipt.already_published);
    assert_eq!((receipt.version, receipt.facts), (4, None));
    assert_eq!(
        receipt.committed_at.timestamp_millis() / 100_000_000,
        chrono::Utc::now().timestamp_millis() / 100_000_000
    );
    assert!(matches!(
        fresh.snapshot_at(3).await,
        Err(Error::NoSuchVersion { .. })
    ));
    assert_eq!(fresh.history(100).await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_damaged_data_file_is_an_error_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    let table = create(&on_disk(&directory)).await;
    let data: Vec<_> = (0..500)
        .map(|number| (["a", "b", "c"][number % 3], "L1", Some(number as i64)))
        .collect();
    publish(&table, WriteOptions::new(), &rows(&data))
        .await
        .unwrap();
    let snapshot = table.snapshot().await.unwrap();
    let name = snapshot.files()[0].path.clone();
    let file = directory.path().join("table").join(&name);
    let good = std::fs::read(&file).unwrap();
    for at in (0..good.len()).step_by(7) {
        flip(&file, at);
        let error = snapshot.scan().collect().await.unwrap_err();
        assert!(
            matches!(&error, Error::Corrupt { file, .. } if *file == name),
            "byte {at}: {error}"
        );
        // A read of one column may not touch the damaged byte; but the footer is always checked.
        let read = snapshot
            .scan()
            .select(["on_hand"])
            .with_verify(Verify::Always)
            .collect()
            .await;
        assert!(matches!(read, Err(Error::Corrupt { .. })));
        // Without any check the decoder must still not panic the caller.
        drop(snapshot.scan().with_verify(Verify::Never).collect().await);
        std::fs::write(&file, &good).unwrap();
    }
    for length in [0, 3, good.len() / 2, good.len() - 1] {
        std::fs::write(&file, &good[..length]).unwrap();
        let error = snapshot.scan().collect().await.unwrap_err();
        assert!(
            matches!(&error, Error::Corrupt { file, .. } if *file == name),
            "{length} bytes: {error}"
        );
    }
    std::fs::remove_file(&file).unwrap();
    let error = snapshot.scan().collect().await.unwrap_err();
    assert!(
        matches!(&error, Error::Corrupt { found, .. } if found == "no file"),
        "{error}"
    );
    std::fs::write(&file, &good).unwrap();
    assert_eq!(read(&snapshot).await.len(), 500);
}

#[tokio::test]
async fn a_damaged_log_is_an_error_that_names_the_entry() {
    let directory = tempfile::tempdir().unwrap();
    let location = on_disk(&directory);
    let table = create(&location).await;
    for sku in ["a", "b", "c"] {
        publish(&table, WriteOptions::new(), &rows(&[(sku, "L1", None)]))
            .await
            .unwrap();
    }
    let entry = directory
        .path()
        .join("table/_delta_log/00000000000000000002.json");
    let good = std::fs::read(&entry).unwrap();
    std::fs::write(&entry, &good[..good.len() / 2]).unwrap();
    let error = Table::open(&location).await.unwrap_err();
    assert!(
        matches!(&error, Error::Damaged { file, .. } if file.contains("0002.json")),
        "{error}"
    );
    std::fs::remove_file(&entry).unwrap();
    let error = Table::open(&location).await.unwrap_err();
    assert!(
        matches!(&error, Error::Damaged { file, .. } if file.contains("0002.json")),
        "{error}"
    );
    std::fs::write(&entry, good).unwrap();
    Table::open(&location).await.unwrap();
}

#[tokio::test]
async fn a_table_evolves_with_its_contract() {
    use arrow_schema::{DataType, Field, Schema};
    let table = create(&memory("log-evolve")).await;
    let opened_before = Table::open(table.location()).await.unwrap();
    publish(&table, WriteOptions::new(), &rows(&[("a", "L1", Some(1))]))
        .await
        .unwrap();
    let spec = |fields: Vec<Field>| {
        dataproduct_table::TableSpec::new(std::sync::Arc::new(Schema::new(fields)))
    };
    let before = || {
        vec![
            Field::new("sku", DataType::Utf8, false),
            Field::new("location", DataType::Utf8, false),
            Field::new("on_hand", DataType::Int64, true),
        ]
    };
    let mut stale = table.write(WriteOptions::new()).await.unwrap();
    stale.push(&rows(&[("stale", "L1", None)])).await.unwrap();

    let mut added = before();
    added.push(Field::new(
        "local",
        DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, None),
        true,
    ));
    let spec_added = spec(added.clone()).with_property("dataproduct.note", "wider");
    assert_eq!(table.evolve(&spec_added).await.unwrap(), 2);
    assert_eq!(
        table.evolve(&spec_added).await.unwrap(),
        2,
        "evolving twice is evolving once"
    );
    let error = stale.commit().await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");

    let snapshot = opened_before.snapshot().await.unwrap();
    assert_eq!(snapshot.property("dataproduct.note"), Some("wider"));
    assert_eq!(
        snapshot.property("dataproduct.owner"),
        Some("inventory-team"),
        "what is not named stays"
    );
    assert_eq!(snapshot.name(), Some("inventory.stock"));
    let read = snapshot.scan().collect().await.unwrap();
    assert_eq!(read[0].num_columns(), 4);
    assert_eq!(arrow_array::Array::null_count(read[0].column(3)), 1);
    // Rows of the older contract still fit: what they lack is null.
    publish(&table, WriteOptions::new(), &rows(&[("b", "L1", None)]))
        .await
        .unwrap();
    assert_eq!(read_sorted(&table).await.len(), 2);

    let mut no_longer = before();
    no_longer.remove(2);
    let mut other_type = added.clone();
    other_type[2] = Field::new("on_hand", DataType::Utf8, true);
    let mut required = added.clone();
    required[2] = Field::new("on_hand", DataType::Int64, false);
    let mut new_required = added.clone();
    new_required.push(Field::new("must", DataType::Int64, false));
    for bad in [
        spec(no_longer),
        spec(other_type),
        spec(required),
        spec(new_required),
        spec(added).with_partition_by(["sku"]),
    ] {
        let error = table.evolve(&bad).await.unwrap_err();
        assert!(matches!(error, Error::Incompatible { .. }), "{error}");
    }
    assert_eq!(table.snapshot().await.unwrap().version(), 3);
}

/// A table of seven versions with a checkpoint at five, in a store that answers like one over a network.
async fn checkpointed(name: &str) -> (Arc<InMemory>, Location, Vec<DateTime<Utc>>) {
    let store = Arc::new(InMemory::new());
    let url = format!("memory://{name}/table");
    let location = Location::with_store(&url, Arc::clone(&store) as _).unwrap();
    create(&location).await;
    let options = TableOptions::default().with_checkpoint_interval(5);
    let table = Table::open_with(&location, options).await.unwrap();
    let mut times = Vec::new();
    for number in 0..6 {
        let admitted = rows(&[("a", "L1", Some(number))]);
        let receipt = publish(&table, WriteOptions::new(), &admitted)
            .await
            .unwrap();
        times.push(receipt.committed_at);
    }
    (store, location, times)
}

/// The full path of an object of the log.
async fn in_log(store: &InMemory, name: &str) -> object_store::path::Path {
    let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
    let paths = listed.into_iter().map(|meta| meta.location);
    let mut found = paths.filter(|path| path.as_ref().ends_with(name));
    found.next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn history_reaches_behind_the_last_checkpoint() {
    let (store, location, times) = checkpointed("log-history").await;
    in_log(&store, "_last_checkpoint").await;
    let table = Table::open(&location).await.unwrap();
    assert_eq!(table.history(100).await.unwrap().len(), 7);
    for (number, at) in times.into_iter().enumerate() {
        let snapshot = table.snapshot_at_time(at).await.unwrap();
        assert_eq!(snapshot.version(), number as u64 + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_to_a_missing_checkpoint_is_only_a_hint() {
    let (store, location, _) = checkpointed("log-hint").await;
    let checkpoint = in_log(&store, "00000000000000000005.checkpoint.parquet").await;
    store.delete(&checkpoint).await.unwrap();
    let table = Table::open(&location).await.unwrap();
    assert_eq!(table.snapshot().await.unwrap().version(), 6);
    assert_eq!(read_sorted(&table).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_published_behind_a_log_that_went_back_or_was_made_anew() {
    for anew in [false, true] {
        let (store, location, _) = checkpointed("log-anew").await;
        let table = Table::open(&location).await.unwrap();
        let paths: Vec<_> = store.list(None).try_collect().await.unwrap();
        for path in paths.into_iter().map(|meta| meta.location) {
            let newest = path.as_ref().ends_with("00000000000000000006.json");
            if anew || newest {
                store.delete(&path).await.unwrap();
            }
        }
        if anew {
            let other = create(&location).await;
            for number in 0..8 {
                let admitted = rows(&[("b", "L1", Some(number))]);
                publish(&other, WriteOptions::new(), &admitted)
                    .await
                    .unwrap();
            }
        }
        let before: Vec<_> = store.list(None).try_collect().await.unwrap();
        let logged = |paths: Vec<object_store::ObjectMeta>| {
            let paths = paths.into_iter().map(|meta| meta.location);
            paths
                .filter(|path| path.extension() == Some("json"))
                .count()
        };
        let done = publish(&table, WriteOptions::new(), &rows(&[("c", "L1", None)])).await;
        assert!(
            matches!(&done, Err(Error::Damaged { reason, .. })
                if reason.contains("went back") || reason.contains("accept that everything after version 5")),
            "{done:?}"
        );
        let after: Vec<_> = store.list(None).try_collect().await.unwrap();
        assert_eq!(logged(after), logged(before));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_value_of_another_writer_is_read_or_refused() {
    let contract = Contract::builder("inventory.flags", "1.0.0")
        .with_owner("inventory-team")
        .with_description("What is flagged.")
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_column(Column::new("flag", DataType::Boolean).with_partition(1))
        .build()
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let location = on_disk(&directory);
    let table = Table::create(&location, &TableSpec::from_contract(&contract))
        .await
        .unwrap();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["a"])),
        Arc::new(BooleanArray::from(vec![true])),
    ];
    let batch = RecordBatch::try_new(contract.arrow_schema(), columns).unwrap();
    publish(&table, WriteOptions::new(), &admit(&contract, batch))
        .await
        .unwrap();
    let entry = directory
        .path()
        .join("table/_delta_log/00000000000000000001.json");
    let ours = unsealed(&std::fs::read_to_string(&entry).unwrap());
    std::fs::remove_dir_all(directory.path().join("table/_anchor")).unwrap();
    for (text, expect) in [
        ("true", Some(1)),
        ("True", Some(1)),
        ("FALSE", Some(0)),
        ("maybe", None),
    ] {
        let theirs = ours.replace("{\"flag\":\"true\"}", &format!("{{\"flag\":\"{text}\"}}"));
        assert!(text == "true" || theirs != ours);
        std::fs::write(&entry, theirs).unwrap();
        let snapshot = Table::open(&location)
            .await
            .unwrap()
            .snapshot()
            .await
            .unwrap();
        let scan = snapshot
            .scan()
            .filter(Predicate::eq("flag", true))
            .select(["sku"]);
        let read = scan.collect().await;
        match expect {
            Some(expect) => {
                let rows: usize = read.unwrap().iter().map(RecordBatch::num_rows).sum();
                assert_eq!(rows, expect, "{text}");
            }
            None => assert!(matches!(read, Err(Error::Damaged { .. })), "{read:?}"),
        }
    }
}

/// Everything in a folder under a second name, as backups by hard links do it.
fn link_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => link_all(&entry.path(), &to),
            false => std::fs::hard_link(entry.path(), to).unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_anchor_on_disk_follows_the_log_and_leaves_copies_alone() {
    let directory = tempfile::tempdir().unwrap();
    let location = on_disk(&directory);
    let table = create(&location).await;
    let head = directory.path().join("table/_anchor/head.json");
    let publish_one = async || {
        let row = rows(&[("a", "L1", Some(1))]);
        let receipt = publish(&table, WriteOptions::new(), &row).await.unwrap();
        let anchor = std::fs::read_to_string(&head).unwrap();
        assert!(
            anchor.contains(&format!("\"version\":{},", receipt.version)),
            "{anchor}"
        );
    };
    publish_one().await;
    link_all(
        &directory.path().join("table"),
        &directory.path().join("copy"),
    );
    // The next has the length of the one that the copy shares, and ten and more are longer.
    for _ in 0..11 {
        publish_one().await;
    }
    for name in ["table", "copy"] {
        let path = directory.path().join(name);
        let location = Location::parse(path.to_str().unwrap()).unwrap();
        let report = Table::verify(&location, |_| ()).await.unwrap();
        assert!(report.is_sound(), "{name}: {report:?}");
        assert!(Table::open(&location).await.is_ok(), "{name}");
    }
}
