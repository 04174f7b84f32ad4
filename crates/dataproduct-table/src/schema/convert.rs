//! Bringing stored columns into the types of a reader: exactly, or not at all.
//!
//! Wider types take every value. Narrower ones take those that fit; one that does not is an error that shows it.
//! Nothing is rounded, wrapped or made null. Fields of structs go by name: what the reader does not name is left
//! out, what is not stored is null.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{
    Array, ArrayRef, Float32Array, ListArray, MapArray, StructArray, new_null_array,
};
use arrow_buffer::NullBuffer;
use arrow_cast::CastOptions;
use arrow_cast::display::array_value_to_string;
use arrow_schema::{ArrowError, DataType, Field, Fields};

/// A value that the reader's type does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// Where in the column, below its name; empty for the column itself.
    pub(crate) within: String,
    /// The first such value, shortened.
    pub(crate) value: String,
    /// What the reader asked for.
    pub(crate) wanted: String,
}

impl Unfit {
    fn new(value: impl Into<String>, wanted: impl ToString) -> Self {
        Self {
            within: String::new(),
            value: value.into().chars().take(80).collect(),
            wanted: wanted.to_string(),
        }
    }

    fn below(mut self, name: &str) -> Self {
        self.within = format!(".{name}{}", self.within);
        self
    }

    fn arrow(to: &DataType) -> impl Fn(ArrowError) -> Self {
        move |error| Self::new(error.to_string(), to)
    }
}

/// Whether values of a stored type may have their place in another, so that only the values themselves decide.
pub(crate) fn may_fit(stored: &DataType, wanted: &DataType) -> bool {
    use DataType as D;
    let integer = |data_type: &D| matches!(data_type, D::Int8 | D::Int16 | D::Int32 | D::Int64);
    let float = |data_type: &D| matches!(data_type, D::Float32 | D::Float64);
    match (stored, wanted) {
        (D::List(stored), D::List(wanted)) => may_fit(stored.data_type(), wanted.data_type()),
        (D::Map(stored, _), D::Map(wanted, _)) => match (stored.data_type(), wanted.data_type()) {
            (D::Struct(stored), D::Struct(wanted)) => {
                stored.len() == wanted.len()
                    && stored
                        .iter()
                        .zip(wanted)
                        .all(|(stored, wanted)| may_fit(stored.data_type(), wanted.data_type()))
            }
            _ => false,
        },
        (D::Struct(stored), D::Struct(wanted)) => wanted.iter().all(|wanted| {
            match stored.iter().find(|stored| stored.name() == wanted.name()) {
                Some(stored) => may_fit(stored.data_type(), wanted.data_type()),
                None => wanted.is_nullable(),
            }
        }),
        (stored, wanted) if integer(stored) => integer(wanted),
        (stored, wanted) if float(stored) => float(wanted),
        (D::Decimal128(..), D::Decimal128(..)) => true,
        _ => stored == wanted,
    }
}

/// The column as the reader's field.
pub(crate) fn convert(column: &ArrayRef, to: &Field) -> Result<ArrayRef, Unfit> {
    convert_within(column, to, None)
}

/// `absent` is null where the parent is: what stands there is not read.
fn convert_within(
    column: &ArrayRef,
    to: &Field,
    absent: Option<&NullBuffer>,
) -> Result<ArrayRef, Unfit> {
    let converted = to_type(column, to.data_type())?;
    if !to.is_nullable() {
        let nulls = converted
            .logical_nulls()
            .filter(|nulls| nulls.null_count() > 0);
        let hidden = |nulls: &NullBuffer| absent.is_some_and(|absent| absent.contains(nulls));
        if nulls.is_some_and(|nulls| !hidden(&nulls)) {
            return Err(Unfit::new(
                "null",
                format!("{}, never missing", to.data_type()),
            ));
        }
    }
    Ok(converted)
}

/// The column in another type; nulls stay nulls.
pub(crate) fn to_type(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, Unfit> {
    if column.data_type() == to {
        return Ok(Arc::clone(column));
    }
    match (column.data_type(), to) {
        (DataType::Dictionary(_, from), DataType::Dictionary(_, wanted)) if from == wanted => {
            cast(column, to)
        }
        (DataType::Dictionary(..), _) => {
            let dictionary = column.as_any_dictionary();
            let plain = arrow_select::take::take(dictionary.values(), dictionary.keys(), None)
                .map_err(Unfit::arrow(to))?;
            to_type(&plain, to)
        }
        (_, DataType::Dictionary(_, values)) => cast(&to_type(column, values)?, to),
        (DataType::Struct(_), DataType::Struct(fields)) => structs(column.as_struct(), fields),
        (DataType::List(_), DataType::List(element)) => {
            let list = column.as_list::<i32>();
            let values = convert_within(list.values(), element, None)
                .map_err(|unfit| unfit.below("element"))?;
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            let list = ListArray::try_new(Arc::clone(element), offsets, values, nulls);
            Ok(Arc::new(list.map_err(Unfit::arrow(to))?))
        }
        (DataType::Map(..), DataType::Map(entries, sorted)) => {
            let map = column.as_map();
            let DataType::Struct(fields) = entries.data_type() else {
                return Err(Unfit::new("a map", to));
            };
            // Writers name the parts of an entry as they like.
            let parts = [map.keys(), map.values()].into_iter().zip(fields);
            let parts = parts
                .zip(["key", "value"])
                .map(|((part, field), name)| {
                    convert_within(part, field, None).map_err(|unfit| unfit.below(name))
                })
                .collect::<Result<Vec<_>, _>>()?;
            let rebuilt = StructArray::try_new(fields.clone(), parts, None).and_then(|parts| {
                let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
                MapArray::try_new(Arc::clone(entries), offsets, parts, nulls, *sorted)
            });
            Ok(Arc::new(rebuilt.map_err(Unfit::arrow(to))?))
        }
        _ => leaf(column, to),
    }
}

fn structs(from: &StructArray, fields: &Fields) -> Result<ArrayRef, Unfit> {
    let nulls = from.nulls();
    let columns = fields.iter().map(|field| {
        let converted = match from.column_by_name(field.name()) {
            Some(column) => convert_within(column, field, nulls),
            None => {
                let missing = new_null_array(field.data_type(), from.len());
                convert_within(&missing, field, nulls)
            }
        };
        converted.map_err(|unfit| unfit.below(field.name()))
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    StructArray::try_new_with_length(fields.clone(), columns, nulls.cloned(), from.len())
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(Unfit::arrow(&DataType::Struct(fields.clone())))
}

fn cast(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, Unfit> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    arrow_cast::cast_with_options(column, to, &options).map_err(Unfit::arrow(to))
}

/// Converts values without parts, and makes sure that each is still the same.
fn leaf(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, Unfit> {
    let from = column.data_type();
    if let (DataType::Float64, DataType::Float32) = (from, to) {
        return narrow_floats(column, to);
    }
    if !loses(from, to) {
        return cast(column, to);
    }
    // What does not fit becomes null, or another value where digits are cut off: the way back shows which.
    let there = arrow_cast::cast(column, to).map_err(Unfit::arrow(to))?;
    let back = arrow_cast::cast(&there, from).map_err(Unfit::arrow(to))?;
    let same = arrow_ord::cmp::not_distinct(&back, column).map_err(Unfit::arrow(to))?;
    match (0..same.len()).find(|slot| !same.value(*slot)) {
        None => Ok(there),
        Some(slot) => Err(Unfit::new(shown(column, slot), to)),
    }
}

/// Whether a cast may change a value.
fn loses(from: &DataType, to: &DataType) -> bool {
    use DataType as D;
    match (from, to) {
        (D::Decimal128(digits, scale), D::Decimal128(wanted, finer)) => {
            let whole = |precision: u8, scale: i8| i16::from(precision) - i16::from(scale);
            finer < scale || whole(*wanted, *finer) < whole(*digits, *scale)
        }
        (from, to) if from.is_integer() && to.is_integer() => {
            from.primitive_width() > to.primitive_width()
        }
        _ => false,
    }
}

fn narrow_floats(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, Unfit> {
    let wide = column.as_primitive::<Float64Type>();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is cut off is looked for next"
    )]
    let narrow: Float32Array = wide.unary::<_, Float32Type>(|value| value as f32);
    let changed = |slot: usize| {
        let (wide, narrow) = (wide.value(slot), narrow.value(slot));
        wide.to_bits() != f64::from(narrow).to_bits() && !wide.is_nan()
    };
    match (0..wide.len()).find(|slot| wide.is_valid(*slot) && changed(*slot)) {
        None => Ok(Arc::new(narrow)),
        Some(slot) => Err(Unfit::new(shown(column, slot), to)),
    }
}

fn shown(column: &ArrayRef, slot: usize) -> String {
    array_value_to_string(column, slot).unwrap_or_else(|_| "a value".to_owned())
}

/// The same values under the field names of another type of the same shape.
pub(crate) fn relabel(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    if column.data_type() == to {
        return Ok(Arc::clone(column));
    }
    match (column.data_type(), to) {
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let array = column.as_struct();
            let columns = array.columns().iter().zip(fields);
            let columns = columns
                .map(|(column, field)| relabel(column, field.data_type()))
                .collect::<Result<Vec<_>, _>>()?;
            let nulls = array.nulls().cloned();
            let array =
                StructArray::try_new_with_length(fields.clone(), columns, nulls, array.len())?;
            Ok(Arc::new(array))
        }
        (DataType::List(_), DataType::List(element)) => {
            let list = column.as_list::<i32>();
            let values = relabel(list.values(), element.data_type())?;
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(element),
                offsets,
                values,
                nulls,
            )?))
        }
        (DataType::Map(..), DataType::Map(entries, sorted)) => {
            let map = column.as_map();
            let parts: ArrayRef = Arc::new(map.entries().clone());
            let parts = relabel(&parts, entries.data_type())?;
            let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
            let parts = parts.as_struct().clone();
            Ok(Arc::new(MapArray::try_new(
                Arc::clone(entries),
                offsets,
                parts,
                nulls,
                *sorted,
            )?))
        }
        // A dictionary of text stands for text.
        _ => Ok(Arc::clone(column)),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(column: ArrayRef, to: DataType, expect: Result<ArrayRef, &str>) {
        let found = convert(&column, &Field::new("c", to, true));
        match expect {
            Ok(expect) => assert_eq!(found.unwrap().as_ref(), expect.as_ref()),
            Err(value) => assert_eq!(found.unwrap_err().value, value),
        }
    }

    fn ints(values: &[Option<i64>]) -> ArrayRef {
        Arc::new(Int64Array::from(values.to_vec()))
    }

    fn decimals(values: &[Option<i128>], precision: u8, scale: i8) -> ArrayRef {
        let array = Decimal128Array::from(values.to_vec());
        Arc::new(array.with_precision_and_scale(precision, scale).unwrap())
    }

    #[test]
    fn narrower_types_take_what_fits_and_nothing_else() {
        let i32s = |values: &[Option<i32>]| Arc::new(Int32Array::from(values.to_vec())) as ArrayRef;
        check(
            ints(&[Some(7), None, Some(-8)]),
            DataType::Int32,
            Ok(i32s(&[Some(7), None, Some(-8)])),
        );
        check(
            ints(&[Some(7), Some(1 << 32)]),
            DataType::Int32,
            Err("4294967296"),
        );
        check(
            decimals(&[Some(12_300), None], 12, 4),
            DataType::Decimal128(10, 2),
            Ok(decimals(&[Some(123), None], 10, 2)),
        );
        check(
            decimals(&[Some(12_345)], 12, 4),
            DataType::Decimal128(10, 2),
            Err("1.2345"),
        );
        check(
            decimals(&[Some(99_999)], 12, 2),
            DataType::Decimal128(4, 2),
            Err("999.99"),
        );
        check(
            decimals(&[Some(123)], 10, 2),
            DataType::Decimal128(12, 4),
            Ok(decimals(&[Some(12_300)], 12, 4)),
        );
        let doubles = |values: &[f64]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
        check(
            doubles(&[0.5, f64::NAN, f64::INFINITY, -0.0]),
            DataType::Float32,
            Ok(Arc::new(Float32Array::from(vec![
                0.5,
                f32::NAN,
                f32::INFINITY,
                -0.0,
            ]))),
        );
        check(doubles(&[0.5, 0.1]), DataType::Float32, Err("0.1"));
        check(doubles(&[1e300]), DataType::Float32, Err("1e300"));
    }

    #[test]
    fn what_other_writers_widen_is_read_exactly() {
        let i32s: ArrayRef = Arc::new(Int32Array::from(vec![Some(-7), None]));
        check(
            Arc::clone(&i32s),
            DataType::Float64,
            Ok(Arc::new(Float64Array::from(vec![Some(-7.0), None]))),
        );
        check(
            i32s,
            DataType::Decimal128(12, 2),
            Ok(decimals(&[Some(-700), None], 12, 2)),
        );
        let local = DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, None);
        let micros = arrow_array::TimestampMicrosecondArray::from(vec![86_400_000_000]);
        check(
            Arc::new(arrow_array::Date32Array::from(vec![1])),
            local,
            Ok(Arc::new(micros)),
        );
    }

    #[test]
    fn a_null_is_an_error_only_where_there_is_one() {
        let required = Field::new("c", DataType::Int64, false);
        assert!(convert(&ints(&[Some(1)]), &required).is_ok());
        let unfit = convert(&ints(&[Some(1), None]), &required).unwrap_err();
        assert_eq!(unfit.value, "null");
    }

    #[test]
    fn fields_of_structs_go_by_name() {
        let field = |name: &str, data_type, nullable| Field::new(name, data_type, nullable);
        let stored: ArrayRef = Arc::new(StructArray::from(vec![
            (
                Arc::new(field("a", DataType::Int64, true)),
                ints(&[Some(1), None]),
            ),
            (
                Arc::new(field("b", DataType::Utf8, true)),
                Arc::new(StringArray::from(vec!["x", "y"])) as ArrayRef,
            ),
        ]));
        // As many fields, of which one is another: it must not get the values of the one in its place.
        let wanted = Fields::from(vec![
            field("a", DataType::Int32, true),
            field("c", DataType::Utf8, true),
        ]);
        let read = convert(
            &stored,
            &field("s", DataType::Struct(wanted.clone()), false),
        )
        .unwrap();
        let read = read.as_struct();
        assert_eq!(read.column(1).null_count(), 2);
        assert_eq!(read.column(0).null_count(), 1);
        let strict = Fields::from(vec![field("a", DataType::Int64, false)]);
        let unfit = convert(&stored, &field("s", DataType::Struct(strict), false)).unwrap_err();
        assert_eq!(
            (unfit.within.as_str(), unfit.value.as_str()),
            (".a", "null")
        );
    }

    proptest! {
        #[test]
        fn a_conversion_keeps_each_value_or_names_one_that_does_not_fit(
            values in prop::collection::vec(prop::option::of(-200_i64..200), 0..20),
        ) {
            let found = convert(&ints(&values), &Field::new("c", DataType::Int8, true));
            let misfit = values.iter().flatten().find(|value| i8::try_from(**value).is_err());
            match (found, misfit) {
                (Ok(found), None) => {
                    let back = arrow_cast::cast(&found, &DataType::Int64).unwrap();
                    let expect = ints(&values);
                    prop_assert_eq!(back.as_ref(), expect.as_ref());
                }
                (Err(unfit), Some(value)) => prop_assert_eq!(unfit.value, value.to_string()),
                (found, misfit) => prop_assert!(false, "{found:?} {misfit:?}"),
            }
        }
    }
}
