//! Text for a terminal.

use std::fmt::Write as _;

use super::{by_weight, verdict, witnesses};
use crate::{Bump, Comparison, Finding};

impl Comparison {
    /// The comparison for people: the verdict, then every change with its cause, an example and the way
    /// out, those that weigh most first. Plain text without colours.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = verdict(self);
        out.push('\n');
        if !self.findings().is_empty() {
            let parties = (self.reader(), self.writer(), self.history());
            let (reader, writer, history) = parties;
            let _ = writeln!(out, "  reader {reader}, writer {writer}, history {history}");
        }
        for finding in by_weight(self) {
            let _ = write!(out, "\n{}", text(self, finding));
        }
        for waiver in self.expired_waivers() {
            let _ = write!(
                out,
                "\nwarning: the waiver of `{}` for {} expired on {} and no longer counts\n  \
                 = {} wrote: {}\n",
                waiver.kind, waiver.path, waiver.expires, waiver.author, waiver.reason
            );
        }
        out
    }
}

fn text(comparison: &Comparison, finding: &Finding) -> String {
    let level = match finding.bump {
        Bump::Invalid | Bump::Major => "error",
        Bump::Minor => "note",
        Bump::Patch | Bump::None => "info",
    };
    let mut out = format!("{level}[{}]: {}\n", finding.rule.id, finding.rule.title);
    let _ = writeln!(out, "  --> {}", finding.change);
    let _ = writeln!(
        out,
        "  = {}: reader {}, writer {}, history {}",
        finding.bump, finding.reader, finding.writer, finding.history
    );
    for sentence in witnesses(comparison, finding) {
        let _ = writeln!(out, "  = {sentence}");
    }
    if let Some(obligation) = &finding.obligation {
        let _ = writeln!(
            out,
            "  = {} once stored rows prove `{}` of {}",
            finding.bump_if_proven, obligation.aspect, obligation.column
        );
    }
    if let Some(decided) = &finding.overridden {
        let _ = writeln!(out, "  = by policy {}: {}", decided.bump, decided.reason);
    }
    if let Some(waiver) = &finding.waiver {
        let _ = writeln!(
            out,
            "  = accepted by {} until {}: {}",
            waiver.author, waiver.expires, waiver.reason
        );
    }
    // Whoever has nothing to do need not be told how.
    if finding.bump >= Bump::Minor {
        let _ = writeln!(out, "  = why: {}", finding.rule.why);
    }
    if finding.bump >= Bump::Major {
        for (step, text) in finding.rule.how.steps() {
            let _ = writeln!(out, "  = {step}: {text}");
        }
    }
    out
}
