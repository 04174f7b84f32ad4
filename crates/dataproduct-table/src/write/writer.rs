//! The writer of one publish: takes checked rows, writes files, commits them as one version.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;
use dataproduct_quality::Admitted;

use super::commit::{self, Exchange, Plan, Turn, Work};
use super::file::{FileContext, PartitionWriter};
use super::keyed::{self, Keyed, Settled};
use super::options::{Mode, WriteOptions};
use super::partition::{self, Part};
use super::replace::{self, Replace};
use super::rewrite::Rewrite;
use super::scope::{PartitionValues, Partitions, Scope};
use crate::compact::CompactionReport;
use crate::error::{Error, Result};
use crate::evolve::Evolution;
use crate::log::action::Add;
use crate::log::state::{Files, TableState};
use crate::predicate::{Bound, Literal};
use crate::schema::TableSchema;
use crate::snapshot::Snapshot;
use crate::table::{Receipt, Table};

/// Takes the rows of one publish and commits them as one version of the table.
///
/// Rows are encoded on all cores while more are pushed. Nothing is visible before [`Writer::commit`]; a writer that
/// is dropped or aborted leaves at most data files that no version refers to.
pub struct Writer {
    table: Table,
    schema: Arc<TableSchema>,
    base: u64,
    options: WriteOptions,
    /// What the commit changes in the declaration of the table besides.
    evolution: Option<Evolution>,
    publish_id: String,
    expected: Option<u64>,
    scope: Scope,
    context: Arc<FileContext>,
    open: HashMap<PartitionValues, PartitionWriter>,
    /// Partitions in the order of their last rows, the oldest first.
    recent: VecDeque<PartitionValues>,
    adds: Vec<Add>,
    /// The keys of rows to take out.
    deletes: Vec<RecordBatch>,
    /// What was found out of the keys of all rows pushed so far.
    settled: Option<Box<Keyed>>,
    rows: u64,
    /// A failed push leaves a hole in the rows: such a writer must not commit.
    failed: bool,
}

/// What became of a commit that was tried.
#[derive(Debug)]
pub enum Attempt {
    /// It was made, now or by an earlier call.
    Done(Box<Receipt>),
    /// Nothing was published: others have committed since the version that the publish was judged on.
    Moved {
        /// The newest version.
        version: u64,
    },
}

impl Attempt {
    fn receipt(self) -> Result<Receipt> {
        match self {
            Self::Done(receipt) => Ok(*receipt),
            Self::Moved { version } => Err(Error::Conflict {
                version,
                reason: "came after what this publish was judged on".to_owned(),
            }),
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("publish_id", &self.publish_id)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// `state` is the version as it is for the rows: after the evolution, if there is one.
    pub(crate) fn new(
        table: Table,
        state: &TableState,
        options: WriteOptions,
        evolution: Option<Evolution>,
    ) -> Result<Self> {
        let schema = Arc::clone(&state.schema);
        if let Some(epoch) = &options.epoch {
            check_publish_id(&epoch.writer)?;
        }
        let publish_id = match &options.publish_id {
            Some(id) => check_publish_id(id)?,
            None => uuid::Uuid::now_v7().to_string(),
        };
        let scope = scope_of(&options.mode, &schema)?;
        state.check_scope(&scope)?;
        if let Mode::Upsert(upsert) = &options.mode {
            state.check_keyed()?;
            upsert.check(&schema)?;
        }
        if let Mode::ReplaceWhere(predicate) = &options.mode {
            Bound::new(predicate, &schema.arrow)?;
        }
        let files = match schema.mapped {
            true => Arc::new(schema.in_files()),
            false => Arc::clone(&schema),
        };
        let context = Arc::new(FileContext {
            storage: table.storage().clone(),
            schema: files,
            options: options.clone(),
        });
        Ok(Self {
            table,
            schema,
            base: state.version,
            options,
            evolution,
            publish_id,
            expected: None,
            scope,
            context,
            open: HashMap::new(),
            recent: VecDeque::new(),
            adds: Vec::new(),
            deletes: Vec::new(),
            settled: None,
            rows: 0,
            failed: false,
        })
    }

    /// The token under which the publish is one commit.
    #[must_use]
    pub fn publish_id(&self) -> &str {
        &self.publish_id
    }

    /// Rows taken so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Says up to which version of the table something was found out that the publish rests on. Should there be a
    /// later one when it is committed, it fails with `Conflict`.
    pub fn expect_version(&mut self, version: u64) {
        self.expected = Some(version);
    }

    /// The rows that stay beside those of this publish when it is committed behind the newest version: all but those
    /// that it replaces; `None` where it replaces all, or rows by their key, see [`settle`](Self::settle). Of a version in
    /// between only what is [`without`](Snapshot::without) the files known is new. They have the columns that the table has
    /// once this publish is committed.
    ///
    /// # Errors
    ///
    /// Those of [`Table::snapshot`]; `Unsupported` if only the kernel can read the table; `Conflict` and `Incompatible`
    /// if the table's schema has changed since.
    pub async fn beside(&self) -> Result<Option<Snapshot>> {
        let only = match &self.options.mode {
            Mode::Upsert(_) => return Ok(None),
            Mode::ReplaceWhere(predicate) => Some(predicate.is_not_true()),
            _ if self.scope == Scope::All => return Ok(None),
            _ => None,
        };
        let state = self.table.newest().await?;
        check_own(&state)?;
        let snapshot = Snapshot::new(self.table.clone(), self.as_written(&state)?);
        Ok(Some(match only {
            Some(only) => snapshot.with_only(only),
            None => snapshot.with_files(|add| !self.scope.covers(add)),
        }))
    }

    /// What a publish by key would leave of the newest version, and which of its rows would count, were it committed now;
    /// `None` for any other publish. Completes the data files, as [`stage`](Self::stage) does.
    ///
    /// # Errors
    ///
    /// Those of [`Table::snapshot`] and of [`stage`](Self::stage); `Unsupported` if only the kernel can read the table.
    pub async fn settle(&mut self) -> Result<Option<Settled>> {
        let Mode::Upsert(upsert) = self.options.mode.clone() else {
            return Ok(None);
        };
        self.finish_files().await?;
        let state = self.table.newest().await?;
        check_own(&state)?;
        let state = self.as_written(&state)?;
        let staged = self.adds.clone();
        let keyed = Keyed::of(&self.table, &state, &upsert, staged, &self.deletes).await?;
        let keyed = self.settled.insert(Box::new(keyed));
        keyed.settle(&self.table, &state).await.map(Some)
    }

    /// Takes checked rows. Their order is kept within a partition, unless the table is sorted.
    ///
    /// Waits while encoders and store are behind, which bounds memory. The digest of the contract that the rows were
    /// checked against becomes a fact of the commit.
    ///
    /// # Errors
    ///
    /// `SchemaMismatch` if the rows do not have the table's columns, or were checked against another contract than the
    /// facts or the rows before say; `Encoding` if they cannot be encoded; `Store` if the store refuses a file. After
    /// an error, and after a push that was cancelled, the writer takes no more rows and does not commit.
    pub async fn push(&mut self, rows: &Admitted) -> Result<()> {
        match &self.options.facts.contract_digest {
            None => self.options.facts.contract_digest = Some(rows.contract_digest().to_owned()),
            Some(digest) if digest == rows.contract_digest() => {}
            Some(digest) => {
                self.failed = true;
                return Err(Error::SchemaMismatch {
                    reason: format!(
                        "they were checked against contract {}, this publish is of {digest}",
                        rows.contract_digest()
                    ),
                });
            }
        }
        self.push_batch(rows.batch()).await
    }

    pub(crate) async fn push_batch(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.failed {
            return Err(Error::Interrupted {
                operation: "writing rows after a failure",
            });
        }
        self.settled = None;
        // Set before the first await: a push that is cancelled has lost rows just like one that failed.
        self.failed = true;
        let pushed = self.push_parts(batch).await;
        self.failed = pushed.is_err();
        pushed
    }

    async fn push_parts(&mut self, batch: &RecordBatch) -> Result<()> {
        if let Mode::Upsert(upsert) = &self.options.mode {
            keyed::check_keys(upsert, batch)?;
        }
        if let Mode::ReplaceWhere(predicate) = &self.options.mode {
            replace::check_rows(predicate, batch, &self.schema, self.rows)?;
        }
        let (schema, files) = (&self.schema, &self.context.schema);
        let parts = if schema.partition_by.is_empty() {
            partition::split(&schema.conform_in_files(batch, files)?, files)?
        } else {
            // Splitting copies every row.
            let (batch, schema, files) = (batch.clone(), Arc::clone(schema), Arc::clone(files));
            tokio::task::spawn_blocking(move || {
                partition::split(&schema.conform_in_files(&batch, &files)?, &files)
            })
            .await
            .map_err(|_| Error::Interrupted {
                operation: "splitting rows",
            })??
        };
        for part in parts {
            self.rows += part.rows.num_rows() as u64;
            self.push_part(part).await?;
        }
        Ok(())
    }

    async fn push_part(&mut self, part: Part) -> Result<()> {
        if let Scope::Partitions(_) = &self.scope
            && !self.scope.covers_values(&part.values)
        {
            return Err(Error::SchemaMismatch {
                reason: format!(
                    "rows of partition {} are not in a partition that this publish replaces",
                    describe(&part.values)
                ),
            });
        }
        if self.recent.back() != Some(&part.values) {
            self.recent.retain(|values| *values != part.values);
            self.recent.push_back(part.values.clone());
        }
        if !self.open.contains_key(&part.values) {
            while self.open.len() >= self.options.open_partitions
                && let Some(oldest) = self.recent.pop_front()
            {
                if let Some(writer) = self.open.remove(&oldest) {
                    self.adds.extend(writer.finish().await?);
                }
            }
        }
        let context = &self.context;
        let opens = usize::from(!self.open.contains_key(&part.values));
        let open_partitions = self.open.len() + opens;
        let writer = self
            .open
            .entry(part.values)
            .or_insert_with_key(|values| PartitionWriter::new(Arc::clone(context), values.clone()));
        writer.push(part.rows, open_partitions).await
    }

    /// Takes the keys of rows to take out of the table: the columns by which the publish is
    /// [keyed](crate::Mode::Upsert), in any order and among any others. A key that is not in the table is no error.
    ///
    /// A delete counts like a row pushed: where the latest row counts, it needs the column that tells, and changes
    /// nothing where the table or the publish has something later. Without such a column, or at equal values, it comes
    /// behind all rows that this publish pushed. Nothing is remembered of a key that was deleted: a row that is
    /// published later brings it back, also if it is older.
    ///
    /// # Errors
    ///
    /// `Unsupported` if the publish is not keyed; `SchemaMismatch` if a column is missing or null in a key; `Encoding`
    /// if it is of another type than the table's.
    pub fn delete(&mut self, keys: &RecordBatch) -> Result<()> {
        let Mode::Upsert(upsert) = &self.options.mode else {
            return Err(Error::Unsupported {
                what: "deleting rows by key in a publish that is not `Mode::Upsert`".to_owned(),
            });
        };
        self.settled = None;
        self.deletes
            .push(keyed::delete_columns(upsert, keys, &self.schema)?);
        Ok(())
    }

    /// Completes the data files and gives what was pushed so far as a snapshot that nobody else sees: the rows to be
    /// audited before they are committed. Its version and commit are those of the newest version known.
    ///
    /// More rows may be pushed afterwards; they are not in this snapshot.
    ///
    /// # Errors
    ///
    /// `Encoding` and `Store` as with [`Writer::push`]; `Conflict` and `Incompatible` if the table's schema has changed
    /// since.
    pub async fn stage(&mut self) -> Result<Snapshot> {
        self.finish_files().await?;
        let state = self.as_written(&self.table.current())?;
        let mut state = TableState::clone(&state);
        let mut files = Files::default();
        for add in &self.adds {
            files.insert(add.clone());
        }
        state.files = Arc::new(files);
        Ok(Snapshot::new(self.table.clone(), Arc::new(state)))
    }

    /// A version as it is once this publish is committed behind it, but for the rows: under the columns that they were
    /// written for.
    fn as_written(&self, state: &Arc<TableState>) -> Result<Arc<TableState>> {
        let after = match &self.evolution {
            Some(evolution) => evolution.taken(state)?.0,
            None => Arc::clone(state),
        };
        after.check_schema(&self.schema)?;
        Ok(after)
    }

    /// Takes back what was pushed so far, so that other rows can be pushed in its place under the same publish id.
    /// What is to be [deleted](Writer::delete) stays to be deleted. The files written stay as files that no version refers
    /// to.
    pub fn restart(&mut self) {
        self.open.clear();
        self.recent.clear();
        self.adds.clear();
        self.settled = None;
        self.rows = 0;
        self.failed = false;
    }

    /// Says of the publish what is known only after its rows were checked.
    pub fn set_quality(&mut self, quality: BTreeMap<String, String>) {
        self.options.facts.quality = quality;
    }

    async fn finish_files(&mut self) -> Result<()> {
        if self.failed {
            return Err(Error::Interrupted {
                operation: "completing rows after a failure",
            });
        }
        // A file that was not completed would be missing from the commit.
        self.failed = true;
        while let Some(values) = self.recent.pop_front() {
            if let Some(writer) = self.open.remove(&values) {
                self.adds.extend(writer.finish().await?);
            }
        }
        self.failed = false;
        Ok(())
    }

    /// Completes the data files and commits them as one version.
    ///
    /// Without rows the commit still carries its facts: a heartbeat that moves `as_of`. If the publish id was
    /// committed before, from here or from anywhere else, nothing is added and the original receipt comes back.
    ///
    /// # Errors
    ///
    /// `Conflict` if another publish changed the schema, or changed what this one replaces and
    /// [`crate::OnConflict::Fail`] was asked for; `Incompatible` if the publish [evolves](WriteOptions::with_evolution)
    /// the table, and another one has brought it where that cannot follow, or has added rows that may not be; `Contention` if others kept winning for the time allowed;
    /// `OutcomeUnknown` if the store does not say what became of the commit; `Store` if it refused. In all cases but
    /// `OutcomeUnknown` nothing was published.
    pub async fn commit(mut self) -> Result<Receipt> {
        self.try_commit().await?.receipt()
    }

    /// As [`commit`](Self::commit), but says where another commit came behind the version that was
    /// [expected](Self::expect_version): then nothing was published, and the publish can be judged again and tried
    /// again.
    ///
    /// # Errors
    ///
    /// As [`commit`](Self::commit).
    pub async fn try_commit(&mut self) -> Result<Attempt> {
        self.finish_files().await?;
        let work = match &self.options.mode {
            Mode::Upsert(upsert) => {
                let keyed = match self.settled.take() {
                    Some(keyed) => keyed,
                    None => {
                        let state = self.as_written(&self.table.current())?;
                        let (staged, deletes) = (self.adds.clone(), &self.deletes);
                        let of = Keyed::of(&self.table, &state, upsert, staged, deletes);
                        Box::new(of.await?)
                    }
                };
                Work::ByKey(keyed)
            }
            Mode::ReplaceWhere(predicate) => Work::Where(Box::new(Replace::of(predicate))),
            _ => Work::Scope,
        };
        let table = self.table.clone();
        commit::publish(&table, self.plan(work)).await
    }

    /// Commits what was pushed in the place of files that hold the same rows: a change of files, and of no row.
    pub(crate) async fn commit_in_place_of(mut self, files: Rewrite) -> Result<CompactionReport> {
        self.finish_files().await?;
        for add in &mut self.adds {
            add.data_change = false;
        }
        let report = CompactionReport {
            files_added: self.adds.len() as u64,
            bytes_added: self.adds.iter().map(|add| add.size.unsigned_abs()).sum(),
            rows: self.rows,
            ..CompactionReport::default()
        };
        let table = self.table.clone();
        let done = commit::publish(&table, self.plan(Work::Rewrite(files))).await?;
        done.receipt().map(|_| report)
    }

    /// Completes the data files and gives those that were not given before; they are not committed with this writer.
    pub(crate) async fn take_files(&mut self) -> Result<Vec<Add>> {
        self.finish_files().await?;
        Ok(std::mem::take(&mut self.adds))
    }

    /// Commits files in the place of others.
    pub(crate) async fn exchange(
        mut self,
        exchange: Exchange,
        turn: Option<Turn>,
    ) -> Result<Attempt> {
        self.adds = exchange.new.clone();
        let table = self.table.clone();
        let plan = self.plan(Work::Exchange(exchange));
        match turn {
            Some(turn) => commit::publish_in_turn(&table, plan, turn).await,
            None => commit::publish(&table, plan).await,
        }
    }

    fn plan(&self, work: Work) -> Plan {
        Plan {
            base: self.base,
            publish_id: self.publish_id.clone(),
            txn_id: uuid::Uuid::now_v7().to_string(),
            schema: Arc::clone(&self.schema),
            evolution: self.evolution.clone(),
            scope: self.scope.clone(),
            adds: self.adds.clone(),
            work,
            facts: self.options.facts.clone(),
            follows: self.options.follows.clone(),
            expected: self.expected,
            on_conflict: self.options.on_conflict,
            timeout: self.options.commit_timeout,
            epoch: self.options.epoch.clone(),
        }
    }

    /// Gives the publish up. Files written so far stay as files that no version refers to.
    pub fn abort(self) {
        drop(self);
    }
}

/// Refuses a table that only the kernel can read.
fn check_own(state: &TableState) -> Result<()> {
    match state.foreign_to_read() {
        None => Ok(()),
        Some(feature) => Err(Error::Unsupported {
            what: format!("comparing keys with the rows of a table with {feature}"),
        }),
    }
}

fn describe(values: &PartitionValues) -> String {
    let pairs = values
        .iter()
        .map(|(column, value)| format!("{column}={}", value.as_deref().unwrap_or("null")));
    pairs.collect::<Vec<_>>().join("/")
}

fn check_publish_id(id: &str) -> Result<String> {
    if id.is_empty() || id.len() > 200 || !id.chars().all(|c| !c.is_control() && !c.is_whitespace())
    {
        return Err(Error::InvalidSpec {
            reason: format!(
                "`{}` is no publish id: use 1 to 200 visible characters",
                id.escape_debug()
            ),
        });
    }
    Ok(id.to_owned())
}

fn scope_of(mode: &Mode, schema: &TableSchema) -> Result<Scope> {
    let partitions = match mode {
        Mode::Append | Mode::Upsert(_) => return Ok(Scope::Nothing),
        // Of which files is only known at the commit.
        Mode::ReplaceAll | Mode::ReplaceWhere(_) => return Ok(Scope::All),
        Mode::ReplacePartitions(partitions) => partitions,
    };
    let mut scopes = Vec::with_capacity(partitions.len());
    let mut types = BTreeMap::new();
    for wanted in partitions {
        if wanted.is_empty() {
            return Err(Error::InvalidSpec {
                reason: "a partition to replace is named by at least one value; use `ReplaceAll` for all".to_owned(),
            });
        }
        let mut values = PartitionValues::new();
        for (column, literal) in wanted {
            let field = schema
                .arrow
                .field_with_name(column)
                .ok()
                .filter(|_| schema.partition_by.contains(column))
                .ok_or_else(|| Error::NoSuchColumn {
                    column: column.clone(),
                    available: format!("the partition columns {}", schema.partition_by.join(", ")),
                })?;
            let value = match literal {
                Literal::Null => None,
                literal => {
                    let array = literal.to_array(field.data_type(), column)?;
                    partition::value_text(&array, 0, column)?
                }
            };
            let name = schema.name_in_files(column);
            values.insert(name.to_owned(), value);
            types.insert(name.to_owned(), field.data_type().clone());
        }
        scopes.push(values);
    }
    Ok(Scope::Partitions(Partitions::new(scopes, types)))
}
