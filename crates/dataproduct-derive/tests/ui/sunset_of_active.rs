use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory", status = active, sunset = "2026-02-30")]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
