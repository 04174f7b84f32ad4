//! Files of rows that other programs write, read in the types of a contract.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use dataproduct_contract::{Column, Contract, OnFailure, Repair};

use crate::{Error, Result};

pub(crate) mod columnar;
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
    let file = || {
        File::open(path)
            .map_err(|e| Error::input(format!("`{}` cannot be opened", path.display()), e))
    };
    match format {
        Format::Csv => csv(path, file()?, contract),
        Format::JsonLines => json_lines(path, file()?, contract),
        Format::Parquet => parquet(path, contract),
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
    for (place, name) in header.iter().enumerate() {
        let column = column_of(contract, place, name);
        let field = column.and_then(|column| target.field_with_name(&column.name).ok());
        let Some(field) = field else {
            return Err(wrong(format!(
                "the contract has no column `{}`",
                name.escape_debug()
            )));
        };
        if fields.iter().any(|other| other.name() == field.name()) {
            return Err(wrong(format!(
                "two columns of the file are `{}` of the contract",
                field.name()
            )));
        }
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

/// The column that a header line means: by its name, or by its business name, which can be one that no table stores.
/// A column without a name is `column_` and its place, counted from 1.
fn column_of<'a>(contract: &'a Contract, place: usize, name: &str) -> Option<&'a Column> {
    let columns = contract.columns();
    if let Some(column) = columns.iter().find(|column| column.name == name) {
        return Some(column);
    }
    let name = name.trim();
    if name.is_empty() {
        let own = format!("column_{}", place + 1);
        return columns.iter().find(|column| column.name == own);
    }
    let meant = |column: &&Column| column.business_name.as_deref() == Some(name);
    let mut meant = columns.iter().filter(meant);
    // Of two columns of that business name neither is meant.
    meant.next().filter(|_| meant.next().is_none())
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

fn parquet(path: &Path, contract: &Contract) -> Result<Batches> {
    let (schema, rows) = columnar::rows(path)?;
    let path = path.display().to_string();
    // Columns that the contract does not have are the gate's to report.
    let named = |(place, field): (usize, &FieldRef)| match column_of(contract, place, field.name())
    {
        Some(column) if column.name != *field.name() => {
            Arc::new(Field::clone(field).with_name(&column.name))
        }
        _ => Arc::clone(field),
    };
    let fields: Vec<FieldRef> = schema.fields().iter().enumerate().map(named).collect();
    let schema = Arc::new(Schema::new(fields));
    Ok(Box::new(rows.map(move |batch| {
        let batch = batch?;
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let (schema, columns) = (Arc::clone(&schema), batch.columns().to_vec());
        RecordBatch::try_new_with_options(schema, columns, &rows)
            .map_err(|e| Error::input(format!("`{path}`"), e))
    })))
}

#[cfg(test)]
mod tests {
    use dataproduct_contract::DataType;

    use super::*;

    #[test]
    fn columns_of_files_are_known_by_name_and_by_business_name() {
        let column = |name: &str| Column::new(name, DataType::String);
        let contract = Contract::builder("a.b", "1.0.0")
            .with_owner("team")
            .with_columns([
                column("PO_SO").with_business_name("PO / SO #"),
                column("column_2"),
                column("from").with_business_name("Day"),
                column("to").with_business_name("Day"),
                column("other").with_business_name("from"),
            ])
            .build()
            .unwrap();
        for (place, name, expected) in [
            (0, "PO_SO", Some("PO_SO")),
            (3, " PO / SO #", Some("PO_SO")),
            (1, "", Some("column_2")),
            (2, "", None),
            (0, "Day", None),
            (0, "from", Some("from")),
            (0, "po_so", None),
        ] {
            let found = column_of(&contract, place, name).map(|column| column.name.as_str());
            assert_eq!(found, expected, "{place} {name}");
        }
    }
}
