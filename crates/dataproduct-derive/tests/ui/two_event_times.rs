use dataproduct::row::DataProduct;
use chrono::{DateTime, Utc};

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    #[column(event_time)]
    counted_at: DateTime<Utc>,
    #[column(event_time)]
    sent_at: DateTime<Utc>,
}

fn main() {}
