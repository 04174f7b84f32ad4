use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(rule(row_count > 0))]
    on_hand: i64,
    #[column(rule(duplicate_values("sku", "on_hand") == 0))]
    reserved: i64,
    #[column(rule(volume_change < 5 %))]
    sold: i64,
    #[column(rule(discontinuity(opening = "opening", closing = "sold", order = "reserved")))]
    opening: i64,
    #[column(rule(smallest_group("sold", "opening") >= 5))]
    closing: i64,
}

fn main() {}
