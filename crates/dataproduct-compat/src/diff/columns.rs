//! Columns: which of the new is which of the old, and what has become of each.

use std::collections::{HashMap, HashSet};

use dataproduct_contract::odcs::Property;
use dataproduct_contract::{Column, Contract, DataType};

use super::found::{self, Found};
use super::place::{Place, Step};
use super::{meaning, quality, references, schema, types, values, words};
use crate::Kind;
use crate::change::{Effect, Witness};

/// Which columns of the table are which: the new name of each old column that is still there.
pub(crate) struct Matched<'a> {
    new_names: HashMap<&'a str, &'a str>,
}

impl<'a> Matched<'a> {
    /// The new name of a column; its own where it is gone.
    pub(crate) fn new_name<'b>(&self, old: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.new_names.get(old).copied().unwrap_or(old)
    }
}

/// A column with the part of the document that states it.
#[derive(Clone, Copy)]
pub(crate) struct Stated<'a> {
    pub(crate) column: &'a Column,
    pub(crate) property: Option<&'a Property>,
}

impl<'a> Stated<'a> {
    fn all(columns: &'a [Column], properties: Option<&'a [Property]>) -> Vec<Self> {
        let properties = properties.unwrap_or_default();
        columns
            .iter()
            .enumerate()
            .map(|(i, column)| Self {
                column,
                property: properties.get(i),
            })
            .collect()
    }

    fn part(column: &'a Column, property: Option<&'a Property>) -> Self {
        Self { column, property }
    }
}

pub(crate) fn table<'a>(old: &'a Contract, new: &'a Contract, found: &mut Found) -> Matched<'a> {
    let properties = |c: &'a Contract| schema(c.document()).and_then(|s| s.properties.as_deref());
    let positional = [old, new]
        .iter()
        .any(|c| super::servers::is_positional(c.document()));
    let old = Stated::all(old.columns(), properties(old));
    let new = Stated::all(new.columns(), properties(new));
    let reordered = if positional {
        Kind::ColumnsReorderedPositional
    } else {
        Kind::ColumnsReordered
    };
    let new_names = fields(None, &old, &new, reordered, found);
    Matched { new_names }
}

/// Compares the fields of one struct, or the columns of the table. Gives the new names of the old.
fn fields<'a>(
    parent: Option<&Place<'_>>,
    old: &[Stated<'a>],
    new: &[Stated<'a>],
    reordered: Kind,
    found: &mut Found,
) -> HashMap<&'a str, &'a str> {
    let partners = partners(old, new);
    let taken: HashSet<usize> = partners.iter().flatten().copied().collect();
    let mut new_names = HashMap::new();
    for (i, partner) in partners.iter().enumerate() {
        let before = old[i];
        let Some(j) = *partner else {
            let place = Place::new(parent, &before.column.name, Step::Field);
            let witness = Witness::default();
            let text = Some(described(before.column));
            found.witnessed(
                Kind::ColumnRemoved,
                &place.path(),
                Effect::Loosens,
                text,
                None,
                witness,
            );
            continue;
        };
        let after = new[j];
        if before.column.name != after.column.name {
            let place = Place::new(parent, &after.column.name, Step::Field);
            let kind = if after.column.former_names.contains(&before.column.name) {
                Kind::ColumnRenamedServed
            } else {
                Kind::ColumnRenamed
            };
            renamed(kind, &place, before, after, found);
        } else if before.column.id != after.column.id {
            let place = Place::new(parent, &after.column.name, Step::Field);
            let (a, b) = (before.column.id.clone(), after.column.id.clone());
            found.metadata(Kind::ColumnIdChanged, &place.path(), a, b);
        }
        new_names.insert(before.column.name.as_str(), after.column.name.as_str());
        let place = Place::new(parent, &after.column.name, Step::Field);
        column(&place, before, after, found);
    }
    for (j, after) in new.iter().enumerate() {
        if !taken.contains(&j) {
            added(
                &Place::new(parent, &after.column.name, Step::Field),
                after.column,
                found,
            );
        }
    }
    let was: HashMap<&str, usize> = indexed(old, |stated| Some(&stated.column.name));
    for (j, after) in new.iter().enumerate() {
        let Some(i) = was.get(after.column.name.as_str()) else {
            continue;
        };
        if partners[*i].is_some_and(|partner| partner != j) {
            let place = Place::new(parent, &after.column.name, Step::Field);
            let (a, b) = (described(old[*i].column), described(after.column));
            found.effect(
                Kind::NameReused,
                &place.path(),
                Effect::Both,
                Some(a),
                Some(b),
            );
        }
    }
    order(parent, old, new, &partners, reordered, found);
    new_names
}

fn renamed(kind: Kind, place: &Place<'_>, old: Stated<'_>, new: Stated<'_>, found: &mut Found) {
    let effect = if kind == Kind::ColumnRenamedServed {
        Effect::Metadata
    } else {
        Effect::Both
    };
    let (a, b) = (old.column.name.clone(), new.column.name.clone());
    found.effect(kind, &place.path(), effect, Some(a), Some(b));
}

/// The names that a column had and is still served under.
fn former_names(path: &str, old: &Column, new: &Column, found: &mut Found) {
    let (a, b) = (&old.former_names, &new.former_names);
    if a == b {
        return;
    }
    // A renaming tells by itself of the name that the column had last.
    for gone in a.iter().filter(|n| **n != new.name && !b.contains(n)) {
        let (kind, gone) = (Kind::FormerNameRemoved, Some(gone.clone()));
        found.effect(kind, path, Effect::Loosens, gone, None);
    }
    for more in b.iter().filter(|n| **n != old.name && !a.contains(n)) {
        let (kind, more) = (Kind::FormerNameAdded, Some(more.clone()));
        found.effect(kind, path, Effect::Metadata, None, more);
    }
    let kept = |names: &[String], others: &[String]| -> Vec<String> {
        let kept = names.iter().filter(|name| others.contains(name));
        kept.cloned().collect()
    };
    let (a, b) = (kept(a, b), kept(b, a));
    let path = format!("{path}.formerNames");
    found.metadata(Kind::OtherChanged, &path, found::list(&a), found::list(&b));
}

/// What rows from before the column read as.
fn default(path: &str, old: &Column, new: &Column, found: &mut Found) {
    let was = default_in(old, &new.data_type);
    let is = default_in(new, &old.data_type);
    let (kind, effect) = match (&was, &is) {
        // What may be stored stays the same.
        (None, Some(_)) => (Kind::DefaultAdded, Effect::Metadata),
        (Some(_), None) => (Kind::DefaultRemoved, Effect::Loosens),
        // Stored rows read as what they did not; writers give every value and see nothing of it.
        (a, b) if a != b => (Kind::DefaultChanged, Effect::Loosens),
        // The same value may be written in another way.
        _ => {
            let path = format!("{path}.default");
            let text = |column: &Column| column.default.as_ref().map(ToString::to_string);
            return found.metadata(Kind::OtherChanged, &path, text(old), text(new));
        }
    };
    // As it is written, unless that does not tell the two apart.
    let shown = |column: &Column, read: Option<String>| match read == column.default_text() {
        true => column.default.as_ref().map(ToString::to_string),
        false => read,
    };
    found.effect(kind, path, effect, shown(old, was), shown(new, is));
}

/// The default of a column as text. A number of 32 bits that becomes one of 64 keeps its value, which is another text.
fn default_in(column: &Column, other: &DataType) -> Option<String> {
    let text = column.default_text()?;
    match (&column.data_type, other, text.parse::<f32>()) {
        (DataType::Float32, DataType::Float64, Ok(narrow)) => Some(f64::from(narrow).to_string()),
        _ => Some(text),
    }
}

fn added(place: &Place<'_>, column: &Column, found: &mut Found) {
    let kind = match (column.nullable, &column.default) {
        (true, _) => Kind::ColumnAddedOptional,
        (false, Some(_)) => Kind::ColumnAddedWithDefault,
        (false, None) => Kind::ColumnAddedRequired,
    };
    let text = Some(described(column));
    found.effect(kind, &place.path(), Effect::Tightens, None, text);
}

/// The type of a column and whether its values may be missing, in a few words.
fn described(column: &Column) -> String {
    let optional = if column.nullable { "optional " } else { "" };
    format!("{optional}{}", types::named(&column.data_type))
}

fn indexed<'a>(
    stated: &[Stated<'a>],
    label: impl Fn(&Stated<'a>) -> Option<&'a str>,
) -> HashMap<&'a str, usize> {
    let labels = stated.iter().enumerate();
    labels.filter_map(|(i, s)| Some((label(s)?, i))).collect()
}

/// For each of the old columns the one of the new that it has become: by identifier, then by name.
fn partners(old: &[Stated<'_>], new: &[Stated<'_>]) -> Vec<Option<usize>> {
    let by_id = indexed(new, |stated| stated.column.id.as_deref());
    let by_name = indexed(new, |stated| Some(&stated.column.name));
    let mut partners: Vec<Option<usize>> = old
        .iter()
        .map(|stated| by_id.get(stated.column.id.as_deref()?).copied())
        .collect();
    let mut taken: HashSet<usize> = partners.iter().flatten().copied().collect();
    for (partner, stated) in partners.iter_mut().zip(old) {
        let same_name = by_name.get(stated.column.name.as_str()).copied();
        if partner.is_none()
            && let Some(j) = same_name.filter(|j| !taken.contains(j))
        {
            *partner = Some(j);
            taken.insert(j);
        }
    }
    partners
}

/// For each of the old columns what it has become, as [`diff`](super::diff) sees it.
pub(crate) fn successors<'a>(old: &[Column], new: &'a [Column]) -> Vec<Option<&'a Column>> {
    let partners = partners(&Stated::all(old, None), &Stated::all(new, None));
    let partners = partners.into_iter();
    partners.map(|j| j.map(|j| &new[j])).collect()
}

/// Whether the columns that both have stand in another order.
fn order(
    parent: Option<&Place<'_>>,
    old: &[Stated<'_>],
    new: &[Stated<'_>],
    partners: &[Option<usize>],
    kind: Kind,
    found: &mut Found,
) {
    let places: Vec<usize> = partners.iter().flatten().copied().collect();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    if sorted == places {
        return;
    }
    let path = parent.map_or_else(|| "columns".to_owned(), Place::path);
    let kept = old
        .iter()
        .zip(partners)
        .filter(|(_, partner)| partner.is_some());
    let before: Vec<&str> = kept
        .map(|(stated, _)| stated.column.name.as_str())
        .collect();
    let after: Vec<&str> = sorted
        .iter()
        .map(|j| new[*j].column.name.as_str())
        .collect();
    let effect = if kind == Kind::ColumnsReorderedPositional {
        Effect::Both
    } else {
        Effect::Metadata
    };
    found.effect(
        kind,
        &path,
        effect,
        found::list(&before),
        found::list(&after),
    );
}

/// Compares a column with what has become of it, at any depth.
fn column(place: &Place<'_>, old: Stated<'_>, new: Stated<'_>, found: &mut Found) {
    if old.column == new.column && old.property == new.property {
        return;
    }
    let path = place.path();
    former_names(&path, old.column, new.column, found);
    default(&path, old.column, new.column, found);
    types::column(place, old, new, found);
    nullability(place, old.column, new.column, found);
    values::column(place, old.column, new.column, found);
    if !place.is_top() {
        unique(&path, old.column, new.column, found);
    }
    meaning::column(&path, old, new, found);
    references::column(&path, old.property, new.property, found);
    quality::rules(
        &format!("{path}.rules"),
        &old.column.rules,
        &new.column.rules,
        old.property.and_then(|p| p.quality.as_deref()),
        new.property.and_then(|p| p.quality.as_deref()),
        found,
    );
    words::column(&path, old, new, found);
    children(place, old, new, found);
}

fn nullability(place: &Place<'_>, old: &Column, new: &Column, found: &mut Found) {
    let missing = place.row("null");
    let text = |column: &Column| {
        let text = if column.nullable {
            "optional"
        } else {
            "required"
        };
        Some(text.to_owned())
    };
    let (kind, effect, witness) = match (old.nullable, new.nullable) {
        (true, false) => (
            Kind::NullableToRequired,
            Effect::Tightens,
            Witness {
                only_old: missing,
                only_new: None,
            },
        ),
        (false, true) => (
            Kind::RequiredToNullable,
            Effect::Loosens,
            Witness {
                only_old: None,
                only_new: missing,
            },
        ),
        _ => return,
    };
    found.witnessed(kind, &place.path(), effect, text(old), text(new), witness);
}

/// Uniqueness inside other columns; that of the table's own is compared together with the key.
fn unique(path: &str, old: &Column, new: &Column, found: &mut Found) {
    let text = |column: &Column| column.unique.then(|| "unique".to_owned());
    let (kind, effect) = match (old.unique, new.unique) {
        (false, true) => (Kind::UniqueAdded, Effect::Tightens),
        (true, false) => (Kind::UniqueRemoved, Effect::Loosens),
        _ => return,
    };
    found.effect(kind, path, effect, text(old), text(new));
}

fn children(place: &Place<'_>, old: Stated<'_>, new: Stated<'_>, found: &mut Found) {
    let (a, b) = (old.property, new.property);
    match (&old.column.data_type, &new.column.data_type) {
        (DataType::Struct(before), DataType::Struct(after)) => {
            let before = Stated::all(before, a.and_then(|p| p.properties.as_deref()));
            let after = Stated::all(after, b.and_then(|p| p.properties.as_deref()));
            fields(Some(place), &before, &after, Kind::ColumnsReordered, found);
        }
        (DataType::List(before), DataType::List(after)) => {
            let inner = Place::new(Some(place), "element", Step::Element);
            let before = Stated::part(before, a.and_then(|p| p.items.as_deref()));
            let after = Stated::part(after, b.and_then(|p| p.items.as_deref()));
            column(&inner, before, after, found);
        }
        (
            DataType::Map {
                key: a_key,
                value: a_value,
            },
            DataType::Map {
                key: b_key,
                value: b_value,
            },
        ) => {
            let (a, b) = (
                a.and_then(|p| p.map.as_ref()),
                b.and_then(|p| p.map.as_ref()),
            );
            let inner = Place::new(Some(place), "key", Step::KeyOrValue);
            let before = Stated::part(a_key, a.map(|map| map.key.as_ref()));
            let after = Stated::part(b_key, b.map(|map| map.key.as_ref()));
            column(&inner, before, after, found);
            let inner = Place::new(Some(place), "value", Step::KeyOrValue);
            let before = Stated::part(a_value, a.map(|map| map.value.as_ref()));
            let after = Stated::part(b_value, b.map(|map| map.value.as_ref()));
            column(&inner, before, after, found);
        }
        _ => {}
    }
}
