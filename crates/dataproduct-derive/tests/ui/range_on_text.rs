use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(range = 0..=10)]
    name: String,
    #[column(above = 0)]
    tags: Vec<String>,
}

fn main() {}
