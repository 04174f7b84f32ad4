//! `missing`: values are there, and none is a stand-in for a missing one, such as `N/A`, `-1` or NaN.
//!
//! A row fails where its value is null or one of the stand-ins. Text is compared as it is: `n/a` and `N/A` differ,
//! and so do `N/A` and `N/A` with a space. A number among the stand-ins of a text column stands for its digits. The
//! text `NaN` (or `nan`) stands for what is not a number in a column of floats. A stand-in that the column cannot
//! hold, such as `N/A` among numbers, is never found and does no harm.

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use dataproduct_contract::Value;

use super::not_null;
use super::set::Set;
use crate::failed::Failed;

/// See the [list of checks](super).
#[derive(Clone, Debug)]
pub struct Missing {
    /// The stand-ins; `None` where the column can hold none of them.
    sentinels: Option<Set>,
}

impl Missing {
    /// Binds the stand-ins to a type.
    ///
    /// # Errors
    /// When a stand-in is a list or a map.
    pub fn bind(sentinels: &[Value], data_type: &DataType) -> Result<Self, String> {
        if sentinels.iter().any(Value::is_collection) {
            return Err("a list or a map does not stand for a missing value".to_owned());
        }
        let of_type: Vec<Value> = sentinels
            .iter()
            .filter(|value| !value.is_null())
            .map(|value| match (data_type, value.as_str()) {
                (DataType::Utf8, None) => Value::from(value.to_string()),
                _ => value.clone(),
            })
            .filter(|value| Set::of(std::slice::from_ref(value), data_type).is_ok())
            .collect();
        let sentinels = (!of_type.is_empty()).then(|| Set::of(&of_type, data_type));
        Ok(Self {
            sentinels: sentinels.transpose()?,
        })
    }

    /// The slots that hold no value or a stand-in.
    pub(super) fn failing(&self, array: &ArrayRef) -> Failed {
        let null = not_null::failing(array);
        let Some(sentinels) = &self.sentinels else {
            return null;
        };
        let found = match array.data_type() {
            DataType::Dictionary(..) => {
                Failed::of_labels(array, |labels| sentinels.failing(labels, true))
            }
            _ => sentinels.failing(array, true),
        };
        null.or(&found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use std::sync::Arc;

    use arrow_array::types::Int16Type;
    use arrow_array::{
        BinaryArray, DictionaryArray, Float32Array, Float64Array, Int64Array, StringArray,
    };
    use proptest::prelude::*;

    #[track_caller]
    fn check(sentinels: &[Value], array: impl Array + 'static, expect: &[usize]) {
        let array: ArrayRef = Arc::new(array);
        let data_type = match array.data_type() {
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            other => other.clone(),
        };
        let missing = Missing::bind(sentinels, &data_type).unwrap();
        assert_eq!(rows(&missing.failing(&array)), expect);
    }

    #[test]
    fn null_and_stand_ins_are_missing() {
        let texts = [
            Some("N/A"),
            None,
            Some(""),
            Some("x"),
            Some("-1"),
            Some("n/a"),
        ];
        let sentinels = ["N/A".into(), "".into(), Value::from(-1), Value::Null];
        check(&sentinels, StringArray::from(texts.to_vec()), &[0, 1, 2, 4]);
        let labels: DictionaryArray<Int16Type> = texts.into_iter().collect();
        check(&sentinels, labels, &[0, 1, 2, 4]);
        check(
            &sentinels,
            Int64Array::from(vec![Some(-1), Some(0), None]),
            &[0, 2],
        );
        let nan = ["NaN".into(), Value::from(-1)];
        check(
            &nan,
            Float64Array::from(vec![f64::NAN, -1.0, 0.0, -f64::NAN]),
            &[0, 1, 3],
        );
        check(&nan, Float32Array::from(vec![f32::NAN, -1.0, 0.0]), &[0, 1]);
        check(&[], Float64Array::from(vec![Some(f64::NAN), None]), &[1]);
        check(
            &["x".into()],
            BinaryArray::from(vec![Some(&b"x"[..]), None]),
            &[1],
        );
        assert!(Missing::bind(&[Value::List(vec![])], &DataType::Utf8).is_err());
    }

    #[test]
    fn a_null_label_is_missing() {
        let labels = StringArray::from(vec![Some("a"), None, Some("N/A")]);
        let keys = arrow_array::Int16Array::from(vec![Some(0), Some(1), None, Some(0)]);
        let array = DictionaryArray::new(keys, Arc::new(labels));
        check(&["N/A".into()], array, &[1, 2]);
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_loop(values in column(-3_i64..3), sentinels in prop::collection::vec(-3_i64..3, 0..7)) {
            let listed: Vec<Value> = sentinels.iter().map(|v| Value::from(*v)).collect();
            let missing = Missing::bind(&listed, &DataType::Int64).unwrap();
            let array = values.primitive::<arrow_array::types::Int64Type>();
            let expect = values.failing_with_null(|v| sentinels.contains(v), true);
            prop_assert_eq!(rows(&missing.failing(&array)), expect);
        }
    }
}
