//! Generators, stores and suites for the tests of the dataproduct SDK.
//!
//! ```
//! use dataproduct_testkit::stock::{Order, batches, contract};
//!
//! let batches = batches(1_000, Order::Sorted, &contract(true));
//! assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1_000);
//! ```

pub mod chaos;
pub mod conformance;
pub mod history;
#[cfg(feature = "s3")]
pub mod s3;
pub mod stock;
