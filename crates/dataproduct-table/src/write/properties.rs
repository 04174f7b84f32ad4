//! How data files are encoded.

use arrow_schema::{DataType, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{DEFAULT_WRITE_BATCH_SIZE, WriterProperties, WriterPropertiesPtr};
use parquet::schema::types::SchemaDescPtr;

use crate::error::{Error, Result};
use crate::facts::ENGINE;
use crate::write::options::WriteOptions;

/// The Parquet schema of an Arrow schema, and how its columns are written.
///
/// Timestamps are nearly unique: a dictionary of them costs time and space, differences of neighbours save both.
pub(crate) fn of(
    schema: &Schema,
    sort_by: &[String],
    options: &WriteOptions,
) -> Result<(SchemaDescPtr, WriterPropertiesPtr)> {
    let encode =
        |error: parquet::errors::ParquetError| Error::encoding("preparing a data file", error);
    let parquet = ArrowSchemaConverter::new()
        .convert(schema)
        .map_err(encode)?;
    let level = ZstdLevel::try_new(options.zstd_level).map_err(encode)?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_data_page_row_count_limit(options.page_rows)
        // Limits are looked at once for each batch of values.
        .set_write_batch_size(options.page_rows.min(DEFAULT_WRITE_BATCH_SIZE))
        .set_created_by(ENGINE.to_owned());
    for (leaf, column) in parquet.columns().iter().enumerate() {
        let root = schema.field(parquet.get_column_root_idx(leaf)).data_type();
        if is_timestamp(root) && column.self_type().is_primitive() {
            properties = properties
                .set_column_dictionary_enabled(column.path().clone(), false)
                .set_column_encoding(column.path().clone(), Encoding::DELTA_BINARY_PACKED);
        }
    }
    if !sort_by.is_empty() {
        let sorting = sort_by.iter().filter_map(|name| {
            let leaf = parquet
                .columns()
                .iter()
                .position(|column| column.path().parts() == [name.clone()])?;
            Some(SortingColumn {
                column_idx: i32::try_from(leaf).ok()?,
                descending: false,
                nulls_first: true,
            })
        });
        properties = properties.set_sorting_columns(Some(sorting.collect()));
    }
    Ok((
        std::sync::Arc::new(parquet),
        std::sync::Arc::new(properties.build()),
    ))
}

fn is_timestamp(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(..) => true,
        DataType::List(item) => is_timestamp(item.data_type()),
        _ => false,
    }
}
