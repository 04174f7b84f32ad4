//! `unknownReferences`: rows that refer to what is not there.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType, Schema};
use dataproduct_contract::ColumnRef;

use super::{columns, plain_type};
use crate::failed::Failed;

/// What the rows of a product can refer to: the values that some columns of another product have.
///
/// Keys are compared exactly, in the types of the columns that refer to them.
#[derive(Clone)]
pub struct ReferenceKeys {
    references: Vec<ColumnRef>,
    types: Vec<DataType>,
    converter: Arc<RowConverter>,
    keys: HashSet<Box<[u8]>>,
}

impl fmt::Debug for ReferenceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReferenceKeys")
            .field("references", &self.references)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

impl ReferenceKeys {
    /// No keys yet, of columns that are referred to by columns of these types.
    pub(crate) fn new(references: &[ColumnRef], types: Vec<DataType>) -> Result<Self, String> {
        let fields = types.iter().cloned().map(SortField::new).collect();
        Ok(Self {
            references: references.to_vec(),
            types,
            converter: RowConverter::new(fields)
                .map(Arc::new)
                .map_err(|error| error.to_string())?,
            keys: HashSet::new(),
        })
    }

    /// The columns that are referred to, all of one product.
    #[must_use]
    pub fn references(&self) -> &[ColumnRef] {
        &self.references
    }

    /// How many different keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Adds the rows of a batch of the other product. A row in which one of the values is missing is no key.
    ///
    /// # Errors
    /// Text that says why the columns cannot be compared: one is not there, or has values that are none of the
    /// referring column's type.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), String> {
        let names: Vec<String> = self.references.iter().map(|r| r.column.clone()).collect();
        self.push_arrays(&columns(batch, &names)?)
    }

    /// Adds keys, column by column.
    pub(crate) fn push_arrays(&mut self, arrays: &[ArrayRef]) -> Result<(), String> {
        let cast = |(array, to): (&ArrayRef, &DataType)| {
            arrow_cast::cast_with_options(
                array,
                to,
                &arrow_cast::CastOptions {
                    safe: false,
                    ..arrow_cast::CastOptions::default()
                },
            )
        };
        let arrays = arrays.iter().zip(&self.types).map(cast);
        let arrays = arrays
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| e.to_string())?;
        let rows = self
            .converter
            .convert_columns(&arrays)
            .map_err(|error| error.to_string())?;
        let there = all_there(&arrays);
        for (place, row) in rows.iter().enumerate() {
            let is_there = there.as_ref().is_none_or(|there| there.is_valid(place));
            if is_there && !self.keys.contains(row.data()) {
                self.keys.insert(row.data().into());
            }
        }
        Ok(())
    }
}

/// A null where any of the columns is missing.
fn all_there(arrays: &[ArrayRef]) -> Option<NullBuffer> {
    arrays.iter().fold(None, |there, array| {
        NullBuffer::union(there.as_ref(), array.logical_nulls().as_ref())
    })
}

/// A rule over columns that refer to keys.
#[derive(Clone, Debug)]
pub(crate) struct Refers {
    columns: Vec<String>,
    keys: Arc<ReferenceKeys>,
}

impl Refers {
    /// The types in which columns refer.
    pub(crate) fn types(columns: &[String], schema: &Schema) -> Result<Vec<DataType>, String> {
        columns
            .iter()
            .map(|column| plain_type(schema, column))
            .collect()
    }

    pub(crate) fn new(columns: &[String], keys: Arc<ReferenceKeys>) -> Self {
        Self {
            columns: columns.to_vec(),
            keys,
        }
    }

    /// The rows that refer to no key. Columns of another type refer to none.
    pub(crate) fn failing(&self, batch: &RecordBatch) -> Failed {
        let rows = batch.num_rows();
        let Ok(arrays) = columns(batch, &self.columns) else {
            return Failed::of_rows(rows, None, |_| true);
        };
        let there = all_there(&arrays);
        // Of columns of several types that refer to the same one, the keys are of the first one's type. A value that
        // type cannot hold becomes null here, which is no key.
        let cast = |(array, to): (&ArrayRef, &DataType)| arrow_cast::cast(array, to);
        let cast = arrays.iter().zip(&self.keys.types).map(cast);
        let found = cast
            .collect::<Result<Vec<_>, _>>()
            .and_then(|arrays| self.keys.converter.convert_columns(&arrays));
        match found {
            Ok(found) => Failed::of_rows(rows, there.as_ref(), |row| {
                !self.keys.keys.contains(found.row(row).data())
            }),
            Err(_) => Failed::of_rows(rows, there.as_ref(), |_| true),
        }
    }
}
