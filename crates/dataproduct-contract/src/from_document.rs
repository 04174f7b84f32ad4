//! What an ODCS document states, in the words of the contract model.

use crate::builder::placeholder_name;
use crate::draft::Draft;
use crate::odcs::{
    CustomProperty, Document, Role, SchemaObject, SupportItem, TeamEntry, TeamMember,
};
use crate::to_document::VENDOR;
use crate::{
    AccessRole, Consumer, Member, Name, NameError, Ownership, Problem, Problems, ProductName,
    Status, SupportChannel, Value, validate,
};

mod columns;
mod custom_rule;
mod quality;
mod service;

/// The draft of a document. Whatever is wrong is added to `problems`, and what cannot be told stands as
/// a placeholder, so that everything else is still looked at.
pub(crate) fn draft(document: &Document, problems: &mut Problems) -> Draft {
    let name = name(document, problems).unwrap_or_else(placeholder_name);
    let version = validate::version(&document.version, problems);
    let mut draft = Draft::new(name, version);
    draft.id = document.id.clone();
    draft.status = status(document.status.as_deref(), problems);
    lifecycle(document, &mut draft, problems);
    if let Some(description) = &document.description {
        draft.purpose = description.purpose.clone();
        draft.usage = description.usage.clone();
        draft.limitations = description.limitations.clone();
    }
    draft.ownership = ownership(document, problems);
    draft.support = document.support.iter().flatten().map(support).collect();
    draft.roles = document.roles.iter().flatten().map(role).collect();
    draft.tags = document.tags.clone().unwrap_or_default();
    draft.custom = custom(document.custom_properties.as_deref(), CONTRACT_PROPERTIES);
    let Some(schema) = table(document, problems) else {
        return draft;
    };
    draft.description = schema.description.clone();
    draft.columns = columns::columns(schema, document, problems);
    draft.rules = quality::rules("rules", schema.quality.as_deref(), problems);
    draft.on_failure = quality::on_failure("", document.custom_properties.as_deref(), problems);
    draft.sla = service::sla(
        document.sla_properties.as_deref(),
        document.sla_default_element.as_deref(),
        &schema.name,
        &draft.columns,
        problems,
    );
    draft
}

/// The custom properties of a contract that the model has fields for.
const CONTRACT_PROPERTIES: &[&str] = &[
    "steward",
    "consumers",
    "sunset",
    "successor",
    "onFailure",
    "repair",
];

/// The value of one of our custom properties.
fn ours<'a>(properties: Option<&'a [CustomProperty]>, name: &str) -> Option<&'a Value> {
    properties?
        .iter()
        .find(|p| p.property == name && p.vendor.as_deref() == Some(VENDOR))
        .map(|p| &p.value)
}

/// The value of one of our custom properties as the kind that it must be; any other kind is reported.
fn typed<'a, T>(
    path: &str,
    properties: Option<&'a [CustomProperty]>,
    name: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
    expected: &str,
    problems: &mut Problems,
) -> Option<T> {
    let value = ours(properties, name)?;
    let read = read(value);
    if read.is_none() {
        problems.push(Problem::new(
            format!("{path}{name}"),
            "bad-custom-property",
            format!("`{name}` is {}", value.kind()),
            format!("write {expected}"),
        ));
    }
    read
}

/// The custom properties that are not ours, by name.
fn custom(properties: Option<&[CustomProperty]>, known: &[&str]) -> Vec<(String, Value)> {
    properties
        .unwrap_or_default()
        .iter()
        .filter(|p| p.vendor.as_deref() != Some(VENDOR) || !known.contains(&p.property.as_str()))
        .map(|p| (p.property.clone(), p.value.clone()))
        .collect()
}

/// The product's name: `domain`, and `name` or the older `dataProduct`.
fn name(document: &Document, problems: &mut Problems) -> Option<ProductName> {
    let mut segment = |path: &str, text: Option<&str>, fix: &str| -> Option<Name> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            problems.push(Problem::new(
                path,
                "missing-name",
                "the document does not say it",
                fix,
            ));
            return None;
        };
        text.parse()
            .map_err(|error: NameError| {
                problems.push(Problem::new(
                    path,
                    "bad-name",
                    error.to_string(),
                    "rename it",
                ));
            })
            .ok()
    };
    let domain = segment(
        "domain",
        document.domain.as_deref(),
        "name the owning domain in `domain`",
    );
    // `name` is the contract's; before 3.1 the product's own name stood in `dataProduct`.
    let product = match (&document.data_product, &document.name) {
        (Some(product), _) if product.parse::<Name>().is_ok() => Some(product),
        (_, Some(name)) => Some(name),
        (product, None) => product.as_ref(),
    };
    let product = segment(
        "name",
        product.map(String::as_str),
        "name the data product in `name`",
    );
    Some(ProductName::new(domain?, product?))
}

/// The one table of the document.
fn table<'a>(document: &'a Document, problems: &mut Problems) -> Option<&'a SchemaObject> {
    match document.schema.as_deref() {
        Some([schema]) => Some(schema),
        None | Some([]) => {
            problems.push(Problem::new(
                "schema",
                "missing-schema",
                "the document has no schema",
                "describe the product's table in `schema`",
            ));
            None
        }
        Some(schemas) => {
            let names: Vec<_> = schemas.iter().map(|s| format!("`{}`", s.name)).collect();
            problems.push(Problem::new(
                "schema",
                "several-tables",
                format!(
                    "the document describes {} tables: {}",
                    schemas.len(),
                    names.join(", ")
                ),
                "write one contract for each: a data product is one table",
            ));
            None
        }
    }
}

fn status(text: Option<&str>, problems: &mut Problems) -> Status {
    let Some(text) = text else {
        return Status::default();
    };
    let known = Status::ALL
        .into_iter()
        .find(|status| status.as_str() == text);
    known.unwrap_or_else(|| {
        problems.push(Problem::new(
            "status",
            "unknown-status",
            format!("`{text}` is not a status"),
            "write `proposed`, `draft`, `active`, `deprecated` or `retired`",
        ));
        Status::default()
    })
}

fn lifecycle(document: &Document, draft: &mut Draft, problems: &mut Problems) {
    let properties = document.custom_properties.as_deref();
    if let Some(value) = ours(properties, "sunset") {
        match value.as_str().map(str::parse) {
            Some(Ok(day)) => draft.sunset = Some(day),
            _ => problems.push(Problem::new(
                "lifecycle.sunset",
                "bad-date",
                format!("`{value}` is not a date"),
                "write a date such as `2026-12-31`",
            )),
        }
    }
    if let Some(value) = ours(properties, "successor") {
        match value.as_str().map(str::parse) {
            Some(Ok(product)) => draft.successor = Some(product),
            _ => problems.push(Problem::new(
                "lifecycle.successor",
                "bad-reference",
                format!("`{value}` does not name a product"),
                "name a product and its versions, such as `inventory.stock@^2`",
            )),
        }
    }
}

fn ownership(document: &Document, problems: &mut Problems) -> Ownership {
    let (team, members): (String, &[TeamMember]) = match &document.team {
        None => (String::new(), &[]),
        Some(TeamEntry::Team(team)) => (
            team.name.clone().unwrap_or_default(),
            team.members.as_deref().unwrap_or_default(),
        ),
        // The older form lists people without a team; the owner among them answers.
        Some(TeamEntry::Members(members)) => (owner(members).unwrap_or_default(), members),
    };
    let properties = document.custom_properties.as_deref();
    let steward = typed("", properties, "steward", Value::as_str, "text", problems)
        .map(str::to_owned)
        .or_else(|| {
            let is_steward = |m: &&TeamMember| {
                m.role
                    .as_ref()
                    .is_some_and(|role| role.to_lowercase().contains("steward"))
            };
            members
                .iter()
                .find(is_steward)
                .map(|member| member.username.clone())
        });
    Ownership {
        team,
        members: members
            .iter()
            .map(|m| Member {
                username: m.username.clone(),
                role: m.role.clone(),
            })
            .collect(),
        steward,
        consumers: typed(
            "",
            properties,
            "consumers",
            Value::as_list,
            "a list",
            problems,
        )
        .unwrap_or_default()
        .iter()
        .enumerate()
        .filter_map(|(i, value)| consumer(i, value, problems))
        .collect(),
    }
}

fn owner(members: &[TeamMember]) -> Option<String> {
    let current = || members.iter().filter(|m| m.date_out.is_none());
    current()
        .find(|m| {
            m.role
                .as_ref()
                .is_some_and(|role| role.to_lowercase().contains("owner"))
        })
        .or_else(|| current().next())
        .map(|m| m.username.clone())
}

fn consumer(i: usize, value: &Value, problems: &mut Problems) -> Option<Consumer> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
    let versions = text("versions").unwrap_or_else(|| "*".to_owned());
    match (text("name"), versions.parse()) {
        (Some(name), Ok(versions)) => Some(Consumer {
            name,
            purpose: text("purpose").unwrap_or_default(),
            versions,
        }),
        (name, versions) => {
            let message = match (name, versions) {
                (None, _) => "a consumer has no name".to_owned(),
                (_, Err(error)) => format!("{error}"),
                _ => return None,
            };
            problems.push(Problem::new(
                format!("ownership.consumers[{i}]"),
                "bad-consumer",
                message,
                "write `name`, `purpose` and `versions`, such as `^1`",
            ));
            None
        }
    }
}

fn support(item: &SupportItem) -> SupportChannel {
    SupportChannel {
        channel: item.channel.clone(),
        tool: item.tool.clone(),
        url: item.url.clone(),
    }
}

fn role(role: &Role) -> AccessRole {
    AccessRole {
        role: role.role.clone(),
        access: role.access.clone(),
    }
}
