//! Rows that publishes kept apart: looking at them, and publishing them after all.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use chrono::{DateTime, Utc};
use dataproduct_contract::Contract;
use dataproduct_quality::{Quarantined, ROW_COLUMN, RULES_COLUMN};
use dataproduct_table::{Quarantine, QuarantineRun, Table, replay_id};
use futures::{Stream, TryStreamExt as _};

use crate::publish::{BatchPublisher, Publish, Receipt, Run, Start};
use crate::{Error, Result};

impl BatchPublisher {
    /// The runs of which rows are in quarantine, the oldest first, with the number of rows that broke each rule.
    ///
    /// # Errors
    /// [`Error::Table`] when the table or its store fails.
    pub async fn quarantine(&self) -> Result<Vec<QuarantineRun>> {
        match self.open_quarantine().await? {
            Some((_, quarantine)) => Ok(quarantine.runs().await?),
            None => Ok(Vec::new()),
        }
    }

    /// The rows of a run, with the columns of the quarantine that say why they are there
    /// (`_quarantine_rules`, `_quarantine_row`, `_quarantine_run`, `_quarantine_at`, `_quarantine_contract`).
    ///
    /// # Errors
    /// [`Error::NotQuarantined`] when no rows of that run are in quarantine, [`Error::Table`] when the table or its
    /// store fails.
    pub async fn inspect(
        &self,
        run: &str,
    ) -> Result<impl Stream<Item = Result<RecordBatch>> + Send> {
        let (_, quarantine) = self.shown(run).await?;
        Ok(quarantine.scan(run).await?.stream()?.map_err(Error::from))
    }

    /// Publishes the rows of a run after all, under the contract of this publisher and each batch as `fix` makes it:
    /// they pass the same gates as any rows. Those that break rules still are kept apart again, as rows of the replay;
    /// the others leave the quarantine, exactly once: a replay that was interrupted is completed by the same call, and
    /// repeating one that was completed changes nothing.
    ///
    /// The replay has a publish id of its own, which follows from that of the run. It vouches for no more than what was
    /// vouched for before.
    ///
    /// # Errors
    /// [`Error::NotQuarantined`] when no rows of that run are in quarantine; otherwise as
    /// [`publish`](Self::publish), and then all rows stay where they are.
    pub async fn replay(
        &self,
        run: &str,
        mut fix: impl FnMut(RecordBatch) -> Result<RecordBatch>,
    ) -> Result<Receipt> {
        let id = replay_id(run);
        let Some((table, quarantine)) = self.open_quarantine().await? else {
            return Err(self.not_quarantined(run, &[]));
        };
        let is_done = table.receipt(&id).await?.is_some();
        if !is_done && !quarantine.shows(run).await? {
            return Err(self.not_quarantined(run, &quarantine.runs().await?));
        }
        let as_of = table.snapshot().await?.watermark();
        let how = Publish::append()
            .with_as_of(as_of.unwrap_or_else(|| self.now()))
            .with_publish_id(id)
            .in_part("the publish has only rows that were kept apart before");
        let receipt = match Run::start(self, how).await? {
            Start::Done(receipt) => receipt,
            Start::Fresh(mut replay) => {
                let scan = quarantine
                    .scan(run)
                    .await?
                    .read_as(rows_of(self.contract()));
                let mut rows = scan.stream()?;
                while let Some(batch) = rows.try_next().await? {
                    replay.push(fix(batch)?).await?;
                }
                replay.commit().await?
            }
        };
        // From here on the rows count as replayed, whether or not this is reached.
        quarantine.remove([run]).await?;
        Ok(receipt)
    }

    /// Throws away the rows of runs that were kept apart before an instant: their retention is over. Returns the runs
    /// whose rows are gone.
    ///
    /// # Errors
    /// [`Error::Table`] when the table or its store fails.
    pub async fn expire_quarantine(&self, before: DateTime<Utc>) -> Result<Vec<QuarantineRun>> {
        let Some((_, quarantine)) = self.open_quarantine().await? else {
            return Ok(Vec::new());
        };
        let old = |run: &QuarantineRun| run.quarantined_at < before;
        let expired: Vec<QuarantineRun> =
            quarantine.runs().await?.into_iter().filter(old).collect();
        quarantine
            .remove(expired.iter().map(|run| run.run.as_str()))
            .await?;
        Ok(expired)
    }

    async fn open_quarantine(&self) -> Result<Option<(Table, Quarantine)>> {
        let Some(table) = self.existing().await? else {
            return Ok(None);
        };
        let quarantine = table.quarantine().await?;
        Ok(quarantine.map(|quarantine| (table, quarantine)))
    }

    /// The quarantine, if rows of a run are in it.
    async fn shown(&self, run: &str) -> Result<(Table, Quarantine)> {
        match self.open_quarantine().await? {
            None => Err(self.not_quarantined(run, &[])),
            Some((_, quarantine))
                if !quarantine.shows(run).await? || !quarantine.holds(run).await? =>
            {
                Err(self.not_quarantined(run, &quarantine.runs().await?))
            }
            Some(found) => Ok(found),
        }
    }

    fn not_quarantined(&self, run: &str, known: &[QuarantineRun]) -> Error {
        let known: Vec<&str> = known.iter().take(20).map(|run| run.run.as_str()).collect();
        Error::NotQuarantined {
            product: self.contract().name().clone(),
            run: run.to_owned(),
            known: known.join(", "),
        }
    }
}

/// The columns of the contract as rows in quarantine have them: each may be null.
fn rows_of(contract: &Contract) -> SchemaRef {
    let schema = Quarantined::schema(contract);
    let own = [RULES_COLUMN, ROW_COLUMN];
    let fields = schema
        .fields()
        .iter()
        .filter(|field| !own.contains(&field.name().as_str()));
    Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()))
}
