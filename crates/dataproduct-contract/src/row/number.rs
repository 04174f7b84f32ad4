//! Truth values, integers and floating-point numbers as columns.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder};
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, cast::AsArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;

use super::column_type::{first_refused, refuse_nulls};
use super::{ColumnBuilder, ColumnType, ListElement, Required, RowError, encoding};
use crate::{Column, DataType};

impl<T: ArrowPrimitiveType + std::fmt::Debug> ColumnBuilder for PrimitiveBuilder<T> {
    fn with_capacity(values: usize) -> Self {
        PrimitiveBuilder::with_capacity(values)
    }
    #[inline]
    fn append_null(&mut self) {
        PrimitiveBuilder::append_null(self);
    }
    #[inline]
    fn append_filler(&mut self) {
        self.append_value(T::Native::default());
    }
    fn finish(mut self) -> Result<ArrayRef, RowError> {
        Ok(Arc::new(PrimitiveBuilder::finish(&mut self)))
    }
}

impl ColumnBuilder for BooleanBuilder {
    fn with_capacity(values: usize) -> Self {
        BooleanBuilder::with_capacity(values)
    }
    #[inline]
    fn append_null(&mut self) {
        BooleanBuilder::append_null(self);
    }
    #[inline]
    fn append_filler(&mut self) {
        self.append_value(false);
    }
    fn finish(mut self) -> Result<ArrayRef, RowError> {
        Ok(Arc::new(BooleanBuilder::finish(&mut self)))
    }
}

impl ColumnType for bool {
    type Builder = BooleanBuilder;
    type Reader = BooleanArray;
    type View<'a> = bool;

    fn column(name: &str) -> Column {
        Column::new(name, DataType::Boolean)
    }
    #[inline]
    fn append(&self, builder: &mut Self::Builder) {
        builder.append_value(*self);
    }
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self::Reader, RowError> {
        let array = encoding::as_type(array, &ArrowType::Boolean)?;
        refuse_nulls(&array, absent)?;
        Ok(array.as_boolean().clone())
    }
    #[inline]
    fn view(reader: &Self::Reader, slot: usize) -> bool {
        reader.value(slot)
    }
    #[inline]
    fn from_view(view: bool) -> Self {
        view
    }
}
impl Required for bool {}
impl ListElement for bool {}

/// Opens an array of a primitive type, without a look at its values.
pub(super) fn open_primitive<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    expected: &ArrowType,
    absent: Option<&NullBuffer>,
) -> Result<PrimitiveArray<T>, RowError> {
    let array = encoding::as_type(array, expected)?;
    refuse_nulls(&array, absent)?;
    Ok(array.as_primitive::<T>().clone())
}

/// Fails when a value that is there does not pass.
pub(super) fn refuse_values<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    absent: Option<&NullBuffer>,
    range: &str,
    passes: impl Fn(T::Native) -> bool,
) -> Result<(), RowError>
where
    T::Native: std::fmt::Display,
{
    match first_refused(array.values(), array.nulls(), absent, passes) {
        None => Ok(()),
        Some(row) => Err(RowError::OutOfRange {
            column: String::new(),
            row,
            value: array.value(row).to_string(),
            range: range.to_owned(),
        }),
    }
}

macro_rules! same_type {
    ($($rust:ty => $arrow:ty, $data_type:ident;)*) => {$(
        impl ColumnType for $rust {
            type Builder = PrimitiveBuilder<$arrow>;
            type Reader = PrimitiveArray<$arrow>;
            type View<'a> = $rust;

            fn column(name: &str) -> Column {
                Column::new(name, DataType::$data_type)
            }
            #[inline]
            fn append(&self, builder: &mut Self::Builder) {
                builder.append_value(*self);
            }
            fn open(
                array: &ArrayRef,
                absent: Option<&NullBuffer>,
            ) -> Result<Self::Reader, RowError> {
                open_primitive(array, &ArrowType::$data_type, absent)
            }
            #[inline]
            fn view(reader: &Self::Reader, slot: usize) -> $rust {
                reader.value(slot)
            }
            #[inline]
            fn from_view(view: $rust) -> Self {
                view
            }
        }
        impl Required for $rust {}
        impl ListElement for $rust {}
    )*};
}
same_type! {
    i8 => Int8Type, Int8;
    i16 => Int16Type, Int16;
    i32 => Int32Type, Int32;
    i64 => Int64Type, Int64;
    f32 => Float32Type, Float32;
    f64 => Float64Type, Float64;
}

// Delta has no unsigned integers: each goes into the next signed type, which holds all its values.
// What comes back is checked once per batch, after which the narrowing below is exact.
macro_rules! widened {
    ($($rust:ty => $wide:ty, $arrow:ty, $data_type:ident, $range:literal;)*) => {$(
        impl ColumnType for $rust {
            type Builder = PrimitiveBuilder<$arrow>;
            type Reader = PrimitiveArray<$arrow>;
            type View<'a> = $rust;

            fn column(name: &str) -> Column {
                Column::new(name, DataType::$data_type)
                    .with_minimum(<$rust>::MIN)
                    .with_maximum(<$rust>::MAX)
            }
            #[inline]
            fn append(&self, builder: &mut Self::Builder) {
                builder.append_value(<$wide>::from(*self));
            }
            fn open(
                array: &ArrayRef,
                absent: Option<&NullBuffer>,
            ) -> Result<Self::Reader, RowError> {
                let array = open_primitive(array, &ArrowType::$data_type, absent)?;
                refuse_values::<$arrow>(&array, absent, $range, |value| {
                    value >= <$wide>::from(<$rust>::MIN) && value <= <$wide>::from(<$rust>::MAX)
                })?;
                Ok(array)
            }
            #[inline]
            fn view(reader: &Self::Reader, slot: usize) -> $rust {
                reader.value(slot) as $rust
            }
            #[inline]
            fn from_view(view: $rust) -> Self {
                view
            }
        }
        impl Required for $rust {}
    )*};
}
widened! {
    u8 => i16, Int16Type, Int16, "0 to 255";
    u16 => i32, Int32Type, Int32, "0 to 65535";
    u32 => i64, Int64Type, Int64, "0 to 4294967295";
}
// Not `u8`: a `Vec<u8>` is bytes.
impl ListElement for u16 {}
impl ListElement for u32 {}

/// The digits of `u64::MAX`.
const U64_DIGITS: u8 = 20;

/// The builder of a `u64` column: exact decimals without digits after the point.
#[derive(Debug)]
pub struct U64Builder(PrimitiveBuilder<Decimal128Type>);

impl ColumnBuilder for U64Builder {
    fn with_capacity(values: usize) -> Self {
        let data_type = ArrowType::Decimal128(U64_DIGITS, 0);
        Self(PrimitiveBuilder::with_capacity(values).with_data_type(data_type))
    }
    #[inline]
    fn append_null(&mut self) {
        self.0.append_null();
    }
    #[inline]
    fn append_filler(&mut self) {
        self.0.append_value(0);
    }
    fn finish(self) -> Result<ArrayRef, RowError> {
        ColumnBuilder::finish(self.0)
    }
}

impl ColumnType for u64 {
    type Builder = U64Builder;
    type Reader = PrimitiveArray<Decimal128Type>;
    type View<'a> = u64;

    fn column(name: &str) -> Column {
        let data_type = DataType::Decimal {
            precision: U64_DIGITS,
            scale: 0,
        };
        // The largest value is no bound that a document can state: it is beyond 64 bits with sign.
        Column::new(name, data_type).with_minimum(0)
    }
    #[inline]
    fn append(&self, builder: &mut Self::Builder) {
        builder.0.append_value(i128::from(*self));
    }
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self::Reader, RowError> {
        let array =
            open_primitive::<Decimal128Type>(array, &ArrowType::Decimal128(U64_DIGITS, 0), absent)?;
        refuse_values(&array, absent, "0 to 18446744073709551615", |value| {
            u64::try_from(value).is_ok()
        })?;
        Ok(array)
    }
    #[inline]
    fn view(reader: &Self::Reader, slot: usize) -> u64 {
        reader.value(slot) as u64
    }
    #[inline]
    fn from_view(view: u64) -> Self {
        view
    }
}
impl Required for u64 {}
impl ListElement for u64 {}
