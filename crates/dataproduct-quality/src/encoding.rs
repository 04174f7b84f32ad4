//! Bringing other encodings of the same values into the contract's own.

use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::DataType;

/// The array in the type `target`, or what is wrong with its own type.
pub(crate) fn encode(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, String> {
    let from = array.data_type();
    if from == target {
        return Ok(Arc::clone(array));
    }
    if !same_values(from, target) {
        return Err(format!("it is {from} and the contract says {target}"));
    }
    // Unsafe casts would turn what does not fit into null; here it is an error.
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(array, target, &options)
        .map_err(|error| format!("it cannot be read as {target}: {error}"))
}

/// Whether every value of one type is the same value in the other, so that a cast changes nothing.
fn same_values(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Dictionary, FixedSizeBinary, FixedSizeList, LargeBinary, LargeList,
        LargeUtf8, List, Map, Null, Struct, Timestamp, Utf8, Utf8View,
    };
    let text = |t: &DataType| matches!(t, Utf8 | LargeUtf8 | Utf8View);
    let bytes = |t: &DataType| matches!(t, Binary | LargeBinary | BinaryView | FixedSizeBinary(_));
    match (from, to) {
        (from, to) if from == to => true,
        // A column in which nothing is known has every type.
        (Null, _) => true,
        (Dictionary(_, from), to) => same_values(from, to),
        (from, Dictionary(_, to)) => same_values(from, to),
        (from, to) if text(from) => text(to),
        (from, to) if bytes(from) => bytes(to),
        // A coarser unit counts on into a finer one; a value that overflows is refused by the cast.
        (Timestamp(from_unit, from_zone), Timestamp(to_unit, to_zone)) => {
            // Arrow counts instants in UTC whatever the zone, so another zone is another display.
            from_unit <= to_unit && from_zone.is_some() == to_zone.is_some()
        }
        (List(from) | LargeList(from) | FixedSizeList(from, _), List(to)) => {
            same_values(from.data_type(), to.data_type())
        }
        (Struct(from), Struct(to)) => {
            from.len() == to.len()
                && from
                    .iter()
                    .zip(to)
                    .all(|(f, t)| f.name() == t.name() && same_values(f.data_type(), t.data_type()))
        }
        (Map(from, _), Map(to, _)) => match (from.data_type(), to.data_type()) {
            (Struct(from), Struct(to)) => {
                // Field names of a map's entries differ between writers and mean nothing.
                from.len() == to.len()
                    && from
                        .iter()
                        .zip(to)
                        .all(|(f, t)| same_values(f.data_type(), t.data_type()))
            }
            _ => false,
        },
        _ => false,
    }
}
