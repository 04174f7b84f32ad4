//! What is left to the Delta kernel: checkpoints, and reading tables that other programs wrote with features
//! that this crate does not read by itself.

use std::sync::{Arc, LazyLock};

use arrow_array::RecordBatch;
use delta_kernel::engine::arrow_data::EngineDataArrowExt;
use delta_kernel::scan::ScanBuilder;
use delta_kernel::{KernelError, Snapshot, SnapshotRef};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use crate::error::{Error, Result};
use crate::storage::Storage;
use engine::StoreEngine;

mod engine;

/// The kernel is synchronous and blocks on futures. It gets threads of its own, so that it works the same
/// whichever runtime the caller is on.
static RUNTIME: LazyLock<Result<Runtime, String>> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
});

fn engine(storage: &Storage) -> Result<StoreEngine, KernelError> {
    let runtime = RUNTIME
        .as_ref()
        .map_err(|error| KernelError::generic(error.clone()))?;
    let store = Arc::clone(storage.store());
    Ok(StoreEngine::new(store, runtime.handle().clone()))
}

fn snapshot(
    storage: &Storage,
    engine: &StoreEngine,
    version: u64,
) -> Result<SnapshotRef, KernelError> {
    Snapshot::builder_for(storage.url().as_str())
        .at_version(version)
        .build(engine)
}

fn failed(operation: &'static str) -> impl Fn(KernelError) -> Error {
    move |error| Error::encoding(operation, error)
}

/// Runs kernel code on a thread that may block. The kernel panics on some damaged input.
async fn blocking<T, F>(operation: &'static str, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, KernelError> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Interrupted { operation })?
        .map_err(failed(operation))
}

/// Writes a checkpoint of a version.
pub(crate) async fn checkpoint(storage: &Storage, version: u64) -> Result<()> {
    let storage = storage.clone();
    blocking("writing a checkpoint", move || {
        let engine = engine(&storage)?;
        let snapshot = snapshot(&storage, &engine, version)?;
        snapshot.checkpoint(&engine, None).map(|_| ())
    })
    .await
}

/// Reads all rows of a version, with all columns, into a channel.
pub(crate) async fn scan(
    storage: &Storage,
    version: u64,
    into: mpsc::Sender<Result<RecordBatch>>,
) -> Result<()> {
    let storage = storage.clone();
    blocking("reading through the Delta kernel", move || {
        let engine = Arc::new(engine(&storage)?);
        let snapshot = snapshot(&storage, &engine, version)?;
        let scan = ScanBuilder::new(snapshot).build()?;
        for data in scan.execute(engine)? {
            let batch: RecordBatch = data?.try_into_record_batch()?;
            if into.blocking_send(Ok(batch)).is_err() {
                // The reader has gone.
                break;
            }
        }
        Ok(())
    })
    .await
}
