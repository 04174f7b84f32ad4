//! `quality`: library metrics as rules; everything else kept and named as not run.

use super::{custom_rule, ours};
use crate::odcs::{self, CustomProperty, Quality, QualityDimension, QualityKind, QualityMetric};
use crate::to_document::ENGINE;
use crate::{
    Check, Dimension, Map, OnFailure, Operator, Problem, Problems, Repair, Rule, Severity,
    Threshold, Unit, Value,
};

pub(super) fn rules(path: &str, quality: Option<&[Quality]>, problems: &mut Problems) -> Vec<Rule> {
    quality
        .unwrap_or_default()
        .iter()
        .enumerate()
        .map(|(i, quality)| rule(&format!("{path}[{i}]"), quality, problems))
        .collect()
}

fn rule(path: &str, quality: &Quality, problems: &mut Problems) -> Rule {
    let (check, threshold) = match &quality.implementation {
        Some(Value::Map(map)) if quality.engine.as_deref() == Some(ENGINE) => {
            custom_rule::read(path, map, problems)
        }
        _ => match check(quality) {
            check @ Check::NotRun { .. } => (check, None),
            check => (check, threshold(path, quality, problems)),
        },
    };
    let properties = quality.custom_properties.as_deref();
    let own = format!("{path}.");
    Rule {
        id: quality.id.clone(),
        name: quality.name.clone(),
        description: quality.description.clone(),
        threshold,
        check,
        severity: severity(path, quality.severity.as_deref(), problems),
        dimension: quality.dimension.map(dimension),
        on_failure: on_failure(&own, properties, problems),
        message: super::typed(&own, properties, "message", Value::as_str, "text", problems)
            .map(str::to_owned),
    }
}

/// The custom properties that say what happens on a breach.
pub(super) const ON_FAILURE: [&str; 2] = ["onFailure", "repair"];

/// What happens on a breach; `path` ends in `.` or is empty.
pub(super) fn on_failure(
    path: &str,
    properties: Option<&[CustomProperty]>,
    problems: &mut Problems,
) -> Option<OnFailure> {
    let value = ours(properties, "onFailure")?;
    match value.as_str() {
        Some("reject") => return Some(OnFailure::Reject),
        Some("quarantine") => return Some(OnFailure::Quarantine),
        Some("report") => return Some(OnFailure::Report),
        Some("notify") => return Some(OnFailure::Notify),
        Some("repair") => {}
        _ => {
            problems.push(Problem::new(
                format!("{path}onFailure"),
                "unknown-on-failure",
                format!("`{value}` is nothing that can happen on a breach"),
                "write `reject`, `quarantine`, `repair`, `report` or `notify`",
            ));
            return None;
        }
    }
    let repair = ours(properties, "repair").and_then(repair);
    if repair.is_none() {
        problems.push(Problem::new(
            format!("{path}repair"),
            "bad-repair",
            "the contract does not say how a value is set right",
            "write a map with one of `cast: true`, `trim: true`, `default: VALUE`, `map: [{from: A, to: B}]` or `keepLatest: COLUMN`",
        ));
    }
    repair.map(OnFailure::Repair)
}

fn repair(value: &Value) -> Option<Repair> {
    let mut entries = value.as_map()?.iter();
    let (name, value) = entries.next()?;
    if entries.next().is_some() {
        return None;
    }
    match (name, value) {
        ("cast", Value::Bool(true)) => Some(Repair::Cast),
        ("trim", Value::Bool(true)) => Some(Repair::Trim),
        ("default", value) if !value.is_collection() => Some(Repair::Default(value.clone())),
        ("map", Value::List(pairs)) => {
            let pair = |pair: &Value| Some((pair.get("from")?.clone(), pair.get("to")?.clone()));
            pairs
                .iter()
                .map(pair)
                .collect::<Option<_>>()
                .map(Repair::Map)
        }
        ("keepLatest", Value::Bool(true)) => Some(Repair::KeepLatest(None)),
        ("keepLatest", Value::String(column)) => Some(Repair::KeepLatest(Some(column.clone()))),
        _ => None,
    }
}

fn check(quality: &Quality) -> Check {
    let not_run = |kind: &str| Check::NotRun {
        kind: kind.to_owned(),
    };
    match quality.kind.unwrap_or(QualityKind::Library) {
        QualityKind::Sql => return not_run("sql"),
        QualityKind::Custom => return not_run("custom"),
        QualityKind::Text => return not_run("text"),
        QualityKind::Library => {}
    }
    let arguments = quality.arguments.as_ref();
    match quality.metric {
        Some(QualityMetric::NullValues) => Check::NullValues,
        Some(QualityMetric::RowCount) => Check::RowCount,
        Some(QualityMetric::MissingValues) => Check::MissingValues {
            missing: values(arguments, "missingValues"),
        },
        Some(QualityMetric::InvalidValues) => Check::InvalidValues {
            valid: values(arguments, "validValues"),
            pattern: arguments
                .and_then(|map| map.get("pattern"))
                .and_then(Value::as_str)
                .map(str::to_owned),
        },
        Some(QualityMetric::DuplicateValues) => Check::DuplicateValues {
            columns: values(arguments, "properties")
                .iter()
                .filter_map(|value| value.as_str().map(str::to_owned))
                .collect(),
        },
        None => not_run(quality.rule.as_deref().unwrap_or("library")),
    }
}

fn values(arguments: Option<&Map>, name: &str) -> Vec<Value> {
    arguments
        .and_then(|map| map.get(name))
        .and_then(Value::as_list)
        .map(<[Value]>::to_vec)
        .unwrap_or_default()
}

fn threshold(path: &str, quality: &Quality, problems: &mut Problems) -> Option<Threshold> {
    let unit = match quality.unit.as_deref() {
        None | Some("rows") => Unit::Rows,
        Some("percent" | "%") => Unit::Percent,
        Some(other) => {
            problems.push(Problem::new(
                format!("{path}.unit"),
                "unknown-unit",
                format!("`{other}` is not a unit of quality"),
                "write `rows` or `percent`",
            ));
            Unit::Rows
        }
    };
    let mut number = |value: &Value| {
        let number = value.as_f64();
        if number.is_none() {
            problems.push(Problem::new(
                format!("{path}.threshold"),
                "bad-threshold",
                format!("`{value}` is not a number"),
                "compare the metric with a number",
            ));
        }
        number
    };
    let operator = match quality.operator()? {
        odcs::Operator::Equal(value) => Operator::Be(number(value)?),
        odcs::Operator::NotEqual(value) => Operator::NotBe(number(value)?),
        odcs::Operator::Greater(x) => Operator::GreaterThan(x.as_f64()),
        odcs::Operator::GreaterOrEqual(x) => Operator::GreaterOrEqual(x.as_f64()),
        odcs::Operator::Less(x) => Operator::LessThan(x.as_f64()),
        odcs::Operator::LessOrEqual(x) => Operator::LessOrEqual(x.as_f64()),
        odcs::Operator::Between(a, b) => Operator::Between(a.as_f64(), b.as_f64()),
        odcs::Operator::NotBetween(a, b) => Operator::NotBetween(a.as_f64(), b.as_f64()),
    };
    Some(Threshold { operator, unit })
}

fn severity(path: &str, text: Option<&str>, problems: &mut Problems) -> Severity {
    match text.map(str::to_lowercase).as_deref() {
        None | Some("error") => Severity::Error,
        Some("warning" | "warn") => Severity::Warning,
        Some("info") => Severity::Info,
        Some(other) => {
            problems.push(Problem::new(
                format!("{path}.severity"),
                "unknown-severity",
                format!("`{other}` is not a severity"),
                "write `info`, `warning` or `error`",
            ));
            Severity::Error
        }
    }
}

fn dimension(dimension: QualityDimension) -> Dimension {
    match dimension {
        QualityDimension::Accuracy => Dimension::Accuracy,
        QualityDimension::Completeness => Dimension::Completeness,
        QualityDimension::Conformity => Dimension::Conformity,
        QualityDimension::Consistency => Dimension::Consistency,
        QualityDimension::Coverage => Dimension::Coverage,
        QualityDimension::Timeliness => Dimension::Timeliness,
        QualityDimension::Uniqueness => Dimension::Uniqueness,
    }
}
