//! Functions of one row.

use std::borrow::Cow;
use std::cmp::Ordering;

use dataproduct_contract::ExprType;
use dataproduct_contract::expr::{Comparison, Function};

use super::calendar;
use super::cell::Cell;

/// What a function returns. `of` is the type of its first argument. `coalesce` and `matches` are steps of their own.
pub(super) fn call<'a>(function: Function, of: ExprType, mut cells: Vec<Cell<'a>>) -> Cell<'a> {
    if cells.iter().any(|cell| matches!(cell, Cell::Broken)) {
        return Cell::Broken;
    }
    match function {
        Function::Least => return extreme(cells, Ordering::Less),
        Function::Greatest => return extreme(cells, Ordering::Greater),
        Function::NullIf => {
            let is_equal = match cells.as_slice() {
                [a, b] => a.compared(Comparison::Equal, b),
                _ => return Cell::Broken,
            };
            return match is_equal {
                Cell::Boolean(true) => Cell::Null,
                _ => cells.swap_remove(0),
            };
        }
        _ => {}
    }
    if cells.iter().any(|cell| matches!(cell, Cell::Null)) {
        return Cell::Null;
    }
    match function {
        Function::Concat => return joined(&cells),
        Function::Abs => return cells.pop().map_or(Cell::Broken, Cell::absolute),
        _ => {}
    }
    match cells.as_slice() {
        [Cell::Text(text)] => of_text(function, text),
        [Cell::Text(text), Cell::Text(other)] => Cell::Boolean(match function {
            Function::StartsWith => text.starts_with(other.as_ref()),
            Function::EndsWith => text.ends_with(other.as_ref()),
            Function::Contains => text.contains(other.as_ref()),
            _ => return Cell::Broken,
        }),
        [Cell::Text(text), Cell::Integer(first)] => substring(text, *first, None),
        [
            Cell::Text(text),
            Cell::Integer(first),
            Cell::Integer(length),
        ] => substring(text, *first, Some(*length)),
        [Cell::Integer(a), Cell::Integer(b)] if function != Function::Round => {
            calendar::between(function, *a, *b, of)
        }
        [number, digits @ ..] => match (number, of) {
            (Cell::Integer(value), ExprType::Integer) => Cell::Integer(*value),
            (Cell::Integer(value), _) => calendar::part(function, *value, of),
            (Cell::Float(value), _) => Cell::Float(rounded(function, *value, digits)),
            (Cell::Decimal(value, scale), _) => decimal(function, *value, *scale, digits),
            _ => Cell::Broken,
        },
        [] => Cell::Broken,
    }
}

fn of_text<'a>(function: Function, text: &str) -> Cell<'a> {
    Cell::Text(Cow::Owned(match function {
        Function::Length => return Cell::integer(i64::try_from(text.chars().count()).ok()),
        Function::Lower => text.to_lowercase(),
        Function::Upper => text.to_uppercase(),
        Function::Trim => text.trim().to_owned(),
        _ => return Cell::Broken,
    }))
}

fn joined<'a>(cells: &[Cell<'_>]) -> Cell<'a> {
    let mut out = String::new();
    for cell in cells {
        let Cell::Text(text) = cell else {
            return Cell::Broken;
        };
        out.push_str(text);
    }
    Cell::Text(Cow::Owned(out))
}

fn substring<'a>(text: &str, first: i64, length: Option<i64>) -> Cell<'a> {
    let count = |number: i64| usize::try_from(number).unwrap_or(0);
    let rest = text.chars().skip(count(first.saturating_sub(1)));
    Cell::Text(Cow::Owned(match length {
        Some(length) => rest.take(count(length)).collect(),
        None => rest.collect(),
    }))
}

/// The smallest or the largest that is not null; NaN where one is.
fn extreme<'a>(cells: Vec<Cell<'a>>, wanted: Ordering) -> Cell<'a> {
    let mut best = Cell::Null;
    for cell in cells {
        match cell {
            Cell::Null => {}
            Cell::Float(value) if value.is_nan() => return cell,
            _ if !best.is_settled() || cell.order(&best) == Some(wanted) => best = cell,
            _ => {}
        }
    }
    best
}

fn digits_of(digits: &[Cell<'_>]) -> u32 {
    match digits {
        [Cell::Integer(digits)] => u32::try_from(*digits).unwrap_or(0),
        _ => 0,
    }
}

fn rounded(function: Function, value: f64, digits: &[Cell<'_>]) -> f64 {
    match function {
        Function::Floor => value.floor(),
        Function::Ceil => value.ceil(),
        _ => {
            let unit = 10_f64.powi(i32::try_from(digits_of(digits)).unwrap_or(0));
            let units = value * unit;
            // A float this large has no digits to cut.
            if units.abs() < 2_f64.powi(52) {
                units.round() / unit
            } else {
                value
            }
        }
    }
}

fn decimal<'a>(function: Function, value: i128, scale: u8, digits: &[Cell<'_>]) -> Cell<'a> {
    let kept = match function {
        Function::Round => u8::try_from(digits_of(digits)).map_or(scale, |kept| kept.min(scale)),
        _ => 0,
    };
    let Some(unit) = 10_i128.checked_pow(u32::from(scale - kept)) else {
        return Cell::Broken;
    };
    let (whole, rest) = (value / unit, value % unit);
    let step = match function {
        Function::Floor => -i128::from(rest < 0),
        Function::Ceil => i128::from(rest > 0),
        _ if rest.unsigned_abs() * 2 >= unit.unsigned_abs() => rest.signum(),
        _ => 0,
    };
    // With `unit` 1 nothing is left over, so there is room for the step.
    Cell::Decimal(whole.saturating_add(step), kept)
}
