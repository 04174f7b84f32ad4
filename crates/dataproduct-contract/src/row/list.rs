//! Lists as columns.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer, NullBufferBuilder, OffsetBuffer};
use arrow_schema::{DataType as ArrowType, Field};

use super::column_type::refuse_nulls;
use super::{ColumnBuilder, ColumnType, ListElement, Required, RowError, encoding};
use crate::{Column, DataType};

/// Where each list ends among the elements, while lists are added.
#[derive(Debug)]
pub(super) struct Ends {
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
    full: bool,
}

impl Ends {
    pub(super) fn with_capacity(lists: usize) -> Self {
        let mut offsets = Vec::with_capacity(lists.saturating_add(1));
        offsets.push(0);
        Self {
            offsets,
            nulls: NullBufferBuilder::new(lists),
            full: false,
        }
    }

    /// Ends a list after that many more elements.
    #[inline]
    pub(super) fn close(&mut self, elements: usize) {
        self.nulls.append_non_null();
        self.advance(elements);
    }

    #[inline]
    pub(super) fn close_null(&mut self) {
        self.nulls.append_null();
        self.advance(0);
    }

    #[inline]
    fn advance(&mut self, elements: usize) {
        let last = self.offsets[self.offsets.len() - 1];
        match i32::try_from(elements)
            .ok()
            .and_then(|elements| last.checked_add(elements))
        {
            Some(end) => self.offsets.push(end),
            None => self.full = true,
        }
    }

    pub(super) fn finish(mut self) -> Result<(OffsetBuffer<i32>, Option<NullBuffer>), RowError> {
        if self.full {
            return Err(RowError::TooLarge {
                column: String::new(),
            });
        }
        Ok((OffsetBuffer::new(self.offsets.into()), self.nulls.finish()))
    }
}

/// Where each list of an opened array stands among the elements that are read.
#[derive(Debug)]
pub(super) struct Places {
    offsets: OffsetBuffer<i32>,
    /// The elements that any list can hold.
    pub(super) elements: Range<usize>,
    /// The elements of lists that are missing, if there are any.
    pub(super) absent: Option<NullBuffer>,
}

impl Places {
    pub(super) fn new(
        offsets: &OffsetBuffer<i32>,
        nulls: Option<&NullBuffer>,
        absent: Option<&NullBuffer>,
    ) -> Self {
        let first = offsets[0] as usize;
        let last = offsets[offsets.len() - 1] as usize;
        let unread = NullBuffer::union(nulls, absent);
        // A missing list may still have a range of elements; nobody reads them, so they must not
        // be refused.
        let absent = unread
            .filter(|unread| offsets.has_non_empty_nulls(Some(unread)))
            .map(|rows| {
                let mut read = BooleanBufferBuilder::new(last - first);
                for (list, length) in offsets.lengths().enumerate() {
                    read.append_n(length, rows.is_valid(list));
                }
                NullBuffer::new(read.finish())
            });
        let offsets = if first == 0 {
            offsets.clone()
        } else {
            offsets.clone().subtract(offsets[0])
        };
        Self {
            offsets,
            elements: first..last,
            absent,
        }
    }

    #[inline]
    pub(super) fn range(&self, list: usize) -> Range<usize> {
        self.offsets[list] as usize..self.offsets[list + 1] as usize
    }
}

/// The builder of a column of lists.
pub struct ListBuilder<T: ColumnType> {
    elements: T::Builder,
    ends: Ends,
}

impl<T: ColumnType> fmt::Debug for ListBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListBuilder")
            .field("elements", &self.elements)
            .finish_non_exhaustive()
    }
}

impl<T: ColumnType> ColumnBuilder for ListBuilder<T> {
    fn with_capacity(values: usize) -> Self {
        Self {
            elements: T::Builder::with_capacity(values),
            ends: Ends::with_capacity(values),
        }
    }
    #[inline]
    fn append_null(&mut self) {
        self.ends.close_null();
    }
    #[inline]
    fn append_filler(&mut self) {
        self.ends.close(0);
    }
    fn finish(self) -> Result<ArrayRef, RowError> {
        let elements = self
            .elements
            .finish()
            .map_err(|error| error.within("element"))?;
        let (offsets, nulls) = self.ends.finish()?;
        let field = field_of::<T>("element", &elements);
        ListArray::try_new(Arc::new(field), offsets, elements, nulls)
            .map(|array| Arc::new(array) as ArrayRef)
            .map_err(|error| RowError::inconsistent(&error))
    }
}

/// The field of a column as its builder made it.
pub(super) fn field_of<T: ColumnType>(name: &str, array: &ArrayRef) -> Field {
    Field::new(name, array.data_type().clone(), T::column(name).nullable)
}

/// The reader of a column of lists.
pub struct ListReader<T: ColumnType> {
    elements: T::Reader,
    places: Places,
}

impl<T: ColumnType> fmt::Debug for ListReader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListReader")
            .field("elements", &self.elements)
            .finish_non_exhaustive()
    }
}

impl<T: ListElement> ColumnType for Vec<T> {
    type Builder = ListBuilder<T>;
    type Reader = ListReader<T>;
    type View<'a> = Items<'a, T>;

    fn column(name: &str) -> Column {
        Column::new(name, DataType::List(Box::new(T::column("element"))))
    }
    #[inline]
    fn append(&self, builder: &mut Self::Builder) {
        for element in self {
            element.append(&mut builder.elements);
        }
        builder.ends.close(self.len());
    }
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self::Reader, RowError> {
        let array = match array.data_type() {
            ArrowType::List(_) => ArrayRef::clone(array),
            ArrowType::LargeList(field) | ArrowType::FixedSizeList(field, _) => {
                encoding::as_type(array, &ArrowType::List(Arc::clone(field)))?
            }
            _ => encoding::as_type(array, &Self::column("").to_arrow().data_type().clone())?,
        };
        refuse_nulls(&array, absent)?;
        let list: &ListArray = array.as_list();
        let places = Places::new(list.offsets(), list.nulls(), absent);
        let elements = list
            .values()
            .slice(places.elements.start, places.elements.len());
        let elements =
            T::open(&elements, places.absent.as_ref()).map_err(|error| error.within("element"))?;
        Ok(ListReader { elements, places })
    }
    #[inline]
    fn view(reader: &Self::Reader, slot: usize) -> Items<'_, T> {
        let Range { start, end } = reader.places.range(slot);
        Items {
            elements: &reader.elements,
            start,
            end,
        }
    }
    #[inline]
    fn from_view(view: Items<'_, T>) -> Self {
        view.iter().map(T::from_view).collect()
    }
}
impl<T: ListElement> Required for Vec<T> {}
impl<T: ListElement> ListElement for Vec<T> {}

/// A list borrowed from a batch: the elements as views, in order.
pub struct Items<'a, T: ColumnType> {
    elements: &'a T::Reader,
    start: usize,
    end: usize,
}

impl<T: ColumnType> Clone for Items<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: ColumnType> Copy for Items<'_, T> {}

impl<T: ColumnType> fmt::Debug for Items<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T: ColumnType> Items<'a, T> {
    /// How many elements there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether there is none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end == self.start
    }

    /// The element at that place, counted from 0; `None` behind the last.
    #[inline]
    #[must_use]
    pub fn get(&self, place: usize) -> Option<T::View<'a>> {
        (place < self.len()).then(|| T::view(self.elements, self.start + place))
    }

    /// The elements in order.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> ItemsIter<'a, T> {
        ItemsIter(*self)
    }
}

impl<'a, T: ColumnType> IntoIterator for Items<'a, T> {
    type Item = T::View<'a>;
    type IntoIter = ItemsIter<'a, T>;
    #[inline]
    fn into_iter(self) -> ItemsIter<'a, T> {
        ItemsIter(self)
    }
}

/// Iterates over the elements of [`Items`].
#[derive(Clone, Debug)]
pub struct ItemsIter<'a, T: ColumnType>(Items<'a, T>);

impl<'a, T: ColumnType> Iterator for ItemsIter<'a, T> {
    type Item = T::View<'a>;
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let item = self.0.get(0)?;
        self.0.start += 1;
        Some(item)
    }
    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}
impl<T: ColumnType> ExactSizeIterator for ItemsIter<'_, T> {}
impl<T: ColumnType> FusedIterator for ItemsIter<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_of_32_bits_are_the_limit() {
        let mut ends = Ends::with_capacity(2);
        ends.close(i32::MAX as usize);
        ends.close(0);
        assert!(!ends.full);
        ends.close(1);
        assert!(matches!(ends.finish(), Err(RowError::TooLarge { .. })));
    }
}
