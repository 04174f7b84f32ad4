use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(pii = yes, classification = secret)]
    name: String,
    #[column(deprecated)]
    old: String,
    #[column(unit)]
    on_hand: i64,
}

fn main() {}
