//! The values that rows reach, at any depth.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use arrow_schema::DataType;

use crate::failed::Failed;

/// An array and which of its slots stand under a missing parent.
///
/// What stands in such a slot is a filler that no reader sees, so it is never judged.
pub(crate) struct Slots {
    pub(crate) array: ArrayRef,
    /// Null where a parent is missing; `None` when no parent is.
    absent: Option<NullBuffer>,
    /// The row of each slot; `None` where slots are rows.
    rows: Option<Arc<[usize]>>,
}

/// Slots whose values are not as they should be.
pub(crate) struct Bad {
    pub(crate) count: u64,
    pub(crate) first: usize,
    /// The slots, in order.
    slots: Vec<usize>,
}

impl Slots {
    /// The slots of a column at the top level: all of them are read.
    pub(crate) fn of_column(array: &ArrayRef) -> Self {
        Self {
            array: ArrayRef::clone(array),
            absent: None,
            rows: None,
        }
    }

    /// The rows of bad slots, of so many rows.
    pub(crate) fn rows_of(&self, bad: &Bad, rows: usize) -> Failed {
        let mut mask = BooleanBufferBuilder::new(rows);
        mask.append_n(rows, false);
        for slot in &bad.slots {
            let row = self
                .rows
                .as_ref()
                .map_or(Some(*slot), |of| of.get(*slot).copied());
            if let Some(row) = row.filter(|row| *row < rows) {
                mask.set_bit(row, true);
            }
        }
        Failed::of_mask(mask.finish())
    }

    /// The slots that hold a value and are bad; `None` when there is no such slot.
    pub(crate) fn bad(&self, is_bad: impl Fn(usize) -> bool) -> Option<Bad> {
        let unread = self.unread();
        let is_read = |slot| unread.as_ref().is_none_or(|unread| unread.is_valid(slot));
        let slots: Vec<usize> = (0..self.array.len())
            .filter(|&slot| is_read(slot) && is_bad(slot))
            .collect();
        Some(Bad {
            count: slots.len() as u64,
            first: *slots.first()?,
            slots,
        })
    }

    /// The slots that hold no value although what they are a part of is there; `None` when there is no such slot.
    pub(crate) fn missing(&self) -> Option<Bad> {
        let nulls = self.array.logical_nulls();
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0)?;
        let is_part = |slot| {
            self.absent
                .as_ref()
                .is_none_or(|there| there.is_valid(slot))
        };
        let slots = (0..self.array.len()).filter(|slot| nulls.is_null(*slot) && is_part(*slot));
        let slots: Vec<usize> = slots.collect();
        Some(Bad {
            count: slots.len() as u64,
            first: *slots.first()?,
            slots,
        })
    }

    /// The fields of a struct, the elements of a list, keys and values of a map; nothing of others.
    ///
    /// The slots of fields are those of the struct. The slots of lists and maps are those that the
    /// lists of this array span: a slice shares its elements with the array that it was cut from.
    pub(crate) fn children(&self) -> Vec<Self> {
        let array = &self.array;
        match array.data_type() {
            DataType::Struct(_) => {
                let absent = self.unread();
                let child = |array: &ArrayRef| Self {
                    array: ArrayRef::clone(array),
                    absent: absent.clone(),
                    rows: self.rows.clone(),
                };
                array.as_struct().columns().iter().map(child).collect()
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                let ends: Vec<usize> = list.offsets().iter().map(|end| *end as usize).collect();
                self.spanned(&ends, &[list.values()])
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                let ends: Vec<usize> = list.offsets().iter().map(|end| *end as usize).collect();
                self.spanned(&ends, &[list.values()])
            }
            DataType::FixedSizeList(_, _) => {
                let list = array.as_fixed_size_list();
                let length = usize::try_from(list.value_length()).unwrap_or(0);
                let ends: Vec<usize> = (0..=list.len()).map(|list| list * length).collect();
                self.spanned(&ends, &[list.values()])
            }
            DataType::Map(_, _) => {
                let map = array.as_map();
                let ends: Vec<usize> = map.offsets().iter().map(|end| *end as usize).collect();
                self.spanned(&ends, &[map.keys(), map.values()])
            }
            _ => Vec::new(),
        }
    }

    /// The part of each child that lists span, each list from one end to the next.
    fn spanned(&self, ends: &[usize], children: &[&ArrayRef]) -> Vec<Self> {
        let first = ends.first().copied().unwrap_or(0);
        let length = ends.last().copied().unwrap_or(0) - first;
        let absent = self.unread().map(|unread| {
            // A missing list may still span elements.
            let mut read = BooleanBufferBuilder::new(length);
            for (list, span) in ends.windows(2).enumerate() {
                read.append_n(span[1] - span[0], unread.is_valid(list));
            }
            NullBuffer::new(read.finish())
        });
        let absent = absent.filter(|absent| absent.null_count() > 0);
        let row = |list: usize| match &self.rows {
            Some(rows) => rows.get(list).copied().unwrap_or(usize::MAX),
            None => list,
        };
        let spans = ends.windows(2).enumerate();
        let rows = spans.flat_map(|(list, span)| std::iter::repeat_n(row(list), span[1] - span[0]));
        let rows: Arc<[usize]> = rows.collect();
        children
            .iter()
            .map(|child| Self {
                array: child.slice(first, length),
                absent: absent.clone(),
                rows: Some(Arc::clone(&rows)),
            })
            .collect()
    }

    /// Null where there is no value, or none that a reader sees.
    fn unread(&self) -> Option<NullBuffer> {
        // A dictionary may hide nulls among its values: those are logical, not physical.
        let nulls = self.array.logical_nulls();
        NullBuffer::union(nulls.as_ref(), self.absent.as_ref())
            .filter(|unread| unread.null_count() > 0)
    }
}
