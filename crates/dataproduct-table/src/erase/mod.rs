//! Erasing a subject: every row in which a column has a value goes for good, from the newest version and from whatever
//! older ones left behind.
//!
//! First the newest version: the files that hold such a row are written anew without it, in one commit. Files in which
//! such a row was taken out by a deletion vector still have its bytes and are among them. Then what is older: data files
//! that are not part of the newest version, log entries and checkpoints whose statistics are of such files, reports with
//! samples. These go once nobody may be using them any more; until then they are told as pending, and the same call
//! later takes them away.
//!
//! The log goes before the data files: what a log entry gives away is known by the files that it names.

mod past;
mod receipt;
mod subject;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use arrow_array::BooleanArray;
use arrow_array::cast::AsArray;
use arrow_select::filter::filter_record_batch;
use futures::TryStreamExt;

pub use self::receipt::{ErasureReceipt, PendingErasure};
use self::subject::Subject;
use crate::deletion::unique_id;
use crate::error::{Error, Result};
use crate::log::action::Add;
use crate::log::state::TableState;
use crate::predicate::{Literal, Predicate};
use crate::quarantine::RUN_COLUMN;
use crate::reports;
use crate::scan::native;
use crate::snapshot::{Snapshot, path_of};
use crate::table::Table;
use crate::vacuum::SHORTEST_RETENTION;
use crate::write::commit::Exchange;
use crate::write::options::WriteOptions;
use crate::write::writer::{Attempt, Writer};

/// For how long readers of older versions may go on before what was erased goes for good: a day.
pub const DEFAULT_GRACE: Duration = SHORTEST_RETENTION;

/// How often publishes of others may come in between.
const TRIES: u32 = 10;

/// What the log calls it.
pub(crate) const OPERATION: &str = "DELETE";

/// Among the parameters of the operation: says that it was an erasure.
pub(crate) const PARAMETER: &str = "erasedBy";

/// Whose rows are erased.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Erasure {
    column: String,
    values: Vec<Literal>,
    grace: Duration,
    dry_run: bool,
}

impl Erasure {
    /// All rows in which the column has one of the values. The column may not part the rows into folders.
    pub fn of<L: Into<Literal>>(
        column: impl Into<String>,
        values: impl IntoIterator<Item = L>,
    ) -> Self {
        Self {
            column: column.into(),
            values: values.into_iter().map(Into::into).collect(),
            grace: DEFAULT_GRACE,
            dry_run: false,
        }
    }

    /// For how long readers of older versions may go on; the default is [`DEFAULT_GRACE`]. None at all is for when no
    /// other process publishes or reads: see [`crate::LogCleanup::with_short_retention`].
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Changes nothing and only says what would be done.
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    pub(crate) fn column(&self) -> &str {
        &self.column
    }

    pub(crate) fn values(&self) -> &[Literal] {
        &self.values
    }
}

impl Table {
    /// Erases a subject from the table, from what older versions left in its folder, and from the quarantine beside it.
    ///
    /// Readers of the newest version see the rows go in one commit. Everything older that holds such a row goes when
    /// its grace is over and no reader holds a version that needs it; with the log entries go all versions older than
    /// that commit. What is still there is told as pending: the same call later goes on, and changes nothing that is
    /// done. A publish that is under way meanwhile and has such rows brings them back: stop those first.
    ///
    /// What is not reached: older versions of an object that the store itself keeps, backups, copies that readers made,
    /// and rows that others publish later.
    ///
    /// # Errors
    ///
    /// `NoSuchColumn` and `InvalidPredicate` if column or values are not such; `Unsupported` if the column parts the
    /// rows into folders, or the table is append-only or of another program's features; `Conflict` if publishes of other
    /// processes kept changing the files; those of a scan, of [`crate::Writer::commit`] and of [`Table::clean_log`].
    /// What was done before the error stays done, and the same call goes on from there.
    ///
    /// # Example
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// use std::sync::Arc;
    /// use arrow_schema::{DataType, Field, Schema};
    /// use dataproduct_table::{Erasure, Location, Table, TableSpec};
    ///
    /// let schema = Schema::new(vec![Field::new("customer", DataType::Utf8, false)]);
    /// let location = Location::parse("memory://doc/orders")?;
    /// let table = Table::create(&location, &TableSpec::new(Arc::new(schema))).await?;
    ///
    /// let receipt = table.erase(&Erasure::of("customer", ["C-4711"])).await?;
    /// assert!(receipt.is_complete());
    /// assert_eq!(receipt.rows, 0);
    /// # Ok::<_, dataproduct_table::Error>(())
    /// # })?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn erase(&self, what: &Erasure) -> Result<ErasureReceipt> {
        let quarantine = self.quarantine().await?;
        let apart = match &quarantine {
            Some(quarantine) => {
                let snapshot = quarantine.table().snapshot().await?;
                let has_column = snapshot.schema().field_with_name(&what.column).is_ok();
                has_column.then_some((quarantine.table(), snapshot))
            }
            None => None,
        };
        // Reports of publishes that kept such a row apart may have a sample of it that does not show the column.
        let mut reports = HashSet::new();
        if let Some((_, snapshot)) = &apart {
            let predicate = Predicate::is_in(what.column.clone(), what.values.iter().cloned());
            let scan = snapshot.scan().select([RUN_COLUMN]).filter(predicate);
            let mut rows = scan.stream()?;
            while let Some(batch) = rows.try_next().await? {
                let runs = batch.column(0).as_string_opt::<i32>();
                let runs = runs.into_iter().flat_map(|runs| runs.iter().flatten());
                reports.extend(runs.map(reports::name_of));
            }
        }
        let mut receipt = self.erase_here(what, reports).await?;
        if let Some((table, _)) = apart {
            receipt.quarantine = Some(Box::new(table.erase_here(what, HashSet::new()).await?));
        }
        Ok(receipt)
    }

    /// Erases from this table alone; `reports` may have samples besides.
    async fn erase_here(&self, what: &Erasure, reports: HashSet<String>) -> Result<ErasureReceipt> {
        let mut receipt = ErasureReceipt {
            format_version: 1,
            location: self.location().to_string(),
            column: what.column.clone(),
            values: what.values.len() as u64,
            dry_run: what.dry_run,
            at: receipt::instant(self.location().now_millis()),
            ..ErasureReceipt::default()
        };
        let holders = self.erase_newest(what, &mut receipt).await?;
        self.erase_past(what, holders, reports, &mut receipt)
            .await?;
        Ok(receipt)
    }

    /// Takes the rows out of the newest version; gives the files that held one.
    async fn erase_newest(
        &self,
        what: &Erasure,
        receipt: &mut ErasureReceipt,
    ) -> Result<Vec<Arc<Add>>> {
        let mut done = Rewritten::default();
        for attempt in 1.. {
            // Who lost once lets the publishers of this process wait.
            let turn = match attempt {
                1 => None,
                _ => Some(self.queue().lock_owned().await),
            };
            let state = self.newest().await?;
            if let Some(feature) = state.foreign_to_write() {
                return Err(Error::Unsupported {
                    what: format!("erasing from a table with {feature}"),
                });
            }
            state.check_not_append_only()?;
            let subject = Subject::of(self, &state, &what.column, &what.values)?;
            let mut holders = Vec::new();
            self.steps().begin(state.files.len());
            for add in state.files.iter() {
                self.steps().step();
                if subject.is_in(add).await? {
                    holders.push(Arc::clone(add));
                }
            }
            receipt.rewritten = holders.iter().map(|add| path_of(add)).collect();
            if holders.is_empty() {
                return Ok(holders);
            }
            let mut writer = self.write(WriteOptions::new()).await?;
            let mut new = Vec::new();
            receipt.rows = 0;
            self.steps().more(holders.len());
            for add in &holders {
                self.steps().step();
                let (rows, files) = done
                    .of(self, &state, &subject, add, &mut writer, what)
                    .await?;
                receipt.rows += rows;
                new.extend(files);
            }
            if what.dry_run {
                return Ok(holders);
            }
            receipt.added = new.iter().map(path_of).collect();
            let exchange = Exchange {
                gone: holders.clone(),
                new,
                operation: OPERATION,
                // Not the value: the log would keep what is to go.
                parameters: BTreeMap::from([(PARAMETER, what.column.clone())]),
                as_of: None,
            };
            match writer.exchange(exchange, turn).await {
                Ok(Attempt::Done(commit)) => {
                    receipt.version = Some(commit.version);
                    return Ok(holders);
                }
                Ok(Attempt::Moved { .. }) => {}
                Err(Error::Conflict { .. }) if attempt < TRIES => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Vec::new())
    }
}

/// Files that were written anew, by those that they stand for: what lost a race is not written again.
#[derive(Default)]
struct Rewritten {
    files: HashMap<(String, String), (u64, Vec<Add>)>,
}

impl Rewritten {
    /// Writes the rows of a file that stay into others; gives how many go, and these files.
    async fn of(
        &mut self,
        table: &Table,
        state: &Arc<TableState>,
        subject: &Subject,
        add: &Arc<Add>,
        writer: &mut Writer,
        what: &Erasure,
    ) -> Result<(u64, Vec<Add>)> {
        let vector = add.deletion_vector.as_ref();
        let known = (add.path.clone(), vector.map(unique_id).unwrap_or_default());
        if let Some(done) = self.files.get(&known) {
            return Ok(done.clone());
        }
        let snapshot = Snapshot::new(table.clone(), Arc::clone(state));
        let prepared = snapshot.scan().prepare()?;
        let output = Arc::clone(&prepared.output);
        let mut batches = prepared.named(native(vec![Arc::clone(add)], output));
        let (mut gone, mut kept) = (0, 0);
        while let Some(batch) = batches.try_next().await? {
            let rows = subject.rows(&batch)?;
            let stay = BooleanArray::new(!rows.values(), None);
            gone += rows.true_count() as u64;
            kept += stay.true_count() as u64;
            if !what.dry_run {
                let batch = filter_record_batch(&batch, &stay);
                let batch = batch.map_err(|error| Error::encoding("leaving rows out", error))?;
                writer.push_batch(&batch).await?;
            }
        }
        // Nothing would be worse than a row that is lost in passing.
        if let Some(expected) = add.live_rows().filter(|rows| *rows != gone + kept) {
            return Err(Error::damaged(
                path_of(add),
                format!(
                    "its log says that it has {expected} rows, it has {}",
                    gone + kept
                ),
            ));
        }
        let done = (gone, writer.take_files().await?);
        self.files.insert(known, done.clone());
        Ok(done)
    }
}
