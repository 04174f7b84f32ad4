use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", ownr = "inventory", owner = "inventory", description = "Stock.")]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
