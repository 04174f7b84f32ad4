//! The command `dataproduct`, run as people run it, and its conversions through their public API.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails, and a helper of tests is a test"
)]

mod catalogue;
mod command;
mod damaged;
mod draft;
mod evolution;
mod export;
mod formats;
mod hostile;
mod import;
mod lint;
mod maintain;
mod programs;
mod published;
mod run;
mod rust_type;
mod upkeep;
