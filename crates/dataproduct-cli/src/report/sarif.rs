//! SARIF 2.1.0, for code scanning.
//!
//! # Source
//! Static Analysis Results Interchange Format, OASIS, version 2.1.0.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{Finding, Level, Report, json::pretty};
use crate::command::Failure;
use crate::{escape, verb};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn text(report: &Report) -> Result<String, Failure> {
    let ids: BTreeSet<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
    let rules: Vec<Json> = ids.iter().map(|id| rule(id)).collect();
    let results: Vec<Json> = report
        .findings
        .iter()
        .map(|finding| result(finding, &ids))
        .collect();
    pretty(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "dataproduct",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            // Columns count characters, not UTF-16 units.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn rule(id: &str) -> Json {
    let mut rule = json!({"id": id});
    if let Some((title, why)) = verb::explain::summary(id) {
        rule["shortDescription"] = json!({"text": title});
        rule["fullDescription"] = json!({"text": why});
    }
    rule
}

fn result(finding: &Finding, ids: &BTreeSet<&str>) -> Json {
    let message = match &finding.help {
        Some(help) => format!("{}; {help}", finding.message),
        None => finding.message.clone(),
    };
    let mut location = json!({
        "physicalLocation": {"artifactLocation": {"uri": escape::uri(&finding.file)}},
    });
    if let Some(at) = finding.at {
        location["physicalLocation"]["region"] =
            json!({"startLine": at.line, "startColumn": at.column});
    }
    if !finding.path.is_empty() {
        location["logicalLocations"] = json!([{"fullyQualifiedName": finding.path}]);
    }
    json!({
        "ruleId": finding.rule,
        "ruleIndex": ids.iter().position(|id| *id == finding.rule),
        "level": match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        },
        "message": {"text": message},
        "locations": [location],
    })
}
