//! SARIF 2.1.0, for code scanning.
//!
//! # Source
//! Static Analysis Results Interchange Format, OASIS, version 2.1.0 with errata 01.

use std::collections::HashMap;

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use dataproduct_contract::{Severity, escape};
use serde_json::{Map, Value as Json, json};

use super::prose::{self, cut};
use super::stored::instant;
use super::{QualityReport, RuleResult, Run};

/// How many results a SARIF file holds at most: code scanning shows no more of one run.
pub const MAX_SARIF_RESULTS: usize = 5_000;
/// The most characters of one text of a contract or of data.
const MAX_CHARS: usize = 500;
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

impl QualityReport {
    /// The report as a SARIF file with a last line end. Rules that failed and rules that were not evaluated are
    /// results, those that weigh most first and at most [`MAX_SARIF_RESULTS`]; `resultsLeftOut` among the
    /// properties of the run counts the others. A rule that was not evaluated is of kind `open`, and no result at
    /// all says that a rule passed. Values of rows are not in it: code scanning shows them to whoever reads code.
    #[must_use]
    pub fn to_sarif(&self) -> String {
        let weighed = self.by_weight();
        let told: Vec<_> = weighed.into_iter().filter(|r| !r.is_passed()).collect();
        let left_out = told.len().saturating_sub(MAX_SARIF_RESULTS);
        let mut rules = Rules::default();
        let results: Vec<_> = told
            .into_iter()
            .take(MAX_SARIF_RESULTS)
            .map(|found| result(self.run(), found, rules.index(found)))
            .collect();
        let run = self.run();
        let rows = self.rows();
        let sarif = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "dataproduct",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules.descriptors,
                }},
                "automationDetails": {"id": format!("quality/{}/{}", run.product, escape::line(&run.run_id))},
                "invocations": [self.invocation()],
                "results": results,
                "properties": {
                    "product": run.product,
                    "contractVersion": run.contract_version,
                    "contractDigest": run.contract_digest,
                    "verdict": self.verdict().as_str(),
                    "rowsRead": rows.read(),
                    "rowsPublished": rows.published(),
                    "rowsQuarantined": rows.quarantined(),
                    "rowsRepaired": rows.repaired(),
                    "resultsLeftOut": left_out,
                },
            }],
        });
        // Text keys and finite numbers only: there is nothing here that could fail to be written.
        serde_json::to_string_pretty(&sarif).unwrap_or_default() + "\n"
    }

    fn invocation(&self) -> Json {
        let run = self.run();
        // The run was carried out, whatever it found.
        let mut invocation = json!({
            "executionSuccessful": true,
            "exitCode": self.exit_status(),
            "startTimeUtc": instant(run.started_at),
        });
        if let Some(end) = end(run) {
            invocation["endTimeUtc"] = instant(end).into();
        }
        invocation
    }
}

/// When the run ended, if that has a text in RFC 3339.
fn end(run: &Run) -> Option<DateTime<Utc>> {
    let elapsed = TimeDelta::from_std(run.elapsed).ok()?;
    let end = run.started_at.checked_add_signed(elapsed)?;
    (end.year() <= 9999).then_some(end)
}

/// What the file says of rules, each once however many results are of it.
#[derive(Default)]
struct Rules {
    descriptors: Vec<Json>,
    places: HashMap<String, usize>,
}

impl Rules {
    fn index(&mut self, result: &RuleResult) -> usize {
        *self
            .places
            .entry(escape::line(&result.rule))
            .or_insert_with(|| {
                self.descriptors.push(descriptor(result));
                self.descriptors.len() - 1
            })
    }
}

fn descriptor(result: &RuleResult) -> Json {
    let title = result.name.as_deref().unwrap_or(&result.check);
    let mut properties = json!({"check": result.check, "onFailure": result.on_failure});
    if let Some(dimension) = result.dimension {
        properties["tags"] = json!([dimension.as_str()]);
    }
    let mut rule = json!({
        "id": escape::line(&result.rule),
        "shortDescription": {"text": message_text(title)},
        "defaultConfiguration": {"level": level(result.severity)},
        "properties": properties,
    });
    if let Some(description) = &result.description {
        rule["fullDescription"] = json!({"text": message_text(description)});
    }
    rule
}

fn result(run: &Run, result: &RuleResult, index: usize) -> Json {
    let mut message = format!("{}: {}", result.rule, prose::found(result));
    if let Some(expected) = prose::expected(result) {
        message = format!("{message}; expected {expected}");
    }
    let mut text = message_text(&message);
    if let Some(way_out) = prose::way_out(result) {
        text = format!("{text}; {way_out}");
    }
    let (kind, level) = match result.not_evaluated() {
        Some(_) => ("open", "none"),
        None => ("fail", level(result.severity)),
    };
    // An array as text, so that no name can run into the next one.
    let identity = json!([run.product, result.rule, result.columns]).to_string();
    let mut sarif = json!({
        "ruleId": escape::line(&result.rule),
        "ruleIndex": index,
        "kind": kind,
        "level": level,
        "message": {"text": text},
        "partialFingerprints": {"productRuleColumns/v1": identity},
        "properties": properties(result),
    });
    let location = location(run, result);
    if !location.is_empty() {
        sarif["locations"] = json!([location]);
    }
    sarif
}

fn properties(result: &RuleResult) -> Json {
    let mut properties = json!({});
    if result.not_evaluated().is_none() {
        properties["failedRows"] = result.failed_rows.into();
        properties["share"] = result.share.into();
    }
    if let Some(row) = result.first_row {
        properties["firstRow"] = row.into();
    }
    if let Some(measure) = result.measure {
        properties["measure"] = match measure.is_finite() {
            true => measure.into(),
            false => prose::number(measure).into(),
        };
    }
    properties
}

/// The file that was checked, and the columns. A row is no line of a file, so there is no region.
fn location(run: &Run, result: &RuleResult) -> Map<String, Json> {
    let mut location = Map::new();
    if let Some(source) = &run.source {
        let uri = uri(source);
        location.insert(
            "physicalLocation".to_owned(),
            json!({"artifactLocation": {"uri": uri}}),
        );
    }
    let columns = result.columns.iter().map(|column| {
        let column = escape::line(column);
        json!({
            "name": column,
            "fullyQualifiedName": format!("{}.{column}", run.product),
            "kind": "member",
        })
    });
    let columns: Vec<_> = columns.collect();
    if !columns.is_empty() {
        location.insert("logicalLocations".to_owned(), columns.into());
    }
    location
}

/// A path or the address of a table as a URI; the scheme of an address stays.
fn uri(source: &str) -> String {
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    match source.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => format!("{scheme}://{}", escape::uri(rest)),
        _ => escape::uri(source),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// One line without anything hidden.
fn plain(text: &str) -> String {
    cut(&escape::line(&cut(text, MAX_CHARS)), MAX_CHARS)
}

/// The text of a message, in which braces are placeholders and brackets links unless they are escaped.
fn message_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '{' | '}' => out.extend([c, c]),
            '[' | ']' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}
