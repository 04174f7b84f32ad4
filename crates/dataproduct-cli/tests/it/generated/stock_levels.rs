//! `inventory.stock-levels`, written from version 1.0.0 of its contract.

use dataproduct::prelude::*;

/// How much of each article is in stock at each site, what is promised away, and what is on its way.
///
/// One row is one article at one site that keeps it. An article without a row at a site is not kept there.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "inventory.stock-levels",
    version = "1.0.0",
    status = active,
    owner = "inventory-team",
    steward = "data-governance",
    purpose = "Promise only what can be handed over: sales, advice and delivery look here first.",
    usage = "Available to promise is `atp` = `on_hand` - `reserved` - `safety_stock`; promise nothing at 0 or below before `restock_at`. Where safety stock may be sold, add it back.",
    limitations = "Generated for an example. The spread over sites follows AdventureWorks (MIT), the outflow the daily units of Online Retail (CC0), each scaled down to furniture; opening stock, lead times and the match of articles to both come from a fixed generator. Sites are invented; their GLNs are of the GS1 prefix for demonstrations.",
    member("owner@inventory.example", role = "owner"),
    member("engineering@inventory.example", role = "data engineer"),
    consumer("logistics-team", purpose = "know the sites that ship and hand over", versions = "^1"),
    consumer("quickstart", purpose = "answer what is in stock", versions = "^1"),
    support(slack = "#inventory", url = "https://inventory.example/support"),
    support(email = "stock@inventory.example"),
    role("reader", access = "read"),
    fresh_within = "15 min",
    published_every = "5 min",
    kept_for = "90 d",
    available = "99.9 %",
    tag("stock", "furniture", "norway"),
    rule(row_count > 1000)
)]
pub struct StockLevels {
    /// The site.
    #[column(key = 1, semantic = "https://gs1.org/voc/globalLocationNumber", pattern = "[0-9]{13}", example = "9521234000013")]
    pub location: String,
    /// The article.
    #[column(key = 2, semantic = "https://schema.org/sku", references = "product.catalogue#sku", length = 1..=32, example = "s69305697")]
    pub sku: String,
    /// The retailer's own short name of the site.
    #[column(semantic = "https://schema.org/branchCode", pattern = "[WS]-[A-Z]{3}", example = "S-OSL")]
    pub store_code: String,
    /// What the site is called.
    #[column(semantic = "https://schema.org/name", example = "Butikk Alnabru")]
    pub site_name: String,
    /// Whether customers come to the site or lorries leave from it.
    #[column(example = "warehouse")]
    pub site_kind: StockLevelsSiteKind,
    /// The Norwegian postal code of the site, with its leading zeros.
    #[column(semantic = "https://schema.org/postalCode", pattern = "[0-9]{4}", example = "0667")]
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
    /// Pieces available to promise: `on_hand` - `reserved` - `safety_stock`. Below zero when the safety stock is being used up.
    #[column(business_name = "Available to promise", unit = "H87")]
    pub atp: i32,
    /// What a customer may be told.
    #[column(semantic = "https://schema.org/availability")]
    pub availability: StockLevelsAvailability,
    /// Deliveries to the site that are on their way, the earliest first, at most one a day.
    pub inbound: Vec<StockLevelsInbound>,
    /// When something can be promised again: the working day on which the first delivery comes in has ended. Missing when there is something to promise now, or nothing on its way.
    #[column(semantic = "https://schema.org/availabilityStarts")]
    pub restock_at: Option<DateTime<Utc>>,
    /// When the stock last moved: a sale, a handover or a delivery.
    #[column(event_time)]
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ColumnType)]
pub enum StockLevelsSiteKind {
    /// Delivers to homes; no customers.
    Warehouse,
    /// Customers pick up here.
    Store,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ColumnType)]
pub enum StockLevelsAvailability {
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

/// A delivery on its way to a site.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct StockLevelsInbound {
    /// The day on which it is expected, in Norway.
    #[column(semantic = "https://schema.org/expectedArrivalFrom")]
    pub date: NaiveDate,
    /// How many pieces.
    #[column(unit = "H87", range = 1..)]
    pub quantity: i32,
}
