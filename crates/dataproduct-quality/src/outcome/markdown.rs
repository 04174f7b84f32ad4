//! Markdown, to be put under a pull request.

use std::fmt::Write as _;

use dataproduct_contract::escape::{markdown, markdown_code};

use super::prose::{self, Tally, cut};
use super::{QualityReport, RuleResult};

/// The most rules that the table holds: a comment has a limited length.
const MAX_ROWS: usize = 50;
/// How many failed rules are shown with rows, and with how many each.
const MAX_SAMPLED: usize = 10;
const MAX_SAMPLES: usize = 3;
/// The most characters of one text.
const MAX_CHARS: usize = 200;

impl QualityReport {
    /// The report as Markdown: a table of the rules that are not clean, those that weigh most first, at most 50,
    /// and a table of rows, up to 3 of each of the first 10 rules that failed with rows to show.
    /// Text of the contract and of data is text there, no table, link or HTML of its own.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let run = self.run();
        // Writing to a string cannot fail, here and below.
        let mut out = format!(
            "### {} {}: {}\n\n{}; {}.\n",
            run.product,
            run.contract_version,
            self.verdict().as_str(),
            prose::rows(self),
            Tally::of(self).told()
        );
        let results = self.by_weight();
        let told: Vec<_> = results.into_iter().filter(|r| !r.is_clean()).collect();
        if told.is_empty() {
            return out;
        }
        out.push_str(
            "\n| | rule | columns | found | expected | way out |\n|---|---|---|---|---|---|\n",
        );
        for result in told.iter().take(MAX_ROWS) {
            row(result, &mut out);
        }
        if told.len() > MAX_ROWS {
            let _written = writeln!(out, "\nAnd {} more.", told.len() - MAX_ROWS);
        }
        samples(&told, &mut out);
        out
    }
}

fn row(result: &RuleResult, out: &mut String) {
    let columns = match result.columns.is_empty() {
        true => String::new(),
        false => code(&result.columns.join(", ")),
    };
    // Prose of a contract may hold an address, which prose would make a link and code does not.
    let found = match result.not_evaluated() {
        Some(reason) => code(reason),
        None => markdown(&cut(&prose::found(result), MAX_CHARS)),
    };
    let expected = prose::expected(result).map(|text| code(&text));
    let _written = writeln!(
        out,
        "| {} | {} | {columns} | {found} | {} | {} |",
        prose::label(result),
        code(&result.rule),
        expected.unwrap_or_default(),
        prose::way_out(result).unwrap_or_default()
    );
}

fn samples(told: &[&RuleResult], out: &mut String) {
    let failed = told.iter().filter(|result| result.is_failed());
    let mut sampled = failed
        .filter(|result| !result.samples.is_empty())
        .take(MAX_SAMPLED)
        .peekable();
    if sampled.peek().is_none() {
        return;
    }
    out.push_str("\n| rule | a row that breaks it |\n|---|---|\n");
    for result in sampled {
        for sample in result.samples.iter().take(MAX_SAMPLES) {
            let text = code(&prose::sample(sample, str::to_owned));
            let _written = writeln!(out, "| {} | {text} |", code(&result.rule));
        }
    }
}

fn code(text: &str) -> String {
    markdown_code(&cut(text, MAX_CHARS))
}
