//! The values that a column permits, as a set that can be compared with another.

use std::cell::OnceCell;
use std::collections::HashSet;

use dataproduct_contract::row::{DAY_RANGE, MICROSECOND_RANGE};
use dataproduct_contract::{Column, DataType, Value};
use regex::{Regex, RegexBuilder};

use super::Answer;
use super::exact::Exact;
use super::lattice::Lattice;
use super::point::{Point, scale};
use super::reals::Reals;
use crate::language::Inclusion;

/// The largest compiled size of a pattern that example values are tried on, in bytes.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// The values that a column of a simple type permits; whether one may be missing is another matter.
pub(crate) struct Values<'a> {
    column: &'a Column,
    space: Space,
    finite: Option<Vec<Point>>,
    pattern: OnceCell<Option<Regex>>,
}

/// What values of a type are compared as.
enum Space {
    Whole(Lattice),
    Real(Reals),
    Text { lengths: Lattice },
    Bool,
}

impl<'a> Values<'a> {
    /// The values of a column; `None` for structs, lists and maps.
    pub(crate) fn of(column: &'a Column) -> Option<Self> {
        let space = match &column.data_type {
            DataType::Boolean => Space::Bool,
            DataType::Float32 | DataType::Float64 => Space::Real(reals(column, true)),
            DataType::String | DataType::Binary | DataType::Uuid => Space::Text {
                lengths: lengths(column),
            },
            DataType::Struct(_) | DataType::List(_) | DataType::Map { .. } => return None,
            _ => Space::Whole(whole(column, true)?),
        };
        let closed = !column.allowed.is_empty() && !column.open_enum;
        let finite = closed.then(|| {
            column
                .allowed
                .iter()
                .filter_map(|allowed| Point::of(&allowed.value, &column.data_type))
                .collect()
        });
        Some(Self {
            column,
            space,
            finite,
            pattern: OnceCell::new(),
        })
    }

    /// Whether values of both columns are compared in the same form.
    pub(crate) fn is_comparable(&self, other: &Self) -> bool {
        let (a, b) = (&self.column.data_type, &other.column.data_type);
        match (&self.space, &other.space) {
            (Space::Whole(_), Space::Whole(_)) => {
                a == b || (scale(a).is_some() && scale(a) == scale(b))
            }
            (Space::Text { .. }, Space::Text { .. }) => {
                let bytes = |t: &DataType| *t == DataType::Binary;
                bytes(a) == bytes(b)
            }
            (Space::Real(_), Space::Real(_)) => a == b,
            (Space::Bool, Space::Bool) => true,
            _ => false,
        }
    }

    /// Whether the column permits a value; `None` when it cannot be told, as for text of a format.
    pub(crate) fn permits(&self, point: &Point) -> Option<bool> {
        if let Some(finite) = &self.finite
            && !finite.contains(point)
        {
            return Some(false);
        }
        self.limits_permit(point)
    }

    /// Whether everything but the list of allowed values permits a value.
    fn limits_permit(&self, point: &Point) -> Option<bool> {
        match (&self.space, point) {
            (Space::Whole(lattice), Point::Whole(value)) => Some(lattice.contains(*value)),
            (Space::Real(reals), Point::Real(value)) => reals.contains(*value),
            (Space::Bool, Point::Bool(_)) => Some(true),
            (Space::Text { lengths }, Point::Text(text)) => self.text_permits(*lengths, text),
            _ => Some(false),
        }
    }

    fn text_permits(&self, lengths: Lattice, text: &str) -> Option<bool> {
        let limits = &self.column.limits;
        if self.column.data_type == DataType::Uuid {
            return Some(is_uuid(text));
        }
        // The text of bytes in a document is not told apart by encoding, so their number is not known.
        if self.column.data_type == DataType::Binary {
            return (limits.min_length.is_none() && limits.max_length.is_none()).then_some(true);
        }
        if !lengths.contains(text.chars().count() as i128) {
            return Some(false);
        }
        if let Some(pattern) = &limits.pattern {
            let regex = self.pattern.get_or_init(|| whole_match(pattern)).as_ref()?;
            if !regex.is_match(text) {
                return Some(false);
            }
        }
        // What a format means is not decided here.
        limits.format.is_none().then_some(true)
    }

    /// Whether this set is within another, and if not, a value that shows it, as JSON.
    ///
    /// `patterns` is how this column's pattern stands to the other's, where both are text.
    pub(crate) fn within(&self, other: &Self, patterns: &Patterns) -> Answer {
        if let Some(points) = self.enumerated(other) {
            return self.points_within(&points, other);
        }
        match (&self.space, &other.space) {
            (Space::Whole(a), Space::Whole(b)) => match a.outside(*b) {
                Some(value) => self.no(Point::Whole(value), other),
                None => Answer::Yes,
            },
            (Space::Real(a), Space::Real(b)) => {
                let value = a.outside(b).map(Point::Real);
                match (value, a.step_is_within(b)) {
                    (None, Some(true)) => Answer::Yes,
                    (Some(value), _) if self.no(value.clone(), other) != Answer::Unknown => {
                        self.no(value, other)
                    }
                    _ => match a.beside_step(b).map(Point::Real) {
                        Some(value) => self.no(value, other),
                        None => Answer::Unknown,
                    },
                }
            }
            (Space::Text { lengths: a }, Space::Text { lengths: b }) => {
                self.text_within(*a, other, *b, patterns)
            }
            _ => Answer::Unknown,
        }
    }

    /// The values one by one, where they can be listed: a closed list, true and false, or so few numbers
    /// that they could all be in the other's list.
    fn enumerated(&self, other: &Self) -> Option<Vec<Point>> {
        match (&self.finite, &self.space) {
            (Some(points), _) => Some(points.clone()),
            (None, Space::Bool) => Some(vec![Point::Bool(false), Point::Bool(true)]),
            (None, Space::Whole(lattice)) => {
                // One more than the other lists: if there are as many, one of them is not listed.
                let listed = other.finite.as_ref()?.len();
                Some(lattice.iter().take(listed + 1).map(Point::Whole).collect())
            }
            (None, Space::Real(_)) => other.finite.as_ref().map(|listed| {
                // Between two floats there is always one that is not listed, if there is any at all.
                let beyond = listed.iter().filter_map(|point| match point {
                    Point::Real(value) => Some([*value + 1.0, *value + 0.5, value.next_up()]),
                    _ => None,
                });
                beyond.flatten().map(Point::Real).collect()
            }),
            _ => None,
        }
    }

    fn points_within(&self, points: &[Point], other: &Self) -> Answer {
        let same_format = self.column.limits.format == other.column.limits.format;
        // A list of thousands is looked up, not searched.
        let listed: Option<HashSet<String>> = other
            .finite
            .as_ref()
            .map(|points| points.iter().map(|point| format!("{point:?}")).collect());
        let mut unknown = false;
        for point in points {
            let here = self.limits_permit(point);
            if here == Some(false) {
                continue;
            }
            let is_listed = listed
                .as_ref()
                .is_none_or(|listed| listed.contains(&format!("{point:?}")));
            let there = if is_listed {
                other.limits_permit(point)
            } else {
                Some(false)
            };
            match (here, there) {
                (Some(true) | None, Some(false)) if here == Some(true) || self.lists(point) => {
                    return Answer::No(point.json(&self.column.data_type));
                }
                (_, Some(true)) => {}
                // Text of one format on both sides is refused or permitted by both.
                (None, None) if same_format => {}
                _ => unknown = true,
            }
        }
        // Floats are only sampled: finding none proves nothing.
        let sampled = self.finite.is_none() && matches!(self.space, Space::Real(_));
        if unknown || sampled {
            Answer::Unknown
        } else {
            Answer::Yes
        }
    }

    /// Whether the contract lists the value, and so says that it can occur.
    fn lists(&self, point: &Point) -> bool {
        self.finite
            .as_ref()
            .is_some_and(|finite| finite.contains(point))
    }

    fn text_within(&self, a: Lattice, other: &Self, b: Lattice, patterns: &Patterns) -> Answer {
        let (this_type, other_type) = (&self.column.data_type, &other.column.data_type);
        let this = &self.column.limits;
        let that = &other.column.limits;
        let uuid = |t: &DataType| *t == DataType::Uuid;
        let by_type = uuid(this_type) == uuid(other_type) || uuid(this_type);
        let by_length = a.outside(b).is_none();
        let by_format = that.format.is_none() || this.format == that.format;
        let by_pattern = match (&this.pattern, &that.pattern) {
            (_, None) => Some(true),
            (None, Some(_)) => None,
            (Some(a), Some(b)) if a == b => Some(true),
            (Some(_), Some(_)) => patterns.is_within(),
        };
        if by_type && by_length && by_format && by_pattern == Some(true) && other.finite.is_none() {
            return Answer::Yes;
        }
        let mut candidates: Vec<Point> = patterns.outside().map(Point::Text).into_iter().collect();
        if let Some(length) = a.outside(b) {
            candidates.extend(text_of(length).map(Point::Text));
        }
        candidates.extend(["a", "0", "", " "].map(|text| Point::Text(text.to_owned())));
        candidates.extend(
            [a.low, a.low + 1]
                .into_iter()
                .filter_map(text_of)
                .map(Point::Text),
        );
        let shown = candidates
            .into_iter()
            .find(|point| self.permits(point) == Some(true) && other.permits(point) == Some(false));
        match shown {
            Some(point) => Answer::No(point.json(this_type)),
            None => Answer::Unknown,
        }
    }

    /// The answer "no" with a value that the limits of the other leave out. The value is only shown if
    /// it is certain that this column permits it.
    fn no(&self, point: Point, other: &Self) -> Answer {
        if self.permits(&point) == Some(true) && other.permits(&point) == Some(false) {
            Answer::No(point.json(&self.column.data_type))
        } else {
            Answer::Unknown
        }
    }
}

/// How the pattern of the set that is asked about stands to the other's.
pub(crate) struct Patterns {
    /// The comparison of the old with the new, and whether the old one is asked about.
    pub(crate) comparison: Option<Inclusion>,
    pub(crate) old_is_asked: bool,
}

impl Patterns {
    fn is_within(&self) -> Option<bool> {
        Some(match (self.comparison.as_ref()?, self.old_is_asked) {
            (Inclusion::Equal, _)
            | (Inclusion::Wider { .. }, true)
            | (Inclusion::Narrower { .. }, false) => true,
            (Inclusion::Undecided { .. }, _) => return None,
            _ => false,
        })
    }

    fn outside(&self) -> Option<String> {
        match (self.comparison.as_ref()?, self.old_is_asked) {
            (Inclusion::Narrower { only_old } | Inclusion::Neither { only_old, .. }, true) => {
                Some(only_old.clone())
            }
            (Inclusion::Wider { only_new } | Inclusion::Neither { only_new, .. }, false) => {
                Some(only_new.clone())
            }
            _ => None,
        }
    }
}

/// Text of a length, where that is short enough to be read.
fn text_of(length: i128) -> Option<String> {
    let length = usize::try_from(length).ok()?;
    (length <= 300).then(|| "a".repeat(length))
}

fn whole_match(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(MAX_PATTERN_BYTES)
        .nest_limit(60)
        .build()
        .ok()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// The lengths that a column permits.
pub(crate) fn lengths(column: &Column) -> Lattice {
    let limits = &column.limits;
    counts(limits.min_length, limits.max_length)
}

/// The numbers of elements that a column permits.
pub(crate) fn items(column: &Column) -> Lattice {
    let limits = &column.limits;
    counts(limits.min_items, limits.max_items)
}

fn counts(low: Option<u64>, high: Option<u64>) -> Lattice {
    let high = high.map_or(i128::from(u64::MAX), i128::from);
    Lattice::new(low.map_or(0, i128::from), high, 1)
}

/// The whole numbers that the type and the bounds of a column permit, with or without its step; `None`
/// for a type that is not counted so, or a step that is not known to be one.
pub(crate) fn whole(column: &Column, with_step: bool) -> Option<Lattice> {
    let (mut low, mut high) = domain(&column.data_type)?;
    let limits = &column.limits;
    // A bound between two values of the type excludes the value below it, or the one above.
    let floor = |value: &Value| -> Option<(i128, bool)> {
        match scale(&column.data_type) {
            Some(scale) => Some(Exact::of(value)?.floor(scale)),
            None => match Point::of(value, &column.data_type)? {
                Point::Whole(value) => Some((value, true)),
                _ => None,
            },
        }
    };
    if let Some((bound, exact)) = limits.minimum.as_ref().and_then(floor) {
        low = low.max(if exact {
            bound
        } else {
            bound.saturating_add(1)
        });
    }
    if let Some((bound, _)) = limits.exclusive_minimum.as_ref().and_then(floor) {
        low = low.max(bound.saturating_add(1));
    }
    if let Some((bound, _)) = limits.maximum.as_ref().and_then(floor) {
        high = high.min(bound);
    }
    if let Some((bound, exact)) = limits.exclusive_maximum.as_ref().and_then(floor) {
        high = high.min(if exact {
            bound.saturating_sub(1)
        } else {
            bound
        });
    }
    let step = match limits.multiple_of.filter(|_| with_step) {
        Some(step) => Exact::of_float(step)?.step(scale(&column.data_type)?)?,
        None => 1,
    };
    Some(Lattice::new(low, high, step))
}

/// The floats that the bounds of a column permit, with or without its step.
pub(crate) fn reals(column: &Column, with_step: bool) -> Reals {
    let limits = &column.limits;
    let number = |value: &Option<Value>, is_open| {
        let number = value.as_ref().and_then(Value::as_f64);
        number.map(|number| (number, is_open))
    };
    let lows = [
        number(&limits.minimum, false),
        number(&limits.exclusive_minimum, true),
    ];
    let highs = [
        number(&limits.maximum, false),
        number(&limits.exclusive_maximum, true),
    ];
    let step = limits.multiple_of.filter(|_| with_step);
    Reals::new(
        lows.into_iter().flatten(),
        highs.into_iter().flatten(),
        step,
    )
}

/// The smallest and the largest whole number of a type that is counted in whole numbers.
pub(crate) fn domain(data_type: &DataType) -> Option<(i128, i128)> {
    Some(match data_type {
        DataType::Int8 => (i128::from(i8::MIN), i128::from(i8::MAX)),
        DataType::Int16 => (i128::from(i16::MIN), i128::from(i16::MAX)),
        DataType::Int32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        DataType::Int64 => (i128::from(i64::MIN), i128::from(i64::MAX)),
        DataType::Decimal { precision, .. } => {
            let all = 10_i128.checked_pow(u32::from(*precision))?;
            (1 - all, all - 1)
        }
        DataType::Date => (i128::from(*DAY_RANGE.start()), i128::from(*DAY_RANGE.end())),
        DataType::Timestamp | DataType::TimestampNtz => (
            i128::from(*MICROSECOND_RANGE.start()),
            i128::from(*MICROSECOND_RANGE.end()),
        ),
        _ => return None,
    })
}
