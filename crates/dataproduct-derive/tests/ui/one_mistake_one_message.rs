use dataproduct::row::{DataProduct, Rows};

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: usize,
}

// Nothing here may add a message to the one mistake above.
fn uses(rows: &Rows<Stock>, stock: &[Stock]) -> usize {
    let _view: Option<StockView<'_>> = rows.get(0);
    let _batch = <Stock as dataproduct::row::Record>::to_batch(stock);
    let _contract = Stock::contract();
    rows.to_vec().len()
}

fn main() {}
