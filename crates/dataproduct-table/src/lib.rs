//! The only storage I/O of the dataproduct SDK: open tables on object stores.
//!
//! A table is a folder of Parquet files with a [Delta Lake](https://delta.io) log beside them, so that DuckDB, Polars,
//! pandas, Spark and Trino read it without this crate.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! use std::sync::Arc;
//! use arrow_schema::{DataType, Field, Schema};
//! use dataproduct_table::{Location, Table, TableSpec, WriteOptions};
//!
//! let location = Location::parse("memory://doc/stock")?;
//! let schema = Schema::new(vec![Field::new("sku", DataType::Utf8, false)]);
//! let table = Table::create(&location, &TableSpec::new(Arc::new(schema))).await?;
//!
//! // A publish without rows is a heartbeat: it says up to when the table is complete.
//! let receipt = table.write(WriteOptions::new()).await?.commit().await?;
//! assert_eq!(receipt.version, 1);
//! assert_eq!(table.snapshot().await?.version(), 1);
//! # Ok::<_, dataproduct_table::Error>(())
//! # })?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! * A publish is one version of the table or nothing of it is seen. Its publish id makes it one commit, however
//!   often and from wherever it is tried ([`Writer::commit`]).
//! * The caller is never told "failed" when it worked: an outcome that cannot be found out is
//!   [`Error::OutcomeUnknown`].
//! * A [`Snapshot`] is one version, seen whole; versions seen through one [`Table`] never go back.
//! * Damage is noticed where a digest covers it, see [`Verify`] for what is not.
//! * On local disk an acknowledged commit is flushed, see [`Durability`].

mod changes;
mod clean;
mod compact;
mod contracts;
mod copy;
mod deletion;
mod doctor;
mod erase;
mod error;
mod evolve;
mod facts;
mod gc;
mod kernel;
mod lease;
mod like;
mod limits;
mod local;
mod location;
mod log;
mod maintain;
mod predicate;
mod prove;
mod quarantine;
mod reports;
mod restore;
mod scan;
mod schema;
mod shared;
mod snapshot;
mod spec;
mod steps;
mod storage;
mod table;
mod trace;
mod vacuum;
mod value;
mod verify;
mod write;

pub use changes::{ChangeKind, ChangedRows, Changes, RowChanges, VersionChanges};
pub use clean::{DEFAULT_LOG_RETENTION, LogCleanup, LogCleanupReport};
pub use compact::{
    Compaction, CompactionReport, DEFAULT_DELETED_SHARE, DEFAULT_SMALL_FILE_BYTES,
    DEFAULT_SMALL_FILES,
};
pub use copy::{CopyReport, TableCopy};
pub use doctor::{Diagnosis, Trial};
pub use erase::{DEFAULT_GRACE, Erasure, ErasureReceipt, PendingErasure};
pub use error::{DiskProblem, Error, Result};
pub use facts::{Commit, CommitFacts, ENGINE, PublishFacts};
pub use gc::{DEFAULT_GARBAGE_AGE, Garbage, GarbageReport};
pub use lease::Lease;
pub use like::MAX_LISTED_VALUES;
pub use limits::{DEFAULT_LONG_LOG, DEFAULT_MANY_SMALL_FILES, DEFAULT_MANY_VECTORS, SoftLimit};
pub use local::{Durability, local_store};
pub use location::Location;
pub use predicate::{Comparison, Literal, Predicate};
pub use prove::{DEFAULT_UNIQUE_ROWS, Proof};
pub use quarantine::{
    CONTRACT_COLUMN, Quarantine, QuarantineRun, QuarantineWriter, RUN_COLUMN, TIME_COLUMN,
    replay_id,
};
pub use restore::{Restore, RestoreReport};
pub use scan::{DEFAULT_BATCH_ROWS, Scan, ScanReport, ScanStream, Verify};
pub use snapshot::{DataFile, Snapshot};
pub use spec::TableSpec;
pub use steps::Steps;
pub use table::{DEFAULT_CHECKPOINT_INTERVAL, Receipt, Table, TableOptions};
pub use trace::{Trace, TracePlace, Traces};
pub use vacuum::{DEFAULT_RETENTION, SHORTEST_RETENTION, Vacuum, VacuumReport};
pub use verify::{Damage, VerifyProgress, VerifyReport};
pub use write::keyed::{DEFAULT_KEY_MEMORY_BYTES, KeyedRows, Settled, Upsert};
pub use write::options::{
    DEFAULT_COMMIT_TIMEOUT, DEFAULT_OPEN_PARTITIONS, DEFAULT_ROW_GROUP_ROWS,
    DEFAULT_TARGET_FILE_BYTES, DEFAULT_ZSTD_LEVEL, Mode, OnConflict, WriteOptions,
};
pub use write::resume::Outcome;
pub use write::writer::{Attempt, Writer};
