//! What a contract must keep to beyond its shape. Every check here reports and goes on.

mod columns;
mod default;
mod expressions;
mod limits;
mod patterns;
mod rules;
mod service;

pub(crate) use columns::{MAX_DEPTH, each, fill_ids, names};
pub(crate) use patterns::PatternBudget;

use std::collections::BTreeSet;

use crate::builder::PLACEHOLDER_VERSION;
use crate::draft::Draft;
use crate::{Column, Contract, DataType, Problem, Problems, ProductName, Status, Version};

/// The version in that text, or a placeholder and a problem.
pub(crate) fn version(text: &str, problems: &mut Problems) -> Version {
    text.parse().unwrap_or_else(|error: crate::VersionError| {
        problems.push(Problem::new(
            "version",
            "bad-version",
            error.to_string(),
            "write `major.minor.patch`, such as `1.0.0`",
        ));
        PLACEHOLDER_VERSION
    })
}

/// Checks the parts of a draft, each by itself and against each other.
pub(crate) fn draft(draft: &Draft, problems: &mut Problems) {
    identity(draft, problems);
    lifecycle(draft, problems);
    ownership(draft, problems);
    // Without one table the missing columns have been reported already.
    let has_table = !problems
        .iter()
        .any(|p| matches!(p.code, "missing-schema" | "several-tables"));
    if has_table {
        columns::check(&draft.columns, problems);
    }
    for (i, rule) in draft.rules.iter().enumerate() {
        rules::check(&format!("rules[{i}]"), rule, None, &draft.columns, problems);
    }
    if let Some(action) = &draft.on_failure {
        rules::on_failure("product", action, None, &draft.columns, problems);
    }
    patterns::check(draft, problems);
    if has_table {
        expressions::check(draft, problems);
    }
    service::check(&draft.sla, problems);
}

fn identity(draft: &Draft, problems: &mut Problems) {
    if draft.id.trim().is_empty() {
        problems.push(Problem::new(
            "id",
            "missing-id",
            "the contract has no identifier",
            "give it an `id` that stays the same for every version",
        ));
    }
    let texts = [
        ("description", &draft.description),
        ("purpose", &draft.purpose),
        ("usage", &draft.usage),
        ("limitations", &draft.limitations),
    ];
    for (path, text) in texts {
        if let Some(text) = text {
            visible(path, text, problems);
        }
    }
    visible("id", &draft.id, problems);
    for (i, tag) in draft.tags.iter().enumerate() {
        visible(&format!("tags[{i}]"), tag, problems);
    }
    unique(
        draft.custom.iter().map(|(name, _)| name.as_str()),
        "custom",
        problems,
    );
}

fn lifecycle(draft: &Draft, problems: &mut Problems) {
    let mut push = |path: &str, code, message: String, fix: &str| {
        problems.push(Problem::new(path, code, message, fix));
    };
    match draft.status {
        Status::Deprecated if draft.sunset.is_none() => push(
            "lifecycle.sunset",
            "missing-sunset",
            "a deprecated product has no sunset date".to_owned(),
            "say until which day it is published",
        ),
        Status::Proposed | Status::Draft | Status::Active if draft.sunset.is_some() => push(
            "lifecycle.sunset",
            "sunset-without-deprecation",
            format!("a product that is {} has a sunset date", draft.status),
            "set the status to `deprecated`, or leave the date out",
        ),
        _ => {}
    }
    if let Some(successor) = &draft.successor {
        if successor.name == draft.name && successor.accepts(&draft.version) {
            push(
                "lifecycle.successor",
                "own-successor",
                format!("`{successor}` is this very version"),
                "name another product, or a range of later versions",
            );
        }
        if !matches!(draft.status, Status::Deprecated | Status::Retired) {
            push(
                "lifecycle.successor",
                "successor-without-deprecation",
                format!("a product that is {} has a successor", draft.status),
                "set the status to `deprecated`, or leave the successor out",
            );
        }
    }
}

fn ownership(draft: &Draft, problems: &mut Problems) {
    let owner = &draft.ownership;
    if owner.team.trim().is_empty() {
        problems.push(Problem::new(
            "ownership.team",
            "missing-owner",
            "nobody owns the product",
            "name the team that publishes it and is on call for it",
        ));
    }
    visible("ownership.team", &owner.team, problems);
    unique(
        owner.members.iter().map(|m| m.username.as_str()),
        "ownership.members",
        problems,
    );
    unique(
        owner.consumers.iter().map(|c| c.name.as_str()),
        "ownership.consumers",
        problems,
    );
    for (i, consumer) in owner.consumers.iter().enumerate() {
        if consumer.purpose.trim().is_empty() {
            problems.push(Problem::new(
                format!("ownership.consumers[{i}].purpose"),
                "missing-purpose",
                format!(
                    "`{}` does not say what it reads the product for",
                    consumer.name
                ),
                "state the purpose",
            ));
        }
    }
    for (i, channel) in draft.support.iter().enumerate() {
        let path = format!("support[{i}]");
        if channel.channel.trim().is_empty() {
            problems.push(Problem::new(
                format!("{path}.channel"),
                "missing-channel",
                "a support channel has no name",
                "name it, such as `#inventory`",
            ));
        }
        if let Some(text) = &channel.url
            && let Err(error) = url::Url::parse(text)
        {
            problems.push(Problem::new(
                format!("{path}.url"),
                "bad-url",
                format!("`{}` is not a URL: {error}", shown(text)),
                "write a whole URL, such as `https://` or `mailto:`",
            ));
        }
    }
    unique(
        draft.roles.iter().map(|r| r.role.as_str()),
        "roles",
        problems,
    );
}

/// Refuses characters that make text look other than it is.
fn visible(path: &str, text: &str, problems: &mut Problems) {
    let hidden = text.chars().find(|c| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    if let Some(c) = hidden {
        problems.push(Problem::new(
            path,
            "hidden-character",
            format!(
                "the text holds the invisible character {}",
                c.escape_unicode()
            ),
            "remove it",
        ));
    }
}

/// Refuses a name that comes twice in a list.
fn unique<'a>(names: impl Iterator<Item = &'a str>, path: &str, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (i, name) in names.enumerate() {
        if !seen.insert(name) {
            problems.push(Problem::new(
                format!("{path}[{i}]"),
                "duplicate",
                format!("`{}` is there twice", shown(name)),
                "keep one",
            ));
        }
    }
}

/// Text of a document, fit to stand in a message.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    if text.chars().count() > 80 {
        out.push('…');
    }
    out
}

/// The column at a path of names joined by `.`, through the fields of structs.
pub(crate) fn find<'a>(columns: &'a [Column], path: &str) -> Option<&'a Column> {
    if let Some(column) = columns.iter().find(|column| column.name == path) {
        return Some(column);
    }
    // A reference of the standard names the stable identifier, which differs after a rename.
    if let Some(column) = columns
        .iter()
        .find(|column| column.id.as_deref() == Some(path))
    {
        return Some(column);
    }
    let (head, rest) = path.split_once('.')?;
    let column = columns.iter().find(|column| column.name == head)?;
    match &column.data_type {
        DataType::Struct(fields) => find(fields, rest),
        DataType::List(element) => match &element.data_type {
            DataType::Struct(fields) => find(fields, rest),
            _ => None,
        },
        _ => None,
    }
}

/// The relationships of a contract that do not hold.
pub(crate) fn references(
    contract: &Contract,
    lookup: impl Fn(&ProductName) -> Option<Contract>,
) -> Problems {
    let mut problems = Problems::new();
    columns::each("schema.columns", contract.columns(), &mut |path, column| {
        for (i, reference) in column.references.iter().enumerate() {
            let path = format!("{path}.references[{i}]");
            let target = if reference.product == *contract.name() {
                Some(contract.clone())
            } else {
                lookup(&reference.product)
            };
            let Some(target) = target else {
                problems.push(Problem::new(
                    path,
                    "unknown-product",
                    format!("there is no product `{}`", reference.product),
                    "name a product that is published in this mesh",
                ));
                continue;
            };
            match find(target.columns(), &reference.column) {
                None => problems.push(Problem::new(
                    path,
                    "dangling-reference",
                    format!(
                        "`{}` has no column `{}`",
                        reference.product,
                        shown(&reference.column)
                    ),
                    format!("it has {}", columns::names(target.columns())),
                )),
                Some(other) if other.data_type != column.data_type => problems.push(Problem::new(
                    path,
                    "reference-type",
                    format!(
                        "the column is {} and `{reference}` is {}",
                        column.data_type, other.data_type
                    ),
                    "give both the same type",
                )),
                Some(_) => {}
            }
        }
    });
    problems
}
