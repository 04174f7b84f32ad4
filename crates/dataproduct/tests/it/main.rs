//! Tests of the facade through its public API.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod derive;
mod mesh;
