//! How rows lie in files, and which column tells when their facts happened.

use dataproduct_contract::odcs::SchemaObject;
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
    if let Some((before, after)) = bound_names(old, new)
        && before != after
    {
        let is_physical = a.physical_name.is_some() || b.physical_name.is_some();
        let path = if is_physical {
            "schema.physicalName"
        } else {
            "schema.name"
        };
        let (before, after) = (Some(before.to_owned()), Some(after.to_owned()));
        found.effect(Kind::PhysicalNameChanged, path, Effect::Both, before, after);
    }
}

/// The names that readers of the data store bind to: the physical one, otherwise that of the table. `None` where
/// both contracts call their table as the product is called, whose name is compared for itself.
pub(crate) fn bound_names<'a>(old: &'a Contract, new: &'a Contract) -> Option<(&'a str, &'a str)> {
    let (a, b) = (schema(old.document())?, schema(new.document())?);
    let is_own = |table: &SchemaObject, contract: &Contract| {
        table.physical_name.is_none() && table.name == contract.name().product().as_str()
    };
    if is_own(a, old) && is_own(b, new) {
        return None;
    }
    let name = |table: &'a SchemaObject| table.physical_name.as_ref().unwrap_or(&table.name);
    Some((name(a), name(b)))
}
