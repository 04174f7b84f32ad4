use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(pattern = "[0-9")]
    a: String,
    #[column(pattern = "(?=x)y")]
    b: String,
    #[column(pattern = "[0-9]+")]
    c: i64,
}

fn main() {}
