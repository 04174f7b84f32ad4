//! Comparisons of plain numbers, a whole column at a time.
//!
//! Nearly always every row holds, so a pass without a branch asks first whether any does not.

use arrow_buffer::NullBuffer;
use dataproduct_contract::expr::{Comparison, Literal};

use super::column::{Kind, Values};
use super::plan::Step;
use crate::failed::Failed;

/// The rows that fail; `None` where this is no comparison of plain numbers of one type.
pub(super) fn failing(condition: &Step, columns: &[Values<'_>]) -> Option<Failed> {
    let Step::Compare(comparison, left, right) = condition else {
        return None;
    };
    match (left.as_ref(), right.as_ref()) {
        (Step::Column(a), Step::Column(b)) => {
            let (a, b) = (columns.get(*a)?, columns.get(*b)?);
            let nulls = NullBuffer::union(a.nulls.as_ref(), b.nulls.as_ref());
            let nulls = nulls.as_ref();
            match (&a.kind, &b.kind) {
                (Kind::Int8(a), Kind::Int8(b)) => both(*comparison, a, b, nulls),
                (Kind::Int16(a), Kind::Int16(b)) => both(*comparison, a, b, nulls),
                (Kind::Int32(a), Kind::Int32(b)) => both(*comparison, a, b, nulls),
                (Kind::Int64(a), Kind::Int64(b)) => both(*comparison, a, b, nulls),
                (Kind::Float32(a), Kind::Float32(b)) => both(*comparison, a, b, nulls),
                (Kind::Float64(a), Kind::Float64(b)) => both(*comparison, a, b, nulls),
                (Kind::Decimal(a, s), Kind::Decimal(b, t)) if s == t => {
                    both(*comparison, a, b, nulls)
                }
                _ => None,
            }
        }
        (Step::Column(at), Step::Literal(literal)) => {
            against(*comparison, columns.get(*at)?, literal)
        }
        (Step::Literal(literal), Step::Column(at)) => {
            against(mirrored(*comparison), columns.get(*at)?, literal)
        }
        _ => None,
    }
}

/// The comparison with its sides exchanged.
const fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

/// A column against a literal that the type of the column has room for.
fn against(comparison: Comparison, column: &Values<'_>, literal: &Literal) -> Option<Failed> {
    let nulls = column.nulls.as_ref();
    match (&column.kind, literal) {
        (Kind::Float64(a), Literal::Float(b)) => one(comparison, a, *b, nulls),
        (Kind::Decimal(a, s), Literal::Decimal { unscaled, scale }) if s == scale => {
            one(comparison, a, *unscaled, nulls)
        }
        (
            kind,
            Literal::Integer(b)
            | Literal::Date(b)
            | Literal::Timestamp(b)
            | Literal::LocalTimestamp(b),
        ) => match kind {
            Kind::Int8(a) => one(comparison, a, i8::try_from(*b).ok()?, nulls),
            Kind::Int16(a) => one(comparison, a, i16::try_from(*b).ok()?, nulls),
            Kind::Int32(a) => one(comparison, a, i32::try_from(*b).ok()?, nulls),
            Kind::Int64(a) => one(comparison, a, *b, nulls),
            _ => None,
        },
        _ => None,
    }
}

fn both<T: Copy + PartialOrd>(
    comparison: Comparison,
    a: &[T],
    b: &[T],
    nulls: Option<&NullBuffer>,
) -> Option<Failed> {
    macro_rules! run {
        ($test:expr) => {{
            let holds = $test;
            let fails = a
                .iter()
                .zip(b)
                .fold(false, |any, (a, b)| any | !holds(a, b));
            Some(match fails {
                false => Failed::none(),
                true => {
                    Failed::of_rows(a.len().min(b.len()), nulls, |row| !holds(&a[row], &b[row]))
                }
            })
        }};
    }
    match comparison {
        Comparison::Equal => run!(|a: &T, b: &T| a == b),
        Comparison::NotEqual => run!(|a: &T, b: &T| a != b),
        Comparison::Less => run!(|a: &T, b: &T| a < b),
        Comparison::LessOrEqual => run!(|a: &T, b: &T| a <= b),
        Comparison::Greater => run!(|a: &T, b: &T| a > b),
        Comparison::GreaterOrEqual => run!(|a: &T, b: &T| a >= b),
        // Null is a value to these.
        Comparison::Distinct | Comparison::NotDistinct => None,
    }
}

fn one<T: Copy + PartialOrd>(
    comparison: Comparison,
    a: &[T],
    b: T,
    nulls: Option<&NullBuffer>,
) -> Option<Failed> {
    macro_rules! run {
        ($test:expr) => {{
            let holds = $test;
            let fails = a.iter().fold(false, |any, a| any | !holds(a));
            Some(match fails {
                false => Failed::none(),
                true => Failed::of_rows(a.len(), nulls, |row| !holds(&a[row])),
            })
        }};
    }
    match comparison {
        Comparison::Equal => run!(|a: &T| *a == b),
        Comparison::NotEqual => run!(|a: &T| *a != b),
        Comparison::Less => run!(|a: &T| *a < b),
        Comparison::LessOrEqual => run!(|a: &T| *a <= b),
        Comparison::Greater => run!(|a: &T| *a > b),
        Comparison::GreaterOrEqual => run!(|a: &T| *a >= b),
        Comparison::Distinct | Comparison::NotDistinct => None,
    }
}
