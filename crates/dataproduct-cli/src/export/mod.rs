//! A contract in the forms that other programs read.
//!
//! Every function is pure. What a form cannot say is no error: it is left out and told in a [`Note`], so
//! that nobody takes the result for more than it is.

mod arrow;
pub mod avro;
mod html;
mod markdown;
mod odcs;
mod page;
mod rust;
pub mod sql;
pub(crate) mod words;

use dataproduct::contract::odps::Product;
use dataproduct::row::json_schema;
use dataproduct::{Contract, Problems};

pub use sql::Dialect;

/// The forms that a contract can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Format {
    /// ODCS 3.2.0 in YAML: the contract itself.
    #[value(name = "odcs", alias = "odcs-3.2")]
    Odcs,
    /// ODCS 3.1.0 in YAML, for tools that do not know 3.2 yet.
    #[value(name = "odcs-3.1")]
    Odcs31,
    /// The data product around the contract: ODPS 1.1.0 in YAML.
    Odps,
    /// The JSON Schema of a row, draft 2020-12.
    JsonSchema,
    /// The Arrow schema of a batch in the JSON of arrow-rs.
    #[value(name = "arrow")]
    ArrowJson,
    /// The Arrow schema as an Arrow IPC stream without batches.
    ArrowIpc,
    /// An Avro schema.
    Avro,
    /// SQL data definition, ISO 9075:2023.
    SqlAnsi,
    /// SQL data definition for DuckDB.
    SqlDuckdb,
    /// SQL data definition for PostgreSQL.
    SqlPostgres,
    /// SQL data definition for Spark with Delta tables.
    SqlSpark,
    /// A Rust type that declares the contract.
    Rust,
    /// A page in Markdown.
    Markdown,
    /// A page in HTML that needs no other file.
    Html,
}

/// A contract in another form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The result; text in UTF-8 for all forms but [`Format::ArrowIpc`].
    pub bytes: Vec<u8>,
    /// What the form cannot say.
    pub notes: Vec<Note>,
}

impl Exported {
    /// The result as text, or `None` for a form that is none.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    fn exact(text: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: text.into(),
            notes: Vec::new(),
        }
    }
}

/// Something that another form cannot say, or says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The part of the contract, by the names of its columns; empty for the contract as a whole.
    pub path: String,
    /// What becomes of it.
    pub message: String,
}

impl Note {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

/// Why a contract cannot be written in a form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The document that would be written is not valid.
    #[error("the document would not be valid: {0}")]
    Invalid(#[from] Problems),
    /// The value cannot be put into text.
    #[error("the schema cannot be written: {0}")]
    Unwritable(String),
}

/// Writes a contract in a form.
///
/// # Errors
/// [`Error::Invalid`] when the form is a document of a standard whose rules the result would break,
/// [`Error::Unwritable`] when a schema cannot be put into its form.
pub fn export(contract: &Contract, format: Format) -> Result<Exported, Error> {
    Ok(match format {
        Format::Odcs => Exported::exact(contract.to_yaml()),
        Format::Odcs31 => odcs::version_3_1(contract)?,
        Format::Odps => {
            Exported::exact(Product::around(std::slice::from_ref(contract))?.to_yaml()?)
        }
        Format::JsonSchema => {
            let title = contract.name().to_string();
            let description = contract.description().unwrap_or_default();
            let schema = json_schema(&title, description, contract.columns());
            Exported::exact(pretty(&schema)?)
        }
        Format::ArrowJson => Exported::exact(arrow::json(contract)?),
        Format::ArrowIpc => Exported::exact(arrow::ipc(contract)?),
        Format::Avro => avro::schema(contract)?,
        Format::SqlAnsi => sql::ddl(contract, Dialect::Ansi),
        Format::SqlDuckdb => sql::ddl(contract, Dialect::Duckdb),
        Format::SqlPostgres => sql::ddl(contract, Dialect::Postgres),
        Format::SqlSpark => sql::ddl(contract, Dialect::Spark),
        Format::Rust => rust::source(contract),
        Format::Markdown => Exported::exact(markdown::page(contract)),
        Format::Html => Exported::exact(html::page(contract)),
    })
}

/// A value as indented JSON with a last line end.
fn pretty(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| Error::Unwritable(error.to_string()))
}
