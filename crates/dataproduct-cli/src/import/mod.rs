//! Drafts of contracts from other forms of schema and from data.
//!
//! Every reader here takes what strangers wrote: the work is within [`MAX_COLUMNS`] and [`MAX_DEPTH`],
//! whatever the input says of itself, and what is wrong is an [`Error`] that says where.

pub mod arrow;
pub mod avro;
pub mod csv;
mod damaged;
mod detect;
pub mod json_schema;
mod notes;
pub mod odcs;
pub mod parquet;

use dataproduct::{Column, Contract, Problems};

pub use crate::export::Note;
pub(crate) use damaged::is_expected;
pub use detect::detect;
use notes::Notes;

/// The most columns that a draft may have, those within others included.
pub const MAX_COLUMNS: usize = 10_000;

/// The most bytes of a column's name, as in a contract.
pub const MAX_NAME_BYTES: usize = 255;

/// The most levels of definitions within each other or that name others. Columns within each other are
/// limited further, by the contract.
pub const MAX_DEPTH: usize = 64;

/// What becomes of nanoseconds.
const FINER: &str = "times finer than a microsecond are refused when rows are checked; hand over whole microseconds";

/// The forms that a draft can be made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Format {
    /// ODCS 3.0 to 3.2, which becomes ODCS 3.2.
    Odcs,
    /// An Arrow schema in the JSON of arrow-rs.
    #[value(name = "arrow")]
    ArrowJson,
    /// An Arrow IPC file or stream, of which only the schema is read.
    ArrowIpc,
    /// A Parquet file, of which only the footer is read.
    Parquet,
    /// Text with a separator between values and names in the first line.
    Csv,
    /// A JSON Schema of a row.
    JsonSchema,
    /// An Avro schema, or a data file with one at its beginning.
    Avro,
}

/// The columns of a contract to be, and what is known of the whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// What one row is, where the source says it.
    pub description: Option<String>,
    /// The columns, in the order of the source.
    pub columns: Vec<Column>,
    /// What the source says and a contract cannot, and what was guessed.
    pub notes: Vec<Note>,
}

impl Draft {
    /// The draft as the contract of a product at a version, owned by a team.
    ///
    /// # Errors
    /// Every problem of the contract, of the name, version and owner as well as of the columns.
    pub fn into_contract(
        self,
        name: &str,
        version: &str,
        owner: &str,
    ) -> Result<Contract, Problems> {
        let mut builder = Contract::builder(name, version)
            .with_owner(owner)
            .with_columns(self.columns);
        if let Some(description) = self.description {
            builder = builder.with_description(description);
        }
        builder.build()
    }
}

/// Why no draft can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input is not of the form it should be.
    #[error("this is not {form}: {reason}")]
    Malformed {
        /// The form, with its article.
        form: &'static str,
        /// What is wrong, and where.
        reason: String,
    },
    /// A contract has no word for a part of the input.
    #[error("{path}: {reason}")]
    Unsupported {
        /// The part.
        path: String,
        /// What it is, and what to write instead.
        reason: String,
    },
    /// The input asks for more work than it may.
    #[error("{path}: more than {limit} {what}")]
    TooMuch {
        /// The part where the limit was passed.
        path: String,
        /// How much is allowed.
        limit: usize,
        /// What there is too much of.
        what: &'static str,
    },
    /// The input cannot be read.
    #[error("the input cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The document has problems of its own.
    #[error("{0}")]
    Invalid(Problems),
}

impl Error {
    fn malformed(form: &'static str, reason: impl std::fmt::Display) -> Self {
        // The reason may quote the input; an error is one line of moderate length.
        let reason = reason.to_string();
        let reason = reason.lines().next().unwrap_or_default().chars().take(300);
        Self::Malformed {
            form,
            reason: reason.collect(),
        }
    }

    fn unsupported(path: &str, reason: impl Into<String>) -> Self {
        Self::Unsupported {
            path: named(path),
            reason: reason.into(),
        }
    }
}

/// A path for a message; the input as a whole has none.
fn named(path: &str) -> String {
    if path.is_empty() {
        "schema".to_owned()
    } else {
        path.to_owned()
    }
}

/// What is left of the work that one input may cause.
#[derive(Debug)]
struct Budget {
    columns: usize,
    steps: usize,
}

impl Budget {
    /// Definitions may be looked up a few times for each column.
    const MAX_STEPS: usize = 4 * MAX_COLUMNS;

    fn new() -> Self {
        Self {
            columns: MAX_COLUMNS,
            steps: Self::MAX_STEPS,
        }
    }

    /// Pays for one column below a path and gives its own. Every column within it repeats its name, so
    /// that a long one is refused first.
    fn below(&mut self, path: &str, name: &str, depth: usize) -> Result<String, Error> {
        name_fits(path, name)?;
        let path = below(path, name);
        self.column(&path, depth)?;
        Ok(path)
    }

    /// Pays for one column at a depth.
    fn column(&mut self, path: &str, depth: usize) -> Result<(), Error> {
        self.step(path, depth)?;
        self.columns = self.columns.checked_sub(1).ok_or_else(|| Error::TooMuch {
            path: named(path),
            limit: MAX_COLUMNS,
            what: "columns",
        })?;
        Ok(())
    }

    /// Pays for looking at one definition at a depth.
    fn step(&mut self, path: &str, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(Error::TooMuch {
                path: named(path),
                limit: MAX_DEPTH,
                what: "levels of definitions within each other",
            });
        }
        self.steps = self.steps.checked_sub(1).ok_or_else(|| Error::TooMuch {
            path: named(path),
            limit: Self::MAX_STEPS,
            what: "definitions to look at",
        })?;
        Ok(())
    }
}

/// Whether a name is as short as a contract wants it.
fn name_fits(path: &str, name: &str) -> Result<(), Error> {
    if name.len() > MAX_NAME_BYTES {
        return Err(Error::TooMuch {
            path: named(path),
            limit: MAX_NAME_BYTES,
            what: "bytes in the name of a column",
        });
    }
    Ok(())
}

/// A path one level down.
fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The text in a JSON object under a name.
fn text<'a>(object: &'a serde_json::Value, name: &str) -> Option<&'a str> {
    object.get(name).and_then(serde_json::Value::as_str)
}
