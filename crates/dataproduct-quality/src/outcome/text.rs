//! Text for a terminal.

use dataproduct_contract::{Severity, escape};

use super::prose::{self, Tally};
use super::{Outcome, QualityReport, RuleResult, Verdict};

/// The width for which text is written unless asked otherwise, in characters.
pub const DEFAULT_WIDTH: usize = 100;
/// The most characters of one text of a contract or of data.
const MAX_CHARS: usize = 500;
/// How many clean rules are named.
const MAX_CLEAN: usize = 12;
/// Where everything but the first word of a line begins.
const INDENT: usize = 15;

/// How text for a terminal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// The most characters of a line; less than 40 counts as 40. [`DEFAULT_WIDTH`] by default.
    pub width: usize,
    /// Whether the first word of a line is coloured by ANSI escapes; `false` by default.
    pub colour: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            width: DEFAULT_WIDTH,
            colour: false,
        }
    }
}

impl QualityReport {
    /// The report for a terminal: what was checked, then what is wrong with the way out, those that weigh most
    /// first, and the first 12 clean rules with a count of the others. No control character of data or contract gets through.
    #[must_use]
    pub fn to_text(&self, options: TextOptions) -> String {
        let mut page = Page {
            out: String::new(),
            options,
        };
        let run = self.run();
        let verdict = match self.verdict() {
            Verdict::Accepted => "accepted".to_owned(),
            Verdict::Rejected { rules } => format!("rejected by {}", rules.join(", ")),
        };
        let head = format!(
            "{} {}: {}",
            run.product,
            run.contract_version,
            safe(&verdict)
        );
        page.wrapped(&head, 0);
        if let Some(source) = &run.source {
            page.entry("source", "", &safe(source));
        }
        page.entry(
            "run",
            "",
            &format!(
                "{}, started {}, took {}",
                safe(&run.run_id),
                run.started_at.format("%Y-%m-%d %H:%M:%S UTC"),
                prose::duration(run.elapsed)
            ),
        );
        page.entry("rows", "", &prose::rows(self));
        page.entry("rules", "", &Tally::of(self).told());
        let results = self.by_weight();
        for result in results.iter().filter(|result| !result.is_clean()) {
            page.result(result);
        }
        let clean: Vec<_> = results
            .iter()
            .filter(|r| r.is_clean())
            .map(|r| safe(&r.rule))
            .collect();
        if !clean.is_empty() {
            page.out.push('\n');
            let (named, others) = clean.split_at(clean.len().min(MAX_CLEAN));
            let mut names = named.join(", ");
            if !others.is_empty() {
                names += &format!(" and {}", prose::count(others.len() as u64, "other"));
            }
            page.entry("passed", "32", &names);
        }
        page.out
    }
}

struct Page {
    out: String,
    options: TextOptions,
}

impl Page {
    fn result(&mut self, result: &RuleResult) {
        let colour = match (&result.outcome, result.severity) {
            (Outcome::Fail, Severity::Error) => "31",
            (Outcome::Fail, Severity::Warning) => "33",
            (Outcome::Fail, Severity::Info) => "34",
            (Outcome::NotEvaluated { .. }, _) => "35",
            (Outcome::Pass, _) => "32",
        };
        self.out.push('\n');
        let found = format!("{}: {}", safe(&result.rule), safe(&prose::found(result)));
        self.entry(prose::label(result), colour, &found);
        if let Some(expected) = prose::expected(result) {
            self.wrapped(&safe(&format!("expected {expected}")), INDENT);
        }
        if let Some(description) = &result.description {
            self.wrapped(&safe(description), INDENT);
        }
        for sample in &result.samples {
            self.wrapped(&prose::sample(sample, safe), INDENT);
        }
        for message in &result.messages {
            self.wrapped(&safe(&format!("message: {message}")), INDENT);
        }
        if let Some(way_out) = prose::way_out(result) {
            self.wrapped(way_out, INDENT);
        }
    }

    /// A word, and beside it a text.
    fn entry(&mut self, word: &str, colour: &str, text: &str) {
        let start = self.out.len();
        self.wrapped(text, INDENT);
        let padded = format!("{word:<INDENT$}");
        let shown = match self.options.colour && !colour.is_empty() {
            true => format!("\u{1b}[{colour}m{padded}\u{1b}[0m"),
            false => padded,
        };
        self.out.replace_range(start..start + INDENT, &shown);
    }

    /// A text that goes on in the next line at the same indent, broken at spaces where there are any.
    fn wrapped(&mut self, text: &str, indent: usize) {
        let room = self.options.width.max(40) - indent;
        let mut rest: Vec<char> = text.chars().collect();
        loop {
            let end = match rest.len() > room {
                false => rest.len(),
                true => {
                    let space = rest[..=room].iter().rposition(|c| *c == ' ');
                    space.filter(|at| *at > 0).unwrap_or(room)
                }
            };
            self.out.extend(std::iter::repeat_n(' ', indent));
            self.out.extend(&rest[..end]);
            self.out.push('\n');
            rest.drain(..end);
            if rest.first() == Some(&' ') {
                rest.remove(0);
            }
            if rest.is_empty() {
                return;
            }
        }
    }
}

fn safe(text: &str) -> String {
    prose::cut(&escape::line(&prose::cut(text, MAX_CHARS)), MAX_CHARS)
}
