//! The rows of `inventory.stock-levels`.

use dataproduct::prelude::*;

use crate::Gln;

/// How much of each article is in stock at each site, what is promised away, and what is on its way.
///
/// One row is one article at one site that keeps it. An article without a row at a site is not kept
/// there.
#[derive(Clone, Debug, PartialEq, Eq, DataProduct)]
#[product(
    name = "inventory.stock-levels",
    version = "1.0.0",
    status = active,
    owner = "inventory-team",
    steward = "data-governance",
    member("owner@inventory.example", role = "owner"),
    member("engineering@inventory.example", role = "data engineer"),
    purpose = "Promise only what can be handed over: sales, advice and delivery look here first.",
    usage = "Available to promise is `atp` = `on_hand` - `reserved` - `safety_stock`; promise nothing at 0 or below before `restock_at`. Where safety stock may be sold, add it back.",
    limitations = "Generated for an example. The spread over sites follows AdventureWorks (MIT), the outflow the daily units of Online Retail (CC0), each scaled down to furniture; opening stock, lead times and the match of articles to both come from a fixed generator. Sites are invented; their GLNs are of the GS1 prefix for demonstrations.",
    fresh_within = "15 minutes",
    published_every = "5 minutes",
    kept_for = "90 days",
    available = "99.9 %",
    support(slack = "#inventory", url = "https://inventory.example/support"),
    support(email = "stock@inventory.example"),
    consumer("logistics-team", purpose = "know the sites that ship and hand over", versions = "^1"),
    consumer("quickstart", purpose = "answer what is in stock", versions = "^1"),
    role("reader", access = "read"),
    tag("stock", "furniture", "norway"),
    rule(row_count > 1000, severity = error)
)]
pub struct StockLevel {
    /// The site.
    #[column(key = 1)]
    pub location: Gln,
    /// The article.
    #[column(key = 2, semantic = "https://schema.org/sku", references = "product.catalogue#sku", length = 1..=32, example = "s69305697")]
    pub sku: String,
    /// The retailer's own short name of the site.
    #[column(
        semantic = "https://schema.org/branchCode",
        pattern = "[WS]-[A-Z]{3}",
        example = "S-OSL"
    )]
    pub store_code: String,
    /// What the site is called.
    #[column(semantic = "https://schema.org/name", example = "Butikk Alnabru")]
    pub site_name: String,
    /// Whether customers come to the site or lorries leave from it.
    #[column(example = "warehouse")]
    pub site_kind: SiteKind,
    /// The Norwegian postal code of the site, with its leading zeros.
    #[column(
        semantic = "https://schema.org/postalCode",
        pattern = "[0-9]{4}",
        example = "0667"
    )]
    pub postal_code: String,
    /// Pieces on the floor, reserved ones included.
    #[column(unit = "H87", range = 0..)]
    pub on_hand: i32,
    /// Pieces sold and not handed over yet.
    #[column(unit = "H87", range = 0..)]
    pub reserved: i32,
    /// Pieces kept back for what goes wrong.
    #[column(unit = "H87", range = 0..)]
    pub safety_stock: i32,
    /// Pieces available to promise: `on_hand` - `reserved` - `safety_stock`. Below zero when the safety
    /// stock is being used up.
    #[column(unit = "H87", business_name = "Available to promise")]
    pub atp: i32,
    /// What a customer may be told.
    #[column(semantic = "https://schema.org/availability")]
    pub availability: Availability,
    /// Deliveries to the site that are on their way, the earliest first, at most one a day.
    pub inbound: Vec<Inbound>,
    /// When something can be promised again: the working day on which the first delivery comes in has
    /// ended. Missing when there is something to promise now, or nothing on its way.
    #[column(semantic = "https://schema.org/availabilityStarts")]
    pub restock_at: Option<DateTime<Utc>>,
    /// When the stock last moved: a sale, a handover or a delivery.
    #[column(event_time)]
    pub updated_at: DateTime<Utc>,
}

/// A delivery on its way to a site.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
pub struct Inbound {
    /// The day on which it is expected, in Norway.
    #[column(semantic = "https://schema.org/expectedArrivalFrom")]
    pub date: NaiveDate,
    /// How many pieces.
    #[column(unit = "H87", range = 1..)]
    pub quantity: i32,
}

/// A kind of site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
pub enum SiteKind {
    /// Delivers to homes; no customers.
    Warehouse,
    /// Customers pick up here.
    Store,
}

/// What a customer may be told, by the terms of schema.org's `ItemAvailability`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
pub enum Availability {
    /// `https://schema.org/InStock`: more than two to promise.
    InStock,
    /// `https://schema.org/LimitedAvailability`: one or two to promise.
    LowStock,
    /// `https://schema.org/BackOrder`: none to promise, but some on their way.
    Backorder,
    /// `https://schema.org/OutOfStock`: none to promise and none on their way.
    OutOfStock,
    /// `https://schema.org/PreOrder`: not sold yet. No site uses it so far.
    Preorder,
    /// `https://schema.org/Discontinued`: no longer made. No site uses it so far.
    Discontinued,
}

impl Availability {
    /// The most that counts as low.
    pub const LOW: i32 = 2;

    /// What follows from what can be promised and whether something is on its way.
    #[must_use]
    pub fn of(atp: i32, on_its_way: bool) -> Self {
        match atp {
            ..=0 if on_its_way => Self::Backorder,
            ..=0 => Self::OutOfStock,
            1..=Self::LOW => Self::LowStock,
            _ => Self::InStock,
        }
    }

    /// The term of schema.org.
    #[must_use]
    pub fn schema_org(self) -> &'static str {
        match self {
            Self::InStock => "https://schema.org/InStock",
            Self::LowStock => "https://schema.org/LimitedAvailability",
            Self::Backorder => "https://schema.org/BackOrder",
            Self::OutOfStock => "https://schema.org/OutOfStock",
            Self::Preorder => "https://schema.org/PreOrder",
            Self::Discontinued => "https://schema.org/Discontinued",
        }
    }
}
