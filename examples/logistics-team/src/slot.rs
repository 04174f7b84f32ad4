//! The rows of `logistics.delivery-slots`.

use std::fmt;

use dataproduct::prelude::*;

use crate::Zone;

/// Windows of time in which a site can deliver to a zone, or hand over to customers from it.
///
/// One row is one window of one service from one site to one zone, for the coming fourteen days. A
/// window that is full or closed is still a row: it has no capacity left, or its cut-off is past.
#[derive(Clone, Debug, PartialEq, Eq, DataProduct)]
#[product(
    name = "logistics.delivery-slots",
    version = "1.0.0",
    status = active,
    owner = "logistics-team",
    steward = "data-governance",
    member("owner@logistics.example", role = "owner"),
    member("engineering@logistics.example", role = "data engineer"),
    purpose = "Promise a day and a window that a lorry or a shop can keep.",
    usage = "Find the zone in `logistics.postal-zones`. A slot can be promised when `capacity_left` is above 0, `cutoff_at` is to come, and the article is in stock at `origin`.",
    limitations = "Generated for an example: windows, capacity, cut-offs, days and cost come from a fixed generator over real postal codes and the sites of the inventory team. Public holidays are not known. One slot of capacity is one order, whatever its size.",
    fresh_within = "30 minutes",
    published_every = "10 minutes",
    kept_for = "30 days",
    deadline("0 5 * * *", zone = "Europe/Oslo"),
    available = "99.5 %",
    support(slack = "#logistics", url = "https://logistics.example/support"),
    support(email = "slots@logistics.example"),
    consumer("quickstart", purpose = "answer when a sofa can be there", versions = "^1"),
    role("reader", access = "read"),
    tag("delivery", "norway"),
    rule(row_count > 1000, severity = error)
)]
pub struct DeliverySlot {
    /// The site that the goods leave from, by its Global Location Number.
    #[column(
        key = 1,
        semantic = "https://gs1.org/voc/globalLocationNumber",
        references = "inventory.stock-levels#location",
        pattern = "[0-9]{13}",
        example = "9521234000013"
    )]
    pub origin: String,
    /// The zone that they go to; for `pickup` the zone that the customer lives in.
    #[column(key = 2, references = "logistics.postal-zones#zone")]
    pub zone: Zone,
    /// How they are handed over.
    #[column(key = 3, semantic = "https://schema.org/DeliveryMethod")]
    pub service: Service,
    /// When the window opens.
    #[column(key = 4, semantic = "https://schema.org/availableFrom")]
    pub window_start: DateTime<Utc>,
    /// When the window closes.
    #[column(semantic = "https://schema.org/availableThrough")]
    pub window_end: DateTime<Utc>,
    /// The day of the window in Norway (`Europe/Oslo`).
    pub date: NaiveDate,
    /// How many more orders the window takes.
    #[column(unit = "C62", range = 0..)]
    pub capacity_left: i32,
    /// Until when an order must be placed.
    #[column(semantic = "https://schema.org/cutoffTime")]
    pub cutoff_at: DateTime<Utc>,
    /// Working days from the cut-off until the goods leave.
    #[column(unit = "DAY", range = 0..=30, semantic = "https://schema.org/handlingTime")]
    pub handling_days: i32,
    /// Working days on the road.
    #[column(unit = "DAY", range = 0..=30, semantic = "https://schema.org/transitTime")]
    pub transit_days: i32,
    /// What the customer pays for one order, value added tax included.
    #[column(semantic = "https://schema.org/shippingRate")]
    pub cost: Money,
    /// When the capacity last changed.
    #[column(event_time)]
    pub updated_at: DateTime<Utc>,
}

/// How goods are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
pub enum Service {
    /// A parcel to the door, by one person: nothing larger than a footstool.
    Parcel,
    /// Carried into the room by two.
    TwoMan,
    /// Carried in and put together; the packaging is taken away.
    Install,
    /// Carried in by two on the day of the order.
    SameDay,
    /// The customer comes for it.
    Pickup,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Parcel => "parcel",
            Self::TwoMan => "two-man",
            Self::Install => "install",
            Self::SameDay => "same-day",
            Self::Pickup => "pick-up",
        })
    }
}

/// An amount of money, exact.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Record)]
pub struct Money {
    /// The amount in the smallest unit of the currency: øre for NOK.
    #[column(range = 0.., example = 74_900)]
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// An ISO 4217 currency code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
#[column(
    pattern = "[A-Z]{3}",
    semantic = "https://schema.org/currency",
    example = "NOK"
)]
pub struct Currency(pub String);
