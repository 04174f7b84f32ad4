//! `inventory.stock`, written from version 0.1.0 of its contract.

use dataproduct::prelude::*;
use dataproduct::row::Decimal;

/// What one row is. Replace the columns below by your own.
#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    name = "inventory.stock",
    version = "0.1.0",
    owner = "inventory",
    purpose = "What the product is for: who decides what with it.",
    fresh_within = "1 d",
    rule(row_count > 0)
)]
pub struct Stock {
    /// What names the row.
    #[column(key = 1)]
    pub id: String,
    /// An exact number, of what and in which unit.
    #[column(range = 0..)]
    pub amount: Decimal<12, 2>,
    /// Something that may be missing.
    pub note: Option<String>,
    /// When the fact of the row happened.
    #[column(event_time)]
    pub updated_at: DateTime<Utc>,
}
