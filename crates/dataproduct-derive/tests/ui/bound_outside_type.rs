use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(range = 0..=300)]
    on_hand: u8,
    #[column(range = 0.5..)]
    reserved: i64,
    #[column(range = 2026..)]
    day: chrono::NaiveDate,
}

fn main() {}
