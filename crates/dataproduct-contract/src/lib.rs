//! The contract of a data product: its model, validation, documents and mapping to Arrow.
