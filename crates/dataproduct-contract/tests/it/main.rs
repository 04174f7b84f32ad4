//! The contract crate through its public API.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails, and a helper of tests is a test"
)]

mod canonical;
mod documents;
mod expr;
mod hostile;
mod model;
mod mutation;
mod odcs;
mod odps;
mod places;
mod row;
mod rules;
mod standards;
mod validation;
mod yaml;
