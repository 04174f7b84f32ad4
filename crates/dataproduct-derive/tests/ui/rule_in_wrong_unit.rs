use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    rule(sum("on_hand") > 5 %),
    rule(age("at") < 5 %),
    rule(age("at") < "5 m"),
    rule(sum("on_hand") < "5 minutes"),
    rule(smallest_group("sku") > 5 %),
    rule(volume_change < 5),
    rule(expression("on_hand > 0") < 101 %),
    rule(row_count > "many")
)]
struct Stock {
    #[column(key)]
    sku: String,
    on_hand: i64,
    #[column(id = "stock-at")]
    at: chrono::NaiveDate,
}

fn main() {}
