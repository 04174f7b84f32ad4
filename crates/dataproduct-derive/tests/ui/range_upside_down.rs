use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(range = 10..=1)]
    on_hand: i64,
    #[column(range = 5..5)]
    reserved: i64,
    #[column(range = "2026-02-01".."2026-01-01")]
    day: chrono::NaiveDate,
}

fn main() {}
