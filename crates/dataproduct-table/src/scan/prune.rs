//! Leaving out what cannot match, by the bounds of files, row groups and pages.
//!
//! For a set of rows of which only bounds are known, a predicate may be true for some row, and may be false for
//! some row. Both are carried through the predicate, so that `NOT` is exact; a set is left out when the predicate
//! cannot be true. Nothing here decides on a row: what is kept is evaluated row by row.

use std::cmp::Ordering;
use std::ops::Range;

use crate::predicate::{Bound, Comparison};
use crate::value::Value;

/// What is known of a column's values in a set of rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// No value is below it.
    pub(crate) min: Option<Value>,
    /// No value is above it, except perhaps NaNs.
    pub(crate) max: Option<Value>,
    pub(crate) nulls: Option<u64>,
    pub(crate) rows: Option<u64>,
    /// Whether there is certainly no NaN: Parquet's bounds leave NaNs out.
    pub(crate) nan_free: bool,
}

impl Known {
    /// A column of which all rows are null.
    pub(crate) fn all_null() -> Self {
        Self {
            nulls: Some(1),
            rows: Some(1),
            ..Self::default()
        }
    }

    /// A column that has one value in all rows.
    pub(crate) fn constant(value: Value) -> Self {
        Self {
            // Equality with itself is what holds for a NaN too.
            nan_free: !matches!(value, Value::Float(value) if value.is_nan()),
            min: Some(value.clone()),
            max: Some(value),
            nulls: Some(0),
            rows: Some(1),
        }
    }

    fn only_nulls(&self) -> bool {
        self.nulls.is_some() && self.nulls == self.rows
    }

    /// Whether some value may compare so.
    fn may(&self, comparison: Comparison, value: &Value) -> bool {
        if self.only_nulls() || *value == Value::Null {
            return false;
        }
        let min = self.min.as_ref().and_then(|min| min.compare(value));
        let max = match (&self.max, self.nan_free) {
            (Some(Value::Float(_)), false) => match comparison {
                // A NaN beyond the bound is greater than, or unequal to, what is asked.
                Comparison::Gt | Comparison::GtEq | Comparison::NotEq => None,
                _ if matches!(value, Value::Float(value) if value.is_nan()) => None,
                _ => self.max.as_ref().and_then(|max| max.compare(value)),
            },
            (max, _) => max.as_ref().and_then(|max| max.compare(value)),
        };
        let min_is = |test: fn(Ordering) -> bool| min.is_none_or(test);
        let max_is = |test: fn(Ordering) -> bool| max.is_none_or(test);
        match comparison {
            Comparison::Eq => min_is(Ordering::is_le) && max_is(Ordering::is_ge),
            Comparison::NotEq => min_is(Ordering::is_ne) || max_is(Ordering::is_ne),
            Comparison::Lt => min_is(Ordering::is_lt),
            Comparison::LtEq => min_is(Ordering::is_le),
            Comparison::Gt => max_is(Ordering::is_gt),
            Comparison::GtEq => max_is(Ordering::is_ge),
        }
    }

    /// Whether every value is the same one.
    fn single(&self) -> Option<&Value> {
        let (min, max) = (self.min.as_ref()?, self.max.as_ref()?);
        let exact = self.nan_free || !matches!(max, Value::Float(_));
        (exact && min.compare(max) == Some(Ordering::Equal)).then_some(min)
    }

    /// What one leaf of a predicate may be.
    fn leaf(&self, leaf: &Bound) -> May {
        match leaf {
            Bound::Compare {
                comparison, value, ..
            } => May {
                truth: self.may(*comparison, value),
                falsehood: self.may(comparison.negated(), value),
            },
            Bound::In {
                values, with_null, ..
            } => {
                let in_list = |single: &Value| {
                    values
                        .iter()
                        .any(|value| single.compare(value) == Some(Ordering::Equal))
                };
                May {
                    truth: values.iter().any(|value| self.may(Comparison::Eq, value)),
                    falsehood: match (values.is_empty(), with_null) {
                        (_, true) => false,
                        (true, false) => true,
                        (false, false) => !self.only_nulls() && !self.single().is_some_and(in_list),
                    },
                }
            }
            Bound::IsNull { .. } => May {
                truth: self.nulls != Some(0),
                falsehood: !self.only_nulls(),
            },
            Bound::And(_) | Bound::Or(_) | Bound::Not(_) => May::ANYTHING,
        }
    }
}

/// Whether a predicate may be true, and may be false, for some row of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct May {
    pub(crate) truth: bool,
    pub(crate) falsehood: bool,
}

impl May {
    const ANYTHING: Self = Self {
        truth: true,
        falsehood: true,
    };
}

/// Judges a set of rows. `known` says what is known of a column; `None` is nothing.
pub(crate) fn may(predicate: &Bound, known: &impl Fn(&str) -> Option<Known>) -> May {
    match predicate {
        Bound::Compare { column, .. } | Bound::IsNull { column } | Bound::In { column, .. } => {
            known(column).map_or(May::ANYTHING, |known| known.leaf(predicate))
        }
        Bound::And(all) => all.iter().map(|one| may(one, known)).fold(
            May {
                truth: true,
                falsehood: false,
            },
            |sum, one| May {
                truth: sum.truth && one.truth,
                falsehood: sum.falsehood || one.falsehood,
            },
        ),
        Bound::Or(all) => all.iter().map(|one| may(one, known)).fold(
            May {
                truth: false,
                falsehood: true,
            },
            |sum, one| May {
                truth: sum.truth || one.truth,
                falsehood: sum.falsehood && one.falsehood,
            },
        ),
        Bound::Not(inner) => {
            let inner = may(inner, known);
            May {
                truth: inner.falsehood,
                falsehood: inner.truth,
            }
        }
    }
}

/// Sorted row ranges that do not touch.
pub(crate) type Ranges = Vec<Range<usize>>;

/// A column's pages: the rows of each, and what is known of them.
pub(crate) type Pages = Vec<(Range<usize>, Known)>;

/// The rows of a row group for which a predicate may be true. `pages` says what is known of a column page by page.
pub(crate) fn rows(
    predicate: &Bound,
    rows: usize,
    pages: &impl Fn(&str) -> Option<Pages>,
) -> Ranges {
    may_rows(predicate, rows, pages).0
}

#[expect(
    clippy::single_range_in_vec_init,
    reason = "a list of ranges that happens to hold one"
)]
fn may_rows(
    predicate: &Bound,
    rows: usize,
    pages: &impl Fn(&str) -> Option<Pages>,
) -> (Ranges, Ranges) {
    let all = || vec![0..rows];
    match predicate {
        Bound::Compare { column, .. } | Bound::IsNull { column } | Bound::In { column, .. } => {
            match pages(column) {
                None => (all(), all()),
                Some(pages) => {
                    let (mut truths, mut falsehoods) = (Vec::new(), Vec::new());
                    for (range, known) in pages {
                        let may = known.leaf(predicate);
                        if may.truth {
                            push(&mut truths, range.clone());
                        }
                        if may.falsehood {
                            push(&mut falsehoods, range);
                        }
                    }
                    (truths, falsehoods)
                }
            }
        }
        Bound::And(parts) => parts
            .iter()
            .map(|one| may_rows(one, rows, pages))
            .fold((all(), Vec::new()), |sum, one| {
                (intersect(&sum.0, &one.0), union(&sum.1, &one.1))
            }),
        Bound::Or(parts) => parts
            .iter()
            .map(|one| may_rows(one, rows, pages))
            .fold((Vec::new(), all()), |sum, one| {
                (union(&sum.0, &one.0), intersect(&sum.1, &one.1))
            }),
        Bound::Not(inner) => {
            let (truths, falsehoods) = may_rows(inner, rows, pages);
            (falsehoods, truths)
        }
    }
}

fn push(ranges: &mut Ranges, range: Range<usize>) {
    match ranges.last_mut() {
        Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
        _ if range.is_empty() => {}
        _ => ranges.push(range),
    }
}

fn intersect(a: &Ranges, b: &Ranges) -> Ranges {
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let both = x.start.max(y.start)..x.end.min(y.end);
        if !both.is_empty() {
            push(&mut out, both);
        }
        if x.end < y.end { i += 1 } else { j += 1 }
    }
    out
}

fn union(a: &Ranges, b: &Ranges) -> Ranges {
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    loop {
        match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) if x.start <= y.start => {
                push(&mut out, x.clone());
                i += 1;
            }
            (_, Some(y)) => {
                push(&mut out, y.clone());
                j += 1;
            }
            (Some(x), None) => {
                push(&mut out, x.clone());
                i += 1;
            }
            (None, None) => return out,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges_of(bits: &[bool]) -> Ranges {
        let mut ranges = Vec::new();
        for (at, set) in bits.iter().enumerate() {
            if *set {
                push(&mut ranges, at..at + 1);
            }
        }
        ranges
    }

    proptest! {
        #[test]
        fn ranges_are_sets(pairs in prop::collection::vec(any::<(bool, bool)>(), 0..40)) {
            let (a, b): (Vec<bool>, Vec<bool>) = pairs.iter().copied().unzip();
            let both: Vec<bool> = pairs.iter().map(|(a, b)| *a && *b).collect();
            let any: Vec<bool> = pairs.iter().map(|(a, b)| *a || *b).collect();
            prop_assert_eq!(intersect(&ranges_of(&a), &ranges_of(&b)), ranges_of(&both));
            prop_assert_eq!(union(&ranges_of(&a), &ranges_of(&b)), ranges_of(&any));
        }
    }
}
