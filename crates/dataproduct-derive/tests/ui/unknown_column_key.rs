use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(unti = "H87", nullable, max = 10)]
    on_hand: i64,
}

fn main() {}
