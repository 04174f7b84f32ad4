use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(name = "SKU")]
    other: String,
    #[column(name = "sku")]
    third: String,
}

fn main() {}
