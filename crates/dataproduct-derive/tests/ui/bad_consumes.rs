use dataproduct::row::{Consumes, Record};

#[derive(Record, Consumes)]
#[consumes(product = "inventory.stock", consumer = "Living Room", owner = "", reason = "x")]
struct Mistakes {
    sku: String,
}

#[derive(Record, Consumes)]
struct Nothing {
    sku: String,
}

#[derive(Consumes)]
#[consumes(product = "inventory.stock@^1", consumer = "a", owner = "b", purpose = "c")]
struct NoRecord {
    sku: String,
}

fn main() {}
