//! Types: wider, narrower, or another.

use dataproduct_contract::odcs::{LogicalType, LogicalTypeOptions, Property};
use dataproduct_contract::{Column, DataType};

use super::columns::Stated;
use super::found::Found;
use super::place::Place;
use crate::Kind;
use crate::change::{Effect, Witness};
use crate::set::lattice::Lattice;
use crate::set::point::{Point, scale};
use crate::set::values::{domain, whole};

/// How a type stands to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Same,
    Wider,
    Narrower,
    Scale,
    Zone,
    Other,
}

fn relation(old: &DataType, new: &DataType) -> Relation {
    use DataType as T;
    match (old, new) {
        (T::Struct(_), T::Struct(_))
        | (T::List(_), T::List(_))
        | (T::Map { .. }, T::Map { .. }) => {
            // What is inside is compared part by part.
            Relation::Same
        }
        // Text and UUIDs are stored alike: a UUID is text of a format.
        (T::String, T::Uuid) | (T::Uuid, T::String) => Relation::Same,
        _ if old == new => Relation::Same,
        (T::Timestamp, T::TimestampNtz) | (T::TimestampNtz, T::Timestamp) => Relation::Zone,
        (T::Float32, T::Float64) => Relation::Wider,
        (T::Float64, T::Float32) => Relation::Narrower,
        (T::Decimal { scale: a, .. }, T::Decimal { scale: b, .. }) if a != b => Relation::Scale,
        _ => match (width(old), width(new)) {
            (Some(a), Some(b)) if same_family(old, new) => {
                if b > a {
                    Relation::Wider
                } else {
                    Relation::Narrower
                }
            }
            _ => Relation::Other,
        },
    }
}

/// Integers widen to integers and decimals to decimals; from the one to the other is another type.
fn same_family(old: &DataType, new: &DataType) -> bool {
    scale(old).is_some() && old.is_integer() == new.is_integer()
}

fn width(data_type: &DataType) -> Option<i128> {
    scale(data_type)?;
    domain(data_type).map(|(_, high)| high)
}

/// The name of a type for people, without the fields inside it.
pub(crate) fn named(data_type: &DataType) -> String {
    match data_type {
        DataType::Struct(_) => "struct".to_owned(),
        DataType::List(_) => "list".to_owned(),
        DataType::Map { .. } => "map".to_owned(),
        DataType::Uuid => "uuid".to_owned(),
        other => other.to_string(),
    }
}

pub(crate) fn column(place: &Place<'_>, old: Stated<'_>, new: Stated<'_>, found: &mut Found) {
    let (a, b) = (old.column, new.column);
    let path = place.path();
    let texts = || (Some(named(&a.data_type)), Some(named(&b.data_type)));
    let mut note = |kind, effect, witness| {
        let (before, after) = texts();
        found.witnessed(kind, &path, effect, before, after, witness);
    };
    let relation = relation(&a.data_type, &b.data_type);
    match relation {
        Relation::Same => {}
        Relation::Scale => note(Kind::DecimalScaleChanged, Effect::Both, Witness::default()),
        Relation::Zone => note(Kind::TimezoneChanged, Effect::Both, Witness::default()),
        Relation::Other => note(Kind::TypeChanged, Effect::Both, Witness::default()),
        Relation::Wider => match beyond(b, &a.data_type) {
            Beyond::Nothing => note(
                Kind::TypeWidenedWithinRange,
                Effect::Metadata,
                Witness::default(),
            ),
            Beyond::Something(point) => {
                let only_new = point.and_then(|point| row(place, b, &point));
                let witness = Witness {
                    only_old: None,
                    only_new,
                };
                note(Kind::TypeWidened, Effect::Loosens, witness);
            }
        },
        Relation::Narrower => {
            // Even where every value fits, a table cannot take the narrower type in place.
            let (effect, only_old) = match beyond(a, &b.data_type) {
                Beyond::Nothing => (Effect::Metadata, None),
                Beyond::Something(point) => (
                    Effect::Tightens,
                    point.and_then(|point| row(place, a, &point)),
                ),
            };
            let witness = Witness {
                only_old,
                only_new: None,
            };
            note(Kind::TypeNarrowed, effect, witness);
        }
    }
    if let (Some(before), Some(after)) = (old.property, new.property) {
        default_zone(&path, before, after, found);
        physical(&path, old, new, relation == Relation::Same, found);
    }
}

fn row(place: &Place<'_>, column: &Column, point: &Point) -> Option<String> {
    place.row(&point.json(&column.data_type)?)
}

/// What a column permits beyond what another type can hold.
enum Beyond {
    Nothing,
    Something(Option<Point>),
}

fn beyond(column: &Column, data_type: &DataType) -> Beyond {
    let (Some(values), Some((low, high))) = (whole(column, true), domain(data_type)) else {
        return Beyond::Something(None);
    };
    let holds = Lattice::new(low, high, 1);
    if !column.allowed.is_empty() && !column.open_enum {
        let points = column.allowed.iter();
        let points = points.filter_map(|a| Point::of(&a.value, &column.data_type));
        let outside = points
            .filter(|point| matches!(point, Point::Whole(v) if values.contains(*v)))
            .find(|point| !matches!(point, Point::Whole(v) if holds.contains(*v)));
        return outside.map_or(Beyond::Nothing, |point| Beyond::Something(Some(point)));
    }
    match values.outside(holds) {
        Some(value) => Beyond::Something(Some(Point::Whole(value))),
        None => Beyond::Nothing,
    }
}

/// The zone in which a timestamp without offset counts.
fn default_zone(path: &str, old: &Property, new: &Property, found: &mut Found) {
    /// # Source
    /// ODCS 3.2.0, logical type options of timestamp and time: `defaultTimezone`.
    const DEFAULT: &str = "Etc/UTC";
    let is_timed = |property: &Property| {
        matches!(
            property.logical_type,
            Some(LogicalType::Timestamp | LogicalType::Time)
        )
    };
    let zone = |property: &Property| -> String {
        let options = property.logical_type_options.as_ref();
        let zone = options.and_then(|o: &LogicalTypeOptions| o.default_timezone.as_deref());
        match zone.unwrap_or(DEFAULT) {
            "UTC" | "Etc/UTC" | "Etc/Universal" | "Universal" | "Zulu" | "Etc/Zulu" | "Etc/UCT"
            | "UCT" => DEFAULT.to_owned(),
            other => other.to_owned(),
        }
    };
    let (before, after) = (zone(old), zone(new));
    if before != after && (is_timed(old) || is_timed(new)) {
        let kind = Kind::DefaultTimezoneChanged;
        found.effect(kind, path, Effect::Both, Some(before), Some(after));
    }
}

/// Names and types of the data store.
fn physical(path: &str, old: Stated<'_>, new: Stated<'_>, same_type: bool, found: &mut Found) {
    let name = |stated: Stated<'_>| stated.property.and_then(|p| p.physical_name.clone());
    let effective = |stated: Stated<'_>| name(stated).unwrap_or_else(|| stated.column.name.clone());
    // A rename without names in the data store is told once.
    let is_named = name(old).is_some() || name(new).is_some();
    if is_named && effective(old) != effective(new) {
        let (before, after) = (Some(effective(old)), Some(effective(new)));
        found.effect(Kind::PhysicalNameChanged, path, Effect::Both, before, after);
    }
    // What we write for a type says no more than the type.
    let physical = |stated: Stated<'_>| {
        let text = stated.property.and_then(|p| p.physical_type.clone());
        text.filter(|text| *text != stated.column.data_type.to_string())
    };
    if same_type {
        found.metadata(
            Kind::PhysicalTypeChanged,
            path,
            physical(old),
            physical(new),
        );
    }
}
