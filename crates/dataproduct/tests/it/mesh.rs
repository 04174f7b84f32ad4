//! Publishing and reading through the mesh.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use dataproduct::contract::{Column, Contract, DataType, Status};
use dataproduct::prelude::*;
use dataproduct::{Clock, ManualClock, Unknown};
use futures::TryStreamExt;

/// Stock on hand per article and location.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "inventory.stock-levels",
    version = "1.0.0",
    status = active,
    owner = "inventory-platform",
    fresh_within = "15 minutes"
)]
struct StockLevel {
    /// The article.
    #[column(key)]
    sku: String,
    /// Where it lies.
    #[column(key)]
    location: String,
    /// Pieces on the shelf.
    #[column(range = 0..)]
    on_hand: i64,
}

fn level(sku: &str, location: &str, on_hand: i64) -> StockLevel {
    StockLevel {
        sku: sku.to_owned(),
        location: location.to_owned(),
        on_hand,
    }
}

fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// A mesh in a folder of its own, with a clock that stands at noon.
struct World {
    mesh: Mesh,
    clock: Arc<ManualClock>,
    folder: tempfile::TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(noon()));
    let mesh = Mesh::builder()
        .with_root(folder.path().to_string_lossy())
        .with_clock(clock.clone())
        .build()
        .unwrap();
    World {
        mesh,
        clock,
        folder,
    }
}

fn contract(version: &str) -> dataproduct::contract::ContractBuilder {
    Contract::builder("inventory.counts", version)
        .with_status(Status::Active)
        .with_owner("inventory-platform")
        .with_freshness(Duration::from_secs(900))
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_column(Column::new("n", DataType::Int64).with_nullable(true))
}

fn batch(sku: &[Option<&str>], n: &[i64]) -> RecordBatch {
    let sku: ArrayRef = Arc::new(StringArray::from(sku.to_vec()));
    let n: ArrayRef = Arc::new(Int64Array::from(n.to_vec()));
    RecordBatch::try_from_iter_with_nullable([("sku", sku, true), ("n", n, true)]).unwrap()
}

#[tokio::test]
async fn rows_come_back_with_owner_version_and_freshness() {
    let world = world();
    let rows = [level("a", "oslo", 3), level("b", "oslo", 0)];
    let as_of = noon() - Duration::from_secs(60);
    let publisher = world.mesh.publisher::<StockLevel>().unwrap();
    let receipt = publisher
        .publish(&rows, Publish::append().with_as_of(as_of))
        .await
        .unwrap();
    assert_eq!((receipt.rows, receipt.files, receipt.as_of), (2, 1, as_of));
    assert_eq!(receipt.contract_version.to_string(), "1.0.0");

    let product = world
        .mesh
        .product("inventory.stock-levels@^1")
        .await
        .unwrap();
    assert_eq!(product.read().rows::<StockLevel>().await.unwrap(), rows);
    let source = product.source();
    assert_eq!(source.owner, "inventory-platform");
    assert_eq!(source.table_version, receipt.table_version);
    assert_eq!(source.as_of, Some(as_of));
    assert_eq!(product.contract(), StockLevel::contract());
}

#[tokio::test]
async fn freshness_is_the_age_of_the_watermark_by_the_readers_clock() {
    let world = world();
    let publisher = world.mesh.publisher::<StockLevel>().unwrap();
    publisher
        .publish([level("a", "oslo", 3)], Publish::append())
        .await
        .unwrap();
    let state = async || {
        let product = world.mesh.product("inventory.stock-levels").await.unwrap();
        product.freshness().state()
    };
    assert_eq!(state().await, State::Fresh);
    world.clock.advance(Duration::from_secs(901));
    assert_eq!(state().await, State::Stale);
    publisher.heartbeat(world.clock.now()).await.unwrap();
    world.clock.set(noon());
    assert_eq!(state().await, State::Unknown(Unknown::ClockBehind));
}

#[tokio::test]
async fn a_filter_and_a_smaller_row_type_read_only_what_they_need() {
    #[derive(Debug, PartialEq, Record)]
    struct OnHand {
        on_hand: i64,
    }
    let world = world();
    let rows = [
        level("a", "oslo", 3),
        level("a", "bergen", 5),
        level("b", "oslo", 0),
    ];
    let publisher = world.mesh.publisher::<StockLevel>().unwrap();
    publisher.publish(&rows, Publish::append()).await.unwrap();
    let product = world.mesh.product("inventory.stock-levels").await.unwrap();
    let of = |sku: &str| product.read().filter(Predicate::eq("sku", sku));
    assert_eq!(
        of("a").rows::<OnHand>().await.unwrap(),
        [OnHand { on_hand: 5 }, OnHand { on_hand: 3 }],
        "files are sorted by the key, and Bergen is before Oslo"
    );
    let product = world.mesh.product("inventory.stock-levels").await.unwrap();
    let one = |sku: &str, location: &str| {
        product
            .read()
            .filter(Predicate::eq("sku", sku))
            .filter(Predicate::eq("location", location))
    };
    let reading = one("a", "bergen").one::<OnHand>(None).await.unwrap();
    assert_eq!(reading.fresh(), Some(OnHand { on_hand: 5 }));
    let reading = one("z", "bergen").one::<OnHand>(None).await.unwrap();
    assert!(matches!(reading, Reading::Absent(_)));
    let error = product.read().one::<OnHand>(None).await.unwrap_err();
    assert!(error.to_string().contains("3 rows match"), "{error}");

    let batches: Vec<RecordBatch> = product
        .read()
        .select(["on_hand", "sku"])
        .batches()
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(batches[0].schema().fields().len(), 2);
    assert_eq!(
        batches[0].column(0).as_primitive::<Int64Type>().values(),
        &[5, 3, 0]
    );
    let error = product
        .read()
        .select(["nope"])
        .batches()
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("no column `nope`"), "{error}");
}

#[tokio::test]
async fn a_publish_replaces_all_or_adds() {
    let world = world();
    let publisher = world.mesh.publisher::<StockLevel>().unwrap();
    publisher
        .publish([level("a", "oslo", 1)], Publish::append())
        .await
        .unwrap();
    publisher
        .publish([level("b", "oslo", 2)], Publish::append())
        .await
        .unwrap();
    publisher
        .publish([level("c", "oslo", 3)], Publish::replace())
        .await
        .unwrap();
    let product = world.mesh.product("inventory.stock-levels").await.unwrap();
    assert_eq!(
        product.read().rows::<StockLevel>().await.unwrap(),
        [level("c", "oslo", 3)]
    );
    let history = product.history(10).await.unwrap();
    let rows: Vec<_> = history
        .iter()
        .filter_map(|c| c.facts.as_ref().map(|f| f.rows))
        .collect();
    assert_eq!(rows, [1, 1, 1]);
}

#[tokio::test]
async fn the_same_publish_id_twice_is_one_commit() {
    let world = world();
    let publisher = world.mesh.publisher::<StockLevel>().unwrap();
    let how = || Publish::append().with_publish_id("count-2026-03-01");
    let first = publisher
        .publish([level("a", "oslo", 1)], how())
        .await
        .unwrap();
    let second = publisher
        .publish([level("a", "oslo", 1)], how())
        .await
        .unwrap();
    assert!(!first.already_published && second.already_published);
    assert_eq!(first.table_version, second.table_version);
    let product = world.mesh.product("inventory.stock-levels").await.unwrap();
    assert_eq!(product.read().rows::<StockLevel>().await.unwrap().len(), 1);
}

#[tokio::test]
async fn rows_that_break_the_contract_are_refused_whole() {
    let world = world();
    let publisher = world
        .mesh
        .publisher_for(&contract("1.0.0").build().unwrap())
        .unwrap();
    let batches = [
        batch(&[Some("a")], &[1]),
        batch(&[Some("b"), None], &[2, 3]),
    ];
    let error = publisher
        .publish(batches, Publish::append())
        .await
        .unwrap_err();
    let Error::Refused { report, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(report.findings()[0].first_row, Some(2));
    assert!(!error.is_retryable());
    assert!(matches!(
        world.mesh.product("inventory.counts").await.unwrap_err(),
        Error::NotPublished { .. }
    ));
}

#[tokio::test]
async fn a_contract_follows_what_is_published_or_is_refused() {
    let world = world();
    let publish = async |contract: Contract| {
        let publisher = world.mesh.publisher_for(&contract)?;
        let sku = contract.version().to_string();
        publisher
            .publish([batch(&[Some(&sku)], &[1])], Publish::append())
            .await
    };
    publish(contract("1.1.0").build().unwrap()).await.unwrap();
    let reason = async |contract: Contract| match publish(contract).await.unwrap_err() {
        Error::Evolution { reason, .. } => reason,
        other => panic!("{other}"),
    };
    let older = reason(contract("1.0.0").build().unwrap()).await;
    assert!(older.contains("older"), "{older}");
    let same = reason(contract("1.1.0").with_purpose("New.").build().unwrap()).await;
    assert!(same.contains("needs 1.1.1"), "{same}");
    publish(contract("1.1.1").with_purpose("New.").build().unwrap())
        .await
        .unwrap();
    publish(contract("2.0.0").build().unwrap()).await.unwrap();

    let version = async |reference: &str| {
        let product = world.mesh.product(reference).await?;
        Ok::<_, Error>(product.contract().version().to_string())
    };
    assert_eq!(version("inventory.counts").await.unwrap(), "2.0.0");
    assert_eq!(version("inventory.counts@^1").await.unwrap(), "1.1.1");
    let missing = version("inventory.counts@^3")
        .await
        .unwrap_err()
        .to_string();
    assert!(missing.contains("published is 2.0.0, 1.1.1"), "{missing}");
    assert_eq!(world.mesh.products().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_contract_whose_life_is_over_publishes_nothing() {
    let world = world();
    let sunset = |day: &str| {
        contract("1.0.0")
            .with_status(Status::Deprecated)
            .with_sunset(day.parse().unwrap())
            .with_successor("inventory.counts@^2")
            .build()
            .unwrap()
    };
    let publish = async |contract: Contract| {
        let publisher = world.mesh.publisher_for(&contract).unwrap();
        publisher
            .publish([batch(&[Some("a")], &[1])], Publish::append())
            .await
    };
    publish(sunset("2026-03-01")).await.unwrap();
    let error = publish(sunset("2026-02-28")).await.unwrap_err().to_string();
    assert!(
        error.contains("its sunset was 2026-02-28; publish `inventory.counts@^2`"),
        "{error}"
    );
    let retired = contract("1.0.0")
        .with_status(Status::Retired)
        .build()
        .unwrap();
    assert!(matches!(
        publish(retired).await.unwrap_err(),
        Error::Lifecycle { .. }
    ));
}

/// Writes a file beside the mesh.
fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn files_of_every_format_are_published_alike() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let contract = contract("1.0.0")
        .with_column(Column::new("day", DataType::Date).with_nullable(true))
        .with_column(
            Column::new("kind", DataType::String)
                .with_allowed("in")
                .with_allowed("out"),
        )
        .with_column(
            Column::new(
                "price",
                DataType::Decimal {
                    precision: 9,
                    scale: 2,
                },
            )
            .with_nullable(true),
        )
        .build()
        .unwrap();
    let publisher = world.mesh.publisher_for(&contract).unwrap();
    let csv = file(
        folder.path(),
        "rows.csv",
        // Columns in another order, one that may be missing left out, a byte order mark.
        "\u{feff}kind,sku,n,price\nin,0170,1,9.50\nout,\"a,b\",,\n",
    );
    let json = file(
        folder.path(),
        "rows.jsonl",
        "{\"sku\":\"0170\",\"n\":1,\"kind\":\"in\",\"price\":9.50}\n{\"kind\":\"out\",\"sku\":\"a,b\"}\n",
    );
    let read = async || {
        let product = world.mesh.product("inventory.counts").await.unwrap();
        let batches: Vec<RecordBatch> = product
            .read()
            .batches()
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        batches
    };
    publisher
        .publish_file(&csv, Publish::replace())
        .await
        .unwrap();
    let from_csv = read().await;
    assert_eq!(
        from_csv[0]
            .column_by_name("sku")
            .unwrap()
            .as_string::<i32>()
            .value(0),
        "0170"
    );
    publisher
        .publish_file(&json, Publish::replace())
        .await
        .unwrap();
    assert_eq!(read().await, from_csv);

    let data = world.folder.path().join("inventory/counts/v1");
    let parquet = std::fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "parquet"))
        .unwrap();
    publisher
        .publish_file(&parquet, Publish::replace())
        .await
        .unwrap();
    assert_eq!(read().await, from_csv);
}

#[tokio::test]
async fn files_that_do_not_fit_say_where() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let publisher = world
        .mesh
        .publisher_for(&contract("1.0.0").build().unwrap())
        .unwrap();
    let cases = [
        ("a.csv", "sku,nn\na,1\n", "the contract has no column `nn`"),
        (
            "b.csv",
            "sku,n\na,many\n",
            "n: Cast error: Cannot cast string 'many'",
        ),
        ("b2.csv", "sku,n\na,1.7\n", "'1.7'"),
        ("e2.jsonl", "{\"sku\":\"a\",\"n\":1.7}\n", "'1.7'"),
        ("c.csv", "n\n1\n", "sku: the column is missing"),
        (
            "d.csv",
            "sku,n\n,1\n",
            "sku: 1 value is missing, first in row 0",
        ),
        ("e.jsonl", "{\"sku\":\"a\",\"m\":1}\n", "m"),
        ("f.jsonl", "{\"sku\":\n", "f.jsonl"),
        ("g.parquet", "not parquet", "g.parquet"),
        ("h.xlsx", "", "does not end in .csv"),
    ];
    for (name, text, expect) in cases {
        let path = file(folder.path(), name, text);
        let error = publisher
            .publish_file(&path, Publish::append())
            .await
            .unwrap_err();
        let mut message = error.to_string();
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
        while let Some(error) = cause {
            message.push_str(&format!(": {error}"));
            cause = error.source();
        }
        assert!(message.contains(expect), "{name}: {message}");
    }
    let absent = publisher
        .publish_file("nowhere.csv", Publish::append())
        .await
        .unwrap_err();
    assert!(absent.to_string().contains("nowhere.csv"), "{absent}");
    assert!(matches!(
        world.mesh.product("inventory.counts").await.unwrap_err(),
        Error::NotPublished { .. }
    ));
}

#[tokio::test]
async fn status_names_every_product_and_hides_no_failure() {
    let world = world();
    let publisher = world.mesh.publisher::<StockLevel>().unwrap();
    publisher
        .publish([level("a", "oslo", 1)], Publish::append())
        .await
        .unwrap();
    let counts = world
        .mesh
        .publisher_for(&contract("1.0.0").build().unwrap())
        .unwrap();
    counts
        .publish([batch(&[Some("a")], &[1])], Publish::append())
        .await
        .unwrap();
    // Its contract is lost: the product is unknown, and says so.
    std::fs::remove_dir_all(world.folder.path().join("inventory/counts/v1/_contract")).unwrap();

    let status = world.mesh.status().await.unwrap();
    let lines: Vec<_> = status
        .iter()
        .map(|s| format!("{} {}", s.product, s.state))
        .collect();
    assert_eq!(
        lines,
        [
            "inventory.counts unknown (it could not be read)",
            "inventory.stock-levels fresh",
        ]
    );
    assert!(status[0].problem.as_ref().unwrap().contains("is lost"));
    assert_eq!(status[1].owner(), Some("inventory-platform"));
    assert_eq!(status[1].version().unwrap().to_string(), "1.0.0");
}

#[tokio::test]
async fn a_mesh_file_says_where_domains_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(
        folder.path(),
        "mesh.toml",
        "root = \"data\"\n[domains]\nproduct = \"elsewhere\"\n",
    );
    let mesh = Mesh::open(&path).unwrap();
    let publisher = mesh.publisher::<StockLevel>().unwrap();
    publisher
        .publish([level("a", "oslo", 1)], Publish::append())
        .await
        .unwrap();
    assert!(
        folder
            .path()
            .join("data/inventory/stock-levels/v1/_delta_log")
            .is_dir()
    );
    assert_eq!(mesh.products().await.unwrap().len(), 1);

    for (text, expect) in [
        ("", "names no root"),
        ("root = 3", "invalid type"),
        ("rooot = \"x\"", "unknown field"),
        ("[domains]\n\"../x\" = \"y\"", "not a valid name"),
        ("root = \"ftp://x\"", "scheme"),
    ] {
        let error = Mesh::open(file(folder.path(), "bad.toml", text)).unwrap_err();
        assert!(error.to_string().contains(expect), "{text}: {error}");
    }
    assert!(matches!(
        Mesh::open(folder.path().join("none.toml")),
        Err(Error::Config { .. })
    ));

    let mesh = Mesh::builder()
        .with_domain("product", "memory://p")
        .build()
        .unwrap();
    let error = mesh.publisher::<StockLevel>().unwrap_err().to_string();
    assert!(
        error.contains("no domain `inventory` (it knows: product)"),
        "{error}"
    );
}

#[tokio::test]
async fn text_becomes_numbers_and_instants_exactly_or_not_at_all() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let price = DataType::Decimal {
        precision: 9,
        scale: 2,
    };
    let contract = Contract::builder("inventory.exact", "1.0.0")
        .with_owner("inventory-platform")
        .with_column(Column::new("price", price.clone()).with_nullable(true))
        .with_column(Column::new("at", DataType::Timestamp).with_nullable(true))
        .with_column(Column::new("local", DataType::TimestampNtz).with_nullable(true))
        .with_column(Column::new("prices", DataType::list(price, true)).with_nullable(true))
        .with_column(Column::new("bytes", DataType::Binary).with_nullable(true))
        .build()
        .unwrap();
    let publisher = world.mesh.publisher_for(&contract).unwrap();
    let publish = async |line: &str| {
        let path = file(folder.path(), "rows.jsonl", line);
        publisher.publish_file(&path, Publish::replace()).await
    };
    for good in [
        r#"{"price":12.34}"#,
        r#"{"price":"12.3400"}"#,
        r#"{"price":-7,"prices":[1.5,null]}"#,
        r#"{"at":"2026-03-01T12:00:00.123456000Z"}"#,
        r#"{"at":"2026-03-01T13:00:00.123456+01:00","local":"2026-03-01T12:00:00"}"#,
    ] {
        publish(good)
            .await
            .unwrap_or_else(|error| panic!("{good}: {error}"));
    }
    publish(r#"{"bytes":"AP8="}"#).await.unwrap();
    let product = world.mesh.product("inventory.exact").await.unwrap();
    let batches: Vec<RecordBatch> = product
        .read()
        .select(["bytes"])
        .batches()
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(batches[0].column(0).as_binary::<i32>().value(0), [0, 255]);
    for (bad, expect) in [
        (
            r#"{"price":12.349}"#,
            "price: `12.349` in row 0 of the batch has more digits",
        ),
        (r#"{"price":1e2}"#, "has an exponent"),
        (
            r#"{"prices":[1,2.001]}"#,
            "prices: element: `2.001` in row 1",
        ),
        (
            r#"{"at":"2026-03-01T12:00:00.1234567Z"}"#,
            "finer than a microsecond",
        ),
        (
            r#"{"local":"2026-03-01T12:00:00Z"}"#,
            "has a zone and the column has none",
        ),
        (r#"{"at":"yesterday"}"#, "at:"),
        (r#"{"bytes":"no base64!"}"#, "bytes are base64 text"),
    ] {
        let error = publish(bad).await.unwrap_err().to_string();
        assert!(error.contains(expect), "{bad}: {error}");
    }
}

#[tokio::test]
async fn a_contract_binds_once_rows_are_published_under_it() {
    let world = world();
    let publish = async |contract: Contract, sku: Option<&str>| {
        let publisher = world.mesh.publisher_for(&contract).unwrap();
        publisher
            .publish([batch(&[sku], &[1])], Publish::append())
            .await
    };
    // Refused rows leave nothing that a corrected contract of the same version would clash with.
    publish(contract("1.0.0").build().unwrap(), None)
        .await
        .unwrap_err();
    publish(
        contract("1.0.0")
            .with_purpose("Said better.")
            .build()
            .unwrap(),
        Some("a"),
    )
    .await
    .unwrap();
    publish(contract("1.0.0").build().unwrap(), Some("b"))
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_contract_that_was_altered_is_not_served() {
    let world = world();
    let publisher = world.mesh.publisher::<StockLevel>().unwrap();
    publisher
        .publish([level("a", "oslo", 1)], Publish::append())
        .await
        .unwrap();
    let path = world
        .folder
        .path()
        .join("inventory/stock-levels/v1/_contract/1.0.0.odcs.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("value: 15", "value: 95")).unwrap();
    let error = world
        .mesh
        .product("inventory.stock-levels")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::ContractDamaged { .. }), "{error}");
    // Going on under it needs no look at it; what is to follow it does.
    publisher
        .publish([level("b", "oslo", 1)], Publish::append())
        .await
        .unwrap();
    let mut newer = publisher.contract().document().clone();
    newer.version = "1.0.1".to_owned();
    let newer = dataproduct::Contract::from_document(newer).unwrap();
    let error = world
        .mesh
        .publisher_for(&newer)
        .unwrap()
        .heartbeat("2026-03-01T12:00:00Z".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::ContractDamaged { .. }), "{error}");
}

#[tokio::test]
async fn a_repeated_publish_is_told_as_it_was_published() {
    let world = world();
    let publisher = world.mesh.publisher::<StockLevel>().unwrap();
    let how = || Publish::append().with_publish_id("once");
    let first = publisher
        .publish([level("a", "oslo", 1)], how())
        .await
        .unwrap();
    world.clock.advance(Duration::from_secs(3_600));
    let second = publisher
        .publish([level("a", "oslo", 1)], how())
        .await
        .unwrap();
    assert_eq!(
        (second.as_of, second.committed_at),
        (first.as_of, first.committed_at)
    );
    assert_eq!((second.rows, second.files), (1, 1));
}
