use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "Stock", version = "1", status = live, fresh_within = "soon")]
struct Stock {
    #[column(key, length = 64..=1)]
    sku: Option<String>,
    #[column(unit = 87, range = 0..=10)]
    name: String,
    #[column(event_time, colour = "red")]
    on_hand: i64,
}

fn main() {}
