//! Files of rows that other programs write, read in the types of a contract.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use dataproduct_contract::{Column, Contract, OnFailure, Repair};

use crate::{Error, Result};

mod exact;

use exact::{exact, readable};

/// How many rows a batch of a text file has at most.
pub(crate) const ROWS_PER_BATCH: usize = 65_536;

/// The formats that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated values with a header line; an empty field is a missing value, bytes are base64 text.
    Csv,
    /// One JSON object a line; bytes are base64 text, and a number where the contract says text is
    /// taken as it is written.
    JsonLines,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// The format that a file's name ends in: `.csv`, `.jsonl`, `.ndjson` or `.parquet`.
    ///
    /// # Errors
    /// [`Error::Input`] for any other ending.
    pub fn of(path: &Path) -> Result<Self> {
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "jsonl" | "ndjson" => Ok(Self::JsonLines),
            "parquet" => Ok(Self::Parquet),
            _ => Err(Error::Input {
                reason: format!(
                    "`{}` does not end in .csv, .jsonl, .ndjson or .parquet",
                    path.display()
                ),
                source: None,
            }),
        }
    }
}

/// Batches of a file, one after another.
pub type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// Opens a file for reading in the types of a contract.
pub(crate) fn open(path: &Path, format: Format, contract: &Contract) -> Result<Batches> {
    let file = File::open(path)
        .map_err(|e| Error::input(format!("`{}` cannot be opened", path.display()), e))?;
    match format {
        Format::Csv => csv(path, file, contract),
        Format::JsonLines => json_lines(path, file, contract),
        Format::Parquet => parquet(path, file),
    }
}

fn csv(path: &Path, file: File, contract: &Contract) -> Result<Batches> {
    let wrong = |reason: String| Error::Input {
        reason: format!("`{}`: {reason}", path.display()),
        source: None,
    };
    let mut reader = BufReader::new(file);
    let header = header(path, &mut reader)?;
    let target = contract.arrow_schema();
    let mut fields: Vec<FieldRef> = Vec::with_capacity(header.len());
    for name in &header {
        let Ok(field) = target.field_with_name(name) else {
            return Err(wrong(format!(
                "the contract has no column `{}`",
                name.escape_debug()
            )));
        };
        if field.data_type().is_nested() {
            return Err(wrong(format!(
                "`{name}` is nested, which CSV cannot hold; use JSON lines or Parquet"
            )));
        }
        fields.push(readable_for(contract, field));
    }
    reader
        .rewind()
        .map_err(|e| Error::input(format!("`{}`", path.display()), e))?;
    let batches = arrow_csv::ReaderBuilder::new(Arc::new(Schema::new(fields)))
        .with_header(true)
        .with_batch_size(ROWS_PER_BATCH)
        .build_buffered(reader)
        .map_err(|e| Error::input(format!("`{}`", path.display()), e))?;
    let (path, casts) = (path.display().to_string(), casts(contract));
    Ok(Box::new(batches.map(move |batch| {
        let batch = batch.map_err(|e| Error::input(format!("`{path}`"), e))?;
        with_absent(&in_types(&batch, &target, &casts, &path)?, &target)
    })))
}

/// The names in the header line of a CSV file.
fn header(path: &Path, reader: &mut impl BufRead) -> Result<Vec<String>> {
    let (schema, _) = arrow_csv::reader::Format::default()
        .with_header(true)
        .infer_schema(reader, Some(0))
        .map_err(|e| Error::input(format!("the header of `{}`", path.display()), e))?;
    // Some programs put a byte order mark before the first name.
    let names = schema
        .fields()
        .iter()
        .map(|f| f.name().trim_start_matches('\u{feff}').to_owned());
    Ok(names.collect())
}

/// Adds the columns that a file leaves out and that may be missing, as nulls. Required ones are left
/// to the gate to report.
fn with_absent(batch: &RecordBatch, target: &SchemaRef) -> Result<RecordBatch> {
    let mut columns: Vec<(&str, ArrayRef, bool)> = Vec::new();
    let schema = batch.schema_ref();
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        columns.push((field.name(), Arc::clone(array), true));
    }
    for field in target.fields() {
        if field.is_nullable() && schema.field_with_name(field.name()).is_err() {
            columns.push((
                field.name(),
                new_null_array(field.data_type(), batch.num_rows()),
                true,
            ));
        }
    }
    RecordBatch::try_from_iter_with_nullable(columns)
        .map_err(|e| Error::input("the columns do not fit each other", e))
}

fn json_lines(path: &Path, file: File, contract: &Contract) -> Result<Batches> {
    let target = contract.arrow_schema();
    let fields: Vec<FieldRef> = target
        .fields()
        .iter()
        .map(|field| readable_for(contract, field))
        .collect();
    let reader = arrow_json::ReaderBuilder::new(Arc::new(Schema::new(fields)))
        .with_batch_size(ROWS_PER_BATCH)
        .with_strict_mode(true)
        .with_coerce_primitive(true)
        .build(BufReader::new(file))
        .map_err(|e| Error::input(format!("`{}`", path.display()), e))?;
    let (path, casts) = (path.display().to_string(), casts(contract));
    Ok(Box::new(reader.map(move |batch| {
        let batch = batch.map_err(|e| Error::input(format!("`{path}`"), e))?;
        in_types(&batch, &target, &casts, &path)
    })))
}

/// The columns that the gate casts: what their text is, is for their rule to say.
fn casts(contract: &Contract) -> HashSet<String> {
    let is_cast = |column: &&Column| column.on_failure == Some(OnFailure::Repair(Repair::Cast));
    let columns = contract.columns().iter().filter(is_cast);
    columns.map(|column| column.name.clone()).collect()
}

/// The type to read a column of a text format into; text for one that the gate casts.
fn readable_for(contract: &Contract, field: &Field) -> FieldRef {
    match casts(contract).contains(field.name()) {
        true => Arc::new(Field::new(field.name(), DataType::Utf8, true)),
        false => readable(field),
    }
}

/// Turns columns that were read as text into the types of the contract, exactly; but for those that the gate casts.
fn in_types(
    batch: &RecordBatch,
    target: &SchemaRef,
    casts: &HashSet<String>,
    path: &str,
) -> Result<RecordBatch> {
    let wrong = |reason: String| Error::Input {
        reason: format!("`{path}`: {reason}"),
        source: None,
    };
    let schema = batch.schema_ref();
    let mut columns: Vec<(&str, ArrayRef, bool)> = Vec::new();
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let name = field.name().as_str();
        let array = match target.field_with_name(name) {
            Ok(_) if casts.contains(name) => Arc::clone(array),
            Ok(field) => exact(array, field.data_type())
                .map_err(|reason| wrong(format!("{name}: {reason}")))?,
            Err(_) => Arc::clone(array),
        };
        columns.push((name, array, true));
    }
    RecordBatch::try_from_iter_with_nullable(columns)
        .map_err(|e| Error::input(format!("`{path}`"), e))
}

fn parquet(path: &Path, file: File) -> Result<Batches> {
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.with_batch_size(ROWS_PER_BATCH).build())
        .map_err(|e| Error::input(format!("`{}`", path.display()), e))?;
    let path = path.display().to_string();
    Ok(Box::new(reader.map(move |batch| {
        batch.map_err(|e| Error::input(format!("`{path}`"), e))
    })))
}
