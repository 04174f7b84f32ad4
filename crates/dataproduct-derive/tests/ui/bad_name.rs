use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "Inventory/StockLevels", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
