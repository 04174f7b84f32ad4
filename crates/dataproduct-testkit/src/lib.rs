//! Generators, stores and suites for the tests of the dataproduct SDK.
//!
//! ```
//! use dataproduct_testkit::stock::StockBatches;
//!
//! let batches: Vec<_> = StockBatches::new(1_000).collect();
//! assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1_000);
//! ```

pub mod stock;
