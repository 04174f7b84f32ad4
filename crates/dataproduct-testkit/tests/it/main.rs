//! The workspace keeps to its own rules.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod workspace;
