//! One value of a column, drawn so that it keeps what the column says, as far as that can be told beforehand. The gate
//! judges what comes out.

use std::cell::RefCell;
use std::collections::HashMap;

use dataproduct_contract::{Check, Column, DataType, Format, Value};
use regex_syntax::hir::Hir;

use super::cell::Cell;
use super::random::Random;
use super::{format, number, regex};

const TEXT: &str = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789";

/// Draws values.
#[derive(Debug, Default)]
pub(super) struct Draw {
    /// Patterns, parsed once; `None` for those that do not parse.
    patterns: RefCell<HashMap<String, Option<Hir>>>,
    /// Draw no missing values and nothing that is empty.
    pub(super) full: bool,
}

impl Draw {
    /// A value, or null where the column may be.
    pub(super) fn value(&self, column: &Column, random: &mut Random) -> Cell {
        let may_be_null = column.nullable && !self.full && !forbids_null(column);
        if may_be_null && random.chance(12) {
            return Cell::Null;
        }
        self.present(column, random)
    }

    /// A value that is there.
    pub(super) fn present(&self, column: &Column, random: &mut Random) -> Cell {
        if let Some(cell) = listed(column, random) {
            return cell;
        }
        let is_key = column.unique || column.key.is_some();
        match &column.data_type {
            DataType::Boolean => Cell::Boolean(random.chance(50)),
            DataType::Float32 | DataType::Float64 => Cell::Float(float(column, random)),
            DataType::String => Cell::Text(self.text(column, random)),
            DataType::Uuid => Cell::Text(format::uuid(random)),
            DataType::Binary => {
                let length = length(column, random);
                Cell::Bytes(
                    (0..length)
                        .map(|_| random.next().to_le_bytes()[0])
                        .collect(),
                )
            }
            DataType::Struct(fields) => {
                Cell::Parts(fields.iter().map(|f| self.value(f, random)).collect())
            }
            DataType::List(element) => Cell::Items(self.items(column, element, random)),
            DataType::Map { key, value } => {
                let keys = self.different(key, items(column, self.full, random), random);
                let pairs = keys.into_iter();
                Cell::Pairs(pairs.map(|k| (k, self.value(value, random))).collect())
            }
            _ => whole(column, is_key, random),
        }
    }

    fn items(&self, column: &Column, element: &Column, random: &mut Random) -> Vec<Cell> {
        let count = items(column, self.full, random);
        match column.limits.unique_items {
            true => self.different(element, count, random),
            false => (0..count).map(|_| self.value(element, random)).collect(),
        }
    }

    /// So many different values, or as many as are found.
    fn different(&self, column: &Column, count: usize, random: &mut Random) -> Vec<Cell> {
        let mut out: Vec<Cell> = Vec::new();
        for _ in 0..count * 20 {
            if out.len() == count {
                break;
            }
            let cell = self.value(column, random);
            if !out.contains(&cell) {
                out.push(cell);
            }
        }
        out
    }

    /// Text of the column's pattern, format and lengths. Where there are several, each is tried by turns.
    fn text(&self, column: &Column, random: &mut Random) -> String {
        let example = column.examples.iter().filter_map(Value::as_str).next();
        if let Some(example) = example.filter(|_| random.chance(5)) {
            return example.to_owned();
        }
        let limits = &column.limits;
        let format: Option<Format> = limits.format.as_ref().and_then(|f| f.parse().ok());
        let patterns: Vec<&str> = patterns(column);
        let by_format = patterns.is_empty() || random.chance(50);
        let mut last = None;
        for _ in 0..50 {
            let drawn = match (format, random.pick(&patterns)) {
                (Some(format), _) if by_format => format::text(format, random),
                (_, Some(pattern)) => self.of_pattern(pattern, column, random),
                _ => None,
            };
            let Some(text) = drawn else { break };
            let fits = fits(column, text.chars().count());
            last = Some(text);
            if fits {
                break;
            }
        }
        last.unwrap_or_else(|| {
            let length = length(column, random);
            plain(length, random)
        })
    }

    fn of_pattern(&self, pattern: &str, column: &Column, random: &mut Random) -> Option<String> {
        let mut patterns = self.patterns.borrow_mut();
        let hir = patterns
            .entry(pattern.to_owned())
            .or_insert_with(|| regex_syntax::parse(pattern).ok());
        let least = column.limits.min_length.unwrap_or_default();
        let reach = 6 + usize::try_from(least).unwrap_or_default().min(4_000);
        regex::text(hir.as_ref()?, reach, random)
    }
}

/// The patterns that a column's text must match.
fn patterns(column: &Column) -> Vec<&str> {
    let said = column.limits.pattern.as_deref();
    let ruled = column.rules.iter().filter_map(|rule| match &rule.check {
        Check::InvalidValues { pattern, .. } => pattern.as_deref(),
        _ => None,
    });
    said.into_iter().chain(ruled).collect()
}

fn forbids_null(column: &Column) -> bool {
    column
        .rules
        .iter()
        .any(|rule| matches!(rule.check, Check::NullValues | Check::MissingValues { .. }))
}

/// One of the values that a column or a rule of it lists.
fn listed(column: &Column, random: &mut Random) -> Option<Cell> {
    let allowed = column.allowed.iter().map(|allowed| &allowed.value);
    let mut lists: Vec<Vec<&Value>> = vec![allowed.collect()];
    lists.extend(column.rules.iter().filter_map(|rule| match &rule.check {
        Check::InvalidValues { valid, .. } => Some(valid.iter().collect()),
        _ => None,
    }));
    lists.retain(|list| !list.is_empty());
    // What all lists have in common, read from the shortest one.
    let shortest = lists.iter().min_by_key(|list| list.len())?;
    let common = shortest
        .iter()
        .filter(|v| lists.iter().all(|l| l.contains(v)));
    let common: Vec<&&Value> = common.collect();
    number::cell(random.pick(&common)?, &column.data_type)
}

/// A value of a type that is stored in whole units.
fn whole(column: &Column, is_key: bool, random: &mut Random) -> Cell {
    let Some((low, high)) = number::window(column, is_key) else {
        return Cell::Null;
    };
    let is_time = matches!(
        column.data_type,
        DataType::Timestamp | DataType::TimestampNtz
    );
    let step = column.limits.multiple_of.map_or_else(
        // People's instants are whole seconds, where there are any.
        || {
            if is_time && high - low > 2_000_000 {
                1_000_000
            } else {
                1
            }
        },
        |step| (step * number::units(&column.data_type) as f64).round() as i128,
    );
    let bounded = number::limits(column);
    if random.chance(5) && step == 1 {
        let ends = [bounded.0, bounded.1];
        if let Some(Some(end)) = random.pick(&ends) {
            return Cell::Integer(*end);
        }
    }
    let step = step.max(1);
    let first = low.div_euclid(step) + i128::from(low.rem_euclid(step) != 0);
    Cell::Integer(
        random
            .between(first, high.div_euclid(step))
            .saturating_mul(step),
    )
}

fn float(column: &Column, random: &mut Random) -> f64 {
    let limits = &column.limits;
    let number = |a: &Option<Value>, b: &Option<Value>| {
        let read = |value: &Option<Value>| value.as_ref().and_then(Value::as_f64);
        read(a).or(read(b))
    };
    let low = number(&limits.minimum, &limits.exclusive_minimum);
    let high = number(&limits.maximum, &limits.exclusive_maximum);
    let (low, high) = match (low, high) {
        (Some(low), Some(high)) => (low, high),
        (Some(low), None) => (low, low + 1_000.0),
        (None, Some(high)) => (high - 1_000.0, high),
        (None, None) => (0.0, 1_000.0),
    };
    let drawn = low + (high - low) * random.share();
    match limits.multiple_of {
        Some(step) if step > 0.0 => (drawn / step).round() * step,
        _ => drawn,
    }
}

/// How many items a list or map has.
fn items(column: &Column, full: bool, random: &mut Random) -> usize {
    let read = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
    let least = read(column.limits.min_items).unwrap_or(0);
    let most = read(column.limits.max_items)
        .unwrap_or(least + 3)
        .min(least + 3);
    let least = if full { least.max(1).min(most) } else { least };
    least + random.below(most.saturating_sub(least) + 1)
}

fn fits(column: &Column, length: usize) -> bool {
    let (least, most) = (column.limits.min_length, column.limits.max_length);
    let length = length as u64;
    least.is_none_or(|least| length >= least) && most.is_none_or(|most| length <= most)
}

/// A length that a column allows; empty is drawn only where nothing else is allowed.
fn length(column: &Column, random: &mut Random) -> usize {
    let read = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
    let least = read(column.limits.min_length);
    let most = read(column.limits.max_length);
    let low = least.unwrap_or_else(|| most.unwrap_or(3).min(3));
    let high = most.unwrap_or(low + 12).min(low + 12).max(low);
    low + random.below(high - low + 1)
}

/// Plain text of a length, without white space at its ends.
pub(super) fn plain(length: usize, random: &mut Random) -> String {
    let mut text = random.letters(TEXT, length);
    if text.trim() != text {
        text = text.replace(' ', "x");
    }
    text
}
