//! Columns whose parts may be missing at every depth, and the same columns as the contract has them.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, MapArray, StructArray, UInt32Array};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, FieldRef};

/// The field with all its parts nullable, itself among them.
pub(crate) fn loose(field: &Field) -> FieldRef {
    let data_type = loose_type(field.data_type());
    Arc::new(field.clone().with_nullable(true).with_data_type(data_type))
}

/// The type with all its parts nullable. Arrow knows no map with keys that may be null.
pub(crate) fn loose_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|f| loose(f)).collect()),
        DataType::List(element) => DataType::List(loose(element)),
        DataType::Map(entries, sorted) => {
            let DataType::Struct(pair) = entries.data_type() else {
                return data_type.clone();
            };
            let pair = pair.iter().enumerate().map(|(place, field)| match place {
                0 => Arc::new(loose(field).as_ref().clone().with_nullable(false)),
                _ => loose(field),
            });
            let entries = Field::clone(entries).with_data_type(DataType::Struct(pair.collect()));
            DataType::Map(Arc::new(entries), *sorted)
        }
        other => other.clone(),
    }
}

/// The same values under a type whose parts may all be null.
pub(crate) fn loosened(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == data_type {
        return Ok(Arc::clone(array));
    }
    let data = array.to_data();
    let children: Vec<DataType> = match data_type {
        DataType::Struct(fields) => fields.iter().map(|f| f.data_type().clone()).collect(),
        DataType::List(field) | DataType::Map(field, _) => vec![field.data_type().clone()],
        _ => Vec::new(),
    };
    let parts = data.child_data().iter().zip(&children);
    let parts = parts.map(|(part, data_type)| {
        loosened(&arrow_array::make_array(part.clone()), data_type).map(|array| array.to_data())
    });
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    let data = data
        .into_builder()
        .data_type(data_type.clone())
        .child_data(parts)
        .build()?;
    Ok(arrow_array::make_array(data))
}

/// The same values under a type of which some parts may not be null: only what stands under something missing is, and
/// no reader sees that.
pub(crate) fn tightened(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    match array.data_type() == data_type {
        true => Ok(Arc::clone(array)),
        false => within(array, data_type, None),
    }
}

/// The same where `absent` is null where what the values are a part of is missing.
fn within(
    array: &ArrayRef,
    data_type: &DataType,
    absent: Option<&NullBuffer>,
) -> Result<ArrayRef, ArrowError> {
    let nulls = NullBuffer::union(array.nulls(), absent);
    Ok(match data_type {
        DataType::Struct(fields) => {
            let parts = array.as_struct().columns().iter().zip(fields);
            let parts = parts.map(|(part, field)| within(part, field.data_type(), nulls.as_ref()));
            let parts = parts.collect::<Result<Vec<_>, _>>()?;
            let (fields, rows) = (fields.clone(), array.len());
            Arc::new(StructArray::try_new_with_length(
                fields, parts, nulls, rows,
            )?)
        }
        DataType::List(element) => {
            let list = array.as_list::<i32>();
            let (ends, items) = seen(list.offsets(), list.values(), nulls.as_ref())?;
            let items = within(&items, element.data_type(), None)?;
            Arc::new(ListArray::try_new(Arc::clone(element), ends, items, nulls)?)
        }
        DataType::Map(entries, sorted) => {
            let map = array.as_map();
            let pairs: ArrayRef = Arc::new(map.entries().clone());
            let (ends, pairs) = seen(map.offsets(), &pairs, nulls.as_ref())?;
            let pairs = within(&pairs, entries.data_type(), None)?;
            let (entries, pairs) = (Arc::clone(entries), pairs.as_struct().clone());
            Arc::new(MapArray::try_new(entries, ends, pairs, nulls, *sorted)?)
        }
        _ => Arc::clone(array),
    })
}

/// The items of lists that are there, and no others.
fn seen(
    ends: &OffsetBuffer<i32>,
    items: &ArrayRef,
    lists: Option<&NullBuffer>,
) -> Result<(OffsetBuffer<i32>, ArrayRef), ArrowError> {
    let is_there = |list: usize| lists.is_none_or(|lists| lists.is_valid(list));
    let spans = ends
        .windows(2)
        .map(|span| span[0] as usize..span[1] as usize);
    let spans: Vec<_> = spans
        .enumerate()
        .filter(|(list, _)| is_there(*list))
        .collect();
    let mut lengths = vec![0; ends.len() - 1];
    for (list, span) in &spans {
        lengths[*list] = span.len();
    }
    let places = spans.into_iter().flat_map(|(_, span)| span);
    let places: UInt32Array = places
        .filter_map(|place| u32::try_from(place).ok())
        .collect();
    let items = match places.len() == items.len() {
        true => Arc::clone(items),
        false => arrow_select::take::take(items, &places, None)?,
    };
    Ok((OffsetBuffer::from_lengths(lengths), items))
}

#[cfg(test)]
mod tests;
