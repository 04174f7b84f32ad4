//! Lengths: `198 cm`, `76cm`, `308`, `198.0`, `95/154`, `240-259`, nothing, or `0` for nothing.

use dataproduct::Decimal;

use super::Unreadable;
use crate::sofa::{Extent, LengthUnit};

const EXPECTED: &str = "a length in centimetres such as `198 cm`, `76cm`, `95/154` or `240-259`";

/// No piece of furniture is longer; what is, was written in another unit.
const LONGEST_MM: i32 = 10_000;

/// A length or a range of lengths, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The smallest.
    pub min: i32,
    /// The largest.
    pub max: i32,
}

impl Span {
    /// The smallest span that holds both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }

    /// The span as a value of the product.
    #[must_use]
    pub fn extent(self) -> Extent {
        // A millimetre is one unit of the last digit.
        let tenths = |mm: i32| Decimal::from_units(i128::from(mm)).unwrap_or(Decimal::MAX);
        Extent {
            min: tenths(self.min),
            max: tenths(self.max),
            unit: LengthUnit::Centimetre,
        }
    }
}

/// Reads a length in centimetres; `None` when the text is empty or says zero, which is the shops'
/// way to say that they do not know.
///
/// `95/154` names two parts in any order. `240-259` is a range and must rise.
///
/// # Errors
/// [`Unreadable`] for another unit, more than one digit after the point, a falling range, or a
/// length above ten metres.
pub fn length(text: &str) -> Result<Option<Span>, Unreadable> {
    let unreadable = || Unreadable::new(text, EXPECTED);
    let trimmed = text.trim();
    let number = trimmed.strip_suffix("cm").unwrap_or(trimmed).trim_end();
    if trimmed.is_empty() {
        return Ok(None);
    }
    let one = |part: &str| millimetres(part).ok_or_else(unreadable);
    let span = if let Some((low, high)) = number.split_once('-') {
        let (min, max) = (one(low)?, one(high)?);
        if min > max {
            return Err(unreadable());
        }
        Span { min, max }
    } else if let Some((first, second)) = number.split_once('/') {
        let (first, second) = (one(first)?, one(second)?);
        Span {
            min: first.min(second),
            max: first.max(second),
        }
    } else {
        let mm = one(number)?;
        Span { min: mm, max: mm }
    };
    match span {
        Span { max: 0, .. } => Ok(None),
        Span { min: 0, .. } => Err(unreadable()),
        span => Ok(Some(span)),
    }
}

/// `198`, `65.5` or `198.0`; at most one digit after the point, which is what millimetres keep.
fn millimetres(text: &str) -> Option<i32> {
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(tenth) || tenth.len() > 1 {
        return None;
    }
    let mm = whole
        .parse::<i32>()
        .ok()?
        .checked_mul(10)?
        .checked_add(tenth.parse().ok()?)?;
    (mm <= LONGEST_MM).then_some(mm)
}
