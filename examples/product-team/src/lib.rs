//! The product team: what is for sale, as the data product `product.catalogue`.
//!
//! Three shops list their sofas in three ways, none of them clean. [`clean`] makes one table of
//! them, and accounts for every line: it is a row of the product, or it is in the list of rejected
//! lines with the reason. Rows that are published although something about them is unclear are
//! listed too.
//!
//! ```
//! let cleaning = product_team::clean()?;
//! assert_eq!(cleaning.lines, 461 + 184 + 167);
//! assert_eq!(cleaning.rows.len() + cleaning.rejected.len(), cleaning.lines);
//! # Ok::<(), product_team::SourceError>(())
//! ```

mod cleaning;
pub mod dirty;
mod shops;
mod sofa;

pub use cleaning::{Cleaning, Doubt, Doubted, Reason, Rejected, SourceError, clean};
use dataproduct::prelude::*;

pub use sofa::{Category, Colour, Currency, Extent, LengthUnit, Money, Shop, Sofa, collected_at};

/// Whatever keeps the team from publishing.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Publishes the catalogue, complete up to `now`.
///
/// # Errors
/// [`SourceError`] when a source cannot be read, and when the publish is refused.
pub async fn publish(mesh: &Mesh, now: DateTime<Utc>) -> Result<Receipt, Failure> {
    let rows = clean()?.rows;
    let publisher = mesh.publisher::<Sofa>()?;
    Ok(publisher
        .publish(&rows, Publish::replace().with_as_of(now))
        .await?)
}
