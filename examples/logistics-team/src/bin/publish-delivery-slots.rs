//! Publishes `logistics.postal-zones` and `logistics.delivery-slots`.

use std::path::Path;

use dataproduct::prelude::*;
use logistics_team::{Failure, publish};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let Some(place) = std::env::args().nth(1) else {
        return Err(
            "say where to publish: a `mesh.toml`, or a folder or URL for all domains".into(),
        );
    };
    let mesh = if Path::new(&place)
        .extension()
        .is_some_and(|ending| ending == "toml")
    {
        Mesh::open(&place)?
    } else {
        Mesh::builder().with_root(&place).build()?
    };
    for receipt in publish(&mesh, Utc::now()).await? {
        println!(
            "{} {}: {} rows in version {} of the table, complete up to {}",
            receipt.product,
            receipt.contract_version,
            receipt.rows,
            receipt.table_version,
            receipt.as_of.format("%F %T UTC"),
        );
    }
    Ok(())
}
