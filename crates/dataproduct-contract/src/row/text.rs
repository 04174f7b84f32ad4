//! Text and bytes as columns.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BinaryArray, StringArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;
use bytes::Bytes;

use super::column_type::refuse_nulls;
use super::{ColumnBuilder, ColumnType, ListElement, Required, RowError, encoding};
use crate::{Column, DataType};

/// The bytes that one array of text or bytes holds at most: its offsets are 32-bit.
const MAX_BYTES: usize = i32::MAX as usize;

/// Room for the bytes of one value, made beforehand; more is made when it is needed.
const BYTES_PER_VALUE: usize = 16;

/// Whether one array that holds that many bytes can take that many more.
#[inline]
const fn fits(held: usize, more: usize) -> bool {
    more <= MAX_BYTES - held
}

macro_rules! byte_builder {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $value:ty, $empty:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            inner: $inner,
            full: bool,
        }

        impl $name {
            #[inline]
            pub(super) fn append_value(&mut self, value: &$value) {
                // The inner builder would panic over its limit.
                if fits(self.inner.values_slice().len(), value.len()) {
                    self.inner.append_value(value);
                } else {
                    self.full = true;
                }
            }
        }

        impl ColumnBuilder for $name {
            fn with_capacity(values: usize) -> Self {
                let bytes = values.saturating_mul(BYTES_PER_VALUE).min(MAX_BYTES);
                Self { inner: <$inner>::with_capacity(values, bytes), full: false }
            }
            #[inline]
            fn append_null(&mut self) {
                self.inner.append_null();
            }
            #[inline]
            fn append_filler(&mut self) {
                self.inner.append_value($empty);
            }
            fn finish(mut self) -> Result<ArrayRef, RowError> {
                if self.full {
                    return Err(RowError::TooLarge { column: String::new() });
                }
                Ok(Arc::new(self.inner.finish()))
            }
        }
    };
}
byte_builder!(
    /// The builder of a column of text.
    TextBuilder, StringBuilder, str, ""
);
byte_builder!(
    /// The builder of a column of bytes.
    BytesBuilder, BinaryBuilder, [u8], b""
);

pub(super) fn open_text(
    array: &ArrayRef,
    absent: Option<&NullBuffer>,
) -> Result<StringArray, RowError> {
    let array = encoding::as_type(array, &ArrowType::Utf8)?;
    refuse_nulls(&array, absent)?;
    Ok(array.as_string::<i32>().clone())
}

macro_rules! text {
    ($($rust:ty),*) => {$(
        impl ColumnType for $rust {
            type Builder = TextBuilder;
            type Reader = StringArray;
            type View<'a> = &'a str;

            fn column(name: &str) -> Column {
                Column::new(name, DataType::String)
            }
            #[inline]
            fn append(&self, builder: &mut Self::Builder) {
                builder.append_value(self);
            }
            fn open(
                array: &ArrayRef,
                absent: Option<&NullBuffer>,
            ) -> Result<Self::Reader, RowError> {
                open_text(array, absent)
            }
            #[inline]
            fn view(reader: &Self::Reader, slot: usize) -> &str {
                reader.value(slot)
            }
            #[inline]
            fn from_view(view: &str) -> Self {
                view.to_owned().into()
            }
        }
        impl Required for $rust {}
        impl ListElement for $rust {}
    )*};
}
text!(String, Box<str>, Arc<str>, Cow<'static, str>);

macro_rules! bytes {
    ($($rust:ty => $from:expr),*) => {$(
        impl ColumnType for $rust {
            type Builder = BytesBuilder;
            type Reader = BinaryArray;
            type View<'a> = &'a [u8];

            fn column(name: &str) -> Column {
                Column::new(name, DataType::Binary)
            }
            #[inline]
            fn append(&self, builder: &mut Self::Builder) {
                builder.append_value(self);
            }
            fn open(
                array: &ArrayRef,
                absent: Option<&NullBuffer>,
            ) -> Result<Self::Reader, RowError> {
                let array = encoding::as_type(array, &ArrowType::Binary)?;
                refuse_nulls(&array, absent)?;
                Ok(array.as_binary::<i32>().clone())
            }
            #[inline]
            fn view(reader: &Self::Reader, slot: usize) -> &[u8] {
                reader.value(slot)
            }
            #[inline]
            fn from_view(view: &[u8]) -> Self {
                $from(view)
            }
        }
        impl Required for $rust {}
        impl ListElement for $rust {}
    )*};
}
bytes!(Vec<u8> => <[u8]>::to_vec, Bytes => Bytes::copy_from_slice);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_of_32_bits_are_the_limit() {
        assert!(fits(0, MAX_BYTES) && fits(MAX_BYTES, 0) && fits(MAX_BYTES - 1, 1));
        assert!(!fits(MAX_BYTES, 1) && !fits(1, MAX_BYTES) && !fits(0, usize::MAX));
    }

    #[test]
    fn a_full_builder_says_so_and_takes_no_more() {
        let mut builder = TextBuilder::with_capacity(1);
        builder.append_value("a");
        builder.full = true;
        builder.append_value("b");
        let error = builder.finish().unwrap_err();
        assert_eq!(
            error.within("note"),
            RowError::TooLarge {
                column: "note".to_owned()
            }
        );
    }
}
