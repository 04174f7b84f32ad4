use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    on_failure = retry,
    repair(trim),
    rule(row_count > 0, on_failure = quarantine),
    rule(sum("on_hand") > 0, repair(default = 0)),
    rule(expression("on_hand > 0"), on_failure = repair),
    rule(expression("on_hand > 0"), on_failure = quarantine, on_failure = reject)
)]
struct Stock {
    #[column(key, on_failure = reject, repair(trim))]
    sku: String,
    #[column(repair(default = 0), on_failure = reject)]
    on_hand: i64,
}

fn main() {}
