//! The evolution gate: what a newer contract may change, and what it has to prove first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use dataproduct::contract::{Column, Contract, ContractBuilder, DataType, Status};
use dataproduct::prelude::*;
use dataproduct::{ManualClock, Policy};
use futures::TryStreamExt as _;

const PRODUCT: &str = "inventory.counts";

fn mesh(folder: &tempfile::TempDir, policy: &str) -> Mesh {
    let now = "2026-03-01T12:00:00Z".parse().unwrap();
    Mesh::builder()
        .with_root(folder.path().to_string_lossy())
        .with_clock(Arc::new(ManualClock::new(now)))
        .with_policy(Policy::from_toml(policy).unwrap())
        .build()
        .unwrap()
}

fn contract(version: &str, columns: impl IntoIterator<Item = Column>) -> ContractBuilder {
    Contract::builder(PRODUCT, version)
        .with_owner("inventory-platform")
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_columns(columns)
}

fn n() -> Column {
    Column::new("n", DataType::Int64).with_nullable(true)
}

/// Rows with keys that no others have.
fn rows(values: &[Option<i64>]) -> RecordBatch {
    static KEYS: AtomicUsize = AtomicUsize::new(0);
    let key = || KEYS.fetch_add(1, Ordering::Relaxed);
    let sku: StringArray = values.iter().map(|_| Some(format!("s{}", key()))).collect();
    let columns: [(&str, ArrayRef, bool); 2] = [
        ("sku", Arc::new(sku), true),
        ("n", Arc::new(Int64Array::from(values.to_vec())), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

async fn publish(mesh: &Mesh, contract: ContractBuilder, rows: RecordBatch) -> Result<(), Error> {
    let publisher = mesh.publisher_for(&contract.build().unwrap())?;
    let receipt = publisher.publish([rows], Publish::append()).await?;
    assert!(!receipt.already_published);
    Ok(())
}

/// Publishes values under 1.0.0 with one column, then the same shape of rows under 1.1.0 with another.
async fn step(before: Column, stored: &[Option<i64>], after: Column) -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    publish(&mesh, contract("1.0.0", [before]), rows(stored)).await?;
    publish(&mesh, contract("1.1.0", [after]), rows(&[Some(7)])).await
}

#[track_caller]
fn check_refused(outcome: Result<(), Error>, rule: &str, said: &[&str]) {
    let error = outcome.unwrap_err();
    let Error::Evolution {
        comparison: Some(comparison),
        reason,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    let rules: Vec<_> = comparison
        .findings()
        .iter()
        .map(|f| f.rule.id.as_str())
        .collect();
    assert!(rules.contains(&rule), "{rules:?}");
    assert_eq!(comparison.honest_version().to_string(), "2.0.0", "{reason}");
    for said in said {
        assert!(reason.contains(said), "`{said}` is not in: {reason}");
    }
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_minor_version_evolves_the_table_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    publish(&mesh, contract("1.0.0", [n()]), rows(&[Some(1)]))
        .await
        .unwrap();
    let added = Column::new("shelf", DataType::String).with_nullable(true);
    let wider = contract("1.1.0", [n(), added]);
    let mut columns = rows(&[Some(2)]).columns().to_vec();
    columns.push(Arc::new(StringArray::from(vec!["A7"])));
    let schema = wider.clone().build().unwrap().arrow_schema();
    let batch = RecordBatch::try_new(schema, columns).unwrap();
    publish(&mesh, wider, batch).await.unwrap();

    let product = mesh.product("inventory.counts@^1").await.unwrap();
    assert_eq!(product.contract().version().to_string(), "1.1.0");
    let read: Vec<RecordBatch> = product
        .read()
        .batches()
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let total: usize = read.iter().map(RecordBatch::num_rows).sum();
    let nulls: usize = read
        .iter()
        .map(|batch| batch.column_by_name("shelf").unwrap().null_count())
        .sum();
    assert_eq!((total, nulls), (2, 1));

    // Whoever still publishes under the version before is told so, and changes nothing.
    let error = publish(&mesh, contract("1.0.0", [n()]), rows(&[Some(1)]))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Evolution { reason, .. } if reason.contains("older")),
        "{error}"
    );
}

#[derive(Debug, PartialEq, Record)]
struct Before {
    sku: String,
    n: Option<i64>,
}

#[derive(Debug, PartialEq, Record)]
struct After {
    sku: String,
    pieces: Option<i64>,
}

#[tokio::test]
async fn a_renamed_column_is_served_under_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    let pieces = || {
        Column::new("pieces", DataType::Int64)
            .with_nullable(true)
            .with_id("n")
    };
    let old = contract("1.0.0", [n().with_id("n")]);
    publish(&mesh, old, rows(&[Some(1)])).await.unwrap();
    let outcome = publish(&mesh, contract("1.1.0", [pieces()]), rows(&[])).await;
    check_refused(outcome, "column-renamed", &["renamed_from"]);

    let renamed = contract("1.1.0", [pieces().with_former_name("n")]);
    let schema = renamed.clone().build().unwrap().arrow_schema();
    let batch = RecordBatch::try_new(schema, rows(&[Some(2)]).columns().to_vec()).unwrap();
    publish(&mesh, renamed, batch).await.unwrap();
    let product = mesh.product(PRODUCT).await.unwrap();
    let mut before: Vec<Before> = product.read().rows().await.unwrap();
    before.sort_by_key(|row| row.n);
    assert_eq!(
        before.iter().map(|row| row.n).collect::<Vec<_>>(),
        [Some(1), Some(2)]
    );
    for name in ["n", "pieces"] {
        let read = product.read().select([name]);
        let filter = dataproduct_table::Predicate::eq(name, 1);
        let read = read.filter(filter).batches().await.unwrap();
        let read: Vec<RecordBatch> = read.try_collect().await.unwrap();
        assert_eq!(read.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
        assert_eq!(read[0].schema().field(0).name(), name);
    }
    let mut after: Vec<After> = product.read().rows().await.unwrap();
    after.sort_by_key(|row| row.pieces);
    assert_eq!(
        after.iter().map(|row| row.pieces).collect::<Vec<_>>(),
        [Some(1), Some(2)]
    );
}

#[tokio::test]
async fn what_breaks_a_reader_is_refused() {
    let currency = |unit: &str| n().with_unit(unit);
    let outcome = step(currency("EUR"), &[Some(1)], currency("USD")).await;
    check_refused(outcome, "currency-changed", &["EUR", "USD", "2.0.0"]);
    let outcome = step(n().with_maximum(9), &[Some(1)], n().with_maximum(10)).await;
    check_refused(outcome, "range-loosened", &["10", "2.0.0"]);
    let outcome = step(n().with_nullable(false), &[Some(1)], n()).await;
    check_refused(outcome, "required-to-nullable", &["null"]);
}

#[tokio::test]
async fn what_is_newly_promised_is_proven_on_stored_rows() {
    let narrow = || n().with_minimum(0);
    step(n(), &[Some(0), None, Some(5)], narrow())
        .await
        .unwrap();
    let outcome = step(n(), &[Some(0), Some(-3)], narrow()).await;
    check_refused(
        outcome,
        "range-tightened",
        &["stored already", "-3", "row 1"],
    );

    step(n(), &[Some(1)], n().with_nullable(false))
        .await
        .unwrap();
    let outcome = step(n(), &[None], n().with_nullable(false)).await;
    check_refused(outcome, "nullable-to-required", &["stored already"]);

    step(n(), &[Some(1), Some(2)], n().with_unique())
        .await
        .unwrap();
    let outcome = step(n(), &[Some(1), Some(1)], n().with_unique()).await;
    check_refused(outcome, "unique-added", &["stored already"]);

    // Nobody can fill in what stored rows lack.
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    publish(
        &mesh,
        contract("1.0.0", []),
        rows(&[Some(1)]).project(&[0]).unwrap(),
    )
    .await
    .unwrap();
    let outcome = publish(
        &mesh,
        contract("1.1.0", [n().with_nullable(false)]),
        rows(&[Some(1)]),
    )
    .await;
    check_refused(outcome, "column-added-required", &[]);
}

#[tokio::test]
async fn a_row_that_comes_between_proof_and_commit_is_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    publish(&mesh, contract("1.0.0", [n()]), rows(&[Some(1)]))
        .await
        .unwrap();
    let newer = contract("1.1.0", [n().with_minimum(0)]).build().unwrap();
    // While these rows are being taken, another process publishes one that breaks the new promise.
    let other = mesh.clone();
    let batches = std::iter::once_with(move || {
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(publish(&other, contract("1.0.0", [n()]), rows(&[Some(-1)])))
        })
        .join()
        .unwrap()
        .unwrap();
        rows(&[Some(2)])
    });
    let publisher = mesh.publisher_for(&newer).unwrap();
    let error = publisher
        .publish(batches, Publish::append())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Table(dataproduct_table::Error::Conflict { reason, .. }) if reason.contains("-1")),
        "{error}"
    );
    let product = mesh.product(PRODUCT).await.unwrap();
    assert_eq!(product.contract().version().to_string(), "1.0.0");
}

#[tokio::test]
async fn what_is_published_already_is_told_whatever_came_since() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    let older = contract("1.0.0", [n()]).build().unwrap();
    let newer = contract("1.1.0", [n().with_minimum(0)]).build().unwrap();
    let how = || Publish::append().with_publish_id("monday");
    let send = async |contract: &Contract, how: Publish| {
        let publisher = mesh.publisher_for(contract).unwrap();
        publisher.publish([rows(&[Some(1)])], how).await
    };
    let mut first = send(&older, how()).await.unwrap();
    send(&newer, Publish::append()).await.unwrap();

    let again = send(&older, how()).await.unwrap();
    assert!(again.already_published);
    first.already_published = true;
    assert_eq!(again, first);
    let path = folder.path().join("rows.csv");
    std::fs::write(&path, "sku,n\ns0,1\n").unwrap();
    let publisher = mesh.publisher_for(&older).unwrap();
    assert_eq!(publisher.publish_file(&path, how()).await.unwrap(), first);
    // So is it under a contract whose life is over.
    let ended = contract("1.2.0", [n()])
        .with_status(Status::Deprecated)
        .with_sunset("2026-02-01".parse().unwrap())
        .build()
        .unwrap();
    assert_eq!(send(&ended, how()).await.unwrap(), first);
    let error = send(&ended, Publish::append()).await.unwrap_err();
    assert!(matches!(error, Error::Lifecycle { .. }), "{error}");
    let product = mesh.product(PRODUCT).await.unwrap();
    let history = product.history(10).await.unwrap();
    let publishes = history.iter().filter(|commit| commit.facts.is_some());
    assert_eq!(publishes.count(), 2);
}

#[tokio::test]
async fn an_honest_number_does_not_mix_two_meanings_in_one_table() {
    let currency = |version: &str, unit: &str| contract(version, [n().with_unit(unit)]);
    for (before, after) in [("0.4.0", "0.5.0"), ("2.0.0-rc.1", "2.0.0")] {
        let folder = tempfile::tempdir().unwrap();
        let mesh = mesh(&folder, "");
        publish(&mesh, currency(before, "EUR"), rows(&[Some(1)]))
            .await
            .unwrap();
        let outcome = publish(&mesh, currency(after, "USD"), rows(&[Some(1)])).await;
        let error = outcome.unwrap_err();
        assert!(
            matches!(&error, Error::Evolution { reason, .. }
                if reason.contains("next major version") && reason.contains("USD")),
            "{error}"
        );
        // Without rows there is nothing that could be taken for something else.
        let folder = tempfile::tempdir().unwrap();
        let mesh = self::mesh(&folder, "");
        let publisher = mesh.publisher_for(&currency(before, "EUR").build().unwrap());
        let as_of = "2026-03-01T12:00:00Z".parse().unwrap();
        publisher.unwrap().heartbeat(as_of).await.unwrap();
        publish(&mesh, currency(after, "USD"), rows(&[Some(1)]))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_first_publish_that_is_refused_freezes_no_schema() {
    for mapping in [None, Some("name")] {
        let folder = tempfile::tempdir().unwrap();
        let mesh = mesh(&folder, "");
        let declared = |column: Column| {
            let contract = contract("1.0.0", [column]);
            match mapping {
                Some(mode) => contract.with_custom("delta.columnMapping.mode", mode),
                None => contract,
            }
        };
        let required = || n().with_nullable(false);
        let outcome = publish(&mesh, declared(required()), rows(&[None])).await;
        assert!(matches!(outcome, Err(Error::Refused { .. })));
        // The column gets another name and another type, and is refused once more.
        let mut wrong = Column::new("count", DataType::String);
        let batch = |name: &str, value: ArrayRef| {
            let sku: ArrayRef = Arc::new(StringArray::from(vec!["s0"]));
            RecordBatch::try_from_iter_with_nullable([("sku", sku, true), (name, value, true)])
                .unwrap()
        };
        let none: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
        let outcome = publish(&mesh, declared(wrong.clone()), batch("count", none)).await;
        assert!(matches!(outcome, Err(Error::Refused { .. })), "{outcome:?}");
        wrong.data_type = DataType::Int64;
        let value: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        publish(&mesh, declared(wrong), batch("count", value))
            .await
            .unwrap();
        let product = mesh.product(PRODUCT).await.unwrap();
        let read = product.read().batches().await.unwrap();
        let read: Vec<RecordBatch> = read.try_collect().await.unwrap();
        assert_eq!(read[0].schema().field(1).name(), "count");
        assert_eq!(read[0].num_columns(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_publish_is_found_without_reading_the_whole_log() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    let contract = contract("1.0.0", [n()]);
    let location = folder.path().join("inventory/counts/v1");
    let log = location.join("_delta_log");
    let hint = log.join("_last_checkpoint");
    let mut publishes = 0;
    while !hint.exists() {
        publish(&mesh, contract.clone(), rows(&[Some(1)]))
            .await
            .unwrap();
        publishes += 1;
        assert!(publishes < 200, "no checkpoint was written");
    }
    // A commit that publishes nothing, behind the checkpoint.
    use dataproduct_table::{Location, Table, TableSpec};
    let location = Location::parse(&location.to_string_lossy()).unwrap();
    let table = Table::open(&location).await.unwrap();
    let described = contract.with_description("Counted.").build().unwrap();
    let version = table.evolve(&TableSpec::from_contract(&described)).await;
    assert_eq!(version.unwrap(), publishes + 1);
    // Checkpoints stand for what is old: nobody needs to read it.
    for old in ["00000000000000000000.json", "00000000000000000001.json"] {
        std::fs::write(log.join(old), "{").unwrap();
    }
    let product = mesh.product(PRODUCT).await.unwrap();
    assert_eq!(product.contract().version().to_string(), "1.0.0");
}

#[tokio::test]
async fn a_team_accepts_a_break_for_a_time() {
    let waiver = |expires: &str| {
        format!(
            r#"
            [[evolution.waivers]]
            rule = "range-loosened"
            path = "columns.n"
            product = "{PRODUCT}"
            author = "steward@example.com"
            reason = "no consumer relies on the maximum"
            expires = "{expires}"
            "#
        )
    };
    let (before, after) = (|| n().with_maximum(9), || n().with_maximum(10));
    let folder = tempfile::tempdir().unwrap();
    let open = mesh(&folder, &waiver("2026-03-01"));
    let expired = mesh(&folder, &waiver("2026-02-28"));
    publish(&open, contract("1.0.0", [before()]), rows(&[Some(1)]))
        .await
        .unwrap();
    let outcome = publish(&expired, contract("1.1.0", [after()]), rows(&[Some(1)])).await;
    check_refused(outcome, "range-loosened", &["expired on 2026-02-28"]);
    publish(&open, contract("1.1.0", [after()]), rows(&[Some(10)]))
        .await
        .unwrap();
    // What was accepted once is not asked about again.
    let later = contract("1.1.1", [after()]).with_purpose("Counting.");
    publish(&expired, later, rows(&[Some(1)])).await.unwrap();
}

#[tokio::test]
async fn a_pre_release_hides_no_break_from_readers_of_the_release() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    let up_to = |version: &str, maximum: i64| contract(version, [n().with_maximum(maximum)]);
    let send = async |contract| publish(&mesh, contract, rows(&[Some(1)])).await;
    send(up_to("1.0.0", 9)).await.unwrap();
    send(up_to("1.1.0-rc.1", 9)).await.unwrap();
    let outcome = send(up_to("1.1.0", 10)).await;
    let error = outcome.as_ref().unwrap_err().to_string();
    assert!(error.contains("1.1.0 cannot follow 1.0.0"), "{error}");
    check_refused(outcome, "range-loosened", &["1.0.0", "2.0.0"]);
    send(up_to("1.1.0", 9)).await.unwrap();
}

#[tokio::test]
async fn every_version_that_is_alive_has_readers() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    let until = |version: &str, day: &str| {
        let ending = contract(version, [n()]).with_status(Status::Deprecated);
        ending.with_sunset(day.parse().unwrap())
    };
    let send = async |contract| publish(&mesh, contract, rows(&[Some(1)])).await;
    send(until("1.0.0", "2027-12-31")).await.unwrap();
    let goes_on = contract("1.1.0", [n()]).with_status(Status::Active);
    send(goes_on).await.unwrap();
    // Readers of 1.1 know of no sunset. Those of 1.0 were told of a later one.
    let error = send(until("1.2.0", "2027-03-31")).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("1.2.0 cannot follow 1.0.0: its readers are still there"),
        "{text}"
    );
    assert!(text.contains("2027-12-31"), "{text}");
    send(until("1.2.0", "2027-12-31")).await.unwrap();
}

#[tokio::test]
async fn a_contract_that_no_commit_names_binds_nobody() {
    use dataproduct_table::{Location, Table};
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    let one = || rows(&[Some(1)]);
    publish(&mesh, contract("1.0.0", [n()]), one())
        .await
        .unwrap();
    // As a publish leaves it that was killed between storing the contract and its commit.
    let location = folder.path().join("inventory/counts/v1");
    let at = Location::parse(&location.to_string_lossy()).unwrap();
    let table = Table::open(&at).await.unwrap();
    let added = Column::new("shelf", DataType::String).with_nullable(true);
    let given_up = contract("1.1.0", [n(), added]).build().unwrap();
    let text = given_up.to_yaml().as_bytes().to_vec().into();
    table.put_contract("1.1.0", text).await.unwrap();
    publish(&mesh, contract("1.2.0", [n()]), one())
        .await
        .unwrap();
    publish(&mesh, contract("1.3.0", [n()]), one())
        .await
        .unwrap();
    let snapshot = table.snapshot().await.unwrap();
    let versions = ["1.0.0", "1.1.0", "1.2.0"].map(str::to_owned);
    let published = async || {
        let published = snapshot.published_among(&versions).await.unwrap();
        published
            .into_iter()
            .map(|(version, _)| version)
            .collect::<Vec<_>>()
    };
    assert_eq!(published().await, ["1.0.0", "1.2.0"]);
    // Where the log has been cut nobody can tell.
    std::fs::remove_file(location.join("_delta_log/00000000000000000000.json")).unwrap();
    assert_eq!(published().await, versions);
}

#[tokio::test]
async fn going_on_under_one_contract_reads_no_stored_one() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder, "");
    let send = async |version| publish(&mesh, contract(version, [n()]), rows(&[Some(1)])).await;
    send("1.0.0").await.unwrap();
    send("1.1.0").await.unwrap();
    let stored = folder.path().join("inventory/counts/v1/_contract");
    std::fs::remove_dir_all(&stored).unwrap();
    send("1.1.0").await.unwrap();
    let error = send("1.2.0").await.unwrap_err();
    assert!(matches!(error, Error::ContractLost { .. }), "{error}");
}

#[tokio::test]
async fn a_refusal_names_the_consumers_that_it_saves() {
    use dataproduct::contract::Consumption;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("data");
    let root = root.to_string_lossy();
    let register = |consumer: &str, reads: &str, column: &str| {
        let product = format!("{PRODUCT}@{reads}").parse().unwrap();
        Consumption::new(consumer.parse().unwrap(), product)
            .with_owner(format!("team-{consumer}"))
            .with_purpose("count what is there")
            .with_column(column)
    };
    let elsewhere = folder.path().join("consumers");
    for (mesh, at) in [
        (Mesh::builder(), folder.path().join("data/_consumers")),
        (
            Mesh::builder().with_consumers(elsewhere.to_string_lossy()),
            elsewhere.clone(),
        ),
    ] {
        let mesh = mesh.with_root(root.clone()).build().unwrap();
        let send = async |version: &str, maximum| {
            publish(
                &mesh,
                contract(version, [n().with_maximum(maximum)]),
                rows(&[]),
            )
            .await
        };
        send("1.0.0", 9).await.unwrap();
        send("1.1.0-rc.1", 9).await.unwrap();
        for consumption in [
            register("counter", "^1", "n"),
            register("labels", "^1", "sku"),
            register("later", "^2", "n"),
        ] {
            mesh.register(&consumption).await.unwrap();
        }
        let other = "inventory.other@^1".parse().unwrap();
        let other = Consumption::new("counter".parse().unwrap(), other);
        mesh.register(&other.with_owner("a").with_purpose("b"))
            .await
            .unwrap();
        std::fs::write(at.join("notes.txt"), "of no consumer").unwrap();
        let of_product = mesh.registrations(&PRODUCT.parse().unwrap()).await.unwrap();
        assert_eq!(of_product.len(), 3);

        let error = send("1.1.0", 10).await.unwrap_err();
        let text = error.to_string();
        let said = "counter, owner team-counter: reads inventory.counts@^1 to count what is there; meets columns.n";
        assert!(text.contains(said), "{text}");
        assert!(
            !text.contains("team-labels") && !text.contains("team-later"),
            "{text}"
        );
        let Error::Evolution { consumers, .. } = error else {
            panic!("{text}")
        };
        assert_eq!(consumers, [register("counter", "^1", "n")]);

        // Who cannot be read hides nobody, and is told.
        std::fs::write(at.join("broken.inventory.counts.yaml"), "a: [").unwrap();
        std::fs::write(at.join("huge.inventory.counts.yaml"), "#".repeat(2 << 20)).unwrap();
        let text = send("1.1.0", 10).await.unwrap_err().to_string();
        for said in [
            "team-counter",
            "broken.inventory.counts.yaml",
            "2097152 bytes",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        // What breaks nobody needs no look at them.
        send("1.1.0", 9).await.unwrap();
        std::fs::remove_dir_all(folder.path().join("data/inventory")).unwrap();
    }
    // The folder is no domain, and a mesh without a common root says what it lacks.
    let mesh = Mesh::builder().with_root(root.clone()).build().unwrap();
    assert!(mesh.products().await.unwrap().is_empty());
    let mesh = Mesh::builder()
        .with_domain("inventory", root)
        .build()
        .unwrap();
    let error = mesh
        .register(&register("counter", "^1", "n"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Config { reason, .. } if reason.contains("consumers")),
        "{error}"
    );
    assert!(
        mesh.registrations(&PRODUCT.parse().unwrap())
            .await
            .unwrap()
            .is_empty()
    );
}

#[test]
fn consumers_are_part_of_the_mesh_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mesh.toml");
    std::fs::write(&path, "root = \"data\"\nconsumers = \"who\"\n").unwrap();
    let mesh = Mesh::open(&path).unwrap();
    let consumption = dataproduct::contract::Consumption::new(
        "counter".parse().unwrap(),
        PRODUCT.parse().unwrap(),
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let consumption = consumption.with_owner("a").with_purpose("b");
    runtime.block_on(mesh.register(&consumption)).unwrap();
    assert!(
        folder
            .path()
            .join("who/counter.inventory.counts.yaml")
            .is_file()
    );
}

#[test]
fn the_policy_is_part_of_the_mesh_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mesh.toml");
    let write = |evolution: &str| {
        std::fs::write(&path, format!("root = \"data\"\n{evolution}")).unwrap();
        Mesh::open(&path)
    };
    write("[[evolution.rules]]\nrule = \"sla-loosened\"\nbump = \"minor\"\nreason = \"two weeks of notice\"")
        .unwrap();
    let error = write("[[evolution.rules]]\nrule = \"nothing\"\nbump = \"minor\"\nreason = \"x\"")
        .unwrap_err();
    assert!(
        matches!(&error, Error::Config { reason, .. } if reason.contains("nothing")),
        "{error}"
    );
}
