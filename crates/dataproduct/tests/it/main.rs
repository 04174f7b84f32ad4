//! Tests of the facade through its public API.

mod derive;
