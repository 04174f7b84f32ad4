//! What stands in `#[product(...)]` and `#[column(...)]`.

use dataproduct::contract::{Limits, Period};
use dataproduct::{Column, Contract, Status, Value};

use super::quality::{on_failure, rule};
use crate::export::Note;

/// The attributes of a product.
pub(super) fn product(contract: &Contract, notes: &mut Vec<Note>) -> Vec<String> {
    let mut out = vec![
        format!("name = {:?}", contract.name().to_string()),
        format!("version = {:?}", contract.version().to_string()),
    ];
    if contract.status() != Status::default() {
        out.push(format!("status = {}", contract.status()));
    }
    let texts = [
        ("sunset", contract.sunset().map(|day| day.to_string())),
        ("successor", contract.successor().map(ToString::to_string)),
        (
            "id",
            Some(contract.id())
                .filter(|id| **id != contract.name().to_string())
                .map(str::to_owned),
        ),
        ("owner", Some(contract.owner().to_owned())),
        ("steward", contract.ownership().steward.clone()),
        ("purpose", contract.purpose().map(str::to_owned)),
        ("usage", contract.usage().map(str::to_owned)),
        ("limitations", contract.limitations().map(str::to_owned)),
    ];
    for (key, text) in texts {
        out.extend(text.map(|text| format!("{key} = {text:?}")));
    }
    people(contract, notes, &mut out);
    promises(contract, notes, &mut out);
    out.extend(tags(contract.tags()));
    out.extend(custom(contract.custom(), "", notes));
    out.extend(on_failure(contract.on_failure(), "", notes));
    for each in contract.rules() {
        out.extend(rule(each, false, "", notes));
    }
    out
}

fn people(contract: &Contract, notes: &mut Vec<Note>, out: &mut Vec<String>) {
    for member in &contract.ownership().members {
        match &member.role {
            Some(role) => out.push(format!("member({:?}, role = {role:?})", member.username)),
            None => notes.push(Note::new(
                "",
                format!(
                    "the member `{}` has no role and is left out",
                    member.username
                ),
            )),
        }
    }
    for consumer in &contract.ownership().consumers {
        out.push(format!(
            "consumer({:?}, purpose = {:?}, versions = {:?})",
            consumer.name,
            consumer.purpose,
            consumer.versions.to_string()
        ));
    }
    const TOOLS: [&str; 6] = ["slack", "email", "teams", "discord", "ticket", "googlechat"];
    for channel in contract.support() {
        let tool = channel.tool.as_deref().filter(|tool| TOOLS.contains(tool));
        let url = channel.url.as_ref().map(|url| format!(", url = {url:?}"));
        out.push(format!(
            "support({} = {:?}{})",
            tool.unwrap_or("other"),
            channel.channel,
            url.unwrap_or_default()
        ));
    }
    for role in contract.roles() {
        match &role.access {
            Some(access) => out.push(format!("role({:?}, access = {access:?})", role.role)),
            None => notes.push(Note::new(
                "",
                format!("the role `{}` has no access and is left out", role.role),
            )),
        }
    }
}

fn promises(contract: &Contract, notes: &mut Vec<Note>, out: &mut Vec<String>) {
    let sla = contract.sla();
    for (key, period) in [
        ("fresh_within", sla.freshness),
        ("published_every", sla.frequency),
        ("kept_for", sla.retention),
    ] {
        out.extend(period.map(|period| format!("{key} = \"{}\"", Period(period))));
    }
    for deadline in &sla.deadlines {
        out.push(format!(
            "deadline({:?}, zone = {:?})",
            deadline.cron, deadline.zone
        ));
        if deadline.description.is_some() {
            notes.push(Note::new("", "the description of a deadline is left out"));
        }
    }
    let available = sla.availability_percent;
    out.extend(available.map(|percent| format!("available = \"{percent} %\"")));
}

/// The attributes of a column; those of whole rows only at the top.
pub(super) fn column(
    column: &Column,
    top: bool,
    is_enum: bool,
    path: &str,
    notes: &mut Vec<Note>,
) -> Vec<String> {
    let mut out = Vec::new();
    if top {
        for (key, place) in [
            ("key", column.key),
            ("partition", column.partition),
            ("sort", column.sort),
        ] {
            out.extend(place.map(|place| format!("{key} = {place}")));
        }
    }
    for (flag, is_set) in [
        ("event_time", column.event_time && top),
        ("unique", column.unique),
        ("unique_items", column.limits.unique_items),
        ("open", column.open_enum),
    ] {
        if is_set {
            out.push(flag.to_owned());
        }
    }
    let texts = [
        ("id", column.id.as_ref().filter(|id| **id != column.name)),
        ("business_name", column.business_name.as_ref()),
        ("unit", column.unit.as_ref()),
        ("semantic", column.semantic_type.as_ref()),
        ("pattern", column.limits.pattern.as_ref()),
        ("format", column.limits.format.as_ref()),
    ];
    for (key, text) in texts {
        out.extend(text.map(|text| format!("{key} = {text:?}")));
    }
    let usual = ["public", "internal", "confidential", "restricted"];
    out.extend(column.classification.as_ref().map(|level| {
        let level = level.as_str();
        if usual.contains(&level) {
            format!("classification = {level}")
        } else {
            format!("classification = {level:?}")
        }
    }));
    out.extend(column.pii.map(|pii| format!("pii = {}", pii.as_str())));
    for reference in &column.references {
        out.push(format!("references = {:?}", reference.to_string()));
    }
    limits(&column.limits, path, notes, &mut out);
    if !is_enum && !column.allowed.is_empty() {
        allowed(column, path, notes, &mut out);
    }
    if let Some(default) = &column.default {
        match literal(default) {
            Some(default) => out.push(format!("default = {default}")),
            None => notes.push(Note::new(path, "the default is left out")),
        }
    }
    for example in &column.examples {
        match literal(example) {
            Some(example) => out.push(format!("example = {example}")),
            None => notes.push(Note::new(path, "an example is left out")),
        }
    }
    if let Some(deprecation) = &column.deprecated {
        match &deprecation.note {
            Some(note) => out.push(format!("deprecated = {note:?}")),
            None => notes.push(Note::new(
                path,
                "the deprecation has no note and is left out",
            )),
        }
    }
    for name in &column.former_names {
        out.push(format!("renamed_from({name:?})"));
    }
    out.extend(tags(&column.tags));
    out.extend(custom(&column.custom, path, notes));
    out.extend(on_failure(column.on_failure.as_ref(), path, notes));
    for each in &column.rules {
        out.extend(rule(each, true, path, notes));
    }
    out
}

fn allowed(column: &Column, path: &str, notes: &mut Vec<Note>, out: &mut Vec<String>) {
    let values = column.allowed.iter().map(|allowed| &allowed.value);
    match values.map(literal).collect::<Option<Vec<_>>>() {
        Some(values) => out.push(format!("one_of({})", values.join(", "))),
        None => notes.push(Note::new(path, "the allowed values are left out")),
    }
    if column
        .allowed
        .iter()
        .any(|a| a.label.is_some() || a.description.is_some())
    {
        notes.push(Note::new(
            path,
            "labels and descriptions of values are left out",
        ));
    }
}

fn limits(limits: &Limits, path: &str, notes: &mut Vec<Note>, out: &mut Vec<String>) {
    let mut bound = |bound: &Option<Value>| {
        let bound = bound.as_ref()?;
        let text = literal(bound);
        if text.is_none() {
            notes.push(Note::new(path, "a bound is left out"));
        }
        text
    };
    let (low, high) = (bound(&limits.minimum), bound(&limits.maximum));
    out.extend(range("range", low, high));
    out.extend(bound(&limits.exclusive_minimum).map(|low| format!("above = {low}")));
    out.extend(bound(&limits.exclusive_maximum).map(|high| format!("below = {high}")));
    out.extend(
        limits
            .multiple_of
            .map(|step| format!("multiple_of = {step:?}")),
    );
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    out.extend(range(
        "length",
        number(limits.min_length),
        number(limits.max_length),
    ));
    out.extend(range(
        "items",
        number(limits.min_items),
        number(limits.max_items),
    ));
}

fn range(key: &str, low: Option<String>, high: Option<String>) -> Option<String> {
    match (low, high) {
        (Some(low), Some(high)) => Some(format!("{key} = {low}..={high}")),
        (Some(low), None) => Some(format!("{key} = {low}..")),
        (None, Some(high)) => Some(format!("{key} = ..={high}")),
        (None, None) => None,
    }
}

fn tags(tags: &[String]) -> Option<String> {
    let tags: Vec<_> = tags.iter().map(|tag| format!("{tag:?}")).collect();
    (!tags.is_empty()).then(|| format!("tag({})", tags.join(", ")))
}

fn custom(custom: &[(String, Value)], path: &str, notes: &mut Vec<Note>) -> Option<String> {
    let mut properties = Vec::new();
    for (name, value) in custom {
        match literal(value) {
            Some(value) => properties.push(format!("{name:?} = {value}")),
            None => notes.push(Note::new(
                path,
                format!("`{name}` is no plain value and left out"),
            )),
        }
    }
    (!properties.is_empty()).then(|| format!("custom({})", properties.join(", ")))
}

/// A plain value as Rust writes it.
pub(super) fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Integer(value) => Some(value.to_string()),
        Value::Float(value) => Some(format!("{:?}", value.get())),
        Value::String(text) if !text.is_empty() => Some(format!("{text:?}")),
        _ => None,
    }
}
