use arrow_array::Int64Array;
use arrow_cast::display::array_value_to_string;
use proptest::prelude::*;

use super::*;

/// What texts become: the value, `null` for a missing one, `!` for one that breaks the rule.
#[track_caller]
fn check(target: &DataType, cases: &[(&str, &str)]) {
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values(cases.iter().map(|c| c.0)));
    let cast = cast(&texts, target).unwrap().unwrap();
    assert_eq!(cast.array.data_type(), target);
    for (row, (text, expect)) in cases.iter().enumerate() {
        let is_failed = cast.failed.mask().is_some_and(|mask| mask.value(row));
        let found = match (is_failed, cast.array.is_null(row)) {
            (true, true) => "!".to_owned(),
            (true, false) => panic!("{text}: a value that failed is there"),
            (false, true) => "null".to_owned(),
            (false, false) => array_value_to_string(&cast.array, row).unwrap(),
        };
        assert_eq!(&found, expect, "`{text}` as {target}");
    }
}

#[test]
fn whole_numbers_are_read_as_they_are_written() {
    check(
        &DataType::Int8,
        &[
            (" 7\t", "7"),
            ("-128", "-128"),
            ("+127", "127"),
            ("128", "!"),
            ("007", "7"),
            ("7.00", "7"),
            ("70.", "70"),
            ("7.01", "!"),
            ("-0", "0"),
            ("", "null"),
            ("  ", "null"),
            ("1e1", "!"),
            ("1,000", "!"),
            ("1 0", "!"),
            ("--1", "!"),
            (".", "!"),
            ("-", "!"),
            ("x", "!"),
            ("é", "!"),
            ("٣", "!"),
        ],
    );
    check(
        &DataType::Int64,
        &[
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "!"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("100000000000000000000000000000000000000000", "!"),
        ],
    );
}

#[test]
fn decimals_lose_no_digit() {
    check(
        &DataType::Decimal128(5, 2),
        &[
            ("1", "1.00"),
            ("1.50", "1.50"),
            ("1.500", "1.50"),
            ("1.505", "!"),
            ("999.99", "999.99"),
            ("1000", "!"),
            ("-.5", "-0.50"),
            ("0.000", "0.00"),
        ],
    );
    let wide = "12345678901234567890123456789012345678";
    check(&DataType::Decimal128(38, 0), &[(wide, wide)]);
}

#[test]
fn floats_are_those_that_are_written_so() {
    check(
        &DataType::Float64,
        &[
            ("0.1", "0.1"),
            ("0.10", "0.1"),
            ("1e3", "1000.0"),
            ("9007199254740993", "!"),
            // The float is in the middle of both.
            ("2089264746645354.2", "2089264746645354.2"),
            ("2089264746645354.3", "2089264746645354.2"),
            ("2089264746645354.4", "!"),
            ("2089264746645354.25", "!"),
            ("0.1234567890123456789", "!"),
            ("1e999", "!"),
            ("NaN", "NaN"),
            ("nan", "!"),
            ("infinity", "!"),
            ("-0", "-0.0"),
        ],
    );
    check(&DataType::Float32, &[("16777217", "!"), ("0.1", "0.1")]);
}

#[test]
fn truths_days_and_times() {
    let words = [
        ("True", "true"),
        ("FALSE", "false"),
        ("yes", "!"),
        ("1", "!"),
    ];
    check(&DataType::Boolean, &words);
    check(
        &DataType::Date32,
        &[
            ("2026-11-27", "2026-11-27"),
            ("2026-2-7", "!"),
            ("2026-02-30", "!"),
            ("27.11.2026", "!"),
            ("20261127", "!"),
        ],
    );
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into()));
    check(
        &utc,
        &[
            ("2026-11-27T10:00:00Z", "2026-11-27T10:00:00Z"),
            ("2026-11-27 10:00:00.5+01:00", "2026-11-27T09:00:00.500Z"),
            (
                "2026-11-27T10:00:00.1234560Z",
                "2026-11-27T10:00:00.123456Z",
            ),
            ("2026-11-27T10:00:00.1234567Z", "!"),
            ("2026-11-27T10:00:00.1234560001Z", "!"),
            ("2026-11-27T10:00:00", "!"),
            ("2026-12-31T23:59:60Z", "!"),
        ],
    );
    check(
        &DataType::Timestamp(TimeUnit::Microsecond, None),
        &[
            ("2026-11-27T10:00:00", "2026-11-27T10:00:00"),
            ("2026-11-27 10:00:00.25", "2026-11-27T10:00:00.250"),
            ("2026-11-27T10:00:00Z", "!"),
            ("2026-11-27", "!"),
            ("2026-11-7T10:00:00", "!"),
        ],
    );
}

#[test]
fn numbers_become_numbers_and_nothing_else() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(3), None, Some(1000)]));
    let decimals = cast(&numbers, &DataType::Decimal128(4, 1))
        .unwrap()
        .unwrap();
    assert_eq!(array_value_to_string(&decimals.array, 0).unwrap(), "3.0");
    assert_eq!(decimals.failed.rows().collect::<Vec<_>>(), [2]);
    assert_eq!(decimals.changed.rows().collect::<Vec<_>>(), [0]);
    assert!(cast(&numbers, &DataType::Date32).is_none());
    assert!(cast(&numbers, &DataType::Boolean).is_none());
    let truths: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
    assert!(cast(&truths, &DataType::Int64).is_none());
}

proptest! {
    /// What Arrow writes of a value is read as this value.
    #[test]
    fn what_is_written_is_read(float: f64, number: i64, micros in -62_135_596_800_000_000..253_402_300_800_000_000_i64) {
        let arrays: [ArrayRef; 4] = [
            Arc::new(PrimitiveArray::<Float64Type>::from_value(float, 1)),
            Arc::new(Int64Array::from_value(number, 1)),
            Arc::new(PrimitiveArray::<TimestampMicrosecondType>::from_value(micros, 1).with_timezone("+00:00")),
            Arc::new(PrimitiveArray::<TimestampMicrosecondType>::from_value(micros, 1)),
        ];
        for array in arrays {
            let texts = arrow_cast::cast(&array, &DataType::Utf8).unwrap();
            let cast = cast(&texts, array.data_type()).unwrap().unwrap();
            prop_assert_eq!(cast.failed.count(), 0, "{:?}", texts);
            let same = array_value_to_string(&cast.array, 0).unwrap() == array_value_to_string(&array, 0).unwrap();
            prop_assert!(same, "{:?}", texts);
        }
    }
}
