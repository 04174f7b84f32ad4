use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product = "inventory.stock"]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
