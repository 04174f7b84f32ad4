//! One value of one row, and what is computed from two of them.

use std::borrow::Cow;
use std::cmp::Ordering;

use dataproduct_contract::ExprType;
use dataproduct_contract::expr::{Arithmetic, Comparison, DAYS, Literal, MICROS};

/// A value. Days, times and durations are integers.
#[derive(Clone, Debug)]
pub(super) enum Cell<'a> {
    Null,
    /// Cannot be computed.
    Broken,
    Boolean(bool),
    Integer(i64),
    /// Unscaled, and the digits after the point.
    Decimal(i128, u8),
    Float(f64),
    Text(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    pub(super) fn of_literal(literal: &'a Literal) -> Self {
        match literal {
            Literal::Boolean(value) => Self::Boolean(*value),
            Literal::Integer(value)
            | Literal::Date(value)
            | Literal::Timestamp(value)
            | Literal::LocalTimestamp(value)
            | Literal::Duration(value) => Self::Integer(*value),
            Literal::Decimal { unscaled, scale } => Self::Decimal(*unscaled, *scale),
            Literal::Float(value) => Self::Float(*value),
            Literal::Text(text) => Self::Text(Cow::Borrowed(text)),
            Literal::Null => Self::Null,
            // A kind of literal that this crate does not know yet.
            _ => Self::Broken,
        }
    }

    pub(super) fn integer(value: Option<i64>) -> Self {
        value.map_or(Self::Broken, Self::Integer)
    }

    fn decimal(value: Option<i128>, scale: u8) -> Self {
        value.map_or(Self::Broken, |value| Self::Decimal(value, scale))
    }

    pub(super) fn is_settled(&self) -> bool {
        !matches!(self, Self::Null | Self::Broken)
    }

    /// The number in a wider type.
    pub(super) fn converted(self, to: ExprType) -> Self {
        match (self, to) {
            (Self::Integer(value), ExprType::Float) => Self::Float(value as f64),
            (Self::Decimal(value, scale), ExprType::Float) => Self::Float(to_float(value, scale)),
            (Self::Integer(value), ExprType::Decimal { scale }) => {
                Self::decimal(scaled(i128::from(value), scale), scale)
            }
            (Self::Decimal(value, from), ExprType::Decimal { scale }) => {
                let more = scale.checked_sub(from);
                Self::decimal(more.and_then(|more| scaled(value, more)), scale)
            }
            (same @ (Self::Null | Self::Broken | Self::Float(_)), _) => same,
            _ => Self::Broken,
        }
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::Integer(value) => Self::integer(value.checked_neg()),
            Self::Decimal(value, scale) => Self::decimal(value.checked_neg(), scale),
            Self::Float(value) => Self::Float(-value),
            Self::Null => Self::Null,
            _ => Self::Broken,
        }
    }

    pub(super) fn absolute(self) -> Self {
        match self {
            Self::Integer(value) => Self::integer(value.checked_abs()),
            Self::Decimal(value, scale) => Self::decimal(value.checked_abs(), scale),
            Self::Float(value) => Self::Float(value.abs()),
            Self::Null => Self::Null,
            _ => Self::Broken,
        }
    }

    /// What comes out, of a type.
    pub(super) fn computed(self, operator: Arithmetic, other: Self, to: ExprType) -> Self {
        match (self, other) {
            (Self::Broken, _) | (_, Self::Broken) => Self::Broken,
            (Self::Null, _) | (_, Self::Null) => Self::Null,
            (Self::Integer(a), Self::Integer(b)) => integers(operator, a, b, to),
            (Self::Decimal(a, s), Self::Decimal(b, t)) => decimals(operator, (a, s), (b, t)),
            (Self::Float(a), Self::Float(b)) => floats(operator, a, b),
            _ => Self::Broken,
        }
    }

    pub(super) fn compared(&self, comparison: Comparison, other: &Self) -> Self {
        match (self, other) {
            (Self::Broken, _) | (_, Self::Broken) => return Self::Broken,
            (Self::Null, _) | (_, Self::Null) => {
                let same = !self.is_settled() && !other.is_settled();
                return match comparison {
                    Comparison::Distinct => Self::Boolean(!same),
                    Comparison::NotDistinct => Self::Boolean(same),
                    _ => Self::Null,
                };
            }
            _ => {}
        }
        let order = self.order(other);
        let is_nan = |cell: &Self| matches!(cell, Self::Float(value) if value.is_nan());
        let same = order == Some(Ordering::Equal) || (is_nan(self) && is_nan(other));
        Self::Boolean(match comparison {
            Comparison::Equal => order == Some(Ordering::Equal),
            Comparison::NotEqual => order != Some(Ordering::Equal),
            Comparison::Less => order.is_some_and(Ordering::is_lt),
            Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
            Comparison::Greater => order.is_some_and(Ordering::is_gt),
            Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
            Comparison::Distinct => !same,
            Comparison::NotDistinct => same,
        })
    }

    /// The order of two values of one type; NaN has none.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => Some(a.cmp(b)),
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(b)),
            (Self::Decimal(a, s), Self::Decimal(b, t)) => Some(decimal_order((*a, *s), (*b, *t))),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// With so many more digits after the point.
fn scaled(value: i128, more: u8) -> Option<i128> {
    value.checked_mul(10_i128.checked_pow(u32::from(more))?)
}

/// The nearest float.
fn to_float(value: i128, scale: u8) -> f64 {
    // Two numbers that a float holds exactly make a quotient that is rounded once.
    if scale <= 22 && value.unsigned_abs() < 1 << 53 {
        return value as f64 / 10_f64.powi(i32::from(scale));
    }
    // Reading digits gives the nearest float, and fails for no number.
    format!("{value}e-{scale}").parse().unwrap_or(f64::NAN)
}

fn decimal_order((a, s): (i128, u8), (b, t): (i128, u8)) -> Ordering {
    // One that has no room for the digits of the other is further from zero.
    let beyond = |value: i128| value.cmp(&0);
    match s.cmp(&t) {
        Ordering::Equal => a.cmp(&b),
        Ordering::Less => scaled(a, t - s).map_or(beyond(a), |a| a.cmp(&b)),
        Ordering::Greater => scaled(b, s - t).map_or(beyond(b).reverse(), |b| a.cmp(&b)),
    }
}

fn integers<'a>(operator: Arithmetic, a: i64, b: i64, to: ExprType) -> Cell<'a> {
    let found = match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Remainder if b == 0 => return Cell::Null,
        // The remainder by -1 is zero, also where the quotient has no room.
        Arithmetic::Remainder => Some(a.wrapping_rem(b)),
        Arithmetic::Divide => None,
    };
    Cell::integer(found.filter(|value| match to {
        ExprType::Date => DAYS.contains(value),
        ExprType::Timestamp | ExprType::LocalTimestamp => MICROS.contains(value),
        _ => true,
    }))
}

fn decimals<'a>(operator: Arithmetic, (a, s): (i128, u8), (b, t): (i128, u8)) -> Cell<'a> {
    match operator {
        Arithmetic::Add => Cell::decimal(a.checked_add(b), s),
        Arithmetic::Subtract => Cell::decimal(a.checked_sub(b), s),
        Arithmetic::Multiply => Cell::decimal(a.checked_mul(b), s.saturating_add(t)),
        Arithmetic::Remainder if b == 0 => Cell::Null,
        Arithmetic::Remainder => Cell::Decimal(a.wrapping_rem(b), s),
        Arithmetic::Divide => Cell::Broken,
    }
}

fn floats<'a>(operator: Arithmetic, a: f64, b: f64) -> Cell<'a> {
    Cell::Float(match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide | Arithmetic::Remainder if b == 0.0 => return Cell::Null,
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => a % b,
    })
}
