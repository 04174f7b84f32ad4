//! The quickstart: three teams publish, a consumer asks.
//!
//! The question is "which sofas under a price and a width are in stock and can be delivered to a
//! postal code on a day?". It takes facts of three domains. [`read`] gets them from the mesh as typed
//! rows, each kind with how fresh it is; [`answer`] is a pure function of question, facts and time, and
//! says yes or no only when the facts that it rests on are fresh.

mod answer;
mod arguments;
mod facts;
mod print;
mod table;

pub use answer::{Answer, Gap, Handover, Offer, Question, Verdict, answer};
pub use arguments::{Arguments, Usage, default_date};
pub use facts::{
    Facts, Known, Price, Provenance, Service, Size, Sofa, SofaKind, Stock, Window, ZoneOf, read,
};
pub use print::{print_answer, print_status};

use dataproduct::prelude::*;

/// Whatever keeps the quickstart from an answer.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Publishes the products of all three teams, each complete up to `now`.
///
/// The order matters: the inventory team reads the catalogue from the mesh, and the logistics team the
/// sites of the stock.
///
/// # Errors
/// When a publish fails or is refused.
pub async fn publish(mesh: &Mesh, now: DateTime<Utc>) -> Result<Vec<Receipt>, Failure> {
    let mut receipts = vec![product_team::publish(mesh, now).await?];
    receipts.push(inventory_team::publish(mesh, now).await?);
    receipts.extend(logistics_team::publish(mesh, now).await?);
    Ok(receipts)
}
