//! The publish flow, top to bottom: one function a step, in the order in which they happen.
//!
//! Nothing here can be skipped from outside: the table takes only batches that the quality gate has
//! admitted, and this is the only place that has both a gate and a writer.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::time::Instant;

use arrow_array::RecordBatch;
use bytes::Bytes;
use chrono::{DateTime, SubsecRound as _, Utc};
use dataproduct_contract::row::{DEFAULT_ROWS_PER_BATCH, DataProduct, RowError};
use dataproduct_contract::{Contract, ProductName, Version};
use dataproduct_table::{
    Attempt, DEFAULT_COMMIT_TIMEOUT, Literal, Location, Mode, Predicate, PublishFacts, SoftLimit,
    Table, TableSpec, Upsert, WriteOptions, Writer,
};
use tokio::sync::mpsc;

use crate::audit::Audit;
use crate::evolution::{self, Passed};
use crate::input::{self, Format};
use crate::product::newest_publish;
use crate::{Error, Mesh, Progress, Result, life};

/// How a publish goes about: what it replaces, up to when it is complete, and by which id it is known.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Publish {
    mode: Mode,
    /// Whether rows are changed by the key that the contract names.
    by_key: bool,
    deletes: Vec<RecordBatch>,
    as_of: Option<DateTime<Utc>>,
    publish_id: Option<String>,
    /// Why the rows are only a part of what figures are promised of, if they are.
    part: Option<&'static str>,
    progress: Progress,
}

impl Publish {
    /// Adds rows to those published before. A row whose key one of them has breaks the rule `key`: it is refused, or
    /// kept apart if the contract says so.
    pub fn append() -> Self {
        Self::default()
    }

    /// Replaces everything published before.
    pub fn replace() -> Self {
        Self {
            mode: Mode::ReplaceAll,
            ..Self::default()
        }
    }

    /// Replaces the partition with these values, one for each partition column; may be repeated.
    pub fn replace_partition<L: Into<Literal>>(
        self,
        values: impl IntoIterator<Item = (&'static str, L)>,
    ) -> Self {
        let values = values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let mut partitions = match self.mode {
            Mode::ReplacePartitions(partitions) => partitions,
            _ => Vec::new(),
        };
        partitions.push(values);
        Self {
            mode: Mode::ReplacePartitions(partitions),
            ..self
        }
    }

    /// Replaces the rows for which a predicate is true; where it is false or null they stay. It must be true for every
    /// row published: the first other one is refused as [`Error::Table`], by its number.
    pub fn replace_where(predicate: Predicate) -> Self {
        Self {
            mode: Mode::ReplaceWhere(predicate),
            ..Self::default()
        }
    }

    /// Puts each row in the place of the one with its primary key, or adds it. Of two rows of a key the one with the
    /// later event time counts, if the contract has such a column, so that what arrives late changes nothing; else the
    /// one published later.
    ///
    /// The contract must have a primary key and the custom property `delta.enableDeletionVectors: true`, since programs
    /// that do not know deletion vectors cannot read the table (docs/format.md names them).
    pub fn upsert() -> Self {
        Self {
            by_key: true,
            ..Self::default()
        }
    }

    /// Takes out the rows with these keys as well: the columns of the primary key and, if the contract has one, of the
    /// event time, in any order. For an [upsert](Self::upsert); may be repeated.
    pub fn with_deletes(mut self, keys: RecordBatch) -> Self {
        self.deletes.push(keys);
        self
    }

    /// What the table is to do with the rows that are there.
    fn mode_for(&self, contract: &Contract) -> Mode {
        if !self.by_key {
            return self.mode.clone();
        }
        let key = contract.key();
        let upsert = Upsert::by(key.iter().map(|column| column.name.clone()));
        Mode::Upsert(match contract.event_time() {
            Some(column) => upsert.latest_by(column.name.clone()),
            None => upsert,
        })
    }

    /// Vouches that the product is complete up to that instant; by default, up to the start of the
    /// publish.
    pub fn with_as_of(mut self, as_of: DateTime<Utc>) -> Self {
        self.as_of = Some(as_of);
        self
    }

    /// Says that the rows are only a part of what figures are promised of, so that none is taken.
    pub(crate) fn in_part(mut self, why: &'static str) -> Self {
        self.part = Some(why);
        self
    }

    /// Vouches up to that instant, unless another one is set.
    pub(crate) fn with_default_as_of(mut self, now: DateTime<Utc>) -> Self {
        self.as_of.get_or_insert(now);
        self
    }

    /// Sets the id of the publish; a UUIDv7 by default. The same id twice is one commit.
    pub fn with_publish_id(mut self, id: impl Into<String>) -> Self {
        self.publish_id = Some(id.into());
        self
    }

    /// Where the rows of batches and files are counted as they are read, for others to look at.
    pub fn with_progress(mut self, progress: &Progress) -> Self {
        self.progress = progress.clone();
        self
    }
}

/// What a publisher gets back: proof that the rows are visible.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The product.
    pub product: ProductName,
    /// The version of the contract.
    pub contract_version: Version,
    /// The version of the table that the publish made.
    pub table_version: u64,
    /// When it became visible.
    pub committed_at: DateTime<Utc>,
    /// Up to when the product is complete.
    pub as_of: DateTime<Utc>,
    /// The id by which the publish is known.
    pub publish_id: String,
    /// How many rows were published.
    pub rows: u64,
    /// How many rows were kept apart; 0 for a publish that was made by an earlier call.
    pub quarantined: u64,
    /// How many data files they are in.
    pub files: u64,
    /// How large those files are together.
    pub bytes: u64,
    /// Whether an earlier call with the same id had already published this.
    pub already_published: bool,
    /// What makes the table expensive to open and read, if anything: it is to be looked after.
    pub limits: Vec<SoftLimit>,
}

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
    mesh: Mesh,
    contract: Contract,
    location: Location,
}

impl BatchPublisher {
    pub(crate) fn new(mesh: Mesh, contract: Contract, location: Location) -> Self {
        Self {
            mesh,
            contract,
            location,
        }
    }

    /// The contract that is published under.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Publishes batches: all of them or, on any error, none.
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
        find_table(&self.location).await
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

/// How a publish starts.
pub(crate) enum Start {
    /// With everything before it.
    Fresh(Box<Run>),
    /// With nothing to do: an earlier call with the same id has published it.
    Done(Receipt),
}

impl Start {
    /// The id that the publish is known by.
    pub(crate) fn publish_id(&self) -> &str {
        match self {
            Self::Fresh(run) => run.publish_id(),
            Self::Done(receipt) => &receipt.publish_id,
        }
    }

    /// Publishes a batch with the others, if there is something to do.
    pub(crate) async fn push(
        &mut self,
        batch: impl FnOnce() -> Result<RecordBatch, RowError>,
    ) -> Result<()> {
        match self {
            Self::Fresh(run) => run.push(batch()?).await,
            Self::Done(_) => Ok(()),
        }
    }

    /// All that can be refused before anything is visible.
    pub(crate) async fn prepare(&mut self) -> Result<()> {
        match self {
            Self::Fresh(run) => run.prepare().await,
            Self::Done(_) => Ok(()),
        }
    }

    /// The commit, or what an earlier call has published.
    pub(crate) async fn publish(self) -> Result<Receipt> {
        match self {
            Self::Fresh(run) => run.publish().await,
            Self::Done(receipt) => Ok(receipt),
        }
    }
}

/// One publish under way. Dropped before [`commit`](Self::commit), it leaves nothing visible.
pub(crate) struct Run {
    contract: Contract,
    audit: Audit,
    table: Table,
    writer: Writer,
    passed: Passed,
    as_of: DateTime<Utc>,
    /// What another call with the same id has published meanwhile.
    published: Option<dataproduct_table::Receipt>,
}

impl Run {
    /// Steps 1 to 4: lifecycle, table, evolution gate, writer. What is published already is only told, whatever was
    /// published since and however late it is.
    pub(crate) async fn start(publisher: &BatchPublisher, how: Publish) -> Result<Start> {
        let contract = publisher.contract.clone();
        let now = publisher.mesh.0.now();
        let as_of = how.as_of.unwrap_or(now).trunc_subsecs(6);
        let existing = find_table(&publisher.location).await?;
        if let (Some(table), Some(id)) = (&existing, &how.publish_id)
            && let Some(receipt) = table.receipt(id).await?
        {
            return Ok(Start::Done(receipt_of(&contract, as_of, receipt)));
        }
        life::may_publish(&contract, now)?;
        let table = match existing {
            Some(table) => table,
            None => make_table(&publisher.location, &contract).await?,
        };
        let run = Self::begin(publisher, table, how, as_of).await?;
        Ok(Start::Fresh(Box::new(run)))
    }

    /// Steps 3 and 4: evolution gate, writer.
    async fn begin(
        publisher: &BatchPublisher,
        table: Table,
        how: Publish,
        as_of: DateTime<Utc>,
    ) -> Result<Self> {
        let contract = publisher.contract.clone();
        let mesh = &publisher.mesh.0;
        let today = mesh.now().date_naive();
        let passed = evolution::gate(&table, &contract, mesh, today).await?;
        if passed.is_new {
            table.evolve(&TableSpec::from_contract(&contract)).await?;
        }
        let facts = PublishFacts {
            contract_version: Some(contract.version().to_string()),
            contract_digest: Some(contract.digest().to_owned()),
            as_of: Some(as_of),
            producer: Some(contract.owner().to_owned()),
            ..PublishFacts::default()
        };
        let mut options = WriteOptions::new()
            .with_mode(how.mode_for(&contract))
            .with_facts(facts)
            .with_contract_before(passed.before.clone());
        if let Some(id) = how.publish_id {
            options = options.with_publish_id(id);
        }
        let mut writer = table.write(options).await?;
        for keys in &how.deletes {
            writer.delete(keys)?;
        }
        let audit = Audit::begin(
            &publisher.mesh,
            &contract,
            &table,
            writer.publish_id(),
            how.part,
        )
        .await?;
        Ok(Self {
            audit,
            contract,
            table,
            writer,
            passed,
            as_of,
            published: None,
        })
    }

    /// Steps 5 and 6: quality gate, encoding. After a batch was refused the gate goes on counting and nothing is
    /// written any more.
    pub(crate) async fn push(&mut self, batch: RecordBatch) -> Result<()> {
        match self.audit.check(batch).await? {
            Some(rows) => Ok(self.writer.push(&rows).await?),
            None => Ok(()),
        }
    }

    /// The id that the publish is known by.
    fn publish_id(&self) -> &str {
        self.writer.publish_id()
    }

    /// Steps 7 and 8: commit, and finding out what became of it.
    pub(crate) async fn commit(mut self) -> Result<Receipt> {
        self.prepare().await?;
        self.publish().await
    }

    /// Step 7: the audit ends, the contract is stored before a commit names it, and what was proven still holds.
    pub(crate) async fn prepare(&mut self) -> Result<()> {
        if let Err(error) = self.audit.end(&mut self.writer).await {
            // The keys that are there already may be those of this very publish.
            self.published = self.table.receipt(self.writer.publish_id()).await?;
            return match self.published {
                Some(_) => Ok(()),
                None => Err(error),
            };
        }
        // Should others have published under a newer contract meanwhile, the commit fails.
        if self.passed.is_new {
            let text = Bytes::copy_from_slice(self.contract.to_yaml().as_bytes());
            let version = self.contract.version().to_string();
            self.table.put_contract(&version, text).await?;
        }
        self.prove_again().await
    }

    /// What was proven has to hold on the version that the keys were judged on, or on a newer one.
    async fn prove_again(&mut self) -> Result<()> {
        if let Some(proven) = evolution::prove_again(&self.table, &self.passed).await? {
            let judged = self.audit.version().unwrap_or(proven);
            self.writer.expect_version(proven.min(judged));
        }
        Ok(())
    }

    /// Step 8: the commit, and finding out what became of it.
    pub(crate) async fn publish(mut self) -> Result<Receipt> {
        if let Some(receipt) = self.published.take() {
            return Ok(receipt_of(&self.contract, self.as_of, receipt));
        }
        self.audit.keep_apart().await?;
        let receipt = self.commit_behind().await?;
        let mut receipt = receipt_of(&self.contract, self.as_of, receipt);
        receipt.quarantined = self.audit.quarantined();
        Ok(receipt)
    }
}

impl Run {
    /// Commits behind the version that the publish was judged on. Where others came first it is judged again against
    /// what they have published.
    async fn commit_behind(&mut self) -> Result<dataproduct_table::Receipt> {
        let start = Instant::now();
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.writer.try_commit().await? {
                Attempt::Done(receipt) => return Ok(*receipt),
                Attempt::Moved { version } if self.audit.version().is_none() => {
                    return Err(moved(version).into());
                }
                Attempt::Moved { .. } if start.elapsed() > DEFAULT_COMMIT_TIMEOUT => {
                    let publish_id = self.writer.publish_id().to_owned();
                    return Err(dataproduct_table::Error::Contention {
                        publish_id,
                        attempts,
                    }
                    .into());
                }
                Attempt::Moved { .. } => {
                    if let Err(error) = self.audit.again(&mut self.writer).await {
                        let published = self.table.receipt(self.writer.publish_id()).await?;
                        return published.ok_or(error);
                    }
                    self.prove_again().await?;
                }
            }
        }
    }
}

fn moved(version: u64) -> dataproduct_table::Error {
    dataproduct_table::Error::Conflict {
        version,
        reason: "came after what this publish was judged on".to_owned(),
    }
}

/// What an earlier call with the same id has published is told as that call published it.
fn receipt_of(
    contract: &Contract,
    as_of: DateTime<Utc>,
    receipt: dataproduct_table::Receipt,
) -> Receipt {
    let published = receipt.facts.as_ref().map(|facts| &facts.published);
    let version = published.and_then(|facts| facts.contract_version.as_ref()?.parse().ok());
    Receipt {
        product: contract.name().clone(),
        contract_version: version.unwrap_or_else(|| contract.version().clone()),
        table_version: receipt.version,
        committed_at: receipt.committed_at,
        as_of: published.and_then(|facts| facts.as_of).unwrap_or(as_of),
        rows: receipt.rows(),
        quarantined: 0,
        files: receipt.files(),
        bytes: receipt.bytes(),
        publish_id: receipt.publish_id,
        already_published: receipt.already_published,
        limits: receipt.limits,
    }
}

/// The table of this major version, if there is one.
async fn find_table(location: &Location) -> Result<Option<Table>> {
    match Table::open(location).await {
        Ok(table) => Ok(Some(table)),
        Err(dataproduct_table::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Step 2: the table of this major version, made when there is none.
async fn make_table(location: &Location, contract: &Contract) -> Result<Table> {
    Ok(Table::open_or_create(location, &TableSpec::from_contract(contract)).await?)
}
