//! Quality rules.

use crate::shape::{Field, Kind, Record, Report, Variant, opt, req};
use crate::yaml::{Node, Path};

use super::{CUSTOM_PROPERTIES, DEFINITIONS, ID, TEXTS};

pub(super) static QUALITY: Record = Record {
    name: "quality rule",
    fields: &[
        opt("id", ID),
        opt("name", Kind::Text),
        opt("description", Kind::Text),
        opt("type", Kind::OneOf(&["library", "sql", "custom", "text"])),
        opt("unit", Kind::Text),
        opt("dimension", Kind::OneOf(DIMENSIONS)),
        opt("method", Kind::Text),
        opt("severity", Kind::Text),
        opt("businessImpact", Kind::Text),
        opt("schedule", Kind::Text),
        opt("scheduler", Kind::Text),
        opt("tags", TEXTS),
        opt("customProperties", CUSTOM_PROPERTIES),
        opt("authoritativeDefinitions", DEFINITIONS),
    ],
    variant,
    rule: one_operator,
};

const DIMENSIONS: &[&str] = &[
    "accuracy",
    "completeness",
    "conformity",
    "consistency",
    "coverage",
    "timeliness",
    "uniqueness",
];

const METRICS: &[&str] = &[
    "nullValues",
    "missingValues",
    "invalidValues",
    "duplicateValues",
    "rowCount",
];

const LIBRARY: &[Field] = &[
    req("metric", Kind::OneOf(METRICS)),
    opt("rule", Kind::Text),
    opt("arguments", Kind::Map),
];
const SQL: &[Field] = &[req("query", Kind::Text)];
const CUSTOM: &[Field] = &[
    req("engine", Kind::Text),
    req("implementation", Kind::Choice(&[Kind::Text, Kind::Map])),
];
pub(crate) const OPERATORS: &[Field] = &[
    opt("mustBe", Kind::Any),
    opt("mustNotBe", Kind::Any),
    opt("mustBeGreaterThan", Kind::Number),
    opt("mustBeGreaterOrEqualTo", Kind::Number),
    opt("mustBeLessThan", Kind::Number),
    opt("mustBeLessOrEqualTo", Kind::Number),
    opt("mustBeBetween", Kind::Pair),
    opt("mustNotBeBetween", Kind::Pair),
];

/// A rule with a metric is a library rule whatever its type says; the fields of both are allowed.
fn variant(node: &Node) -> Variant {
    let kind = match node.get("type") {
        None => "",
        Some(kind) => match kind.as_str() {
            Some(kind @ ("library" | "sql" | "custom" | "text")) => kind,
            _ => return Variant::Open,
        },
    };
    let library = kind == "library" || node.get("metric").is_some();
    let mut groups = Vec::new();
    if library {
        groups.push(LIBRARY);
    }
    match kind {
        "sql" => groups.push(SQL),
        "custom" => groups.push(CUSTOM),
        _ => {}
    }
    if library || kind == "sql" {
        groups.push(OPERATORS);
    }
    let which = match kind {
        "" if library => "with a metric".to_owned(),
        "" => "without `type` and `metric`".to_owned(),
        kind => format!("of type `{kind}`"),
    };
    Variant::Of(which, groups)
}

/// A library or SQL rule compares its result in exactly one way.
fn one_operator(node: &Node, path: &Path<'_>, report: &mut Report) {
    let Variant::Of(_, groups) = variant(node) else {
        return;
    };
    if !groups
        .iter()
        .copied()
        .flatten()
        .any(|field| field.name == "mustBe")
    {
        return;
    }
    let given: Vec<&str> = OPERATORS
        .iter()
        .map(|operator| operator.name)
        .filter(|name| node.get(name).is_some())
        .collect();
    if given.len() != 1 {
        let message = match given.as_slice() {
            [] => "the rule does not say what its result must be".to_owned(),
            several => format!(
                "the rule compares its result in several ways: {}",
                several.join(", ")
            ),
        };
        let names: Vec<&str> = OPERATORS.iter().map(|operator| operator.name).collect();
        let fix = format!("write exactly one of {}", names.join(", "));
        report.note(node, path, "operator-count", message, fix);
    }
}
