//! What the macros make, for a user who knows the crate that they come with as `dataproduct`: here
//! that is the contract crate under another name, which has all that derived code needs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails, and a helper of tests is a test"
)]

mod attributes;
mod declare;
mod defaults;
mod mistakes;
mod reading;
mod round_trip;
mod rules;
mod types;
