use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    rule(sum("on_hnd") > 0),
    rule(unknown_references("article", to = "product.catalogue#sku")),
    rule(out_of_order("stock-at", order = "time", by("sku", "location"))),
    rule(discontinuity(opening = "start", closing = "end", order = "at")),
    rule(smallest_group("size.width") >= 5),
    rule(duplicate_values("sku"), repair(keep_latest = "updated_at")),
    rule(expression("on_hand > 0"), message = "{sku}: {stock}")
)]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(rule(out_of_order(order = "time", by = "place")))]
    on_hand: i64,
    #[column(id = "stock-at", rule(null_values, message = "{stock-at}: {stock}"))]
    at: chrono::NaiveDate,
}

fn main() {}
