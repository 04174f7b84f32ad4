//! Rows as plain values, and batches of them.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, ListArray, MapArray, PrimitiveArray, RecordBatch,
    RecordBatchOptions, StringArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, FieldRef, Fields, Schema};

use crate::nesting::loose;

/// One value of any type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Boolean(bool),
    /// An integer, the units of a decimal, days, or microseconds.
    Integer(i128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// The fields of a struct.
    Parts(Vec<Cell>),
    /// The elements of a list.
    Items(Vec<Cell>),
    /// The pairs of a map.
    Pairs(Vec<(Cell, Cell)>),
}

/// The values of a row in the order of the columns.
pub(super) type Row = Vec<Cell>;

impl Cell {
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// A text by which equal values are found; both zeros and all NaN are one.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Float(x) if *x == 0.0 => "Float(0.0)".to_owned(),
            other => format!("{other:?}"),
        }
    }
}

/// A batch of rows in the columns of a schema, every one of which may be null at any depth.
pub(super) fn batch(schema: &Schema, rows: &[&Row]) -> Result<RecordBatch, String> {
    let fields: Fields = schema.fields().iter().map(|field| loose(field)).collect();
    let columns = fields.iter().enumerate().map(|(place, field)| {
        let cells: Vec<&Cell> = rows.iter().filter_map(|row| row.get(place)).collect();
        array(field.data_type(), &cells)
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|error| error.to_string())
}

fn unfit(cell: &Cell, data_type: &DataType) -> String {
    format!("{cell:?} is no {data_type}")
}

fn numbers<T: ArrowPrimitiveType>(
    cells: &[&Cell],
    data_type: &DataType,
    read: impl Fn(&Cell) -> Option<T::Native>,
) -> Result<ArrayRef, String> {
    let values = cells.iter().map(|cell| match cell {
        Cell::Null => Ok(None),
        cell => read(cell).map(Some).ok_or_else(|| unfit(cell, data_type)),
    });
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let array: PrimitiveArray<T> = values.into_iter().collect();
    Ok(Arc::new(array.with_data_type(data_type.clone())))
}

fn integer<T: TryFrom<i128>>(cell: &Cell) -> Option<T> {
    match cell {
        Cell::Integer(value) => T::try_from(*value).ok(),
        _ => None,
    }
}

fn float(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Float(value) => Some(*value),
        _ => None,
    }
}

fn valid(cells: &[&Cell]) -> Option<NullBuffer> {
    let valid: Vec<bool> = cells.iter().map(|cell| !cell.is_null()).collect();
    valid.contains(&false).then(|| NullBuffer::from(valid))
}

/// An array of a type.
fn array(data_type: &DataType, cells: &[&Cell]) -> Result<ArrayRef, String> {
    Ok(match data_type {
        DataType::Boolean => {
            let values = cells.iter().map(|cell| match cell {
                Cell::Boolean(value) => Some(*value),
                _ => None,
            });
            Arc::new(values.collect::<BooleanArray>())
        }
        DataType::Int8 => numbers::<Int8Type>(cells, data_type, integer)?,
        DataType::Int16 => numbers::<Int16Type>(cells, data_type, integer)?,
        DataType::Int32 => numbers::<Int32Type>(cells, data_type, integer)?,
        DataType::Int64 => numbers::<Int64Type>(cells, data_type, integer)?,
        DataType::Float32 => {
            numbers::<Float32Type>(cells, data_type, |c| float(c).map(|x| x as f32))?
        }
        DataType::Float64 => numbers::<Float64Type>(cells, data_type, float)?,
        DataType::Decimal128(..) => numbers::<Decimal128Type>(cells, data_type, integer)?,
        DataType::Date32 => numbers::<Date32Type>(cells, data_type, integer)?,
        DataType::Timestamp(..) => numbers::<TimestampMicrosecondType>(cells, data_type, integer)?,
        DataType::Utf8 | DataType::Dictionary(..) => {
            let values = cells.iter().map(|cell| match cell {
                Cell::Text(text) => Some(text.as_str()),
                _ => None,
            });
            let texts: ArrayRef = Arc::new(values.collect::<StringArray>());
            arrow_cast::cast(&texts, data_type).map_err(|error| error.to_string())?
        }
        DataType::Binary => {
            let values = cells.iter().map(|cell| match cell {
                Cell::Bytes(bytes) => Some(bytes.as_slice()),
                _ => None,
            });
            Arc::new(values.collect::<BinaryArray>())
        }
        DataType::Struct(fields) => Arc::new(structs(fields, cells)?),
        DataType::List(element) => Arc::new(lists(element, cells)?),
        DataType::Map(entries, sorted) => Arc::new(maps(entries, *sorted, cells)?),
        other => return Err(format!("no values of {other} can be made")),
    })
}

fn structs(fields: &Fields, cells: &[&Cell]) -> Result<StructArray, String> {
    let columns = fields.iter().enumerate().map(|(place, field)| {
        let part = |cell: &&'_ Cell| match cell {
            Cell::Parts(parts) => parts.get(place).cloned().unwrap_or(Cell::Null),
            _ => Cell::Null,
        };
        let parts: Vec<Cell> = cells.iter().map(part).collect();
        array(field.data_type(), &parts.iter().collect::<Vec<_>>())
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    StructArray::try_new_with_length(fields.clone(), columns, valid(cells), cells.len())
        .map_err(|error| error.to_string())
}

fn lists(element: &FieldRef, cells: &[&Cell]) -> Result<ListArray, String> {
    let items = |cell: &&Cell| match cell {
        Cell::Items(items) => items.len(),
        _ => 0,
    };
    let offsets = OffsetBuffer::<i32>::from_lengths(cells.iter().map(items));
    let all = cells.iter().flat_map(|cell| match cell {
        Cell::Items(items) => items.iter(),
        _ => [].iter(),
    });
    let values = array(element.data_type(), &all.collect::<Vec<_>>())?;
    ListArray::try_new(Arc::clone(element), offsets, values, valid(cells))
        .map_err(|error| error.to_string())
}

fn maps(entries: &FieldRef, sorted: bool, cells: &[&Cell]) -> Result<MapArray, String> {
    let pairs = |cell: &Cell| match cell {
        Cell::Pairs(pairs) => pairs.clone(),
        _ => Vec::new(),
    };
    let pairs: Vec<Vec<(Cell, Cell)>> = cells.iter().map(|cell| pairs(cell)).collect();
    let offsets = OffsetBuffer::<i32>::from_lengths(pairs.iter().map(Vec::len));
    let all = pairs
        .into_iter()
        .flatten()
        .map(|(key, value)| Cell::Parts(vec![key, value]));
    let all: Vec<Cell> = all.collect();
    let DataType::Struct(fields) = entries.data_type() else {
        return Err("a map without pairs".to_owned());
    };
    let values = structs(fields, &all.iter().collect::<Vec<_>>())?;
    MapArray::try_new(Arc::clone(entries), offsets, values, valid(cells), sorted)
        .map_err(|error| error.to_string())
}

/// The values of an array of one value a row, in the terms in which cells are made; `None` for types that keys do not
/// have.
pub(super) fn read(array: &ArrayRef) -> Option<Vec<Cell>> {
    use arrow_array::Array as _;
    use arrow_array::cast::AsArray as _;

    fn integers<T: ArrowPrimitiveType>(array: &ArrayRef) -> Option<Vec<Cell>>
    where
        i128: From<T::Native>,
    {
        let values = array.as_primitive_opt::<T>()?.iter();
        Some(
            values
                .map(|value| value.map_or(Cell::Null, |x| Cell::Integer(i128::from(x))))
                .collect(),
        )
    }
    match array.data_type() {
        DataType::Int8 => integers::<Int8Type>(array),
        DataType::Int16 => integers::<Int16Type>(array),
        DataType::Int32 => integers::<Int32Type>(array),
        DataType::Int64 => integers::<Int64Type>(array),
        DataType::Decimal128(..) => integers::<Decimal128Type>(array),
        DataType::Date32 => integers::<Date32Type>(array),
        DataType::Timestamp(..) => integers::<TimestampMicrosecondType>(array),
        DataType::Boolean => {
            let values = array.as_boolean_opt()?.iter();
            Some(
                values
                    .map(|v| v.map_or(Cell::Null, Cell::Boolean))
                    .collect(),
            )
        }
        DataType::Utf8 => {
            let values = array.as_string_opt::<i32>()?.iter();
            let cell = |text: &str| Cell::Text(text.to_owned());
            Some(values.map(|v| v.map_or(Cell::Null, cell)).collect())
        }
        _ => None,
    }
}
