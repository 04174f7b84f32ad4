use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(length = 1..=64)]
    on_hand: i64,
    #[column(items = 1..)]
    name: String,
}

fn main() {}
