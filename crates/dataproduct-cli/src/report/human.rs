//! For people at a terminal.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, Severity};
use textwrap::{WordSeparator, WrapAlgorithm};

use super::{Compared, Finding, Level, Report, count, more};
use crate::command::Look;
use crate::escape;

/// Every finding with its source, and a last line that counts.
pub(super) fn text(report: &Report, look: Look) -> String {
    let theme = if look.colour {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(look.width)
        .with_wrap_lines(false)
        .with_context_lines(2);
    let mut wrapped = Wrapped::new(look.width);
    let mut out = String::new();
    for finding in &report.findings {
        one(finding, &handler, &mut wrapped, &mut out);
    }
    for compared in &report.compared {
        verdict(compared, &mut out);
    }
    summary(report, &mut out);
    out
}

/// Lines broken at the width of the terminal. Findings of one rule say mostly the same, and breaking a line takes
/// longer than all else that is done to show it, so each is broken once.
struct Wrapped<'a> {
    width: usize,
    known: HashMap<(usize, Cow<'a, str>), String>,
}

/// What the printer puts in front of the lines of a message, and of those of a help.
const MESSAGE_INDENT: usize = 4;
const HELP_INDENT: usize = 8;

impl Wrapped<'_> {
    fn new(width: usize) -> Self {
        Self {
            // The printer leaves two columns free.
            width: width.saturating_sub(2),
            known: HashMap::new(),
        }
    }

    /// A text, its lines broken to stand behind an indent.
    fn text(&mut self, text: &str, indent: usize) -> String {
        let mut out = String::with_capacity(text.len() + text.len() / 16);
        for line in text.split('\n') {
            if !out.is_empty() {
                out.push('\n');
            }
            // A line that is short in bytes is so on the screen.
            let width = self.width.saturating_sub(indent).max(1);
            if line.len() < width {
                out.push_str(line.trim_end_matches(' '));
                continue;
            }
            let key = (width, Cow::Borrowed(line));
            if let Some(known) = self.known.get(&key) {
                out.push_str(known);
                continue;
            }
            let mut how = textwrap::Options::new(width).wrap_algorithm(WrapAlgorithm::FirstFit);
            // Where scripts break their lines is only asked where there are other scripts.
            if line.is_ascii() {
                how = how.word_separator(WordSeparator::AsciiSpace);
            }
            let broken = textwrap::fill(line, how);
            out.push_str(&broken);
            self.known
                .insert((width, Cow::Owned(line.to_owned())), broken);
        }
        out
    }
}

fn one(
    finding: &Finding,
    handler: &GraphicalReportHandler,
    wrapped: &mut Wrapped<'_>,
    out: &mut String,
) {
    let path = if finding.path.is_empty() {
        String::new()
    } else {
        format!("{}: ", escape::line(&finding.path))
    };
    let file = escape::line(&finding.file);
    let place = match &finding.excerpt {
        Some(_) => String::new(),
        None => format!("{file}: "),
    };
    let message = format!("{place}{path}{}", escape::line(&finding.message));
    let mut diagnostic = MietteDiagnostic::new(wrapped.text(&message, MESSAGE_INDENT))
        .with_code(escape::line(&finding.rule))
        .with_severity(match finding.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note => Severity::Advice,
        });
    if let Some(help) = help(finding) {
        diagnostic = diagnostic.with_help(wrapped.text(&help, HELP_INDENT));
    }
    let rendered = match &finding.excerpt {
        Some(excerpt) => {
            let diagnostic = diagnostic.with_label(LabeledSpan::underline(excerpt.span()));
            let report = miette::Report::new(diagnostic).with_source_code(excerpt.named(&file));
            handler.render_report(out, report.as_ref())
        }
        None => handler.render_report(out, &diagnostic),
    };
    // Writing to a string cannot fail; should it, the finding is told plainly.
    if rendered.is_err() {
        out.push_str(&diagnostic_line(finding));
    }
    out.push('\n');
}

fn diagnostic_line(finding: &Finding) -> String {
    format!(
        "{}: {} [{}]\n",
        escape::line(&finding.file),
        escape::line(&finding.message),
        escape::line(&finding.rule)
    )
}

fn help(finding: &Finding) -> Option<String> {
    let mut lines = Vec::new();
    if let Some(change) = &finding.change {
        let side = |value: &Option<String>| escape::line(value.as_deref().unwrap_or("(nothing)"));
        if change.before.is_some() || change.after.is_some() {
            lines.push(format!(
                "was {}, is {}",
                side(&change.before),
                side(&change.after)
            ));
        }
        lines.push(format!(
            "old readers: {}; writers: {}; new readers of old data: {}; wants: {}",
            change.reader, change.writer, change.history, change.bump
        ));
        lines.extend(more(change).iter().map(|line| escape::line(line)));
    }
    lines.extend(finding.help.as_deref().map(escape::lines));
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn verdict(compared: &Compared, out: &mut String) {
    let Compared {
        product,
        old,
        new,
        required,
        honest_version,
        honest,
        to_prove,
    } = compared;
    let verdict = if *honest {
        format!("wants {required}: {new} is honest")
    } else {
        format!("wants {required}: {new} is not honest, {honest_version} is")
    };
    let proofs = if to_prove.is_empty() {
        String::new()
    } else {
        format!(", once the publish has proven {}", to_prove.join(", "))
    };
    // Writing to a string cannot fail.
    let _written = writeln!(
        out,
        "{product} {old} -> {new}: {verdict}{}",
        escape::line(&proofs)
    );
}

fn summary(report: &Report, out: &mut String) {
    let files = count(report.files.len(), "file");
    let counted: Vec<_> = [Level::Error, Level::Warning, Level::Note]
        .into_iter()
        .map(|level| (level, report.count(level)))
        .filter(|(_, number)| *number > 0)
        .map(|(level, number)| count(number, level.as_str()))
        .collect();
    let found = if counted.is_empty() {
        "nothing found".to_owned()
    } else {
        counted.join(", ")
    };
    let _written = writeln!(out, "{files}: {found}");
}
