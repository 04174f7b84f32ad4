//! Numbers as their text says them: `0.1` is one tenth, not the float next to it.

use dataproduct_contract::Value;

/// A decimal number: `mantissa * 10^exponent`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exact {
    mantissa: i128,
    exponent: i32,
}

/// The largest exponent of ten that fits, and what is larger than every number that is compared.
const MAX_POWER: u32 = 38;

fn power(exponent: u32) -> Option<i128> {
    (exponent <= MAX_POWER).then(|| 10_i128.pow(exponent))
}

impl Exact {
    /// The number that a value of a document is, or that its text says.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(integer) => Some(Self {
                mantissa: i128::from(*integer),
                exponent: 0,
            }),
            Value::Float(float) => Self::of_float(float.get()),
            Value::String(text) => Self::parse(text),
            _ => None,
        }
    }

    /// The shortest decimal that reads as the float: what was written in the document.
    pub(crate) fn of_float(float: f64) -> Option<Self> {
        float
            .is_finite()
            .then(|| Self::parse(&format!("{float:e}")))
            .flatten()
    }

    fn parse(text: &str) -> Option<Self> {
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let unsigned = whole.trim_start_matches(['-', '+']);
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if unsigned.is_empty() && fraction.is_empty()
            || whole.len() - unsigned.len() > 1
            || !all_digits(unsigned)
            || !all_digits(fraction)
        {
            return None;
        }
        let mut mantissa: i128 = format!("{unsigned}{fraction}").parse().ok()?;
        if whole.starts_with('-') {
            mantissa = -mantissa;
        }
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        // Beyond this a number of any column's type is nothing or everything.
        ((-2_000..=2_000).contains(&exponent)).then_some(Self { mantissa, exponent })
    }

    /// The number in units of `10^-scale`, rounded down, and whether it is exact. What is too large
    /// saturates: it is then larger than every value of a column.
    pub(crate) fn floor(self, scale: u8) -> (i128, bool) {
        let shift = self.exponent + i32::from(scale);
        if self.mantissa == 0 {
            return (0, true);
        }
        if shift >= 0 {
            let factor = power(shift.unsigned_abs());
            let scaled = factor.and_then(|factor| self.mantissa.checked_mul(factor));
            let saturated = if self.mantissa > 0 {
                i128::MAX
            } else {
                i128::MIN
            };
            return (scaled.unwrap_or(saturated), scaled.is_some());
        }
        match power(shift.unsigned_abs()) {
            Some(divisor) => (
                self.mantissa.div_euclid(divisor),
                self.mantissa.rem_euclid(divisor) == 0,
            ),
            None => (if self.mantissa > 0 { 0 } else { -1 }, false),
        }
    }

    /// The smallest positive step of units of `10^-scale` whose multiples are those units that are
    /// multiples of this number; `None` for a number that is not positive or too large to tell.
    pub(crate) fn step(self, scale: u8) -> Option<i128> {
        if self.mantissa <= 0 {
            return None;
        }
        let shift = self.exponent + i32::from(scale);
        let factor = power(shift.unsigned_abs())?;
        if shift >= 0 {
            return self.mantissa.checked_mul(factor);
        }
        // A whole number is a multiple of n/d in lowest terms exactly when it is one of n.
        Some(self.mantissa / gcd(self.mantissa, factor))
    }

    /// Whether this number is a whole multiple of another; `None` when the numbers are too far apart
    /// to tell.
    pub(crate) fn is_multiple_of(self, other: Self) -> Option<bool> {
        if other.mantissa == 0 {
            return None;
        }
        let shift = self.exponent - other.exponent;
        let factor = power(shift.unsigned_abs())?;
        let (a, b) = if shift >= 0 {
            (self.mantissa.checked_mul(factor)?, other.mantissa)
        } else {
            (self.mantissa, other.mantissa.checked_mul(factor)?)
        };
        Some(a % b == 0)
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_their_text_says() {
        let exact = |float: f64| Exact::of_float(float).unwrap();
        assert_eq!(exact(0.1).floor(2), (10, true));
        assert_eq!(exact(0.125).floor(2), (12, false));
        assert_eq!(exact(-0.125).floor(2), (-13, false));
        assert_eq!(exact(1e300).floor(2), (i128::MAX, false));
        assert_eq!(exact(-1e300).floor(0), (i128::MIN, false));
        assert_eq!(exact(-1e-300).floor(0), (-1, false));
        assert_eq!(exact(0.0).floor(30), (0, true));
        assert!(Exact::of(&Value::from("12.50")).is_some_and(|e| e.floor(1) == (125, true)));
        for text in ["", "-", ".", "1-2", "--1", "1.2.3", "x", "1e", "1e99999"] {
            assert!(Exact::of(&Value::from(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn steps_are_taken_on_the_units_of_the_type() {
        let step = |float: f64, scale| Exact::of_float(float).unwrap().step(scale);
        assert_eq!(step(0.5, 0), Some(1));
        assert_eq!(step(2.5, 0), Some(5));
        assert_eq!(step(0.05, 2), Some(5));
        assert_eq!(step(3.0, 1), Some(30));
        assert_eq!(step(0.0, 1), None);
        let of = |a: f64, b: f64| {
            Exact::of_float(a)
                .unwrap()
                .is_multiple_of(Exact::of_float(b).unwrap())
        };
        assert_eq!(of(0.3, 0.1), Some(true));
        assert_eq!(of(0.35, 0.1), Some(false));
        assert_eq!(of(1e200, 0.1), None);
    }
}
