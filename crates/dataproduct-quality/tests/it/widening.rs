//! Narrower types than the contract's: exact widenings are brought into it, nothing else is.

use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Float16Type};
use arrow_array::{
    Array, ArrayRef, Date32Array, Date64Array, Decimal32Array, Decimal64Array, Decimal128Array,
    DictionaryArray, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    ListArray, MapArray, PrimitiveArray, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray, TimestampNanosecondArray, UInt8Array, UInt16Array, UInt32Array,
    UInt64Array,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType as ArrowType, Field};
use dataproduct_contract::{Column, Contract, DataType};
use dataproduct_quality::{Gate, Verdict};

/// The column `value` as the gate brings it into the contract's type, or the first finding.
fn publish(data_type: DataType, value: ArrayRef) -> Result<ArrayRef, String> {
    let contract = Contract::builder("sales.values", "1.0.0")
        .with_owner("sales")
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(Column::new("value", data_type).with_nullable(true))
        .build()
        .unwrap();
    let id: ArrayRef = Arc::new(Int64Array::from_iter_values(0..value.len() as i64));
    let batch =
        RecordBatch::try_from_iter_with_nullable([("id", id, false), ("value", value, true)]);
    match Gate::new(&contract).check(batch.unwrap()) {
        Verdict::Admitted(admitted) => Ok(Arc::clone(admitted.batch().column(1))),
        Verdict::Separated { .. } => unreachable!("nothing is to be kept apart"),
        Verdict::Refused(report) => Err(report.findings()[0].to_string()),
    }
}

#[track_caller]
fn widens(from: impl Array + 'static, data_type: DataType, to: impl Array + 'static) {
    let to: ArrayRef = Arc::new(to);
    assert_eq!(&publish(data_type, Arc::new(from)).unwrap(), &to);
}

#[track_caller]
fn refuses(from: impl Array + 'static, data_type: DataType) {
    let error = publish(data_type, Arc::new(from)).unwrap_err();
    assert!(error.ends_with("[wrong-type]"), "{error}");
}

const fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal { precision, scale }
}

fn decimals(values: Vec<i128>, precision: u8, scale: i8) -> Decimal128Array {
    // Not checked against the precision.
    Decimal128Array::from(values).with_data_type(ArrowType::Decimal128(precision, scale))
}

#[test]
fn integers_widen() {
    let (low, high) = (i64::from(i8::MIN), i64::from(i8::MAX));
    let bytes = || Int8Array::from(vec![Some(i8::MIN), None, Some(i8::MAX)]);
    widens(
        bytes(),
        DataType::Int16,
        Int16Array::from(vec![Some(-128), None, Some(127)]),
    );
    widens(
        bytes(),
        DataType::Int32,
        Int32Array::from(vec![Some(-128), None, Some(127)]),
    );
    widens(
        bytes(),
        DataType::Int64,
        Int64Array::from(vec![Some(low), None, Some(high)]),
    );
    widens(
        Int16Array::from(vec![i16::MIN]),
        DataType::Int32,
        Int32Array::from(vec![i32::from(i16::MIN)]),
    );
    widens(
        Int32Array::from(vec![i32::MIN]),
        DataType::Int64,
        Int64Array::from(vec![i64::from(i32::MIN)]),
    );
    widens(
        UInt8Array::from(vec![u8::MAX]),
        DataType::Int16,
        Int16Array::from(vec![255]),
    );
    widens(
        UInt16Array::from(vec![u16::MAX]),
        DataType::Int32,
        Int32Array::from(vec![65_535]),
    );
    widens(
        UInt32Array::from(vec![u32::MAX]),
        DataType::Int64,
        Int64Array::from(vec![i64::from(u32::MAX)]),
    );
    widens(
        UInt64Array::from(vec![u64::MAX, 0]),
        decimal(20, 0),
        decimals(vec![i128::from(u64::MAX), 0], 20, 0),
    );
    widens(
        Int64Array::from(vec![i64::MIN]),
        decimal(21, 2),
        decimals(vec![i128::from(i64::MIN) * 100], 21, 2),
    );
    widens(
        Int8Array::from(vec![5, 5]),
        decimal(3, 0),
        decimals(vec![5, 5], 3, 0),
    );
}

#[test]
fn floats_and_decimals_widen() {
    let zero = <Float16Type as ArrowPrimitiveType>::default_value();
    let halves = PrimitiveArray::<Float16Type>::from_iter_values([zero]);
    widens(
        halves.clone(),
        DataType::Float32,
        Float32Array::from(vec![0.0]),
    );
    widens(halves, DataType::Float64, Float64Array::from(vec![0.0]));
    widens(
        Float32Array::from(vec![0.1, f32::INFINITY, f32::MIN_POSITIVE]),
        DataType::Float64,
        Float64Array::from(vec![
            f64::from(0.1_f32),
            f64::INFINITY,
            f64::from(f32::MIN_POSITIVE),
        ]),
    );
    widens(
        decimals(vec![99_999, -1], 5, 2),
        decimal(7, 2),
        decimals(vec![99_999, -1], 7, 2),
    );
    widens(
        decimals(vec![99_999, -1], 5, 2),
        decimal(7, 4),
        decimals(vec![9_999_900, -100], 7, 4),
    );
    widens(
        Decimal32Array::from(vec![7]).with_data_type(ArrowType::Decimal32(3, 1)),
        decimal(3, 1),
        decimals(vec![7], 3, 1),
    );
    widens(
        Decimal64Array::from(vec![-7]).with_data_type(ArrowType::Decimal64(12, 1)),
        decimal(38, 1),
        decimals(vec![-7], 38, 1),
    );
}

#[test]
fn whole_days_in_milliseconds_are_days() {
    const DAY: i64 = 86_400_000;
    widens(
        Date64Array::from(vec![Some(-DAY), None, Some(3 * DAY)]),
        DataType::Date,
        Date32Array::from(vec![Some(-1), None, Some(3)]),
    );
    let error = publish(
        DataType::Date,
        Arc::new(Date64Array::from(vec![DAY, DAY + 1, -1])),
    );
    assert_eq!(
        error.unwrap_err(),
        "value: it cannot be read as Date32: 2 values are not at the start of a day [wrong-type]"
    );
    refuses(Date64Array::from(vec![DAY * (1 << 36)]), DataType::Date);
    // What stands in a null slot is no time of day.
    let hidden = Date64Array::new(vec![DAY, 1].into(), Some(vec![true, false].into()));
    widens(
        hidden,
        DataType::Date,
        Date32Array::from(vec![Some(1), None]),
    );
    let keys = Int8Array::from(vec![1, 0]);
    let values = Arc::new(Date64Array::from(vec![0, 1]));
    refuses(DictionaryArray::new(keys, values), DataType::Date);
}

#[test]
fn whole_microseconds_in_nanoseconds_are_microseconds() {
    let nanos = |values: Vec<Option<i64>>| TimestampNanosecondArray::from(values);
    widens(
        nanos(vec![Some(-1_000), None, Some(1_483_228_800_000_001_000)]),
        DataType::TimestampNtz,
        TimestampMicrosecondArray::from(vec![Some(-1), None, Some(1_483_228_800_000_001)]),
    );
    widens(
        nanos(vec![Some(2_000)]).with_timezone("UTC"),
        DataType::Timestamp,
        TimestampMicrosecondArray::from(vec![2]).with_timezone("UTC"),
    );
    let error = publish(
        DataType::TimestampNtz,
        Arc::new(nanos(vec![Some(1_000), Some(1_001), Some(-1)])),
    );
    let error = error.unwrap_err();
    assert!(
        error.ends_with(": 2 values are finer than a microsecond [wrong-type]"),
        "{error}"
    );
    // What stands in a null slot is no time.
    let hidden = TimestampNanosecondArray::new(vec![0, 1].into(), Some(vec![true, false].into()));
    widens(
        hidden,
        DataType::TimestampNtz,
        TimestampMicrosecondArray::from(vec![Some(0), None]),
    );
    refuses(nanos(vec![Some(0)]), DataType::Timestamp);
    let zoned = nanos(vec![Some(0)]).with_timezone("UTC");
    refuses(zoned, DataType::TimestampNtz);
}

#[test]
fn values_inside_others_widen() {
    let days = |millis: i64| -> ArrayRef { Arc::new(Date64Array::from(vec![0, millis])) };
    let element = || Arc::new(Field::new("item", ArrowType::Date64, true));
    let list = |millis, ends: Vec<i32>| {
        ListArray::new(
            element(),
            OffsetBuffer::new(ends.into()),
            days(millis),
            None,
        )
    };
    let dates = || {
        DataType::List(Box::new(
            Column::new("element", DataType::Date).with_nullable(true),
        ))
    };
    let read = publish(dates(), Arc::new(list(-86_400_000, vec![0, 2]))).unwrap();
    let expected = Date32Array::from(vec![0, -1]);
    let ArrowType::List(field) = read.data_type().clone() else {
        panic!("it is no list")
    };
    let offsets = OffsetBuffer::new(vec![0, 2].into());
    let expected: ArrayRef = Arc::new(ListArray::new(field, offsets, Arc::new(expected), None));
    assert_eq!(&read, &expected);
    refuses(list(1, vec![0, 2]), dates());
    // An element that no list spans is not looked at.
    publish(dates(), Arc::new(list(1, vec![0, 1]))).unwrap();

    let fields = DataType::Struct(vec![Column::new("day", DataType::Date).with_nullable(true)]);
    let of_days = |millis: i64, present: Vec<bool>| {
        let field = Field::new("day", ArrowType::Date64, true);
        StructArray::new(vec![field].into(), vec![days(millis)], Some(present.into()))
    };
    publish(fields.clone(), Arc::new(of_days(1, vec![true, false]))).unwrap();
    refuses(of_days(1, vec![false, true]), fields);

    let map = |millis: i64| {
        let key = Field::new("keys", ArrowType::Utf8, false);
        let value = Field::new("values", ArrowType::Date64, true);
        let keys: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        let pairs = StructArray::new(vec![key, value].into(), vec![keys, days(millis)], None);
        let entries = Arc::new(Field::new("entries", pairs.data_type().clone(), false));
        MapArray::new(
            entries,
            OffsetBuffer::new(vec![0, 1, 2].into()),
            pairs,
            None,
            false,
        )
    };
    let dated = || DataType::Map {
        key: Box::new(Column::new("key", DataType::String)),
        value: Box::new(Column::new("value", DataType::Date).with_nullable(true)),
    };
    publish(dated(), Arc::new(map(86_400_000))).unwrap();
    refuses(map(1), dated());
}

#[test]
fn what_could_change_a_value_is_refused() {
    refuses(Int64Array::from(vec![1]), DataType::Int32);
    refuses(Int16Array::from(vec![1]), DataType::Int8);
    refuses(UInt8Array::from(vec![1]), DataType::Int8);
    refuses(UInt16Array::from(vec![1]), DataType::Int16);
    refuses(UInt32Array::from(vec![1]), DataType::Int32);
    refuses(UInt64Array::from(vec![1]), DataType::Int64);
    refuses(UInt64Array::from(vec![1]), decimal(19, 0));
    refuses(Int64Array::from(vec![1]), decimal(20, 2));
    refuses(Int64Array::from(vec![1]), DataType::Float64);
    refuses(Int32Array::from(vec![1]), DataType::Float64);
    refuses(Float64Array::from(vec![1.0]), DataType::Float32);
    refuses(Float64Array::from(vec![1.0]), DataType::Int64);
    refuses(Float32Array::from(vec![1.0]), decimal(38, 10));
    refuses(decimals(vec![1], 10, 2), decimal(9, 2));
    refuses(decimals(vec![1], 10, 2), decimal(10, 1));
    refuses(decimals(vec![1], 10, 2), decimal(10, 3));
    refuses(decimals(vec![1], 10, 0), DataType::Int64);
    refuses(Date32Array::from(vec![1]), DataType::TimestampNtz);
    refuses(StringArray::from(vec!["1"]), decimal(10, 2));
    refuses(StringArray::from(vec!["2026-01-01"]), DataType::Date);
    // Scaled up, this would wrap around: its type says two digits, but it has 38.
    refuses(decimals(vec![10_i128.pow(37)], 2, 0), decimal(38, 36));
}

#[test]
fn what_a_contract_is_made_of_can_be_published_under_it() {
    let key = || Box::new(ArrowType::Int16);
    for arrow in [
        ArrowType::Boolean,
        ArrowType::Int8,
        ArrowType::Int16,
        ArrowType::Int32,
        ArrowType::Int64,
        ArrowType::UInt8,
        ArrowType::UInt16,
        ArrowType::UInt32,
        ArrowType::UInt64,
        ArrowType::Float16,
        ArrowType::Float32,
        ArrowType::Float64,
        ArrowType::LargeUtf8,
        ArrowType::Utf8View,
        ArrowType::FixedSizeBinary(4),
        ArrowType::Decimal32(5, 2),
        ArrowType::Decimal64(12, 0),
        ArrowType::Decimal128(38, 38),
        ArrowType::Date32,
        ArrowType::Date64,
        ArrowType::Dictionary(key(), Box::new(ArrowType::UInt32)),
        ArrowType::LargeList(Arc::new(Field::new("item", ArrowType::UInt64, true))),
        ArrowType::Struct(vec![Field::new("a", ArrowType::Date64, true)].into()),
    ] {
        let data_type = DataType::from_arrow(&arrow).unwrap();
        let array = arrow_array::new_null_array(&arrow, 2);
        assert!(publish(data_type, array).is_ok(), "{arrow}");
    }
}
