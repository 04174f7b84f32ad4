//! JUnit XML, for continuous integration.
//!
//! # Source
//! There is no standard. This keeps to the schemas of Ant and of Jenkins at once, so what they do not share is
//! left out: the root has no attributes, and only a suite has output.

use std::fmt::Write as _;
use std::time::Duration;

use dataproduct_contract::{Severity, escape};

use super::prose::{self, Tally, cut};
use super::{Outcome, QualityReport, RuleResult};

/// The most characters of one text of a contract or of data.
const MAX_CHARS: usize = 500;

impl QualityReport {
    /// The report as one suite of JUnit XML with a test case for each rule, in the order of the contract: a failed
    /// rule of severity error is a failure, whatever it leads to, and a rule that was not evaluated is skipped.
    /// What else a person should see, such as warnings and repaired rows, is in the output of the suite.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let run = self.run();
        let results = self.results();
        let failures = results.iter().filter(|result| fails(result)).count();
        // Writing to a string cannot fail, here and below.
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{product}\" \
             package=\"{product}\" id=\"0\" hostname=\"localhost\" timestamp=\"{}\" tests=\"{}\" \
             failures=\"{failures}\" errors=\"0\" skipped=\"{}\" time=\"{}\">\n",
            run.started_at.format("%Y-%m-%dT%H:%M:%S"),
            results.len(),
            Tally::of(self).not_evaluated,
            seconds(run.elapsed),
            product = safe(&run.product.to_string()),
        );
        properties(self, &mut out);
        for result in results {
            case(self, result, &mut out);
        }
        let _written = write!(
            out,
            "    <system-out>{}</system-out>\n    <system-err></system-err>\n  </testsuite>\n</testsuites>\n",
            output(self)
        );
        out
    }
}

/// Whether the rule is a failure of the suite.
fn fails(result: &RuleResult) -> bool {
    result.is_failed() && result.severity == Severity::Error
}

fn properties(report: &QualityReport, out: &mut String) {
    let run = report.run();
    let rows = report.rows();
    let mut properties = vec![
        ("contractVersion", run.contract_version.to_string()),
        ("contractDigest", run.contract_digest.clone()),
        ("runId", run.run_id.clone()),
        ("verdict", report.verdict().as_str().to_owned()),
        ("rows.read", rows.read().to_string()),
        ("rows.published", rows.published().to_string()),
        ("rows.quarantined", rows.quarantined().to_string()),
        ("rows.repaired", rows.repaired().to_string()),
    ];
    if let Some(source) = &run.source {
        properties.push(("source", source.clone()));
    }
    out.push_str("    <properties>\n");
    for (name, value) in properties {
        let value = safe(&value);
        let _written = writeln!(out, "      <property name=\"{name}\" value=\"{value}\"/>");
    }
    out.push_str("    </properties>\n");
}

fn case(report: &QualityReport, result: &RuleResult, out: &mut String) {
    let _written = write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" time=\"{}\"",
        safe(&result.rule),
        safe(&report.run().product.to_string()),
        seconds(result.elapsed)
    );
    let found = safe(&prose::found(result));
    if result.not_evaluated().is_some() {
        let _written = write!(
            out,
            ">\n      <skipped message=\"{found}\"/>\n    </testcase>\n"
        );
    } else if fails(result) {
        let _written = write!(
            out,
            ">\n      <failure type=\"{}\" message=\"{found}\">{}</failure>\n    </testcase>\n",
            safe(&result.check),
            details(result).join("\n")
        );
    } else {
        out.push_str("/>\n");
    }
}

/// What a person needs beside the count: what was demanded, some rows, and the way out.
fn details(result: &RuleResult) -> Vec<String> {
    let expected = prose::expected(result).map(|text| safe(&format!("expected {text}")));
    let mut lines: Vec<_> = expected.into_iter().collect();
    lines.extend(result.description.iter().map(|text| safe(text)));
    if !result.columns.is_empty() {
        lines.push(safe(&format!("columns: {}", result.columns.join(", "))));
    }
    let samples = result.samples.iter();
    lines.extend(samples.map(|sample| prose::sample(sample, safe)));
    lines.extend(prose::way_out(result).map(safe));
    lines
}

/// What is no test case: the rows, failures that are no error, rows repaired or tolerated, and messages.
fn output(report: &QualityReport) -> String {
    let mut lines = vec![safe(&prose::rows(report))];
    for result in report.by_weight() {
        let is_told = match result.outcome {
            Outcome::NotEvaluated { .. } => false,
            Outcome::Fail => !fails(result),
            Outcome::Pass => result.failed_rows > 0 || result.repaired_rows > 0,
        };
        if is_told {
            let (label, found) = (prose::label(result), safe(&prose::found(result)));
            lines.push(format!("{label}: {}: {found}", safe(&result.rule)));
            let details = details(result).into_iter();
            lines.extend(details.map(|line| format!("  {line}")));
        }
        for message in &result.messages {
            lines.push(format!(
                "message: {}: {}",
                safe(&result.rule),
                safe(message)
            ));
        }
    }
    lines.join("\n")
}

/// Seconds with the three digits that Jenkins reads, and no exponent.
fn seconds(elapsed: Duration) -> String {
    format!("{:.3}", elapsed.as_secs_f64())
}

fn safe(text: &str) -> String {
    escape::markup(&cut(&escape::line(&cut(text, MAX_CHARS)), MAX_CHARS))
}
