//! What the question needs of each product, read as rows of types of its own.
//!
//! A consumer's type names the columns that it reads, and nothing else is read from the files. Its enums
//! take a label that they do not know as `Other`, so that an owner may add one.

use std::fmt;

use dataproduct::prelude::*;
use dataproduct::{Decimal, Freshness, Product};

use crate::{Failure, Question};

/// What is read of `product.catalogue`.
#[derive(Clone, Debug, PartialEq, Record, Consumes)]
#[consumes(
    product = "product.catalogue@^1",
    consumer = "quickstart",
    owner = "advice-team",
    purpose = "find the sofas that are asked for"
)]
pub struct Sofa {
    /// The article number.
    pub sku: String,
    /// What the shop calls it.
    pub name: String,
    /// The shop.
    pub shop: String,
    /// What kind of seat it is.
    pub category: SofaKind,
    /// What it costs.
    pub price: Price,
    /// How wide it is; missing where the shop does not say.
    pub width: Option<Size>,
}

/// Kinds of seats that answer a question for sofas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ColumnType)]
pub enum SofaKind {
    /// A straight sofa.
    Sofa,
    /// A sofa around a corner.
    CornerSofa,
    /// A sofa that becomes a bed.
    SofaBed,
    /// A sofa of modules.
    ModularSofa,
    /// Anything else.
    #[column(other)]
    Other,
}

impl SofaKind {
    /// The labels that are asked for.
    const LABELS: [&'static str; 4] = ["sofa", "corner_sofa", "sofa_bed", "modular_sofa"];
}

/// An amount in the smallest unit of a currency.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
pub struct Price {
    /// The amount.
    pub amount_minor: i64,
    /// The ISO 4217 code.
    pub currency: String,
}

/// A size in centimetres.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
pub struct Size {
    /// The largest, which must fit.
    pub max: Decimal<6, 1>,
    /// The unit by UN/CEFACT code.
    pub unit: String,
}

/// What is read of `inventory.stock-levels`.
#[derive(Clone, Debug, PartialEq, Eq, Record, Consumes)]
#[consumes(
    product = "inventory.stock-levels@^1",
    consumer = "quickstart",
    owner = "advice-team",
    purpose = "answer what can be promised, and from where"
)]
pub struct Stock {
    /// The site, by its GLN.
    pub location: String,
    /// The article.
    pub sku: String,
    /// What the site is called.
    pub site_name: String,
    /// Pieces available to promise.
    pub atp: i32,
    /// When the stock last moved.
    pub updated_at: DateTime<Utc>,
}

/// What is read of `logistics.postal-zones`.
#[derive(Clone, Debug, PartialEq, Eq, Record, Consumes)]
#[consumes(
    product = "logistics.postal-zones@^1",
    consumer = "quickstart",
    owner = "advice-team",
    purpose = "find the zone of a customer"
)]
pub struct ZoneOf {
    /// The postal code.
    pub postal_code: String,
    /// The post town.
    pub place: String,
    /// The zone.
    pub zone: String,
    /// Whether there are doors to deliver to.
    pub home_delivery: bool,
}

/// What is read of `logistics.delivery-slots`.
#[derive(Clone, Debug, PartialEq, Eq, Record, Consumes)]
#[consumes(
    product = "logistics.delivery-slots@^1",
    consumer = "quickstart",
    owner = "advice-team",
    purpose = "find a window that a site can deliver in"
)]
pub struct Window {
    /// The site that the goods leave from, by its GLN.
    pub origin: String,
    /// How they are handed over.
    pub service: Service,
    /// When the window opens.
    pub window_start: DateTime<Utc>,
    /// When it closes.
    pub window_end: DateTime<Utc>,
    /// How many more orders it takes.
    pub capacity_left: i32,
    /// Until when an order must be placed.
    pub cutoff_at: DateTime<Utc>,
    /// What one order costs.
    pub cost: Price,
}

/// Ways to hand over goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ColumnType)]
pub enum Service {
    /// To the door by one person.
    Parcel,
    /// Carried in by two.
    TwoMan,
    /// Carried in and put together.
    Install,
    /// Carried in by two, today.
    SameDay,
    /// The customer comes for it.
    Pickup,
    /// Anything else.
    #[column(other)]
    Other,
}

impl Service {
    /// Whether a sofa can be handed over like this.
    #[must_use]
    pub fn takes_a_sofa(self) -> bool {
        matches!(
            self,
            Self::TwoMan | Self::Install | Self::SameDay | Self::Pickup
        )
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Parcel => "parcel",
            Self::TwoMan => "carried in",
            Self::Install => "installed",
            Self::SameDay => "same day",
            Self::Pickup => "picked up",
            Self::Other => "other",
        })
    }
}

/// Where rows come from and how fresh they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The product.
    pub product: String,
    /// The version of its contract.
    pub version: String,
    /// The team that owns it.
    pub owner: String,
    /// The version of the table.
    pub table_version: u64,
    /// How fresh the product was when it was opened.
    pub freshness: Freshness,
}

/// Rows of one product with where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Known<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where they come from.
    pub from: Provenance,
}

impl<T> Known<T> {
    fn new(product: &Product, rows: Vec<T>) -> Self {
        let source = product.source();
        let from = Provenance {
            product: source.product.to_string(),
            version: source.contract_version.to_string(),
            owner: source.owner,
            table_version: source.table_version,
            freshness: *product.freshness(),
        };
        Self { rows, from }
    }
}

/// All facts that the question can rest on.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Sofas of every price and width.
    pub sofas: Known<Sofa>,
    /// Positions with something to promise.
    pub stock: Known<Stock>,
    /// The zone of the postal code: one row, or none when there is no such code.
    pub zone: Known<ZoneOf>,
    /// Windows of the day for that zone.
    pub windows: Known<Window>,
}

/// Reads the facts from the mesh. Filters go down to the files: only the rows of the code, the zone and
/// the day are read.
///
/// # Errors
/// When a product is not published in version 1, or cannot be read as these types.
pub async fn read(mesh: &Mesh, question: &Question) -> Result<Facts, Failure> {
    let catalogue = mesh.product("product.catalogue@^1").await?;
    let kinds = Predicate::is_in("category", SofaKind::LABELS);
    let sofas = catalogue.read().filter(kinds).rows().await?;

    let levels = mesh.product("inventory.stock-levels@^1").await?;
    let stock = levels.read().filter(Predicate::gt("atp", 0)).rows().await?;

    let zones = mesh.product("logistics.postal-zones@^1").await?;
    let code = Predicate::eq("postal_code", question.postal_code.as_str());
    let zone: Vec<ZoneOf> = zones.read().filter(code).rows().await?;

    let slots = mesh.product("logistics.delivery-slots@^1").await?;
    let windows = match zone.first() {
        Some(found) => {
            let there = Predicate::eq("zone", found.zone.as_str());
            let then = Predicate::eq("date", question.date);
            slots.read().filter(there.and(then)).rows().await?
        }
        None => Vec::new(),
    };
    Ok(Facts {
        sofas: Known::new(&catalogue, sofas),
        stock: Known::new(&levels, stock),
        zone: Known::new(&zones, zone),
        windows: Known::new(&slots, windows),
    })
}

dataproduct::assert_consumed!(Sofa, Stock, ZoneOf, Window);
