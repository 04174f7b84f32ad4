//! Rows that publishes kept apart: looking at them, and publishing them after all.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array as _, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use chrono::{DateTime, Utc};
use dataproduct_contract::Contract;
use dataproduct_quality::{Quarantined, ROW_COLUMN, RULES_COLUMN, TEXT_COLUMN};
use dataproduct_table::{Quarantine, QuarantineRun, Table, replay_id};
use futures::{Stream, TryStreamExt as _};

use crate::publish::{Publish, Receipt, Run, Start};
use crate::publisher::BatchPublisher;
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
    /// A value that could not be cast comes back as the text that it was: its column is text, in the batch, with the
    /// values of the other rows written out, and is cast again.
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
                let has_texts = quarantine.table().snapshot().await?;
                let has_texts = has_texts.schema().field_with_name(TEXT_COLUMN).is_ok();
                let scan = quarantine
                    .scan(run)
                    .await?
                    .read_as(rows_of(self.contract(), has_texts));
                let mut rows = scan.stream()?;
                while let Some(batch) = rows.try_next().await? {
                    replay.push(fix(as_came(&batch)?)?).await?;
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
/// Where the table has values that could not be cast, they come with them.
fn rows_of(contract: &Contract, with_texts: bool) -> SchemaRef {
    let schema = Quarantined::schema(contract);
    let own = [RULES_COLUMN, ROW_COLUMN, TEXT_COLUMN];
    let fields = schema
        .fields()
        .iter()
        .filter(|field| !own.contains(&field.name().as_str()))
        .cloned();
    let texts = with_texts.then(|| Arc::new(Quarantined::text_field()));
    Arc::new(Schema::new(fields.chain(texts).collect::<Vec<_>>()))
}

/// The values of a column written out, instants with their offset from UTC.
fn written(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let array = match array.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let with_offset = DataType::Timestamp(*unit, Some("+00:00".into()));
            arrow_cast::cast(array, &with_offset)?
        }
        _ => Arc::clone(array),
    };
    arrow_cast::cast(&array, &DataType::Utf8)
}

/// The rows with the values that could not be cast as the text that they were.
fn as_came(batch: &RecordBatch) -> Result<RecordBatch> {
    let Some(texts) = batch.column_by_name(TEXT_COLUMN) else {
        return Ok(batch.clone());
    };
    let unfit = |error| Error::input("the rows in quarantine do not fit each other", error);
    let texts = texts.as_map();
    // By column: the rows in which its value could not be cast, with the text.
    let mut came: HashMap<String, Vec<(usize, String)>> = HashMap::new();
    for row in (0..batch.num_rows()).filter(|row| texts.is_valid(*row)) {
        let entries = texts.value(row);
        let (columns, values) = (
            entries.column(0).as_string::<i32>(),
            entries.column(1).as_string::<i32>(),
        );
        for (column, value) in columns.iter().flatten().zip(values.iter().flatten()) {
            let rows = came.entry(column.to_owned()).or_default();
            rows.push((row, value.to_owned()));
        }
    }
    let mut columns: Vec<(&str, ArrayRef, bool)> = Vec::new();
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if field.name() == TEXT_COLUMN {
            continue;
        }
        let array = match came.remove(field.name()) {
            None => Arc::clone(array),
            Some(rows) => {
                let written = written(array).map_err(unfit)?;
                let mut written: Vec<_> = written.as_string::<i32>().iter().collect();
                for (row, text) in &rows {
                    written[*row] = Some(text);
                }
                Arc::new(StringArray::from(written)) as ArrayRef
            }
        };
        columns.push((field.name(), array, true));
    }
    RecordBatch::try_from_iter_with_nullable(columns).map_err(unfit)
}
