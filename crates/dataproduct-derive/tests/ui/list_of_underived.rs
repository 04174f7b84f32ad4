use dataproduct::row::DataProduct;

struct Size {
    width: i32,
}

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    sizes: Vec<Size>,
    largest: Option<Size>,
}

fn main() {}
