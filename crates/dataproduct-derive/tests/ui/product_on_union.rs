use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
union Stock {
    a: i64,
    b: f64,
}

fn main() {}
