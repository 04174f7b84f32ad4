use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
enum Stock {
    InStock,
    SoldOut,
}

fn main() {}
