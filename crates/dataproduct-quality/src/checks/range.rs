//! `range`: values lie between bounds, each of which may be one of the values or not.
//!
//! Applies to whole and floating-point numbers, decimals, dates, timestamps and text. Numbers and times are compared
//! by size, exactly: a bound of 0.1 on a decimal of one digit is one tenth, and a 32-bit float is compared as the
//! number that it holds. Text is compared byte by byte. What is not a number (NaN) lies between no bounds.
//!
//! The first pass has no branch and only tells whether any value lies outside, missing ones and all; rows are looked
//! for only then.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::{only, unfit};
use crate::failed::Failed;
use crate::promise::{Bound, Interval, Scalar};

/// See the [list of checks](super).
#[derive(Clone, Debug)]
pub struct Range {
    bounds: Bounds,
}

/// Bounds that belong to the range themselves, in the units of the column.
#[derive(Clone, Debug)]
enum Bounds {
    Integers(i128, i128),
    Floats(f64, f64),
    Texts(Interval),
    /// No value lies between the bounds.
    Nothing,
}

impl Range {
    /// Binds bounds to a type; a bound that is left out leaves that side open.
    ///
    /// # Errors
    /// When a bound is no value of the type, or values of the type have no order.
    pub fn bind(
        minimum: Option<&Bound>,
        maximum: Option<&Bound>,
        data_type: &DataType,
    ) -> Result<Self, String> {
        let interval = Interval::new(minimum, maximum, data_type)?;
        let bounds = match data_type {
            DataType::Utf8 => Bounds::Texts(interval),
            DataType::Float32 | DataType::Float64 => floats(&interval),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Decimal128(..)
            | DataType::Date32
            | DataType::Timestamp(..) => integers(&interval),
            _ => {
                only(false, "numbers, times and text", data_type)?;
                Bounds::Nothing
            }
        };
        Ok(Self { bounds })
    }

    pub(super) fn failing(&self, array: &ArrayRef) -> Failed {
        match array.data_type() {
            DataType::Int8 => self.whole::<Int8Type>(array),
            DataType::Int16 => self.whole::<Int16Type>(array),
            DataType::Int32 => self.whole::<Int32Type>(array),
            DataType::Int64 => self.whole::<Int64Type>(array),
            DataType::Date32 => self.whole::<Date32Type>(array),
            DataType::Timestamp(..) => self.whole::<TimestampMicrosecondType>(array),
            DataType::Decimal128(..) => self.whole::<Decimal128Type>(array),
            DataType::Float32 => match &self.bounds {
                Bounds::Floats(low, high) => within::<Float32Type>(array, |v| {
                    (f64::from(v) >= *low) & (f64::from(v) <= *high)
                }),
                _ => unfit(array),
            },
            DataType::Float64 => match &self.bounds {
                Bounds::Floats(low, high) => {
                    within::<Float64Type>(array, |v| (v >= *low) & (v <= *high))
                }
                _ => unfit(array),
            },
            DataType::Utf8 => match &self.bounds {
                Bounds::Texts(interval) => {
                    let texts = array.as_string::<i32>();
                    let outside = |row| !interval.holds_text(texts.value(row));
                    Failed::of_rows(array.len(), array.nulls(), outside)
                }
                _ => unfit(array),
            },
            _ => unfit(array),
        }
    }

    /// Values that count in whole units.
    fn whole<T: ArrowPrimitiveType>(&self, array: &ArrayRef) -> Failed
    where
        T::Native: TryFrom<i128> + Into<i128>,
    {
        let Bounds::Integers(low, high) = self.bounds else {
            return unfit(array);
        };
        // A bound beyond what the type holds lets everything pass, or nothing.
        let (least, most) = native_range::<T>();
        match (
            T::Native::try_from(low.max(least)),
            T::Native::try_from(high.min(most)),
        ) {
            (Ok(low), Ok(high)) => within::<T>(array, |v| (v >= low) & (v <= high)),
            _ => unfit(array),
        }
    }
}

/// The smallest and the largest number of a type.
fn native_range<T: ArrowPrimitiveType>() -> (i128, i128) {
    let bits = 8 * u32::try_from(size_of::<T::Native>()).unwrap_or(16).min(16);
    (i128::MIN >> (128 - bits), i128::MAX >> (128 - bits))
}

fn within<T: ArrowPrimitiveType>(array: &ArrayRef, holds: impl Fn(T::Native) -> bool) -> Failed {
    let Some(primitive) = array.as_primitive_opt::<T>() else {
        return unfit(array);
    };
    let values: &[T::Native] = primitive.values();
    if values.iter().fold(true, |all, &v| all & holds(v)) {
        return Failed::none();
    }
    Failed::of_rows(values.len(), array.nulls(), |row| !holds(values[row]))
}

fn integers(interval: &Interval) -> Bounds {
    let low = match &interval.minimum {
        Some((Scalar::Integer(low), true)) => Some(*low),
        Some((Scalar::Integer(low), false)) => low.checked_add(1),
        _ => Some(i128::MIN),
    };
    let high = match &interval.maximum {
        Some((Scalar::Integer(high), true)) => Some(*high),
        Some((Scalar::Integer(high), false)) => high.checked_sub(1),
        _ => Some(i128::MAX),
    };
    match (low, high) {
        (Some(low), Some(high)) => Bounds::Integers(low, high),
        _ => Bounds::Nothing,
    }
}

fn floats(interval: &Interval) -> Bounds {
    let low = match &interval.minimum {
        Some((Scalar::Float(low), true)) => *low,
        Some((Scalar::Float(low), false)) => low.next_up(),
        _ => f64::NEG_INFINITY,
    };
    let high = match &interval.maximum {
        Some((Scalar::Float(high), true)) => *high,
        Some((Scalar::Float(high), false)) => high.next_down(),
        _ => f64::INFINITY,
    };
    Bounds::Floats(low, high)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use std::sync::Arc;

    use arrow_array::{Date32Array, Float64Array, Int8Array, Int64Array};
    use dataproduct_contract::Value;
    use proptest::prelude::*;

    fn bound(value: impl Into<Value>, inclusive: bool) -> Option<Bound> {
        let value = value.into();
        Some(Bound { value, inclusive })
    }

    fn float(value: f64) -> Value {
        Value::try_from(value).unwrap()
    }

    #[track_caller]
    fn check(
        (low, high): (Option<Bound>, Option<Bound>),
        array: impl Array + 'static,
        expect: &[usize],
    ) {
        let array: ArrayRef = Arc::new(array);
        let range = Range::bind(low.as_ref(), high.as_ref(), array.data_type()).unwrap();
        assert_eq!(rows(&range.failing(&array)), expect);
    }

    #[test]
    fn extremes_and_bounds_beyond_the_type() {
        let ends = || Int64Array::from(vec![i64::MIN, -1, 0, i64::MAX]);
        check((None, None), ends(), &[]);
        check(
            (bound(i64::MIN, false), bound(i64::MAX, false)),
            ends(),
            &[0, 3],
        );
        check((bound(0, true), None), ends(), &[0, 1]);
        check((bound(1, true), bound(0, true)), ends(), &[0, 1, 2, 3]);
        let small = || Int8Array::from(vec![i8::MIN, 0, i8::MAX]);
        check((bound(-1_000, true), bound(1_000, true)), small(), &[]);
        check((bound(1_000, true), None), small(), &[0, 1, 2]);
        check((None, bound(-1_000, false)), small(), &[0, 1, 2]);
        check((bound(127, false), None), small(), &[0, 1, 2]);
        check(
            (bound("1970-01-02", true), None),
            Date32Array::from(vec![0, 1]),
            &[0],
        );
        check((None, None), Int64Array::from(Vec::<i64>::new()), &[]);
        check(
            (bound(1, true), None),
            Int64Array::from(vec![None, None]),
            &[],
        );
    }

    #[test]
    fn no_nan_lies_within_and_zeros_are_one() {
        let odd = || {
            let inf = f64::INFINITY;
            Float64Array::from(vec![f64::NAN, inf, -inf, 0.0, -0.0, f64::MIN_POSITIVE])
        };
        check((None, None), odd(), &[0]);
        check((bound(0, true), None), odd(), &[0, 2]);
        check((bound(0, false), None), odd(), &[0, 2, 3, 4]);
        check(
            (bound(float(-0.0), false), bound(0, true)),
            odd(),
            &[0, 1, 2, 3, 4, 5],
        );
        check(
            (None, bound(float(f64::MIN), false)),
            odd(),
            &[0, 1, 3, 4, 5],
        );
    }

    #[test]
    fn an_array_of_another_type_is_not_passed() {
        let range = Range::bind(None, None, &DataType::Int64).unwrap();
        let texts: ArrayRef = Arc::new(arrow_array::StringArray::from(vec![Some("a"), None]));
        assert_eq!(rows(&range.failing(&texts)), [0]);
        assert!(Range::bind(None, None, &DataType::Boolean).is_err());
        assert!(Range::bind(bound("x", true).as_ref(), None, &DataType::Int8).is_err());
    }

    fn holds<T: PartialOrd>(v: &T, low: &Option<(T, bool)>, high: &Option<(T, bool)>) -> bool {
        let above = low
            .as_ref()
            .is_none_or(|(l, own)| v > l || (*own && v == l));
        above
            && high
                .as_ref()
                .is_none_or(|(h, own)| v < h || (*own && v == h))
    }

    fn bounds<T: Clone + Into<Value>>(of: &Option<(T, bool)>) -> Option<Bound> {
        of.as_ref()
            .and_then(|(value, own)| bound(value.clone(), *own))
    }

    fn integer() -> impl Strategy<Value = i64> {
        prop_oneof![-5_i64..5, Just(i64::MIN), Just(i64::MAX), any::<i64>()]
    }

    fn real() -> impl Strategy<Value = f64> {
        prop_oneof![
            (-4_i8..4).prop_map(|v| f64::from(v) / 2.0),
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(-0.0),
            any::<f64>(),
        ]
    }

    proptest! {
        #[test]
        fn integers_agree_with_a_plain_loop(
            values in column(integer()),
            low in prop::option::of((integer(), any::<bool>())),
            high in prop::option::of((integer(), any::<bool>())),
        ) {
            let expect = values.failing(|v| !holds(v, &low, &high));
            let (low, high) = (bounds(&low), bounds(&high));
            let range = Range::bind(low.as_ref(), high.as_ref(), &DataType::Int64).unwrap();
            prop_assert_eq!(rows(&range.failing(&values.primitive::<Int64Type>())), expect);
        }

        #[test]
        fn decimals_agree_with_a_plain_loop(
            values in column(-500_i128..500),
            low in prop::option::of((-50_i64..50, any::<bool>())),
            high in prop::option::of((-50_i64..50, any::<bool>())),
        ) {
            let cents = |of: &Option<(i64, bool)>| of.map(|(v, own)| (i128::from(v) * 10, own));
            let expect = values.failing(|v| !holds(v, &cents(&low), &cents(&high)));
            let tenth = |of: &Option<(i64, bool)>| {
                of.and_then(|(v, own)| bound(float(v as f64 / 10.0), own))
            };
            let data_type = DataType::Decimal128(5, 2);
            let (low, high) = (tenth(&low), tenth(&high));
            let range = Range::bind(low.as_ref(), high.as_ref(), &data_type).unwrap();
            prop_assert_eq!(rows(&range.failing(&values.typed::<Decimal128Type>(data_type))), expect);
        }

        #[test]
        fn floats_agree_with_a_plain_loop(
            values in column(real()),
            low in prop::option::of((real().prop_filter("finite", |v| v.is_finite()), any::<bool>())),
            high in prop::option::of((real().prop_filter("finite", |v| v.is_finite()), any::<bool>())),
        ) {
            let expect = values.failing(|v| v.is_nan() || !holds(v, &low, &high));
            let of = |of: &Option<(f64, bool)>| of.and_then(|(v, own)| bound(float(v), own));
            let (low, high) = (of(&low), of(&high));
            let range = Range::bind(low.as_ref(), high.as_ref(), &DataType::Float64).unwrap();
            prop_assert_eq!(rows(&range.failing(&values.primitive::<Float64Type>())), expect);
        }

        #[test]
        fn texts_agree_with_a_plain_loop(
            values in column("[a-c]{0,3}"),
            low in prop::option::of(("[a-c]{0,3}", any::<bool>())),
            high in prop::option::of(("[a-c]{0,3}", any::<bool>())),
        ) {
            let expect = values.failing(|v| !holds(v, &low, &high));
            let (low, high) = (bounds(&low), bounds(&high));
            let range = Range::bind(low.as_ref(), high.as_ref(), &DataType::Utf8).unwrap();
            prop_assert_eq!(rows(&range.failing(&values.texts())), expect.clone());
            let check = super::super::RowCheck::Range(range);
            prop_assert_eq!(rows(&check.failing(&values.labels())), expect);
        }
    }
}
