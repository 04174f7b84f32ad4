//! Markdown, to be put under a pull request.

use std::fmt::Write as _;

use super::{Change, Level, Report, count, more};
use crate::escape::{markdown, markdown_code};

pub(super) fn text(report: &Report) -> String {
    let mut out = String::new();
    let verdict = if report.is_ok() { "passed" } else { "failed" };
    // Writing to a string cannot fail, here and below.
    let _written = writeln!(
        out,
        "### dataproduct {} {verdict}: {}, {}\n",
        report.verb,
        count(report.files.len(), "file"),
        count(report.count(Level::Error), "error"),
    );
    if !report.compared.is_empty() {
        out.push_str("| product | old | new | wants | honest |\n|---|---|---|---|---|\n");
        for compared in &report.compared {
            let honest = if compared.honest {
                "yes".to_owned()
            } else {
                format!("no: {}", markdown_code(&compared.honest_version))
            };
            let _written = writeln!(
                out,
                "| {} | {} | {} | {} | {honest} |",
                markdown_code(&compared.product),
                markdown_code(&compared.old),
                markdown_code(&compared.new),
                markdown(&compared.required),
            );
        }
        out.push('\n');
    }
    if report.findings.is_empty() {
        out.push_str("Nothing found.\n");
        return out;
    }
    out.push_str("| | where | what | way out |\n|---|---|---|---|\n");
    for finding in &report.findings {
        let place = match finding.at {
            Some(at) => format!("{}:{}:{}", finding.file, at.line, at.column),
            None => finding.file.clone(),
        };
        let path = if finding.path.is_empty() {
            String::new()
        } else {
            format!("<br>{}", markdown_code(&finding.path))
        };
        let _written = writeln!(
            out,
            "| {} | {}{path} | {} {}{} | {} |",
            finding.level.as_str(),
            markdown_code(&place),
            markdown(&finding.message),
            markdown_code(&finding.rule),
            finding.change.as_ref().map(changed).unwrap_or_default(),
            finding.help.as_deref().map(markdown).unwrap_or_default(),
        );
    }
    out
}

fn changed(change: &Change) -> String {
    let mut out = String::new();
    if change.before.is_some() || change.after.is_some() {
        let side = |side: &Option<String>| match side {
            Some(text) => markdown_code(text),
            None => "nothing".to_owned(),
        };
        let _written = write!(
            out,
            "<br>was {}, is {}",
            side(&change.before),
            side(&change.after)
        );
    }
    let _written = write!(
        out,
        "<br>old readers: {}; writers: {}; new readers of old data: {}; wants: {}",
        markdown(&change.reader),
        markdown(&change.writer),
        markdown(&change.history),
        markdown(&change.bump)
    );
    for more in more(change) {
        let _written = write!(out, "<br>{}", markdown(&more));
    }
    out
}
