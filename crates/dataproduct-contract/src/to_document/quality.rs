//! Quality rules as ODCS writes them: metrics of its library, and custom rules of our engine for all else.

use super::{number, ours};
use crate::odcs::{CustomProperty, Quality, QualityDimension, QualityKind, QualityMetric};
use crate::{Check, Dimension, Map, OnFailure, Operator, Repair, Rule, Unit, Value};

/// The engine that runs our custom rules.
pub(crate) const ENGINE: &str = "dataproduct";

pub(super) fn rule(rule: &Rule) -> Quality {
    let mut out = Quality {
        id: rule.id.clone(),
        name: rule.name.clone(),
        description: rule.description.clone(),
        severity: Some(rule.severity.as_str().to_owned()),
        dimension: rule.dimension.map(dimension),
        ..Quality::default()
    };
    if let Check::NotRun { .. } = &rule.check {
        // Only a document can state such a rule, and a document is kept as it is; declared in
        // code it is no more than its description.
        out.kind = Some(QualityKind::Text);
        return out;
    }
    let mut custom = on_failure(rule.on_failure.as_ref());
    custom.extend(
        rule.message
            .as_ref()
            .map(|text| ours("message", text.as_str())),
    );
    out.custom_properties = (!custom.is_empty()).then_some(custom);
    let arguments = arguments(&rule.check);
    if let Some(metric) = metric(&rule.check) {
        out.kind = Some(QualityKind::Library);
        out.metric = Some(metric);
        out.arguments = (!arguments.is_empty()).then_some(arguments);
        if let Some(threshold) = rule.threshold {
            operator(threshold.operator, &mut out);
            if threshold.unit == Unit::Percent {
                out.unit = Some("percent".to_owned());
            }
        }
        return out;
    }
    let mut implementation = Map::new();
    implementation.insert("check", rule.check.name());
    for (name, value) in arguments.iter() {
        implementation.insert(name, value.clone());
    }
    if let Some(threshold) = rule.threshold {
        let (name, value) = comparison(threshold.operator);
        implementation.insert(name, value);
        let unit = match threshold.unit {
            Unit::Rows => None,
            Unit::Percent => Some("percent"),
            Unit::Value => Some("value"),
        };
        if let Some(unit) = unit {
            implementation.insert("unit", unit);
        }
    }
    out.kind = Some(QualityKind::Custom);
    out.engine = Some(ENGINE.to_owned());
    out.implementation = Some(Value::Map(implementation));
    out
}

/// What happens on a breach, as custom properties.
pub(super) fn on_failure(on_failure: Option<&OnFailure>) -> Vec<CustomProperty> {
    let Some(on_failure) = on_failure else {
        return Vec::new();
    };
    let mut out = vec![ours("onFailure", on_failure.as_str())];
    if let OnFailure::Repair(repair) = on_failure {
        let mut map = Map::new();
        let argument: Value = match repair {
            Repair::Cast | Repair::Trim | Repair::KeepLatest(None) => true.into(),
            Repair::Default(value) => value.clone(),
            Repair::Map(pairs) => {
                let pair = |(from, to): &(Value, Value)| {
                    let mut map = Map::new();
                    map.insert("from", from.clone());
                    map.insert("to", to.clone());
                    Value::Map(map)
                };
                Value::List(pairs.iter().map(pair).collect())
            }
            Repair::KeepLatest(Some(column)) => column.as_str().into(),
        };
        map.insert(repair.as_str(), argument);
        out.push(ours("repair", map));
    }
    out
}

/// The metric of the library, where there is one.
fn metric(check: &Check) -> Option<QualityMetric> {
    Some(match check {
        Check::NullValues => QualityMetric::NullValues,
        Check::RowCount => QualityMetric::RowCount,
        Check::MissingValues { .. } => QualityMetric::MissingValues,
        Check::InvalidValues { .. } => QualityMetric::InvalidValues,
        Check::DuplicateValues { .. } => QualityMetric::DuplicateValues,
        _ => return None,
    })
}

/// The arguments of a check by name; what is empty or not said is left out.
fn arguments(check: &Check) -> Map {
    let mut out = Map::new();
    let mut list = |name: &str, values: &[String]| {
        if !values.is_empty() {
            out.insert(name, values.to_vec());
        }
    };
    match check {
        Check::DuplicateValues { columns } => list("properties", columns),
        Check::SmallestGroup { columns } => list("columns", columns),
        Check::UnknownReferences {
            columns,
            references,
        } => {
            list("columns", columns);
            let texts: Vec<String> = references.iter().map(ToString::to_string).collect();
            list("references", &texts);
        }
        Check::OutOfOrder { by, .. } | Check::Discontinuity { by, .. } => list("by", by),
        _ => {}
    }
    let mut text = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            out.insert(name, value.as_str());
        }
    };
    match check {
        Check::Expression { expression } => text("expression", Some(expression)),
        Check::InvalidValues { pattern, .. } => text("pattern", pattern.as_ref()),
        Check::Aggregate { column, .. } | Check::Age { column } | Check::Drift { column, .. } => {
            text("column", column.as_ref());
        }
        Check::OutOfOrder { column, order, .. } => {
            text("column", column.as_ref());
            text("order", Some(order));
        }
        Check::Discontinuity {
            opening,
            closing,
            order,
            ..
        } => {
            text("opening", Some(opening));
            text("closing", Some(closing));
            text("order", Some(order));
        }
        _ => {}
    }
    match check {
        Check::MissingValues { missing } if !missing.is_empty() => {
            out.insert("missingValues", Value::List(missing.clone()));
        }
        Check::InvalidValues { valid, .. } if !valid.is_empty() => {
            out.insert("validValues", Value::List(valid.clone()));
        }
        Check::OutOfOrder { strictly: true, .. } => {
            out.insert("strictly", true);
        }
        Check::VolumeChange { publishes } | Check::Drift { publishes, .. } => {
            out.insert("publishes", i64::from(*publishes));
        }
        _ => {}
    }
    out
}

/// An operator by its name in the standard, and what it compares with.
fn comparison(operator: Operator) -> (&'static str, Value) {
    let pair = |a: f64, b: f64| Value::List(vec![number(a).into(), number(b).into()]);
    match operator {
        Operator::Be(x) => ("mustBe", number(x).into()),
        Operator::NotBe(x) => ("mustNotBe", number(x).into()),
        Operator::GreaterThan(x) => ("mustBeGreaterThan", number(x).into()),
        Operator::GreaterOrEqual(x) => ("mustBeGreaterOrEqualTo", number(x).into()),
        Operator::LessThan(x) => ("mustBeLessThan", number(x).into()),
        Operator::LessOrEqual(x) => ("mustBeLessOrEqualTo", number(x).into()),
        Operator::Between(a, b) => ("mustBeBetween", pair(a, b)),
        Operator::NotBetween(a, b) => ("mustNotBeBetween", pair(a, b)),
    }
}

fn operator(operator: Operator, out: &mut Quality) {
    match operator {
        Operator::Be(x) => out.must_be = Some(number(x).into()),
        Operator::NotBe(x) => out.must_not_be = Some(number(x).into()),
        Operator::GreaterThan(x) => out.must_be_greater_than = Some(number(x)),
        Operator::GreaterOrEqual(x) => out.must_be_greater_or_equal_to = Some(number(x)),
        Operator::LessThan(x) => out.must_be_less_than = Some(number(x)),
        Operator::LessOrEqual(x) => out.must_be_less_or_equal_to = Some(number(x)),
        Operator::Between(a, b) => out.must_be_between = Some([number(a), number(b)]),
        Operator::NotBetween(a, b) => out.must_not_be_between = Some([number(a), number(b)]),
    }
}

fn dimension(dimension: Dimension) -> QualityDimension {
    match dimension {
        Dimension::Accuracy => QualityDimension::Accuracy,
        Dimension::Completeness => QualityDimension::Completeness,
        Dimension::Conformity => QualityDimension::Conformity,
        Dimension::Consistency => QualityDimension::Consistency,
        Dimension::Coverage => QualityDimension::Coverage,
        Dimension::Timeliness => QualityDimension::Timeliness,
        Dimension::Uniqueness => QualityDimension::Uniqueness,
    }
}
