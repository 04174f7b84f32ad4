//! The record of contracts: what may be recorded, what may not, and what is said of it.

use std::fs;

use dataproduct::contract::{ContractBuilder, DataType};
use dataproduct::prelude::*;
use dataproduct::record::{Declared, Schemas, Standing};
use dataproduct::{Column, Consumption};
use tempfile::TempDir;

fn today() -> NaiveDate {
    "2026-11-22".parse().unwrap()
}

fn stock(version: &str) -> ContractBuilder {
    Contract::builder("inventory.stock", version)
        .with_owner("inventory")
        .with_status(dataproduct::Status::Active)
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_column(Column::new("site", DataType::String))
}

/// `stock` with a column more, which may be missing.
fn wider(version: &str) -> ContractBuilder {
    stock(version).with_column(Column::new("colour", DataType::String).with_nullable(true))
}

/// `stock` with a column less.
fn smaller(version: &str) -> Contract {
    Contract::builder("inventory.stock", version)
        .with_owner("inventory")
        .with_status(dataproduct::Status::Active)
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .build()
        .unwrap()
}

fn record(contracts: &[Contract]) -> (TempDir, Schemas) {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("schemas")).unwrap();
    let record = Schemas::open(folder.path().join("schemas")).unwrap();
    for contract in contracts {
        record.record(contract, today()).unwrap();
    }
    (folder, record)
}

#[track_caller]
fn check(recorded: &[Contract], contract: &Contract, standing: Standing, version: &str) {
    let (_folder, record) = record(recorded);
    let judgement = record.judge(contract, today()).unwrap();
    assert_eq!(judgement.standing(), standing, "{judgement}");
    assert_eq!(judgement.version().to_string(), version, "{judgement}");
    let before = files(&record);
    let outcome = record.record(contract, today());
    let may_be = matches!(
        standing,
        Standing::Recorded | Standing::First | Standing::Follows
    );
    assert_eq!(outcome.is_ok(), may_be, "{outcome:?}");
    match outcome {
        Ok(written) => {
            let expected = if standing == Standing::Recorded { 0 } else { 4 };
            assert_eq!(written.len(), expected);
            let judgement = record.judge(contract, today()).unwrap();
            assert_eq!(judgement.standing(), Standing::Recorded);
            assert_eq!(
                record
                    .contract(contract.name(), contract.version())
                    .unwrap(),
                *contract
            );
        }
        Err(error) => {
            assert!(matches!(error, Error::NotRecorded(_)), "{error}");
            assert_eq!(files(&record), before, "what is refused leaves no trace");
        }
    }
}

fn files(record: &Schemas) -> Vec<(String, String)> {
    let folder = record.folder().join("inventory/stock");
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| {
            let path = entry.unwrap().path();
            (
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn what_is_honest_may_be_recorded_and_nothing_else() {
    let first = stock("1.0.0").build().unwrap();
    let second = wider("1.1.0").build().unwrap();
    check(&[], &first, Standing::First, "1.0.0");
    let recorded = std::slice::from_ref(&first);
    check(recorded, &first, Standing::Recorded, "1.0.0");
    check(recorded, &second, Standing::Follows, "1.1.0");
    // The same version says something else.
    check(
        recorded,
        &wider("1.0.0").build().unwrap(),
        Standing::Changed,
        "1.1.0",
    );
    check(recorded, &smaller("1.0.0"), Standing::Changed, "2.0.0");
    // The version says too little, or goes back.
    check(
        recorded,
        &wider("1.0.1").build().unwrap(),
        Standing::Dishonest,
        "1.1.0",
    );
    check(recorded, &smaller("1.1.0"), Standing::Dishonest, "2.0.0");
    check(recorded, &smaller("2.0.0"), Standing::Follows, "2.0.0");
    let both = [first.clone(), second.clone()];
    check(
        &both,
        &stock("1.0.1").build().unwrap(),
        Standing::Dishonest,
        "2.0.0",
    );
    // The next major is there already, and says something else.
    let majors = [first.clone(), smaller("2.0.0")];
    check(&majors, &smaller("1.1.0"), Standing::Dishonest, "3.0.0");
    // An older major goes on beside a newer one.
    check(&majors, &second, Standing::Follows, "1.1.0");
}

#[test]
fn every_version_that_is_alive_counts() {
    let closed = |version: &str, values: &[&str]| {
        let values: Vec<_> = values.iter().map(|v| Value::from(*v)).collect();
        stock(version)
            .with_column(
                values
                    .into_iter()
                    .fold(Column::new("state", DataType::String), |column, value| {
                        column.with_allowed(value)
                    }),
            )
            .build()
            .unwrap()
    };
    use dataproduct::Value;
    // A value that was taken away in 1.1 comes back in 1.2: readers of 1.1 never expected it.
    let recorded = [closed("1.0.0", &["a", "b"]), closed("1.1.0", &["a"])];
    check(
        &recorded,
        &closed("1.2.0", &["a", "b"]),
        Standing::Dishonest,
        "2.0.0",
    );
}

#[test]
fn a_pre_release_hides_no_break() {
    let past = "2026-06-30".parse().unwrap();
    let deprecated = |builder: ContractBuilder| {
        let builder = builder.with_status(dataproduct::Status::Deprecated);
        builder.with_sunset(past).build().unwrap()
    };
    let candidate = deprecated(wider("1.1.0-rc.1"));
    // The last release counts although it is over, and although something newer is recorded.
    let recorded = [deprecated(wider("1.0.0")), candidate];
    let smaller = smaller("1.1.0");
    check(&recorded, &smaller, Standing::Dishonest, "2.0.0");
}

#[test]
fn a_sunset_that_was_withdrawn_comes_no_earlier_while_its_version_lives() {
    let until = |version: &str, day: &str| {
        let builder = stock(version).with_status(dataproduct::Status::Deprecated);
        builder.with_sunset(day.parse().unwrap()).build().unwrap()
    };
    let back = stock("1.1.0").build().unwrap();
    let recorded = [until("1.0.0", "2027-12-31"), back];
    let earlier = until("1.2.0", "2027-03-31");
    check(&recorded, &earlier, Standing::Dishonest, "2.0.0");
    let recorded = [
        until("1.0.0", "2027-12-31"),
        stock("1.1.0").build().unwrap(),
    ];
    let same = until("1.2.0", "2027-12-31");
    check(&recorded, &same, Standing::Follows, "1.2.0");
}

#[test]
fn a_major_that_has_ended_binds_nobody_to_its_older_versions() {
    use dataproduct::Status;
    // Nobody had told readers of 1.0 of an end; 1.1 did, for all of the major.
    let ending = wider("1.1.0")
        .with_status(Status::Deprecated)
        .with_sunset("2026-06-30".parse().unwrap());
    let first = stock("1.0.0").with_status(Status::Active);
    let recorded = [first.build().unwrap(), ending.build().unwrap()];
    let retired = wider("1.2.0")
        .with_status(Status::Retired)
        .with_sunset("2026-06-30".parse().unwrap());
    check(
        &recorded,
        &retired.build().unwrap(),
        Standing::Follows,
        "1.2.0",
    );
}

#[test]
fn what_was_accepted_when_a_later_release_was_recorded_stays_so() {
    let first = stock("1.0.0").build().unwrap();
    let (_folder, record) = record(&[first]);
    let next = smaller("1.2.0");
    let waived = |expires: &str| {
        let policy = format!(
            "[[evolution.waivers]]\nrule = \"column-removed\"\npath = \"*\"\nproduct = \"inventory.stock\"\n\
             author = \"steward@example.com\"\nreason = \"nobody reads it\"\nexpires = \"{expires}\"\n"
        );
        dataproduct::Policy::from_toml(&policy).unwrap()
    };
    let standing =
        |record: dataproduct::record::Schemas| record.judge(&next, today()).unwrap().standing();
    let open = record.clone().with_policy(waived("2026-12-31"));
    open.record(&smaller("1.1.0"), today()).unwrap();
    assert_eq!(standing(record.clone()), Standing::Dishonest);
    assert_eq!(
        standing(record.with_policy(waived("2020-01-01"))),
        Standing::Follows
    );
}

#[test]
fn what_is_written_in_the_record_is_checked_when_it_is_read() {
    let first = stock("1.0.0").build().unwrap();
    let (_folder, record) = record(std::slice::from_ref(&first));
    let path = record.path(first.name(), first.version());
    let text = fs::read_to_string(&path).unwrap();
    // Another layout says the same.
    fs::write(&path, format!("# recorded\n{text}")).unwrap();
    assert_eq!(
        record.judge(&first, today()).unwrap().standing(),
        Standing::Recorded
    );
    for (edited, expect) in [
        (text.replace("1.0.0", "1.0.1"), "1.0.1"),
        (text.replace("owner", "ower"), "put back"),
        ("a: [".to_owned(), "no valid contract"),
        ("#".repeat(2 << 20), "2097152 bytes"),
    ] {
        if edited == text {
            continue;
        }
        fs::write(&path, edited).unwrap();
        let error = record.judge(&first, today()).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
        assert!(error.contains("1.0.0.odcs.yaml"), "{error}");
    }
    fs::write(&path, &text).unwrap();
    fs::write(path.with_file_name("first.odcs.yaml"), &text).unwrap();
    let error = record.judge(&first, today()).unwrap_err().to_string();
    assert!(error.contains("rename or remove"), "{error}");
}

#[test]
fn consumers_are_named_with_their_owner() {
    let first = stock("1.0.0").build().unwrap();
    let (_folder, record) = record(std::slice::from_ref(&first));
    for (consumer, column) in [("shop-window", "site"), ("price-tags", "sku")] {
        let product = "inventory.stock@^1".parse().unwrap();
        let consumption = Consumption::new(consumer.parse().unwrap(), product)
            .with_owner(format!("team-{consumer}"))
            .with_purpose("show what is there")
            .with_column(column);
        record.register(&consumption).unwrap();
    }
    assert_eq!(record.consumptions().unwrap().len(), 2);
    let message = record
        .judge(&smaller("1.1.0"), today())
        .unwrap()
        .to_string();
    assert!(
        message.contains("shop-window, owner team-shop-window: reads inventory.stock@^1"),
        "{message}"
    );
    assert!(!message.contains("price-tags"), "{message}");
    // A file that is named for another consumer would hide one.
    let folder = record.folder().join("_consumers");
    fs::rename(
        folder.join("shop-window.inventory.stock.yaml"),
        folder.join("other.yaml"),
    )
    .unwrap();
    let error = record.consumptions().unwrap_err().to_string();
    assert!(
        error.contains("call it `shop-window.inventory.stock.yaml`"),
        "{error}"
    );
}

#[test]
fn a_policy_beside_the_record_counts() {
    let first = stock("1.0.0").build().unwrap();
    let (folder, record) = record(std::slice::from_ref(&first));
    assert_eq!(
        record.judge(&smaller("1.1.0"), today()).unwrap().standing(),
        Standing::Dishonest
    );
    let policy = r#"
        [[evolution.waivers]]
        rule = "column-removed"
        path = "columns.site"
        product = "inventory.stock"
        author = "owner@example.com"
        reason = "nobody reads it, asked on 2026-11-01"
        expires = "2026-12-31"
    "#;
    fs::write(folder.path().join("mesh.toml"), policy).unwrap();
    let record = Schemas::open(record.folder()).unwrap();
    let judgement = record.judge(&smaller("1.1.0"), today()).unwrap();
    assert_eq!(judgement.standing(), Standing::Follows, "{judgement}");
    let later = "2027-01-01".parse().unwrap();
    let judgement = record.judge(&smaller("1.1.0"), later).unwrap();
    assert_eq!(judgement.standing(), Standing::Dishonest, "{judgement}");
}

/// Stock on hand per article.
#[derive(DataProduct)]
#[product(name = "inventory.shelf", version = "1.0.0", owner = "inventory")]
struct Shelf {
    /// The article.
    #[column(key)]
    sku: String,
}

#[test]
fn a_type_is_recorded_when_that_is_asked_for() {
    let (_folder, record) = record(&[]);
    let shelf = Declared::of::<Shelf>();
    let message = shelf.check(&record, "shelves", false).unwrap().unwrap();
    assert_eq!(
        message,
        "`inventory.shelf` 1.0.0 is not recorded yet.\n\nWhat to do:\n  \
         1. Record it: `DATAPRODUCT_RECORD=1 cargo test -p shelves contracts_are_recorded`\n  \
         2. Commit the new files in `schemas/inventory/shelf`: they are what consumers are promised.\n"
    );
    assert_eq!(shelf.check(&record, "shelves", true).unwrap(), None);
    assert_eq!(shelf.check(&record, "shelves", false).unwrap(), None);
    // What follows from the contract is written again; the contract itself is not.
    let schema = record.folder().join("inventory/shelf/1.0.0.schema.json");
    fs::remove_file(&schema).unwrap();
    assert!(shelf.check(&record, "shelves", false).unwrap().is_some());
    assert_eq!(shelf.check(&record, "shelves", true).unwrap(), None);
    assert!(schema.is_file());
}

#[test]
fn documents_beside_a_contract_are_called_after_its_product_and_missed() {
    let first = stock("1.0.0").build().unwrap();
    let (_folder, record) = record(std::slice::from_ref(&first));
    assert!(record.stale(&first).unwrap().is_empty());
    let schema = record
        .path(first.name(), first.version())
        .with_file_name("1.0.0.schema.json");
    let text = fs::read_to_string(&schema).unwrap();
    assert!(text.contains("\"title\": \"inventory.stock\""), "{text}");
    fs::remove_file(&schema).unwrap();
    assert_eq!(record.stale(&first).unwrap(), [schema]);
}
