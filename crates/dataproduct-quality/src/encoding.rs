//! Bringing other encodings of the same values, and narrower types, into the contract's own.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, DecimalType, Int64Type,
};
use arrow_array::{Array as _, ArrayRef};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_schema::{DataType, TimeUnit};

use crate::slots::{Bad, Slots};
use crate::structure::counted;

const DAY_MILLIS: i64 = 86_400_000;

/// The array in the type `target`, or what is wrong with its own type.
pub(crate) fn encode(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, String> {
    let from = array.data_type();
    if from == target {
        return Ok(Arc::clone(array));
    }
    if !same_values(from, target) {
        return Err(format!("it is {from} and the contract says {target}"));
    }
    let refused = |what: String| format!("it cannot be read as {target}: {what}");
    exact(&Slots::of_column(array), target).map_err(refused)?;
    // Unsafe casts would turn what does not fit into null; here it is an error.
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(array, target, &options).map_err(|error| refused(error.to_string()))
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
        (from, to) if widens(from, to) => true,
        // A coarser unit counts on into a finer one; a value that overflows is refused by the cast. Of a finer one
        // it is the values that are to be whole, which `exact` sees to: old Parquet has nothing but nanoseconds.
        (Timestamp(_, from_zone), Timestamp(_, to_zone)) => {
            // Arrow counts instants in UTC whatever the zone, so another zone is another display.
            from_zone.is_some() == to_zone.is_some()
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

/// Whether a wider type of the same kind holds every value of a type, as it is.
///
/// The numbers and days that `DataType::from_arrow` takes are among them, so that they can be
/// published under the contract that it makes of them. `Date64` counts milliseconds but is to hold
/// whole days, which [`exact`] sees to.
fn widens(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Date32, Date64, Decimal128, Float16, Float32, Float64, Int8, Int16, Int32, Int64, UInt8,
        UInt16, UInt32,
    };
    match (from, to) {
        (Int8 | UInt8, Int16)
        | (Int8 | Int16 | UInt8 | UInt16, Int32)
        | (Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32, Int64)
        | (Float16, Float32)
        | (Float16 | Float32, Float64)
        | (Date64, Date32) => true,
        (from, Decimal128(precision, scale)) => digits(from).is_some_and(|(whole, fraction)| {
            fraction <= i16::from(*scale) && whole <= i16::from(*precision) - i16::from(*scale)
        }),
        _ => false,
    }
}

/// How many digits values of a type have before and after the point, at most.
fn digits(arrow: &DataType) -> Option<(i16, i16)> {
    use DataType::{
        Decimal32, Decimal64, Decimal128, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64,
    };
    match arrow {
        Int8 | UInt8 => Some((3, 0)),
        Int16 | UInt16 => Some((5, 0)),
        Int32 | UInt32 => Some((10, 0)),
        Int64 => Some((19, 0)),
        UInt64 => Some((20, 0)),
        Decimal32(precision, scale)
        | Decimal64(precision, scale)
        | Decimal128(precision, scale) => {
            let (precision, scale) = (i16::from(*precision), i16::from(*scale));
            Some((precision - scale, scale))
        }
        _ => None,
    }
}

/// Fails when a value is none that its own type is to have, so that a cast would change it.
fn exact(slots: &Slots, to: &DataType) -> Result<(), String> {
    let array = &slots.array;
    let (bad, what) = match (array.data_type(), to) {
        (from, to) if from == to => return Ok(()),
        (DataType::Date64, _) => {
            let days = array.as_primitive::<Date64Type>();
            let bad = slots.bad(|slot| days.value(slot) % DAY_MILLIS != 0);
            (bad, "not at the start of a day".to_owned())
        }
        (DataType::Timestamp(from, _), DataType::Timestamp(to, _)) if from > to => {
            return whole(slots, a_second(*from) / a_second(*to), *to);
        }
        // Scaling up trusts the precision, and wraps around where it is not kept to.
        (DataType::Decimal32(precision, _), _) => over::<Decimal32Type>(*precision, slots),
        (DataType::Decimal64(precision, _), _) => over::<Decimal64Type>(*precision, slots),
        (DataType::Decimal128(precision, _), _) => over::<Decimal128Type>(*precision, slots),
        (DataType::Dictionary(_, _), _) => {
            return exact(&Slots::of_column(array.as_any_dictionary().values()), to);
        }
        (_, to) => {
            return slots
                .children()
                .iter()
                .zip(parts(to))
                .try_for_each(|(child, to)| exact(child, to));
        }
    };
    match bad {
        None => Ok(()),
        Some(bad) => Err(format!("{} {what}", counted(bad.count, "is", "are"))),
    }
}

/// The slots with more digits than the type of the array says.
fn over<T: DecimalType>(precision: u8, slots: &Slots) -> (Option<Bad>, String) {
    let array = slots.array.as_primitive::<T>();
    let bad = slots.bad(|slot| !T::is_valid_decimal_precision(array.value(slot), precision));
    (bad, format!("of more than {precision} digits"))
}

/// Fails when an instant lies between two of a coarser unit, of which each is so many of its own.
fn whole(slots: &Slots, each: i64, unit: TimeUnit) -> Result<(), String> {
    let counts = cast(&slots.array, &DataType::Int64).map_err(|error| error.to_string())?;
    let counts = counts.as_primitive::<Int64Type>();
    match slots.bad(|slot| counts.value(slot) % each != 0) {
        None => Ok(()),
        Some(bad) => {
            let many = counted(bad.count, "is", "are");
            Err(format!("{many} finer than a {}", name(unit)))
        }
    }
}

/// How many of a unit a second has.
const fn a_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

const fn name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "second",
        TimeUnit::Millisecond => "millisecond",
        TimeUnit::Microsecond => "microsecond",
        TimeUnit::Nanosecond => "nanosecond",
    }
}

/// The types inside a type, as [`Slots::children`] has the values.
fn parts(to: &DataType) -> Vec<&DataType> {
    match to {
        DataType::Struct(fields) => fields.iter().map(|field| field.data_type()).collect(),
        DataType::List(element) => vec![element.data_type()],
        DataType::Map(entries, _) => parts(entries.data_type()),
        _ => Vec::new(),
    }
}
