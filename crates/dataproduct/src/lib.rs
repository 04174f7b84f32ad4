//! Declare, prove, publish and consume data products: the facade of the SDK.

#[doc(hidden)]
pub use dataproduct_contract::__private;
pub use dataproduct_contract::row::{
    self, ColumnType, DataProduct, Decimal, Record, RowError, Rows,
};
pub use dataproduct_contract::{Column, Contract, DataType, Problem, Problems, Value};
