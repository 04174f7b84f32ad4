//! Tests of the public interface.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod budget;
mod defaults;
mod fixtures;
mod hostile;
mod impact;
mod laws;
mod leaves;
mod oracle;
mod rules;
mod verdicts;
