//! `quality`: library metrics as rules; everything else kept and named as not run.

use crate::odcs::{self, Quality, QualityDimension, QualityKind, QualityMetric};
use crate::{
    Check, Dimension, Map, Operator, Problem, Problems, Rule, Severity, Threshold, Unit, Value,
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
    let check = check(quality);
    let is_run = !matches!(check, Check::NotRun { .. });
    Rule {
        id: quality.id.clone(),
        name: quality.name.clone(),
        description: quality.description.clone(),
        threshold: if is_run {
            threshold(path, quality, problems)
        } else {
            None
        },
        check,
        severity: severity(path, quality.severity.as_deref(), problems),
        dimension: quality.dimension.map(dimension),
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
