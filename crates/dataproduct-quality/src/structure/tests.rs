use std::sync::Arc;

use arrow_array::{
    Array, Date32Array, Decimal128Array, Int64Array, ListArray, StringArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType as ArrowType, Field};
use proptest::prelude::*;

use super::*;

/// How many values are at fault, as the message says; within lists and maps a row may have several.
fn values_of(fault: &Fault) -> u64 {
    fault.message.split(' ').next().unwrap().parse().unwrap()
}

#[track_caller]
fn check(column: &Column, array: &ArrayRef, expect: &[(&str, &str, u64, &[usize])]) {
    let faults = faults(column, array);
    let found: Vec<_> = faults
        .iter()
        .map(|fault| {
            let rows: Vec<usize> = fault.failed.rows().collect();
            (fault.code, fault.column.as_str(), values_of(fault), rows)
        })
        .collect();
    let expect: Vec<_> = expect
        .iter()
        .map(|(code, column, values, rows)| (*code, *column, *values, rows.to_vec()))
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn every_fault_names_its_rows() {
    let required = Column::new("c", DataType::Int64);
    let array: ArrayRef = Arc::new(Int64Array::from(vec![None, Some(1), None]));
    check(&required, &array, &[("null-in-required", "c", 2, &[0, 2])]);
    check(
        &required.with_key(1),
        &array.slice(1, 2),
        &[("null-key", "c", 1, &[1])],
    );

    let state = Column::new("c", DataType::String).with_allowed("open");
    let labels: arrow_array::DictionaryArray<Int16Type> =
        ["open", "x", "open", "y"].into_iter().collect();
    check(
        &state,
        &(Arc::new(labels) as ArrayRef),
        &[("not-allowed", "c", 2, &[1, 3])],
    );

    let id = Column::new("c", DataType::Uuid).with_nullable(true);
    let texts: ArrayRef = Arc::new(StringArray::from(vec![
        None,
        Some("x"),
        Some("67E55044-10b1-426f-9247-bb680e5fe0c8"),
    ]));
    check(&id, &texts, &[("bad-uuid", "c", 2, &[1, 2])]);

    let price = Column::new(
        "c",
        DataType::Decimal {
            precision: 3,
            scale: 1,
        },
    );
    let decimals = Decimal128Array::from(vec![999, 1_000, -1_000]).with_precision_and_scale(3, 1);
    check(
        &price,
        &(Arc::new(decimals.unwrap()) as ArrayRef),
        &[("decimal-overflow", "c", 2, &[1, 2])],
    );

    let day = Column::new("c", DataType::Date).with_nullable(true);
    let days: ArrayRef = Arc::new(Date32Array::from(vec![
        Some(i32::MAX),
        None,
        Some(0),
        Some(i32::MIN),
    ]));
    check(&day, &days, &[("bad-time", "c", 2, &[0, 3])]);
}

#[test]
fn a_fault_within_lists_of_structs_of_lists_is_one_of_its_row() {
    // Rows: [[0], [bad, bad]], [], null over [[bad]], [[0], null over [bad]], [[], [bad]].
    let bad = i32::MAX;
    let days = Arc::new(Date32Array::from(vec![0, bad, bad, bad, 0, bad, bad]));
    let item = |data_type: ArrowType| Arc::new(Field::new("element", data_type, true));
    let inner = ListArray::new(
        item(ArrowType::Date32),
        OffsetBuffer::from_lengths([1, 2, 1, 1, 1, 0, 1]),
        days,
        Some(NullBuffer::from(vec![
            true, true, true, true, false, true, true,
        ])),
    );
    let field = Arc::new(Field::new("days", inner.data_type().clone(), true));
    let wrapped = StructArray::new(vec![field].into(), vec![Arc::new(inner)], None);
    let array: ArrayRef = Arc::new(ListArray::new(
        item(wrapped.data_type().clone()),
        OffsetBuffer::from_lengths([2, 0, 1, 2, 2]),
        Arc::new(wrapped),
        Some(NullBuffer::from(vec![true, true, false, true, true])),
    ));
    let list = |name: &str, element: Column| {
        Column::new(name, DataType::List(Box::new(element))).with_nullable(true)
    };
    let day = Column::new("element", DataType::Date).with_nullable(true);
    let record = Column::new("element", DataType::Struct(vec![list("days", day)]));
    let column = list("c", record);
    let path = "c.element.days.element";
    check(&column, &array, &[("bad-time", path, 3, &[0, 4])]);
    check(&column, &array.slice(1, 4), &[("bad-time", path, 1, &[3])]);
    check(&column, &array.slice(1, 3), &[]);
}

proptest! {
    #[test]
    fn rows_of_lists_agree_with_a_plain_loop(
        lists in prop::collection::vec(prop::option::of(prop::collection::vec(prop::option::of(any::<bool>()), 0..4)), 0..20),
        cut in 0_usize..8,
    ) {
        let value = |bad: bool| if bad { i32::MAX } else { 0 };
        let days = lists.iter().map(|list| {
            list.as_ref().map(|list| list.iter().map(|day| day.map(value)).collect::<Vec<_>>())
        });
        let array: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Date32Type, _, _>(days));
        let cut = cut.min(lists.len());
        let day = Column::new("element", DataType::Date).with_nullable(true);
        let column = Column::new("c", DataType::List(Box::new(day))).with_nullable(true);
        let expect: Vec<usize> = (0..lists.len() - cut)
            .filter(|row| lists[row + cut].iter().flatten().any(|bad| *bad == Some(true)))
            .collect();
        let found: Vec<usize> = faults(&column, &array.slice(cut, lists.len() - cut))
            .iter()
            .flat_map(|fault| fault.failed.rows().collect::<Vec<_>>())
            .collect();
        prop_assert_eq!(found, expect);
    }
}
