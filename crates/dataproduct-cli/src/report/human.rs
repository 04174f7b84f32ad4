//! For people at a terminal.

use std::fmt::Write as _;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, Severity};

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
        .with_context_lines(2);
    let mut out = String::new();
    for finding in &report.findings {
        one(finding, &handler, &mut out);
    }
    for compared in &report.compared {
        verdict(compared, &mut out);
    }
    summary(report, &mut out);
    out
}

fn one(finding: &Finding, handler: &GraphicalReportHandler, out: &mut String) {
    let path = if finding.path.is_empty() {
        String::new()
    } else {
        format!("{}: ", escape::line(&finding.path))
    };
    let mut diagnostic = MietteDiagnostic::new(format!("{path}{}", escape::line(&finding.message)))
        .with_code(escape::line(&finding.rule))
        .with_severity(match finding.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note => Severity::Advice,
        });
    if let Some(help) = help(finding) {
        diagnostic = diagnostic.with_help(help);
    }
    let file = escape::line(&finding.file);
    let rendered = match &finding.excerpt {
        Some(excerpt) => {
            let diagnostic = diagnostic.with_label(LabeledSpan::underline(excerpt.span()));
            let report = miette::Report::new(diagnostic).with_source_code(excerpt.named(&file));
            handler.render_report(out, report.as_ref())
        }
        None => {
            diagnostic.message = format!("{file}: {}", diagnostic.message);
            handler.render_report(out, &diagnostic)
        }
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
