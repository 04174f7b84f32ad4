//! Tests of the public interface.

mod rules;
