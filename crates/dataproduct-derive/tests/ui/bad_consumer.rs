use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    consumer("living-room", purpose = "promise delivery", versions = "one"),
    consumer("planner", versions = "^1"),
    consumer("planner", reason = "plan", versions = "^1")
)]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
