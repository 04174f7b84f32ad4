//! What the gate is told besides contract and rows: it looks nothing up itself.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use dataproduct_contract::{Check, Column, ColumnRef, Contract, DataType};

use crate::measure::{ReferenceKeys, Refers};
use crate::outcome::Distribution;
use crate::unique::Spill;

/// Keys that rows refer to, or why they could not be read.
type Known = Result<Arc<ReferenceKeys>, String>;

/// What the rules of a contract refer to: columns of another product, and the keys to be filled with its rows.
type Wanted = Vec<(Vec<ColumnRef>, Result<ReferenceKeys, String>)>;

/// Rules that need more than the rows of one publish are given it here; without it they are not evaluated.
#[derive(Clone, Debug)]
#[must_use]
pub struct GateContext {
    pub(crate) run_id: String,
    pub(crate) now: DateTime<Utc>,
    pub(crate) source: Option<String>,
    pub(crate) rows_before: Option<Vec<u64>>,
    pub(crate) distributions_before: Option<Vec<Vec<Distribution>>>,
    pub(crate) keys: Vec<(Vec<ColumnRef>, Known)>,
    pub(crate) unique_budget_bytes: usize,
    pub(crate) spill: Option<SpillPlace>,
    pub(crate) is_part: Option<String>,
    pub(crate) by_key: Option<ByKey>,
}

/// Rows take the place of those with their primary key.
#[derive(Clone, Debug)]
pub(crate) struct ByKey {
    /// The column by which the latest of them counts, if there is one.
    pub(crate) latest: Option<String>,
}

type OpenSpill = dyn Fn() -> Box<dyn Spill> + Send + Sync;

/// Gives each key a place of its own to spill to.
#[derive(Clone)]
pub(crate) struct SpillPlace(Arc<OpenSpill>);

impl SpillPlace {
    pub(crate) fn open(&self) -> Box<dyn Spill> {
        (self.0)()
    }
}

impl fmt::Debug for SpillPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpillPlace")
    }
}

/// How much memory the keys of one run take before they are spilled, in bytes, unless asked otherwise.
pub const DEFAULT_UNIQUE_BUDGET_BYTES: usize = 1 << 30;

impl Default for GateContext {
    /// A run without a name, which begins now as far as ages are concerned.
    fn default() -> Self {
        Self::new(String::new(), Utc::now())
    }
}

impl GateContext {
    /// A run that begins at `now`, known by that id.
    pub fn new(run_id: impl Into<String>, now: DateTime<Utc>) -> Self {
        Self {
            run_id: run_id.into(),
            now,
            source: None,
            rows_before: None,
            distributions_before: None,
            keys: Vec::new(),
            unique_budget_bytes: DEFAULT_UNIQUE_BUDGET_BYTES,
            spill: None,
            is_part: None,
            by_key: None,
        }
    }

    /// Names the file or table that is checked. Reports show it: no credentials in it.
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// How many rows each of the publishes before had, the newest first, for `volumeChange`.
    pub fn with_rows_before(mut self, rows: impl IntoIterator<Item = u64>) -> Self {
        self.rows_before = Some(rows.into_iter().collect());
        self
    }

    /// The distributions that the report of each of the publishes before holds, the newest first, for `drift`; see
    /// [`QualityReport::distributions`](crate::outcome::QualityReport::distributions).
    pub fn with_distributions_before(
        mut self,
        distributions: impl IntoIterator<Item = Vec<Distribution>>,
    ) -> Self {
        self.distributions_before = Some(distributions.into_iter().collect());
        self
    }

    /// The keys that rows refer to, or why they could not be read, for `unknownReferences`; see
    /// [`references_of`](Self::references_of).
    pub fn with_keys(
        mut self,
        references: &[ColumnRef],
        keys: Result<ReferenceKeys, String>,
    ) -> Self {
        self.keys.push((references.to_vec(), keys.map(Arc::new)));
        self
    }

    /// How much memory the keys of the run may take before they are spilled, in bytes, all keys of the contract
    /// together; the default is [`DEFAULT_UNIQUE_BUDGET_BYTES`]. Without a place to spill to
    /// ([`with_spill`](Self::with_spill)) they stay in memory; 8 MiB for each key do so anyway.
    pub fn with_unique_budget_bytes(mut self, bytes: usize) -> Self {
        self.unique_budget_bytes = bytes;
        self
    }

    /// Gives a place to spill keys to that are beyond the budget. `open` is called once for each key of the contract, and
    /// what it gives need do nothing before it is first written to.
    pub fn with_spill(mut self, open: impl Fn() -> Box<dyn Spill> + Send + Sync + 'static) -> Self {
        self.spill = Some(SpillPlace(Arc::new(open)));
        self
    }

    /// Says that the rows are only a part of what figures are promised of, and why: such as rows that are published
    /// after all. Rules about all rows together are not evaluated then.
    pub fn with_part(mut self, why: impl Into<String>) -> Self {
        self.is_part = Some(why.into());
        self
    }

    /// Says that rows take the place of those with their primary key, in the table and in the publish itself: of one key
    /// the row counts that has the greatest value in `latest`, or the last one where there is no such column. A key may
    /// then be in the table, and with `latest` twice in the publish, as long as the rows have different values there: of
    /// equal ones none is the latest. Whoever runs the gate says which rows count, see
    /// [`SecondPass::with_rows_in_force`](crate::SecondPass::with_rows_in_force).
    pub fn with_change_by_key(mut self, latest: Option<&str>) -> Self {
        let latest = latest.map(str::to_owned);
        self.by_key = Some(ByKey { latest });
        self
    }

    pub(crate) fn keys(&self, references: &[ColumnRef]) -> Option<Known> {
        let given = self.keys.iter().find(|(known, _)| known == references);
        given.map(|(_, keys)| keys.clone())
    }

    /// What the rules of a contract refer to, each as an empty set of keys to be filled with the rows of the other
    /// product; or why the columns cannot be compared.
    #[must_use]
    pub fn references_of(
        contract: &Contract,
    ) -> Vec<(Vec<ColumnRef>, Result<ReferenceKeys, String>)> {
        let schema = contract.arrow_schema();
        let mut out: Wanted = Vec::new();
        let mut note = |rule: &dataproduct_contract::Rule, own: Option<&str>| {
            let Check::UnknownReferences {
                columns,
                references,
            } = &rule.check
            else {
                return;
            };
            let columns = match (columns.as_slice(), own) {
                ([], Some(own)) => vec![own.to_owned()],
                (columns, _) => columns.to_vec(),
            };
            if out.iter().all(|(known, _)| known != references) {
                let types = Refers::types(&columns, &schema);
                let keys = types.and_then(|types| ReferenceKeys::new(references, types));
                out.push((references.clone(), keys));
            }
        };
        for rule in contract.rules() {
            note(rule, None);
        }
        fn walk(
            column: &Column,
            path: &str,
            note: &mut dyn FnMut(&dataproduct_contract::Rule, Option<&str>),
        ) {
            for rule in &column.rules {
                note(rule, Some(path));
            }
            if let DataType::Struct(fields) = &column.data_type {
                for field in fields {
                    walk(field, &format!("{path}.{}", field.name), note);
                }
            }
        }
        for column in contract.columns() {
            walk(column, &column.name, &mut note);
        }
        out
    }
}
