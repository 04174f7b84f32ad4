//! Rows that are kept apart, set right, and published after all.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, ListArray, RecordBatch, StringArray};
use dataproduct::contract::{Check, OnFailure, Operator, Repair, Rule, Severity, Threshold};
use dataproduct::prelude::*;
use dataproduct::{BatchPublisher, Column, DataType, Durability, Value};
use futures::TryStreamExt;

fn builder(version: &str) -> dataproduct::contract::ContractBuilder {
    Contract::builder("inventory.stock", version)
        .with_owner("inventory-platform")
        .with_on_failure(OnFailure::Quarantine)
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(Column::new("pieces", DataType::Int64).with_minimum(0))
        .with_column(Column::new("shelf", DataType::String).with_pattern("[A-Z][0-9]"))
}

fn contract() -> Contract {
    builder("1.0.0").build().unwrap()
}

/// Rows of id, pieces and shelf.
fn batch(rows: &[(Option<i64>, Option<i64>, &str)]) -> RecordBatch {
    let ids: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>());
    let pieces: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>());
    let shelves: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.2)).collect::<StringArray>());
    RecordBatch::try_from_iter_with_nullable([
        ("id", ids, true),
        ("pieces", pieces, true),
        ("shelf", shelves, true),
    ])
    .unwrap()
}

fn mesh(folder: &tempfile::TempDir) -> Mesh {
    Mesh::builder()
        .with_root(folder.path().to_string_lossy())
        .with_durability(Durability::None)
        .build()
        .unwrap()
}

/// The ids that are published, in order; twice where a row is there twice.
async fn published(mesh: &Mesh) -> Vec<i64> {
    let product = match mesh.product("inventory.stock@^1").await {
        Ok(product) => product,
        Err(Error::NotPublished { .. }) => return Vec::new(),
        Err(error) => panic!("{error}"),
    };
    let rows = product.read().select(["id"]).batches().await.unwrap();
    let rows: Vec<RecordBatch> = rows.try_collect().await.unwrap();
    let ids = rows
        .iter()
        .flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec());
    let mut ids: Vec<i64> = ids.collect();
    ids.sort_unstable();
    ids
}

/// The ids in quarantine, each with the rules that it broke, by run.
async fn kept_apart(publisher: &BatchPublisher) -> Vec<(String, Option<i64>, Vec<String>)> {
    let mut out = Vec::new();
    for run in publisher.quarantine().await.unwrap() {
        let rows: Vec<RecordBatch> = publisher
            .inspect(&run.run)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        for batch in &rows {
            let ids = batch
                .column_by_name("id")
                .unwrap()
                .as_primitive::<Int64Type>();
            let rules = batch
                .column_by_name("_quarantine_rules")
                .unwrap()
                .as_list::<i32>();
            for row in 0..batch.num_rows() {
                let broken = rules.value(row);
                let broken = broken
                    .as_string::<i32>()
                    .iter()
                    .flatten()
                    .map(str::to_owned);
                let id = ids.is_valid(row).then(|| ids.value(row));
                out.push((run.run.clone(), id, broken.collect()));
            }
        }
        let found = out.iter().filter(|(of, ..)| *of == run.run).count() as u64;
        assert_eq!(run.rows, found);
    }
    out.sort();
    out
}

#[tokio::test]
async fn bad_rows_are_kept_apart_with_every_rule_they_broke() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let publisher = mesh.publisher_for(&contract()).unwrap();
    let rows = [
        batch(&[
            (Some(1), Some(5), "A1"),
            (Some(2), Some(-5), "A2"),
            (Some(3), Some(0), "B3"),
        ]),
        batch(&[
            (None, Some(-1), "b4"),
            (Some(5), None, "B5"),
            (Some(6), Some(6), "B6"),
        ]),
    ];
    let how = Publish::append().with_publish_id("monday");
    let receipt = publisher.publish(rows, how).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (3, 3));
    assert_eq!(published(&mesh).await, [1, 3, 6]);
    let apart = kept_apart(&publisher).await;
    let expect = [
        (None, vec!["id.required", "pieces.range", "shelf.pattern"]),
        (Some(2), vec!["pieces.range"]),
        (Some(5), vec!["pieces.required"]),
    ];
    let found: Vec<_> = apart
        .iter()
        .map(|(_, id, rules)| (*id, rules.iter().map(String::as_str).collect::<Vec<_>>()))
        .collect();
    assert_eq!(found, expect);
    let runs = publisher.quarantine().await.unwrap();
    assert_eq!(
        (runs.len(), runs[0].run.as_str(), runs[0].rows),
        (1, "monday", 3)
    );
    assert_eq!(runs[0].rules["pieces.range"], 2);
    // The commit says so, too.
    let product = mesh.product("inventory.stock").await.unwrap();
    let commit = product.history(1).await.unwrap().remove(0);
    let quality = commit.facts.unwrap().published.quality;
    assert_eq!(quality["rowsRead"], "6");
    assert_eq!(quality["rowsQuarantined"], "3");
    assert_eq!(quality["failed.pieces.range"], "2");
}

#[tokio::test]
async fn rows_that_were_set_right_leave_the_quarantine_once() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let publisher = mesh.publisher_for(&contract()).unwrap();
    let rows = batch(&[
        (Some(1), Some(1), "A1"),
        (Some(2), Some(-2), "A2"),
        (Some(3), Some(3), "?"),
    ]);
    let how = Publish::append().with_publish_id("monday");
    publisher.publish([rows], how).await.unwrap();
    // Nothing was set right: all rows stay, as rows of the replay.
    let receipt = publisher.replay("monday", Ok).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (0, 2));
    let again = receipt.publish_id.clone();
    let runs = publisher.quarantine().await.unwrap();
    assert_eq!(
        (runs.len(), runs[0].run == again, runs[0].rows),
        (1, true, 2)
    );
    // One of them is set right.
    let absolute = |batch: RecordBatch| {
        let pieces = batch
            .column_by_name("pieces")
            .unwrap()
            .as_primitive::<Int64Type>();
        let pieces: Int64Array = pieces.unary(i64::abs);
        let mut columns = batch.columns().to_vec();
        columns[1] = Arc::new(pieces);
        Ok(RecordBatch::try_new(batch.schema(), columns).unwrap())
    };
    let receipt = publisher.replay(&again, absolute).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (1, 1));
    assert_eq!(published(&mesh).await, [1, 2]);
    // A replay that was done is done, whoever calls again.
    let repeated = publisher.replay(&again, absolute).await.unwrap();
    assert!(repeated.already_published);
    assert_eq!(published(&mesh).await, [1, 2]);
    // A version that takes the last one, too.
    let looser = Contract::builder("inventory.stock", "1.1.0")
        .with_owner("inventory-platform")
        .with_on_failure(OnFailure::Quarantine)
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(Column::new("pieces", DataType::Int64).with_minimum(0))
        .with_column(Column::new("shelf", DataType::String).with_pattern("[A-Z][0-9]|[?]"));
    let error = mesh.publisher_for(&looser.build().unwrap()).unwrap();
    let error = error.replay(&receipt.publish_id, Ok).await.unwrap_err();
    assert!(
        matches!(error, Error::Evolution { .. }),
        "readers know the narrower pattern: {error}"
    );
    assert_eq!(
        kept_apart(&publisher).await.len(),
        1,
        "all rows stay where they are"
    );
    let missing = publisher.replay("tuesday", Ok).await.unwrap_err();
    assert!(
        matches!(&missing, Error::NotQuarantined { known, .. } if known.contains("replay-")),
        "{missing}"
    );
    let expired = publisher
        .expire_quarantine(Utc::now() + Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(expired.iter().map(|run| run.rows).sum::<u64>(), 1);
    assert!(publisher.quarantine().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_later_try_of_a_publish_takes_the_place_of_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let publisher = mesh.publisher_for(&contract()).unwrap();
    // A first try is given up when its rows are in quarantine and nothing is published.
    let table = dataproduct_table::Table::open_or_create(
        &dataproduct_table::Location::parse(
            folder.path().join("inventory/stock/v1").to_str().unwrap(),
        )
        .unwrap(),
        &dataproduct_table::TableSpec::from_contract(&contract()),
    )
    .await
    .unwrap();
    let quarantine = table.quarantine_for(&contract()).await.unwrap();
    let mut gate = dataproduct_quality::Gate::new(&contract());
    let bad = batch(&[(Some(1), Some(-1), "A1"), (Some(2), Some(2), "A2")]);
    let dataproduct_quality::Verdict::Separated { quarantined, .. } = gate.check(bad) else {
        panic!("a row is kept apart");
    };
    let mut writer = quarantine.write("monday", &contract()).await.unwrap();
    writer.push(&quarantined).await.unwrap();
    writer.commit().await.unwrap();
    assert!(
        publisher.quarantine().await.unwrap().is_empty(),
        "nothing was published"
    );
    // The second try has the same rows set right.
    let good = batch(&[(Some(1), Some(1), "A1"), (Some(2), Some(2), "A2")]);
    let how = Publish::append().with_publish_id("monday");
    publisher.publish([good], how).await.unwrap();
    assert_eq!(published(&mesh).await, [1, 2]);
    assert!(
        publisher.quarantine().await.unwrap().is_empty(),
        "no row is in both"
    );
}

#[tokio::test]
async fn of_rows_with_one_key_the_latest_stays_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let latest = Rule::of(Check::DuplicateValues {
        columns: vec!["shelf".into()],
    })
    .with_id("one-count-a-shelf")
    .with_on_failure(OnFailure::Repair(Repair::KeepLatest(Some("pieces".into()))));
    let contract = builder("1.0.0").with_rule(latest).build().unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    let rows = [
        batch(&[
            (Some(1), Some(5), "A1"),
            (Some(2), Some(9), "A2"),
            (Some(3), Some(7), "A1"),
        ]),
        batch(&[
            (Some(4), Some(7), "A1"),
            (Some(5), Some(1), "A2"),
            (Some(6), Some(-1), "A2"),
        ]),
    ];
    let how = Publish::append().with_publish_id("monday");
    let receipt = publisher.publish(rows, how).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (2, 4));
    assert_eq!(published(&mesh).await, [2, 4]);
    let apart = kept_apart(&publisher).await;
    let rules: BTreeMap<_, _> = apart
        .iter()
        .map(|(_, id, rules)| (id.unwrap(), rules[0].as_str()))
        .collect();
    let expect = [
        (1, "one-count-a-shelf"),
        (3, "one-count-a-shelf"),
        (5, "one-count-a-shelf"),
        (6, "pieces.range"),
    ];
    assert_eq!(rules, BTreeMap::from(expect));
}

#[tokio::test]
async fn values_are_set_right_before_they_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let shelf = Column::new("shelf", DataType::String)
        .with_pattern("[A-Z][0-9]")
        .with_on_failure(OnFailure::Repair(Repair::Trim));
    let pieces = Column::new("pieces", DataType::Int64)
        .with_minimum(0)
        .with_on_failure(OnFailure::Repair(Repair::Default(Value::from(0))));
    let contract = Contract::builder("inventory.stock", "1.0.0")
        .with_owner("inventory-platform")
        .with_on_failure(OnFailure::Quarantine)
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(pieces)
        .with_column(shelf)
        .build()
        .unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    let rows = [batch(&[
        (Some(1), None, " A1 "),
        (Some(2), Some(-9), "A2"),
        (Some(3), Some(3), " ? "),
        (Some(4), Some(4), "A4"),
    ])];
    let receipt = publisher.publish(rows, Publish::append()).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (3, 1));
    let product = mesh.product("inventory.stock").await.unwrap();
    let rows: Vec<RecordBatch> = product
        .read()
        .batches()
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        rows[0].column(1).as_primitive::<Int64Type>().values(),
        &[0, 0, 4]
    );
    let shelves = rows[0].column(2).as_string::<i32>();
    assert_eq!(
        shelves.iter().flatten().collect::<Vec<_>>(),
        ["A1", "A2", "A4"]
    );
    let commit = product.history(1).await.unwrap().remove(0);
    assert_eq!(commit.facts.unwrap().published.quality["rowsRepaired"], "3");
}

#[tokio::test]
async fn nothing_is_published_where_a_rule_about_all_rows_rejects() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let builder = || {
        Contract::builder("inventory.stock", "1.0.0")
            .with_owner("inventory-platform")
            .with_column(Column::new("id", DataType::Int64).with_key(1))
            .with_column(Column::new("pieces", DataType::Int64))
            .with_column(Column::new("shelf", DataType::String))
    };
    let refusal = |contract: Contract, rows: RecordBatch| {
        let mesh = mesh.clone();
        async move {
            let publisher = mesh.publisher_for(&contract).unwrap();
            let Err(Error::Refused {
                report, quality, ..
            }) = publisher.publish([rows], Publish::append()).await
            else {
                panic!("it was published");
            };
            let quality = quality.unwrap();
            assert!(!quality.verdict().is_accepted());
            report.to_string()
        }
    };
    let good = || batch(&[(Some(1), Some(1), "A1"), (Some(2), Some(2), "A2")]);
    let twice = batch(&[(Some(1), Some(1), "A1"), (Some(1), Some(2), "A2")]);
    let key = refusal(builder().build().unwrap(), twice).await;
    assert_eq!(key, "id: 1 row breaks `key` [rule-broken]");
    let enough = Rule::new(
        Check::RowCount,
        Threshold::rows(Operator::GreaterOrEqual(3.0)),
    );
    let count = refusal(builder().with_rule(enough).build().unwrap(), good()).await;
    assert_eq!(
        count,
        "`rowCount` measures 2 (mustBeGreaterOrEqualTo 3) [rule-broken]"
    );
    let refers = Rule::of(Check::UnknownReferences {
        columns: vec!["id".into()],
        references: vec!["product.catalogue#sku".parse().unwrap()],
    });
    let contract = builder().with_rule(refers).build().unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    let receipt = publisher
        .publish([good()], Publish::append())
        .await
        .unwrap();
    let product = mesh.product("inventory.stock").await.unwrap();
    let commit = product.history(1).await.unwrap().remove(0);
    let quality = commit.facts.unwrap().published.quality;
    assert_eq!(
        quality["rulesNotEvaluated"], "1",
        "the product is not there, and nobody says it is"
    );
    assert_eq!(receipt.rows, 2);
}

#[tokio::test]
async fn figures_of_all_rows_are_not_taken_of_a_part_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let enough = Rule::new(Check::RowCount, Threshold::rows(Operator::GreaterThan(1.0)));
    let contract = builder("1.0.0").with_rule(enough).build().unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    let rows = batch(&[
        (Some(1), Some(1), "A1"),
        (Some(2), Some(2), "A2"),
        (Some(3), Some(-3), "A3"),
    ]);
    let how = Publish::append().with_publish_id("monday");
    publisher.publish([rows], how).await.unwrap();
    publisher.heartbeat(Utc::now()).await.unwrap();
    let receipt = publisher.replay("monday", set_half_right).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (0, 1));
    let few = batch(&[(Some(4), Some(4), "A4")]);
    let refused = publisher
        .publish([few], Publish::append())
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }), "{refused}");
}

#[tokio::test]
async fn low_stock_is_told_and_not_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let low = Rule::of(Check::InvalidValues {
        valid: Vec::new(),
        pattern: Some("[A-Z]1".into()),
    })
    .with_id("low-stock")
    .with_severity(Severity::Warning)
    .with_on_failure(OnFailure::Notify)
    .with_message("{id} lies on {shelf}: {rows} like it");
    let contract = Contract::builder("inventory.stock", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(Column::new("pieces", DataType::Int64))
        .with_column(Column::new("shelf", DataType::String).with_rule(low))
        .build()
        .unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    let rows = batch(&[
        (Some(1), Some(1), "A1"),
        (Some(2), Some(2), "A2"),
        (Some(3), Some(2), "A3"),
    ]);
    let receipt = publisher.publish([rows], Publish::append()).await.unwrap();
    let path = folder.path().join("inventory/stock/v1/_quality");
    let file = std::fs::read_dir(path)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let report = std::fs::read_to_string(file).unwrap();
    let report = dataproduct::QualityReport::from_json(&report).unwrap();
    assert_eq!(report.run().run_id, receipt.publish_id);
    let told = report
        .results()
        .iter()
        .find(|result| result.rule == "low-stock")
        .unwrap();
    assert_eq!(
        told.messages,
        ["2 lies on A2: 2 like it", "3 lies on A3: 2 like it"]
    );
    assert_eq!(told.failed_rows, 2);
    assert!(report.verdict().is_accepted());
}

/// Set for the process that is to be killed.
const CHILD: &str = "DATAPRODUCT_TEST_CRASHING_QUARANTINE";
const KILLS: usize = 100;
/// A folder is used for so many kills, so that looking at all rows each time stays quick.
const KILLS_PER_FOLDER: usize = 10;
/// Rows of each run, of which every third is bad.
const ROWS: i64 = 9;

fn run_id(run: i64) -> String {
    format!("run-{run}")
}

fn rows_of(run: i64) -> RecordBatch {
    let rows: Vec<_> = (0..ROWS)
        .map(|row| {
            (
                Some(run * ROWS + row),
                Some(if row % 3 == 0 { -1 } else { 1 }),
                "A1",
            )
        })
        .collect();
    batch(&rows)
}

/// Publishes run after run, and replays each after the next one was published: half of its bad rows are set right.
async fn publish_and_replay_until_killed(folder: &str) {
    let mesh = Mesh::builder().with_root(folder).build().unwrap();
    let publisher = mesh.publisher_for(&contract()).unwrap();
    println!("\nready");
    for run in 0.. {
        let how = Publish::append().with_publish_id(run_id(run));
        publisher.publish([rows_of(run)], how).await.unwrap();
        if run > 0 {
            let replayed = publisher.replay(&run_id(run - 1), set_half_right).await;
            match replayed {
                Ok(_) | Err(Error::NotQuarantined { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        println!("\ndone {run}");
    }
}

fn set_half_right(batch: RecordBatch) -> dataproduct::Result<RecordBatch> {
    let ids = batch
        .column_by_name("id")
        .unwrap()
        .as_primitive::<Int64Type>()
        .clone();
    let pieces = batch
        .column_by_name("pieces")
        .unwrap()
        .as_primitive::<Int64Type>();
    let pieces: Int64Array = (0..batch.num_rows())
        .map(|row| {
            Some(if ids.value(row) % 2 == 0 {
                1
            } else {
                pieces.value(row)
            })
        })
        .collect();
    let mut columns = batch.columns().to_vec();
    columns[1] = Arc::new(pieces);
    Ok(RecordBatch::try_new(batch.schema(), columns).unwrap())
}

/// Every row of a published run is in the product or in quarantine, once; of other runs there is none.
async fn check_sum(folder: &tempfile::TempDir) -> i64 {
    let mesh = mesh(folder);
    let publisher = mesh.publisher_for(&contract()).unwrap();
    let ids = published(&mesh).await;
    let apart = kept_apart(&publisher).await;
    let mut all: Vec<i64> = ids.clone();
    all.extend(apart.iter().map(|(_, id, _)| id.unwrap()));
    all.sort_unstable();
    let runs = all.len() as i64 / ROWS;
    let expect: Vec<i64> = (0..runs * ROWS).collect();
    assert_eq!(all, expect, "a row is lost, there twice, or in both");
    let in_product: BTreeSet<i64> = ids.iter().copied().collect();
    assert_eq!(in_product.len(), ids.len());
    runs
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_instant_no_row_is_lost_doubled_or_in_both() {
    if let Ok(folder) = std::env::var(CHILD) {
        publish_and_replay_until_killed(&folder).await;
    }
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let (mut most, mut folder) = (0, tempfile::tempdir().unwrap());
    // How long a child may live, in microseconds: longer where the machine is so slow that it gets nowhere.
    let mut longest = 120_000;
    for kill in 0..KILLS {
        if kill % KILLS_PER_FOLDER == 0 {
            folder = tempfile::tempdir().unwrap();
            if kill > 0 && most <= 3 {
                longest *= 2;
            }
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "quarantine::killed_at_any_instant_no_row_is_lost_doubled_or_in_both",
                "--nocapture",
            ])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.by_ref().any(|line| line.unwrap() == "ready"));
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_micros(random % longest));
        child.kill().unwrap();
        child.wait().unwrap();
        let runs = check_sum(&folder).await;
        let done = lines.map_while(Result::ok).filter_map(|line| {
            line.strip_prefix("done ")
                .map(|run| run.parse::<i64>().unwrap())
        });
        assert!(
            done.max().is_none_or(|run| run < runs),
            "what was acknowledged is there"
        );
        most = most.max(runs);
    }
    assert!(most > 3, "the child was never given the time to publish");
}

/// A contract whose pieces are cast from text.
fn cast(version: &str) -> Contract {
    let pieces = Column::new("pieces", DataType::Int64)
        .with_nullable(true)
        .with_on_failure(OnFailure::Repair(Repair::Cast));
    Contract::builder("inventory.stock", version)
        .with_owner("inventory-platform")
        .with_on_failure(OnFailure::Quarantine)
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(pieces)
        .with_column(Column::new("shelf", DataType::String))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_value_that_cannot_be_cast_is_kept_as_it_came_and_never_published_as_missing() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let publisher = mesh.publisher_for(&cast("1.0.0")).unwrap();
    let file = folder.path().join("counts.csv");
    std::fs::write(
        &file,
        "id,pieces,shelf\n1, 7 ,A1\n2,about 9,A2\n3,,A3\n4,8.0,A4\n",
    )
    .unwrap();
    let how = Publish::append().with_publish_id("monday");
    let receipt = publisher.publish_file(&file, how).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (3, 1));
    // As it is, it does not cast again either.
    let again = publisher.replay("monday", Ok).await.unwrap();
    assert_eq!((again.rows, again.quarantined), (0, 1));
    assert_eq!(published(&mesh).await, [1, 3, 4]);
    let runs = publisher.quarantine().await.unwrap();
    assert_eq!(
        runs[0].rules,
        BTreeMap::from([("pieces.cast".to_owned(), 1)])
    );
    let right = |rows: RecordBatch| {
        let pieces = rows.column_by_name("pieces").unwrap().as_string::<i32>();
        assert_eq!(pieces.value(0), "about 9");
        let pieces: ArrayRef = Arc::new(StringArray::from(vec!["9"]));
        let mut columns = rows.columns().to_vec();
        columns[1] = pieces;
        Ok(RecordBatch::try_new(rows.schema(), columns).unwrap())
    };
    let receipt = publisher.replay(&runs[0].run, right).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (1, 0));
    let product = mesh.product("inventory.stock").await.unwrap();
    let rows = product.read().select(["pieces"]).batches().await.unwrap();
    let rows: Vec<RecordBatch> = rows.try_collect().await.unwrap();
    let mut pieces: Vec<_> = rows
        .iter()
        .flat_map(|rows| rows.column(0).as_primitive::<Int64Type>().iter())
        .collect();
    pieces.sort_unstable();
    assert_eq!(pieces, [None, Some(7), Some(8), Some(9)]);
}

#[tokio::test]
async fn rows_with_a_part_missing_are_kept_apart_and_published_once_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let line = DataType::Struct(vec![Column::new("sku", DataType::String)]);
    let lines = DataType::List(Box::new(Column::new("element", line)));
    let contract = Contract::builder("inventory.stock", "1.0.0")
        .with_owner("inventory-platform")
        .with_on_failure(OnFailure::Quarantine)
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(Column::new("lines", lines))
        .build()
        .unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    let file = folder.path().join("orders.jsonl");
    let rows = [
        r#"{"id": 1, "lines": [{"sku": "a"}, {"sku": "b"}]}"#,
        r#"{"id": 2, "lines": [{"sku": "c"}, {}]}"#,
        r#"{"id": 3, "lines": []}"#,
        r#"{"id": 4, "lines": [null]}"#,
        r#"{"id": 5}"#,
    ];
    std::fs::write(&file, rows.join("\n")).unwrap();
    let how = Publish::append().with_publish_id("monday");
    let receipt = publisher.publish_file(&file, how).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (2, 3));
    assert_eq!(published(&mesh).await, [1, 3]);
    let runs = publisher.quarantine().await.unwrap();
    let rules = [
        "lines.element.required",
        "lines.element.sku.required",
        "lines.required",
    ];
    let expect: BTreeMap<String, u64> = rules.map(|rule| (rule.to_owned(), 1)).into();
    assert_eq!(runs[0].rules, expect);
    // What nobody sets right stays where it is.
    let receipt = publisher.replay("monday", Ok).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (0, 3));
    let without_lines = |batch: RecordBatch| {
        let place = batch.schema().index_of("lines").unwrap();
        let mut columns = batch.columns().to_vec();
        let lines = columns[place].as_list::<i32>();
        let arrow_schema::DataType::List(element) = lines.data_type() else {
            panic!("a list");
        };
        let items = lines.values().slice(0, 0);
        let ends = arrow_buffer::OffsetBuffer::from_lengths(vec![0; batch.num_rows()]);
        columns[place] = Arc::new(ListArray::new(Arc::clone(element), ends, items, None));
        Ok(RecordBatch::try_new(batch.schema(), columns).unwrap())
    };
    let run = publisher.quarantine().await.unwrap()[0].run.clone();
    let receipt = publisher.replay(&run, without_lines).await.unwrap();
    assert_eq!((receipt.rows, receipt.quarantined), (3, 0));
    assert_eq!(published(&mesh).await, [1, 2, 3, 4, 5]);
}
