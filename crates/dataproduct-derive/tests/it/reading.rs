//! Batches that others wrote: encodings, types, missing columns, and what is refused.

use std::sync::Arc;

use arrow_array::types::{Int8Type, UInt32Type};
use arrow_array::{
    ArrayRef, DictionaryArray, Int16Array, Int32Array, Int64Array, RecordBatch, StringArray,
    StringViewArray, StructArray, TimestampMicrosecondArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_cast::cast;
use arrow_schema::{DataType as ArrowType, Field, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};
use dataproduct::row::{ColumnType, Decimal, Record, RowError, Rows};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, ColumnType)]
enum Status {
    Available,
    SoldOut,
}

#[derive(Clone, Copy, Debug, PartialEq, ColumnType)]
enum Open {
    Known,
    #[column(other)]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Inner {
    id: i64,
    note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Text {
    value: String,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Label {
    value: Status,
}

fn batch(value: ArrayRef) -> RecordBatch {
    let noise: ArrayRef = Arc::new(Int32Array::from(vec![0; value.len()]));
    RecordBatch::try_from_iter_with_nullable([("noise", noise, true), ("value", value, true)])
        .unwrap()
}

/// The values of the column `value`.
fn read<T>(value: ArrayRef) -> Result<Vec<T>, RowError>
where
    T: ColumnType,
{
    let reader = T::open(&value, None)?;
    Ok((0..value.len())
        .map(|slot| T::from_view(T::view(&reader, slot)))
        .collect())
}

#[test]
fn text_is_read_in_every_encoding() {
    let plain: ArrayRef = Arc::new(StringArray::from(vec!["a", "", "a", "sold_out"]));
    let dictionary = |key| ArrowType::Dictionary(Box::new(key), Box::new(ArrowType::Utf8));
    for encoding in [
        ArrowType::Utf8,
        ArrowType::LargeUtf8,
        ArrowType::Utf8View,
        dictionary(ArrowType::Int8),
        dictionary(ArrowType::Int32),
        dictionary(ArrowType::UInt16),
        dictionary(ArrowType::UInt64),
        ArrowType::Dictionary(Box::new(ArrowType::Int32), Box::new(ArrowType::LargeUtf8)),
    ] {
        let encoded = cast(&plain, &encoding).unwrap();
        let rows = Text::from_batch(&batch(encoded)).unwrap();
        let text: Vec<_> = rows.iter().map(|row| row.value.as_str()).collect();
        assert_eq!(text, ["a", "", "a", "sold_out"], "{encoding}");
    }
}

#[test]
fn labels_are_read_in_every_encoding() {
    let labels = vec![Some("sold_out"), Some("available"), None, Some("sold_out")];
    let plain: ArrayRef = Arc::new(StringArray::from(labels));
    let expected = [
        Some(Status::SoldOut),
        Some(Status::Available),
        None,
        Some(Status::SoldOut),
    ];
    for encoding in [
        ArrowType::Utf8,
        ArrowType::Utf8View,
        ArrowType::Dictionary(Box::new(ArrowType::Int16), Box::new(ArrowType::Utf8)),
        ArrowType::Dictionary(Box::new(ArrowType::UInt32), Box::new(ArrowType::Utf8View)),
    ] {
        let encoded = cast(&plain, &encoding).unwrap();
        assert_eq!(
            read::<Option<Status>>(encoded).unwrap(),
            expected,
            "{encoding}"
        );
    }
}

#[test]
fn an_unknown_label_is_named_unless_a_variant_stands_for_it() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["available", "gone", "known"]));
    let error = Label::from_batch(&batch(Arc::clone(&text))).unwrap_err();
    assert_eq!(
        error,
        RowError::UnknownLabel {
            column: "value".to_owned(),
            row: 1,
            value: "gone".to_owned(),
            known: "the labels of Status (`available`, `sold_out`)".to_owned(),
        }
    );
    assert_eq!(
        read::<Open>(Arc::clone(&text)).unwrap(),
        [Open::Unknown, Open::Unknown, Open::Known]
    );

    let empty: ArrayRef = Arc::new(StringArray::from(vec![None, Some("")]));
    let error = read::<Option<Status>>(empty).unwrap_err();
    assert!(
        matches!(error, RowError::UnknownLabel { row: 1, .. }),
        "{error}"
    );

    // A label that stands in a dictionary but in no row is no mistake.
    let keys = Int16Array::from(vec![Some(2), None]);
    let labels = StringArray::from(vec!["gone", "sold_out", "available"]);
    let unused: ArrayRef = Arc::new(DictionaryArray::new(keys, Arc::new(labels)));
    assert_eq!(
        read::<Option<Status>>(unused).unwrap(),
        [Some(Status::Available), None]
    );
    let used: ArrayRef = Arc::new(
        ["sold_out", "gone"]
            .into_iter()
            .collect::<DictionaryArray<UInt32Type>>(),
    );
    assert!(matches!(
        read::<Status>(used),
        Err(RowError::UnknownLabel { row: 1, .. })
    ));
}

#[test]
fn narrower_types_are_widened() {
    let bytes: ArrayRef = Arc::new(arrow_array::Int8Array::from(vec![-1, 7]));
    assert_eq!(read::<i16>(Arc::clone(&bytes)).unwrap(), [-1, 7]);
    assert_eq!(read::<i64>(Arc::clone(&bytes)).unwrap(), [-1, 7]);
    assert_eq!(read::<f64>(Arc::clone(&bytes)).unwrap(), [-1.0, 7.0]);
    assert_eq!(
        read::<Decimal<5, 2>>(Arc::clone(&bytes)).unwrap()[0].to_string(),
        "-1.00"
    );
    let floats: ArrayRef = Arc::new(arrow_array::Float32Array::from(vec![0.5]));
    assert_eq!(read::<f64>(floats).unwrap(), [0.5]);
    let seconds: ArrayRef =
        Arc::new(arrow_array::TimestampSecondArray::from(vec![-1]).with_timezone("+02:00"));
    assert_eq!(
        read::<DateTime<Utc>>(seconds).unwrap(),
        [DateTime::from_timestamp(-1, 0).unwrap()]
    );
    let fixed: ArrayRef =
        Arc::new(arrow_array::FixedSizeBinaryArray::try_from_iter([b"ab"].iter()).unwrap());
    assert_eq!(read::<Vec<u8>>(fixed).unwrap(), [b"ab"]);
    let large: ArrayRef = cast(
        &(Arc::new(StringArray::from(vec!["x"])) as ArrayRef),
        &ArrowType::LargeList(Arc::new(Field::new("item", ArrowType::Utf8, true))),
    )
    .unwrap();
    assert_eq!(read::<Vec<String>>(large).unwrap(), [["x"]]);
}

#[test]
fn what_could_lose_something_is_refused() {
    #[track_caller]
    fn check<T: ColumnType>(value: ArrayRef) {
        let found = value.data_type().to_string();
        match read::<T>(value) {
            Err(RowError::WrongType { found: named, .. }) => assert_eq!(named, found),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{found} was read"),
        }
    }
    let longs: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    check::<i32>(Arc::clone(&longs));
    check::<f64>(Arc::clone(&longs));
    check::<String>(Arc::clone(&longs));
    check::<Status>(Arc::clone(&longs));
    check::<Vec<i64>>(Arc::clone(&longs));
    check::<Inner>(Arc::clone(&longs));
    check::<std::collections::BTreeMap<String, i64>>(Arc::clone(&longs));
    check::<Decimal<18, 0>>(Arc::clone(&longs));
    check::<DateTime<Utc>>(Arc::clone(&longs));
    check::<DateTime<Utc>>(Arc::new(TimestampMicrosecondArray::from(vec![1])));
    let nanos = ArrowType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    check::<DateTime<Utc>>(cast(&longs, &nanos).unwrap());
    check::<Decimal<10, 2>>(cast(&longs, &ArrowType::Decimal128(21, 3)).unwrap());
}

#[test]
fn values_outside_of_the_type_are_named() {
    #[track_caller]
    fn check<T: ColumnType>(value: ArrayRef, expected_row: usize) {
        match read::<T>(value) {
            Err(RowError::OutOfRange { row, .. } | RowError::Malformed { row, .. }) => {
                assert_eq!(row, expected_row);
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it was read"),
        }
    }
    check::<u8>(Arc::new(Int16Array::from(vec![255, 256])), 1);
    check::<Option<u8>>(Arc::new(Int16Array::from(vec![None, Some(-1)])), 1);
    check::<u32>(Arc::new(Int64Array::from(vec![1_i64 << 32])), 0);
    let decimals = |values: Vec<i128>, precision, scale| -> ArrayRef {
        Arc::new(
            arrow_array::Decimal128Array::from(values)
                .with_precision_and_scale(precision, scale)
                .unwrap(),
        )
    };
    check::<u64>(
        decimals(vec![i128::from(u64::MAX), i128::from(u64::MAX) + 1], 20, 0),
        1,
    );
    check::<Decimal<4, 2>>(decimals(vec![9_999, -10_000], 4, 2), 1);
    let year_10000 = 253_402_300_800_000_000;
    let instants = TimestampMicrosecondArray::from(vec![year_10000 - 1, year_10000]);
    check::<DateTime<Utc>>(Arc::new(instants.with_timezone("UTC")), 1);
    check::<NaiveDate>(
        Arc::new(arrow_array::Date32Array::from(vec![-719_162, -719_163])),
        1,
    );
    check::<Uuid>(
        Arc::new(StringArray::from(vec![
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "no",
        ])),
        1,
    );

    // What stands in a slot that is null is not looked at.
    let garbage = Int16Array::new(vec![1, 999].into(), Some(vec![true, false].into()));
    assert_eq!(
        read::<Option<u8>>(Arc::new(garbage)).unwrap(),
        [Some(1), None]
    );
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Outer {
    inner: Inner,
    maybe: Option<Inner>,
    list: Option<Vec<Inner>>,
}

#[test]
fn columns_are_found_by_name() {
    let row = Outer {
        inner: Inner { id: 1, note: None },
        maybe: None,
        list: Some(vec![Inner {
            id: 2,
            note: Some("x".to_owned()),
        }]),
    };
    let whole = Outer::to_batch(std::slice::from_ref(&row)).unwrap();
    let turned = whole.project(&[2, 1, 0]).unwrap();
    assert_eq!(
        Outer::from_batch(&turned).unwrap(),
        std::slice::from_ref(&row)
    );
    let fewer = whole.project(&[0]).unwrap();
    assert_eq!(
        Outer::from_batch(&fewer).unwrap(),
        [Outer { list: None, ..row }]
    );
    let error = Outer::from_batch(&whole.project(&[1]).unwrap()).unwrap_err();
    assert_eq!(
        error,
        RowError::MissingColumn {
            column: "inner".to_owned()
        }
    );

    let id: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
    let inner = StructArray::from(vec![(
        Arc::new(Field::new("id", ArrowType::Utf8, false)),
        id,
    )]);
    let wrong = RecordBatch::try_from_iter([("inner", Arc::new(inner) as ArrayRef)]).unwrap();
    assert_eq!(Outer::from_batch(&wrong).unwrap_err().column(), "inner.id");
}

#[test]
fn a_null_is_refused_once_where_nothing_may_be_missing() {
    let nulls: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, None]));
    let error = Text::from_batch(&batch(nulls)).unwrap_err();
    assert_eq!(
        error,
        RowError::UnexpectedNull {
            column: "value".to_owned(),
            row: 1
        }
    );

    // A null value of a dictionary is a null, too.
    let values: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let keys = arrow_array::PrimitiveArray::<Int8Type>::from(vec![0, 1]);
    let hidden: ArrayRef = Arc::new(DictionaryArray::new(keys, values));
    assert!(matches!(
        Text::from_batch(&batch(Arc::clone(&hidden))),
        Err(RowError::UnexpectedNull { row: 1, .. })
    ));
    assert_eq!(
        read::<Option<String>>(hidden).unwrap(),
        [Some("a".to_owned()), None]
    );
}

#[test]
fn nulls_under_a_missing_parent_are_not_nulls() {
    let id: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, None]));
    let field = Arc::new(Field::new("id", ArrowType::Int64, true));
    let with_parents = |present: Vec<bool>| -> ArrayRef {
        Arc::new(StructArray::new(
            vec![Arc::clone(&field)].into(),
            vec![Arc::clone(&id)],
            Some(present.into()),
        ))
    };
    let read_back = read::<Option<Inner>>(with_parents(vec![true, false, false])).unwrap();
    assert_eq!(read_back, [Some(Inner { id: 1, note: None }), None, None]);
    let error = read::<Option<Inner>>(with_parents(vec![true, true, false])).unwrap_err();
    assert_eq!(
        error,
        RowError::UnexpectedNull {
            column: "id".to_owned(),
            row: 1
        }
    );
}

#[test]
fn elements_of_missing_lists_are_not_looked_at() {
    // The second list is null but spans an element that is null; the third begins behind it.
    let elements: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
    let field = Arc::new(Field::new("item", ArrowType::Int64, true));
    let offsets = arrow_array::ListArray::new(
        field,
        OffsetBuffer::new(vec![0, 1, 2, 3].into()),
        elements,
        Some(vec![true, false, true].into()),
    );
    let list: ArrayRef = Arc::new(offsets);
    assert_eq!(
        read::<Option<Vec<i64>>>(Arc::clone(&list)).unwrap(),
        [Some(vec![1]), None, Some(vec![3])]
    );
    assert_eq!(read::<Vec<i64>>(list.slice(2, 1)).unwrap(), [[3]]);
    assert!(matches!(
        read::<Vec<i64>>(list),
        Err(RowError::UnexpectedNull { row: 1, .. })
    ));
}

#[test]
fn string_views_read_as_text() {
    let views: ArrayRef = Arc::new(StringViewArray::from(vec![
        "a text of more than twelve bytes",
        "b",
    ]));
    let batch = batch(views);
    let rows = Rows::<Text>::open(&batch).unwrap();
    let lengths: Vec<_> = rows.iter().map(|row| row.value().len()).collect();
    assert_eq!(lengths, [32, 1]);
}
