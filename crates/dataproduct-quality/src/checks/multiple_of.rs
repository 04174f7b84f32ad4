//! `multiple-of`: values are whole multiples of a step, such as 12 or 0.05.
//!
//! Applies to whole and floating-point numbers and decimals. Whole numbers and decimals are judged exactly: the step
//! is the number as it is written, so 0.1 is one tenth. A float is a multiple when it differs from the nearest one by
//! at most a thousand-millionth of the step or, where the float itself is coarser than that, by twice the distance
//! between neighbouring floats of its width. Zero is a multiple; infinities and what is not a number (NaN) are none.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use dataproduct_contract::Value;

use super::{only, unfit};
use crate::failed::Failed;

/// By how much of the step a float may differ from a multiple.
const TOLERANCE: f64 = 1e-9;

/// See the [list of checks](super).
#[derive(Clone, Debug)]
pub struct MultipleOf {
    step: Step,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// In the units of the column: numbers, or the last digits of a decimal.
    Whole(i128),
    Float(f64),
}

impl MultipleOf {
    /// Binds a step to a type.
    ///
    /// # Errors
    /// When the step is no number above zero, has more digits than 128 bits hold, or values of the type are no
    /// numbers.
    pub fn bind(step: &Value, data_type: &DataType) -> Result<Self, String> {
        let scale = match data_type {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => 0,
            DataType::Decimal128(_, scale) => u32::try_from(*scale)
                .map_err(|_| format!("{data_type} has digits before the point only"))?,
            DataType::Float32 | DataType::Float64 => {
                let step = step.as_f64().filter(|step| step.is_finite() && *step > 0.0);
                let step = step.ok_or("the step is not a number above zero")?;
                let step = Step::Float(step);
                return Ok(Self { step });
            }
            _ => {
                only(false, "numbers", data_type)?;
                0
            }
        };
        let (digits, places) = decimal(step).ok_or("the step is not a number above zero")?;
        let step = Step::Whole(in_units(digits, places, scale));
        Ok(Self { step })
    }

    pub(super) fn failing(&self, array: &ArrayRef) -> Failed {
        match array.data_type() {
            DataType::Int8 => self.whole::<Int8Type>(array),
            DataType::Int16 => self.whole::<Int16Type>(array),
            DataType::Int32 => self.whole::<Int32Type>(array),
            DataType::Int64 => self.whole::<Int64Type>(array),
            DataType::Decimal128(..) => self.whole::<Decimal128Type>(array),
            DataType::Float32 => self.floats::<Float32Type>(array, f64::from(f32::EPSILON)),
            DataType::Float64 => self.floats::<Float64Type>(array, f64::EPSILON),
            _ => unfit(array),
        }
    }

    fn whole<T: ArrowPrimitiveType>(&self, array: &ArrayRef) -> Failed
    where
        T::Native: TryFrom<i128> + std::ops::Rem<Output = T::Native>,
    {
        let (Step::Whole(step), Some(array)) = (self.step, array.as_primitive_opt::<T>()) else {
            return unfit(array);
        };
        let values: &[T::Native] = array.values();
        let zero = T::Native::default();
        match T::Native::try_from(step) {
            _ if step == 1 => Failed::none(),
            Ok(step) => Failed::of_rows(values.len(), array.nulls(), |row| {
                values[row] % step != zero
            }),
            // The step is larger than every value.
            Err(_) => Failed::of_rows(values.len(), array.nulls(), |row| {
                values[row] != zero && !is_opposite(values[row], step)
            }),
        }
    }

    fn floats<T: ArrowPrimitiveType>(&self, array: &ArrayRef, epsilon: f64) -> Failed
    where
        T::Native: Into<f64>,
    {
        let (Step::Float(step), Some(array)) = (self.step, array.as_primitive_opt::<T>()) else {
            return unfit(array);
        };
        let values: &[T::Native] = array.values();
        Failed::of_rows(values.len(), array.nulls(), |row| {
            !is_multiple(values[row].into(), step, epsilon)
        })
    }
}

/// Whether a value is the step with its sign turned: the smallest number of a type has no opposite in it.
fn is_opposite<N: TryFrom<i128> + PartialEq>(value: N, step: i128) -> bool {
    step.checked_neg()
        .and_then(|step| N::try_from(step).ok())
        .is_some_and(|step| step == value)
}

fn is_multiple(value: f64, step: f64, epsilon: f64) -> bool {
    let quotient = value / step;
    if !quotient.is_finite() {
        // A finite value so many steps away cannot be told from a multiple.
        return value.is_finite();
    }
    let off = (quotient - quotient.round()).abs();
    off <= TOLERANCE.max(2.0 * epsilon * quotient.abs())
}

/// A number above zero as it is written: its digits, and how many of them stand behind the point.
fn decimal(value: &Value) -> Option<(i128, u32)> {
    let text = match value {
        Value::Integer(value) => value.to_string(),
        // Written out in full, without an exponent.
        Value::Float(value) => value.get().to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(part) {
        return None;
    }
    let digits: i128 = format!("{whole}{part}").parse().ok()?;
    let places = u32::try_from(part.len()).ok()?;
    (digits > 0).then_some((digits, places))
}

/// The smallest number of units of which whole multiples of the step are multiples: where the step is no whole number
/// of units, more steps than one. Beyond 128 bits the size does not matter, as only zero is a multiple.
fn in_units(digits: i128, places: u32, scale: u32) -> i128 {
    if scale >= places {
        let units = 10_i128.checked_pow(scale - places);
        return units
            .and_then(|units| digits.checked_mul(units))
            .unwrap_or(i128::MAX);
    }
    // v * 10^n is a multiple of the digits exactly if v is one of what they do not share with 10^n.
    let mut rest = digits;
    for factor in [2, 5] {
        for _ in 0..places - scale {
            if rest % factor != 0 {
                break;
            }
            rest /= factor;
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use std::sync::Arc;

    use arrow_array::{Decimal128Array, Float32Array, Float64Array, Int8Array, Int64Array};
    use proptest::prelude::*;

    fn float(value: f64) -> Value {
        Value::try_from(value).unwrap()
    }

    #[track_caller]
    fn check(step: impl Into<Value>, array: impl Array + 'static, expect: &[usize]) {
        let array: ArrayRef = Arc::new(array);
        let check = MultipleOf::bind(&step.into(), array.data_type()).unwrap();
        assert_eq!(rows(&check.failing(&array)), expect);
    }

    #[test]
    fn whole_numbers_are_judged_exactly() {
        let ends = || Int64Array::from(vec![i64::MIN, -6, 0, 4, i64::MAX]);
        check(2, ends(), &[4]);
        check(float(1.5), ends(), &[0, 3, 4]);
        check(float(0.25), ends(), &[]);
        check(i64::MAX, ends(), &[0, 1, 3]);
        check(128, Int8Array::from(vec![i8::MIN, 0, 64]), &[2]);
        check(1_000, Int8Array::from(vec![0, 100]), &[1]);
        check(float(1e-300), ends(), &[]);
        check(float(1e30), ends(), &[0, 1, 3, 4]);
    }

    #[test]
    fn decimals_are_judged_exactly() {
        let cents = |values: Vec<i128>| {
            Decimal128Array::from(values)
                .with_precision_and_scale(38, 2)
                .unwrap()
        };
        check(float(0.05), cents(vec![5, 10, 7, 0, -15]), &[2]);
        check(float(0.025), cents(vec![5, 10, 7, 0, -15]), &[2]);
        check("0.10", cents(vec![5, 10]), &[0]);
        check(3, cents(vec![300, 100, 10_i128.pow(37)]), &[1, 2]);
        check(float(1e37), cents(vec![0, 1]), &[1]);
    }

    #[test]
    fn floats_are_multiples_within_a_part_in_a_thousand_million() {
        let inf = f64::INFINITY;
        check(
            float(0.1),
            Float64Array::from(vec![0.3, 0.35, 12_345_678.9, 0.0, f64::NAN, inf]),
            &[1, 4, 5],
        );
        check(
            float(0.1),
            Float64Array::from(vec![0.300_000_01, 0.300_000_000_01, -0.7]),
            &[0],
        );
        check(float(0.1), Float32Array::from(vec![0.1, 0.7, 0.75]), &[2]);
        check(float(1e-300), Float64Array::from(vec![1e300, -inf]), &[1]);
    }

    #[test]
    fn a_step_is_a_number_above_zero() {
        for step in [
            Value::from(0),
            Value::from(-1),
            float(-0.5),
            "x".into(),
            "".into(),
            Value::Null,
        ] {
            assert!(MultipleOf::bind(&step, &DataType::Int64).is_err(), "{step}");
            assert!(
                MultipleOf::bind(&step, &DataType::Float64).is_err(),
                "{step}"
            );
        }
        assert!(MultipleOf::bind(&Value::from(1), &DataType::Utf8).is_err());
    }

    proptest! {
        #[test]
        fn whole_numbers_agree_with_a_plain_loop(
            values in column(prop_oneof![-50_i64..50, any::<i64>()]),
            digits in 1_i64..200,
            places in 0_u32..3,
        ) {
            let power = 10_i64.pow(places);
            let step = float(digits as f64 / power as f64);
            let check = MultipleOf::bind(&step, &DataType::Int64).unwrap();
            let expect = values.failing(|v| i128::from(*v) * i128::from(power) % i128::from(digits) != 0);
            prop_assert_eq!(rows(&check.failing(&values.primitive::<Int64Type>())), expect);
        }
    }
}
