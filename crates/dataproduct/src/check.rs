//! Checking rows against a contract without publishing them: files, tables and published products.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use arrow_array::RecordBatch;
use chrono::{DateTime, Utc};
use dataproduct_contract::Contract;
use dataproduct_quality::outcome::QualityReport;
use dataproduct_quality::{GateContext, RunError, check_rows};
use dataproduct_table::{Location, Table};
use futures::TryStreamExt as _;

use crate::input::{self, Format};
use crate::product::Product;
use crate::spill::SpillFile;
use crate::{Error, Mesh, Progress, Result, audit};

/// How rows are checked that are not published.
#[derive(Clone, Debug)]
#[must_use]
pub struct DataCheck {
    mesh: Option<Mesh>,
    now: DateTime<Utc>,
    run_id: Option<String>,
    threads: NonZeroUsize,
    progress: Progress,
}

impl Default for DataCheck {
    fn default() -> Self {
        Self {
            mesh: None,
            now: Utc::now(),
            run_id: None,
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            progress: Progress::new(),
        }
    }
}

impl DataCheck {
    /// A check at this moment, on all cores.
    pub fn new() -> Self {
        Self::default()
    }

    /// The mesh in which the products are to which rows refer; without one, rules about references are not evaluated.
    pub fn with_mesh(mut self, mesh: &Mesh) -> Self {
        self.mesh = Some(mesh.clone());
        self
    }

    /// The instant to which ages are told; by default, now.
    pub fn with_now(mut self, now: DateTime<Utc>) -> Self {
        self.now = now;
        self
    }

    /// What names the run in its report; a UUIDv7 by default.
    pub fn with_run_id(mut self, id: impl Into<String>) -> Self {
        self.run_id = Some(id.into());
        self
    }

    /// On how many threads batches are looked at; the report does not depend on it.
    pub fn with_threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// Where it is counted how far the check has come, for others to look at.
    pub fn with_progress(mut self, progress: &Progress) -> Self {
        self.progress = progress.clone();
        self
    }

    /// Checks files or Delta tables, one after another as if they were one: CSV, JSON lines and Parquet by their
    /// ending, a folder with a `_delta_log` as a table. Blocks, and must not be called from asynchronous code.
    ///
    /// # Errors
    /// [`Error::Input`] when a file cannot be read as rows of the contract, [`Error::Columns`] when the rows do not
    /// have its columns, [`Error::Table`] when a table cannot be read.
    pub fn files(&self, contract: &Contract, paths: &[PathBuf]) -> Result<QualityReport> {
        let names: Vec<_> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let open = || {
            let (paths, contract) = (paths.to_vec(), contract.clone());
            let progress = self.progress.clone();
            let batches = paths.into_iter().flat_map(move |path| {
                progress.begin_source();
                match open(&path, &contract) {
                    Ok(batches) => batches,
                    Err(error) => Box::new(std::iter::once(Err(error))),
                }
            });
            Ok(batches)
        };
        self.rows(contract, &names.join(", "), open)
    }

    /// Checks the rows of a published product against a contract, such as the next version of its own. Blocks, and
    /// must not be called from asynchronous code.
    ///
    /// # Errors
    /// As [`files`](Self::files).
    pub fn product(&self, contract: &Contract, product: &Product) -> Result<QualityReport> {
        let source = format!("{}@{}", contract.name(), product.contract().version());
        let open = || {
            let product = product.clone();
            self.progress.begin_source();
            Ok(streamed(move |send| {
                Box::pin(async move {
                    let mut rows = Box::pin(product.read().batches().await?);
                    while let Some(batch) = rows.try_next().await? {
                        if send.send(Ok(batch)).is_err() {
                            break;
                        }
                    }
                    Ok(())
                })
            }))
        };
        self.rows(contract, &source, open)
    }

    /// Checks batches, which `open` gives each time anew, in the same order. Blocks, and must not be called from
    /// asynchronous code.
    ///
    /// # Errors
    /// What `open` and the rows say, and [`Error::Columns`] when they do not have the contract's columns.
    pub fn rows<I: Iterator<Item = Result<RecordBatch>> + Send>(
        &self,
        contract: &Contract,
        source: &str,
        mut open: impl FnMut() -> Result<I>,
    ) -> Result<QualityReport> {
        let id = self.run_id.clone();
        let id = id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        let mut context = GateContext::new(id, self.now)
            .with_source(source)
            .with_spill(|| Box::new(SpillFile::default()));
        if let Some(mesh) = &self.mesh {
            let runtime = runtime()?;
            context = runtime.block_on(audit::with_keys(mesh, contract, context));
        }
        let open = || {
            self.progress.begin_pass();
            Ok(self.progress.counted(open()?))
        };
        check_rows(contract, context, self.threads, open).map_err(|error| match error {
            RunError::Rows(error) => error,
            RunError::Columns(report) => Error::Columns { report },
            error => Error::Input {
                reason: error.to_string(),
                source: None,
            },
        })
    }
}

/// The batches of a file or a table.
fn open(path: &Path, contract: &Contract) -> Result<input::Batches> {
    if path.join("_delta_log").is_dir() {
        let location = Location::parse(&path.display().to_string())?;
        return Ok(Box::new(streamed(move |send| {
            Box::pin(async move {
                let mut rows = Table::open(&location)
                    .await?
                    .snapshot()
                    .await?
                    .scan()
                    .stream()?;
                while let Some(batch) = rows.try_next().await? {
                    if send.send(Ok(batch)).is_err() {
                        break;
                    }
                }
                Ok(())
            })
        })));
    }
    input::open(path, Format::of(path)?, contract)
}

type Sending = std::pin::Pin<Box<dyn Future<Output = Result<()>>>>;

/// The batches that asynchronous work sends, on a thread and a runtime of its own; few wait at a time.
fn streamed(
    work: impl FnOnce(mpsc::SyncSender<Result<RecordBatch>>) -> Sending + Send + 'static,
) -> impl Iterator<Item = Result<RecordBatch>> + Send {
    let (sender, receiver) = mpsc::sync_channel(4);
    std::thread::spawn(move || {
        let done = runtime().and_then(|runtime| runtime.block_on(work(sender.clone())));
        if let Err(error) = done {
            // A receiver that is gone has failed already.
            let _gone = sender.send(Err(error));
        }
    });
    receiver.into_iter()
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new()
        .map_err(|error| Error::input("the machine gives no threads to read with", error))
}
