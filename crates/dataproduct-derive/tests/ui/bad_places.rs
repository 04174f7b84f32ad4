use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key = 1)]
    sku: String,
    #[column(key = 1)]
    location: String,
    #[column(key)]
    day: String,
    #[column(sort = 0)]
    on_hand: i64,
    #[column(partition = 3)]
    country: String,
}

fn main() {}
