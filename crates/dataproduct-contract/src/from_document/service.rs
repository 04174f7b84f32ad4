//! `slaProperties`, with units normalised.

use super::ours;
use crate::odcs::SlaProperty;
use crate::sla::period;
use crate::{Column, Deadline, Problem, Problems, Sla, Value};

/// Names and two-letter synonyms of the properties that the model has fields for. `freshness` is the
/// name in the wild for what the standard calls `latency`.
const LATENCY: &[&str] = &["latency", "ly", "freshness"];
const FREQUENCY: &[&str] = &["frequency", "fy"];
const RETENTION: &[&str] = &["retention", "re"];
const AVAILABILITY: &[&str] = &["availability", "av"];
const DEADLINE: &[&str] = &["timeofavailability", "ta"];

pub(super) fn sla(
    properties: Option<&[SlaProperty]>,
    default_element: Option<&str>,
    table: &str,
    columns: &[Column],
    problems: &mut Problems,
) -> Sla {
    let mut out = Sla::default();
    let mut seen: Vec<(&str, Option<&str>, Option<&str>)> = Vec::new();
    if let Some(element) = default_element {
        elements("slaDefaultElement", element, table, columns, problems);
    }
    for (i, property) in properties.unwrap_or_default().iter().enumerate() {
        if problems.is_full() {
            break;
        }
        let path = format!("sla[{i}]");
        let name = property.property.to_lowercase();
        if let Some(element) = &property.element {
            elements(
                &format!("{path}.element"),
                element,
                table,
                columns,
                problems,
            );
        }
        let is = |names: &[&str]| names.contains(&name.as_str());
        let target = if is(LATENCY) {
            Some(&mut out.freshness)
        } else if is(FREQUENCY) {
            Some(&mut out.frequency)
        } else if is(RETENTION) {
            Some(&mut out.retention)
        } else {
            None
        };
        if target.is_some() || is(AVAILABILITY) {
            let canonical = [LATENCY, FREQUENCY, RETENTION, AVAILABILITY]
                .into_iter()
                .find(|names| is(names))
                .map_or("", |names| names[0]);
            let key = (
                canonical,
                property.driver.as_deref(),
                property.element.as_deref(),
            );
            if seen.contains(&key) {
                problems.push(Problem::new(
                    path,
                    "duplicate-sla",
                    format!("`{}` is promised twice", property.property),
                    "keep one promise, or give the two different drivers or elements",
                ));
                continue;
            }
            seen.push(key);
        }
        if let Some(target) = target {
            if let Some(length) = length(&path, property, problems) {
                // Of promises to several parties the strictest is the one to keep.
                let strictest = match *target {
                    Some(other) if is(RETENTION) => other.max(length),
                    Some(other) => other.min(length),
                    None => length,
                };
                *target = Some(strictest);
            }
        } else if is(AVAILABILITY) {
            let percent = percent(&path, property, problems);
            out.availability_percent = match (out.availability_percent, percent) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (a, b) => a.or(b),
            };
        } else if is(DEADLINE) {
            out.deadlines.extend(deadline(property));
        }
    }
    out
}

/// The columns an SLA is measured on, separated by commas, each with or without the table.
fn elements(path: &str, text: &str, table: &str, columns: &[Column], problems: &mut Problems) {
    for element in text.split(',').map(str::trim).filter(|e| !e.is_empty()) {
        if problems.is_full() {
            return;
        }
        let inner = element
            .strip_prefix(table)
            .and_then(|rest| rest.strip_prefix('.'));
        let name = inner.unwrap_or(element);
        if element != table && crate::validate::find(columns, name).is_none() {
            problems.push(Problem::new(
                path,
                "unknown-element",
                format!("there is no column `{}`", crate::validate::shown(element)),
                format!(
                    "the table `{table}` has {}",
                    crate::validate::names(columns)
                ),
            ));
        }
    }
}

fn length(
    path: &str,
    property: &SlaProperty,
    problems: &mut Problems,
) -> Option<std::time::Duration> {
    let what = &property.property;
    let Some(value) = property.value.as_f64() else {
        // Some write the whole length as text: `15 min`.
        let text = property.value.as_str().unwrap_or_default();
        if let (None, Ok(length)) = (&property.unit, crate::parse_period(text)) {
            return Some(length);
        }
        problems.push(Problem::new(
            format!("{path}.value"),
            "bad-sla-value",
            format!("`{}` is not a length of time for `{what}`", property.value),
            "write a number in `value` and `s`, `min`, `h`, `d` or `y` in `unit`",
        ));
        if let Some(unit) = &property.unit
            && let Err(error) = crate::sla::unit_seconds(unit)
        {
            problems.push(unknown_unit(path, &error));
        }
        return None;
    };
    let Some(unit) = &property.unit else {
        problems.push(Problem::new(
            format!("{path}.unit"),
            "missing-unit",
            format!("`{what}` has no unit"),
            "write `s`, `min`, `h`, `d` or `y`",
        ));
        return None;
    };
    match period(value, unit) {
        Ok(length) => Some(length),
        Err(error @ crate::PeriodError::Unit { .. }) => {
            problems.push(unknown_unit(path, &error));
            None
        }
        Err(error) => {
            problems.push(Problem::new(
                format!("{path}.value"),
                "bad-sla-value",
                error.to_string(),
                "promise a positive length of time",
            ));
            None
        }
    }
}

fn unknown_unit(path: &str, error: &crate::PeriodError) -> Problem {
    Problem::new(
        format!("{path}.unit"),
        "unknown-unit",
        error.to_string(),
        "write `s`, `min`, `h`, `d` or `y`",
    )
}

fn percent(path: &str, property: &SlaProperty, problems: &mut Problems) -> Option<f64> {
    let value = match &property.value {
        Value::String(text) => text.trim().trim_end_matches('%').trim().parse().ok(),
        value => value.as_f64(),
    };
    if value.is_none() {
        problems.push(Problem::new(
            format!("{path}.value"),
            "bad-sla-value",
            format!("`{}` is not a share of time", property.value),
            "write a percentage, such as `99.5`",
        ));
    }
    value
}

/// A deadline with a schedule. One that is only a time of day is kept in the document: the standard
/// does not say on which days it holds.
fn deadline(property: &SlaProperty) -> Option<Deadline> {
    let cron = property.scheduler.as_deref()?.eq_ignore_ascii_case("cron");
    let zone = ours(property.custom_properties.as_deref(), "timezone")
        .and_then(Value::as_str)
        .unwrap_or_default();
    cron.then_some(())?;
    Some(Deadline {
        cron: property.schedule.clone()?,
        zone: zone.to_owned(),
        description: property.description.clone(),
    })
}
