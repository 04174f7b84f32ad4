use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    rule(expression("on_hand > 0"), message = "{sku is sold out"),
    rule(expression("on_hand > 0"), message = "sku} is sold out"),
    rule(expression("on_hand > 0"), message = "{} is sold out"),
    rule(expression("on_hand > 0"), message = " "),
    rule(expression("on_hand > 0"), message = "{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}"),
    rule(row_count > 0, message = "{measure} rows, {sku}")
)]
struct Stock {
    #[column(key)]
    sku: String,
    on_hand: i64,
    #[column(id = "stock-at")]
    at: chrono::NaiveDate,
}

fn main() {}
