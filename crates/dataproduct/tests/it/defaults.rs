//! What a consumer reads of rows from before a column that has a default, from publish to row.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use dataproduct::contract::ContractBuilder;
use dataproduct::prelude::*;
use dataproduct::{Column, DataType, Durability};
use dataproduct_table::Predicate;
use futures::TryStreamExt as _;

#[derive(Debug, PartialEq, DataProduct)]
#[product(name = "inventory.shelves", version = "1.0.0", owner = "inventory")]
struct Before {
    #[column(key)]
    sku: String,
}

#[derive(Debug, PartialEq, DataProduct)]
#[product(name = "inventory.shelves", version = "1.1.0", owner = "inventory")]
struct Shelf {
    #[column(key)]
    sku: String,
    #[column(default = 4)]
    boards: i64,
    #[column(default = "oak")]
    wood: Option<String>,
}

fn shelf(sku: &str, boards: i64, wood: Option<&str>) -> Shelf {
    Shelf {
        sku: sku.to_owned(),
        boards,
        wood: wood.map(str::to_owned),
    }
}

fn mesh(folder: &tempfile::TempDir) -> Mesh {
    Mesh::builder()
        .with_root(folder.path().to_string_lossy())
        .with_durability(Durability::None)
        .build()
        .unwrap()
}

async fn shelves(product: &dataproduct::Product, filter: Option<Predicate>) -> Vec<Shelf> {
    let mut read = product.read();
    if let Some(filter) = filter {
        read = read.filter(filter);
    }
    let mut rows: Vec<Shelf> = read.rows().await.unwrap();
    rows.sort_by(|a, b| a.sku.cmp(&b.sku));
    rows
}

#[tokio::test]
async fn a_required_column_is_added_to_a_product_that_has_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let old = [Before {
        sku: "s1".to_owned(),
    }];
    let publisher = mesh.publisher::<Before>().unwrap();
    publisher.publish(&old, Publish::append()).await.unwrap();
    // A consumer may be ahead of the publisher.
    let expect = [shelf("s1", 4, Some("oak"))];
    let product = mesh.product("inventory.shelves@^1").await.unwrap();
    assert_eq!(shelves(&product, None).await, expect);

    let new = [shelf("s2", 6, None), shelf("s3", 4, Some("ash"))];
    let publisher = mesh.publisher::<Shelf>().unwrap();
    let receipt = publisher.publish(&new, Publish::append()).await.unwrap();
    assert_eq!(receipt.table_version, 2, "in the commit of the rows");
    let product = mesh.product("inventory.shelves@^1").await.unwrap();
    let all = shelves(&product, None).await;
    let [first] = expect;
    let [second, third] = new;
    assert_eq!(all, [first, second, third]);
    let skus = async |filter: Predicate| {
        let rows = shelves(&product, Some(filter)).await;
        rows.into_iter().map(|row| row.sku).collect::<Vec<_>>()
    };
    assert_eq!(skus(Predicate::eq("boards", 4)).await, ["s1", "s3"]);
    assert_eq!(skus(Predicate::eq("wood", "oak")).await, ["s1"]);
    assert_eq!(skus(Predicate::is_null("wood")).await, ["s2"]);
    let boards = product.read().select(["boards"]).batches().await.unwrap();
    let boards: Vec<RecordBatch> = boards.try_collect().await.unwrap();
    let boards = boards.iter().flat_map(|batch| {
        batch
            .column(0)
            .as_primitive::<Int64Type>()
            .values()
            .to_vec()
    });
    assert_eq!(boards.sum::<i64>(), 14);
    // Readers of the version before see nothing of it.
    let before: Vec<Before> = product.read().rows().await.unwrap();
    assert_eq!(before.len(), 3);
}

fn contract(version: &str, pieces: Option<Column>) -> ContractBuilder {
    Contract::builder("inventory.counts", version)
        .with_owner("inventory")
        .with_column(Column::new("sku", DataType::String).with_key(1))
        .with_columns(pieces)
}

async fn publish(mesh: &Mesh, contract: ContractBuilder, rows: RecordBatch) -> Result<(), Error> {
    let publisher = mesh.publisher_for(&contract.build().unwrap())?;
    publisher.publish([rows], Publish::append()).await.map(drop)
}

fn rows(sku: &str, pieces: Option<Option<i64>>) -> RecordBatch {
    let sku: ArrayRef = Arc::new(StringArray::from(vec![sku]));
    let pieces = pieces.map(|pieces| {
        let pieces: ArrayRef = Arc::new(Int64Array::from(vec![pieces]));
        ("pieces", pieces, true)
    });
    let columns = std::iter::once(("sku", sku, true)).chain(pieces);
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

#[tokio::test]
async fn a_default_is_for_rows_from_before_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = mesh(&folder);
    let pieces = |default: i64| Some(Column::new("pieces", DataType::Int64).with_default(default));
    publish(&mesh, contract("1.0.0", None), rows("a", None))
        .await
        .unwrap();
    // It stands for nothing that a publisher leaves out.
    for missing in [None, Some(None)] {
        let outcome = publish(&mesh, contract("1.1.0", pieces(0)), rows("b", missing)).await;
        assert!(matches!(outcome, Err(Error::Refused { .. })), "{outcome:?}");
    }
    publish(
        &mesh,
        contract("1.1.0", pieces(0)),
        rows("b", Some(Some(2))),
    )
    .await
    .unwrap();
    // Another one would change what is stored, and so would none.
    let none = Some(Column::new("pieces", DataType::Int64));
    for (column, rule) in [(pieces(1), "default-changed"), (none, "default-removed")] {
        let outcome = publish(&mesh, contract("1.2.0", column), rows("c", Some(Some(3)))).await;
        let error = outcome.unwrap_err();
        let Error::Evolution {
            comparison: Some(comparison),
            ..
        } = &error
        else {
            panic!("{error}")
        };
        let rules = comparison.findings().iter().map(|f| f.rule.id.as_str());
        assert!(rules.into_iter().any(|found| found == rule), "{error}");
        assert_eq!(comparison.honest_version().to_string(), "2.0.0");
    }
    // Keys of rows from before are kept, and their defaults written out, when the rows are published anew.
    let publisher = mesh.publisher_for(&contract("1.1.0", pieces(0)).build().unwrap());
    let replaced = [rows("a", Some(Some(9)))];
    publisher
        .unwrap()
        .publish(replaced, Publish::replace())
        .await
        .unwrap();
    let product = mesh.product("inventory.counts@^1").await.unwrap();
    let read = product.read().batches().await.unwrap();
    let read: Vec<RecordBatch> = read.try_collect().await.unwrap();
    assert_eq!(read[0].column(1).as_primitive::<Int64Type>().values(), &[9]);
}
