use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = 1.0, owner = inventory, purpose = "")]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
