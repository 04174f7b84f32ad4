//! Annotations of GitHub Actions.
//!
//! # Source
//! GitHub documentation, workflow commands: `error`, `warning`, `notice`.

use std::fmt::Write as _;

use super::{Level, Report};
use crate::escape::{github_message, github_property};

pub(super) fn text(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let command = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let at = finding.at;
        let place = at.map(|at| format!(",line={},col={}", at.line, at.column));
        let path = if finding.path.is_empty() {
            String::new()
        } else {
            format!("{}: ", finding.path)
        };
        let help = finding.help.as_deref();
        let help = help.map(|help| format!("; {help}")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _written = writeln!(
            out,
            "::{command} file={}{},title={}::{}",
            github_property(&finding.file),
            place.unwrap_or_default(),
            github_property(&finding.rule),
            github_message(&format!("{path}{}{help}", finding.message)),
        );
    }
    out
}
