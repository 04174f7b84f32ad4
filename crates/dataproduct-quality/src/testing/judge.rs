//! The gate as the judge of rows that are made: every rule only tells, none repairs, rejects or keeps apart, so that
//! rows are judged as they are and each rule by itself.

use std::sync::Arc;

use arrow_array::RecordBatch;
use dataproduct_contract::{Contract, OnFailure};

use super::cell::{self, Row};
use super::error::TestingError;
use crate::gate::{Examined, Examiner, Gate, GateContext, Rules, plan, run_gate};
use crate::outcome::QualityReport;

/// The rules of a contract, ready to judge rows.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) contract: Contract,
    pub(super) context: GateContext,
    pub(super) rules: Rules,
    examiner: Examiner,
}

impl Judge {
    pub(super) fn new(contract: &Contract, context: GateContext) -> Self {
        let rules = told(contract, &context);
        Self {
            examiner: Examiner::new(contract, &rules),
            contract: contract.clone(),
            rules,
            context,
        }
    }

    pub(super) fn batch(&self, rows: &[&Row]) -> Result<RecordBatch, TestingError> {
        cell::batch(&self.contract.arrow_schema(), rows).map_err(|why| TestingError::Rows { why })
    }

    /// Which rows break which rule, for rules that look at each row by itself.
    pub(super) fn examine(&self, rows: &[&Row]) -> Result<Examined, TestingError> {
        let batch = self.batch(rows)?;
        self.examiner
            .examine(&batch, &self.rules)
            .map_err(|report| TestingError::Rows {
                why: report.to_string(),
            })
    }

    /// The places of the rules that each row breaks.
    pub(super) fn broken(&self, rows: &[&Row]) -> Result<Vec<Vec<usize>>, TestingError> {
        let examined = self.examine(rows)?;
        let mut out = vec![Vec::new(); rows.len()];
        for (place, failed) in examined.failed.iter().enumerate() {
            for row in failed.rows() {
                if let Some(broken) = out.get_mut(row) {
                    broken.push(place);
                }
            }
        }
        Ok(out)
    }

    /// The whole report on a batch.
    pub(super) fn report(&self, batch: &RecordBatch) -> Result<QualityReport, TestingError> {
        let rules = told(&self.contract, &self.context);
        let gate = Gate::of_rules(&self.contract, self.context.clone(), rules);
        report(gate, batch)
    }

    /// The whole report on a batch, with what the contract says happens on a breach.
    pub(super) fn report_as_published(
        &self,
        batch: &RecordBatch,
    ) -> Result<QualityReport, TestingError> {
        report(
            Gate::with_context(&self.contract, self.context.clone()),
            batch,
        )
    }

    pub(super) fn id(&self, place: usize) -> String {
        let rule = self.rules.planned.get(place);
        rule.map(|rule| rule.id.to_string()).unwrap_or_default()
    }
}

fn told(contract: &Contract, context: &GateContext) -> Rules {
    let mut rules = plan::rules(contract, context);
    for rule in &mut rules.planned {
        rule.on_failure = OnFailure::Report;
        rule.otherwise = OnFailure::Report;
    }
    rules
}

fn report(gate: Gate, batch: &RecordBatch) -> Result<QualityReport, TestingError> {
    let open = || Ok::<_, std::convert::Infallible>(std::iter::once(Ok(batch.clone())));
    let one = std::num::NonZeroUsize::MIN;
    run_gate(gate, one, open).map_err(|error| TestingError::Rows {
        why: error.to_string(),
    })
}

/// A context that knows keys in memory.
pub(super) fn with_keys(
    context: GateContext,
    contract: &Contract,
    known: &[(Vec<dataproduct_contract::ColumnRef>, RecordBatch)],
) -> Result<GateContext, TestingError> {
    let mut context = context;
    for (references, keys) in GateContext::references_of(contract) {
        let Some((_, batch)) = known.iter().find(|(of, _)| *of == references) else {
            continue;
        };
        let mut keys = keys.map_err(|why| TestingError::Rows { why })?;
        keys.push(batch).map_err(|why| TestingError::Rows { why })?;
        context = context.with_keys(&references, Ok(keys));
    }
    Ok(context)
}

impl Judge {
    /// A shared schema of the contract.
    pub(super) fn schema(&self) -> Arc<arrow_schema::Schema> {
        self.contract.arrow_schema()
    }
}
