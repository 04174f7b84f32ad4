use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "v1.2", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
