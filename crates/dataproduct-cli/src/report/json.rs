//! One JSON object, as docs/cli.md describes it.

use dataproduct::contract::odcs::Position;
use serde::Serialize;

use super::{Change, Compared, Finding, Level, Report};
use crate::command::Failure;

/// The version of the form, raised when a field changes its meaning or goes.
const FORM: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Out<'a> {
    form: u32,
    version: &'static str,
    verb: &'static str,
    ok: bool,
    files: &'a [String],
    findings: Vec<OutFinding<'a>>,
    comparisons: &'a [Compared],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutFinding<'a> {
    file: &'a str,
    rule: &'a str,
    level: Level,
    message: &'a str,
    help: Option<&'a str>,
    path: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'a Change>,
}

pub(super) fn text(report: &Report) -> Result<String, Failure> {
    let out = Out {
        form: FORM,
        version: env!("CARGO_PKG_VERSION"),
        verb: report.verb,
        ok: report.is_ok(),
        files: &report.files,
        findings: report.findings.iter().map(finding).collect(),
        comparisons: &report.compared,
    };
    pretty(&out)
}

/// A value as indented JSON with a last line end.
pub(super) fn pretty(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    Ok(text + "\n")
}

fn finding(finding: &Finding) -> OutFinding<'_> {
    let at: Option<Position> = finding.at;
    OutFinding {
        file: &finding.file,
        rule: &finding.rule,
        level: finding.level,
        message: &finding.message,
        help: finding.help.as_deref(),
        path: &finding.path,
        line: at.map(|at| at.line),
        column: at.map(|at| at.column),
        change: finding.change.as_ref(),
    }
}
