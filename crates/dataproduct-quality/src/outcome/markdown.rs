//! Markdown, to be put under a pull request.

use std::fmt::Write as _;

use dataproduct_contract::escape::{markdown, markdown_code};

use super::QualityReport;
use super::prose::{self, Tally, cut};

/// The most rules that the table holds: a comment has a limited length.
const MAX_ROWS: usize = 50;
/// The most characters of one text.
const MAX_CHARS: usize = 200;

impl QualityReport {
    /// The report as Markdown: a table of the rules that are not clean, those that weigh most first, at most 50.
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
        let told: Vec<_> = results.iter().filter(|r| !r.is_clean()).collect();
        if told.is_empty() {
            return out;
        }
        out.push_str("\n| | rule | found | expected | way out |\n|---|---|---|---|---|\n");
        for result in told.iter().take(MAX_ROWS) {
            let expected =
                prose::expected(result).map(|text| markdown_code(&cut(&text, MAX_CHARS)));
            let _written = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                prose::label(result),
                markdown_code(&cut(&result.rule, MAX_CHARS)),
                markdown(&cut(&prose::found(result), MAX_CHARS)),
                expected.unwrap_or_default(),
                prose::way_out(result).unwrap_or_default()
            );
        }
        if told.len() > MAX_ROWS {
            let _written = writeln!(out, "\nAnd {} more.", told.len() - MAX_ROWS);
        }
        out
    }
}
