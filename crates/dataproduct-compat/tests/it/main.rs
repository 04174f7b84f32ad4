//! Tests of the public interface.

mod fixtures;
mod laws;
mod oracle;
mod rules;
