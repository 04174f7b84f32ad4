//! The table beside a product's table in which the rows are that its publishes kept apart.
//!
//! A run is one publish, known by its publish id. Two tables are not one transaction, so the product's log decides what
//! holds: the rows of a run are in quarantine from when the publish is in the product's log until its replay is. A run
//! that was interrupted before its publish, and one whose replay was interrupted before it was cleaned up, count as not
//! there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{
    Array, ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, Utc};
use dataproduct_contract::Contract;
use dataproduct_quality::{Quarantined, RULES_COLUMN};
use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::facts::PublishFacts;
use crate::predicate::{Literal, Predicate};
use crate::scan::Scan;
use crate::spec::TableSpec;
use crate::table::Table;
use crate::write::file::hex;
use crate::write::options::{Mode, WriteOptions};
use crate::write::writer::Writer;

/// The folder of the quarantine, beside the log of the product's table.
const FOLDER: &str = "_quarantine";

/// The publish id of the run that kept the row apart.
pub const RUN_COLUMN: &str = "_quarantine_run";
/// When it was kept apart.
pub const TIME_COLUMN: &str = "_quarantine_at";
/// The version of the contract that it was checked against.
pub const CONTRACT_COLUMN: &str = "_quarantine_contract";
/// The digest of the run's id, by which the rows of a run are a partition: publish ids make no folder names.
const PART_COLUMN: &str = "_quarantine_part";

/// The rows that the publishes of a product kept apart.
#[derive(Clone, Debug)]
pub struct Quarantine {
    product: Table,
    table: Table,
}

/// The rows that one publish kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuarantineRun {
    /// The publish id.
    pub run: String,
    /// When the rows were kept apart.
    pub quarantined_at: DateTime<Utc>,
    /// The version of the contract that they were checked against.
    pub contract_version: String,
    /// How many rows there are.
    pub rows: u64,
    /// How many of them broke each rule, by the rule's identifier; a row can break several.
    pub rules: BTreeMap<String, u64>,
}

impl Table {
    /// The quarantine beside the table; `None` if no row was ever kept apart.
    ///
    /// # Errors
    ///
    /// Those of [`Table::open`].
    pub async fn quarantine(&self) -> Result<Option<Quarantine>> {
        let location = self.location().join(FOLDER)?;
        match Self::open(&location).await {
            Ok(table) => Ok(Some(Quarantine {
                product: self.clone(),
                table,
            })),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The quarantine beside the table for rows that are checked against a contract: created, or brought to the
    /// columns of the contract.
    ///
    /// # Errors
    ///
    /// `InvalidSpec` if the contract has a column of a name that the quarantine needs itself; `Incompatible` if rows
    /// that are kept apart already have a column of another type: replay or expire them first. Otherwise those of
    /// [`Table::create`] and [`Table::evolve`].
    pub async fn quarantine_for(&self, contract: &Contract) -> Result<Quarantine> {
        let spec = spec_of(contract)?;
        let location = self.location().join(FOLDER)?;
        let table = Self::open_or_create(&location, &spec).await?;
        // Rows of an older contract keep the columns that the newer one does not have.
        let spec = widened(&table, spec).await?;
        table.evolve(&spec).await?;
        Ok(Quarantine {
            product: self.clone(),
            table,
        })
    }
}

fn own_fields() -> [Field; 4] {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    [
        Field::new(RUN_COLUMN, DataType::Utf8, false),
        Field::new(TIME_COLUMN, time, false),
        Field::new(CONTRACT_COLUMN, DataType::Utf8, false),
        Field::new(PART_COLUMN, DataType::Utf8, false),
    ]
}

fn spec_of(contract: &Contract) -> Result<TableSpec> {
    let schema = Quarantined::schema(contract);
    let fields = own_fields().into_iter().map(Arc::new);
    let fields: Vec<_> = fields.chain(schema.fields().iter().cloned()).collect();
    let name = format!("{} (quarantine)", contract.name());
    Ok(spec(Schema::new(fields)).with_name(name))
}

fn spec(schema: Schema) -> TableSpec {
    TableSpec::new(Arc::new(schema))
        .with_partition_by([PART_COLUMN])
        .with_description("Rows that were kept apart, with the rules that each broke.")
}

/// The declaration with the columns that the table has besides.
async fn widened(table: &Table, wanted: TableSpec) -> Result<TableSpec> {
    let snapshot = table.snapshot().await?;
    let has = |name: &str| wanted.schema().field_with_name(name).is_ok();
    let more = snapshot
        .schema()
        .fields()
        .iter()
        .filter(|field| !has(field.name()));
    let fields: Vec<_> = wanted
        .schema()
        .fields()
        .iter()
        .chain(more)
        .cloned()
        .collect();
    let name = snapshot.name().unwrap_or_default().to_owned();
    Ok(spec(Schema::new(fields)).with_name(name))
}

/// The partition of a run.
fn part_of(run: &str) -> String {
    let mut digest = hex(&Sha256::digest(run.as_bytes()));
    digest.truncate(32);
    digest
}

/// The publish id under which the rows of a run are replayed: one for each run, so that they are replayed once.
#[must_use]
pub fn replay_id(run: &str) -> String {
    format!("replay-{}", part_of(run))
}

impl Quarantine {
    /// The table in which the rows are. Other programs read it as any Delta table; it may for a moment hold rows of
    /// runs that [`runs`](Self::runs) does not show.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Begins to keep rows of a run apart, in place of those that an earlier try of the same run kept apart.
    ///
    /// # Errors
    ///
    /// Those of [`Table::write`].
    pub async fn write(&self, run: &str, contract: &Contract) -> Result<QuarantineWriter> {
        let partition = BTreeMap::from([(PART_COLUMN.to_owned(), Literal::from(part_of(run)))]);
        let mode = Mode::ReplacePartitions(vec![partition]);
        self.writer(run, contract, mode).await
    }

    async fn writer(&self, run: &str, contract: &Contract, mode: Mode) -> Result<QuarantineWriter> {
        let facts = PublishFacts {
            contract_version: Some(contract.version().to_string()),
            producer: Some(contract.owner().to_owned()),
            ..PublishFacts::default()
        };
        let options = WriteOptions::new().with_mode(mode).with_facts(facts);
        let schema = Arc::clone(self.table.snapshot().await?.schema());
        Ok(QuarantineWriter {
            writer: self.table.write(options).await?,
            schema,
            run: run.to_owned(),
            contract_version: contract.version().to_string(),
            at: self.table.location().now_millis().saturating_mul(1000),
        })
    }

    /// Begins to keep more rows of a run apart, beside those that were kept apart with [`write`](Self::write).
    ///
    /// # Errors
    ///
    /// Those of [`Table::write`].
    pub async fn write_more(&self, run: &str, contract: &Contract) -> Result<QuarantineWriter> {
        self.writer(run, contract, Mode::Append).await
    }

    /// Whether the table holds rows of a run, shown or not.
    ///
    /// # Errors
    ///
    /// Those of [`Table::snapshot`].
    pub async fn holds(&self, run: &str) -> Result<bool> {
        let part = part_of(run);
        let snapshot = self.table.snapshot().await?;
        let is_of = |file: &crate::snapshot::DataFile| {
            file.partition_values
                .values()
                .any(|value| value.as_ref() == Some(&part))
        };
        Ok(snapshot.files().iter().any(is_of))
    }

    /// The runs whose rows are in quarantine, the oldest first.
    ///
    /// # Errors
    ///
    /// Those of [`Table::snapshot`] and of a scan.
    pub async fn runs(&self) -> Result<Vec<QuarantineRun>> {
        let columns = [RUN_COLUMN, TIME_COLUMN, CONTRACT_COLUMN, RULES_COLUMN];
        let mut stream = self
            .table
            .snapshot()
            .await?
            .scan()
            .select(columns)
            .stream()?;
        let mut runs: HashMap<String, QuarantineRun> = HashMap::new();
        while let Some(batch) = stream.try_next().await? {
            count(&batch, &mut runs)?;
        }
        let mut shown = Vec::with_capacity(runs.len());
        for run in runs.into_values() {
            if self.shows(&run.run).await? {
                shown.push(run);
            }
        }
        shown.sort_by(|a, b| (a.quarantined_at, &a.run).cmp(&(b.quarantined_at, &b.run)));
        Ok(shown)
    }

    /// Whether the rows of a run count: its publish is in the product's log, and its replay is not.
    ///
    /// # Errors
    ///
    /// Those of [`Table::snapshot`].
    pub async fn shows(&self, run: &str) -> Result<bool> {
        let state = self.product.newest().await?;
        Ok(state.published(run).is_some() && state.published(&replay_id(run)).is_none())
    }

    /// Reads the rows of a run, with the columns that say why they are in quarantine. Select, filter and read as with
    /// any scan.
    ///
    /// # Errors
    ///
    /// Those of [`Table::snapshot`].
    pub async fn scan(&self, run: &str) -> Result<Scan> {
        let snapshot = self.table.snapshot().await?;
        Ok(snapshot
            .scan()
            .filter(Predicate::eq(PART_COLUMN, part_of(run)).and(Predicate::eq(RUN_COLUMN, run))))
    }

    /// Takes the rows of runs out, all of them in one commit; runs that are not there are passed over.
    ///
    /// # Errors
    ///
    /// Those of [`Table::write`] and [`Writer::commit`].
    pub async fn remove<'a>(&self, runs: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let mut partitions = Vec::new();
        for run in runs {
            if self.holds(run).await? {
                let part = Literal::from(part_of(run));
                partitions.push(BTreeMap::from([(PART_COLUMN.to_owned(), part)]));
            }
        }
        if partitions.is_empty() {
            return Ok(());
        }
        let options = WriteOptions::new().with_mode(Mode::ReplacePartitions(partitions));
        self.table.write(options).await?.commit().await?;
        Ok(())
    }
}

/// Counts the rows of a batch to their runs.
fn count(batch: &RecordBatch, runs: &mut HashMap<String, QuarantineRun>) -> Result<()> {
    let damaged = || Error::damaged(FOLDER, "it does not have the columns of a quarantine");
    let text = |name: &str| {
        let column = batch.column_by_name(name)?;
        column.as_string_opt::<i32>()
    };
    let run = text(RUN_COLUMN).ok_or_else(damaged)?;
    let contract = text(CONTRACT_COLUMN).ok_or_else(damaged)?;
    let times = batch
        .column_by_name(TIME_COLUMN)
        .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>())
        .ok_or_else(damaged)?;
    let rules = batch
        .column_by_name(RULES_COLUMN)
        .and_then(|column| column.as_list_opt::<i32>())
        .ok_or_else(damaged)?;
    for row in 0..batch.num_rows() {
        let id = run.value(row);
        let at = DateTime::from_timestamp_micros(times.value(row)).unwrap_or_default();
        if !runs.contains_key(id) {
            let new = QuarantineRun {
                run: id.to_owned(),
                quarantined_at: at,
                contract_version: contract.value(row).to_owned(),
                rows: 0,
                rules: BTreeMap::new(),
            };
            runs.insert(id.to_owned(), new);
        }
        let Some(found) = runs.get_mut(id) else {
            continue;
        };
        found.rows += 1;
        let broken = rules.value(row);
        for rule in broken
            .as_string_opt::<i32>()
            .ok_or_else(damaged)?
            .iter()
            .flatten()
        {
            match found.rules.get_mut(rule) {
                Some(rows) => *rows += 1,
                None => drop(found.rules.insert(rule.to_owned(), 1)),
            }
        }
    }
    Ok(())
}

/// Keeps the rows of one run apart.
#[derive(Debug)]
pub struct QuarantineWriter {
    writer: Writer,
    schema: SchemaRef,
    run: String,
    contract_version: String,
    at: i64,
}

impl QuarantineWriter {
    /// How many rows were taken.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.writer.rows()
    }

    /// Takes rows.
    ///
    /// # Errors
    ///
    /// `SchemaMismatch`, `Encoding` and `Store` as with [`Writer::push`].
    pub async fn push(&mut self, rows: &Quarantined) -> Result<()> {
        let batch = rows.batch();
        let count = batch.num_rows();
        let text = |value: &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(
                value, count,
            )))
        };
        let columns = self
            .schema
            .fields()
            .iter()
            .map(|field| match field.name().as_str() {
                RUN_COLUMN => text(&self.run),
                CONTRACT_COLUMN => text(&self.contract_version),
                PART_COLUMN => text(&part_of(&self.run)),
                TIME_COLUMN => {
                    let times = TimestampMicrosecondArray::from_value(self.at, count);
                    Arc::new(times.with_timezone("UTC")) as ArrayRef
                }
                name => match batch.column_by_name(name) {
                    Some(column) => Arc::clone(column),
                    None => new_null_array(field.data_type(), count),
                },
            });
        let columns: Vec<ArrayRef> = columns.collect();
        let fields = self.schema.fields().iter().zip(&columns);
        let fields: Vec<Field> = fields
            .map(|(field, column)| Field::clone(field).with_data_type(column.data_type().clone()))
            .collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns);
        let batch = batch.map_err(|error| Error::SchemaMismatch {
            reason: format!("they do not fit the quarantine: {error}"),
        })?;
        self.writer.push_batch(&batch).await
    }

    /// Commits the rows, in place of those that an earlier try of the run kept apart. They count once the product's
    /// publish of the same id is committed.
    ///
    /// # Errors
    ///
    /// Those of [`Writer::commit`].
    pub async fn commit(self) -> Result<()> {
        self.writer.commit().await.map(drop)
    }
}
