use dataproduct::row::DataProduct;

#[derive(DataProduct)]
#[product(
    name = "inventory.stock",
    version = "1.0.0",
    owner = "inventory",
    rule(sum("on_hand", "at") > 0),
    rule(sum(5) > 0),
    rule(expression("on_hand > 0", "on_hand < 9")),
    rule(discontinuity("on_hand", opening = "on_hand", closing = "on_hand", order = "at")),
    rule(drift("on_hand", publish = 7) < 1),
    rule(drift("on_hand", publishes = 0) < 1),
    rule(volume_change(publishes = 101) < 5 %),
    rule(sum("on_hand", by = "sku") > 0),
    rule(out_of_order("on_hand", order = "at", by = "sku", by = "at")),
    rule(out_of_order("on_hand", order = "at", strictly = true)),
    rule(unknown_references("sku", to = "catalogue")),
    rule(unknown_references("sku", "at", to = "product.catalogue#sku")),
    rule(unknown_references("sku", "at", to("product.catalogue#sku", "product.sets#at")))
)]
struct Stock {
    #[column(key)]
    sku: String,
    on_hand: i64,
    #[column(id = "stock-at")]
    at: chrono::NaiveDate,
}

fn main() {}
