//! The record: every version of every contract that was declared, as files beside the code.
//!
//! ```text
//! schemas/<domain>/<product>/<version>.odcs.yaml      the contract: never changes once it is there
//!                            <version>.odps.yaml      the product around it
//!                            <version>.schema.json    JSON Schema of a row
//!                            <version>.arrow.json     Arrow schema of a batch
//! schemas/_consumers/<consumer>.<domain>.<product>.yaml   what a consumer uses
//! ```
//!
//! A team's crate has one line, `dataproduct::assert_contracts!(StockLevel);`, and `cargo test` fails when
//! a type says something else than the record, with the difference, whom it breaks, the version that would
//! be honest, and the command that records it.

mod bases;
mod folder;
mod judge;
mod testing;

pub use bases::{Base, Known, bases};
pub use folder::Schemas;
pub use judge::{Judgement, Standing};
pub use testing::{Declared, assert_consumed, assert_recorded};

/// Makes a test that fails when a type says something else than its recorded contract, or has no record.
///
/// The record is the folder `schemas` that is nearest above the crate; `in "path"` names another one,
/// counted from the crate's folder. With the environment variable `DATAPRODUCT_RECORD=1` the test writes
/// what may be recorded: a version that is new and honest. What is recorded is never written over.
///
/// ```
/// use dataproduct::prelude::*;
///
/// /// Stock on hand per article.
/// #[derive(DataProduct)]
/// #[product(name = "inventory.stock-levels", version = "1.0.0", owner = "inventory-platform")]
/// struct StockLevel {
///     /// The article.
///     #[column(key)]
///     sku: String,
/// }
///
/// dataproduct::assert_contracts!(StockLevel);
/// ```
#[macro_export]
macro_rules! assert_contracts {
    (in $folder:expr; $($row:ty),+ $(,)?) => {
        #[test]
        fn contracts_are_recorded() {
            $crate::record::assert_recorded(
                ::core::env!("CARGO_MANIFEST_DIR"),
                ::core::env!("CARGO_PKG_NAME"),
                ::core::option::Option::Some($folder),
                &[$($crate::record::Declared::of::<$row>()),+],
            );
        }
    };
    ($($row:ty),+ $(,)?) => {
        #[test]
        fn contracts_are_recorded() {
            $crate::record::assert_recorded(
                ::core::env!("CARGO_MANIFEST_DIR"),
                ::core::env!("CARGO_PKG_NAME"),
                ::core::option::Option::None,
                &[$($crate::record::Declared::of::<$row>()),+],
            );
        }
    };
}

/// Makes a test that fails when what a type consumes is not registered as it says, or when a recorded
/// version that it reads lacks a column of it.
///
/// Takes types that derive [`Consumes`](crate::Consumes). As with [`assert_contracts!`] the record is found
/// above the crate, and `DATAPRODUCT_RECORD=1` writes the registration.
#[macro_export]
macro_rules! assert_consumed {
    ($($row:ty),+ $(,)?) => {
        #[test]
        fn consumptions_are_registered() {
            $crate::record::assert_consumed(
                ::core::env!("CARGO_MANIFEST_DIR"),
                ::core::env!("CARGO_PKG_NAME"),
                &[$(<$row as $crate::Consumes>::consumption()),+],
            );
        }
    };
}
