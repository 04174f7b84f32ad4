//! JUnit XML: one test case per file, which fails when the file has errors.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::{Finding, Level, Report};
use crate::escape::{line, markup};

pub(super) fn text(report: &Report) -> String {
    let mut by_file: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in &report.findings {
        by_file.entry(&finding.file).or_default().push(finding);
    }
    let cases: Vec<_> = files(report)
        .into_iter()
        .map(|file| (file, by_file.remove(file).unwrap_or_default()))
        .collect();
    let failed = |findings: &[&Finding]| findings.iter().any(|f| f.level == Level::Error);
    let failures = cases
        .iter()
        .filter(|(_, findings)| failed(findings))
        .count();
    let (verb, tests) = (report.verb, cases.len());
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail, here and below.
    let _written = write!(
        out,
        "<testsuites name=\"dataproduct {verb}\" tests=\"{tests}\" failures=\"{failures}\">\n  \
         <testsuite name=\"dataproduct {verb}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" \
         skipped=\"0\">\n"
    );
    for (file, findings) in &cases {
        case(verb, file, findings, &mut out);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// Every file that was looked at or has findings, each once.
fn files(report: &Report) -> Vec<&str> {
    let mut seen = HashSet::new();
    let looked_at = report.files.iter().map(String::as_str);
    let found_in = report.findings.iter().map(|finding| finding.file.as_str());
    looked_at
        .chain(found_in)
        .filter(|file| seen.insert(*file))
        .collect()
}

fn case(verb: &str, file: &str, findings: &[&Finding], out: &mut String) {
    let name = markup(&line(file));
    let _written = write!(
        out,
        "    <testcase classname=\"dataproduct.{verb}\" name=\"{name}\" file=\"{name}\""
    );
    if findings.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    let (errors, others): (Vec<&Finding>, Vec<&Finding>) = findings
        .iter()
        .partition(|finding| finding.level == Level::Error);
    if let Some(first) = errors.first() {
        let _written = writeln!(
            out,
            "      <failure type=\"{}\" message=\"{}\">{}</failure>",
            markup(&first.rule),
            markup(&line(&first.message)),
            markup(&told(&errors)),
        );
    }
    if !others.is_empty() {
        let told = markup(&told(&others));
        let _written = writeln!(out, "      <system-out>{told}</system-out>");
    }
    out.push_str("    </testcase>\n");
}

/// The findings, one a line.
fn told(findings: &[&Finding]) -> String {
    let lines: Vec<_> = findings.iter().map(|finding| plain(finding)).collect();
    lines.join("\n")
}

/// A finding in one line of plain text.
pub(super) fn plain(finding: &Finding) -> String {
    let place = match finding.at {
        Some(at) => format!("{}:{}:{}: ", line(&finding.file), at.line, at.column),
        None => format!("{}: ", line(&finding.file)),
    };
    let path = if finding.path.is_empty() {
        String::new()
    } else {
        format!("{}: ", line(&finding.path))
    };
    let help = finding.help.as_deref().map(line);
    let help = help.map(|help| format!("; {help}")).unwrap_or_default();
    let message = line(&finding.message);
    let level = finding.level.as_str();
    format!("{place}{level}: {path}{message} [{}]{help}", finding.rule)
}
