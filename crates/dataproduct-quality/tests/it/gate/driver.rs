//! Runs of the gate, and what they give.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use chrono::DateTime;
use dataproduct_contract::Contract;
use dataproduct_quality::outcome::{QualityReport, RuleResult};
use dataproduct_quality::{Concluded, Finished, Gate, GateContext, Verdict, check_rows};

pub(super) fn context() -> GateContext {
    GateContext::new("run", DateTime::from_timestamp(1_700_000_000, 0).unwrap())
}

pub(super) fn report(
    contract: &Contract,
    batches: &[RecordBatch],
    threads: usize,
) -> QualityReport {
    report_in(contract, context(), batches, threads)
}

pub(super) fn report_in(
    contract: &Contract,
    context: GateContext,
    batches: &[RecordBatch],
    threads: usize,
) -> QualityReport {
    let threads = NonZeroUsize::new(threads).unwrap();
    let open = || Ok::<_, Infallible>(batches.iter().cloned().map(Ok));
    check_rows(contract, context, threads, open).unwrap()
}

/// The results without the times.
pub(super) fn timeless(report: &QualityReport) -> Vec<RuleResult> {
    let timeless = |result: &RuleResult| {
        let mut result = result.clone();
        result.elapsed = Duration::ZERO;
        result
    };
    report.results().iter().map(timeless).collect()
}

pub(super) fn result<'a>(report: &'a QualityReport, rule: &str) -> &'a RuleResult {
    let found = report.results().iter().find(|result| result.rule == rule);
    found.unwrap_or_else(|| panic!("no rule {rule} in {:?}", report.results()))
}

/// Where the rows of a run went.
#[derive(Debug, Default)]
pub(super) struct Parted {
    pub(super) published: Vec<RecordBatch>,
    /// By number: the rules that the row broke.
    pub(super) apart: BTreeMap<i64, Vec<String>>,
    pub(super) refused: bool,
}

impl Parted {
    fn take(&mut self, verdict: Verdict) {
        let quarantined = match verdict {
            Verdict::Admitted(rows) => {
                self.published.push(rows.batch().clone());
                return;
            }
            Verdict::Separated {
                admitted,
                quarantined,
            } => {
                self.published.push(admitted.batch().clone());
                quarantined
            }
            Verdict::Refused(_) => {
                self.refused = true;
                return;
            }
        };
        let batch = quarantined.batch();
        let numbers = batch.column(1).as_primitive::<Int64Type>();
        let rules = batch.column(0).as_list::<i32>();
        for row in 0..batch.num_rows() {
            let of_row = rules.value(row);
            let of_row = of_row.as_string::<i32>().iter();
            let of_row = of_row.map(|rule| rule.unwrap().to_owned()).collect();
            assert!(self.apart.insert(numbers.value(row), of_row).is_none());
        }
    }

    pub(super) fn published_rows(&self) -> usize {
        self.published.iter().map(RecordBatch::num_rows).sum()
    }
}

/// A run by hand, as a publish makes it.
pub(super) fn parted(contract: &Contract, batches: &[RecordBatch]) -> (Parted, QualityReport) {
    parted_in(contract, context(), batches)
}

pub(super) fn parted_in(
    contract: &Contract,
    context: GateContext,
    batches: &[RecordBatch],
) -> (Parted, QualityReport) {
    let mut gate = Gate::with_context(contract, context);
    let mut out = Parted::default();
    for batch in batches {
        out.take(gate.check(batch.clone()));
    }
    let mut pass = match gate.finish().unwrap() {
        Finished::Done(report) => return (out, *report),
        Finished::SecondPass(pass) => pass,
    };
    for batch in batches {
        pass.look(batch).unwrap();
    }
    let mut separation = match pass.conclude() {
        Concluded::Done(report) => return (out, *report),
        Concluded::Separation(separation) => separation,
    };
    let mut again = Parted {
        refused: out.refused,
        ..Parted::default()
    };
    for batch in batches {
        again.take(separation.check(batch));
    }
    (again, *separation.finish())
}
