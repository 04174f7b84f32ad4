//! The contract of a data product: its model, validation, documents and mapping to Arrow.

pub mod odcs;
mod value;

pub use value::{Finite, Map, Number, NumberError, Value};
