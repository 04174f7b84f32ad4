//! Columns as an expression reads them.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray, Int16Array, RecordBatch, StringArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::cell::Cell;

/// Where a column is, or a field of structs.
#[derive(Debug, PartialEq)]
pub(super) struct Place {
    /// The position in the schema, then in each struct.
    path: Vec<usize>,
    data_type: DataType,
}

impl Place {
    /// The column at a path of names.
    pub(super) fn find(schema: &Schema, names: &[String]) -> Result<Self, String> {
        let mut path = Vec::with_capacity(names.len());
        let mut within: &[std::sync::Arc<Field>] = schema.fields();
        let mut data_type = None;
        for name in names {
            let found = within.iter().enumerate().find(|(_, f)| f.name() == name);
            let Some((position, field)) = found else {
                return Err(format!("there is no column `{}`", names.join(".")));
            };
            path.push(position);
            data_type = Some(field.data_type().clone());
            within = match field.data_type() {
                DataType::Struct(fields) => fields,
                _ => &[],
            };
        }
        let data_type = data_type.ok_or("a column has no name")?;
        Ok(Self { path, data_type })
    }

    /// Whether values of the type can be read and not only be asked whether they are null.
    pub(super) fn is_readable(&self) -> bool {
        match &self.data_type {
            DataType::Dictionary(keys, values) => {
                **keys == DataType::Int16 && **values == DataType::Utf8
            }
            data_type => matches!(
                data_type,
                DataType::Boolean
                    | DataType::Int8
                    | DataType::Int16
                    | DataType::Int32
                    | DataType::Int64
                    | DataType::Float32
                    | DataType::Float64
                    | DataType::Decimal128(_, _)
                    | DataType::Utf8
                    | DataType::Date32
                    | DataType::Timestamp(TimeUnit::Microsecond, _)
            ),
        }
    }

    pub(super) fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The values in a batch; `None` where the batch has no such column of that type.
    pub(super) fn values<'a>(&self, rows: &'a RecordBatch) -> Option<Values<'a>> {
        let (first, inner) = self.path.split_first()?;
        let mut array: &'a ArrayRef = rows.columns().get(*first)?;
        let mut nulls = array.logical_nulls();
        for position in inner {
            array = array.as_struct_opt()?.columns().get(*position)?;
            nulls = NullBuffer::union(nulls.as_ref(), array.logical_nulls().as_ref());
        }
        if array.data_type() != &self.data_type {
            return None;
        }
        Some(Values {
            kind: Kind::of(array)?,
            nulls: nulls.filter(|nulls| nulls.null_count() > 0),
        })
    }
}

/// The values of a column of one batch.
pub(super) struct Values<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) nulls: Option<NullBuffer>,
}

pub(super) enum Kind<'a> {
    Boolean(&'a BooleanArray),
    Int8(&'a [i8]),
    Int16(&'a [i16]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    Decimal(&'a [i128], u8),
    Float32(&'a [f32]),
    Float64(&'a [f64]),
    Text(&'a StringArray),
    Dictionary(&'a Int16Array, &'a StringArray),
    /// Only asked whether it is null.
    Opaque,
}

impl<'a> Kind<'a> {
    fn of(array: &'a ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Boolean => Self::Boolean(array.as_boolean_opt()?),
            DataType::Int8 => Self::Int8(array.as_primitive_opt::<Int8Type>()?.values()),
            DataType::Int16 => Self::Int16(array.as_primitive_opt::<Int16Type>()?.values()),
            DataType::Int32 => Self::Int32(array.as_primitive_opt::<Int32Type>()?.values()),
            DataType::Date32 => Self::Int32(array.as_primitive_opt::<Date32Type>()?.values()),
            DataType::Int64 => Self::Int64(array.as_primitive_opt::<Int64Type>()?.values()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Self::Int64(
                array
                    .as_primitive_opt::<TimestampMicrosecondType>()?
                    .values(),
            ),
            DataType::Float32 => Self::Float32(array.as_primitive_opt::<Float32Type>()?.values()),
            DataType::Float64 => Self::Float64(array.as_primitive_opt::<Float64Type>()?.values()),
            DataType::Decimal128(_, scale) => Self::Decimal(
                array.as_primitive_opt::<Decimal128Type>()?.values(),
                u8::try_from(*scale).ok()?,
            ),
            DataType::Utf8 => Self::Text(array.as_string_opt::<i32>()?),
            DataType::Dictionary(_, _) => {
                let Some(dictionary) = array.as_dictionary_opt::<Int16Type>() else {
                    return Some(Self::Opaque);
                };
                match dictionary.values().as_string_opt::<i32>() {
                    Some(texts) => Self::Dictionary(dictionary.keys(), texts),
                    None => Self::Opaque,
                }
            }
            _ => Self::Opaque,
        })
    }
}

impl<'a> Values<'a> {
    pub(super) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// The value of a row of the batch.
    pub(super) fn cell(&self, row: usize) -> Cell<'a> {
        if self.is_null(row) {
            return Cell::Null;
        }
        let text = |texts: &'a StringArray, slot: usize| match slot < texts.len() {
            true => Cell::Text(Cow::Borrowed(texts.value(slot))),
            false => Cell::Broken,
        };
        match self.kind {
            Kind::Boolean(array) => Cell::Boolean(array.value(row)),
            Kind::Int8(values) => Cell::integer(values.get(row).map(|v| i64::from(*v))),
            Kind::Int16(values) => Cell::integer(values.get(row).map(|v| i64::from(*v))),
            Kind::Int32(values) => Cell::integer(values.get(row).map(|v| i64::from(*v))),
            Kind::Int64(values) => Cell::integer(values.get(row).copied()),
            Kind::Decimal(values, scale) => values
                .get(row)
                .map_or(Cell::Broken, |v| Cell::Decimal(*v, scale)),
            Kind::Float32(values) => values
                .get(row)
                .map_or(Cell::Broken, |v| Cell::Float(f64::from(*v))),
            Kind::Float64(values) => values.get(row).map_or(Cell::Broken, |v| Cell::Float(*v)),
            Kind::Text(texts) => text(texts, row),
            Kind::Dictionary(keys, texts) => {
                let key = usize::try_from(keys.value(row));
                key.map_or(Cell::Broken, |slot| text(texts, slot))
            }
            Kind::Opaque => Cell::Broken,
        }
    }
}
