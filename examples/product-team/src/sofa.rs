//! The rows of `product.catalogue`.

use std::fmt;

use dataproduct::Decimal;
use dataproduct::prelude::*;

/// Sofas and other seats of three Norwegian shops: what each is called, measures and costs.
///
/// One row is one article that can be ordered under its own number. Articles that are no seat
/// (loose covers, legs, mattresses, cushions) are not in the table.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "product.catalogue",
    version = "1.0.0",
    status = active,
    owner = "product-team",
    steward = "data-governance",
    member("owner@product.example", role = "owner"),
    member("engineering@product.example", role = "data engineer"),
    purpose = "One list of the seats on sale, so that stock, delivery and advice speak of the same articles.",
    usage = "Join on `sku`. A seat fits a wall when `width.max` does. Variants in other colours share `product_group_id`.",
    limitations = "Collected from public web pages in July 2020 (norske_sofaer, CC0): prices are of that month. Sizes are missing where the shop does not state them. `variants` names articles that were not on the page and are no rows here.",
    fresh_within = "26 hours",
    published_every = "1 day",
    kept_for = "2 years",
    deadline("0 6 * * *", zone = "Europe/Oslo"),
    available = "99.5 %",
    support(slack = "#product-catalogue", url = "https://product.example/support"),
    support(email = "catalogue@product.example"),
    consumer("inventory-team", purpose = "know which articles to keep stock of", versions = "^1"),
    consumer("quickstart", purpose = "find sofas by price and size", versions = "^1"),
    role("reader", access = "read"),
    tag("furniture", "sofas", "norway"),
    rule(row_count > 400, severity = error)
)]
pub struct Sofa {
    /// The shop's own article number, as text: it has leading zeros, an `s` in front for sets, and
    /// up to 18 digits, more than a JSON number keeps.
    #[column(key, semantic = "https://schema.org/sku", length = 1..=32, example = "s69305697", example = "206124228229227320")]
    pub sku: String,
    /// The shop that sells it.
    #[column(semantic = "https://schema.org/seller", example = "ikea")]
    pub shop: Shop,
    /// The same for articles that differ only in cover, colour, legs or set-up; missing where the
    /// shop's numbers do not tell.
    #[column(
        semantic = "https://schema.org/inProductGroupWithID",
        example = "224903"
    )]
    pub product_group_id: Option<String>,
    /// What the shop calls it, in the shop's language.
    #[column(semantic = "https://schema.org/name", length = 1.., example = "SÖDERHAMN 3-seters sofa - Viarp beige/brun")]
    pub name: String,
    /// Who makes it.
    #[column(semantic = "https://schema.org/brand", example = "HJELLEGJERDE AS")]
    pub brand: String,
    /// The family of furniture it belongs to; missing where the shop names none.
    #[column(example = "SÖDERHAMN")]
    pub series: Option<String>,
    /// What kind of seat it is.
    #[column(semantic = "https://schema.org/category", example = "corner_sofa")]
    pub category: Category,
    /// The kind in the words of the shop: the merchant's taxonomy.
    #[column(example = "Hjørnesofa, 4-seters")]
    pub shop_category: String,
    /// How many people sit on it; halves are the trade's way to say "wide".
    #[column(unit = "C62", range = 0.5..=12.0, example = 2.5)]
    pub seats: Option<Decimal<3, 1>>,
    /// Whether it can be made into a bed.
    pub sleeps: bool,
    /// What it costs, value added tax included.
    #[column(semantic = "https://schema.org/price")]
    pub price: Money,
    /// Along the wall: the back of a sofa, the right side of a corner sofa.
    #[column(semantic = "https://schema.org/width")]
    pub width: Option<Extent>,
    /// From the wall into the room. The largest value is the chaise longue or the other side of a
    /// corner sofa, the smallest the seat; both are the largest where the shop states no seat depth.
    #[column(semantic = "https://schema.org/depth")]
    pub depth: Option<Extent>,
    /// From the floor to the highest point, back cushions included where the shop says so.
    #[column(semantic = "https://schema.org/height")]
    pub height: Option<Extent>,
    /// From the floor to the top of the seat.
    pub seat_height: Option<Extent>,
    /// The colours that the shop names, in its order; empty where it names none.
    #[column(semantic = "https://schema.org/color", unique_items)]
    pub colours: Vec<Colour>,
    /// Cover and finish in the words of the shop; missing where it says nothing.
    #[column(semantic = "https://schema.org/material", example = "Viarp beige/brun")]
    pub finish: Option<String>,
    /// Article numbers that the shop offers as other colours of this one, in order; they need not
    /// be rows of this product.
    #[column(semantic = "https://schema.org/isVariantOf", unique_items)]
    pub variants: Vec<String>,
    /// The shop's page of the article.
    #[column(
        semantic = "https://schema.org/url",
        format = "uri",
        unique,
        example = "https://www.ikea.com/no/no/p/brathult-3-seters-sofa-s09299136/"
    )]
    pub url: String,
    /// When the page was read, to the day.
    #[column(event_time)]
    pub collected_at: DateTime<Utc>,
}

/// A shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
pub enum Shop {
    /// IKEA Norway.
    Ikea,
    /// Møbelringen, a chain that sells many makers.
    Mobelringen,
    /// Sofacompany Norway.
    Sofacompany,
}

impl fmt::Display for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ikea => "ikea",
            Self::Mobelringen => "mobelringen",
            Self::Sofacompany => "sofacompany",
        })
    }
}

/// A kind of seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
pub enum Category {
    /// A straight sofa, with or without a chaise longue.
    Sofa,
    /// A sofa around one corner or two.
    CornerSofa,
    /// A sofa that becomes a bed, straight or around a corner.
    SofaBed,
    /// A whole sofa put together of modules.
    ModularSofa,
    /// Two sofas sold as one article; each size is that of either piece.
    SofaSet,
    /// A bench to lie on by day and sleep on by night.
    Daybed,
    /// A seat for one, or for one and a half, to stretch out on.
    ChaiseLongue,
    /// One piece of a modular sofa, which is no sofa alone.
    Module,
    /// A seat for one.
    Armchair,
    /// A seat for several without a back.
    Bench,
    /// A footstool or a pouf.
    Stool,
}

impl Category {
    /// Whether an article of this kind is a whole sofa.
    #[must_use]
    pub fn is_sofa(self) -> bool {
        matches!(
            self,
            Self::Sofa | Self::CornerSofa | Self::SofaBed | Self::ModularSofa | Self::SofaSet
        )
    }
}

/// A colour family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
pub enum Colour {
    /// White and off-white.
    White,
    /// Beige.
    Beige,
    /// Yellow and gold.
    Yellow,
    /// Orange.
    Orange,
    /// Red.
    Red,
    /// Pink.
    Pink,
    /// Purple.
    Purple,
    /// Blue.
    Blue,
    /// Turquoise.
    Turquoise,
    /// Green.
    Green,
    /// Brown.
    Brown,
    /// Grey.
    Grey,
    /// Black.
    Black,
}

/// An amount of money, exact.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Record)]
pub struct Money {
    /// The amount in the smallest unit of the currency: øre for NOK.
    #[column(range = 0.., example = 999_900)]
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

/// A length, or a range where the article has several.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Record)]
pub struct Extent {
    /// The smallest.
    #[column(semantic = "https://schema.org/minValue", above = 0, example = 95.0)]
    pub min: Decimal<6, 1>,
    /// The largest; the same as the smallest where there is only one.
    #[column(semantic = "https://schema.org/maxValue", above = 0, example = 154.0)]
    pub max: Decimal<6, 1>,
    /// What both are counted in.
    #[column(semantic = "https://schema.org/unitCode")]
    pub unit: LengthUnit,
}

/// A unit of length by its UN/CEFACT Recommendation 20 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
pub enum LengthUnit {
    /// Centimetre.
    #[column(rename = "CMT")]
    Centimetre,
}

/// The event time of every row: midnight of 13 July 2020, the day that the source gives for IKEA's
/// catalogue. The pages of the other two shops were read in the same month.
#[must_use]
pub fn collected_at() -> DateTime<Utc> {
    const MIDNIGHT: i64 = 1_594_598_400;
    DateTime::from_timestamp(MIDNIGHT, 0).unwrap_or_default()
}
