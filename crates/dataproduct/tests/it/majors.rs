//! Two major versions side by side, and the end of the older one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dataproduct::contract::{Column, Contract, ContractBuilder, DataType, Status};
use dataproduct::prelude::*;
use dataproduct::{Clock, ManualClock};

/// Stock, as it was offered first.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.4.0",
    status = deprecated,
    sunset = "2026-03-31",
    successor = "inventory.stock@^2",
    owner = "inventory"
)]
struct StockV1 {
    /// The article.
    #[column(key)]
    sku: String,
    /// Pieces.
    on_hand: i32,
}

/// Stock, as it is offered now.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(name = "inventory.stock", version = "2.0.0", status = active, owner = "inventory")]
struct Stock {
    /// The article.
    #[column(key)]
    gtin: String,
    /// Pieces.
    on_hand: i64,
}

impl From<&Stock> for StockV1 {
    fn from(row: &Stock) -> Self {
        Self {
            sku: row.gtin.clone(),
            on_hand: i32::try_from(row.on_hand).unwrap_or(i32::MAX),
        }
    }
}

fn rows() -> Vec<Stock> {
    let row = |gtin: &str, on_hand| Stock {
        gtin: gtin.to_owned(),
        on_hand,
    };
    vec![row("a", 1), row("b", 1 << 40)]
}

fn world(root: &Path, now: &str) -> (Mesh, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(now.parse().unwrap()));
    let mesh = Mesh::builder()
        .with_root(root.to_string_lossy())
        .with_clock(clock.clone())
        .build()
        .unwrap();
    (mesh, clock)
}

#[tokio::test]
async fn both_majors_are_published_under_one_id() {
    let folder = tempfile::tempdir().unwrap();
    let (mesh, _) = world(folder.path(), "2026-03-01T12:00:00Z");
    let both = mesh
        .publish_both(rows(), |row| StockV1::from(row), Publish::append())
        .await
        .unwrap();
    assert_eq!(both.old.publish_id, both.new.publish_id);
    assert_eq!((both.old.rows, both.new.rows), (2, 2));
    assert_eq!(both.old.as_of, both.new.as_of);
    let new = mesh.product("inventory.stock").await.unwrap();
    assert_eq!(new.read().rows::<Stock>().await.unwrap(), rows());
    let old = mesh.product("inventory.stock@^1").await.unwrap();
    let expect: Vec<StockV1> = rows().iter().map(StockV1::from).collect();
    assert_eq!(old.read().rows::<StockV1>().await.unwrap(), expect);

    // The same id again is the same two commits.
    let how = Publish::append().with_publish_id(&both.new.publish_id);
    let again = mesh
        .publish_both(rows(), |row| StockV1::from(row), how)
        .await
        .unwrap();
    assert!(again.old.already_published && again.new.already_published);
    assert_eq!(again.new.table_version, both.new.table_version);

    // The wrong way round, nothing is published.
    let error = mesh
        .publish_both(
            [StockV1::from(&rows()[0])],
            |_| rows().remove(0),
            Publish::append(),
        )
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Input { .. }), "{error}");
}

/// Adds a column to a table, if it is not there yet.
async fn add_column(location: &str) {
    use arrow_schema::{DataType, Field, Schema};
    use dataproduct_table::{Location, Table, TableSpec};
    let table = Table::open(&Location::parse(location).unwrap())
        .await
        .unwrap();
    let snapshot = table.snapshot().await.unwrap();
    let mut fields: Vec<Field> = ["gtin", "on_hand"]
        .iter()
        .map(|name| snapshot.schema().field_with_name(name).unwrap().clone())
        .collect();
    fields.push(Field::new("note", DataType::Utf8, true));
    let spec = TableSpec::new(Arc::new(Schema::new(fields)));
    table.evolve(&spec).await.unwrap();
}

#[tokio::test]
async fn a_half_published_pair_is_settled_by_the_same_call() {
    let folder = tempfile::tempdir().unwrap();
    let (mesh, _) = world(folder.path(), "2026-03-01T12:00:00Z");
    let first = mesh
        .publish_both(rows(), |row| StockV1::from(row), Publish::append())
        .await
        .unwrap();
    assert!(!first.new.already_published);
    let how = || Publish::replace().with_publish_id("monday");
    // While the rows are written, the newer table gets another column from elsewhere.
    let location = folder.path().join("inventory/stock/v2");
    let disturbed = |row: &Stock| {
        let location = location.to_string_lossy().into_owned();
        let disturb = move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(add_column(&location));
        };
        std::thread::spawn(disturb).join().unwrap();
        StockV1::from(row)
    };
    let attempt = mesh.publish_both(rows(), disturbed, how()).await;
    let error = attempt.unwrap_err();
    let Error::HalfPublished { published, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(published.publish_id, "monday");
    assert!(error.to_string().contains("`monday`"), "{error}");

    let settled = mesh
        .publish_both(rows(), |row| StockV1::from(row), how())
        .await
        .unwrap();
    assert!(settled.old.already_published && !settled.new.already_published);
    for reference in ["inventory.stock@^1", "inventory.stock@^2"] {
        let product = mesh.product(reference).await.unwrap();
        let commits = product.history(10).await.unwrap();
        let monday = commits.iter().filter_map(|commit| commit.facts.as_ref());
        let monday = monday.filter(|facts| facts.publish_id == "monday");
        assert_eq!(monday.count(), 1, "{reference}");
    }
}

#[tokio::test]
async fn a_half_published_pair_is_settled_however_the_older_side_went_on() {
    for late in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let (mesh, clock) = world(folder.path(), "2026-03-01T12:00:00Z");
        // The older side of the pair is there, as after a process that stopped in between.
        let old_rows: Vec<StockV1> = rows().iter().map(StockV1::from).collect();
        let how = || Publish::append().with_publish_id("monday");
        let publisher = mesh.publisher::<StockV1>().unwrap();
        let first = publisher.publish(&old_rows, how()).await.unwrap();
        if late {
            clock.set("2026-04-02T00:00:00Z".parse().unwrap());
        } else {
            let newer = Contract::builder("inventory.stock", "1.4.1")
                .with_status(Status::Deprecated)
                .with_sunset("2026-03-31".parse().unwrap())
                .with_successor("inventory.stock@^2")
                .with_owner("inventory")
                .with_columns(publisher.contract().columns().iter().cloned())
                .with_purpose("Counting.")
                .build()
                .unwrap();
            let newer = mesh.publisher_for(&newer).unwrap();
            newer.heartbeat(clock.now()).await.unwrap();
        }
        let settled = mesh
            .publish_both(rows(), |row| StockV1::from(row), how())
            .await
            .unwrap();
        assert!(settled.old.already_published && !settled.new.already_published);
        assert_eq!(settled.old.table_version, first.table_version);
        let new = mesh.product("inventory.stock@^2").await.unwrap();
        assert_eq!(new.read().rows::<Stock>().await.unwrap(), rows());
    }
}

#[tokio::test]
async fn after_the_sunset_readers_are_sent_to_the_successor() {
    let folder = tempfile::tempdir().unwrap();
    let (mesh, clock) = world(folder.path(), "2026-03-01T12:00:00Z");
    let publish = async || {
        mesh.publish_both(rows(), |row| StockV1::from(row), Publish::append())
            .await
    };
    publish().await.unwrap();
    // The last day is one of its life.
    clock.set("2026-03-31T23:59:59Z".parse().unwrap());
    mesh.product("inventory.stock@^1").await.unwrap();
    clock.advance(Duration::from_secs(1));
    let error = mesh.product("inventory.stock@^1").await.unwrap_err();
    let Error::Retired {
        successor, reason, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(
        successor.as_ref().unwrap().to_string(),
        "inventory.stock@^2"
    );
    assert!(reason.contains("2026-03-31"), "{reason}");
    assert!(
        error.to_string().ends_with("read `inventory.stock@^2`"),
        "{error}"
    );
    let error = publish().await.unwrap_err();
    assert!(matches!(error, Error::Lifecycle { .. }), "{error}");
    // The newer one goes on, and the older one may still be looked into.
    mesh.product("inventory.stock").await.unwrap();
    let old = mesh.archived("inventory.stock@^1").await.unwrap();
    assert_eq!(old.read().rows::<StockV1>().await.unwrap().len(), 2);
}

fn counts(version: &str, status: Status) -> ContractBuilder {
    Contract::builder("inventory.counts", version)
        .with_status(status)
        .with_owner("inventory")
        .with_column(Column::new("sku", DataType::String).with_key(1))
}

#[tokio::test]
async fn a_major_is_retired_only_after_its_sunset() {
    let folder = tempfile::tempdir().unwrap();
    let (mesh, clock) = world(folder.path(), "2026-03-01T12:00:00Z");
    let ending = |builder: ContractBuilder| {
        let day = "2026-03-31".parse().unwrap();
        builder
            .with_sunset(day)
            .with_successor("inventory.counts@^2")
            .build()
            .unwrap()
    };
    let active = counts("1.0.0", Status::Active).build().unwrap();
    let deprecated = ending(counts("1.1.0", Status::Deprecated));
    let retired = ending(counts("1.2.0", Status::Retired));
    let publisher = |contract: &Contract| mesh.publisher_for(contract).unwrap();
    let retire = async || publisher(&retired).retire().await;

    publisher(&active).heartbeat(clock.now()).await.unwrap();
    let error = retire().await.unwrap_err().to_string();
    assert!(error.contains("without a sunset"), "{error}");
    publisher(&deprecated).heartbeat(clock.now()).await.unwrap();
    let error = retire().await.unwrap_err().to_string();
    assert!(
        error.contains("may be read until its sunset on 2026-03-31"),
        "{error}"
    );
    let error = publisher(&deprecated)
        .retire()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("its status is deprecated"), "{error}");
    mesh.product("inventory.counts").await.unwrap();

    clock.set("2026-04-01T00:00:00Z".parse().unwrap());
    let receipt = retire().await.unwrap();
    assert_eq!(receipt.rows, 0);
    assert_eq!(
        receipt.as_of,
        "2026-03-01T12:00:00Z".parse::<DateTime<Utc>>().unwrap(),
        "retiring vouches for nothing"
    );
    let error = mesh.product("inventory.counts").await.unwrap_err();
    assert!(matches!(error, Error::Retired { .. }), "{error}");
    assert!(
        error.to_string().contains("its status is retired"),
        "{error}"
    );
}

/// How a thing stands, as known first.
#[derive(Clone, Copy, Debug, PartialEq, ColumnType)]
enum Standing {
    /// Ready.
    Open,
    /// Anything that came later.
    #[column(other)]
    Unknown,
}

#[tokio::test]
async fn labels_that_came_later_are_read_into_the_catch_all() {
    #[derive(Clone, Debug, PartialEq, Record)]
    struct Old {
        standing: Standing,
        #[column(name = "note")]
        note: Option<String>,
    }
    let folder = tempfile::tempdir().unwrap();
    let (mesh, _) = world(folder.path(), "2026-03-01T12:00:00Z");
    let labels = ["open", "on_hold", "closed"].into_iter();
    let standing = Column::new("standing", DataType::String).with_open_enum();
    let standing = labels.fold(standing, |column, label| column.with_allowed(label));
    let contract = Contract::builder("inventory.things", "1.1.0")
        .with_owner("inventory")
        .with_column(standing)
        .build()
        .unwrap();
    let texts: arrow_array::ArrayRef = Arc::new(arrow_array::StringArray::from(vec![
        "open", "closed", "on_hold",
    ]));
    let batch = arrow_array::RecordBatch::try_from_iter([("standing", texts)]).unwrap();
    let publisher = mesh.publisher_for(&contract).unwrap();
    publisher.publish([batch], Publish::append()).await.unwrap();
    let product = mesh.product("inventory.things").await.unwrap();
    let read = product.read().rows::<Old>().await.unwrap();
    let found: Vec<Standing> = read.iter().map(|row| row.standing).collect();
    assert_eq!(
        found,
        [Standing::Open, Standing::Unknown, Standing::Unknown]
    );
    assert!(
        read.iter().all(|row| row.note.is_none()),
        "it came later still"
    );
}
