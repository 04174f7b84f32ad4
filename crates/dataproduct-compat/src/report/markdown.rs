//! Markdown for a pull request.

use std::fmt::Write as _;

use super::{by_weight, verdict, witnesses};
use crate::{Bump, Comparison};

impl Comparison {
    /// The comparison as Markdown for the description of a pull request: a table of the changes, and
    /// beneath it the way out for those that break someone.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = format!("### {}\n", escaped(&verdict(self)));
        if self.findings().is_empty() {
            return out;
        }
        out.push_str("\n| bump | change | where | reader | writer | history |\n");
        out.push_str("|---|---|---|---|---|---|\n");
        let findings = by_weight(self);
        for finding in &findings {
            let _ = writeln!(
                out,
                "| **{}** | {} (`{}`) | {} | {} | {} | {} |",
                finding.bump,
                escaped(&finding.rule.title),
                finding.rule.id,
                escaped(&finding.change.to_string()),
                finding.reader,
                finding.writer,
                finding.history
            );
        }
        for finding in findings.into_iter().filter(|f| f.bump >= Bump::Major) {
            let _ = write!(
                out,
                "\n**{}**: {}\n\n{}\n\n",
                escaped(&finding.change.path),
                escaped(&finding.rule.title),
                escaped(&finding.rule.why)
            );
            for sentence in witnesses(self, finding) {
                let _ = writeln!(out, "- {}", escaped(&sentence));
            }
            for (step, text) in finding.rule.how.steps() {
                let _ = writeln!(out, "- *{step}*: {}", escaped(text));
            }
        }
        for waiver in self.expired_waivers() {
            let _ = writeln!(
                out,
                "\n> The waiver of `{}` for {} expired on {} and no longer counts.",
                waiver.kind,
                escaped(&waiver.path),
                waiver.expires
            );
        }
        out
    }
}

/// Text of contracts that cannot become a table, a link, an image, a mention or HTML of its own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '!' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}
