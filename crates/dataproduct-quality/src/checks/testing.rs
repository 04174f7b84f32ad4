//! Arrays for the tests of checks: with nulls over junk, cut out of longer ones.

use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::{ArrowNativeType, NullBuffer, OffsetBuffer};
use proptest::prelude::*;

use crate::failed::Failed;

/// A column: values with whether each is there, and how much is cut off at both ends.
#[derive(Clone, Debug)]
pub(super) struct Generated<T> {
    slots: Vec<(T, bool)>,
    first: usize,
    length: usize,
}

/// Columns of up to 200 values. What stands under a null is like any other value.
pub(super) fn column<S>(values: S) -> impl Strategy<Value = Generated<S::Value>>
where
    S: Strategy,
    S::Value: Clone + Debug,
{
    let slots = prop::collection::vec((values, any::<u8>()), 0..200);
    (slots, 0..4_u8, 0..40_usize, 0..40_usize).prop_map(|(slots, nulls, front, back)| {
        // No nulls, few, many, or nothing but nulls.
        let limit = [0, 20, 128, 255][usize::from(nulls)];
        let slots: Vec<_> = slots
            .into_iter()
            .map(|(value, luck)| (value, limit == 0 || (luck > limit && limit < 255)))
            .collect();
        let first = front.min(slots.len());
        let length = (slots.len() - first).saturating_sub(back);
        Generated {
            slots,
            first,
            length,
        }
    })
}

impl<T> Generated<T> {
    fn nulls(&self) -> Option<NullBuffer> {
        let valid: Vec<bool> = self.slots.iter().map(|(_, valid)| *valid).collect();
        Some(NullBuffer::from(valid)).filter(|nulls| nulls.null_count() > 0)
    }

    fn cut(&self, array: &dyn Array) -> ArrayRef {
        array.slice(self.first, self.length)
    }

    /// The rows that have a value which fails.
    pub(super) fn failing(&self, fails: impl Fn(&T) -> bool) -> Vec<usize> {
        self.failing_with_null(fails, false)
    }

    /// The rows that have a value which fails, or none if nulls fail.
    pub(super) fn failing_with_null(&self, fails: impl Fn(&T) -> bool, null: bool) -> Vec<usize> {
        let slots = &self.slots[self.first..self.first + self.length];
        let failing = slots.iter().enumerate().filter(
            |(_, (value, valid))| {
                if *valid { fails(value) } else { null }
            },
        );
        failing.map(|(row, _)| row).collect()
    }

    /// All values, those cut off and those under nulls too.
    pub(super) fn all(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.slots.iter().map(|(value, _)| value.clone()).collect()
    }

    pub(super) fn primitive<A: ArrowPrimitiveType<Native = T>>(&self) -> ArrayRef
    where
        T: ArrowNativeType,
        PrimitiveArray<A>: Array,
    {
        self.cut(&self.plain::<A>())
    }

    pub(super) fn plain<A: ArrowPrimitiveType<Native = T>>(&self) -> PrimitiveArray<A>
    where
        T: ArrowNativeType,
    {
        let values: Vec<T> = self.slots.iter().map(|(value, _)| *value).collect();
        PrimitiveArray::new(values.into(), self.nulls())
    }

    /// The array of a type that is told more than its numbers, such as a decimal.
    pub(super) fn typed<A: ArrowPrimitiveType<Native = T>>(
        &self,
        data_type: arrow_schema::DataType,
    ) -> ArrayRef
    where
        T: ArrowNativeType,
    {
        self.cut(&self.plain::<A>().with_data_type(data_type))
    }
}

impl Generated<bool> {
    pub(super) fn booleans(&self) -> ArrayRef {
        let values: Vec<bool> = self.slots.iter().map(|(value, _)| *value).collect();
        self.cut(&BooleanArray::new(values.into(), self.nulls()))
    }
}

impl Generated<String> {
    pub(super) fn texts(&self) -> ArrayRef {
        let lengths = self.slots.iter().map(|(text, _)| text.len());
        let bytes: Vec<u8> = self
            .slots
            .iter()
            .flat_map(|(text, _)| text.bytes())
            .collect();
        let offsets = OffsetBuffer::from_lengths(lengths);
        self.cut(&StringArray::new(offsets, bytes.into(), self.nulls()))
    }

    /// Labels, each value one of its own, so that some are there twice and some are used by no row that is read.
    pub(super) fn labels(&self) -> ArrayRef {
        let texts: Vec<&str> = self.slots.iter().map(|(text, _)| text.as_str()).collect();
        let keys: Vec<i16> = (0..texts.len()).map(|key| key as i16).collect();
        let keys = PrimitiveArray::new(keys.into(), self.nulls());
        let labels = Arc::new(StringArray::from(texts));
        self.cut(&arrow_array::DictionaryArray::<arrow_array::types::Int16Type>::new(keys, labels))
    }
}

pub(super) fn rows(failed: &Failed) -> Vec<usize> {
    let rows: Vec<usize> = failed.rows().collect();
    assert_eq!(rows.len(), failed.count());
    assert_eq!(failed.mask().is_none(), rows.is_empty());
    rows
}
