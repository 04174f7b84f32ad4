//! The report itself.

use std::cmp::Reverse;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, Utc};
use dataproduct_contract::{ProductName, Version};
use serde::{Deserialize, Serialize};

use super::stored::ReportV1;
use super::{Distribution, Outcome, ReportError, RowCounts, RuleResult, Summary, on_failure};

/// The exit status of a run that is accepted.
pub const EXIT_ACCEPTED: u8 = 0;
/// The exit status of a run that is rejected.
pub const EXIT_REJECTED: u8 = 1;

/// Which rows were checked against which contract, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The product.
    pub product: ProductName,
    /// The version of its contract.
    pub contract_version: Version,
    /// The digest of the contract's text.
    pub contract_digest: String,
    /// What names this run; rows in quarantine carry it too.
    pub run_id: String,
    /// When it began, in the years 0 to 9999.
    pub started_at: DateTime<Utc>,
    /// How long it took, from the first row to the verdict.
    pub elapsed: Duration,
    /// The file or table that was checked; `None` for rows in memory. It is shown as it is: no credentials in it.
    pub source: Option<String>,
}

/// The decision over a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The rows may be published, those in quarantine left out.
    Accepted,
    /// Nothing may be published.
    Rejected {
        /// The rules that reject, in the order of the contract.
        rules: Vec<String>,
    },
}

impl Verdict {
    /// Whether the rows may be published.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        *self == Self::Accepted
    }

    /// The verdict in a word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected { .. } => "rejected",
        }
    }
}

/// The checks that are about all rows that are published together.
const FIGURES: [&str; 12] = [
    "rowCount",
    "sum",
    "mean",
    "minimum",
    "maximum",
    "distinctCount",
    "age",
    "outOfOrder",
    "discontinuity",
    "smallestGroup",
    "volumeChange",
    "drift",
];

/// What a run of a contract's rules over rows has found.
///
/// Its stored form is JSON with camel-case keys and a `formatVersion`, see [`to_json`](Self::to_json). Times are
/// UTC in RFC 3339, durations milliseconds with a fraction (`elapsedMs`), and a measure that is no finite number
/// is the text `NaN`, `Infinity` or `-Infinity`. Unknown keys are passed over on reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "ReportV1", try_from = "ReportV1")]
pub struct QualityReport {
    run: Run,
    rows: RowCounts,
    results: Vec<RuleResult>,
    distributions: Vec<Distribution>,
}

impl QualityReport {
    /// A report. Results keep the order in which they are given, the order of the contract; only those without a
    /// column, which are about the whole product, go behind the others.
    ///
    /// # Errors
    /// [`ReportError::MoreThanRead`] if a rule counts more rows than were read, [`ReportError::Year`] if the run
    /// started outside the years 0 to 9999.
    pub fn try_new(
        run: Run,
        rows: RowCounts,
        mut results: Vec<RuleResult>,
    ) -> Result<Self, ReportError> {
        let year = run.started_at.year();
        if !(0..=9999).contains(&year) {
            return Err(ReportError::Year { year });
        }
        let read = rows.read();
        for result in &mut results {
            for (what, rows) in [
                ("break", result.failed_rows),
                ("repaired by", result.repaired_rows),
            ] {
                if rows > read {
                    let what = format!("{what} {}", result.rule);
                    return Err(ReportError::MoreThanRead { what, rows, read });
                }
            }
            result.share = match read {
                0 => 0.0,
                read => result.failed_rows as f64 / read as f64,
            };
        }
        results.sort_by_key(|result| result.columns.is_empty());
        Ok(Self {
            run,
            rows,
            results,
            distributions: Vec::new(),
        })
    }

    /// The report of rows of which those that it publishes were judged again, behind what others have published
    /// meanwhile: `later` is of these. Keys count here and there where rows were kept apart for them, and where they were
    /// not in `later` alone, as figures do; all else stays.
    ///
    /// # Errors
    /// As [`try_new`](Self::try_new), and [`ReportError`] when `later` is of other rows.
    pub fn judged_again(self, later: &Self) -> Result<Self, ReportError> {
        let rows = RowCounts::try_new(
            self.rows.read(),
            later.rows.published(),
            self.rows.quarantined() + later.rows.quarantined(),
            self.rows.repaired(),
        )?;
        let stay = |found: &RuleResult| {
            let told = [on_failure::REPORT, on_failure::NOTIFY];
            told.contains(&found.on_failure.as_str())
        };
        let again = |result: RuleResult| {
            let found = later.results.iter().find(|again| again.rule == result.rule);
            match found {
                Some(found) if FIGURES.contains(&found.check.as_str()) => found.clone(),
                Some(found) if found.check == "unique" && stay(found) => found.clone(),
                Some(found) if found.check == "unique" && found.failed_rows > 0 => {
                    let mut both = found.clone();
                    both.failed_rows += result.failed_rows;
                    both.repaired_rows += result.repaired_rows;
                    both.measure = Some(both.failed_rows as f64);
                    // Rows that are judged again have no numbers.
                    both.first_row = result.first_row;
                    both.samples = result.samples.into_iter().chain(both.samples).collect();
                    both.samples.truncate(super::DEFAULT_MAX_SAMPLES);
                    both
                }
                _ => result,
            }
        };
        let results = self.results.into_iter().map(again).collect();
        let both = Self::try_new(self.run, rows, results)?;
        Ok(both.with_distributions(later.distributions.clone()))
    }

    /// The report with the distributions of columns that later publishes are compared with.
    #[must_use]
    pub fn with_distributions(mut self, distributions: Vec<Distribution>) -> Self {
        self.distributions = distributions;
        self
    }

    /// The distributions of the columns that a rule about `drift` looks at; none of a sensitive column.
    #[must_use]
    pub fn distributions(&self) -> &[Distribution] {
        &self.distributions
    }

    /// What was checked, and when.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Where the rows went.
    #[must_use]
    pub fn rows(&self) -> RowCounts {
        self.rows
    }

    /// One result for each rule, in the order of the contract, those of the whole product last.
    #[must_use]
    pub fn results(&self) -> &[RuleResult] {
        &self.results
    }

    /// The results in the order in which a person wants them: those that reject, then failures by severity and by
    /// the number of rows, then what was not evaluated, then what passed. Equals stay in the order of the contract.
    #[must_use]
    pub fn by_weight(&self) -> Vec<&RuleResult> {
        let mut results: Vec<_> = self.results.iter().collect();
        results.sort_by_key(|result| {
            let place = match result.outcome {
                Outcome::Fail => 0,
                Outcome::NotEvaluated { .. } => 1,
                Outcome::Pass if result.is_clean() => 3,
                Outcome::Pass => 2,
            };
            let weight = (result.rejects(), result.severity, result.failed_rows);
            (place, Reverse(weight))
        });
        results
    }

    /// The decision: a rule that failed and says `reject` rejects. A rule that was not
    /// evaluated does not; the report and its summary name it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let rejecting = self.results.iter().filter(|result| result.rejects());
        let rules: Vec<_> = rejecting.map(|result| result.rule.clone()).collect();
        match rules.is_empty() {
            true => Verdict::Accepted,
            false => Verdict::Rejected { rules },
        }
    }

    /// Whether every rule was evaluated and passed, no row breaks one, and none was repaired or kept apart.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.rows.quarantined() == 0
            && self.rows.repaired() == 0
            && self.results.iter().all(RuleResult::is_clean)
    }

    /// What a program exits with: [`EXIT_ACCEPTED`] or [`EXIT_REJECTED`], by the verdict alone. Who wants no
    /// finding at all asks [`is_clean`](Self::is_clean).
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self.verdict() {
            Verdict::Accepted => EXIT_ACCEPTED,
            Verdict::Rejected { .. } => EXIT_REJECTED,
        }
    }

    /// The small form, for the log of the table.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(self)
    }
}
