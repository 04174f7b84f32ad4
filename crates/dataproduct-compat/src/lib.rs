//! What changes between two versions of a contract, whom it breaks, and which version is honest.
//!
//! ```
//! use dataproduct_compat::{Bump, Outcome, Policy, compare};
//! use dataproduct_contract::{Column, Contract, DataType, Version};
//!
//! let contract = |version: &str, unit: &str| {
//!     Contract::builder("product.catalog", version)
//!         .with_owner("catalog")
//!         .with_column(Column::new("price", DataType::Float64).with_unit(unit))
//!         .build()
//! };
//! let (old, new) = (contract("1.4.0", "EUR")?, contract("1.5.0", "USD")?);
//! let comparison = compare(&old, &new, &Policy::default(), "2026-11-22".parse().expect("a date"));
//!
//! let finding = &comparison.findings()[0];
//! assert_eq!(finding.rule.id, "currency-changed");
//! assert_eq!((finding.reader, finding.bump), (Outcome::Breaks, Bump::Major));
//! assert_eq!(comparison.honest_version(), Version::new(2, 0, 0));
//! # Ok::<(), dataproduct_contract::Problems>(())
//! ```
//!
//! [`diff`] finds changes: a closed set of [`Kind`]s with paths, each with its [`Effect`] on the set of
//! data that the contract permits and, where one can be found, a [`Witness`]. [`Rules`] judge them, one
//! file a kind. [`compare`] puts both together with a team's [`Policy`] into a [`Comparison`].
//!
//! Three parties are told apart: a **reader** of the old version on new data, a **writer** of the old
//! version under the new contract, and **history**: a reader of the new version on data that is kept.
//! The reader decides the version. docs/evolution.md has the model and the table of verdicts.

mod change;
mod compare;
mod diff;
mod error;
mod impact;
mod kind;
pub mod language;
mod outcome;
mod policy;
mod report;
mod rule;
mod semver;
mod set;

pub use change::{Aspect, Change, Effect, Witness};
pub use compare::{Comparison, Finding, Obligation, compare};
pub use diff::diff;
pub use error::{Error, Result};
pub use impact::Impact;
pub use kind::Kind;
pub use outcome::{Bump, Outcome};
pub use policy::{Override, Policy, Waiver};
pub use rule::{How, Rule, Rules};
