//! Publishes `product.catalogue` and accounts for every line of the sources.

use std::collections::BTreeMap;
use std::path::Path;

use dataproduct::prelude::*;
use product_team::{Cleaning, Failure, clean, publish};

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
    report(&clean()?);
    let receipt = publish(&mesh, Utc::now()).await?;
    println!(
        "{} {}: {} rows in version {} of the table, complete up to {}",
        receipt.product,
        receipt.contract_version,
        receipt.rows,
        receipt.table_version,
        receipt.as_of.format("%F %T UTC"),
    );
    Ok(())
}

/// Prints what became of the lines that are no rows, and what is unclear about rows.
fn report(cleaning: &Cleaning) {
    println!(
        "{} lines: {} rows, {} rejected",
        cleaning.lines,
        cleaning.rows.len(),
        cleaning.rejected.len()
    );
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for rejected in &cleaning.rejected {
        let line = format!(
            "{} line {}: {}",
            rejected.shop, rejected.line, rejected.name
        );
        reasons
            .entry(rejected.reason.to_string())
            .or_default()
            .push(line);
    }
    println!("\nRejected:");
    for (reason, lines) in &reasons {
        println!("  {reason} ({})", lines.len());
        lines.iter().for_each(|line| println!("    {line}"));
    }
    println!("\nPublished, but unclear:");
    for doubted in &cleaning.doubted {
        println!(
            "  {} line {}, article {}: {}",
            doubted.shop, doubted.line, doubted.sku, doubted.doubt
        );
    }
    println!();
}
