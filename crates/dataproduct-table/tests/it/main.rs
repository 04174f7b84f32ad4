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
mod damage;
mod defaults;
mod disks;
mod erase;
mod evolve;
mod evolving;
mod faults;
mod like;
mod log;
mod outcome;
mod prove;
mod publishing;
mod replace;
mod restore;
mod staging;
mod stores;
mod support;
mod types;
mod writers;
