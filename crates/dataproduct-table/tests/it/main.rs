//! The public API of the crate, against real stores.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing test should stop at once"
)]

mod basics;
mod chaos;
mod concurrency;
mod crash;
mod defaults;
mod erase;
mod evolve;
mod evolving;
mod faults;
mod like;
mod log;
mod prove;
mod publishing;
mod replace;
mod restore;
mod staging;
mod support;
mod types;
