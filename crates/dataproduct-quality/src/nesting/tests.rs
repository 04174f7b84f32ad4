use arrow_array::{Int64Array, StringArray};

use super::*;

fn numbers(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

fn field(name: &str, data_type: DataType, nullable: bool) -> FieldRef {
    Arc::new(Field::new(name, data_type, nullable))
}

fn list(items: ArrayRef, ends: Vec<i32>, there: Vec<bool>) -> ArrayRef {
    let element = field("element", items.data_type().clone(), true);
    let ends = OffsetBuffer::new(ends.into());
    Arc::new(ListArray::new(element, ends, items, Some(there.into())))
}

/// The list of structs with one field, all of which may be missing.
fn nested() -> ArrayRef {
    let x = numbers(vec![Some(1), None, Some(3), None, Some(5)]);
    let fields = vec![field("x", DataType::Int64, true)].into();
    let there = NullBuffer::from(vec![true, false, true, true, true]);
    let items: ArrayRef = Arc::new(StructArray::new(fields, vec![x], Some(there)));
    list(items, vec![0, 1, 3, 4, 5], vec![true, true, false, true])
}

fn strict(item: bool, x: bool) -> DataType {
    let fields = vec![field("x", DataType::Int64, x)].into();
    DataType::List(field("element", DataType::Struct(fields), item))
}

#[test]
fn what_no_reader_sees_may_be_missing() {
    // The struct of item 1 is missing, and the list of item 3 is.
    for data_type in [strict(true, true), strict(true, false)] {
        let tight = tightened(&nested(), &data_type).unwrap();
        assert_eq!(*tight.data_type(), data_type);
        let back = loosened(&tight, nested().data_type()).unwrap();
        assert_eq!(back.as_list::<i32>(), nested().as_list::<i32>());
    }
    assert!(tightened(&nested(), &strict(false, true)).is_err());
    let first = tightened(&nested().slice(0, 1), &strict(false, false)).unwrap();
    assert_eq!(first.as_list::<i32>().value_length(0), 1);
    let last = tightened(&nested().slice(2, 2), &strict(false, false)).unwrap();
    assert!(last.is_null(0));
    let x = last.as_list::<i32>().value(1);
    let x = x.as_struct().column(0).clone();
    assert_eq!(&x, &numbers(vec![Some(5)]));
}

#[test]
fn a_missing_struct_hides_all_that_is_within() {
    let x = numbers(vec![Some(1), None]);
    let inner_fields = vec![field("x", DataType::Int64, true)].into();
    let inner: ArrayRef = Arc::new(StructArray::new(inner_fields, vec![x], None));
    let items = list(
        numbers(vec![Some(1), None]),
        vec![0, 1, 2],
        vec![true, true],
    );
    let fields = vec![
        field("inner", inner.data_type().clone(), true),
        field("items", items.data_type().clone(), true),
    ];
    let build = |there: Vec<bool>| -> ArrayRef {
        let columns = vec![Arc::clone(&inner), Arc::clone(&items)];
        Arc::new(StructArray::new(
            fields.clone().into(),
            columns,
            Some(there.into()),
        ))
    };
    let inner_fields = vec![field("x", DataType::Int64, false)].into();
    let strict = DataType::Struct(
        vec![
            field("inner", DataType::Struct(inner_fields), false),
            field(
                "items",
                DataType::List(field("element", DataType::Int64, false)),
                false,
            ),
        ]
        .into(),
    );
    let tight = tightened(&build(vec![true, false]), &strict).unwrap();
    assert_eq!((tight.data_type(), tight.null_count()), (&strict, 1));
    let first = tight.as_struct().column(1).as_list::<i32>().value(0);
    assert_eq!(&first, &numbers(vec![Some(1)]));
    assert!(tightened(&build(vec![true, true]), &strict).is_err());
}

#[test]
fn values_of_maps_are_tightened_and_keys_are_as_they_were() {
    let pair = |value: bool| -> arrow_schema::Fields {
        vec![
            field("key", DataType::Utf8, false),
            field("value", DataType::Int64, value),
        ]
        .into()
    };
    let map = |there: Vec<bool>| -> ArrayRef {
        let keys: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        let columns = vec![keys, numbers(vec![Some(1), None])];
        let pairs = StructArray::new(pair(true), columns, None);
        let entries = field("entries", pairs.data_type().clone(), false);
        let ends = OffsetBuffer::new(vec![0, 1, 2].into());
        Arc::new(MapArray::new(
            entries,
            ends,
            pairs,
            Some(there.into()),
            false,
        ))
    };
    let entries = field("entries", DataType::Struct(pair(false)), false);
    let strict = DataType::Map(entries, false);
    assert_eq!(loose_type(&strict), *map(vec![true; 2]).data_type());
    let tight = tightened(&map(vec![true, false]), &strict).unwrap();
    assert_eq!(
        (tight.data_type(), tight.as_map().entries().len()),
        (&strict, 1)
    );
    assert!(tightened(&map(vec![true, true]), &strict).is_err());
}
