//! `member`: values are among those of a list: an enumeration, or the keys of something else.
//!
//! Applies to numbers, decimals, dates, timestamps, text and truth values. Text is compared as it is, in the same
//! case. A listed number that the column cannot hold, such as 0.5 among whole numbers, is never met and does no harm;
//! for a 32-bit float the nearest such float is meant. Zero and minus zero are one. What is not a number (NaN) is
//! never among them. A list may have millions of values: each costs at most 192 bytes, and each row one look-up.

use arrow_array::ArrayRef;
use arrow_schema::DataType;
use dataproduct_contract::Value;

use super::set::Set;
use crate::failed::Failed;

/// See the [list of checks](super).
#[derive(Clone, Debug)]
pub struct Member {
    set: Set,
}

impl Member {
    /// Binds the values to a type.
    ///
    /// # Errors
    /// When a value is of another kind than the type, or values of the type cannot be listed.
    pub fn bind(values: &[Value], data_type: &DataType) -> Result<Self, String> {
        let is_float = matches!(data_type, DataType::Float32 | DataType::Float64);
        if is_float && values.iter().any(|value| value.as_f64().is_none()) {
            return Err("every listed value must be a number".to_owned());
        }
        let set = Set::of(values, data_type)?;
        Ok(Self { set })
    }

    pub(super) fn failing(&self, array: &ArrayRef) -> Failed {
        self.set.failing(array, false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::RowCheck;
    use super::super::testing::*;
    use super::*;
    use std::sync::Arc;

    use arrow_array::types::{
        Decimal128Type, Float32Type, Float64Type, Int8Type, Int64Type, TimestampMicrosecondType,
    };
    use arrow_array::{Array, Date32Array, Int64Array, StringArray};
    use arrow_schema::TimeUnit;
    use proptest::prelude::*;

    #[track_caller]
    fn check(values: &[Value], array: impl Array + 'static, expect: &[usize]) {
        let array: ArrayRef = Arc::new(array);
        let member = Member::bind(values, array.data_type()).unwrap();
        assert_eq!(rows(&member.failing(&array)), expect);
    }

    #[test]
    fn texts_of_any_length_are_told_apart() {
        let edge: Vec<String> = (0..40).map(|n| "x".repeat(n)).collect();
        for listed in 0..40 {
            let others: Vec<usize> = (0..40).filter(|n| *n != listed).collect();
            let values = [edge[listed].as_str().into()];
            check(&values, StringArray::from(edge.clone()), &others);
        }
        let zeros = StringArray::from(vec!["a", "a\0", "a\0\0", "\0a", ""]);
        check(&["a\0".into()], zeros.clone(), &[0, 2, 3, 4]);
        check(&[], zeros, &[0, 1, 2, 3, 4]);
        check(
            &["".into()],
            StringArray::from(vec![None, Some(""), Some("b")]),
            &[2],
        );
    }

    #[test]
    fn a_million_terms_are_no_burden() {
        let terms: Vec<Value> = (0..1_000_000)
            .map(|i| format!("term number {i}").into())
            .collect();
        let rows: Vec<String> = (0..100_000)
            .map(|i| format!("term number {}", i * 11))
            .collect();
        check(
            &terms,
            StringArray::from(rows),
            &(90_910..100_000).collect::<Vec<_>>(),
        );
        let numbers: Vec<Value> = (0..10_000_i64).map(|i| Value::from(i << 40)).collect();
        check(&numbers, Int64Array::from(vec![0, 1, 5 << 40, -1]), &[1, 3]);
        let long = "y".repeat(1 << 20);
        check(
            &[long.as_str().into()],
            StringArray::from(vec![long.clone(), format!("{long}z")]),
            &[1],
        );
    }

    #[test]
    fn values_of_another_kind_are_refused() {
        assert!(Member::bind(&["x".into()], &DataType::Int64).is_err());
        assert!(Member::bind(&[Value::from(1)], &DataType::Utf8).is_err());
        assert!(Member::bind(&["NaN".into()], &DataType::Float64).is_err());
        assert!(Member::bind(&[], &DataType::Binary).is_err());
        let half = Value::try_from(0.5).unwrap();
        check(
            &[half, 300.into(), 2.into()],
            arrow_array::Int8Array::from(vec![0, 44, 2]),
            &[0, 1],
        );
        check(
            &["2026-01-02".into()],
            Date32Array::from(vec![20_455, 20_454]),
            &[1],
        );
    }

    fn real() -> impl Strategy<Value = f64> {
        prop_oneof![
            (-4_i8..4).prop_map(|v| f64::from(v) / 10.0),
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(-0.0)
        ]
    }

    proptest! {
        #[test]
        fn texts_agree_with_a_plain_loop(
            values in column("[ab]{0,3}|[ab]{15,17}|[aø]{7,9}"),
            listed in prop::collection::vec("[ab]{0,3}|[ab]{15,17}|[aø]{7,9}", 0..12),
            some in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        ) {
            let mut listed = listed;
            let all = values.all();
            if !all.is_empty() {
                listed.extend(some.iter().map(|index| index.get(&all).clone()));
            }
            let terms: Vec<Value> = listed.iter().map(|text| text.as_str().into()).collect();
            let check = RowCheck::Member(Member::bind(&terms, &DataType::Utf8).unwrap());
            let expect = values.failing(|text| !listed.contains(text));
            prop_assert_eq!(rows(&check.failing(&values.texts())), expect.clone());
            prop_assert_eq!(rows(&check.failing(&values.labels())), expect);
        }

        #[test]
        fn whole_numbers_agree_with_a_plain_loop(
            values in column(prop_oneof![-5_i64..5, any::<i64>()]),
            listed in prop::collection::vec(prop_oneof![-5_i64..5, Just(i64::MIN), Just(i64::MAX)], 0..9),
        ) {
            let terms: Vec<Value> = listed.iter().map(|v| Value::from(*v)).collect();
            let member = Member::bind(&terms, &DataType::Int64).unwrap();
            let expect = values.failing(|v| !listed.contains(v));
            prop_assert_eq!(rows(&member.failing(&values.primitive::<Int64Type>())), expect);
        }

        #[test]
        fn small_numbers_times_and_decimals_too(
            values in column(-5_i8..5),
            wide in column(-5_i128..5),
            micros in column(0_i64..4),
            listed in prop::collection::vec(-5_i8..5, 0..4),
        ) {
            let terms: Vec<Value> = listed.iter().map(|v| Value::from(*v)).collect();
            let member = Member::bind(&terms, &DataType::Int8).unwrap();
            let expect = values.failing(|v| !listed.contains(v));
            prop_assert_eq!(rows(&member.failing(&values.primitive::<Int8Type>())), expect);
            let decimal = DataType::Decimal128(9, 0);
            let member = Member::bind(&terms, &decimal).unwrap();
            let expect = wide.failing(|v| !listed.iter().any(|l| i128::from(*l) == *v));
            prop_assert_eq!(rows(&member.failing(&wide.typed::<Decimal128Type>(decimal))), expect);
            let micro = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
            let member = Member::bind(&["1970-01-01T00:00:00.000002Z".into()], &micro).unwrap();
            let expect = micros.failing(|v| *v != 2);
            prop_assert_eq!(rows(&member.failing(&micros.typed::<TimestampMicrosecondType>(micro))), expect);
        }

        #[test]
        fn floats_and_truths_agree_with_a_plain_loop(
            values in column(real()),
            narrow in column(real().prop_map(|v| v as f32)),
            truths in column(any::<bool>()),
            listed in prop::collection::vec(real().prop_filter("finite", |v| v.is_finite()), 0..4),
            yes in prop::collection::vec(any::<bool>(), 0..2),
        ) {
            let terms: Vec<Value> = listed.iter().map(|v| Value::try_from(*v).unwrap()).collect();
            let member = Member::bind(&terms, &DataType::Float64).unwrap();
            let expect = values.failing(|v| !listed.contains(v));
            prop_assert_eq!(rows(&member.failing(&values.primitive::<Float64Type>())), expect);
            let member = Member::bind(&terms, &DataType::Float32).unwrap();
            let expect = narrow.failing(|v| !listed.iter().any(|l| *l as f32 == *v));
            prop_assert_eq!(rows(&member.failing(&narrow.primitive::<Float32Type>())), expect);
            let terms: Vec<Value> = yes.iter().map(|v| Value::from(*v)).collect();
            let member = Member::bind(&terms, &DataType::Boolean).unwrap();
            prop_assert_eq!(rows(&member.failing(&truths.booleans())), truths.failing(|v| !yes.contains(v)));
        }
    }
}
