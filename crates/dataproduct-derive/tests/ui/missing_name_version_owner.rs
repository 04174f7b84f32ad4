use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(purpose = "promise delivery dates")]
struct Stock {
    #[column(key)]
    sku: String,
}

fn main() {}
