//! Service levels: units normalised first, then each in its own direction.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use dataproduct_contract::odcs::{Document, SlaProperty};
use dataproduct_contract::{Value, parse_period, unit_seconds};

use super::found::{Found, json};
use crate::Kind;
use crate::change::Effect;

/// In which direction a promise is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Better {
    Higher,
    Lower,
    Longer,
    Earlier,
    Later,
    Unknown,
}

/// The service levels that are known: name, synonyms, and what is better.
///
/// # Source
/// ODCS 3.2.0, service level agreement: the recommended properties and their synonyms. What is better
/// the standard does not say; docs/evolution.md gives the reason for each.
const KNOWN: &[(&str, &[&str], Better)] = &[
    ("availability", &["av"], Better::Higher),
    ("throughput", &["th"], Better::Higher),
    ("errorRate", &["er"], Better::Lower),
    ("freshness", &["latency", "ly"], Better::Lower),
    ("timeToDetect", &["td"], Better::Lower),
    ("timeToNotify", &["tn"], Better::Lower),
    ("timeToRepair", &["tr"], Better::Lower),
    ("frequency", &["fy"], Better::Lower),
    ("retention", &["re"], Better::Longer),
    ("generalAvailability", &["ga"], Better::Earlier),
    ("timeOfAvailability", &["ta"], Better::Earlier),
    ("endOfSupport", &["es"], Better::Later),
    ("endOfLife", &["el"], Better::Later),
];

fn known(property: &SlaProperty) -> (String, Better) {
    let text = property.property.trim();
    let is = |name: &str| name.eq_ignore_ascii_case(text);
    KNOWN
        .iter()
        .find(|(name, synonyms, _)| is(name) || synonyms.iter().any(|synonym| is(synonym)))
        .map_or_else(
            || (text.to_owned(), Better::Unknown),
            |(name, _, better)| ((*name).to_owned(), *better),
        )
}

/// A promise with what tells it from others of the same name.
struct Promise<'a> {
    name: String,
    better: Better,
    property: &'a SlaProperty,
    /// What it is about: element, driver, and the days of a deadline.
    about: String,
}

impl Promise<'_> {
    fn label(&self) -> (&str, &str) {
        (&self.name, &self.about)
    }

    fn text(&self) -> Option<String> {
        let property = self.property;
        let value = match &property.value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let mut parts = vec![value];
        parts.extend(json(&property.value_ext));
        parts.extend(property.unit.clone());
        if let Some(zone) = zone(property) {
            parts.push(zone);
        }
        if let Some(element) = &property.element {
            parts.push(format!("on {element}"));
        }
        if let Some(driver) = &property.driver {
            parts.push(format!("({driver})"));
        }
        Some(parts.join(" "))
    }
}

fn zone(property: &SlaProperty) -> Option<String> {
    let properties = property.custom_properties.iter().flatten();
    properties
        .filter(|p| p.property == "timezone")
        .find_map(|p| p.value.as_str().map(str::to_owned))
}

fn all(document: &Document) -> Vec<Promise<'_>> {
    let default_element = document.sla_default_element.as_deref();
    let properties = document.sla_properties.iter().flatten();
    properties
        .map(|property| {
            let (name, better) = known(property);
            let element = property.element.as_deref().or(default_element);
            let days = cron(property).map(|cron| cron.days).unwrap_or_default();
            let about = format!(
                "{} {} {days}",
                element.unwrap_or_default(),
                property.driver.as_deref().unwrap_or_default()
            );
            Promise {
                name,
                better,
                property,
                about,
            }
        })
        .collect()
}

pub(crate) fn promises(old: &Document, new: &Document, found: &mut Found) {
    if old.sla_properties == new.sla_properties
        && old.sla_default_element == new.sla_default_element
    {
        return;
    }
    let (old, new) = (all(old), all(new));
    let mut gone = Vec::new();
    let mut added = Vec::new();
    for pair in super::paired(&old, &new, Promise::label) {
        match pair {
            (Some(before), Some(after)) => compared(before, after, found),
            (Some(before), None) => gone.push(before),
            (None, Some(after)) => added.push(after),
            (None, None) => {}
        }
    }
    // What is promised once before and once after, of another element, for another reason or on other
    // days, has changed; it cannot be told which is better.
    let (lost, won) = (counted(&gone), counted(&added));
    let moved = |name: &str| lost.get(name) == Some(&1) && won.get(name) == Some(&1);
    let partners: HashMap<&str, &Promise<'_>> = added
        .iter()
        .map(|after| (after.name.as_str(), *after))
        .collect();
    for before in &gone {
        let path = format!("sla.{}", before.name);
        let partner = partners.get(before.name.as_str());
        let text = before.text();
        match partner.filter(|_| moved(&before.name)) {
            Some(after) => {
                let after = after.text();
                found.effect(Kind::SlaChanged, &path, Effect::Undecided, text, after);
            }
            None => found.effect(Kind::SlaRemoved, &path, Effect::Loosens, text, None),
        }
    }
    for after in added.iter().filter(|after| !moved(&after.name)) {
        let path = format!("sla.{}", after.name);
        found.effect(Kind::SlaAdded, &path, Effect::Tightens, None, after.text());
    }
}

/// How many promises there are of each name.
fn counted<'a>(promises: &[&'a Promise<'_>]) -> HashMap<&'a str, usize> {
    let mut counts = HashMap::new();
    for promise in promises {
        *counts.entry(promise.name.as_str()).or_default() += 1;
    }
    counts
}

fn compared(old: &Promise<'_>, new: &Promise<'_>, found: &mut Found) {
    let (a, b) = (old.property, new.property);
    if a == b {
        return;
    }
    let path = format!("sla.{}", new.name);
    let effect = direction(new.better, a, b);
    let (before, after) = (old.text(), new.text());
    match effect {
        Effect::Metadata => {}
        Effect::Tightens => found.effect(Kind::SlaTightened, &path, effect, before, after),
        Effect::Loosens => found.effect(Kind::SlaLoosened, &path, effect, before, after),
        _ => found.effect(Kind::SlaChanged, &path, effect, before, after),
    }
    if effect == Effect::Metadata && cron(a).is_some() {
        // The schedule is the promise; the value beside it is read by people.
        let value = |p: &SlaProperty| json(&Some(&p.value));
        let path = format!("{path}.value");
        found.metadata(Kind::OtherChanged, &path, value(a), value(b));
    }
    let words = |p: &SlaProperty| p.description.clone();
    found.metadata(Kind::DescriptionChanged, &path, words(a), words(b));
    let is_deadline = cron(a).is_some() && cron(b).is_some();
    let other = |p: &SlaProperty| {
        let mut p = p.clone();
        p.property = String::new();
        p.value = Value::Null;
        p.value_ext = None;
        p.unit = None;
        p.element = None;
        p.driver = None;
        p.description = None;
        if is_deadline {
            // The schedule of a deadline is the promise itself.
            p.scheduler = None;
            p.schedule = None;
        }
        for custom in p.custom_properties.iter_mut().flatten() {
            if custom.property == "timezone" {
                custom.value = Value::Null;
            }
        }
        (p != SlaProperty::default())
            .then(|| json(&Some(p)))
            .flatten()
    };
    found.metadata(Kind::OtherChanged, &path, other(a), other(b));
}

/// What it means that a promise has another value.
fn direction(better: Better, old: &SlaProperty, new: &SlaProperty) -> Effect {
    if let (Some(a), Some(b)) = (cron(old), cron(new)) {
        return a.against(&b);
    }
    if old.value_ext != new.value_ext || zone(old) != zone(new) {
        return Effect::Undecided;
    }
    if old.value == new.value && old.unit == new.unit {
        return Effect::Metadata;
    }
    let values = match better {
        Better::Lower | Better::Longer => lengths(old, new).or_else(|| amounts(old, new)),
        Better::Higher => amounts(old, new),
        Better::Earlier | Better::Later => instants(old, new),
        Better::Unknown => None,
    };
    let Some((a, b)) = values else {
        return Effect::Undecided;
    };
    let is_regulatory = |p: &SlaProperty| {
        let driver = p.driver.as_deref().unwrap_or_default();
        driver.eq_ignore_ascii_case("regulatory")
    };
    // What has to be kept by law may have to be deleted by law: longer is not better for certain.
    if better == Better::Longer && a != b && (is_regulatory(old) || is_regulatory(new)) {
        return Effect::Undecided;
    }
    let grows_is_better = matches!(better, Better::Higher | Better::Longer | Better::Later);
    match b.partial_cmp(&a) {
        Some(std::cmp::Ordering::Equal) => Effect::Metadata,
        Some(std::cmp::Ordering::Greater) if grows_is_better => Effect::Tightens,
        Some(std::cmp::Ordering::Less) if !grows_is_better => Effect::Tightens,
        Some(_) => Effect::Loosens,
        None => Effect::Undecided,
    }
}

fn number(property: &SlaProperty) -> Option<f64> {
    match &property.value {
        Value::String(text) => text.trim().trim_end_matches('%').trim().parse().ok(),
        value => value.as_f64(),
    }
}

/// Both values in seconds.
fn lengths(old: &SlaProperty, new: &SlaProperty) -> Option<(f64, f64)> {
    let seconds = |property: &SlaProperty| match (&property.unit, number(property)) {
        (Some(unit), Some(number)) => {
            #[expect(
                clippy::cast_precision_loss,
                reason = "the longest unit, a year, is far below 2^53 seconds"
            )]
            let unit = unit_seconds(unit).ok()? as f64;
            Some(number * unit)
        }
        (None, None) => parse_period(property.value.as_str()?)
            .ok()
            .map(|period| period.as_secs_f64()),
        _ => None,
    };
    Some((seconds(old)?, seconds(new)?))
}

/// Both values as numbers of one unit.
fn amounts(old: &SlaProperty, new: &SlaProperty) -> Option<(f64, f64)> {
    let unit = |property: &SlaProperty| {
        let unit = property.unit.as_deref().unwrap_or_default().trim();
        let unit = unit.to_ascii_lowercase();
        let in_value = property
            .value
            .as_str()
            .is_some_and(|t| t.trim().ends_with('%'));
        match unit.as_str() {
            "%" | "percent" | "pct" => "percent".to_owned(),
            "" if in_value => "percent".to_owned(),
            _ => unit,
        }
    };
    // Availability is a percentage whether or not its unit says so.
    let percent = |property: &SlaProperty| {
        let unit = unit(property);
        let is_availability = known(property).0 == "availability";
        if unit.is_empty() && is_availability {
            "percent".to_owned()
        } else {
            unit
        }
    };
    (percent(old) == percent(new)).then_some(())?;
    Some((number(old)?, number(new)?))
}

/// Both values as instants: dates, dates and times, or times of day, each with the same kind of offset.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of dates within a few thousand years are below 2^53"
)]
fn instants(old: &SlaProperty, new: &SlaProperty) -> Option<(f64, f64)> {
    let parse = |property: &SlaProperty| -> Option<(&'static str, i64)> {
        let text = property.value.as_str()?.trim();
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Some(("instant", instant.timestamp()));
        }
        if let Ok(day) = text.parse::<NaiveDate>() {
            return Some((
                "instant",
                Utc.from_utc_datetime(&day.and_time(NaiveTime::MIN))
                    .timestamp(),
            ));
        }
        time_of_day(text)
    };
    let ((a_kind, a), (b_kind, b)) = (parse(old)?, parse(new)?);
    (a_kind == b_kind).then_some((a as f64, b as f64))
}

/// A time of day such as `09:00` or `09:00-08:00`, in seconds since midnight UTC where an offset is
/// given.
fn time_of_day(text: &str) -> Option<(&'static str, i64)> {
    let clock = |text: &str| {
        let formats = ["%H:%M", "%H:%M:%S"];
        let time = formats
            .iter()
            .find_map(|f| NaiveTime::parse_from_str(text, f).ok())?;
        Some(time.signed_duration_since(NaiveTime::MIN).num_seconds())
    };
    if let Some(seconds) = clock(text) {
        return Some(("local time", seconds));
    }
    let at = text.rfind(['+', '-']).or_else(|| text.rfind('Z'))?;
    let (time, offset) = text.split_at(at);
    let offset: FixedOffset = if offset == "Z" {
        FixedOffset::east_opt(0)?
    } else {
        offset.parse().ok()?
    };
    Some((
        "time with offset",
        clock(time)? - i64::from(offset.local_minus_utc()),
    ))
}

/// A deadline that comes again and again.
struct Cron {
    /// Day of the month, month and weekday.
    days: String,
    zone: Option<String>,
    /// Minutes since midnight, where the expression names one.
    minutes: Option<u32>,
    text: String,
}

fn cron(property: &SlaProperty) -> Option<Cron> {
    let scheduler = property.scheduler.as_deref()?;
    if !scheduler.eq_ignore_ascii_case("cron") || known(property).0 != "timeOfAvailability" {
        return None;
    }
    let text = property.schedule.as_deref()?;
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, days @ ..] = fields.as_slice() else {
        return None;
    };
    let number = |field: &str| field.parse::<u32>().ok();
    let minutes = number(minute).zip(number(hour)).map(|(m, h)| h * 60 + m);
    Some(Cron {
        days: days.join(" "),
        zone: zone(property),
        minutes: minutes.filter(|minutes| *minutes < 24 * 60),
        text: fields.join(" "),
    })
}

impl Cron {
    /// What it means that this deadline has become another on the same days.
    fn against(&self, new: &Self) -> Effect {
        if self.zone != new.zone {
            return Effect::Undecided;
        }
        match (self.minutes, new.minutes) {
            (Some(a), Some(b)) if a == b => Effect::Metadata,
            (Some(a), Some(b)) if b < a => Effect::Tightens,
            (Some(_), Some(_)) => Effect::Loosens,
            _ if self.text == new.text => Effect::Metadata,
            _ => Effect::Undecided,
        }
    }
}
