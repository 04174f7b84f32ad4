//! The small form of a report, for the log of the table.

use serde::{Deserialize, Serialize};

use super::prose::{Tally, cut};
use super::{QualityReport, RuleResult};

/// How many failed rules, and how many that were not evaluated, a summary names at most.
pub const MAX_SUMMARY_RULES: usize = 50;
/// The most characters of an identifier in a summary; a longer one ends in `…`.
pub const MAX_ID_CHARS: usize = 120;

/// Counts of a run and the rules to look at. At most [`MAX_SUMMARY_RULES`] of each kind are named, those that
/// weigh most first; `failed` and `not_evaluated` count them all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Summary {
    /// What names the run, cut to [`MAX_ID_CHARS`].
    pub run_id: String,
    /// `accepted` or `rejected`.
    pub verdict: String,
    /// Rows that came in.
    pub read: u64,
    /// Rows published, or fit to be.
    pub published: u64,
    /// Rows in quarantine.
    pub quarantined: u64,
    /// Rows in which a value was set right.
    pub repaired: u64,
    /// Rules that passed.
    pub passed: u64,
    /// Rules that failed, of any severity.
    pub failed: u64,
    /// Rules that were not evaluated.
    pub not_evaluated: u64,
    /// The rules that failed, with the rows that break each.
    pub failed_rules: Vec<RuleCount>,
    /// The rules that were not evaluated.
    pub not_evaluated_rules: Vec<String>,
}

/// A rule that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleCount {
    /// The identifier, cut to [`MAX_ID_CHARS`].
    pub rule: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// Rows that break it; zero for a rule that counts none, such as one over an aggregate.
    pub rows: u64,
}

impl Summary {
    pub(super) fn of(report: &QualityReport) -> Self {
        let tally = Tally::of(report);
        let rows = report.rows();
        let results = report.by_weight();
        let id = |result: &RuleResult| cut(&result.rule, MAX_ID_CHARS);
        let failed = results.iter().filter(|result| result.is_failed());
        let unknown = results.iter().filter(|r| r.not_evaluated().is_some());
        Self {
            run_id: cut(&report.run().run_id, MAX_ID_CHARS),
            verdict: report.verdict().as_str().to_owned(),
            read: rows.read(),
            published: rows.published(),
            quarantined: rows.quarantined(),
            repaired: rows.repaired(),
            passed: tally.passed,
            failed: tally.failed,
            not_evaluated: tally.not_evaluated,
            failed_rules: failed
                .take(MAX_SUMMARY_RULES)
                .map(|result| RuleCount {
                    rule: id(result),
                    severity: result.severity.as_str().to_owned(),
                    rows: result.failed_rows,
                })
                .collect(),
            not_evaluated_rules: unknown.take(MAX_SUMMARY_RULES).map(|r| id(r)).collect(),
        }
    }
}
