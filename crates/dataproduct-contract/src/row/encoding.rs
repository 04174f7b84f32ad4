//! Arrow types that become the expected one without loss: other encodings and narrower types.

use arrow_array::{Array, ArrayRef};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType as ArrowType, TimeUnit};

use super::RowError;

/// The array as the expected type: itself, or cast once where no value can change.
///
/// # Errors
/// [`RowError::WrongType`] where a value could change, [`RowError::OutOfRange`] where the unit of a
/// time is coarser and a value lies outside of what microseconds can say.
pub(super) fn as_type(array: &ArrayRef, expected: &ArrowType) -> Result<ArrayRef, RowError> {
    let found = array.data_type();
    if found == expected {
        return Ok(ArrayRef::clone(array));
    }
    if !converts(found, expected) {
        return Err(RowError::WrongType {
            column: String::new(),
            expected: expected.to_string(),
            found: found.to_string(),
        });
    }
    // Unsafe casts make a null of what does not fit; `safe: false` makes an error of it.
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(array, expected, &options)
        .map_err(|error| RowError::inconsistent(&format!("cannot be read as {expected}: {error}")))
}

/// Whether every value of an Arrow type is a value of the other.
fn converts(from: &ArrowType, to: &ArrowType) -> bool {
    use ArrowType as A;
    match (from, to) {
        (A::Dictionary(_, value), _) => value.as_ref() == to || converts(value, to),
        (A::LargeUtf8 | A::Utf8View, A::Utf8)
        | (A::LargeBinary | A::BinaryView | A::FixedSizeBinary(_), A::Binary)
        | (A::Int8 | A::UInt8, A::Int16)
        | (A::Int8 | A::Int16 | A::UInt8 | A::UInt16, A::Int32)
        | (A::Int8 | A::Int16 | A::Int32 | A::UInt8 | A::UInt16 | A::UInt32, A::Int64)
        | (A::Float16, A::Float32)
        | (A::Int8 | A::Int16 | A::UInt8 | A::UInt16, A::Float32)
        | (A::Float16 | A::Float32, A::Float64)
        | (A::Int8 | A::Int16 | A::Int32 | A::UInt8 | A::UInt16 | A::UInt32, A::Float64)
        | (A::Date32, A::Timestamp(TimeUnit::Microsecond, None)) => true,
        (A::Timestamp(unit, from_zone), A::Timestamp(TimeUnit::Microsecond, to_zone)) => {
            // A nanosecond would be cut off. The zone of an instant says only how to show it.
            *unit != TimeUnit::Nanosecond && from_zone.is_some() == to_zone.is_some()
        }
        (_, A::Decimal128(precision, scale)) => digits(from).is_some_and(|(whole, fraction)| {
            fraction <= i16::from(*scale) && whole <= i16::from(*precision) - i16::from(*scale)
        }),
        (A::LargeList(from) | A::FixedSizeList(from, _), A::List(to)) => {
            from.data_type() == to.data_type()
        }
        _ => false,
    }
}

/// The digits before and after the point that values of a type can have.
fn digits(arrow: &ArrowType) -> Option<(i16, i16)> {
    use ArrowType as A;
    Some(match arrow {
        A::Int8 | A::UInt8 => (3, 0),
        A::Int16 | A::UInt16 => (5, 0),
        A::Int32 | A::UInt32 => (10, 0),
        A::Int64 => (19, 0),
        A::UInt64 => (20, 0),
        A::Decimal32(precision, scale)
        | A::Decimal64(precision, scale)
        | A::Decimal128(precision, scale) => {
            (i16::from(*precision) - i16::from(*scale), i16::from(*scale))
        }
        _ => return None,
    })
}
