use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory", fresh_within = "3 m", kept_for = "long")]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
