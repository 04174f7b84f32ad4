//! `length`: text has so many characters, binary so many bytes, limits included.
//!
//! A character is a Unicode scalar value, as in JSON Schema; what a reader sees as one may be several.
//!
//! A character is one to four bytes, and one in ASCII, so most texts need not be looked at one by one: the first pass
//! asks only for their bytes.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::{only, unfit};
use crate::failed::Failed;

/// See the [list of checks](super).
#[derive(Clone, Copy, Debug)]
pub struct Length {
    fewest: u64,
    most: u64,
}

impl Length {
    /// Binds the fewest and the most characters or bytes; a limit that is left out leaves that side open.
    ///
    /// # Errors
    /// When values of the type are neither text nor binary.
    pub fn bind(
        fewest: Option<u64>,
        most: Option<u64>,
        data_type: &DataType,
    ) -> Result<Self, String> {
        let fits = matches!(data_type, DataType::Utf8 | DataType::Binary);
        only(fits, "text and bytes", data_type)?;
        Ok(Self {
            fewest: fewest.unwrap_or(0),
            most: most.unwrap_or(u64::MAX),
        })
    }

    pub(super) fn failing(&self, array: &ArrayRef) -> Failed {
        let Self { fewest, most } = *self;
        let within = |length: u64| (length >= fewest) & (length <= most);
        if let Some(texts) = array.as_string_opt::<i32>() {
            let ends: &[i32] = texts.value_offsets();
            let first = ends.first().map_or(0, |end| *end as usize);
            let last = ends.last().map_or(0, |end| *end as usize);
            // Where all bytes are ASCII, which takes a moment to see, each is a character.
            let all = texts.value_data().get(first..last).unwrap_or_default();
            let least = if all.is_ascii() { 1 } else { 4 };
            let surely = |bytes: u64| (bytes <= most) & (bytes.div_ceil(least) >= fewest);
            let holds = |all: bool, span: &[i32]| all & surely(bytes(span));
            if ends.windows(2).fold(true, holds) {
                return Failed::none();
            }
            return Failed::of_rows(array.len(), array.nulls(), |row| {
                let text = texts.value(row);
                !surely(text.len() as u64) && !within(text.chars().count() as u64)
            });
        }
        if let Some(binary) = array.as_binary_opt::<i32>() {
            let ends: &[i32] = binary.value_offsets();
            return Failed::of_rows(array.len(), array.nulls(), |row| {
                !within(bytes(&ends[row..row + 2]))
            });
        }
        unfit(array)
    }
}

/// What lies from one end to the next.
fn bytes(span: &[i32]) -> u64 {
    u64::from(span[1].abs_diff(span[0]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use std::sync::Arc;

    use arrow_array::BinaryArray;
    use proptest::prelude::*;

    #[test]
    fn binary_is_counted_in_bytes() {
        let array: ArrayRef = Arc::new(BinaryArray::from(vec![
            Some("é".as_bytes()),
            None,
            Some(b"a"),
        ]));
        let length = Length::bind(Some(2), None, &DataType::Binary).unwrap();
        assert_eq!(rows(&length.failing(&array)), [2]);
        assert_eq!(rows(&length.failing(&array.slice(1, 2))), [1]);
        assert!(Length::bind(None, None, &DataType::Int8).is_err());
    }

    #[test]
    fn long_text_is_counted_once() {
        let text = "ø".repeat(1 << 20);
        let array: ArrayRef = Arc::new(arrow_array::StringArray::from(vec![text]));
        let exactly = |n| Length::bind(Some(n), Some(n), &DataType::Utf8).unwrap();
        assert_eq!(exactly(1 << 20).failing(&array).count(), 0);
        assert_eq!(exactly(1 << 21).failing(&array).count(), 1);
    }

    proptest! {
        #[test]
        fn texts_agree_with_a_plain_loop(
            values in column("[aø€🙂]{0,6}"),
            fewest in prop::option::of(0_u64..7),
            most in prop::option::of(0_u64..7),
        ) {
            let length = Length::bind(fewest, most, &DataType::Utf8).unwrap();
            let expect = values.failing(|text| {
                let count = text.chars().count() as u64;
                fewest.is_some_and(|fewest| count < fewest) || most.is_some_and(|most| count > most)
            });
            prop_assert_eq!(rows(&length.failing(&values.texts())), expect.clone());
            let check = super::super::RowCheck::Length(length);
            prop_assert_eq!(rows(&check.failing(&values.labels())), expect);
        }
    }
}
