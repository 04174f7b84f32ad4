//! Tests of a product's rules in one line, and rows for other tests: see [`Generator`].
//!
//! ```
//! use dataproduct::prelude::*;
//! use dataproduct::testing;
//!
//! /// Stock on hand per article.
//! #[derive(Debug, PartialEq, DataProduct)]
//! #[product(name = "inventory.stock-levels", version = "1.0.0", owner = "inventory-platform",
//!           rule(expression("reserved <= on_hand"), id = "no-more-reserved-than-there-is"))]
//! struct StockLevel {
//!     /// The article.
//!     #[column(key, pattern = "s[0-9]{8}")]
//!     sku: String,
//!     /// Pieces on the shelf.
//!     #[column(range = 0..)]
//!     on_hand: i64,
//!     /// Pieces sold and not handed over yet.
//!     #[column(range = 0..)]
//!     reserved: i64,
//! }
//!
//! // Every rule lets good rows pass and finds those that break it.
//! let proof = testing::assert_rules!(StockLevel);
//! assert!(proof.alone.contains(&"no-more-reserved-than-there-is".to_owned()));
//!
//! // Rows for any other test.
//! let rows: Vec<StockLevel> = testing::rows(10)?;
//! assert!(rows.iter().all(|row| row.reserved <= row.on_hand));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use dataproduct_contract::row::DataProduct;
#[doc(inline)]
pub use dataproduct_quality::testing::{
    Broken, DEFAULT_SEED, Edge, Edges, Generator, Proof, TestingError,
};

/// Makes rows of a row type.
///
/// # Errors
/// [`TestingError::Rows`] with all that is wrong with the contract of the type.
pub fn generator<T: DataProduct>() -> Result<Generator, TestingError> {
    let contract = T::try_contract().map_err(|problems| TestingError::Rows {
        why: problems.to_string(),
    })?;
    Ok(Generator::new(contract))
}

/// So many rows of a type that keep every rule of its contract, from [`DEFAULT_SEED`].
///
/// # Errors
/// As [`Generator::rows`]; [`TestingError::Rows`] also where the type cannot hold what its contract allows.
pub fn rows<T: DataProduct>(count: usize) -> Result<Vec<T>, TestingError> {
    let batch = generator::<T>()?.rows(count)?;
    T::from_batch(&batch).map_err(|error| TestingError::Rows {
        why: error.to_string(),
    })
}

/// Proves every rule of a row type: see [`Generator::prove`].
///
/// # Errors
/// As [`Generator::prove`].
pub fn prove<T: DataProduct>() -> Result<Proof, TestingError> {
    generator::<T>()?.prove()
}

/// Asserts of a row type, or of a [`Generator`] behind `generator =`, that every rule of the contract lets good rows
/// pass and finds those that break it. Gives the [`Proof`], which says which rules are broken only with others, and
/// which were not evaluated.
///
/// Panics with the rule otherwise: it is for tests.
///
/// ```
/// # use dataproduct::{Column, Contract, DataType};
/// use dataproduct::testing::{Generator, assert_rules};
/// # let contract = Contract::builder("inventory.stock", "1.0.0").with_owner("inventory")
/// #     .with_column(Column::new("sku", DataType::String)).build()?;
/// let proof = assert_rules!(generator = Generator::new(&contract));
/// assert_eq!(proof.alone, ["sku.required"]);
/// # Ok::<(), dataproduct::Problems>(())
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __assert_rules {
    (generator = $generator:expr) => {
        match $generator.prove() {
            ::std::result::Result::Ok(proof) => proof,
            ::std::result::Result::Err(error) => ::std::panic!("{error}"),
        }
    };
    ($product:ty) => {
        match $crate::testing::prove::<$product>() {
            ::std::result::Result::Ok(proof) => proof,
            ::std::result::Result::Err(error) => ::std::panic!("{error}"),
        }
    };
}

#[doc(inline)]
pub use crate::__assert_rules as assert_rules;
