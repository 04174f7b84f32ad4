//! Quality rules, and what happens on a breach, as attributes.

use std::time::Duration;

use dataproduct::Value;
use dataproduct::contract::{Check, OnFailure, Operator, Period, Repair, Rule, Severity, Unit};

use super::attribute::literal;
use crate::export::Note;

/// A rule of the product, or of a column.
pub(super) fn rule(
    rule: &Rule,
    of_column: bool,
    path: &str,
    notes: &mut Vec<Note>,
) -> Option<String> {
    let measure = measure(&rule.check).filter(|_| is_in_place(&rule.check, of_column));
    let (Some(threshold), Some(measure)) = (rule.threshold, measure) else {
        let kind = rule.check.name();
        notes.push(Note::new(path, format!("the rule `{kind}` is left out")));
        return None;
    };
    let is_age = matches!(rule.check, Check::Age { .. });
    let number = |number: f64| match threshold.unit {
        Unit::Percent => format!("{} %", plain(number)),
        Unit::Value if is_age => age(number),
        Unit::Rows | Unit::Value => plain(number),
    };
    let condition = match threshold.operator {
        // What is no count of the library is a fault wherever it is.
        Operator::Be(0.0) if threshold.unit == Unit::Rows && is_fault(&rule.check) => measure,
        Operator::Be(x) => format!("{measure} == {}", number(x)),
        Operator::NotBe(x) => format!("{measure} != {}", number(x)),
        Operator::GreaterThan(x) => format!("{measure} > {}", number(x)),
        Operator::GreaterOrEqual(x) => format!("{measure} >= {}", number(x)),
        Operator::LessThan(x) => format!("{measure} < {}", number(x)),
        Operator::LessOrEqual(x) => format!("{measure} <= {}", number(x)),
        Operator::Between(a, b) => format!("{} < {measure} < {}", number(a), number(b)),
        Operator::NotBetween(a, b) => format!("!({} < {measure} < {})", number(a), number(b)),
    };
    let mut parts = vec![condition];
    for (key, text) in [
        ("id", &rule.id),
        ("name", &rule.name),
        ("description", &rule.description),
    ] {
        parts.extend(text.as_ref().map(|text| format!("{key} = {text:?}")));
    }
    if rule.severity != Severity::default() {
        parts.push(format!("severity = {}", rule.severity.as_str()));
    }
    let dimension = rule.dimension;
    parts.extend(dimension.map(|d| format!("dimension = {}", d.as_str())));
    parts.extend(on_failure(rule.on_failure.as_ref(), path, notes));
    let message = rule.message.as_ref();
    parts.extend(message.map(|text| format!("message = {text:?}")));
    Some(format!("rule({})", parts.join(", ")))
}

/// What happens on a breach.
pub(super) fn on_failure(
    on_failure: Option<&OnFailure>,
    path: &str,
    notes: &mut Vec<Note>,
) -> Option<String> {
    let repair = match on_failure? {
        OnFailure::Repair(repair) => repair,
        other => return Some(format!("on_failure = {}", other.as_str())),
    };
    let argument = match repair {
        Repair::Cast => Some("cast".to_owned()),
        Repair::Trim => Some("trim".to_owned()),
        Repair::Default(value) => nullable(value).map(|value| format!("default = {value}")),
        Repair::Map(pairs) => {
            let pair = |(from, to): &(Value, Value)| {
                Some(format!("{} = {}", nullable(from)?, nullable(to)?))
            };
            let pairs: Option<Vec<_>> = pairs.iter().map(pair).collect();
            pairs.map(|pairs| format!("map({})", pairs.join(", ")))
        }
        Repair::KeepLatest(None) => Some("keep_latest".to_owned()),
        Repair::KeepLatest(Some(column)) => Some(format!("keep_latest = {column:?}")),
        _ => None,
    };
    if argument.is_none() {
        let kind = repair.as_str();
        notes.push(Note::new(path, format!("the repair `{kind}` is left out")));
    }
    argument.map(|argument| format!("repair({argument})"))
}

/// Whether the attributes say such a rule of a column, or of the product.
fn is_in_place(check: &Check, of_column: bool) -> bool {
    match check {
        Check::NullValues | Check::MissingValues { .. } | Check::InvalidValues { .. } => of_column,
        Check::DuplicateValues { columns } | Check::SmallestGroup { columns } => {
            columns.is_empty() == of_column
        }
        Check::RowCount | Check::VolumeChange { .. } | Check::Discontinuity { .. } => !of_column,
        _ => true,
    }
}

/// What is measured, with its arguments; `None` where there are no words for it.
fn measure(check: &Check) -> Option<String> {
    let values = |values: &[Value]| values.iter().map(argument).collect::<Option<Vec<_>>>();
    let texts = |texts: &[String]| texts.iter().map(|text| format!("{text:?}")).collect();
    let column = |name: &Option<String>| texts(name.as_slice());
    let (name, arguments): (&str, Vec<String>) = match check {
        Check::NullValues => ("null_values", Vec::new()),
        Check::RowCount => ("row_count", Vec::new()),
        Check::MissingValues { missing } => ("missing_values", values(missing)?),
        Check::InvalidValues { valid, pattern } => {
            let mut arguments = values(valid)?;
            arguments.extend(pattern.as_ref().map(|p| format!("pattern = {p:?}")));
            ("invalid_values", arguments)
        }
        Check::DuplicateValues { columns } => ("duplicate_values", texts(columns)),
        Check::Expression { expression } => ("expression", vec![format!("{expression:?}")]),
        Check::UnknownReferences {
            columns,
            references,
        } => {
            let to: Vec<_> = references.iter().map(ToString::to_string).collect();
            let mut arguments: Vec<_> = texts(columns);
            arguments.extend(list("to", &to));
            ("unknown_references", arguments)
        }
        Check::Aggregate {
            function,
            column: name,
        } => {
            let function = match function.as_str() {
                "distinctCount" => "distinct_count",
                other => other,
            };
            (function, column(name))
        }
        Check::Age { column: name } => ("age", column(name)),
        Check::OutOfOrder {
            column: name,
            by,
            order,
            strictly,
        } => {
            let mut arguments: Vec<_> = column(name);
            arguments.push(format!("order = {order:?}"));
            arguments.extend(list("by", by));
            arguments.extend(strictly.then(|| "strictly".to_owned()));
            ("out_of_order", arguments)
        }
        Check::Discontinuity {
            opening,
            closing,
            by,
            order,
        } => {
            let texts = [("opening", opening), ("closing", closing), ("order", order)];
            let mut arguments = texts
                .map(|(key, name)| format!("{key} = {name:?}"))
                .to_vec();
            arguments.extend(list("by", by));
            ("discontinuity", arguments)
        }
        Check::SmallestGroup { columns } => ("smallest_group", texts(columns)),
        Check::VolumeChange { publishes } => {
            ("volume_change", vec![format!("publishes = {publishes}")])
        }
        Check::Drift {
            column: name,
            publishes,
        } => {
            let mut arguments: Vec<_> = column(name);
            arguments.push(format!("publishes = {publishes}"));
            ("drift", arguments)
        }
        _ => return None,
    };
    Some(match arguments.as_slice() {
        [] => name.to_owned(),
        arguments => format!("{name}({})", arguments.join(", ")),
    })
}

/// Whether the check is one of ours that counts rows which should not be, so that nothing needs to be compared.
fn is_fault(check: &Check) -> bool {
    matches!(
        check,
        Check::Expression { .. }
            | Check::UnknownReferences { .. }
            | Check::OutOfOrder { .. }
            | Check::Discontinuity { .. }
    )
}

/// `key = "a"` or `key("a", "b")`.
fn list(key: &str, texts: &[String]) -> Option<String> {
    match texts {
        [] => None,
        [only] => Some(format!("{key} = {only:?}")),
        several => {
            let texts: Vec<_> = several.iter().map(|text| format!("{text:?}")).collect();
            Some(format!("{key}({})", texts.join(", ")))
        }
    }
}

fn plain(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        format!("{number:.0}")
    } else {
        format!("{number:?}")
    }
}

/// An age in seconds, as a length of time where that reads better.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number of seconds within the bounds"
)]
fn age(seconds: f64) -> String {
    // The attributes take no longer time.
    if seconds.fract() == 0.0 && (60.0..=3.2e11).contains(&seconds) {
        let period = Period(Duration::from_secs(seconds as u64));
        return format!("\"{period}\"");
    }
    plain(seconds)
}

/// A value, text of no characters among them.
fn argument(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(format!("{text:?}")),
        other => literal(other),
    }
}

fn nullable(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        other => argument(other),
    }
}
