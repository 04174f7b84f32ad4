use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    deadline("0 6 * *", zone = "Europe/Oslo"),
    deadline("0 6 * * *", zone = "CET+1"),
    deadline("0 6 * * *")
)]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
