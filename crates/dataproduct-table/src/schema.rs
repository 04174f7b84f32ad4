//! A table's schema, in Arrow and in Delta, and bringing rows into it.

pub(crate) mod convert;
pub(crate) mod delta;
pub(crate) mod features;
pub(crate) mod names;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use delta_kernel::engine::arrow_conversion::{TryIntoArrow, TryIntoKernel};
use delta_kernel::schema::StructType;

use crate::error::{Error, Result};
use crate::log::action::Metadata;

/// The table property that names the columns that rows are sorted by, as a JSON list.
pub(crate) const SORT_BY: &str = "dataproduct.sortBy";

/// The schema of a table, with what of it matters to reading and writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableSchema {
    /// In the form in which columns are stored: plain strings, standard names inside lists and maps.
    pub(crate) arrow: SchemaRef,
    pub(crate) partition_by: Vec<String>,
    pub(crate) sort_by: Vec<String>,
    /// How many leaf columns get statistics in the log.
    pub(crate) indexed_columns: usize,
    /// Whether columns have names of their own in files.
    pub(crate) mapped: bool,
    /// Columns that were renamed without column mapping: for each of the names, the others. All of them are stored,
    /// with the same values, in files written since.
    pub(crate) renamed: BTreeMap<String, Vec<String>>,
}

/// Delta's default for how many leading leaf columns have statistics.
const DEFAULT_INDEXED_COLUMNS: usize = 32;

impl TableSchema {
    pub(crate) fn of(metadata: &Metadata) -> Result<Self> {
        let arrow = arrow_of_delta(&metadata.schema_string)?;
        let property = |name: &str| metadata.configuration.get(name).and_then(Option::as_deref);
        let sort_by: Vec<String> = property(SORT_BY)
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let known = |column: &String| arrow.field_with_name(column).is_ok();
        let indexed_columns =
            match property("delta.dataSkippingNumIndexedCols").map(str::parse::<i64>) {
                Some(Ok(-1)) => usize::MAX,
                Some(Ok(count)) => usize::try_from(count).unwrap_or(DEFAULT_INDEXED_COLUMNS),
                _ => DEFAULT_INDEXED_COLUMNS,
            };
        let mapped = features::is_mapped(&metadata.configuration);
        if mapped {
            names::check(&arrow)?;
        }
        Ok(Self {
            partition_by: metadata.partition_columns.clone(),
            sort_by: sort_by.into_iter().filter(known).collect(),
            renamed: Self::renames(&arrow),
            arrow,
            indexed_columns,
            mapped,
        })
    }

    /// The columns that are stored in data files: all but the partition columns.
    pub(crate) fn stored_fields(&self) -> impl Iterator<Item = &FieldRef> {
        self.arrow
            .fields()
            .iter()
            .filter(|field| !self.partition_by.contains(field.name()))
    }

    /// Brings a batch into the table's schema: columns by name, in the table's order, in the stored types.
    ///
    /// Top-level dictionaries of strings stay dictionaries, which encode faster and are stored as strings. A column
    /// that was renamed and the one that took its place get the values of whichever is given: a writer may still have
    /// the older name.
    pub(crate) fn conform(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mismatch = |reason: String| Error::SchemaMismatch { reason };
        for field in batch.schema_ref().fields() {
            if self.arrow.field_with_name(field.name()).is_err() {
                return Err(mismatch(format!(
                    "the table has no column `{}`",
                    field.name()
                )));
            }
        }
        let mut fields = Vec::with_capacity(self.arrow.fields().len());
        let mut columns = Vec::with_capacity(self.arrow.fields().len());
        for field in self.arrow.fields() {
            let name = field.name();
            let newer = field.metadata().get(delta::RENAMED_TO);
            let others = self.renamed.get(name).into_iter().flatten();
            let given = batch
                .column_by_name(name)
                .or_else(|| batch.column_by_name(newer?))
                .or_else(|| {
                    others
                        .filter_map(|other| batch.column_by_name(other))
                        .next()
                });
            let column = match given {
                Some(column) => conform_column(column, field)?,
                None if field.is_nullable() => {
                    arrow_array::new_null_array(field.data_type(), batch.num_rows())
                }
                None => {
                    return Err(mismatch(format!(
                        "column `{name}` is missing and may not be null"
                    )));
                }
            };
            if !field.is_nullable() && column.logical_null_count() > 0 {
                return Err(mismatch(format!("column `{name}` has nulls but may not")));
            }
            fields.push(Arc::new(
                Field::clone(field).with_data_type(column.data_type().clone()),
            ));
            columns.push(column);
        }
        let schema = Arc::new(Schema::new(fields));
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(schema, columns, &options)
            .map_err(|error| mismatch(error.to_string()))
    }
}

impl TableSchema {
    /// [Conforms](Self::conform) a batch and gives its columns their names in `files`.
    pub(crate) fn conform_in_files(
        &self,
        batch: &RecordBatch,
        files: &Self,
    ) -> Result<RecordBatch> {
        let batch = self.conform(batch)?;
        if !self.mapped {
            return Ok(batch);
        }
        let failed = |error: arrow_schema::ArrowError| Error::encoding("naming columns", error);
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (column, field) in batch.columns().iter().zip(files.arrow.fields()) {
            let column = convert::relabel(column, field.data_type()).map_err(failed)?;
            let field = Field::clone(field).with_data_type(column.data_type().clone());
            fields.push(field);
            columns.push(column);
        }
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
            .map_err(failed)
    }
}

fn conform_column(column: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    let (from, to) = (column.data_type(), field.data_type());
    let dictionary_of_strings = matches!(from, DataType::Dictionary(_, values) if **values == DataType::Utf8 && *to == DataType::Utf8);
    if from == to || dictionary_of_strings {
        return Ok(Arc::clone(column));
    }
    let stored = stored_type(from).map_err(|reason| Error::SchemaMismatch {
        reason: format!("column `{}`: {reason}", field.name()),
    })?;
    if !same_kind(&stored, to) {
        return Err(Error::SchemaMismatch {
            reason: format!("column `{}` is {from}, the table stores {to}", field.name()),
        });
    }
    convert::to_type(column, to).map_err(|unfit| Error::SchemaMismatch {
        reason: format!(
            "column `{}{}` holds {}, which is not {}",
            field.name(),
            unfit.within,
            unfit.value,
            unfit.wanted
        ),
    })
}

/// Whether two stored types differ at most in the names and nullability of nested parts that have no name of
/// their own, in that a narrower type is given for a wider one, or in fields of structs that may be null. Text is
/// never read as a number, and no number is narrowed, as other writers do silently.
fn same_kind(given: &DataType, stored: &DataType) -> bool {
    use DataType as D;
    match (given, stored) {
        (D::List(given), D::List(stored)) => same_kind(given.data_type(), stored.data_type()),
        (D::Map(given, _), D::Map(stored, _)) => match (given.data_type(), stored.data_type()) {
            (D::Struct(given), D::Struct(stored)) => {
                given.len() == stored.len()
                    && given
                        .iter()
                        .zip(stored)
                        .all(|(given, stored)| same_kind(given.data_type(), stored.data_type()))
            }
            _ => false,
        },
        (D::Struct(given), D::Struct(stored)) => {
            let find = |fields: &Fields, name: &str| -> Option<DataType> {
                let field = fields.iter().find(|field| field.name() == name);
                field.map(|field| field.data_type().clone())
            };
            let known = given.iter().all(|given| {
                find(stored, given.name())
                    .is_some_and(|stored| same_kind(given.data_type(), &stored))
            });
            // A field that was added later is null in rows that do not have it.
            known
                && stored
                    .iter()
                    .all(|field| field.is_nullable() || find(given, field.name()).is_some())
        }
        (D::Int8, D::Int16 | D::Int32 | D::Int64)
        | (D::Int16, D::Int32 | D::Int64)
        | (D::Int32, D::Int64)
        | (D::Float32, D::Float64)
        | (D::Null, _) => true,
        (D::Decimal128(given, scale), D::Decimal128(stored, stored_scale)) => {
            scale == stored_scale && given <= stored
        }
        _ => given == stored,
    }
}

/// The type in which values of an Arrow type are stored.
pub(crate) fn stored_type(given: &DataType) -> Result<DataType, String> {
    use DataType as D;
    let stored_field = |field: &FieldRef| -> Result<FieldRef, String> {
        let stored = stored_type(field.data_type())?;
        Ok(Arc::new(Field::clone(field).with_data_type(stored)))
    };
    Ok(match given {
        D::Boolean
        | D::Int8
        | D::Int16
        | D::Int32
        | D::Int64
        | D::Float32
        | D::Float64
        | D::Date32
        | D::Null => given.clone(),
        D::Decimal128(precision, scale) if *scale >= 0 && *scale as u8 <= *precision => {
            given.clone()
        }
        D::UInt8 => D::Int16,
        D::UInt16 => D::Int32,
        D::UInt32 => D::Int64,
        D::Utf8 | D::LargeUtf8 | D::Utf8View => D::Utf8,
        D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => D::Binary,
        D::Timestamp(_, None) => D::Timestamp(TimeUnit::Microsecond, None),
        D::Timestamp(_, Some(_)) => D::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        D::Dictionary(_, values) => stored_type(values)?,
        D::List(item) | D::LargeList(item) | D::FixedSizeList(item, _) => {
            D::List(stored_field(item)?)
        }
        D::Map(entries, sorted) => D::Map(stored_field(entries)?, *sorted),
        D::Struct(fields) => D::Struct(
            fields
                .iter()
                .map(stored_field)
                .collect::<Result<Fields, _>>()?,
        ),
        other => return Err(format!("Delta has no type for {other}")),
    })
}

/// The Delta schema of an Arrow schema, as JSON.
pub(crate) fn delta_of_arrow(schema: &Schema) -> Result<String> {
    let invalid = |reason: String| Error::InvalidSpec { reason };
    let mut fields = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let stored = stored_type(field.data_type())
            .map_err(|reason| invalid(format!("column `{}`: {reason}", field.name())))?;
        fields.push(Field::clone(field).with_data_type(stored));
    }
    let delta: StructType = (&Schema::new(fields))
        .try_into_kernel()
        .map_err(|error| invalid(error.to_string()))?;
    serde_json::to_string(&delta).map_err(|error| invalid(error.to_string()))
}

/// The Arrow schema of a Delta schema.
pub(crate) fn arrow_of_delta(json: &str) -> Result<SchemaRef> {
    let damaged = |error: String| Error::damaged("the table's schema", error);
    let delta: StructType =
        serde_json::from_str(json).map_err(|error| damaged(error.to_string()))?;
    let arrow: Schema = (&delta)
        .try_into_arrow()
        .map_err(|error| damaged(error.to_string()))?;
    Ok(Arc::new(arrow))
}

/// Whether a schema holds a timestamp without zone, at any depth.
pub(crate) fn has_local_timestamps(fields: &Fields) -> bool {
    fn within(data_type: &DataType) -> bool {
        match data_type {
            DataType::Timestamp(_, None) => true,
            DataType::Dictionary(_, values) => within(values),
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                within(item.data_type())
            }
            DataType::Map(entries, _) => within(entries.data_type()),
            DataType::Struct(fields) => has_local_timestamps(fields),
            _ => false,
        }
    }
    fields.iter().any(|field| within(field.data_type()))
}

/// The columns of a schema as a list for a message.
pub(crate) fn column_names(schema: &Schema) -> String {
    let names: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| format!("`{}`", field.name()))
        .collect();
    names.join(", ")
}

/// Brings a column read from a file into another type, exactly.
pub(crate) fn read_as(column: &ArrayRef, to: &DataType, name: &str) -> Result<ArrayRef> {
    convert::to_type(column, to).map_err(|unfit| {
        let reason = format!(
            "`{name}{}` holds {}, which is not {}",
            unfit.within, unfit.value, unfit.wanted
        );
        Error::encoding("casting a column", reason)
    })
}
