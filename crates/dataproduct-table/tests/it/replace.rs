//! Replacing rows by a predicate.

use dataproduct_table::{Error, Mode, Predicate, Table, TableSpec, WriteOptions};

use crate::support::*;

type Row = (&'static str, &'static str, Option<i64>);

fn replacing(predicate: Predicate) -> WriteOptions {
    WriteOptions::new().with_mode(Mode::ReplaceWhere(predicate))
}

const STORED: [Row; 6] = [
    ("a", "L1", Some(1)),
    ("b", "L1", Some(9)),
    ("c", "L2", Some(5)),
    ("d", "L2", None),
    ("e", "L3", Some(2)),
    ("f", "L3", Some(7)),
];

async fn tables(name: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    for (index, spec) in [
        TableSpec::from_contract(&contract(false)),
        TableSpec::from_contract(&contract(true)),
        TableSpec::from_contract(&contract(false)).with_deletion_vectors(),
    ]
    .into_iter()
    .enumerate()
    {
        let location = memory(&format!("replace-{name}-{index}"));
        let table = Table::create(&location, &spec).await.unwrap();
        let partitioned = index == 1;
        for half in STORED.chunks(4) {
            let rows = admit(&contract(partitioned), batch(half));
            publish(&table, WriteOptions::new(), &rows).await.unwrap();
        }
        tables.push(table);
    }
    tables
}

fn admitted(table: &Table, new: &[Row]) -> dataproduct_quality::Admitted {
    let partitioned = table.location().to_string().contains("-1/");
    admit(&contract(partitioned), batch(new))
}

async fn keys(table: &Table) -> String {
    let rows = read_sorted(table).await;
    rows.into_iter()
        .map(|row| row.0)
        .collect::<Vec<_>>()
        .join("")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_predicate_is_true_for_goes_and_the_rest_stays() {
    let cases: [(&str, Predicate, &[Row], &str); 7] = [
        (
            "some",
            Predicate::gt("on_hand", 4),
            &[("x", "L9", Some(5))],
            "adex",
        ),
        // Where a value is missing the predicate is null.
        ("not", Predicate::lt_eq("on_hand", 4).not(), &[], "ade"),
        (
            "all",
            Predicate::is_not_null("sku"),
            &[("x", "L9", None)],
            "x",
        ),
        (
            "none",
            Predicate::eq("sku", "q"),
            &[("q", "L1", None)],
            "abcdefq",
        ),
        (
            "part",
            Predicate::eq("location", "L2"),
            &[("x", "L2", None)],
            "abefx",
        ),
        (
            "both",
            Predicate::eq("location", "L1").and(Predicate::gt("on_hand", 4)),
            &[("x", "L1", Some(6)), ("y", "L1", Some(7))],
            "acdefxy",
        ),
        ("nulls", Predicate::is_null("on_hand"), &[], "abcef"),
    ];
    for (name, predicate, new, expect) in cases {
        for table in tables(name).await {
            let options = replacing(predicate.clone());
            let receipt = publish(&table, options, &admitted(&table, new))
                .await
                .unwrap();
            assert_eq!(receipt.rows(), new.len() as u64, "{name}");
            assert_eq!(keys(&table).await, expect, "{name} {}", table.location());
            // Another program's look at the same table.
            let opened = Table::open(table.location()).await.unwrap();
            assert_eq!(keys(&opened).await, expect, "{name}");
            assert!(table.snapshot_at(2).await.is_ok());
        }
    }
}

#[tokio::test]
async fn a_row_outside_of_what_is_replaced_is_refused_and_named() {
    for table in tables("outside").await {
        let options = replacing(Predicate::gt("on_hand", 4));
        let mut writer = table.write(options).await.unwrap();
        writer
            .push(&admitted(&table, &[("x", "L1", Some(5))]))
            .await
            .unwrap();
        let outside = admitted(&table, &[("y", "L1", Some(6)), ("z", "L1", None)]);
        let error = writer.push(&outside).await.unwrap_err();
        assert!(matches!(error, Error::SchemaMismatch { .. }), "{error}");
        assert!(error.to_string().contains("row 2 is not in"), "{error}");
        assert!(error.to_string().contains("on_hand > 4"), "{error}");
        assert_eq!(keys(&table).await, "abcdef");
        let error = table
            .write(replacing(Predicate::eq("nothing", 1)))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NoSuchColumn { .. }), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_others_publish_meanwhile_are_replaced_as_well() {
    for table in tables("meanwhile").await {
        let mut writer = table
            .write(replacing(Predicate::gt("on_hand", 4)))
            .await
            .unwrap();
        writer
            .push(&admitted(&table, &[("x", "L1", Some(5))]))
            .await
            .unwrap();
        let others = admitted(&table, &[("g", "L1", Some(8)), ("h", "L1", Some(3))]);
        publish(&table, WriteOptions::new(), &others).await.unwrap();
        writer.commit().await.unwrap();
        assert_eq!(keys(&table).await, "adehx");
    }
}

#[tokio::test]
async fn the_rows_that_stay_beside_it_are_those_it_does_not_replace() {
    for table in tables("beside").await {
        let writer = table
            .write(replacing(Predicate::gt("on_hand", 4)))
            .await
            .unwrap();
        let beside = writer.beside().await.unwrap().unwrap();
        let mut keys: Vec<_> = read(&beside).await.into_iter().map(|row| row.0).collect();
        keys.sort();
        assert_eq!(keys, ["a", "d", "e"]);
    }
}
