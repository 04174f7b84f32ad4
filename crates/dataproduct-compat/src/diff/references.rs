//! What values refer to.

use std::collections::BTreeSet;

use dataproduct_contract::Contract;
use dataproduct_contract::odcs::{Endpoint, Property, Relationship};

use super::found::Found;
use super::schema;
use crate::Kind;
use crate::change::Effect;

fn ends(endpoint: &Endpoint) -> String {
    endpoint.elements().join(", ")
}

fn targets(relationships: Option<&[Relationship]>) -> BTreeSet<String> {
    let all = relationships.unwrap_or_default().iter();
    all.map(|relationship| match &relationship.from {
        Some(from) => format!("{} -> {}", ends(from), ends(&relationship.to)),
        None => ends(&relationship.to),
    })
    .collect()
}

fn compare(
    path: &str,
    old: Option<&[Relationship]>,
    new: Option<&[Relationship]>,
    found: &mut Found,
) {
    if old == new {
        return;
    }
    let (a, b) = (targets(old), targets(new));
    for gone in a.difference(&b) {
        let kind = Kind::ReferenceRemoved;
        found.effect(kind, path, Effect::Loosens, Some(gone.clone()), None);
    }
    for added in b.difference(&a) {
        let kind = Kind::ReferenceAdded;
        found.effect(kind, path, Effect::Tightens, None, Some(added.clone()));
    }
    if a == b {
        let text = |list: Option<&[Relationship]>| super::found::json(&list);
        let path = format!("{path}.relationships");
        found.metadata(Kind::OtherChanged, &path, text(old), text(new));
    }
}

/// The relationships that start from one column.
pub(crate) fn column(
    path: &str,
    old: Option<&Property>,
    new: Option<&Property>,
    found: &mut Found,
) {
    let of = |property: Option<&Property>| property.and_then(|p| p.relationships.clone());
    compare(path, of(old).as_deref(), of(new).as_deref(), found);
}

/// The relationships of the whole table, such as those of several columns.
pub(crate) fn table(old: &Contract, new: &Contract, found: &mut Found) {
    let of = |c: &Contract| schema(c.document()).and_then(|s| s.relationships.clone());
    compare(
        "relationships",
        of(old).as_deref(),
        of(new).as_deref(),
        found,
    );
}
