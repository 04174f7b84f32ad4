//! The values of several columns taken together.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType, Schema};

use super::PromiseError;
use super::check::shown;
use super::values::{Values, is_repeated, type_of};

/// Columns whose values, taken together, tell one row from another.
///
/// Rows are compared by digests of 128 bits with keys of this value's own, so that whoever holds many rows needs no
/// more than that of each: two different rows have the same digest with a probability of 2^-128 each, whatever is in
/// them. Digests of two `Keys` that are no clones of each other do not compare.
#[derive(Clone, Debug)]
pub struct Keys {
    columns: Vec<String>,
    types: Vec<DataType>,
    hashers: Arc<[RandomState; 2]>,
}

impl Keys {
    pub(super) fn new(columns: &[String], schema: &Schema) -> Result<Self, String> {
        let mut types = Vec::with_capacity(columns.len());
        for column in columns {
            if is_repeated(schema, column) {
                return Err("what is within lists and maps is not one value a row".to_owned());
            }
            match type_of(schema, column) {
                Some(DataType::Dictionary(_, values)) => types.push(values.as_ref().clone()),
                Some(data_type) if !data_type.is_nested() => types.push(data_type.clone()),
                _ => return Err(format!("`{column}` is not a single value")),
            }
        }
        if types.is_empty() {
            return Err("no column is named".to_owned());
        }
        Ok(Self {
            columns: columns.to_vec(),
            types,
            hashers: Arc::new([RandomState::new(), RandomState::new()]),
        })
    }

    fn values(&self, batch: &RecordBatch) -> Result<Vec<Values>, PromiseError> {
        let columns = self.columns.iter().zip(&self.types);
        let arrays = columns.map(|(column, data_type)| {
            let values = Values::of(batch, column).ok_or_else(|| PromiseError::NoSuchColumn {
                column: column.clone(),
            })?;
            match values.array.data_type() == data_type {
                true => Ok(values),
                false => Err(PromiseError::Unfit {
                    column: column.clone(),
                    reason: format!("it is {}", values.array.data_type()),
                }),
            }
        });
        arrays.collect()
    }

    /// A digest of the values of each row; `None` for a row in which one is missing.
    ///
    /// # Errors
    /// [`PromiseError`] when the batch does not have the columns.
    pub fn digests(&self, batch: &RecordBatch) -> Result<Vec<Option<u128>>, PromiseError> {
        let values = self.values(batch)?;
        let arrays: Vec<ArrayRef> = values.iter().map(|of| Arc::clone(&of.array)).collect();
        let unfit = |error: arrow_schema::ArrowError| PromiseError::Unfit {
            column: self.columns.join(", "),
            reason: error.to_string(),
        };
        let fields = self.types.iter().cloned().map(SortField::new).collect();
        let converter = RowConverter::new(fields).map_err(unfit)?;
        let rows = converter.convert_columns(&arrays).map_err(unfit)?;
        let nulls = values.iter().fold(None, |nulls, values| {
            NullBuffer::union(nulls.as_ref(), values.missing().as_ref())
        });
        let digest = |row: &[u8]| {
            let [high, low] = self.hashers.as_ref();
            (u128::from(high.hash_one(row)) << 64) | u128::from(low.hash_one(row))
        };
        let digests = rows.iter().enumerate().map(|(place, row)| {
            let there = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(place));
            there.then(|| digest(row.as_ref()))
        });
        Ok(digests.collect())
    }

    pub(super) fn first_repeated(
        &self,
        batch: &RecordBatch,
    ) -> Result<Option<usize>, PromiseError> {
        let mut seen = HashSet::new();
        let digests = self.digests(batch)?;
        Ok(digests
            .into_iter()
            .position(|digest| digest.is_some_and(|digest| !seen.insert(digest))))
    }

    /// The values of a row as text, for a message.
    #[must_use]
    pub fn shown(&self, batch: &RecordBatch, row: usize) -> String {
        let values = self.values(batch).unwrap_or_default();
        let texts: Vec<_> = values.iter().map(|of| shown(&of.array, row)).collect();
        texts.join(", ")
    }
}
