//! `item-count`: lists and maps have so many items, limits included.
//!
//! Items that are missing count too. A list that is missing has no items to count and does not fail.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::{only, unfit};
use crate::failed::Failed;

/// See the [list of checks](super).
#[derive(Clone, Copy, Debug)]
pub struct ItemCount {
    fewest: u64,
    most: u64,
}

impl ItemCount {
    /// Binds the fewest and the most items; a limit that is left out leaves that side open.
    ///
    /// # Errors
    /// When values of the type are neither lists nor maps.
    pub fn bind(
        fewest: Option<u64>,
        most: Option<u64>,
        data_type: &DataType,
    ) -> Result<Self, String> {
        let fits = matches!(data_type, DataType::List(_) | DataType::Map(..));
        only(fits, "lists and maps", data_type)?;
        Ok(Self {
            fewest: fewest.unwrap_or(0),
            most: most.unwrap_or(u64::MAX),
        })
    }

    pub(super) fn failing(&self, array: &ArrayRef) -> Failed {
        let ends: &[i32] = match array.data_type() {
            DataType::List(_) => array.as_list::<i32>().value_offsets(),
            DataType::Map(..) => array.as_map().value_offsets(),
            _ => return unfit(array),
        };
        Failed::of_rows(array.len(), array.nulls(), |row| {
            let items = u64::from(ends[row + 1].abs_diff(ends[row]));
            (items < self.fewest) | (items > self.most)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use std::sync::Arc;

    use arrow_array::ListArray;
    use arrow_array::types::Int64Type;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_plain_loop(
            lists in prop::collection::vec(prop::option::of(prop::collection::vec(prop::option::of(0_i64..3), 0..5)), 0..30),
            fewest in prop::option::of(0_u64..4),
            most in prop::option::of(0_u64..5),
            cut in 0_usize..5,
        ) {
            let array: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists.clone()));
            let cut = cut.min(lists.len());
            let array = array.slice(cut, lists.len() - cut);
            let check = ItemCount::bind(fewest, most, array.data_type()).unwrap();
            let expect: Vec<usize> = lists[cut..].iter().enumerate().filter(|(_, list)| {
                let count = list.as_ref().map(|list| list.len() as u64);
                count.is_some_and(|count| fewest.is_some_and(|n| count < n) || most.is_some_and(|n| count > n))
            }).map(|(row, _)| row).collect();
            prop_assert_eq!(rows(&check.failing(&array)), expect);
        }
    }

    #[test]
    fn it_applies_to_lists_and_maps() {
        assert!(ItemCount::bind(Some(1), None, &DataType::Utf8).is_err());
    }
}
