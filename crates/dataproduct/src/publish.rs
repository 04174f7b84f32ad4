//! The publish flow, top to bottom: one function a step, in the order in which they happen.
//!
//! Nothing here can be skipped from outside: the table takes only batches that the quality gate has
//! admitted, and this is the only place that has both a gate and a writer.

mod how;

use std::time::Instant;

use arrow_array::RecordBatch;
use bytes::Bytes;
use chrono::{DateTime, SubsecRound as _, Utc};
use dataproduct_contract::row::RowError;
use dataproduct_contract::{Contract, ProductName, Version};
use dataproduct_table::{
    Attempt, DEFAULT_COMMIT_TIMEOUT, Location, Mode, PublishFacts, SoftLimit, Table, TableOptions,
    TableSpec, WriteOptions, Writer,
};

pub use self::how::Publish;
use crate::audit::Audit;
use crate::evolution::{self, Passed};
use crate::publisher::BatchPublisher;
use crate::{Result, life};

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
        let existing = publisher.existing().await?;
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
    pub(crate) async fn begin(
        publisher: &BatchPublisher,
        table: Table,
        how: Publish,
        as_of: DateTime<Utc>,
    ) -> Result<Self> {
        let contract = publisher.contract.clone();
        let mesh = &publisher.mesh.0;
        let today = mesh.now().date_naive();
        let passed = evolution::gate(&table, &contract, mesh, today).await?;
        let facts = PublishFacts {
            contract_version: Some(contract.version().to_string()),
            contract_digest: Some(contract.digest().to_owned()),
            as_of: Some(as_of),
            producer: Some(contract.owner().to_owned()),
            ..PublishFacts::default()
        };
        let mode = how.mode_for(&contract);
        let by_key = match &mode {
            Mode::Upsert(upsert) => Some(upsert.clone()),
            _ => None,
        };
        let mut options = WriteOptions::new()
            .with_mode(mode)
            .with_facts(facts)
            .with_contract_before(passed.before.clone());
        if passed.is_new {
            options = options.with_evolution(TableSpec::from_contract(&contract));
        }
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
            by_key.as_ref(),
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
pub(crate) fn receipt_of(
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
pub(crate) async fn find_table(
    location: &Location,
    options: TableOptions,
) -> Result<Option<Table>> {
    match Table::open_with(location, options).await {
        Ok(table) => Ok(Some(table)),
        Err(dataproduct_table::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Step 2: the table of this major version, made when there is none.
async fn make_table(location: &Location, contract: &Contract) -> Result<Table> {
    Ok(Table::open_or_create(location, &TableSpec::from_contract(contract)).await?)
}
