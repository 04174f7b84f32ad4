//! Checks on record batches: what admits a batch to publication.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
//! use dataproduct_contract::{Column, Contract, DataType};
//! use dataproduct_quality::{Gate, Verdict};
//!
//! let contract = Contract::builder("inventory.stock-levels", "1.0.0")
//!     .with_owner("inventory-platform")
//!     .with_column(Column::new("sku", DataType::String).with_key(1))
//!     .with_column(Column::new("on_hand", DataType::Int64))
//!     .build()?;
//! let sku: ArrayRef = Arc::new(StringArray::from(vec![Some("s693"), None]));
//! let on_hand: ArrayRef = Arc::new(Int64Array::from(vec![4, 0]));
//! let batch = RecordBatch::try_from_iter([("sku", sku), ("on_hand", on_hand)])?;
//!
//! let mut gate = Gate::new(&contract);
//! let Verdict::Refused(report) = gate.check(batch) else { panic!("a key is null") };
//! assert_eq!(report.findings()[0].to_string(), "sku: 1 value is missing, first in row 1 [null-key]");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Only this crate can make an [`Admitted`] batch, and only admitted batches can be written to a
//! table: that is how the gate cannot be skipped.

mod admit;
pub mod checks;
pub mod draft;
mod encoding;
mod expr;
mod failed;
mod gate;
mod measure;
mod nesting;
pub mod outcome;
pub mod profile;
mod promise;
mod quarantined;
mod report;
mod slots;
mod structure;
pub mod testing;
pub mod unique;

pub use admit::Admitted;
pub use failed::Failed;
pub use gate::{
    Concluded, DEFAULT_UNIQUE_BUDGET_BYTES, Finished, Gate, GateContext, RunError, SecondPass,
    Separation, Verdict, check_rows,
};
pub use measure::ReferenceKeys;
pub use promise::{Bound, Interval, Keys, Promise, PromiseCheck, PromiseError, Scalar, Violation};
pub use quarantined::{Quarantined, ROW_COLUMN, RULES_COLUMN, TEXT_COLUMN};
pub use report::{Finding, Report};
