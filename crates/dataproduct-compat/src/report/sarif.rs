//! SARIF, the form in which code hosts take findings.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::witnesses;
use crate::{Bump, Comparison, Finding, Rule};

impl Comparison {
    /// The comparison in the Static Analysis Results Interchange Format, without source positions: the
    /// place of a finding is its path in the contract, in the recorded file of the new version
    /// (`schemas/<domain>/<product>/<version>.odcs.yaml`).
    ///
    /// # Source
    /// SARIF 2.1.0, OASIS standard of 27 March 2020.
    #[must_use]
    pub fn to_sarif(&self) -> String {
        let mut rules: BTreeMap<&str, &Rule> = BTreeMap::new();
        for finding in self.findings() {
            rules.insert(&finding.rule.id, finding.rule);
        }
        let index = |finding: &Finding| rules.keys().position(|id| *id == finding.rule.id);
        let results = self.findings().iter();
        let results: Vec<Value> = results
            .map(|finding| result(self, finding, index(finding)))
            .collect();
        let descriptors: Vec<Value> = rules.values().map(|rule| descriptor(rule)).collect();
        let document = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "dataproduct",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": descriptors,
                }},
                "results": results,
            }],
        });
        format!("{document:#}\n")
    }
}

fn descriptor(rule: &Rule) -> Value {
    let help: Vec<String> = rule
        .how
        .steps()
        .map(|(step, text)| format!("{step}: {text}"))
        .collect();
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": if help.is_empty() { rule.why.clone() } else { help.join("\n") } },
        "defaultConfiguration": { "level": level(rule.bump) },
    })
}

fn level(bump: Bump) -> &'static str {
    match bump {
        Bump::Invalid | Bump::Major => "error",
        Bump::Minor => "note",
        Bump::Patch | Bump::None => "none",
    }
}

fn result(comparison: &Comparison, finding: &Finding, rule_index: Option<usize>) -> Value {
    let contract = comparison.new_contract();
    let mut message = format!("{}: {}", finding.rule.title, finding.change);
    for sentence in witnesses(comparison, finding) {
        message.push_str(&format!("; {sentence}"));
    }
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rule_index,
        "level": level(finding.bump),
        "message": { "text": message },
        "locations": [{
            "physicalLocation": { "artifactLocation": {
                "uri": format!(
                    "schemas/{}/{}/{}.odcs.yaml",
                    contract.domain(),
                    contract.name().product(),
                    contract.version()
                ),
            }},
            "logicalLocations": [{ "fullyQualifiedName": finding.change.path }],
        }],
        "properties": {
            "bump": finding.bump.as_str(),
            "reader": finding.reader.as_str(),
            "writer": finding.writer.as_str(),
            "history": finding.history.as_str(),
        },
    });
    if let Some(waiver) = &finding.waiver {
        result["suppressions"] = json!([{
            "kind": "external",
            "status": "accepted",
            "justification": format!("{} ({})", waiver.reason, waiver.author),
        }]);
    }
    result
}
