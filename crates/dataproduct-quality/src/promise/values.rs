//! The values of a column at any depth, and the rows that they belong to.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Schema};

use crate::failed::Failed;

/// The slots of a column or of a part of one.
pub(crate) struct Values {
    pub(crate) array: ArrayRef,
    /// Null where what the values are a part of is missing.
    absent: Option<NullBuffer>,
    /// The row of each slot; `None` where slots are rows.
    rows: Option<Vec<usize>>,
}

/// A type of a column or of a part of one.
pub(crate) fn type_of<'a>(schema: &'a Schema, path: &str) -> Option<&'a DataType> {
    let mut steps = path.split('.');
    let mut found = schema.field_with_name(steps.next()?).ok()?.data_type();
    for step in steps {
        found = part(found, step)?.1.data_type();
    }
    Some(found)
}

/// Whether a path leads into a list or a map, where a row has more values than one.
pub(crate) fn is_repeated(schema: &Schema, path: &str) -> bool {
    let ends = path.match_indices('.').map(|(end, _)| end);
    ends.filter_map(|end| type_of(schema, path.get(..end)?))
        .any(|data_type| matches!(data_type, DataType::List(_) | DataType::Map(..)))
}

/// A part of a type: its place among the parts, and its field.
fn part<'a>(of: &'a DataType, step: &str) -> Option<(usize, &'a Field)> {
    match of {
        DataType::Struct(fields) => fields
            .find(step)
            .map(|(place, field)| (place, field.as_ref())),
        DataType::List(element) => (step == "element").then_some((0, element.as_ref())),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => {
                let place = ["key", "value"].iter().position(|name| *name == step)?;
                Some((place, fields.get(place)?.as_ref()))
            }
            _ => None,
        },
        _ => None,
    }
}

impl Values {
    /// The values at a path; `None` if the batch has no such column.
    pub(crate) fn of(batch: &RecordBatch, path: &str) -> Option<Self> {
        let mut steps = path.split('.');
        let column = batch.column_by_name(steps.next()?)?;
        Some(Self::within(column, steps)?.plain())
    }

    /// The values within a column, labels as they are; `None` if the column has no such part.
    pub(crate) fn within<'a>(
        column: &ArrayRef,
        steps: impl Iterator<Item = &'a str>,
    ) -> Option<Self> {
        let mut found = Self {
            array: Arc::clone(column),
            absent: None,
            rows: None,
        };
        for step in steps {
            found = found.part(step)?;
        }
        Some(found)
    }

    /// Whether each slot is a row, rather than an item within one.
    pub(crate) fn is_one_a_row(&self) -> bool {
        self.rows.is_none()
    }

    /// The rows of slots that fail, those left out that are a part of something missing.
    pub(crate) fn rows_failing(&self, slots: Failed, rows: usize) -> Failed {
        let slots = slots.only(self.absent.as_ref());
        match &self.rows {
            Some(_) => slots.folded(rows, |slot| self.row(slot)),
            None => slots,
        }
    }

    /// Labels are judged as the text that they are.
    fn plain(mut self) -> Self {
        if let Some(dictionary) = self.array.as_any_dictionary_opt()
            && let Ok(plain) = arrow_cast::cast(&self.array, dictionary.values().data_type())
        {
            self.array = plain;
        }
        self
    }

    fn part(&self, step: &str) -> Option<Self> {
        let (place, _) = part(self.array.data_type(), step)?;
        match self.array.data_type() {
            DataType::Struct(_) => Some(Self {
                array: Arc::clone(self.array.as_struct().columns().get(place)?),
                absent: NullBuffer::union(self.array.nulls(), self.absent.as_ref()),
                rows: self.rows.clone(),
            }),
            DataType::List(_) => {
                let list = self.array.as_list::<i32>();
                Some(self.spanned(list.offsets(), list.values()))
            }
            DataType::Map(..) => {
                let map = self.array.as_map();
                Some(self.spanned(map.offsets(), map.entries().columns().get(place)?))
            }
            _ => None,
        }
    }

    /// The items that lists span. Those under a missing list are nobody's.
    fn spanned(&self, ends: &[i32], items: &ArrayRef) -> Self {
        let first = ends.first().copied().unwrap_or(0);
        let last = ends.last().copied().unwrap_or(0);
        let length = usize::try_from(last - first).unwrap_or(0);
        let mut rows = Vec::with_capacity(length);
        let mut there = Vec::with_capacity(length);
        for (slot, span) in ends.windows(2).enumerate() {
            let count = usize::try_from(span[1] - span[0]).unwrap_or(0);
            let is_read = self.is_read(slot) && self.array.is_valid(slot);
            rows.extend(std::iter::repeat_n(self.row(slot), count));
            there.extend(std::iter::repeat_n(is_read, count));
        }
        Self {
            array: items.slice(usize::try_from(first).unwrap_or(0), length),
            absent: Some(NullBuffer::from(there)).filter(|there| there.null_count() > 0),
            rows: Some(rows),
        }
    }

    /// The row of a slot.
    pub(crate) fn row(&self, slot: usize) -> usize {
        match &self.rows {
            Some(rows) => rows.get(slot).copied().unwrap_or_default(),
            None => slot,
        }
    }

    fn is_read(&self, slot: usize) -> bool {
        self.absent
            .as_ref()
            .is_none_or(|absent| absent.is_valid(slot))
    }

    /// The values as one array, null where there is no value.
    pub(crate) fn whole(self) -> Result<ArrayRef, String> {
        let Some(absent) = &self.absent else {
            return Ok(self.array);
        };
        let nulls = NullBuffer::union(self.array.nulls(), Some(absent));
        let data = self.array.to_data().into_builder().nulls(nulls).build();
        data.map(arrow_array::make_array)
            .map_err(|error| error.to_string())
    }

    /// Null where there is no value.
    pub(crate) fn missing(&self) -> Option<NullBuffer> {
        NullBuffer::union(self.array.logical_nulls().as_ref(), self.absent.as_ref())
    }

    /// The first slot that is null though what it is a part of is there.
    pub(crate) fn first_null(&self) -> Option<usize> {
        let nulls = self.array.logical_nulls()?;
        if nulls.null_count() == 0 {
            return None;
        }
        (0..nulls.len()).find(|slot| nulls.is_null(*slot) && self.is_read(*slot))
    }

    /// The first slot with a value for which the test fails.
    pub(crate) fn first_failing(&self, holds: impl Fn(usize) -> bool) -> Option<usize> {
        let nulls = self.array.logical_nulls();
        let has_value = |slot: usize| {
            nulls.as_ref().is_none_or(|nulls| nulls.is_valid(slot)) && self.is_read(slot)
        };
        (0..self.array.len()).find(|slot| !holds(*slot) && has_value(*slot))
    }
}
