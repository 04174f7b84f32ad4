//! What became of one rule.

use std::time::Duration;

use dataproduct_contract::{Dimension, Severity};

/// What happens to a publish when a rule fails, as contracts write it.
pub mod on_failure {
    /// Nothing is published.
    pub const REJECT: &str = "reject";
    /// The rows that break the rule are kept apart with the reason.
    pub const QUARANTINE: &str = "quarantine";
    /// Values are set right where that is possible.
    pub const REPAIR: &str = "repair";
    /// The report says so.
    pub const REPORT: &str = "report";
    /// The report says so, with the rule's message.
    pub const NOTIFY: &str = "notify";
}

/// Whether the data kept a rule. Not evaluated is neither: it is never told as passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The measure is as the rule demands.
    Pass,
    /// It is not.
    Fail,
    /// The rule was not run, so nothing is known.
    NotEvaluated {
        /// Why, in a sentence.
        reason: String,
    },
}

/// A row that breaks a rule, as people may see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// The position of the row, counted from 0 over everything read; `None` where rows have no position.
    pub row: Option<u64>,
    /// Column and value, in the order of the contract. [`Mask::sample`](super::Mask::sample) makes them fit to be
    /// shown: values of sensitive columns are masked there, and long ones are cut.
    pub values: Vec<(String, String)>,
}

/// What became of one rule of the contract.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RuleResult {
    /// The identifier of the rule: its own in the contract, or column and check such as `on_hand.range`.
    pub rule: String,
    /// The kind of check: `range`, `nullValues`, `expression`.
    pub check: String,
    /// What the rule is called; `None` by default.
    pub name: Option<String>,
    /// What it promises, in prose; `None` by default.
    pub description: Option<String>,
    /// The columns it looks at, nested ones joined by `.`; empty (the default) for the whole product.
    pub columns: Vec<String>,
    /// How bad a breach is; [`Severity::Error`] by default.
    pub severity: Severity,
    /// The dimension of quality it belongs to; `None` by default.
    pub dimension: Option<Dimension>,
    /// What a breach leads to, one of [`on_failure`]; `reject` by default.
    pub on_failure: String,
    /// Whether the data kept the rule.
    pub outcome: Outcome,
    /// What was measured, in the unit of the rule's threshold; any number, also not finite. `None` (the default)
    /// where nothing was measured or the check has no measure.
    pub measure: Option<f64>,
    /// What was demanded, for people: `mustBe 0`, `0 <= value`; `None` by default.
    pub expected: Option<String>,
    /// Rows that break the rule, 0 (the default) to all that were read. A rule with a threshold may pass with some.
    pub failed_rows: u64,
    /// `failed_rows` as a share of the rows read, 0.0 to 1.0, and 0.0 where none was read.
    /// [`QualityReport::try_new`](super::QualityReport::try_new) computes it, whatever stands here before.
    pub share: f64,
    /// Rows in which this rule set a value right, 0 (the default) to all that were read.
    pub repaired_rows: u64,
    /// The position of the first row that breaks the rule, counted from 0; `None` (the default) where no row does.
    pub first_row: Option<u64>,
    /// A few of the rows that break the rule, at most
    /// [`DEFAULT_MAX_SAMPLES`](super::DEFAULT_MAX_SAMPLES) unless asked otherwise; none by default.
    pub samples: Vec<Sample>,
    /// Time spent on the rule; zero by default. Rules that share a pass share its time.
    pub elapsed: Duration,
    /// Messages to be sent, rendered. They leave the company's report: whoever renders them masks sensitive values.
    pub messages: Vec<String>,
}

impl RuleResult {
    /// The result of a rule of severity error that rejects. The fields that are left are set one by one.
    #[must_use]
    pub fn new(rule: impl Into<String>, check: impl Into<String>, outcome: Outcome) -> Self {
        Self {
            rule: rule.into(),
            check: check.into(),
            name: None,
            description: None,
            columns: Vec::new(),
            severity: Severity::Error,
            dimension: None,
            on_failure: on_failure::REJECT.to_owned(),
            outcome,
            measure: None,
            expected: None,
            failed_rows: 0,
            share: 0.0,
            repaired_rows: 0,
            first_row: None,
            samples: Vec::new(),
            elapsed: Duration::ZERO,
            messages: Vec::new(),
        }
    }

    /// Whether the rule failed.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.outcome == Outcome::Fail
    }

    /// Whether the rule passed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.outcome == Outcome::Pass
    }

    /// Why the rule was not evaluated, or `None` if it was.
    #[must_use]
    pub fn not_evaluated(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::NotEvaluated { reason } => Some(reason),
            Outcome::Pass | Outcome::Fail => None,
        }
    }

    /// Whether the result by itself rejects a publish: failed, and `reject`. A warning does where its rule says so.
    #[must_use]
    pub fn rejects(&self) -> bool {
        self.is_failed() && self.on_failure == on_failure::REJECT
    }

    /// Whether there is nothing to say but that the rule passed: no row breaks it, none was repaired, no message.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.is_passed()
            && self.failed_rows == 0
            && self.repaired_rows == 0
            && self.messages.is_empty()
    }
}
