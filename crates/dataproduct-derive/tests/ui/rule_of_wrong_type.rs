use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    rule(sum("sku") > 0),
    rule(age("on_hand") < 60),
    rule(out_of_order("sku", order = "sku")),
    rule(discontinuity(opening = "on_hand", closing = "sku", order = "at")),
    rule(duplicate_values("on_hand"), repair(keep_latest = "sku"))
)]
struct Stock {
    #[column(key, rule(mean > 0))]
    sku: String,
    #[column(rule(age < "1 day"))]
    on_hand: i64,
    #[column(rule(out_of_order(order = "at")))]
    sold: bool,
    at: chrono::NaiveDate,
}

fn main() {}
