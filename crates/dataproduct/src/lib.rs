//! Declare, prove, publish and consume data products: the facade of the SDK.
//!
//! ```
//! use dataproduct::prelude::*;
//!
//! /// Stock on hand per article.
//! #[derive(Debug, PartialEq, DataProduct)]
//! #[product(name = "inventory.stock-levels", version = "1.0.0", owner = "inventory-platform",
//!           fresh_within = "15 minutes")]
//! struct StockLevel {
//!     /// The article.
//!     #[column(key)]
//!     sku: String,
//!     /// Pieces on the shelf.
//!     #[column(range = 0..)]
//!     on_hand: i64,
//! }
//!
//! # async fn run() -> Result<(), Error> {
//! let mesh = Mesh::builder().with_root("memory://crate-docs").build()?;
//! let rows = [StockLevel { sku: "s693".into(), on_hand: 4 }];
//! let receipt = mesh.publisher::<StockLevel>()?.publish(&rows, Publish::append()).await?;
//! assert_eq!(receipt.rows, 1);
//!
//! let stock = mesh.product("inventory.stock-levels@^1").await?;
//! assert_eq!(stock.freshness().state(), State::Fresh);
//! assert_eq!(stock.read().rows::<StockLevel>().await?, rows);
//! # Ok(()) }
//! # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
//! ```
//!
//! What a product promises is its [`Contract`]; where products are published and found is a [`Mesh`]. A
//! publish passes its gates in one order and none can be left out; a read says how fresh its rows are, who
//! owns them and which state was read.

mod audit;
mod both;
mod check;
mod config;
mod consumers;
pub mod data;
mod error;
mod evolution;
mod held;
mod input;
mod life;
mod maintenance;
mod mesh;
mod outcome;
mod product;
mod progress;
mod publish;
mod publisher;
mod quarantine;
pub mod record;
mod session;
mod spill;
mod status;
pub mod testing;
mod verify;

pub use both::BothReceipts;
pub use check::DataCheck;
#[doc(inline)]
pub use dataproduct_compat::{self as compat, Comparison, Policy};
#[doc(hidden)]
pub use dataproduct_contract::__private;
#[doc(inline)]
pub use dataproduct_contract::row::{
    self, ColumnType, Consumes, DataProduct, Decimal, Record, RowError, Rows,
};
#[doc(inline)]
pub use dataproduct_contract::{
    self as contract, Column, Consumption, Contract, DataType, Name, Problem, Problems,
    ProductName, ProductRef, Status, Value, Version, VersionReq,
};
#[doc(inline)]
pub use dataproduct_freshness::{
    Clock, Fact, Freshness, Gap, ManualClock, Reading, State, SystemClock, Unknown,
};
#[doc(inline)]
pub use dataproduct_quality::outcome::QualityReport;
pub use dataproduct_quality::{self as quality, Finding, Report, draft, profile};
#[doc(inline)]
pub use dataproduct_table::{
    Commit, CommitFacts, Compaction, CompactionReport, CopyReport, Damage, Diagnosis, Durability,
    Erasure, ErasureReceipt, Garbage, GarbageReport, Literal, LogCleanup, LogCleanupReport,
    Predicate, QuarantineRun, Restore, RestoreReport, SoftLimit, Steps, TableCopy, Traces, Trial,
    Vacuum, VacuumReport, VerifyProgress, VerifyReport,
};
pub use error::{Error, Result};
pub use input::{Batches, Format};
pub use maintenance::Maintenance;
pub use mesh::{Mesh, MeshBuilder};
pub use outcome::{DEFAULT_RESUME_TIME, Outcome};
pub use product::{Product, Read, Source};
pub use progress::Progress;
pub use publish::{Publish, Receipt};
pub use publisher::{BatchPublisher, Publisher};
pub use session::{DEFAULT_GROUP_ROWS, DEFAULT_LINGER, Pending, Session, SessionOptions};
pub use status::ProductStatus;
pub use verify::{Verified, doctor, verify_table};

/// What nearly every user needs: `use dataproduct::prelude::*;`.
pub mod prelude {
    pub use crate::{
        ColumnType, Consumes, Contract, DataProduct, Error, Mesh, Predicate, Publish, Reading,
        Receipt, Record, State,
    };
    pub use chrono::{DateTime, NaiveDate, Utc};
}
