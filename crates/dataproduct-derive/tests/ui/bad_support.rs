use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory", support(slak = "#inventory"), support(url = "https://example.com"))]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
