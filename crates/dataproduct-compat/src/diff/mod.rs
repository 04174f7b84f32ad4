//! What differs between two contracts.

use dataproduct_contract::Contract;
use dataproduct_contract::odcs::{Document, SchemaObject};

use crate::{Change, Kind};

mod columns;
mod features;
mod found;
mod key;
mod life;
mod meaning;
mod people;
mod place;
mod quality;
mod references;
mod servers;
mod sla;
mod storage;
mod threshold;
mod types;
mod values;
mod words;

pub(crate) use columns::successors;
use found::Found;
pub(crate) use found::shown;

/// Every difference between two contracts, in the order of the new contract: the columns first.
///
/// Contracts that say the same in other words (keys in another order, `required: false` in place of
/// nothing, `24 h` for `1 d`) do not differ. A difference that no other kind names is
/// [`Kind::OtherChanged`].
///
/// ```
/// use dataproduct_compat::{Effect, Kind, diff};
/// use dataproduct_contract::{Column, Contract, DataType};
///
/// let contract = |maximum: i32| {
///     Contract::builder("inventory.stock", "1.0.0")
///         .with_owner("inventory")
///         .with_column(Column::new("on_hand", DataType::Int32).with_maximum(maximum))
///         .build()
/// };
/// let (old, new) = (contract(99)?, contract(999)?);
/// let changes = diff(&old, &new);
/// assert_eq!(changes[0].kind, Kind::RangeLoosened);
/// assert_eq!(changes[0].effect, Effect::Loosens);
/// assert_eq!(changes[0].path, "columns.on_hand");
/// let witness = changes[0].witness.as_ref().and_then(|w| w.only_new.as_deref());
/// assert_eq!(witness, Some(r#"{"on_hand":100}"#));
/// assert!(diff(&old, &old).is_empty());
/// # Ok::<(), dataproduct_contract::Problems>(())
/// ```
#[must_use]
pub fn diff(old: &Contract, new: &Contract) -> Vec<Change> {
    // Of equal contracts nothing else has to be looked at.
    if old == new {
        return Vec::new();
    }
    let mut found = Found::default();
    let matched = columns::table(old, new, &mut found);
    key::table(old, new, &matched, &mut found);
    storage::table(old, new, &matched, &mut found);
    features::table(old, new, &mut found);
    references::table(old, new, &mut found);
    quality::rules(
        "rules",
        old.rules(),
        new.rules(),
        schema(old.document()).and_then(|s| s.quality.as_deref()),
        schema(new.document()).and_then(|s| s.quality.as_deref()),
        &mut found,
    );
    sla::promises(old.document(), new.document(), &mut found);
    servers::servers(old.document(), new.document(), &mut found);
    people::people(old, new, &mut found);
    life::life(old, new, &mut found);
    words::contract(old, new, &mut found);
    if found.changes.is_empty() && old.version() != new.version() {
        found.metadata(
            Kind::VersionOnly,
            "version",
            Some(old.version().to_string()),
            Some(new.version().to_string()),
        );
    }
    found.changes
}

/// The one table of a document; contracts have exactly one.
fn schema(document: &Document) -> Option<&SchemaObject> {
    document.schema.as_deref().and_then(<[_]>::first)
}

/// Pairs the items of two lists by a label: for each of the old its new one or none, then the new ones
/// that are left. Of several items with one label the first takes the first.
fn paired<'a, T, L: Eq + std::hash::Hash>(
    old: &'a [T],
    new: &'a [T],
    label: impl Fn(&'a T) -> L,
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let mut by_label: std::collections::HashMap<L, std::collections::VecDeque<usize>> =
        std::collections::HashMap::new();
    for (i, item) in new.iter().enumerate() {
        by_label.entry(label(item)).or_default().push_back(i);
    }
    let mut is_taken = vec![false; new.len()];
    let mut pairs: Vec<_> = old
        .iter()
        .map(|item| {
            let partner = by_label.get_mut(&label(item)).and_then(|d| d.pop_front());
            if let Some(i) = partner {
                is_taken[i] = true;
            }
            (Some(item), partner.map(|i| &new[i]))
        })
        .collect();
    let left = new.iter().zip(is_taken).filter(|(_, taken)| !taken);
    pairs.extend(left.map(|(item, _)| (None, Some(item))));
    pairs
}
