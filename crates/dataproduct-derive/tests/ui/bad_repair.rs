use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    rule(expression("on_hand > 0"), repair(default = 0)),
    rule(duplicate_values("sku"), repair(trim))
)]
struct Stock {
    #[column(key, repair = trim)]
    sku: String,
    #[column(repair(trim))]
    on_hand: i64,
    #[column(repair(default = "none"))]
    reserved: i64,
    #[column(repair(default = null))]
    sold: i64,
    #[column(repair(keep_latest))]
    opening: i64,
    #[column(rule(null_values, repair(keep_latest)))]
    closing: i64,
    #[column(repair(trim, default = ""))]
    name: String,
    #[column(repair(triim))]
    place: String,
    #[column(repair(map("A" = "b", "b" = "c")))]
    shelf: String,
    #[column(repair(map("A" = "a", "A" = "b")))]
    rack: String,
    #[column(repair(map("A")))]
    hall: String,
    #[column(repair(map()))]
    site: String,
    #[column(repair(map("A" = 1)))]
    town: String,
    #[column(repair(default = none))]
    country: Option<String>,
}

fn main() {}
