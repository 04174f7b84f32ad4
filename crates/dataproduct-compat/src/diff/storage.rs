//! How rows lie in files, and which column tells when their facts happened.

use dataproduct_contract::{Column, Contract};

use super::columns::Matched;
use super::found::{Found, list};
use super::{schema, servers};
use crate::Kind;
use crate::change::Effect;

pub(crate) fn table(old: &Contract, new: &Contract, matched: &Matched<'_>, found: &mut Found) {
    let is_path = servers::is_path(old.document()) || servers::is_path(new.document());
    let before = |columns: Vec<&Column>| -> Vec<String> {
        let names = columns
            .into_iter()
            .map(|c| matched.new_name(&c.name).to_owned());
        names.collect()
    };
    let after = |columns: Vec<&Column>| -> Vec<String> {
        columns.into_iter().map(|c| c.name.clone()).collect()
    };
    let (a, b) = (before(old.partition_by()), after(new.partition_by()));
    if a != b {
        let (kind, effect) = if is_path {
            (Kind::PartitioningChangedOnPath, Effect::Loosens)
        } else {
            (Kind::PartitioningChanged, Effect::Metadata)
        };
        found.effect(kind, "partitioning", effect, list(&a), list(&b));
    }
    // The order by key follows the key and is told with it.
    let declares = |c: &Contract| c.columns().iter().any(|column| column.sort.is_some());
    if declares(old) || declares(new) {
        let (a, b) = (before(old.sort_by()), after(new.sort_by()));
        found.metadata(Kind::SortOrderChanged, "sort", list(&a), list(&b));
    }
    event_time(old, new, matched, found);
    kind_of_table(old, new, is_path, found);
}

fn event_time(old: &Contract, new: &Contract, matched: &Matched<'_>, found: &mut Found) {
    let before = old
        .event_time()
        .map(|c| matched.new_name(&c.name).to_owned());
    let after = new.event_time().map(|c| c.name.clone());
    if before != after {
        let (kind, effect) = if before.is_none() {
            (Kind::EventTimeAdded, Effect::Tightens)
        } else {
            (Kind::EventTimeChanged, Effect::Both)
        };
        found.effect(kind, "eventTime", effect, before, after);
    }
}

/// Table, view, topic; and the name of the table in the data store.
fn kind_of_table(old: &Contract, new: &Contract, is_path: bool, found: &mut Found) {
    let (Some(a), Some(b)) = (schema(old.document()), schema(new.document())) else {
        return;
    };
    let kind = |text: &Option<String>| text.clone().unwrap_or_else(|| "table".to_owned());
    let (before, after) = (kind(&a.physical_type), kind(&b.physical_type));
    if !before.eq_ignore_ascii_case(&after) {
        let (kind, effect) = if is_path {
            (Kind::TableKindChangedOnPath, Effect::Loosens)
        } else {
            (Kind::TableKindChanged, Effect::Metadata)
        };
        found.effect(
            kind,
            "schema.physicalType",
            effect,
            Some(before),
            Some(after),
        );
    }
    if a.physical_name.is_some() || b.physical_name.is_some() {
        let (x, y) = (a.physical_name.as_ref(), b.physical_name.as_ref());
        let (x, y) = (x.unwrap_or(&a.name), y.unwrap_or(&b.name));
        if x != y {
            let path = "schema.physicalName";
            let (before, after) = (Some(x.clone()), Some(y.clone()));
            found.effect(Kind::PhysicalNameChanged, path, Effect::Both, before, after);
        }
    }
}
