//! `inventory.stock-months`, written from version 1.0.0 of its contract.

use dataproduct::prelude::*;

#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "inventory.stock-months",
    version = "1.0.0",
    owner = "inventory-platform",
    on_failure = quarantine,
    rule(expression("shelf != '\"\\' or opening <= on_hand")),
    rule(expression("on_hand > 0") < 2.5 %, id = "low-stock", severity = warning, on_failure = notify, message = "{sku} is nearly sold out: {on_hand} left"),
    rule(unknown_references("sku", to = "product.catalogue#sku"), on_failure = reject),
    rule(unknown_references("sku", "location", to("inventory.shelves#sku", "inventory.shelves#place"))),
    rule(duplicate_values("sku", "at") == 0, repair(keep_latest)),
    rule(sum("on_hand") > 0),
    rule(-1.5 < mean("on_hand") < 9),
    rule(minimum("on_hand") >= 0),
    rule(maximum("on_hand") <= 1e300),
    rule(distinct_count("on_hand") != 1),
    rule(smallest_group("location", "shelf") >= 5, on_failure = report),
    rule(age("at") < "15 min"),
    rule(!(1.5 < age("at") < "1 d")),
    rule(out_of_order("on_hand", order = "at", by = "sku", strictly)),
    rule(out_of_order("on_hand", order = "at")),
    rule(discontinuity(opening = "opening", closing = "on_hand", order = "at", by("sku", "location"))),
    rule(-50 % < volume_change(publishes = 7) < 250 %),
    rule(drift("on_hand", publishes = 14) < 0.25, message = "stock looks unlike that of last week: {measure}")
)]
pub struct StockMonths {
    #[column(key = 1)]
    pub sku: String,
    #[column(key = 2)]
    pub location: String,
    pub on_hand: i64,
    pub opening: i64,
    pub at: DateTime<Utc>,
    #[column(on_failure = quarantine, rule(null_values == 0, repair(default = -0.5)))]
    pub ratio: f64,
    #[column(repair(map("A" = "a", "n/a" = null, "" = "b")), rule(invalid_values("a", "", pattern = "[a-z]*") == 0, repair(trim), message = "\"{shelf}\" {{a}}"), rule(duplicate_values == 0, repair(keep_latest = "at")))]
    pub shelf: Option<String>,
}
