//! Files of rows, read as they are stored: without a contract, to find out what one could say.
//!
//! A text file is looked at first: what separates its values, whether it begins with names. All its values are
//! text, an empty one is missing. JSON lines and Parquet come in their own types.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::input::{Batches, ROWS_PER_BATCH, columnar};
use crate::{Error, Result};

mod delimited;
mod json;

use dataproduct_quality::draft::Typing;
use delimited::Dialect;

/// How much of a text file is looked at to find its separators.
const SAMPLE_BYTES: u64 = 256 << 10;

#[derive(Clone, Debug)]
enum Form {
    Delimited(Dialect),
    JsonLines,
    Parquet,
}

/// A file of rows that can be read more than once.
#[derive(Clone, Debug)]
pub struct DataFile {
    path: PathBuf,
    form: Form,
    schema: SchemaRef,
}

impl DataFile {
    /// Looks at a file: Parquet, JSON lines, or text with `,`, `;`, tab or `|` between values. JSON lines are read to
    /// their end once, to find all columns.
    ///
    /// # Errors
    /// [`Error::Input`] when the file cannot be opened, is empty, is another kind of JSON, or is not what it seems
    /// to be.
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = opened(path)?;
        let mut sample = Vec::new();
        file.by_ref()
            .take(SAMPLE_BYTES)
            .read_to_end(&mut sample)
            .map_err(|e| Error::input(format!("`{}` cannot be read", path.display()), e))?;
        if sample.starts_with(b"PAR1") {
            let (schema, _) = columnar::rows(path)?;
            return Ok(Self {
                path: path.to_owned(),
                form: Form::Parquet,
                schema,
            });
        }
        if json::looks_so(&sample) {
            let schema = json::schema(opened(path)?, &sample);
            return Ok(Self {
                path: path.to_owned(),
                form: Form::JsonLines,
                schema: Arc::new(schema.map_err(|reason| wrong(path, &reason))?),
            });
        }
        let is_whole = (sample.len() as u64) < SAMPLE_BYTES;
        let (dialect, names) =
            Dialect::of(&sample, is_whole).map_err(|reason| wrong(path, &reason))?;
        let fields: Vec<Field> = names
            .into_iter()
            .map(|name| Field::new(name, DataType::Utf8, true))
            .collect();
        Ok(Self {
            path: path.to_owned(),
            form: Form::Delimited(dialect),
            schema: Arc::new(Schema::new(fields)),
        })
    }

    /// The columns as they are stored; text where the file is text.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What the file says of the types of its values.
    #[must_use]
    pub fn typing(&self) -> Typing {
        match self.form {
            Form::Delimited(_) => Typing::Untyped,
            Form::JsonLines => Typing::Scalars,
            Form::Parquet => Typing::Typed,
        }
    }

    /// Whether the file can be read under a contract as it is: text only with commas below a line of names.
    #[must_use]
    pub fn is_publishable(&self) -> bool {
        match self.form {
            Form::Delimited(dialect) => dialect.has_header && dialect.delimiter == b',',
            Form::JsonLines | Form::Parquet => true,
        }
    }

    /// What the file was taken for, in words.
    #[must_use]
    pub fn description(&self) -> String {
        match &self.form {
            Form::Parquet => "Parquet".to_owned(),
            Form::Delimited(dialect) => dialect.to_string(),
            Form::JsonLines => "JSON lines".to_owned(),
        }
    }

    /// The rows, from the first.
    ///
    /// # Errors
    /// [`Error::Input`] when the file cannot be opened again; each batch may fail on its own.
    pub fn batches(&self) -> Result<Batches> {
        let mut file = opened(&self.path)?;
        let path = self.path.display().to_string();
        let wrong = {
            let path = path.clone();
            move |e: arrow_schema::ArrowError| Error::input(format!("`{path}`: {e}"), e)
        };
        match &self.form {
            Form::Parquet => columnar::rows(&self.path).map(|(_, rows)| rows),
            Form::JsonLines => {
                let reader = arrow_json::ReaderBuilder::new(Arc::clone(&self.schema))
                    .with_batch_size(ROWS_PER_BATCH)
                    .with_coerce_primitive(true)
                    .build(BufReader::new(file))
                    .map_err(&wrong)?;
                Ok(Box::new(reader.map(move |batch| batch.map_err(&wrong))))
            }
            Form::Delimited(dialect) => {
                file.seek(SeekFrom::Start(dialect.skip))
                    .map_err(|e| Error::input(format!("`{path}`"), e))?;
                let reader = arrow_csv::ReaderBuilder::new(Arc::clone(&self.schema))
                    .with_header(dialect.has_header)
                    .with_delimiter(dialect.delimiter)
                    .with_batch_size(ROWS_PER_BATCH)
                    .build_buffered(BufReader::new(file))
                    .map_err(&wrong)?;
                Ok(Box::new(reader.map(move |batch| batch.map_err(&wrong))))
            }
        }
    }
}

fn wrong(path: &Path, reason: &str) -> Error {
    Error::Input {
        reason: format!("`{}`: {reason}", path.display()),
        source: None,
    }
}

fn opened(path: &Path) -> Result<File> {
    File::open(path)
        .map_err(|e| Error::input(format!("`{}` cannot be opened: {e}", path.display()), e))
}
