//! Exact numbers with a fixed number of digits after the point.

use std::fmt;
use std::str::FromStr;

use arrow_array::builder::PrimitiveBuilder;
use arrow_array::types::Decimal128Type;
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;

use super::error::shown;
use super::number::{open_primitive, refuse_values};
use super::{ColumnBuilder, ColumnType, ListElement, Required, RowError};
use crate::{Column, DataType, MAX_DECIMAL_PRECISION};

/// An exact number of at most `P` digits, `S` of them after the point.
///
/// `P` is 1 to 38 and `S` at most `P`; other numbers do not compile. Values are always within
/// `P` digits. It serialises as text, so that no reader rounds it.
///
/// ```
/// use dataproduct_contract::row::Decimal;
/// let price: Decimal<10, 2> = "9999.90".parse()?;
/// assert_eq!(price.units(), 999_990);
/// assert_eq!(price.to_string(), "9999.90");
/// assert!("9.999".parse::<Decimal<10, 2>>().is_err());
/// # Ok::<(), dataproduct_contract::row::DecimalError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal<const P: u8, const S: u8>(i128);

/// Why a number is not of a [`Decimal`] type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// The number needs more digits than the type has.
    #[error("`{value}` has more than the {whole} digits before the point that fit")]
    TooLarge {
        /// The number, shortened.
        value: String,
        /// The digits before the point that fit.
        whole: u8,
    },
    /// Digits after the point would be lost.
    #[error("`{value}` has more than {scale} digits after the point; round it before")]
    TooFine {
        /// The number, shortened.
        value: String,
        /// The digits after the point that fit.
        scale: u8,
    },
    /// The text is no number.
    #[error("`{value}` is not a decimal number: write digits with a `.`, such as `-12.50`")]
    NotANumber {
        /// The text, shortened.
        value: String,
    },
}

impl<const P: u8, const S: u8> Decimal<P, S> {
    /// The largest number: `P` nines.
    pub const MAX: Self = Self(Self::BOUND - 1);
    /// The smallest number.
    pub const MIN: Self = Self(1 - Self::BOUND);
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// 10^P: the first number of units that does not fit.
    const BOUND: i128 = {
        assert!(
            P >= 1 && P <= MAX_DECIMAL_PRECISION && S <= P,
            "a Decimal<P, S> has 1 to 38 digits, at most all of them after the point"
        );
        10_i128.pow(P as u32)
    };
    const WHOLE: u8 = P - S;

    /// The number of that many units of the last digit: `from_units(150)` is `1.50` with two digits
    /// after the point.
    ///
    /// # Errors
    /// [`DecimalError::TooLarge`] beyond `P` digits.
    pub fn from_units(units: i128) -> Result<Self, DecimalError> {
        if units > -Self::BOUND && units < Self::BOUND {
            Ok(Self(units))
        } else {
            Err(DecimalError::TooLarge {
                value: units.to_string(),
                whole: Self::WHOLE,
            })
        }
    }

    /// The number in units of the last digit.
    #[must_use]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// The nearest floating-point number.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 10_f64.powi(i32::from(S))
    }
}

impl<const P: u8, const S: u8> TryFrom<i64> for Decimal<P, S> {
    type Error = DecimalError;
    fn try_from(whole: i64) -> Result<Self, DecimalError> {
        10_i128
            .pow(u32::from(S))
            .checked_mul(i128::from(whole))
            .and_then(|units| Self::from_units(units).ok())
            .ok_or_else(|| DecimalError::TooLarge {
                value: whole.to_string(),
                whole: Self::WHOLE,
            })
    }
}

impl<const P: u8, const S: u8> FromStr for Decimal<P, S> {
    type Err = DecimalError;

    /// Reads `-12.50`: a sign, digits, and a point with at least one digit after it. Zeros behind
    /// the last digit that fits are accepted, as nothing is lost.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let not_a_number = || DecimalError::NotANumber { value: shown(text) };
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(not_a_number()),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(not_a_number());
        }
        let scale = usize::from(S);
        if fraction.trim_end_matches('0').len() > scale {
            return Err(DecimalError::TooFine {
                value: shown(text),
                scale: S,
            });
        }
        let padding = scale.saturating_sub(fraction.len());
        let kept = &fraction[..fraction.len().min(scale)];
        let mut units: i128 = 0;
        for digit in whole
            .bytes()
            .chain(kept.bytes())
            .chain(std::iter::repeat_n(b'0', padding))
        {
            // With 38 digits one more digit would wrap before the bound could be looked at.
            units = units
                .checked_mul(10)
                .map(|units| units + i128::from(digit - b'0'))
                .filter(|units| *units < Self::BOUND)
                .ok_or_else(|| DecimalError::TooLarge {
                    value: shown(text),
                    whole: Self::WHOLE,
                })?;
        }
        Ok(Self(if negative { -units } else { units }))
    }
}

impl<const P: u8, const S: u8> fmt::Display for Decimal<P, S> {
    /// All `S` digits after the point, so that equal numbers are equal text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(S);
        let mut digits = format!("{:0>width$}", self.0.unsigned_abs(), width = scale + 1);
        if scale > 0 {
            digits.insert(digits.len() - scale, '.');
        }
        f.pad_integral(self.0 >= 0, "", &digits)
    }
}

impl<const P: u8, const S: u8> serde::Serialize for Decimal<P, S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const P: u8, const S: u8> serde::Deserialize<'de> for Decimal<P, S> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The builder of a [`Decimal`] column.
#[derive(Debug)]
pub struct DecimalBuilder<const P: u8, const S: u8>(PrimitiveBuilder<Decimal128Type>);

/// The Arrow type of a [`Decimal`] column.
fn arrow_type<const P: u8, const S: u8>() -> ArrowType {
    DataType::Decimal {
        precision: P,
        scale: S,
    }
    .to_arrow()
}

impl<const P: u8, const S: u8> ColumnBuilder for DecimalBuilder<P, S> {
    fn with_capacity(values: usize) -> Self {
        Self(PrimitiveBuilder::with_capacity(values).with_data_type(arrow_type::<P, S>()))
    }
    #[inline]
    fn append_null(&mut self) {
        self.0.append_null();
    }
    #[inline]
    fn append_filler(&mut self) {
        self.0.append_value(0);
    }
    fn finish(self) -> Result<ArrayRef, RowError> {
        ColumnBuilder::finish(self.0)
    }
}

impl<const P: u8, const S: u8> ColumnType for Decimal<P, S> {
    type Builder = DecimalBuilder<P, S>;
    type Reader = PrimitiveArray<Decimal128Type>;
    type View<'a> = Self;

    fn column(name: &str) -> Column {
        Column::new(
            name,
            DataType::Decimal {
                precision: P,
                scale: S,
            },
        )
    }
    #[inline]
    fn append(&self, builder: &mut Self::Builder) {
        builder.0.append_value(self.0);
    }
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self::Reader, RowError> {
        let array = open_primitive::<Decimal128Type>(array, &arrow_type::<P, S>(), absent)?;
        // Arrow does not promise that values keep to the precision of their type.
        refuse_values(&array, absent, &format!("{P} digits"), |units| {
            units > -Self::BOUND && units < Self::BOUND
        })?;
        Ok(array)
    }
    #[inline]
    fn view(reader: &Self::Reader, slot: usize) -> Self {
        Self(reader.value(slot))
    }
    #[inline]
    fn from_view(view: Self) -> Self {
        view
    }
}
impl<const P: u8, const S: u8> Required for Decimal<P, S> {}
impl<const P: u8, const S: u8> ListElement for Decimal<P, S> {}
