//! UUIDs as columns: their hyphenated lower-case text.

use arrow_array::{Array as _, ArrayRef};
use arrow_buffer::NullBuffer;
use uuid::Uuid;

use super::error::shown;
use super::text::{TextBuilder, open_text};
use super::{ColumnType, ListElement, Required, RowError};
use crate::{Column, DataType};

impl ColumnType for Uuid {
    type Builder = TextBuilder;
    type Reader = Vec<Uuid>;
    type View<'a> = Uuid;

    fn column(name: &str) -> Column {
        Column::new(name, DataType::Uuid)
    }
    #[inline]
    fn append(&self, builder: &mut Self::Builder) {
        let mut text = Self::encode_buffer();
        builder.append_value(self.hyphenated().encode_lower(&mut text));
    }
    fn open(array: &ArrayRef, absent: Option<&NullBuffer>) -> Result<Self::Reader, RowError> {
        let array = open_text(array, absent)?;
        let unread = |slot| array.is_null(slot) || absent.is_some_and(|rows| rows.is_null(slot));
        (0..array.len())
            .map(|slot| match Self::try_parse(array.value(slot)) {
                Ok(uuid) => Ok(uuid),
                Err(_) if unread(slot) => Ok(Self::nil()),
                Err(_) => Err(RowError::Malformed {
                    column: String::new(),
                    row: slot,
                    value: shown(array.value(slot)),
                    expected: "a UUID such as `67e55044-10b1-426f-9247-bb680e5fe0c8`".to_owned(),
                }),
            })
            .collect()
    }
    #[inline]
    fn view(reader: &Self::Reader, slot: usize) -> Uuid {
        reader[slot]
    }
    #[inline]
    fn from_view(view: Uuid) -> Self {
        view
    }
}
impl Required for Uuid {}
impl ListElement for Uuid {}
