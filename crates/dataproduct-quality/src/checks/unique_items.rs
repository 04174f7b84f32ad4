//! `unique-items`: the items of a list all differ.
//!
//! Applies to lists of items of any type but maps. An item that is missing is like no other; structs are alike when
//! all their fields are, missing ones included. `0.0` and `-0.0` differ, as they do in keys.

use std::collections::HashSet;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_row::{Row, RowConverter, Rows, SortField};
use arrow_schema::DataType;

use super::{only, unfit};
use crate::failed::Failed;

/// Lists of so many items are compared pair by pair.
const FEW: usize = 12;

/// See the [list of checks](super).
#[derive(Clone, Debug)]
pub struct UniqueItems {
    element: DataType,
}

impl UniqueItems {
    /// Binds to lists.
    ///
    /// # Errors
    /// When values of the type are no lists, or their items cannot be compared.
    pub fn bind(data_type: &DataType) -> Result<Self, String> {
        let DataType::List(element) = data_type else {
            only(false, "lists", data_type)?;
            return Err(String::new());
        };
        let element = element.data_type().clone();
        match RowConverter::supports_fields(&[SortField::new(element.clone())]) {
            true => Ok(Self { element }),
            false => Err(format!("items of {element} cannot be compared")),
        }
    }

    pub(super) fn failing(&self, array: &ArrayRef) -> Failed {
        let Some(lists) = array.as_list_opt::<i32>() else {
            return unfit(array);
        };
        let ends: Vec<usize> = lists
            .value_offsets()
            .iter()
            .map(|end| *end as usize)
            .collect();
        let first = ends.first().copied().unwrap_or(0);
        let last = ends.last().copied().unwrap_or(0);
        let items = lists.values().slice(first, last - first);
        let Some(rows) = self.rows(&items) else {
            return unfit(array);
        };
        let nulls = items.logical_nulls();
        Failed::of_rows(array.len(), array.nulls(), |list| {
            let span = ends[list] - first..ends[list + 1] - first;
            let there =
                span.filter(|item| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*item)));
            repeats(there.map(|item| rows.row(item)))
        })
    }

    fn rows(&self, items: &ArrayRef) -> Option<Rows> {
        let converter = RowConverter::new(vec![SortField::new(self.element.clone())]).ok()?;
        converter.convert_columns(&[ArrayRef::clone(items)]).ok()
    }
}

fn repeats<'a>(items: impl Iterator<Item = Row<'a>>) -> bool {
    let mut few: Vec<Row<'a>> = Vec::new();
    let mut many = HashSet::new();
    for item in items {
        if few.len() < FEW {
            if few.contains(&item) {
                return true;
            }
            few.push(item);
            continue;
        }
        if many.is_empty() {
            many.extend(few.iter().copied());
        }
        if !many.insert(item) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use std::sync::Arc;

    use arrow_array::ListArray;
    use arrow_array::types::{Float64Type, Int64Type};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_plain_loop(
            lists in prop::collection::vec(prop::option::of(prop::collection::vec(prop::option::of(0_i64..200), 0..30)), 0..20),
            cut in 0_usize..5,
        ) {
            let array: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists.clone()));
            let cut = cut.min(lists.len());
            let array = array.slice(cut, lists.len() - cut);
            let check = UniqueItems::bind(array.data_type()).unwrap();
            let expect: Vec<usize> = lists[cut..].iter().enumerate().filter(|(_, list)| {
                let there: Vec<i64> = list.iter().flatten().flatten().copied().collect();
                there.iter().collect::<HashSet<_>>().len() < there.len()
            }).map(|(row, _)| row).collect();
            prop_assert_eq!(rows(&check.failing(&array)), expect);
        }
    }

    #[test]
    fn a_long_list_is_no_burden_and_zeros_differ() {
        let mut long: Vec<Option<f64>> = (0..200_000).map(|i| Some(f64::from(i))).collect();
        let zeros = vec![Some(0.0), Some(-0.0), None, None];
        let lists = vec![Some(long.clone()), Some(zeros)];
        let array: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(lists));
        let check = UniqueItems::bind(array.data_type()).unwrap();
        assert_eq!(check.failing(&array).count(), 0);
        long.push(Some(0.0));
        let array: ArrayRef =
            Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>([Some(
                long,
            )]));
        assert_eq!(check.failing(&array).count(), 1);
        assert!(UniqueItems::bind(&DataType::Utf8).is_err());
    }
}
