//! Values inside structs, lists and maps: those that a row reaches are judged, no others.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, Date32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType as ArrowType, Field};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use dataproduct_contract::row::{DAY_RANGE, DataProduct, MICROSECOND_RANGE, Record};
use dataproduct_contract::{Column, Contract, DataType};
use dataproduct_quality::{Gate, Verdict};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = "dataproduct_contract")]
struct Money {
    units: i64,
    #[column(one_of("NOK", "SEK"))]
    currency: String,
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(crate = "dataproduct_contract")]
struct Reference {
    id: Uuid,
    due: Option<NaiveDate>,
}

#[derive(Clone, Debug, PartialEq, DataProduct)]
#[product(
    crate = "dataproduct_contract",
    name = "sales.orders",
    version = "1.0.0",
    owner = "sales"
)]
struct Order {
    #[column(key)]
    id: i64,
    total: Option<Money>,
    reference: Option<Reference>,
    lines: Option<Vec<Option<Reference>>>,
    fees: BTreeMap<String, Option<Money>>,
}

fn order(id: i64, currency: &str) -> Order {
    let money = Money {
        units: id,
        currency: currency.to_owned(),
    };
    let reference = Reference {
        id: Uuid::from_u128(7),
        due: None,
    };
    Order {
        id,
        total: Some(money.clone()),
        reference: Some(reference.clone()),
        lines: Some(vec![None, Some(reference)]),
        fees: [("toll".to_owned(), Some(money)), ("tip".to_owned(), None)].into(),
    }
}

fn bare(id: i64) -> Order {
    Order {
        id,
        total: None,
        reference: None,
        lines: None,
        fees: BTreeMap::new(),
    }
}

#[track_caller]
fn check(contract: &Contract, batch: RecordBatch, expect: &[&str]) {
    match Gate::new(contract).check(batch) {
        Verdict::Admitted(_) => assert_eq!(expect, &[] as &[&str], "it was admitted"),
        Verdict::Separated { .. } => unreachable!("nothing is to be kept apart"),
        Verdict::Refused(report) => {
            let found: Vec<_> = report.findings().iter().map(ToString::to_string).collect();
            assert_eq!(found, expect);
        }
    }
}

#[test]
fn typed_rows_with_missing_structs_are_admitted() {
    let rows = [bare(1), order(2, "NOK"), bare(3)];
    let batch = Order::to_batch(&rows).unwrap();
    check(Order::contract(), batch.clone(), &[]);
    let Verdict::Admitted(admitted) = Gate::new(Order::contract()).check(batch) else {
        panic!("it was refused")
    };
    assert_eq!(Order::from_batch(admitted.batch()).unwrap(), rows);
}

#[test]
fn rows_outside_of_a_slice_are_not_judged() {
    let rows = [order(1, "EUR"), order(2, "SEK"), order(3, "EUR")];
    let batch = Order::to_batch(&rows).unwrap();
    check(Order::contract(), batch.slice(1, 1), &[]);
    check(
        Order::contract(),
        batch,
        &[
            "total.currency: 2 values are not allowed, such as `EUR`, first in row 0 [not-allowed]",
            "fees.value.currency: 2 values are not allowed, such as `EUR`, first in row 0 [not-allowed]",
        ],
    );
}

#[test]
fn bad_values_beside_missing_ones_are_found_in_their_rows() {
    let rows = [bare(1), order(2, "NOK"), bare(3), order(4, "EUR")];
    let batch = Order::to_batch(&rows).unwrap();
    check(
        Order::contract(),
        batch.slice(1, 3),
        &[
            "total.currency: 1 value is not allowed, such as `EUR`, first in row 2 [not-allowed]",
            "fees.value.currency: 1 value is not allowed, such as `EUR`, first in row 2 [not-allowed]",
        ],
    );
}

/// A contract of a key and one nullable column `value`.
fn contract_of(data_type: DataType) -> Contract {
    Contract::builder("sales.values", "1.0.0")
        .with_owner("sales")
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(Column::new("value", data_type).with_nullable(true))
        .build()
        .unwrap()
}

#[track_caller]
fn check_value(data_type: DataType, value: ArrayRef, expect: &[&str]) {
    let id: ArrayRef = Arc::new(Int64Array::from_iter_values(0..value.len() as i64));
    let batch =
        RecordBatch::try_from_iter_with_nullable([("id", id, false), ("value", value, true)]);
    check(&contract_of(data_type), batch.unwrap(), expect);
}

#[test]
fn elements_of_missing_lists_are_not_judged() {
    let texts = StringArray::from(vec!["67e55044-10b1-426f-9247-bb680e5fe0c8", "no", "nor"]);
    let lists = |present: Vec<bool>| -> ArrayRef {
        let field = Arc::new(Field::new("element", ArrowType::Utf8, false));
        let offsets = OffsetBuffer::new(vec![0, 1, 2, 3].into());
        let nulls = Some(present.into());
        Arc::new(ListArray::new(
            field,
            offsets,
            Arc::new(texts.clone()),
            nulls,
        ))
    };
    let uuids = || DataType::List(Box::new(Column::new("element", DataType::Uuid)));
    check_value(uuids(), lists(vec![true, false, false]), &[]);
    check_value(uuids(), lists(vec![true, true, false]).slice(0, 1), &[]);
    check_value(
        uuids(),
        lists(vec![true, false, true]),
        &["value.element: 1 value is no UUID, such as `nor`, first in row 2 [bad-uuid]"],
    );

    // A list under a missing struct is as absent as the struct.
    let field = Field::new("list", lists(vec![true; 3]).data_type().clone(), false);
    let within = |present: Vec<bool>| -> ArrayRef {
        Arc::new(StructArray::new(
            vec![field.clone()].into(),
            vec![lists(vec![true; 3])],
            Some(NullBuffer::from(present)),
        ))
    };
    let structs = || DataType::Struct(vec![Column::new("list", uuids())]);
    check_value(structs(), within(vec![true, false, false]), &[]);
    check_value(
        structs(),
        within(vec![true, false, true]),
        &["value.list.element: 1 value is no UUID, such as `nor`, first in row 2 [bad-uuid]"],
    );
}

#[test]
fn times_are_those_that_typed_rows_can_read() {
    const DAY: i64 = 86_400_000_000;
    let days = |values: Vec<Option<i32>>| -> ArrayRef { Arc::new(Date32Array::from(values)) };
    let (first, last) = DAY_RANGE.into_inner();
    check_value(
        DataType::Date,
        days(vec![Some(first), None, Some(last)]),
        &[],
    );
    check_value(
        DataType::Date,
        days(vec![Some(0), Some(first - 1), Some(last + 1)]),
        &["value: 2 values are outside of the years 1 to 9999, first in row 1 [bad-time]"],
    );
    let micros = |values: Vec<i64>| TimestampMicrosecondArray::from(values);
    let (first, last) = MICROSECOND_RANGE.into_inner();
    assert_eq!((first % DAY, (last + 1) % DAY), (0, 0));
    for (data_type, zone) in [
        (DataType::Timestamp, Some("UTC")),
        (DataType::TimestampNtz, None),
    ] {
        let array = |values| Arc::new(micros(values).with_timezone_opt(zone)) as ArrayRef;
        check_value(data_type.clone(), array(vec![first, 0, last]), &[]);
        check_value(
            data_type.clone(),
            array(vec![0, last + 1]),
            &["value: 1 value is outside of the years 1 to 9999, first in row 1 [bad-time]"],
        );
        check_value(
            data_type,
            array(vec![first - 1, i64::MAX, i64::MIN]),
            &["value: 3 values are outside of the years 1 to 9999, first in row 0 [bad-time]"],
        );
    }

    // What stands in a null slot is no value, and inside lists there are no rows to name.
    let hidden = Date32Array::new(vec![0, i32::MAX].into(), Some(vec![true, false].into()));
    check_value(DataType::Date, Arc::new(hidden), &[]);
    let field = Arc::new(Field::new("element", ArrowType::Date32, false));
    let offsets = OffsetBuffer::new(vec![0, 1, 3].into());
    let lists: ArrayRef = Arc::new(ListArray::new(
        field,
        offsets,
        days(vec![Some(i32::MAX), Some(0), Some(i32::MIN)]),
        None,
    ));
    let dates = || DataType::List(Box::new(Column::new("element", DataType::Date)));
    check_value(
        dates(),
        lists.slice(1, 1),
        &["value.element: 1 value is outside of the years 1 to 9999, first in row 0 [bad-time]"],
    );
    assert_eq!(lists.slice(0, 0).as_list::<i32>().values().len(), 3);
    check_value(dates(), lists.slice(0, 0), &[]);
}

#[test]
fn the_limits_are_those_of_typed_rows() {
    use dataproduct_contract::row::ColumnType;

    #[track_caller]
    fn agrees<T: ColumnType>(value: ArrayRef, data_type: DataType) {
        let opens = T::open(&value, None).is_ok();
        let id: ArrayRef = Arc::new(Int64Array::from(vec![0]));
        let batch = RecordBatch::try_from_iter([("id", id), ("value", value)]).unwrap();
        let verdict = Gate::new(&contract_of(data_type)).check(batch);
        assert_eq!(opens, matches!(verdict, Verdict::Admitted(_)));
    }
    let (first, last) = DAY_RANGE.into_inner();
    for day in [i32::MIN, first - 1, first, 0, last, last + 1, i32::MAX] {
        agrees::<NaiveDate>(Arc::new(Date32Array::from(vec![day])), DataType::Date);
    }
    let (first, last) = MICROSECOND_RANGE.into_inner();
    for micro in [i64::MIN, first - 1, first, 0, last, last + 1, i64::MAX] {
        let array = TimestampMicrosecondArray::from(vec![micro]);
        agrees::<NaiveDateTime>(Arc::new(array.clone()), DataType::TimestampNtz);
        agrees::<DateTime<Utc>>(Arc::new(array.with_timezone("UTC")), DataType::Timestamp);
    }
}

#[test]
fn long_lists_of_allowed_values_are_looked_up() {
    let mut currency = Column::new("value", DataType::String);
    for label in 0..5_000 {
        currency = currency.with_allowed(format!("label {label}").as_str());
    }
    let contract = Contract::builder("sales.labels", "1.0.0")
        .with_owner("sales")
        .with_column(Column::new("id", DataType::Int64).with_key(1))
        .with_column(currency)
        .build()
        .unwrap();
    let batch = |labels: std::ops::Range<i64>| {
        let id: ArrayRef = Arc::new(Int64Array::from_iter_values(labels.clone()));
        let value = labels.map(|label| format!("label {label}"));
        let value: ArrayRef = Arc::new(StringArray::from_iter_values(value));
        RecordBatch::try_from_iter([("id", id), ("value", value)]).unwrap()
    };
    check(&contract, batch(0..5_000), &[]);
    check(
        &contract,
        batch(4_000..5_001),
        &["value: 1 value is not allowed, such as `label 5000`, first in row 1000 [not-allowed]"],
    );
}
