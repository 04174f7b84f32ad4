//! Checks at a place of a schema.

use std::sync::Arc;

use arrow_array::types::{Int16Type, Int64Type};
use arrow_array::{DictionaryArray, Int64Array, ListArray, MapArray, StringArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::Field;
use proptest::prelude::*;

use super::testing::rows;
use super::*;
use crate::promise::Bound;

fn at_least_zero(data_type: &DataType) -> Result<RowCheck, String> {
    let zero = Bound {
        value: 0.into(),
        inclusive: true,
    };
    Range::bind(Some(&zero), None, data_type).map(RowCheck::Range)
}

fn batch(name: &str, array: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([(name, array, true)]).unwrap()
}

#[track_caller]
fn check(
    path: &str,
    array: &ArrayRef,
    bind: impl FnOnce(&DataType) -> Result<RowCheck, String>,
    expect: &[usize],
) {
    let batch = batch("c", ArrayRef::clone(array));
    let bound = ColumnCheck::bind(path, &batch.schema(), bind).unwrap();
    assert_eq!((bound.path(), bound.column()), (path, "c"));
    assert_eq!(rows(&bound.failing_in(&batch).unwrap()), expect, "{path}");
}

/// A struct of a number and a label, the second of four missing over values that would fail.
fn nested() -> ArrayRef {
    let numbers = Int64Array::from(vec![Some(-1), Some(-1), None, Some(1)]);
    let labels: DictionaryArray<Int16Type> = vec![Some("a"), Some("x"), Some("x"), None]
        .into_iter()
        .collect();
    let fields = vec![
        Field::new("n", DataType::Int64, true),
        Field::new("l", labels.data_type().clone(), true),
    ];
    let nulls = NullBuffer::from(vec![true, false, true, true]);
    let parts: Vec<ArrayRef> = vec![Arc::new(numbers), Arc::new(labels)];
    Arc::new(StructArray::new(fields.into(), parts, Some(nulls)))
}

#[test]
fn fields_of_structs_are_judged_by_row() {
    let array = nested();
    let member =
        |data_type: &DataType| Member::bind(&["a".into()], data_type).map(RowCheck::Member);
    check("c.n", &array, at_least_zero, &[0]);
    check("c.n", &array, |_| Ok(RowCheck::NotNull), &[2]);
    check("c.l", &array, member, &[2]);
    check("c.l", &array, |_| Ok(RowCheck::NotNull), &[3]);
    check("c", &array, |_| Ok(RowCheck::NotNull), &[1]);
    check("c.n", &array.slice(2, 2), |_| Ok(RowCheck::NotNull), &[0]);
    check("c.l", &array.slice(1, 3), member, &[1]);
}

#[test]
fn a_row_fails_if_any_entry_of_its_map_does() {
    let entries = StructArray::from(vec![
        (
            Arc::new(Field::new("keys", DataType::Utf8, false)),
            Arc::new(StringArray::from(vec!["a", "b", "c"])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("values", DataType::Int64, true)),
            Arc::new(Int64Array::from(vec![Some(1), Some(-1), None])),
        ),
    ]);
    let field = Arc::new(Field::new("entries", entries.data_type().clone(), false));
    let ends = OffsetBuffer::from_lengths([0, 2, 1]);
    let map: ArrayRef = Arc::new(MapArray::new(field, ends, entries, None, false));
    let pattern = |data_type: &DataType| Pattern::bind("[ab]", data_type).map(RowCheck::Pattern);
    let few = |data_type: &DataType| {
        ItemCount::bind(Some(1), Some(1), data_type).map(RowCheck::ItemCount)
    };
    check("c.value", &map, at_least_zero, &[1]);
    check("c.value", &map, |_| Ok(RowCheck::NotNull), &[2]);
    check("c.key", &map, pattern, &[2]);
    check("c", &map, few, &[0, 1]);
    check("c.value", &map.slice(1, 1), at_least_zero, &[0]);
}

#[test]
fn what_cannot_be_bound_says_why() {
    let batch = batch("c", nested());
    let bind = |path: &str| ColumnCheck::bind(path, &batch.schema(), at_least_zero);
    assert!(matches!(bind("d"), Err(PromiseError::NoSuchColumn { column }) if column == "d"));
    assert!(matches!(
        bind("c.x"),
        Err(PromiseError::NoSuchColumn { .. })
    ));
    assert!(matches!(bind("c"), Err(PromiseError::Unfit { column, .. }) if column == "c"));
    let bound = bind("c.n").unwrap();
    let other = RecordBatch::new_empty(Arc::new(Schema::empty()));
    assert!(bound.failing_in(&other).is_err());
    // A column without the part is not passed.
    let plain: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    assert_eq!(rows(&bound.failing(&plain)), [0]);
}

#[test]
fn a_label_beyond_the_dictionary_of_other_keys_is_not_passed() {
    let labels: DictionaryArray<arrow_array::types::Int8Type> =
        vec![Some("a"), None].into_iter().collect();
    let array: ArrayRef = Arc::new(labels);
    let member = Member::bind(&["a".into()], &DataType::Utf8).unwrap();
    assert_eq!(rows(&RowCheck::Member(member).failing(&array)), [0]);
}

proptest! {
    #[test]
    fn items_of_lists_agree_with_a_plain_loop(
        lists in prop::collection::vec(prop::option::of(prop::collection::vec(prop::option::of(-2_i64..9), 0..4)), 0..20),
        cut in 0_usize..6,
    ) {
        let array: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists.clone()));
        let schema = batch("c", ArrayRef::clone(&array)).schema();
        let cut = cut.min(lists.len());
        let rest = array.slice(cut, lists.len() - cut);
        let expect = |fails: &dyn Fn(&Option<i64>) -> bool| -> Vec<usize> {
            (0..lists.len() - cut).filter(|row| lists[row + cut].iter().flatten().any(fails)).collect()
        };
        let path = "c.element";
        let bound = ColumnCheck::bind(path, &schema, at_least_zero).unwrap();
        prop_assert_eq!(rows(&bound.failing(&rest)), expect(&|item| item.is_some_and(|n| n < 0)));
        let bound = ColumnCheck::bind(path, &schema, |_| Ok(RowCheck::NotNull)).unwrap();
        prop_assert_eq!(rows(&bound.failing(&rest)), expect(&|item| item.is_none()));
    }
}

#[test]
fn checks_are_called_by_their_names() {
    let number = &DataType::Int64;
    let text = &DataType::Utf8;
    let list = DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)));
    let checks = [
        ("not-null", Ok(RowCheck::NotNull)),
        (
            "missing",
            Missing::bind(&["-".into()], text).map(RowCheck::Missing),
        ),
        ("range", at_least_zero(number)),
        (
            "multiple-of",
            MultipleOf::bind(&2.into(), number).map(RowCheck::MultipleOf),
        ),
        (
            "length",
            Length::bind(None, Some(3), text).map(RowCheck::Length),
        ),
        (
            "item-count",
            ItemCount::bind(None, Some(3), &list).map(RowCheck::ItemCount),
        ),
        (
            "unique-items",
            UniqueItems::bind(&list).map(RowCheck::UniqueItems),
        ),
        ("pattern", Pattern::bind("a+", text).map(RowCheck::Pattern)),
        (
            "member",
            Member::bind(&["a".into()], text).map(RowCheck::Member),
        ),
        (
            "format",
            FormatCheck::bind("uuid", text).map(RowCheck::Format),
        ),
    ];
    for (name, check) in checks {
        assert_eq!(check.unwrap().name(), name);
    }
}
