//! Typed rows: Rust structs to Arrow record batches and back.
//!
//! A row type is declared with `#[derive(DataProduct)]`, a struct nested in it with
//! `#[derive(Record)]`, an enum or a newtype with `#[derive(ColumnType)]`. Derived code drives typed
//! Arrow builders row by row and reads columns that were checked once per batch; no value goes
//! through a table of functions.
//!
//! docs/types.md is the table of types.

mod batch;
mod column_type;
mod decimal;
mod encoding;
mod error;
mod identifier;
mod json_schema;
mod labels;
mod list;
mod map;
mod number;
mod optional;
mod record;
mod rows;
mod text;
mod time;

pub use batch::{Batches, DEFAULT_ROWS_PER_BATCH, RowBuilder};
pub use column_type::{ColumnBuilder, ColumnType, ListElement, Required};
pub use dataproduct_derive::{ColumnType, Consumes, DataProduct, Record};
pub use decimal::{Decimal, DecimalBuilder, DecimalError};
pub use error::RowError;
pub use json_schema::json_schema;
pub use labels::{LabelBuilder, LabelReader, Labels, label_column};
pub use list::{Items, ItemsIter, ListBuilder, ListReader};
pub use map::{Entries, MapBuilder, MapReader};
pub use number::U64Builder;
pub use optional::{OptionalBuilder, OptionalReader};
pub use record::{
    Consumes, DataProduct, Record, RecordBuilder, Source, open_record, record_column,
    required_column, schema_of,
};
pub use rows::{Rows, RowsIter};
pub use text::{BytesBuilder, TextBuilder};
pub use time::{
    DAY_RANGE, DateKind, MICROSECOND_RANGE, TimeBuilder, TimeKind, TimestampKind, TimestampNtzKind,
};
