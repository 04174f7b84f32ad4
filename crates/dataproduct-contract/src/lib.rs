//! The contract of a data product: its model, validation, documents and mapping to Arrow.
//!
//! ```
//! use dataproduct_contract::{Column, Contract, DataType};
//!
//! let problems = Contract::builder("inventory.stock-levels", "1.0")
//!     .with_column(Column::new("sku", DataType::String).with_key(1).with_nullable(true))
//!     .build()
//!     .unwrap_err();
//! let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
//! assert_eq!(codes, ["bad-version", "missing-owner", "nullable-key"]);
//! ```
//!
//! A [`Contract`] is declared in code ([`Contract::builder`]), by the derive macros, or in an ODCS
//! document ([`odcs::Document`]); all three become the same value and pass the same validation, which
//! reports every [`Problem`] at once with its place, a permanent code and a way out.

#[doc(hidden)]
pub mod __private;
mod builder;
pub mod codes;
mod column;
mod consumption;
mod contract;
mod data_type;
mod draft;
pub mod escape;
pub mod expr;
mod format;
mod from_document;
mod name;
pub mod odcs;
pub mod odps;
pub mod pattern;
mod problem;
pub mod row;
mod rule;
mod shape;
mod sla;
mod to_document;
mod to_product;
mod validate;
mod value;
mod version;
pub mod yaml;

pub use builder::ContractBuilder;
pub use column::{AllowedValue, Classification, Column, Deprecation, Limits, PiiCategory};
pub use consumption::Consumption;
pub use contract::{AccessRole, Consumer, Contract, Member, Ownership, Status, SupportChannel};
pub use data_type::{DataType, MAX_DECIMAL_PRECISION, UTC};
pub use expr::{
    ExprType, Expression, ExpressionError, MAX_EXPRESSION_BYTES, MAX_EXPRESSION_DEPTH,
    MAX_EXPRESSION_NODES,
};
pub use format::{Format, UnknownFormat};
pub use name::{ColumnRef, MAX_NAME_BYTES, Name, NameError, ProductName, ProductRef};
pub use problem::{Problem, Problems};
pub use rule::{
    Aggregate, Check, Dimension, MAX_PLACEHOLDERS, Message, MessageError, MessagePart, OnFailure,
    Operator, Placeholder, Repair, Rule, Severity, Threshold, Unit,
};
pub use sla::{Deadline, Period, PeriodError, Sla, parse_period, period, unit_seconds};
pub use value::{Finite, Map, Number, NumberError, Value};
pub use version::{Version, VersionError, VersionReq};
