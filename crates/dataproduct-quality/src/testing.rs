//! Rows for tests, made from a contract: rows that keep every rule, rows that break exactly one, rows at the ends of
//! what is allowed, and a proof that the gate tells them apart.
//!
//! ```
//! use dataproduct_contract::{Check, Column, Contract, DataType, Rule};
//! use dataproduct_quality::testing::Generator;
//!
//! let reserved = Check::Expression { expression: "reserved <= on_hand".into() };
//! let contract = Contract::builder("inventory.stock-levels", "1.0.0")
//!     .with_owner("inventory-platform")
//!     .with_column(Column::new("sku", DataType::String).with_key(1).with_pattern("s[0-9]{8}"))
//!     .with_column(Column::new("on_hand", DataType::Int64).with_minimum(0))
//!     .with_column(Column::new("reserved", DataType::Int64).with_minimum(0))
//!     .with_rule(Rule::of(reserved).with_id("no-more-reserved-than-there-is"))
//!     .build()?;
//! let generator = Generator::new(&contract).with_seed(7);
//!
//! assert_eq!(generator.rows(100)?.num_rows(), 100);
//! let broken = generator.breaking("no-more-reserved-than-there-is", 3)?;
//! assert_eq!(broken.rows.len(), 3);
//! let proof = generator.prove()?;
//! assert!(proof.alone.contains(&"sku.pattern".to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The same contract, seed and version of this crate give the same rows; another version may give others. What cannot
//! be made is an error that names the rule: nothing is left out in silence.
//!
//! Rules are judged by the gate itself, each by itself and as rows come: nothing is repaired or kept apart before.

mod arrange;
mod cell;
mod draw;
mod error;
mod fill;
mod format;
mod judge;
mod number;
mod odd;
mod proof;
mod random;
mod regex;
mod site;
mod spoil;
mod target;

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use chrono::{DateTime, Utc};
use dataproduct_contract::{Check, ColumnRef, Contract, OnFailure, Value};

pub use error::TestingError;
pub use proof::Proof;

use self::cell::{Cell, Row};
use self::fill::{Fill, Given};
use self::judge::Judge;
use self::spoil::Spoiled;
use crate::gate::{GateContext, Run, Structure};
use crate::measure::{ReferenceKeys, columns};

/// The seed where none is given.
pub const DEFAULT_SEED: u64 = 1;

/// How many rows break a rule in a proof, where its threshold does not ask for more.
const BROKEN_ROWS: usize = 3;

/// Makes rows from a contract. See the [module](self).
#[derive(Clone, Debug)]
#[must_use]
pub struct Generator {
    contract: Contract,
    seed: u64,
    context: GateContext,
    given: Given,
    referenced: Vec<(Vec<ColumnRef>, RecordBatch)>,
    without: Vec<String>,
}

/// Rows of which some break one rule and none breaks another.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Broken {
    /// The rule.
    pub rule: String,
    /// All rows, in the columns of the contract, each of which may be null here.
    pub batch: RecordBatch,
    /// The rows that break the rule, counted from 0, in order; none for a rule about all rows together.
    pub rows: Vec<usize>,
    /// What the gate must be told to judge the rows so: the instant of the run and the keys that rows refer to.
    pub context: GateContext,
}

/// A row with one value at, or just beyond, an end of what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edge {
    /// The column, nested ones joined by `.`.
    pub column: String,
    /// What stands there: `minimum`, `empty`, `too long`, `not a number`.
    pub what: &'static str,
    /// The rules that the row breaks by itself; none where the value is allowed.
    pub breaks: Vec<String>,
}

/// Rows at the ends of what is allowed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Edges {
    /// The rows, in the columns of the contract, each of which may be null here.
    pub batch: RecordBatch,
    /// What is at an end in each of them, in the order of the rows.
    pub rows: Vec<Edge>,
}

/// The judge, and what rows refer to.
struct Prepared {
    judge: Judge,
    pools: BTreeMap<String, Vec<Row>>,
}

impl Generator {
    /// Rows of that contract, from [`DEFAULT_SEED`], judged on 2026-01-01.
    pub fn new(contract: &Contract) -> Self {
        let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default();
        Self {
            contract: contract.clone(),
            seed: DEFAULT_SEED,
            context: GateContext::new("testing", now),
            given: Given::new(),
            referenced: Vec::new(),
            without: Vec::new(),
        }
    }

    /// Sets the seed: other rows of the same kind.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the instant at which rows are judged, for rules about their age.
    pub fn with_now(mut self, now: DateTime<Utc>) -> Self {
        self.context.now = now;
        self
    }

    /// How many rows each of the publishes before had, the newest first, for `volumeChange`.
    pub fn with_rows_before(mut self, rows: impl IntoIterator<Item = u64>) -> Self {
        self.context = self.context.with_rows_before(rows);
        self
    }

    /// Says which values a column has, nested ones by their path joined by `.`: where its rules leave more than can
    /// be guessed. Values that the column's type cannot hold are left out.
    pub fn with_values<V: Into<Value>>(
        mut self,
        column: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let sites = site::sites(&self.contract);
        let data_type = sites.iter().find(|site| site.path == column);
        let data_type = data_type.map(|site| site.column.data_type.clone());
        let cells = values.into_iter().filter_map(|value| {
            let value: Value = value.into();
            match value.is_null() {
                true => Some(Cell::Null),
                false => number::cell(&value, data_type.as_ref()?),
            }
        });
        let cells = cells.collect();
        self.given.insert(column.to_owned(), cells);
        self
    }

    /// Gives rows of another product, for a rule `unknownReferences` to those columns. Of products whose rows are not
    /// given, keys are made up; [`Broken::context`] knows them.
    pub fn with_referenced(mut self, references: &[ColumnRef], rows: RecordBatch) -> Self {
        self.referenced.push((references.to_vec(), rows));
        self
    }

    /// Leaves a rule out of [`prove`](Self::prove): it is kept by rows, and nothing tries to break it.
    pub fn without(mut self, rule: &str) -> Self {
        self.without.push(rule.to_owned());
        self
    }

    /// The rules of the contract, as reports name them, in their order.
    ///
    /// # Errors
    /// [`TestingError::NotMet`] or [`TestingError::Rows`] where keys to refer to could not be made up.
    pub fn rules(&self) -> Result<Vec<String>, TestingError> {
        let prepared = self.prepared(0)?;
        let rules = prepared.judge.rules.planned.iter();
        Ok(rules.map(|rule| rule.id.to_string()).collect())
    }

    /// So many rows that keep every rule that is evaluated, in the contract's schema. They refer to made-up keys of
    /// products whose rows were not given.
    ///
    /// # Errors
    /// [`TestingError::NotMet`] with the rule that no rows were found for, also where it does not allow so many;
    /// [`TestingError::Rows`] where Arrow cannot hold them.
    pub fn rows(&self, count: usize) -> Result<RecordBatch, TestingError> {
        let prepared = self.prepared(count)?;
        let (_, batch) = self.fill(&prepared).arranged(count)?;
        self.in_schema(&batch)
    }

    /// Rows of which `count` break that rule and none breaks another: more where the rule's threshold allows as many.
    /// The gate was run to make sure.
    ///
    /// # Errors
    /// [`TestingError::UnknownRule`], [`TestingError::NotEvaluated`]; [`TestingError::NotMet`] where no good rows to
    /// begin with were found; [`TestingError::Implied`] where rows that break it always break others, too, and
    /// [`TestingError::Unbreakable`] where none was found; [`TestingError::Rows`] where Arrow cannot hold them.
    pub fn breaking(&self, rule: &str, count: usize) -> Result<Broken, TestingError> {
        let prepared = self.prepared(count * 2 + 24)?;
        let rules = &prepared.judge.rules.planned;
        let place = rules.iter().position(|planned| *planned.id == *rule);
        let Some(place) = place else {
            return Err(TestingError::UnknownRule {
                rule: rule.to_owned(),
                known: rules.iter().map(|rule| rule.id.to_string()).collect(),
            });
        };
        let base = self.base(&prepared, count)?;
        let spoiled = self
            .spoiling(&prepared, place)
            .spoiled(&base, place, count)?;
        if !spoiled.others.is_empty() {
            return Err(TestingError::Implied {
                rule: rule.to_owned(),
                others: spoiled.others,
            });
        }
        Ok(Broken {
            rule: rule.to_owned(),
            batch: spoiled.batch,
            rows: spoiled.rows,
            context: prepared.judge.context,
        })
    }

    /// Rows each with one value at an end of what is allowed or just beyond: smallest and largest, empty and longest,
    /// NaN and infinite, the first and last day. Rows are told apart by their own values; that keys differ is not
    /// looked at.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub fn edges(&self) -> Result<Edges, TestingError> {
        let prepared = self.prepared(24)?;
        let mut fill = self.fill(&prepared);
        fill.draw.full = true;
        let base = fill.rows(24)?;
        let (mut rows, mut edges) = (Vec::new(), Vec::new());
        for site in fill.sites.iter().filter(|site| !site.is_map_key()) {
            for (what, cell) in odd::edges(site.column) {
                let Some(mut row) = base.get(rows.len() % base.len().max(1)).cloned() else {
                    continue;
                };
                let Some(slot) = site.of(&mut row) else {
                    continue;
                };
                *slot = cell;
                rows.push(row);
                edges.push((site.path.clone(), what));
            }
        }
        let all: Vec<&Row> = rows.iter().collect();
        let broken = prepared.judge.broken(&all)?;
        let edges = edges
            .into_iter()
            .zip(broken)
            .map(|((column, what), broken)| Edge {
                column,
                what,
                breaks: broken
                    .into_iter()
                    .map(|place| prepared.judge.id(place))
                    .collect(),
            });
        Ok(Edges {
            batch: prepared.judge.batch(&all)?,
            rows: edges.collect(),
        })
    }

    /// Proves for every rule that rows which keep it pass the gate, and that rows which break it are found, as many as
    /// there are. The gate is run as the contract says, and with every rule by itself.
    ///
    /// # Errors
    /// [`TestingError::Misjudged`] where the gate says otherwise; [`TestingError::NotMet`] and
    /// [`TestingError::Unbreakable`] where no rows were found to prove it with; [`TestingError::UnknownRule`] where
    /// the contract has no rule that was left out; [`TestingError::Rows`] where Arrow cannot hold the rows.
    pub fn prove(&self) -> Result<Proof, TestingError> {
        let prepared = self.prepared(24)?;
        let judge = &prepared.judge;
        for rule in &self.without {
            if judge
                .rules
                .planned
                .iter()
                .all(|planned| *planned.id != **rule)
            {
                return Err(TestingError::UnknownRule {
                    rule: rule.clone(),
                    known: judge
                        .rules
                        .planned
                        .iter()
                        .map(|r| r.id.to_string())
                        .collect(),
                });
            }
        }
        let count = self.suitable(&prepared, BROKEN_ROWS)?;
        let (_, good) = self.fill(&prepared).arranged(count)?;
        passes(judge, &self.in_schema(&good)?)?;
        let base = self.base(&prepared, BROKEN_ROWS)?;
        let mut proof = Proof {
            rows: count,
            ..Proof::default()
        };
        for (place, rule) in judge.rules.planned.iter().enumerate() {
            let id = rule.id.to_string();
            if self.without.contains(&id) {
                proof.left_out.push(id);
                continue;
            }
            let mut fill = self.spoiling(&prepared, place);
            match fill.spoiled(&base, place, BROKEN_ROWS) {
                Ok(spoiled) => {
                    found(judge, &id, &spoiled)?;
                    match spoiled.others.is_empty() {
                        true => proof.alone.push(id),
                        false => proof.together.push((id, spoiled.others)),
                    }
                }
                Err(TestingError::NotEvaluated { rule, why }) => {
                    proof.not_evaluated.push((rule, why));
                }
                Err(TestingError::Unbreakable { .. })
                    if matches!(rule.run, Run::Structure(Structure::Required))
                        && fill.is_of_map_key(rule) =>
                {
                    proof.by_type.push(id);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(proof)
    }

    fn fill<'a>(&'a self, prepared: &'a Prepared) -> Fill<'a> {
        Fill::new(&prepared.judge, &self.given, &prepared.pools, self.seed)
    }

    /// For rows to be spoiled: nothing is missing that can be there, and each rule has numbers of its own.
    fn spoiling<'a>(&'a self, prepared: &'a Prepared, place: usize) -> Fill<'a> {
        let seed = self.seed.wrapping_mul(31).wrapping_add(place as u64 + 1);
        let mut fill = Fill::new(&prepared.judge, &self.given, &prepared.pools, seed);
        fill.draw.full = true;
        fill
    }

    /// Good rows to be spoiled.
    fn base(&self, prepared: &Prepared, count: usize) -> Result<Vec<Row>, TestingError> {
        let rows = self.suitable(prepared, count)?;
        let mut fill = self.spoiling(prepared, usize::MAX >> 1);
        Ok(fill.arranged(rows)?.0)
    }

    /// How many rows the rules about their number let be, at least twice as many as are to be broken.
    fn suitable(&self, prepared: &Prepared, count: usize) -> Result<usize, TestingError> {
        let rules = &prepared.judge.rules.planned;
        let before = prepared.judge.context.rows_before.as_deref();
        let mut counts = arrange::row_counts(rules, before);
        counts.push(count * 2 + 4);
        counts.sort_by_key(|rows| (*rows < count * 2, *rows));
        let breaks = |rows: usize| {
            rules
                .iter()
                .find(|rule| arrange::counts(rule, rows, before) == Some(false))
        };
        if let Some(rows) = counts.iter().find(|rows| breaks(**rows).is_none()) {
            return Ok(*rows);
        }
        let rule = counts.first().and_then(|rows| breaks(*rows));
        Err(TestingError::NotMet {
            rule: rule.map_or_else(String::new, |rule| rule.id.to_string()),
            why: format!(
                "none of {counts:?} is a number of rows that it allows together with other rules"
            ),
        })
    }

    /// The rows in the schema of the contract, which they keep.
    fn in_schema(&self, batch: &RecordBatch) -> Result<RecordBatch, TestingError> {
        let schema = self.contract.arrow_schema();
        let columns = schema.fields().iter().zip(batch.columns());
        let columns =
            columns.map(|(field, array)| crate::encoding::encode(array, field.data_type()));
        let columns = columns
            .collect::<Result<Vec<_>, _>>()
            .map_err(|why| TestingError::Rows { why })?;
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(schema, columns, &options).map_err(|error| {
            TestingError::Rows {
                why: error.to_string(),
            }
        })
    }

    /// The judge of the contract, with keys for all that rows refer to: given, or made up for so many rows.
    fn prepared(&self, count: usize) -> Result<Prepared, TestingError> {
        let known = judge::with_keys(self.context.clone(), &self.contract, &self.referenced)?;
        let mut judge = Judge::new(&self.contract, known.clone());
        let mut pools: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        let wanted = GateContext::references_of(&self.contract);
        if wanted.is_empty() {
            return Ok(Prepared { judge, pools });
        }
        // Keys are made up by rows that do not refer to anything yet.
        let free = Judge::new(&self.contract, self.context.clone());
        let none = BTreeMap::new();
        let mut fill = Fill::new(&free, &self.given, &none, self.seed ^ 0x5eed);
        fill.draw.full = true;
        let made = fill.rows(count + 40)?;
        let made = free.batch(&made.iter().collect::<Vec<_>>())?;
        let (mut context, rows_error) = (known, |why| TestingError::Rows { why });
        let mut made_up: Vec<(Vec<ColumnRef>, ReferenceKeys, Vec<Row>)> = Vec::new();
        for rule in &judge.rules.planned {
            let Some(Check::UnknownReferences { references, .. }) = &rule.source else {
                continue;
            };
            let given = self.referenced.iter().find(|(of, _)| of == references);
            let (batch, paths) = match given {
                Some((_, batch)) => (batch, references.iter().map(|r| r.column.clone()).collect()),
                None => (&made, rule.columns.clone()),
            };
            if let Some((.., pool)) = made_up.iter().find(|(of, ..)| of == references) {
                pools.insert(rule.id.to_string(), pool.clone());
                continue;
            }
            let arrays = columns(batch, &paths).map_err(rows_error)?;
            let cells = arrays.iter().map(cell::read).collect::<Option<Vec<_>>>();
            let cells = cells.unwrap_or_default();
            let pool = (0..batch.num_rows()).map(|row| {
                let key = cells.iter().map(|cells| cells.get(row).cloned());
                key.map(|cell| cell.unwrap_or(Cell::Null)).collect::<Row>()
            });
            let pool: Vec<Row> = pool.filter(|key| !key.iter().any(Cell::is_null)).collect();
            let keys = wanted.iter().find(|(of, _)| of == references);
            if let Some((_, Ok(keys))) = keys {
                let mut keys = keys.clone();
                if given.is_none() {
                    keys.push_arrays(&arrays).map_err(rows_error)?;
                }
                made_up.push((references.clone(), keys, pool.clone()));
            }
            pools.insert(rule.id.to_string(), pool);
        }
        for (references, keys, _) in made_up {
            if self.referenced.iter().all(|(of, _)| *of != references) {
                context = context.with_keys(&references, Ok(keys));
            }
        }
        judge = Judge::new(&self.contract, context);
        Ok(Prepared { judge, pools })
    }
}

/// Good rows pass the gate as the contract has it.
fn passes(judge: &Judge, good: &RecordBatch) -> Result<(), TestingError> {
    let report = judge.report_as_published(good)?;
    let mut broken = report.results().iter();
    let broken = broken
        .find(|result| result.is_failed() || result.failed_rows > 0 || result.repaired_rows > 0);
    match broken {
        None => Ok(()),
        Some(result) => Err(TestingError::Misjudged {
            rule: result.rule.clone(),
            expected: "no row that breaks it".to_owned(),
            found: format!(
                "{} rows break it",
                result.failed_rows + result.repaired_rows
            ),
        }),
    }
}

/// Rows that break a rule are found by the gate as the contract has it. Where rows are repaired, they are no longer as
/// they came, and the rule may have nothing left to find.
fn found(judge: &Judge, rule: &str, spoiled: &Spoiled) -> Result<(), TestingError> {
    let planned = crate::gate::plan::rules(&judge.contract, &judge.context).planned;
    let repairs = |action: &OnFailure| matches!(action, OnFailure::Repair(_));
    if planned.iter().any(|rule| repairs(&rule.on_failure)) || !spoiled.others.is_empty() {
        return Ok(());
    }
    let report = judge.report_as_published(&spoiled.batch)?;
    let broken = report.results().iter().filter(|result| result.is_failed());
    let broken: Vec<String> = broken
        .map(|result| match spoiled.rows.is_empty() {
            true => result.rule.clone(),
            false => format!("{} in {} rows", result.rule, result.failed_rows),
        })
        .collect();
    let expected = match spoiled.rows.len() {
        0 => rule.to_owned(),
        rows => format!("{rule} in {rows} rows"),
    };
    match broken == [expected.clone()] {
        true => Ok(()),
        false => Err(TestingError::Misjudged {
            rule: rule.to_owned(),
            expected: format!("a breach of {expected}"),
            found: format!("breaches of [{}]", broken.join(", ")),
        }),
    }
}
