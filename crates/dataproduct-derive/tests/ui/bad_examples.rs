use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(example = 12)]
    name: String,
    #[column(one_of("a", "b", "a"))]
    kind: String,
    #[column(example = "many")]
    on_hand: i64,
    #[column(open)]
    state: String,
}

fn main() {}
