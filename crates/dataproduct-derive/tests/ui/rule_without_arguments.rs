use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    rule(sum("on_hand")),
    rule(sum > 0),
    rule(smallest_group > 5),
    rule(unknown_references(to = "product.catalogue#sku")),
    rule(unknown_references("sku")),
    rule(out_of_order("on_hand")),
    rule(discontinuity(opening = "on_hand", closing = "on_hand")),
    rule(expression),
    rule(expression(" "))
)]
struct Stock {
    #[column(key)]
    sku: String,
    on_hand: i64,
    #[column(id = "stock-at")]
    at: chrono::NaiveDate,
}

fn main() {}
