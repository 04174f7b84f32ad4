//! Tests of the facade through its public API.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod mesh;
mod record;
