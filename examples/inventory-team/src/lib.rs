//! The inventory team: what is in stock where, as the data product `inventory.stock-levels`.
//!
//! The team is a consumer too. It reads from the mesh which articles there are
//! ([`articles`]: one column of `product.catalogue`, in a type of its own) and publishes a position
//! for each article at each site that keeps it ([`stock_levels`]).
//!
//! ```
//! let now = "2026-11-22T09:00:00Z".parse()?;
//! let rows = inventory_team::stock_levels(&["s69305697"], now)?;
//! assert!(rows.iter().all(|row| row.atp == row.on_hand - row.reserved - row.safety_stock));
//! # Ok::<(), inventory_team::Failure>(())
//! ```

mod gln;
mod history;
mod position;
mod random;
mod row;
mod shape;

pub use gln::Gln;
pub use row::{Availability, Inbound, SiteKind, StockLevel};

use chrono::{DateTime, Utc};
use dataproduct::prelude::*;

/// Whatever keeps the team from publishing.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the team needs of an article of `product.catalogue`: a reader names the columns that it
/// reads, and a new column of the owner never disturbs it.
#[derive(Clone, Debug, PartialEq, Eq, Record, Consumes)]
#[consumes(
    product = "product.catalogue@^1",
    consumer = "inventory-team",
    owner = "inventory-team",
    purpose = "know which articles there are"
)]
struct Article {
    /// The article number.
    sku: String,
}

dataproduct::assert_consumed!(Article);

/// The numbers of all articles of the published catalogue, in order.
///
/// # Errors
/// When `product.catalogue` is not published in version 1 or cannot be read.
pub async fn articles(mesh: &Mesh) -> Result<Vec<String>, Failure> {
    let catalogue = mesh.product("product.catalogue@^1").await?;
    let mut numbers: Vec<String> = catalogue
        .read()
        .rows::<Article>()
        .await?
        .into_iter()
        .map(|article| article.sku)
        .collect();
    numbers.sort();
    Ok(numbers)
}

/// The stock of articles at the end of yesterday, as seen at `now`, sorted by site and article.
///
/// The same articles at the same time give the same rows, and an article's stock does not depend on
/// which other articles there are.
///
/// # Errors
/// When the files beside the code are not what they should be.
pub fn stock_levels<A: AsRef<str>>(
    articles: &[A],
    now: DateTime<Utc>,
) -> Result<Vec<StockLevel>, Failure> {
    let shape = shape::Shape::read()?;
    let mut rows = Vec::new();
    for article in articles {
        rows.extend(history::of_article(article.as_ref(), &shape, now));
    }
    rows.sort_by(|a, b| (&a.location, &a.sku).cmp(&(&b.location, &b.sku)));
    Ok(rows)
}

/// Publishes the stock of every article of the catalogue, complete up to `now`.
///
/// # Errors
/// As [`articles`] and [`stock_levels`], and when the publish is refused.
pub async fn publish(mesh: &Mesh, now: DateTime<Utc>) -> Result<Receipt, Failure> {
    let rows = stock_levels(&articles(mesh).await?, now)?;
    let publisher = mesh.publisher::<StockLevel>()?;
    Ok(publisher
        .publish(&rows, Publish::replace().with_as_of(now))
        .await?)
}
