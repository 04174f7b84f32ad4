//! The report of a run, out of what was counted.

use dataproduct_contract::OnFailure;

use super::Gate;
use super::rule::{Planned, Run};
use super::tally::{Tally, said};
use crate::measure::{Measure, Measured};
use crate::outcome::{self, Distribution, Outcome, QualityReport, RowCounts, RuleResult};

impl Gate {
    /// Judges every rule.
    pub(super) fn into_report(mut self) -> QualityReport {
        let now = self.context.now;
        let measures = std::mem::take(&mut self.measures);
        let mut distributions: Vec<Distribution> = Vec::new();
        for distribution in measures.iter().filter_map(Measure::distribution) {
            let is_new = |known: &Distribution| known.column() != distribution.column();
            if distributions.iter().all(is_new) && distribution.rows() > 0 {
                distributions.push(distribution.clone());
            }
        }
        let measured: Vec<Measured> = measures.into_iter().map(|m| m.finish(now)).collect();
        let rows = self.rows;
        let tallies = std::mem::take(&mut self.tallies);
        let results = self.rules.planned.iter().zip(tallies).map(|(rule, tally)| {
            let figure = match &rule.run {
                Run::Left(why) => Some(Measured::Unknown(why.clone())),
                Run::Unique(key) => self.unknown[*key].clone().map(Measured::Unknown),
                Run::Measure(measure) => measured.get(*measure).cloned(),
                _ => None,
            };
            let mut result = result(rule, tally, figure, rows);
            if let Run::Unique(key) = &rule.run
                && self.held[*key] > 0
                && rule.check == "unique"
            {
                let held = self.held[*key];
                result.expected = Some(format!("unique: the table holds the key of {held}"));
            }
            result
        });
        let results: Vec<RuleResult> = results.collect();
        let run = outcome::Run {
            product: self.examiner.contract.name().clone(),
            contract_version: self.examiner.contract.version().clone(),
            contract_digest: self.digest.to_string(),
            run_id: self.context.run_id,
            started_at: now,
            elapsed: self.started.elapsed(),
            source: self.context.source,
        };
        let published = rows.saturating_sub(self.quarantined);
        let counts = RowCounts::try_new(rows, published, self.quarantined, self.repaired.min(rows));
        let report = counts.and_then(|counts| QualityReport::try_new(run, counts, results));
        #[expect(
            clippy::expect_used,
            reason = "rows published are those read less those kept apart, and no rule counts more"
        )]
        let report = report.expect("the counts add up");
        report.with_distributions(distributions)
    }
}

/// The result of one rule.
fn result(rule: &Planned, tally: Tally, figure: Option<Measured>, rows: u64) -> RuleResult {
    let (mut failed, mut first_row) = (tally.failed, tally.first_row);
    let (outcome, measure) = match figure {
        Some(Measured::Unknown(reason)) => {
            // What was counted until then is a part only.
            (failed, first_row) = (0, None);
            (Outcome::NotEvaluated { reason }, None)
        }
        Some(Measured::Figure(figure)) => {
            let holds = rule.threshold.is_none_or(|t| t.operator.holds(figure));
            (told(holds), Some(figure))
        }
        Some(Measured::Rows {
            failed: rows_at_fault,
            first,
        }) => {
            (failed, first_row) = (rows_at_fault, first);
            (
                told(rule.holds(failed, rows)),
                Some(rule.share(failed, rows)),
            )
        }
        None => (
            told(rule.holds(failed, rows)),
            Some(rule.share(failed, rows)),
        ),
    };
    let mut messages = Vec::new();
    if let (OnFailure::Notify, Some(message), Outcome::Fail) =
        (&rule.on_failure, &rule.message, &outcome)
    {
        messages.extend(
            tally
                .spoken
                .iter()
                .map(|values| said(message, values, measure, failed)),
        );
        // A figure has no rows to speak of.
        if messages.is_empty() {
            messages.push(said(message, &[], measure, failed));
        }
    }
    // Rows that a repair did not set right are told by what happens to them. Those that give way to a later one are.
    let is_left = matches!(outcome, Outcome::Fail) && !matches!(rule.run, Run::Unique(_));
    let on_failure = match is_left {
        true => rule.happens(),
        false => &rule.on_failure,
    };
    let mut result = RuleResult::new(rule.id.as_ref(), rule.check.as_str(), outcome);
    result.name = rule.name.clone();
    result.description = rule.description.clone();
    result.columns = rule.columns.clone();
    result.severity = rule.severity;
    result.dimension = rule.dimension;
    result.on_failure = on_failure.as_str().to_owned();
    result.measure = measure;
    result.expected = rule.expected.clone();
    result.failed_rows = failed;
    result.repaired_rows = tally.repaired;
    result.first_row = first_row;
    result.samples = tally.samples;
    result.elapsed = tally.elapsed;
    result.messages = messages;
    result
}

fn told(holds: bool) -> Outcome {
    match holds {
        true => Outcome::Pass,
        false => Outcome::Fail,
    }
}
