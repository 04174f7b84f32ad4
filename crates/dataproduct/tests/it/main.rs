//! Tests of the facade through its public API.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod defaults;
mod dirt;
mod drift;
mod evolution;
mod gate;
mod keyed;
mod keys;
mod maintained;
mod maintenance;
mod majors;
mod mesh;
mod one_commit;
mod quarantine;
mod record;
mod session;
mod settled;
