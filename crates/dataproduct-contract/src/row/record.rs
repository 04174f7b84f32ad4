//! Rows: structs with named fields, and those that are a data product.

use std::borrow::Borrow;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, StructArray, cast::AsArray};
use arrow_buffer::{NullBuffer, NullBufferBuilder};
use arrow_schema::{Field, Fields, Schema, SchemaRef};

use super::column_type::refuse_nulls;
use super::{Batches, ColumnBuilder, ColumnType, Required, RowBuilder, RowError, Rows};
use crate::{Column, Consumption, Contract, DataType, Problems};

/// A struct with named fields, each of which is a column: what `#[derive(Record)]` and
/// `#[derive(DataProduct)]` implement.
///
/// The methods without a default are what derived code provides and the runtime drives; call the
/// others.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row type",
    label = "not a row type",
    note = "derive it: `#[derive(DataProduct)]` on the struct of a product's rows, `#[derive(Record)]` on a struct nested in one"
)]
pub trait Record: Required<Builder = RecordBuilder<Self>> {
    /// The name of the struct.
    const NAME: &'static str;
    /// What the struct is, from its doc comment; empty without one.
    const DESCRIPTION: &'static str;
    /// A builder for each column.
    type Builders: fmt::Debug;

    /// The columns in the order of the fields.
    fn columns() -> Vec<Column>;

    /// The Arrow schema of the batches that these rows make: the columns in the order of the fields.
    fn schema() -> SchemaRef;

    /// Empty builders with room for that many rows.
    fn builders(rows: usize) -> Self::Builders;

    /// Puts the row into the builders.
    fn append_row(&self, builders: &mut Self::Builders);

    /// Puts a row that is never read into the builders.
    fn append_filler(builders: &mut Self::Builders);

    /// The arrays of all rows added, in the order of the columns.
    ///
    /// # Errors
    /// [`RowError::OutOfRange`] or [`RowError::TooLarge`], naming the column.
    fn finish(builders: Self::Builders) -> Result<Vec<ArrayRef>, RowError>;

    /// Opens the columns of a batch for reading.
    ///
    /// # Errors
    /// As [`Record::from_batch`].
    fn open_fields(source: &Source<'_>) -> Result<Self::Reader, RowError>;

    /// A batch of these rows.
    ///
    /// # Errors
    /// [`RowError::OutOfRange`] for a value that its column cannot hold, [`RowError::TooLarge`] for
    /// more than 2 GiB of text or bytes in one column.
    fn to_batch(rows: &[Self]) -> Result<RecordBatch, RowError> {
        let mut builder = RowBuilder::<Self>::with_capacity(rows.len());
        for row in rows {
            builder.push(row);
        }
        builder.finish()
    }

    /// Batches of at most `rows_per_batch` rows each, in order, built while they are asked for.
    ///
    /// Takes rows or references to rows.
    fn batches<I>(rows: I, rows_per_batch: NonZeroUsize) -> Batches<Self, I::IntoIter>
    where
        I: IntoIterator<Item: Borrow<Self>>,
    {
        Batches::new(rows.into_iter(), rows_per_batch)
    }

    /// The rows of a batch, owned.
    ///
    /// Columns are found by name; those that the row type does not have are left alone, and a
    /// missing one is `None` where the field is an `Option`. Narrower integers and floats, other
    /// encodings of text and bytes, and coarser units of time are read as the field's type.
    ///
    /// # Errors
    /// [`RowError::MissingColumn`], [`RowError::WrongType`], [`RowError::UnexpectedNull`],
    /// [`RowError::UnknownLabel`], [`RowError::OutOfRange`] or [`RowError::Malformed`], each naming
    /// the column.
    fn from_batch(batch: &RecordBatch) -> Result<Vec<Self>, RowError> {
        Ok(Rows::<Self>::open(batch)?.to_vec())
    }

    /// The JSON Schema of a row.
    #[must_use]
    fn json_schema() -> schemars::Schema {
        super::json_schema(Self::NAME, Self::DESCRIPTION, &Self::columns())
    }
}

/// A [`Record`] that is the row of a data product: its declaration, as `#[derive(DataProduct)]`
/// makes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a data product",
    label = "not a data product",
    note = "derive it: `#[derive(DataProduct)]` with `#[product(name = \"domain.product\", version = \"1.0.0\", owner = \"team\")]`"
)]
pub trait DataProduct: Record {
    /// The contract that the type declares, built and validated once.
    ///
    /// # Errors
    /// Everything that validation finds and the derive macro could not see.
    fn try_contract() -> Result<&'static Contract, &'static Problems>;

    /// The contract that the type declares.
    ///
    /// # Panics
    /// When the declaration has problems that the derive macro could not see, with all of them in
    /// the message. A test that calls it once proves that it never does; code that has to go on uses
    /// [`DataProduct::try_contract`].
    #[must_use]
    #[expect(
        clippy::panic,
        reason = "documented; `try_contract` is the way without"
    )]
    fn contract() -> &'static Contract {
        match Self::try_contract() {
            Ok(contract) => contract,
            Err(problems) => panic!("the contract of `{}` is not valid:\n{problems}", Self::NAME),
        }
    }
}

/// A [`Record`] that is what a consumer reads of a product, as `#[derive(Consumes)]` makes it.
///
/// ```
/// use dataproduct_contract::row::{Consumes, Record};
///
/// /// What is on the shelf.
/// #[derive(Debug, Record, Consumes)]
/// #[record(crate = "dataproduct_contract")]
/// #[consumes(
///     crate = "dataproduct_contract",
///     product = "inventory.stock-levels@^1",
///     consumer = "living-room",
///     owner = "advice-team",
///     purpose = "answer what is in stock"
/// )]
/// struct OnHand {
///     /// The article.
///     sku: String,
///     /// Pieces on the shelf.
///     on_hand: i64,
/// }
///
/// let consumption = OnHand::consumption();
/// assert_eq!(consumption.columns, ["sku", "on_hand"]);
/// assert_eq!(consumption.file_name(), "living-room.inventory.stock-levels.yaml");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what it consumes",
    label = "not a consumption",
    note = "derive it beside `Record`: `#[derive(Record, Consumes)]` with `#[consumes(product = \"domain.product@^1\", consumer = \"name\", owner = \"team\", purpose = \"...\")]`"
)]
pub trait Consumes: Record {
    /// What is read of which product, for whom and why.
    fn consumption() -> &'static Consumption;
}

/// The Arrow schema of the batches that a record's builders make; derived code keeps it.
#[must_use]
pub fn schema_of<R: Record>() -> SchemaRef {
    let columns = R::columns();
    // The builders are asked, not the columns: a text column with allowed values is a dictionary to
    // its contract, but plain text when its rows are made from `String`s.
    // Builders without rows have nothing to refuse.
    let arrays = R::finish(R::builders(0)).unwrap_or_default();
    let fields: Fields = columns
        .iter()
        .zip(&arrays)
        .map(|(column, array)| Field::new(&column.name, array.data_type().clone(), column.nullable))
        .collect();
    Arc::new(Schema::new(fields))
}

/// The column of a nested struct, described as the struct is.
#[must_use]
pub fn record_column<R: Record>(name: &str) -> Column {
    let column = Column::new(name, DataType::Struct(R::columns()));
    if R::DESCRIPTION.is_empty() {
        column
    } else {
        column.with_description(R::DESCRIPTION)
    }
}

/// The column of a type that is never missing itself, which a newtype builds on.
#[must_use]
pub fn required_column<T: Required>(name: &str) -> Column {
    T::column(name)
}

/// The builder of a column of nested structs.
pub struct RecordBuilder<R: Record> {
    fields: R::Builders,
    nulls: NullBufferBuilder,
}

impl<R: Record> fmt::Debug for RecordBuilder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordBuilder")
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

impl<R: Record> RecordBuilder<R> {
    /// Adds a value.
    #[inline]
    pub fn append_value(&mut self, value: &R) {
        value.append_row(&mut self.fields);
        self.nulls.append_non_null();
    }
}

impl<R: Record> ColumnBuilder for RecordBuilder<R> {
    fn with_capacity(values: usize) -> Self {
        Self {
            fields: R::builders(values),
            nulls: NullBufferBuilder::new(values),
        }
    }
    #[inline]
    fn append_null(&mut self) {
        R::append_filler(&mut self.fields);
        self.nulls.append_null();
    }
    #[inline]
    fn append_filler(&mut self) {
        R::append_filler(&mut self.fields);
        self.nulls.append_non_null();
    }
    fn finish(mut self) -> Result<ArrayRef, RowError> {
        let arrays = R::finish(self.fields)?;
        StructArray::try_new(R::schema().fields().clone(), arrays, self.nulls.finish())
            .map(|array| Arc::new(array) as ArrayRef)
            .map_err(|error| RowError::inconsistent(&error))
    }
}

/// Opens an array of nested structs; what derived code does for [`ColumnType::open`].
///
/// # Errors
/// As [`Record::from_batch`].
pub fn open_record<R: Record>(
    array: &ArrayRef,
    absent: Option<&NullBuffer>,
) -> Result<R::Reader, RowError> {
    let Some(fields) = array.as_struct_opt() else {
        return Err(RowError::WrongType {
            column: String::new(),
            expected: format!("a struct ({})", R::NAME),
            found: array.data_type().to_string(),
        });
    };
    refuse_nulls(array, absent)?;
    let absent = NullBuffer::union(fields.nulls(), absent);
    R::open_fields(&Source {
        fields: fields.fields(),
        arrays: fields.columns(),
        rows: fields.len(),
        absent,
    })
}

/// Where the columns of a record are looked up by name: a batch, or an array of structs.
#[derive(Debug)]
pub struct Source<'a> {
    fields: &'a Fields,
    arrays: &'a [ArrayRef],
    rows: usize,
    absent: Option<NullBuffer>,
}

impl<'a> Source<'a> {
    pub(super) fn of_batch(batch: &'a RecordBatch) -> Self {
        Self {
            fields: batch.schema_ref().fields(),
            arrays: batch.columns(),
            rows: batch.num_rows(),
            absent: None,
        }
    }

    /// Opens the column of that name.
    ///
    /// # Errors
    /// As [`Record::from_batch`], for this column.
    pub fn column<T: ColumnType>(&self, name: &str) -> Result<T::Reader, RowError> {
        let place = self.fields.iter().position(|field| field.name() == name);
        let opened = match place.and_then(|place| self.arrays.get(place)) {
            Some(array) => T::open(array, self.absent.as_ref()),
            None if T::column(name).nullable => {
                let mut nulls = T::Builder::with_capacity(self.rows);
                (0..self.rows).for_each(|_| nulls.append_null());
                nulls
                    .finish()
                    .and_then(|array| T::open(&array, self.absent.as_ref()))
            }
            None => {
                return Err(RowError::MissingColumn {
                    column: name.to_owned(),
                });
            }
        };
        opened.map_err(|error| error.within(name))
    }
}
