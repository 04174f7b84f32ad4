use dataproduct::row::DataProduct;
use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Local};
use dataproduct::row::Decimal;

#[derive(DataProduct)]
#[product(name = "inventory.stock", version = "1.0.0", owner = "inventory")]
struct Stock {
    #[column(key)]
    sku: String,
    a: usize,
    b: u128,
    c: &'static str,
    d: char,
    e: [u8; 4],
    f: (i32, i32),
    g: Duration,
    h: DateTime<Local>,
    i: Box<String>,
    j: HashSet<String>,
    k: Decimal<40, 2>,
}

fn main() {}
