//! Who publishes: rows of a type, or batches under a contract.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::RecordBatch;
use chrono::{DateTime, Utc};
use dataproduct_contract::Contract;
use dataproduct_contract::row::{DEFAULT_ROWS_PER_BATCH, DataProduct};
use dataproduct_table::{Location, Table, TableOptions};
use tokio::sync::mpsc;

use crate::input::{self, Format};
use crate::product::newest_publish;
use crate::publish::{Publish, Receipt, Run, Start, find_table};
use crate::{Error, Mesh, Result, life};

/// Publishes rows of one type.
pub struct Publisher<T> {
    batches: BatchPublisher,
    row: PhantomData<fn(T)>,
}

impl<T> fmt::Debug for Publisher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Publisher")
            .field(&self.batches.contract)
            .finish()
    }
}

impl<T: DataProduct> Publisher<T> {
    pub(crate) fn new(batches: BatchPublisher) -> Self {
        Self {
            batches,
            row: PhantomData,
        }
    }

    pub(crate) fn batches(&self) -> &BatchPublisher {
        &self.batches
    }

    /// The contract that is published under.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.batches.contract
    }

    /// Publishes rows: all of them or, on any error, none.
    ///
    /// # Errors
    /// As [`BatchPublisher::publish`], and [`Error::Row`] for a value that a column cannot hold.
    pub async fn publish<R: Borrow<T>>(
        &self,
        rows: impl IntoIterator<Item = R>,
        how: Publish,
    ) -> Result<Receipt> {
        let batches =
            T::batches(rows, DEFAULT_ROWS_PER_BATCH).map(|batch| batch.map_err(Error::from));
        self.batches.try_publish(batches, how).await
    }

    /// Publishes no rows, only that the product is complete up to an instant: a heartbeat.
    ///
    /// # Errors
    /// As [`BatchPublisher::publish`].
    pub async fn heartbeat(&self, as_of: DateTime<Utc>) -> Result<Receipt> {
        self.batches.heartbeat(as_of).await
    }
}

/// Publishes record batches under a contract.
#[derive(Clone, Debug)]
pub struct BatchPublisher {
    pub(crate) mesh: Mesh,
    pub(crate) contract: Contract,
    pub(crate) location: Location,
    /// The table, where it stays open from publish to publish.
    open: Option<Open>,
}

/// A table that stays open once it was found.
#[derive(Clone, Debug)]
struct Open {
    options: TableOptions,
    table: Arc<Mutex<Option<Table>>>,
}

impl Open {
    fn table(&self) -> MutexGuard<'_, Option<Table>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BatchPublisher {
    pub(crate) fn new(mesh: Mesh, contract: Contract, location: Location) -> Self {
        Self {
            mesh,
            contract,
            location,
            open: None,
        }
    }

    /// One that keeps the table open: what is known of it need not be read anew for each publish.
    pub(crate) fn with_table_open(&self, options: TableOptions) -> Self {
        let table = Arc::default();
        Self {
            open: Some(Open { options, table }),
            ..self.clone()
        }
    }

    /// Has the table opened anew for the next publish.
    pub(crate) fn close_table(&self) {
        if let Some(open) = &self.open {
            open.table().take();
        }
    }

    /// The contract that is published under.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Publishes batches: all of them or, on any error, none. The first publish under a newer contract brings the table
    /// to its columns in the same commit, or leaves it as it was.
    ///
    /// # Errors
    /// [`Error::Lifecycle`] when the contract is retired or past its sunset, [`Error::Evolution`] when it
    /// cannot follow what is published, [`Error::Refused`] when a batch does not keep its promises, and
    /// [`Error::Table`] when the table or its store fails; of these only
    /// [`dataproduct_table::Error::OutcomeUnknown`] leaves open whether the rows are visible, and the
    /// same call with the same id settles it.
    pub async fn publish(
        &self,
        batches: impl IntoIterator<Item = RecordBatch>,
        how: Publish,
    ) -> Result<Receipt> {
        self.try_publish(batches.into_iter().map(Ok), how).await
    }

    /// Publishes the rows of a CSV, JSON lines or Parquet file, by its ending: all of them or none.
    ///
    /// # Errors
    /// As [`publish`](Self::publish), and [`Error::Input`] when the file cannot be read as rows of the
    /// contract.
    pub async fn publish_file(&self, path: impl AsRef<Path>, how: Publish) -> Result<Receipt> {
        let path = path.as_ref();
        how.progress.begin_pass();
        how.progress.begin_source();
        let source = input::open(path, Format::of(path)?, &self.contract)?;
        let source = how.progress.counted(source);
        // Reading and parsing block, so they have a thread of their own; two batches wait at most.
        let (sender, mut receiver) = mpsc::channel(2);
        let reader = tokio::task::spawn_blocking(move || {
            for batch in source {
                // A receiver that is gone has failed already and wants no more.
                if sender.blocking_send(batch).is_err() {
                    break;
                }
            }
        });
        let mut run = match Run::start(self, how).await? {
            Start::Fresh(run) => run,
            Start::Done(receipt) => return Ok(receipt),
        };
        while let Some(batch) = receiver.recv().await {
            run.push(batch?).await?;
        }
        // A reader that stopped without saying why has not given all rows.
        reader
            .await
            .map_err(|e| Error::input(format!("reading `{}` broke off", path.display()), e))?;
        run.commit().await
    }

    /// Publishes no rows, only that the product is complete up to an instant: a heartbeat.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub async fn heartbeat(&self, as_of: DateTime<Utc>) -> Result<Receipt> {
        let how = Publish::append().with_as_of(as_of).in_part(NO_ROWS);
        self.try_publish(std::iter::empty(), how).await
    }

    /// Ends the product's major version: from then on its readers get [`Error::Retired`], which names the successor.
    /// The contract of this publisher has the status retired; no rows are published and nothing is vouched for.
    ///
    /// # Errors
    /// [`Error::Lifecycle`] when the contract is not retired, or what is published has no sunset or is not past it:
    /// consumers were told that they may read until then. [`Error::NotPublished`] when there is nothing to retire.
    /// Otherwise as [`publish`](Self::publish).
    pub async fn retire(&self) -> Result<Receipt> {
        let table = Table::open(&self.location).await?;
        let snapshot = table.snapshot().await?;
        let Some(publish) = newest_publish(&snapshot).await? else {
            return Err(Error::NotPublished {
                reference: self.contract.name().to_string(),
                offered: String::new(),
            });
        };
        let published = publish.contract(&table).await?;
        life::may_retire(&self.contract, &published, self.now())?;
        let as_of = snapshot.watermark().unwrap_or(publish.committed_at);
        let how = Publish::append().with_as_of(as_of).in_part(NO_ROWS);
        let run = Run::begin(self, table, how, as_of).await?;
        run.commit().await
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.mesh.0.now()
    }

    /// The table, if there is one.
    pub(crate) async fn existing(&self) -> Result<Option<Table>> {
        let Some(open) = &self.open else {
            return find_table(&self.location, TableOptions::default()).await;
        };
        let known = open.table().clone();
        if known.is_some() {
            return Ok(known);
        }
        let table = find_table(&self.location, open.options).await?;
        open.table().clone_from(&table);
        Ok(table)
    }

    async fn try_publish(
        &self,
        batches: impl IntoIterator<Item = Result<RecordBatch>>,
        how: Publish,
    ) -> Result<Receipt> {
        how.progress.begin_pass();
        let batches = how.progress.counted(batches.into_iter());
        let mut run = match Run::start(self, how).await? {
            Start::Fresh(run) => run,
            Start::Done(receipt) => return Ok(receipt),
        };
        for batch in batches {
            run.push(batch?).await?;
        }
        run.commit().await
    }
}

/// Why no figures are taken of a publish without rows.
const NO_ROWS: &str = "the publish has no rows, it only says up to when the product is complete";
