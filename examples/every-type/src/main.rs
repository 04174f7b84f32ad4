//! `every-type publish ROOT` publishes the product; `every-type dump ROOT FOLDER` writes the rows of every
//! product under ROOT, as this SDK reads them, into `FOLDER/<domain>.<product>.v<major>.parquet`.

use std::fs::File;
use std::path::Path;

use dataproduct::prelude::*;
use every_type::{EveryType, rows};
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["publish", root] => publish(&Mesh::builder().with_root(root).build()?).await?,
        ["dump", root, folder] => dump(root, Path::new(folder)).await?,
        _ => return Err("usage: every-type publish ROOT | dump ROOT FOLDER".into()),
    }
    Ok(())
}

/// Several files, a replaced partition and a heartbeat: everything that a log can hold.
async fn publish(mesh: &Mesh) -> Result<(), Error> {
    let publisher = mesh.publisher::<EveryType>()?;
    publisher.publish(rows(0, 60), Publish::replace()).await?;
    publisher.publish(rows(60, 40), Publish::append()).await?;
    let again: Vec<_> = rows(100, 30)
        .into_iter()
        .filter(|row| row.part == "æøå")
        .collect();
    publisher
        .publish(
            again,
            Publish::append().replace_partition([("part", "æøå")]),
        )
        .await?;
    publisher.heartbeat(Utc::now()).await?;
    Ok(())
}

async fn dump(root: &str, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    let mesh = Mesh::builder().with_root(root).build()?;
    for name in mesh.products().await? {
        let product = mesh.product(&name.to_string()).await?;
        let major = product.contract().version().major();
        let file = File::create(folder.join(format!("{name}.v{major}.parquet")))?;
        let mut writer = ArrowWriter::try_new(file, product.contract().arrow_schema(), None)?;
        let mut batches = Box::pin(product.read().batches().await?);
        while let Some(batch) = batches.try_next().await? {
            writer.write(&batch)?;
        }
        writer.close()?;
    }
    Ok(())
}
