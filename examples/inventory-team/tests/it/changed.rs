//! What the team reads when it changes its type and forgets the version.
//!
//! The struct is the team's, with four columns changed: `store_code` takes one more letter, `site_name`
//! may be missing, `reserved` has a bound, and `safety_stock` is gone.

use dataproduct::prelude::*;
use dataproduct::record::{Declared, assert_recorded};
use inventory_team::{Availability, Gln, Inbound, SiteKind};

/// How much of each article is in stock at each site, what is promised away, and what is on its way.
///
/// One row is one article at one site that keeps it. An article without a row at a site is not kept
/// there.
#[derive(DataProduct)]
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
struct StockLevel {
    /// The site.
    #[column(key = 1)]
    location: Gln,
    /// The article.
    #[column(key = 2, semantic = "https://schema.org/sku", references = "product.catalogue#sku", length = 1..=32, example = "s69305697")]
    sku: String,
    /// The retailer's own short name of the site.
    #[column(
        semantic = "https://schema.org/branchCode",
        pattern = "[WSK]-[A-Z]{3}",
        example = "S-OSL"
    )]
    store_code: String,
    /// What the site is called.
    #[column(semantic = "https://schema.org/name", example = "Butikk Alnabru")]
    site_name: Option<String>,
    /// Whether customers come to the site or lorries leave from it.
    #[column(example = "warehouse")]
    site_kind: SiteKind,
    /// The Norwegian postal code of the site, with its leading zeros.
    #[column(
        semantic = "https://schema.org/postalCode",
        pattern = "[0-9]{4}",
        example = "0667"
    )]
    postal_code: String,
    /// Pieces on the floor, reserved ones included.
    #[column(unit = "H87", range = 0..)]
    on_hand: i32,
    /// Pieces sold and not handed over yet.
    #[column(unit = "H87", range = 0..=10_000)]
    reserved: i32,
    /// Pieces available to promise: `on_hand` - `reserved` - `safety_stock`. Below zero when the safety
    /// stock is being used up.
    #[column(unit = "H87", business_name = "Available to promise")]
    atp: i32,
    /// What a customer may be told.
    #[column(semantic = "https://schema.org/availability")]
    availability: Availability,
    /// Deliveries to the site that are on their way, the earliest first, at most one a day.
    inbound: Vec<Inbound>,
    /// When something can be promised again: the working day on which the first delivery comes in has
    /// ended. Missing when there is something to promise now, or nothing on its way.
    #[column(semantic = "https://schema.org/availabilityStarts")]
    restock_at: Option<DateTime<Utc>>,
    /// When the stock last moved: a sale, a handover or a delivery.
    #[column(event_time)]
    updated_at: DateTime<Utc>,
}

#[test]
fn a_changed_type_fails_with_all_that_is_needed_to_go_on() {
    let failure = std::panic::catch_unwind(|| {
        assert_recorded(
            env!("CARGO_MANIFEST_DIR"),
            env!("CARGO_PKG_NAME"),
            None,
            &[Declared::of::<StockLevel>()],
        );
    });
    let message = failure.unwrap_err();
    insta::assert_snapshot!(message.downcast_ref::<String>().unwrap());
}
