use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    rule(rows > 0),
    rule(row_count),
    rule(row_count > 5 %),
    rule(100 < row_count < 10),
    rule(null_values == 0),
    rule(duplicate_values("skus") == 0),
    rule(row_count > 0, severity = fatal)
)]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
