//! What the numbers of a column are.

use super::Seen;

/// The largest whole number up to which every one is a float of 64 bits: 2^53.
pub const EXACT_IN_FLOAT: f64 = 9_007_199_254_740_992.0;
/// The most digits after the point that are looked for in floats.
const MAX_SCALE: u8 = 6;

/// The numbers of a column of numbers, or of the texts of a column that are numbers.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Numbers {
    /// How many there are; neither infinite ones nor NaN are among them.
    pub rows: u64,
    /// The smallest, rounded to a float; 0 where there is none.
    pub minimum: f64,
    /// The largest, rounded to a float; 0 where there is none.
    pub maximum: f64,
    /// The smallest and the largest, where all are whole numbers of 64 bits.
    pub integers: Option<(i64, i64)>,
    /// Those below zero.
    pub negative: Seen,
    /// Those that are zero.
    pub zero: Seen,
    /// How many have no fraction.
    pub whole: u64,
    /// How many are infinite or NaN.
    pub not_finite: Seen,
    /// Those beyond 2^53, which a float or a JSON number rounds.
    pub beyond_float: Seen,
    /// The most digits before and after the point, of texts that are exact numbers and of decimals.
    pub digits: (u32, u32),
    /// The most digits after the point that a float needs, up to 6; `None` where one needs more.
    pub scale: Option<u8>,
}

impl Numbers {
    pub(super) fn new() -> Self {
        Self {
            integers: Some((i64::MAX, i64::MIN)),
            scale: Some(0),
            ..Self::default()
        }
    }

    pub(super) fn see_integer(&mut self, value: i64, rows: u64, first: u64) {
        #[expect(clippy::cast_precision_loss, reason = "the bounds are rounded")]
        self.see(value as f64, rows, first);
        if let Some((least, most)) = &mut self.integers {
            *least = value.min(*least);
            *most = value.max(*most);
        }
    }

    pub(super) fn see_float(&mut self, value: f64, rows: u64, first: u64) {
        self.integers = None;
        if !value.is_finite() {
            return self.not_finite.add(rows, first);
        }
        self.see(value, rows, first);
        while let Some(scale) = self.scale {
            let factor = 10_f64.powi(i32::from(scale));
            if (value * factor).round() / factor == value {
                break;
            }
            self.scale = (scale < MAX_SCALE).then_some(scale + 1);
        }
    }

    fn see(&mut self, value: f64, rows: u64, first: u64) {
        if self.rows == 0 {
            (self.minimum, self.maximum) = (value, value);
        }
        self.rows += rows;
        self.minimum = self.minimum.min(value);
        self.maximum = self.maximum.max(value);
        if value < 0.0 {
            self.negative.add(rows, first);
        } else if value == 0.0 {
            self.zero.add(rows, first);
        }
        if value.fract() == 0.0 {
            self.whole += rows;
        }
        if value.abs() > EXACT_IN_FLOAT {
            self.beyond_float.add(rows, first);
        }
    }

    pub(super) fn see_digits(&mut self, (whole, fraction): (u32, u32)) {
        self.digits.0 = self.digits.0.max(whole);
        self.digits.1 = self.digits.1.max(fraction);
    }

    pub(super) fn finished(mut self) -> Self {
        if self.rows == 0 {
            self.integers = None;
        }
        self
    }
}
