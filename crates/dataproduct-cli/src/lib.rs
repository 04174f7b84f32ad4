//! The command `dataproduct`, and the conversions behind its `import` and `export`.
//!
//! ```
//! use dataproduct_cli::export::{self, Format};
//! use dataproduct_cli::import;
//!
//! let avro = r#"{"type": "record", "name": "Stock", "fields": [
//!     {"name": "sku", "type": "string"},
//!     {"name": "on_hand", "type": ["null", "long"], "default": null}
//! ]}"#;
//! let draft = import::avro::schema(avro)?;
//! assert_eq!(draft.columns[1].name, "on_hand");
//! assert!(draft.columns[1].nullable);
//!
//! let contract = draft.into_contract("inventory.stock", "0.1.0", "inventory-platform")?;
//! let ddl = export::export(&contract, Format::SqlDuckdb)?;
//! assert!(ddl.text().is_some_and(|text| text.contains("\"on_hand\" BIGINT")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`export`] and [`import`] are pure: text or bytes in, text or a draft out, with notes on what the other
//! form cannot say. Everything else is the command: [`main`] reads the arguments, runs one verb and gives its
//! exit code.

mod args;
mod bug;
mod command;
pub mod export;
pub mod import;
mod progress;
mod report;
mod source;
mod verb;

pub use command::main;
// What the whole crate calls `crate::escape`.
use dataproduct::contract::escape;
