//! Values that may break what a column says: those just outside it, and those of a column that says a little less.

use dataproduct_contract::{Check, Column, DataType, Limits};

use super::cell::Cell;
use super::draw::{Draw, plain};
use super::number;
use super::random::Random;

/// A value that may break one of the rules of a column and keep the others.
pub(super) fn value(column: &Column, now: &Cell, draw: &Draw, random: &mut Random) -> Cell {
    match (now, random.below(4)) {
        (_, 0) => draw.present(&relaxed(column, random), random),
        (_, 1) => edge(column, random).unwrap_or_else(|| draw.present(column, random)),
        (Cell::Text(text), _) => Cell::Text(altered(text, column, random)),
        (Cell::Items(items), _) => Cell::Items(items_altered(items, column, draw, random)),
        (Cell::Pairs(pairs), _) => {
            let (mut pairs, longer) = (pairs.clone(), draw.present(column, random));
            match longer {
                Cell::Pairs(more) if random.chance(50) => pairs.extend(more),
                _ => pairs.truncate(random.below(pairs.len())),
            }
            Cell::Pairs(pairs)
        }
        (Cell::Bytes(bytes), _) => {
            let mut bytes = bytes.clone();
            match column.limits.max_length.filter(|_| random.chance(50)) {
                Some(most) => bytes.resize(usize::try_from(most).unwrap_or(0).saturating_add(1), 7),
                None => bytes.truncate(random.below(bytes.len())),
            }
            Cell::Bytes(bytes)
        }
        (Cell::Boolean(value), _) => Cell::Boolean(!value),
        _ => edge(column, random).unwrap_or_else(|| draw.present(&relaxed(column, random), random)),
    }
}

/// A value that is none of its type.
pub(super) fn none_of_type(column: &Column, random: &mut Random) -> Option<Cell> {
    if column.data_type == DataType::Uuid {
        return Some(Cell::Text(plain(8, random)));
    }
    let (least, most) = number::type_range(&column.data_type)?;
    let further = i128::try_from(random.below(1_000)).unwrap_or_default();
    Some(Cell::Integer(match random.chance(50) {
        true => least - 1 - further,
        false => most + 1 + further,
    }))
}

/// The column with one of its limits left out or moved, so that values of it break that limit and keep the others.
fn relaxed(column: &Column, random: &mut Random) -> Column {
    let mut out = column.clone();
    let limits = &mut out.limits;
    match random.below(7) {
        0 => outside(limits, random),
        1 => limits.multiple_of = None,
        2 => longer(limits, random),
        3 => limits.pattern = None,
        4 => limits.format = None,
        5 => {
            limits.min_items = limits.max_items.map(|most| most + 1);
            limits.max_items = limits.min_items.map(|least| least + 1);
        }
        _ => limits.unique_items = false,
    }
    if random.chance(50) {
        out.allowed.clear();
        out.examples.clear();
    }
    if random.chance(50) {
        out.rules.clear();
    }
    out
}

/// Moves a range to beyond one of its ends.
fn outside(limits: &mut Limits, random: &mut Random) {
    let ends = (
        limits.minimum.clone().or(limits.exclusive_minimum.clone()),
        limits.maximum.clone().or(limits.exclusive_maximum.clone()),
    );
    limits.minimum = None;
    limits.maximum = None;
    limits.exclusive_minimum = None;
    limits.exclusive_maximum = None;
    match ends {
        (Some(low), _) if random.chance(50) => limits.exclusive_maximum = Some(low),
        (_, Some(high)) => limits.exclusive_minimum = Some(high),
        (low, _) => limits.exclusive_maximum = low,
    }
}

/// Lengths beyond one of the ends.
fn longer(limits: &mut Limits, random: &mut Random) {
    match (limits.min_length, limits.max_length) {
        (Some(least), most) if least > 0 && (most.is_none() || random.chance(50)) => {
            limits.min_length = None;
            limits.max_length = Some(least - 1);
        }
        (_, Some(most)) => {
            limits.min_length = Some(most + 1);
            limits.max_length = Some(most + 4);
        }
        _ => {}
    }
}

/// A value at or just beyond an end of what the column or its type allows, or a stand-in for "missing".
pub(super) fn edge(column: &Column, random: &mut Random) -> Option<Cell> {
    let edges = edges(column);
    random.pick(&edges).map(|(_, cell)| cell.clone())
}

/// Values at and just beyond the ends, each with what it is.
pub(super) fn edges(column: &Column) -> Vec<(&'static str, Cell)> {
    let mut out: Vec<(&'static str, Cell)> = Vec::new();
    for rule in &column.rules {
        if let Check::MissingValues { missing } = &rule.check {
            let cells = missing
                .iter()
                .filter_map(|m| number::cell(m, &column.data_type));
            out.extend(cells.map(|cell| ("stands for missing", cell)));
        }
    }
    match &column.data_type {
        DataType::String => texts(column, &mut out),
        DataType::Binary => out.push(("empty", Cell::Bytes(Vec::new()))),
        DataType::Float32 | DataType::Float64 => floats(column, &mut out),
        DataType::List(_) => out.push(("empty", Cell::Items(Vec::new()))),
        DataType::Map { .. } => out.push(("empty", Cell::Pairs(Vec::new()))),
        data_type => {
            let (low, high) = number::limits(column);
            let Some((least, most)) = number::type_range(data_type) else {
                return out;
            };
            let step = column.limits.multiple_of.unwrap_or(1.0) * number::units(data_type) as f64;
            let step = match column.limits.multiple_of {
                Some(_) => (step.round() as i128).max(1),
                None => 1,
            };
            for (what, end, beyond) in [("minimum", low, -1), ("maximum", high, 1)] {
                let Some(end) = end else { continue };
                out.push((what, Cell::Integer(end)));
                for by in [beyond, beyond * step] {
                    let cell = end + by;
                    if (least..=most).contains(&cell) {
                        let is_low = beyond < 0;
                        let what = if is_low {
                            "below the minimum"
                        } else {
                            "above the maximum"
                        };
                        out.push((what, Cell::Integer(cell)));
                    }
                }
            }
            out.push(("smallest of the type", Cell::Integer(least)));
            out.push(("largest of the type", Cell::Integer(most)));
        }
    }
    out
}

fn texts(column: &Column, out: &mut Vec<(&'static str, Cell)>) {
    out.push(("empty", Cell::Text(String::new())));
    out.push(("white space", Cell::Text(" ".to_owned())));
    let length = |value: Option<u64>| {
        value
            .and_then(|v| usize::try_from(v).ok())
            .filter(|v| *v < 100_000)
    };
    if let Some(most) = length(column.limits.max_length) {
        out.push(("longest", Cell::Text("x".repeat(most))));
        out.push(("too long", Cell::Text("x".repeat(most + 1))));
    }
    if let Some(least) = length(column.limits.min_length).filter(|least| *least > 0) {
        out.push(("shortest", Cell::Text("x".repeat(least))));
        out.push(("too short", Cell::Text("x".repeat(least - 1))));
    }
}

fn floats(column: &Column, out: &mut Vec<(&'static str, Cell)>) {
    let limits = &column.limits;
    let ends = [
        (
            "minimum",
            limits
                .minimum
                .as_ref()
                .or(limits.exclusive_minimum.as_ref()),
        ),
        (
            "maximum",
            limits
                .maximum
                .as_ref()
                .or(limits.exclusive_maximum.as_ref()),
        ),
    ];
    for (what, end) in ends {
        if let Some(end) = end.and_then(dataproduct_contract::Value::as_f64) {
            out.push((what, Cell::Float(end)));
            let beyond = if what == "minimum" {
                end - 1.0
            } else {
                end + 1.0
            };
            let what = if what == "minimum" {
                "below the minimum"
            } else {
                "above the maximum"
            };
            out.push((what, Cell::Float(beyond)));
        }
    }
    out.push(("not a number", Cell::Float(f64::NAN)));
    out.push(("infinite", Cell::Float(f64::INFINITY)));
    out.push(("infinite below zero", Cell::Float(f64::NEG_INFINITY)));
    out.push(("zero below zero", Cell::Float(-0.0)));
    out.push(("half", Cell::Float(0.5)));
}

/// Text with one thing changed.
fn altered(text: &str, column: &Column, random: &mut Random) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let place = random.below(chars.len());
    match random.below(7) {
        0 => chars.push('x'),
        1 if !chars.is_empty() => {
            chars.remove(place);
        }
        2 if !chars.is_empty() => {
            // Another digit for a digit, so that only a check digit tells.
            let old = chars.get(place).copied().unwrap_or('0');
            let new = match old.to_digit(10) {
                Some(digit) => char::from_digit((digit + 1) % 10, 10).unwrap_or('0'),
                None if old.is_ascii_lowercase() => old.to_ascii_uppercase(),
                None => old.to_ascii_lowercase(),
            };
            chars.splice(place..=place, [new]);
        }
        3 if !chars.is_empty() => {
            let new = random.letter("!?*xX0 ");
            chars.splice(place..=place, [new]);
        }
        4 => return plain(chars.len(), random),
        5 => {
            let most = column
                .limits
                .max_length
                .and_then(|m| usize::try_from(m).ok());
            let last = chars.last().copied().unwrap_or('x');
            let length = most.map_or(chars.len() + 9, |most| most.min(10_000) + 1);
            chars.resize(length.max(chars.len()), last);
        }
        _ => {
            let length = chars.len();
            return random.letters("0123456789", length);
        }
    }
    chars.into_iter().collect()
}

fn items_altered(items: &[Cell], column: &Column, draw: &Draw, random: &mut Random) -> Vec<Cell> {
    let mut out = items.to_vec();
    match (random.below(3), out.first().cloned()) {
        (0, Some(first)) => {
            // As long as it was, with an item twice.
            if let Some(last) = out.last_mut().filter(|_| items.len() > 1) {
                *last = first;
            } else {
                out.push(first);
            }
        }
        (1, _) => out.truncate(random.below(items.len())),
        _ => {
            let most = column
                .limits
                .max_items
                .and_then(|m| usize::try_from(m).ok());
            let most = most.unwrap_or(items.len()).min(10_000);
            for _ in 0..most * 20 + 20 {
                if out.len() > most {
                    break;
                }
                match draw.present(column, random) {
                    Cell::Items(more) => {
                        let unique = column.limits.unique_items;
                        let more = more
                            .into_iter()
                            .filter(|cell| !unique || !items.contains(cell));
                        for cell in more {
                            if !unique || !out.contains(&cell) {
                                out.push(cell);
                            }
                        }
                    }
                    _ => break,
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_come_with_what_lies_beyond() {
        let column = Column::new("n", DataType::Int8).with_minimum(0);
        let edges = edges(&column);
        assert!(edges.contains(&("minimum", Cell::Integer(0))));
        assert!(edges.contains(&("below the minimum", Cell::Integer(-1))));
        assert!(edges.contains(&("largest of the type", Cell::Integer(127))));
    }
}
