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
    /// Whose items the slots are; `None` where slots are rows.
    owners: Option<Arc<Owners>>,
}

/// The lists that slots are items of.
struct Owners {
    /// Where each list ends, and before them where the first one starts, in slots.
    ends: Vec<usize>,
    /// Whose items the lists are.
    above: Option<Arc<Owners>>,
}

/// Slots whose values are not as they should be; there is at least one.
pub(crate) struct Bad {
    pub(crate) count: u64,
    pub(crate) first: usize,
    slots: Failed,
}

impl Slots {
    /// The slots of a column at the top level: all of them are read.
    pub(crate) fn of_column(array: &ArrayRef) -> Self {
        Self {
            array: ArrayRef::clone(array),
            absent: None,
            owners: None,
        }
    }

    /// Whether each slot is a row. Within lists and maps they are items.
    pub(crate) fn are_rows(&self) -> bool {
        self.owners.is_none()
    }

    /// The rows that bad slots are in.
    pub(crate) fn rows(&self, bad: &Bad) -> Failed {
        let mut failed = bad.slots.clone();
        let mut owners = self.owners.as_ref();
        while let Some(Owners { ends, above }) = owners.map(Arc::as_ref) {
            let lists = ends.len().saturating_sub(1);
            failed = failed.folded(lists, |slot| ends.partition_point(|end| *end <= slot) - 1);
            owners = above.as_ref();
        }
        failed
    }

    /// The slots that hold a value and are bad; `None` when there is no such slot.
    pub(crate) fn bad(&self, is_bad: impl Fn(usize) -> bool) -> Option<Bad> {
        let slots = Failed::of_rows(self.array.len(), self.unread().as_ref(), is_bad);
        Some(Bad {
            count: slots.count() as u64,
            first: slots.first()?,
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
                    owners: self.owners.clone(),
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
        let owners = Arc::new(Owners {
            ends: ends.iter().map(|end| end - first).collect(),
            above: self.owners.clone(),
        });
        children
            .iter()
            .map(|child| Self {
                array: child.slice(first, length),
                absent: absent.clone(),
                owners: Some(Arc::clone(&owners)),
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
