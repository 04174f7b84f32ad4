//! The logistics team: when what can be brought where, as two data products.
//!
//! - `logistics.delivery-slots`: windows of time in which a site can deliver to a zone ([`DeliverySlot`]).
//! - `logistics.postal-zones`: the zone of every Norwegian postal code ([`PostalZone`]).
//!
//! The zone is published as a product of its own and not as a rule ("the first two digits"), because
//! the rule has exceptions that only this team knows: Svalbard and Jan Mayen share their first digits
//! with the mainland and are not served like it, and codes of boxes have no door to deliver to. Who
//! joins on `zone` is right today and stays right when the team redraws its zones.
//!
//! From the mesh the team reads which sites there are ([`sites`]).
//!
//! ```
//! let zones = logistics_team::postal_zones()?;
//! let longyearbyen = zones.iter().find(|zone| zone.postal_code == "9170");
//! assert_eq!(longyearbyen.map(|zone| zone.zone.as_str()), Some("NO-917"));
//! # Ok::<(), logistics_team::Failure>(())
//! ```

mod calendar;
mod plan;
mod postal;
mod random;
mod slot;

pub use plan::delivery_slots;
pub use postal::{CodeKind, PostalZone, Zone, postal_zones};
pub use slot::{Currency, DeliverySlot, Money, Service};

use dataproduct::prelude::*;

/// Whatever keeps the team from publishing.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the team needs of a position of `inventory.stock-levels`: where goods leave from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Record)]
pub struct Site {
    /// The Global Location Number of the site.
    pub location: String,
    /// Whether lorries leave from it or customers come to it.
    pub site_kind: SiteKind,
    /// Its postal code.
    pub postal_code: String,
}

/// A kind of site, as this team reads it. A kind that the owner adds later is read as `Other` and left
/// alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ColumnType)]
pub enum SiteKind {
    /// Lorries leave from here.
    Warehouse,
    /// Customers come here.
    Store,
    /// Something else.
    #[column(other)]
    Other,
}

/// The sites of all published stock, each once, in order.
///
/// # Errors
/// When `inventory.stock-levels` is not published in version 1 or cannot be read.
pub async fn sites(mesh: &Mesh) -> Result<Vec<Site>, Failure> {
    let stock = mesh.product("inventory.stock-levels@^1").await?;
    let mut sites = stock.read().rows::<Site>().await?;
    sites.sort();
    sites.dedup();
    Ok(sites)
}

/// Publishes the zones of all postal codes and the slots of the coming fourteen days, both complete
/// up to `now`.
///
/// # Errors
/// As [`sites`], [`postal_zones`] and [`delivery_slots`], and when a publish is refused.
pub async fn publish(mesh: &Mesh, now: DateTime<Utc>) -> Result<Vec<Receipt>, Failure> {
    let zones = postal_zones()?;
    let slots = delivery_slots(&sites(mesh).await?, &zones, now)?;
    let how = || Publish::replace().with_as_of(now);
    Ok(vec![
        mesh.publisher::<PostalZone>()?
            .publish(&zones, how())
            .await?,
        mesh.publisher::<DeliverySlot>()?
            .publish(&slots, how())
            .await?,
    ])
}
