//! Quality rules, and what happens on a breach, in a table.

use std::time::Duration;

use dataproduct::contract::{Check, OnFailure, Operator, Period, Repair, Rule, Unit};
use dataproduct::{Column, Contract, Value};

/// What each column of the table is about.
pub(super) const HEAD: [&str; 4] = ["on", "rule", "on a breach", "meaning"];

/// A row for each rule, those of whole rows first.
pub(super) fn rows(contract: &Contract) -> Vec<Vec<String>> {
    fn below(
        path: &str,
        column: &Column,
        of_product: Option<&OnFailure>,
        out: &mut Vec<Vec<String>>,
    ) {
        let of_column = column.on_failure.as_ref().or(of_product);
        out.extend(column.rules.iter().map(|rule| row(path, rule, of_column)));
        for child in column.children() {
            below(&format!("{path}.{}", child.name), child, of_product, out);
        }
    }
    let of_product = contract.on_failure();
    let rules = contract.rules().iter();
    let mut out: Vec<_> = rules.map(|rule| row("rows", rule, of_product)).collect();
    for column in contract.columns() {
        below(&column.name, column, of_product, &mut out);
    }
    out
}

/// One rule, where its column or product says what happens on a breach.
fn row(place: &str, rule: &Rule, around: Option<&OnFailure>) -> Vec<String> {
    let not_run = if rule.is_run() { "" } else { " (not run here)" };
    let (measure, must_be) = (measure(&rule.check), must_be(rule));
    let severity = rule.severity.as_str();
    let meaning = [rule.name.as_deref(), rule.description.as_deref()];
    let meaning: Vec<_> = meaning.into_iter().flatten().collect();
    // Where a check is about all rows together, there is none to keep apart or to set right.
    let around = around.filter(|action| {
        let needs_rows = matches!(action, OnFailure::Quarantine | OnFailure::Repair(_));
        rule.check.is_by_row() || !needs_rows
    });
    let stated = rule.on_failure.as_ref().or(around);
    let mut happens = action(stated.unwrap_or_else(|| rule.what_happens()));
    if let Some(message) = &rule.message {
        happens = format!("{happens}: {message}");
    }
    vec![
        place.to_owned(),
        format!("{measure} {must_be}{not_run}, {severity}"),
        happens,
        meaning.join(": "),
    ]
}

/// What happens on a breach, with how a value is set right.
pub(super) fn action(action: &OnFailure) -> String {
    let OnFailure::Repair(repair) = action else {
        return action.as_str().to_owned();
    };
    let how = match repair {
        Repair::Default(value) => format!("default {}", shown(value)),
        Repair::Map(pairs) => {
            let pairs = pairs.iter();
            let pairs: Vec<_> = pairs
                .map(|(from, to)| format!("{} → {}", shown(from), shown(to)))
                .collect();
            pairs.join(", ")
        }
        Repair::KeepLatest(None) => "keep the last row".to_owned(),
        Repair::KeepLatest(Some(column)) => format!("keep the row of the latest {column}"),
        other => other.as_str().to_owned(),
    };
    format!("repair ({how})")
}

/// What is measured, with the columns or the expression that it is about.
fn measure(check: &Check) -> String {
    let mut parts: Vec<String> = Vec::new();
    let keyed = |by: &[String]| (!by.is_empty()).then(|| format!("by {}", by.join(" and ")));
    match check {
        Check::MissingValues { missing } => parts.extend(missing.iter().map(shown)),
        Check::InvalidValues { valid, pattern } => {
            parts.extend(valid.iter().map(shown));
            parts.extend(pattern.as_ref().map(|pattern| format!("pattern {pattern}")));
        }
        Check::DuplicateValues { columns } | Check::SmallestGroup { columns } => {
            parts.extend_from_slice(columns);
        }
        Check::Expression { expression } => parts.push(expression.clone()),
        Check::UnknownReferences {
            columns,
            references,
        } => {
            let to: Vec<_> = references.iter().map(ToString::to_string).collect();
            parts.push(format!("{} → {}", columns.join(", "), to.join(", ")));
        }
        Check::Aggregate { column, .. } | Check::Age { column } => parts.extend(column.clone()),
        Check::OutOfOrder {
            column,
            by,
            order,
            strictly,
        } => {
            parts.extend(column.clone());
            parts.extend(keyed(by));
            parts.push(format!("in order of {order}"));
            parts.extend(strictly.then(|| "equal ones too".to_owned()));
        }
        Check::Discontinuity {
            opening,
            closing,
            by,
            order,
        } => {
            parts.push(format!("{opening} after {closing}"));
            parts.extend(keyed(by));
            parts.push(format!("in order of {order}"));
        }
        Check::VolumeChange { publishes } => parts.push(format!("over {publishes} publishes")),
        Check::Drift { column, publishes } => {
            parts.extend(column.clone());
            parts.push(format!("over {publishes} publishes"));
        }
        _ => {}
    }
    match parts.as_slice() {
        [] => check.name().to_owned(),
        parts => format!("{}({})", check.name(), parts.join(", ").trim_start()),
    }
}

/// What the measure must be.
fn must_be(rule: &Rule) -> String {
    let Some(threshold) = rule.threshold else {
        return String::new();
    };
    let is_age = matches!(rule.check, Check::Age { .. });
    let number = |number: f64| match threshold.unit {
        Unit::Percent => format!("{} %", plain(number)),
        Unit::Value if is_age => match Duration::try_from_secs_f64(number) {
            Ok(age) if number.fract() == 0.0 => Period(age).to_string(),
            _ => format!("{} s", plain(number)),
        },
        Unit::Rows | Unit::Value => plain(number),
    };
    match threshold.operator {
        Operator::Be(x) => format!("= {}", number(x)),
        Operator::NotBe(x) => format!("≠ {}", number(x)),
        Operator::GreaterThan(x) => format!("> {}", number(x)),
        Operator::GreaterOrEqual(x) => format!("≥ {}", number(x)),
        Operator::LessThan(x) => format!("< {}", number(x)),
        Operator::LessOrEqual(x) => format!("≤ {}", number(x)),
        Operator::Between(a, b) => {
            format!("between {} and {}, both left out", number(a), number(b))
        }
        Operator::NotBetween(a, b) => format!("not between {} and {}", number(a), number(b)),
    }
}

/// A number, a very large or small one by its power of ten.
fn plain(number: f64) -> String {
    if number == 0.0 || (1e-6..1e15).contains(&number.abs()) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// A value, so that text of no characters is seen.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        other => super::shown(other),
    }
}
