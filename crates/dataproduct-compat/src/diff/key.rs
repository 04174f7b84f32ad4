//! What tells rows apart: the key and unique columns.

use std::collections::HashSet;

use dataproduct_contract::{Column, Contract};

use super::columns::Matched;
use super::found::Found;
use crate::Kind;
use crate::change::{Effect, Witness};

pub(crate) fn table(old: &Contract, new: &Contract, matched: &Matched<'_>, found: &mut Found) {
    let before: Vec<&str> = old
        .key()
        .iter()
        .map(|column| matched.new_name(&column.name))
        .collect();
    let after: Vec<&str> = new
        .key()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    if before != after {
        key(&before, &after, found);
    }
    unique(old, new, matched, &before, &after, found);
}

fn key(before: &[&str], after: &[&str], found: &mut Found) {
    let (a, b): (HashSet<_>, HashSet<_>) = (before.iter().collect(), after.iter().collect());
    let twins = |columns: &[&str]| Some(format!("two rows with the same {}", columns.join(", ")));
    let tightens = (
        Effect::Tightens,
        Witness {
            only_old: twins(after),
            only_new: None,
        },
    );
    let loosens = (
        Effect::Loosens,
        Witness {
            only_old: None,
            only_new: twins(before),
        },
    );
    let (kind, (effect, witness)) = if before.is_empty() {
        (Kind::KeyAdded, tightens)
    } else if after.is_empty() {
        (Kind::KeyRemoved, loosens)
    } else if a == b {
        (Kind::KeyReordered, (Effect::Metadata, Witness::default()))
    } else if a.is_subset(&b) {
        (Kind::KeyWidened, loosens)
    } else if b.is_subset(&a) {
        (Kind::KeyNarrowed, tightens)
    } else {
        let both = Witness {
            only_old: twins(after),
            only_new: twins(before),
        };
        (Kind::KeyReplaced, (Effect::Both, both))
    };
    let text = |columns: &[&str]| (!columns.is_empty()).then(|| columns.join(","));
    found.witnessed(kind, "key", effect, text(before), text(after), witness);
}

/// Columns in which no two rows are equal. The one column of a key is unique without saying so.
fn unique(
    old: &Contract,
    new: &Contract,
    matched: &Matched<'_>,
    old_key: &[&str],
    new_key: &[&str],
    found: &mut Found,
) {
    let by_name: std::collections::HashMap<&str, &Column> = new
        .columns()
        .iter()
        .map(|column| (column.name.as_str(), column))
        .collect();
    for before in old.columns() {
        let name = matched.new_name(&before.name);
        let Some(after) = by_name.get(name) else {
            continue;
        };
        if before.unique == after.unique {
            continue;
        }
        let is_key = |key: &[&str]| key == [name];
        let same = |is: bool| is.then(|| "unique".to_owned());
        let twins = Some(format!("two rows with the same {name}"));
        let path = format!("columns.{name}");
        let (kind, effect, witness) = match (
            before.unique || is_key(old_key),
            after.unique || is_key(new_key),
        ) {
            (false, true) => (
                Kind::UniqueAdded,
                Effect::Tightens,
                Witness {
                    only_old: twins,
                    only_new: None,
                },
            ),
            (true, false) => (
                Kind::UniqueRemoved,
                Effect::Loosens,
                Witness {
                    only_old: None,
                    only_new: twins,
                },
            ),
            _ => (Kind::LimitsRestated, Effect::Metadata, Witness::default()),
        };
        let (a, b) = (same(before.unique), same(after.unique));
        found.witnessed(kind, &path, effect, a, b, witness);
    }
}
