//! Values that may be missing.

use arrow_array::{Array as _, ArrayRef};
use arrow_buffer::NullBuffer;

use super::{ColumnBuilder, ColumnType, ListElement, Required, RowError};
use crate::Column;

/// The builder of a column whose values may be missing.
#[derive(Debug)]
pub struct OptionalBuilder<B>(B);

impl<B: ColumnBuilder> ColumnBuilder for OptionalBuilder<B> {
    fn with_capacity(values: usize) -> Self {
        Self(B::with_capacity(values))
    }
    #[inline]
    fn append_null(&mut self) {
        self.0.append_null();
    }
    #[inline]
    fn append_filler(&mut self) {
        self.0.append_null();
    }
    fn finish(self) -> Result<ArrayRef, RowError> {
        self.0.finish()
    }
}

/// The reader of a column whose values may be missing.
#[derive(Debug)]
pub struct OptionalReader<R> {
    inner: R,
    /// `None` when nothing is missing in the whole batch.
    nulls: Option<NullBuffer>,
}

impl<T: Required> ColumnType for Option<T> {
    type Builder = OptionalBuilder<T::Builder>;
    type Reader = OptionalReader<T::Reader>;
    type View<'a> = Option<T::View<'a>>;

    fn column(name: &str) -> Column {
        T::column(name).with_nullable(true)
    }
    #[inline]
    fn append(&self, builder: &mut Self::Builder) {
        match self {
            Some(value) => value.append(&mut builder.0),
            None => builder.0.append_null(),
        }
    }
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self::Reader, RowError> {
        let nulls = array.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        let unread = NullBuffer::union(nulls.as_ref(), absent);
        Ok(OptionalReader {
            inner: T::open(array, unread.as_ref())?,
            nulls,
        })
    }
    #[inline]
    fn view(reader: &Self::Reader, slot: usize) -> Self::View<'_> {
        match &reader.nulls {
            Some(nulls) if nulls.is_null(slot) => None,
            _ => Some(T::view(&reader.inner, slot)),
        }
    }
    #[inline]
    fn from_view(view: Self::View<'_>) -> Self {
        view.map(T::from_view)
    }
}
impl<T: Required> ListElement for Option<T> {}
