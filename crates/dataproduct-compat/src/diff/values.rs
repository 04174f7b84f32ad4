//! What values must keep to: bounds, lengths, steps, patterns, formats and lists of values.

use std::collections::HashSet;

use dataproduct_contract::{AllowedValue, Column, DataType, Value};

use super::found::{self, Found};
use super::place::Place;
use crate::change::{Effect, Witness};
use crate::language::Inclusion;
use crate::set::Answer;
use crate::set::exact::Exact;
use crate::set::lattice::Lattice;
use crate::set::point::Point;
use crate::set::values::{Patterns, Values, items, lengths, reals, whole};
use crate::{Change, Kind};

/// A limit that is not what it was, looked at by itself.
struct Aspect {
    /// The kinds of a limit that permits less, more, and other values.
    kinds: [Kind; 3],
    effect: Effect,
    before: Option<String>,
    after: Option<String>,
    witness: Witness,
    /// Whether the limit is on single values, so that it counts together with the others.
    is_joint: bool,
}

const RANGE: [Kind; 3] = [Kind::RangeTightened, Kind::RangeLoosened, Kind::RangeMoved];
const LENGTH: [Kind; 3] = [
    Kind::LengthTightened,
    Kind::LengthLoosened,
    Kind::LengthMoved,
];
const ITEMS: [Kind; 3] = [Kind::ItemsTightened, Kind::ItemsLoosened, Kind::ItemsMoved];
const STEP: [Kind; 3] = [Kind::StepTightened, Kind::StepLoosened, Kind::StepMoved];
const PATTERN: [Kind; 3] = [
    Kind::PatternTightened,
    Kind::PatternLoosened,
    Kind::PatternReplaced,
];
const UNIQUE_ITEMS: [Kind; 3] = [
    Kind::UniqueItemsAdded,
    Kind::UniqueItemsRemoved,
    Kind::UniqueItemsRemoved,
];
const ENUM: [Kind; 3] = [Kind::EnumNarrowed, Kind::EnumWidened, Kind::EnumReplaced];
const FORMAT: [Kind; 3] = [Kind::FormatAdded, Kind::FormatRemoved, Kind::FormatChanged];

/// Compares what two columns permit. Each limit is looked at by itself first; then, where it can be
/// decided, all of them together: a bound that is gone permits nothing new if a list of values has come
/// instead.
pub(crate) fn column(place: &Place<'_>, old: &Column, new: &Column, found: &mut Found) {
    let is_uuid = |column: &Column| column.data_type == DataType::Uuid;
    if old.limits == new.limits
        && old.allowed == new.allowed
        && old.open_enum == new.open_enum
        && is_uuid(old) == is_uuid(new)
    {
        return;
    }
    let comparison = match (&old.limits.pattern, &new.limits.pattern) {
        (Some(a), Some(b)) if a != b => Some(found.patterns(a, b)),
        _ => None,
    };
    let sets = (Values::of(old), Values::of(new));
    let comparable = matches!(&sets, (Some(a), Some(b)) if a.is_comparable(b));
    let mut aspects = Vec::new();
    range(old, new, comparable, &mut aspects);
    step(old, new, &mut aspects);
    counts(old, new, &mut aspects);
    pattern(old, new, comparison.as_ref(), &mut aspects);
    format(old, new, &mut aspects);
    listed(place, old, new, comparable, &mut aspects, found);
    let joint = match &sets {
        (Some(a), Some(b)) if comparable => {
            let patterns = |old_is_asked| Patterns {
                comparison: comparison.clone(),
                old_is_asked,
            };
            Some((a.within(b, &patterns(true)), b.within(a, &patterns(false))))
        }
        _ => None,
    };
    let undecided = match comparison {
        Some(Inclusion::Undecided { reason }) => Some(reason),
        _ => None,
    };
    report(place, aspects, joint, undecided.as_deref(), found);
    labels(place, old, new, found);
}

fn report(
    place: &Place<'_>,
    aspects: Vec<Aspect>,
    joint: Option<(Answer, Answer)>,
    undecided: Option<&str>,
    found: &mut Found,
) {
    let path = place.path();
    for aspect in aspects {
        let row = |value: Option<String>| value.and_then(|value| place.row(&value));
        let mut effect = aspect.effect;
        let mut witness = aspect.witness;
        if let (true, Some((old_in_new, new_in_old))) = (aspect.is_joint, &joint) {
            effect = together(effect, Answer::effect(old_in_new, new_in_old));
            let shown = Answer::witness(old_in_new.clone(), new_in_old.clone());
            // Only values that all limits together tell apart are shown.
            witness = Witness {
                only_old: shown.only_old.filter(|_| effect.permits_less()),
                only_new: shown.only_new.filter(|_| effect.permits_more()),
            };
        }
        let [tightened, loosened, moved] = aspect.kinds;
        let kind = match effect {
            Effect::Metadata => Kind::LimitsRestated,
            Effect::Tightens => tightened,
            Effect::Loosens => loosened,
            Effect::Both => moved,
            Effect::Undecided if aspect.kinds == PATTERN => Kind::PatternUndecided,
            Effect::Undecided => moved,
        };
        let witness = Witness {
            only_old: row(witness.only_old),
            only_new: row(witness.only_new),
        };
        let undecided = undecided.filter(|_| kind == Kind::PatternUndecided);
        let change = Change::new(kind, path.as_str(), effect)
            .with_witness(witness)
            .with_undecided(undecided.map(found::shown));
        found.push_between(change, aspect.before, aspect.after);
    }
}

/// What a limit does by itself, seen together with all others.
fn together(own: Effect, joint: Effect) -> Effect {
    match (own, joint) {
        // A limit cannot be blamed for what all of them together do not do.
        (Effect::Metadata, _) | (_, Effect::Metadata) => Effect::Metadata,
        (Effect::Loosens, Effect::Tightens) | (Effect::Tightens, Effect::Loosens) => {
            Effect::Metadata
        }
        (Effect::Both | Effect::Undecided, Effect::Tightens | Effect::Loosens) => joint,
        (Effect::Undecided, Effect::Both) => Effect::Both,
        (own, _) => own,
    }
}

fn joined(parts: [(&str, Option<String>); 4]) -> Option<String> {
    let parts: Vec<_> = parts
        .into_iter()
        .filter_map(|(sign, value)| Some(format!("{sign} {}", value?)))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn bounds(column: &Column) -> Option<String> {
    let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
    let limits = &column.limits;
    joined([
        (">=", text(&limits.minimum)),
        (">", text(&limits.exclusive_minimum)),
        ("<=", text(&limits.maximum)),
        ("<", text(&limits.exclusive_maximum)),
    ])
}

/// What has changed between two sets of whole numbers.
fn lattices(old: Lattice, new: Lattice) -> Effect {
    let within = |found: bool| Answer::none_outside(None, found);
    Answer::effect(
        &within(old.outside(new).is_some()),
        &within(new.outside(old).is_some()),
    )
}

fn range(old: &Column, new: &Column, comparable: bool, out: &mut Vec<Aspect>) {
    let (a, b) = (&old.limits, &new.limits);
    if (&a.minimum, &a.maximum) == (&b.minimum, &b.maximum)
        && (&a.exclusive_minimum, &a.exclusive_maximum)
            == (&b.exclusive_minimum, &b.exclusive_maximum)
    {
        return;
    }
    let is_float = |c: &Column| matches!(c.data_type, DataType::Float32 | DataType::Float64);
    let effect = match (whole(old, false), whole(new, false)) {
        (Some(a), Some(b)) if comparable => lattices(a, b),
        _ if is_float(old) && is_float(new) => {
            let (a, b) = (reals(old, false), reals(new, false));
            let within = |found: bool| Answer::none_outside(None, found);
            Answer::effect(
                &within(a.outside(&b).is_some()),
                &within(b.outside(&a).is_some()),
            )
        }
        _ => Effect::Undecided,
    };
    out.push(Aspect {
        kinds: RANGE,
        effect,
        before: bounds(old),
        after: bounds(new),
        witness: Witness::default(),
        is_joint: true,
    });
}

fn step(old: &Column, new: &Column, out: &mut Vec<Aspect>) {
    let (a, b) = (old.limits.multiple_of, new.limits.multiple_of);
    if a == b {
        return;
    }
    let told = |yes: Option<bool>| match yes {
        Some(yes) => Answer::none_outside(None, !yes),
        None => Answer::Unknown,
    };
    let exact = |step: f64| Exact::of_float(step);
    let effect = match (a, b) {
        (None, _) => Effect::Tightens,
        (_, None) => Effect::Loosens,
        (Some(a), Some(b)) => match (exact(a), exact(b)) {
            (Some(a), Some(b)) => {
                Answer::effect(&told(a.is_multiple_of(b)), &told(b.is_multiple_of(a)))
            }
            _ => Effect::Undecided,
        },
    };
    let text = |step: Option<f64>| step.map(|step| format!("multiples of {step}"));
    out.push(Aspect {
        kinds: STEP,
        effect,
        before: text(a),
        after: text(b),
        witness: Witness::default(),
        is_joint: true,
    });
}

/// Lengths of text and numbers of elements.
fn counts(old: &Column, new: &Column, out: &mut Vec<Aspect>) {
    let text = |low: Option<u64>, high: Option<u64>| {
        let text = |count: Option<u64>| count.map(|count| count.to_string());
        joined([
            (">=", text(low)),
            ("<=", text(high)),
            ("", None),
            ("", None),
        ])
    };
    let (a, b) = (&old.limits, &new.limits);
    if (a.min_length, a.max_length) != (b.min_length, b.max_length) {
        out.push(Aspect {
            kinds: LENGTH,
            effect: lattices(lengths(old), lengths(new)),
            before: text(a.min_length, a.max_length),
            after: text(b.min_length, b.max_length),
            witness: Witness::default(),
            is_joint: true,
        });
    }
    let is_list = |column: &Column| matches!(column.data_type, DataType::List(_));
    let lists = is_list(old) && is_list(new);
    if (a.min_items, a.max_items) != (b.min_items, b.max_items) {
        let (before, after) = (items(old), items(new));
        let size = |value: Option<i128>| {
            let elements = |n| if n == 1 { "element" } else { "elements" };
            value.map(|n| format!("\"a list of {n} {}\"", elements(n)))
        };
        out.push(Aspect {
            kinds: ITEMS,
            effect: if lists {
                lattices(before, after)
            } else {
                Effect::Undecided
            },
            before: text(a.min_items, a.max_items),
            after: text(b.min_items, b.max_items),
            witness: Witness {
                only_old: size(before.outside(after).filter(|_| lists)),
                only_new: size(after.outside(before).filter(|_| lists)),
            },
            is_joint: false,
        });
    }
    if a.unique_items != b.unique_items {
        let equal = lists.then(|| "\"a list with two equal elements\"".to_owned());
        let (effect, witness) = if b.unique_items {
            (
                Effect::Tightens,
                Witness {
                    only_old: equal,
                    only_new: None,
                },
            )
        } else {
            (
                Effect::Loosens,
                Witness {
                    only_old: None,
                    only_new: equal,
                },
            )
        };
        let text = |unique: bool| unique.then(|| "all elements differ".to_owned());
        out.push(Aspect {
            kinds: UNIQUE_ITEMS,
            effect,
            before: text(a.unique_items),
            after: text(b.unique_items),
            witness,
            is_joint: false,
        });
    }
}

fn pattern(old: &Column, new: &Column, known: Option<&Inclusion>, out: &mut Vec<Aspect>) {
    let (a, b) = (&old.limits.pattern, &new.limits.pattern);
    if a == b {
        return;
    }
    let effect = match (a, known) {
        (None, _) => Effect::Tightens,
        (Some(_), None) => Effect::Loosens,
        (_, Some(Inclusion::Equal)) => Effect::Metadata,
        (_, Some(Inclusion::Narrower { .. })) => Effect::Tightens,
        (_, Some(Inclusion::Wider { .. })) => Effect::Loosens,
        (_, Some(Inclusion::Neither { .. })) => Effect::Both,
        (_, Some(Inclusion::Undecided { .. })) => Effect::Undecided,
    };
    out.push(Aspect {
        kinds: PATTERN,
        effect,
        before: a.clone(),
        after: b.clone(),
        witness: Witness::default(),
        is_joint: true,
    });
}

/// The format of text. A UUID is text of the format `uuid`.
fn format(old: &Column, new: &Column, out: &mut Vec<Aspect>) {
    let format = |column: &Column| match column.data_type {
        DataType::Uuid => Some("uuid".to_owned()),
        _ => column.limits.format.clone(),
    };
    let is_text = |c: &Column| matches!(c.data_type, DataType::String | DataType::Uuid);
    let (a, b) = (format(old), format(new));
    if a == b || !(is_text(old) && is_text(new)) {
        return;
    }
    let effect = match (&a, &b) {
        (None, _) => Effect::Tightens,
        (_, None) => Effect::Loosens,
        // What text has which format is not decided here.
        _ => Effect::Undecided,
    };
    out.push(Aspect {
        kinds: FORMAT,
        effect,
        before: a,
        after: b,
        witness: Witness::default(),
        is_joint: true,
    });
}

fn value_list(column: &Column) -> Option<String> {
    let values: Vec<&Value> = column
        .allowed
        .iter()
        .map(|allowed| &allowed.value)
        .collect();
    let list = found::list(&values)?;
    Some(if column.open_enum {
        format!("{list}, and others")
    } else {
        list
    })
}

/// The list of allowed values. An open list limits nothing: readers expect other values, and the gate
/// lets them pass.
fn listed(
    place: &Place<'_>,
    old: &Column,
    new: &Column,
    comparable: bool,
    out: &mut Vec<Aspect>,
    found: &mut Found,
) {
    let is_closed = |column: &Column| !column.allowed.is_empty() && !column.open_enum;
    let values = |column: &Column| -> HashSet<String> {
        let key = |allowed: &AllowedValue| match Point::of(&allowed.value, &column.data_type) {
            Some(point) if comparable => format!("{point:?}"),
            _ => allowed.value.to_string(),
        };
        column.allowed.iter().map(key).collect()
    };
    let (a, b) = (values(old), values(new));
    let (before, after) = (value_list(old), value_list(new));
    let (kinds, effect) = match (is_closed(old), is_closed(new)) {
        (true, true) => {
            let effect = match (a.is_subset(&b), b.is_subset(&a)) {
                (true, true) => return,
                (false, true) => Effect::Tightens,
                (true, false) => Effect::Loosens,
                (false, false) => Effect::Both,
            };
            (ENUM, effect)
        }
        (false, true) if old.allowed.is_empty() => ([Kind::EnumAdded; 3], Effect::Tightens),
        (false, true) => ([Kind::EnumClosed; 3], Effect::Tightens),
        (true, false) if new.allowed.is_empty() => ([Kind::EnumRemoved; 3], Effect::Loosens),
        (true, false) => ([Kind::EnumOpened; 3], Effect::Loosens),
        (false, false) => {
            if a != b || old.open_enum != new.open_enum {
                found.effect(
                    Kind::OpenEnumChanged,
                    &place.path(),
                    Effect::Metadata,
                    before,
                    after,
                );
            }
            return;
        }
    };
    out.push(Aspect {
        kinds,
        effect,
        before,
        after,
        witness: Witness::default(),
        is_joint: true,
    });
}

/// What people call the allowed values, and the order they are listed in.
fn labels(place: &Place<'_>, old: &Column, new: &Column, found: &mut Found) {
    let known: std::collections::HashMap<&Value, &AllowedValue> =
        old.allowed.iter().map(|a| (&a.value, a)).collect();
    let changed: Vec<String> = new
        .allowed
        .iter()
        .filter(|a| known.get(&a.value).is_some_and(|before| *before != *a))
        .map(|a| a.value.to_string())
        .collect();
    let values = |column: &Column| -> Vec<String> {
        column.allowed.iter().map(|a| a.value.to_string()).collect()
    };
    let path = place.path();
    if !changed.is_empty() {
        let text = found::list(&changed).map(|values| format!("other words for {values}"));
        found.effect(Kind::EnumLabelChanged, &path, Effect::Metadata, None, text);
    } else if old.allowed != new.allowed && old.allowed.len() == new.allowed.len() {
        let (a, b) = (values(old), values(new));
        let same: HashSet<&String> = a.iter().collect();
        if b.iter().all(|value| same.contains(value)) {
            let (before, after) = (found::list(&a), found::list(&b));
            found.effect(Kind::LimitsRestated, &path, Effect::Metadata, before, after);
        }
    }
}
