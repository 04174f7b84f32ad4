//! `import`: a draft of a contract, or an older document brought to the newest form.

use std::fs::File;
use std::io;

use dataproduct::Contract;

use super::deliver;
use crate::args::Import;
use crate::command::{EXIT_FINDINGS, Failure, complain};
use crate::import::{self, Draft, Error, Format};
use crate::source::{self, MAX_DOCUMENT_BYTES, Source};

/// How much of an input is looked at to tell its form.
const BEGINNING: usize = 64 << 10;

pub(crate) fn run(import: &Import) -> Result<u8, Failure> {
    let source = Source::of(&import.file);
    let format = match (import.from, &source) {
        (Some(format), _) => format,
        (None, Source::Stdin) => {
            return Err(Failure::Argument(
                "standard input has no name that tells its form; say it with `--from`".to_owned(),
            ));
        }
        (None, Source::File(_)) => import::detect(&source.name(), &source.bytes(BEGINNING)?)
            .ok_or_else(|| {
                Failure::Argument(format!(
                    "`{}` does not tell its form; say it with `--from`",
                    source.name()
                ))
            })?,
    };
    let yaml = match made(import, &source, format)? {
        Ok(yaml) => yaml,
        Err(error) => {
            complain(&format!("{}: {error}", source.name()));
            return Ok(EXIT_FINDINGS);
        }
    };
    deliver(yaml.as_bytes(), &import.target)
}

/// The document, or what is wrong with the input.
fn made(
    arguments: &Import,
    source: &Source,
    format: Format,
) -> Result<Result<String, Error>, Failure> {
    if format == Format::Odcs {
        let text = document(source)?;
        let upgraded = text.and_then(|text| import::odcs::upgrade(&text));
        if let Ok(yaml) = &upgraded {
            // The document is right; whether it is a contract by our rules is another matter.
            if let Err(problems) = Contract::from_yaml(yaml) {
                complain(&format!("note: `lint` will say:\n{problems}"));
            }
        }
        return Ok(upgraded);
    }
    let (Some(name), Some(owner)) = (&arguments.name, &arguments.owner) else {
        return Err(Failure::Argument(
            "a draft needs `--name domain.product` and `--owner TEAM`, which no schema says"
                .to_owned(),
        ));
    };
    let draft = match draft(source, format)? {
        Ok(draft) => draft,
        Err(error) => return Ok(Err(error)),
    };
    for note in &draft.notes {
        complain(&format!("note: {note}"));
    }
    let contract = draft.into_contract(name, &arguments.version, owner);
    Ok(contract
        .map(|contract| contract.to_yaml().to_owned())
        .map_err(Error::Invalid))
}

/// The text of a source, as far as a document may be long.
fn document(source: &Source) -> Result<Result<String, Error>, Failure> {
    let bytes = source.bytes(MAX_DOCUMENT_BYTES)?;
    if bytes.len() >= MAX_DOCUMENT_BYTES {
        return Ok(Err(Error::TooMuch {
            path: source.name(),
            limit: MAX_DOCUMENT_BYTES - 1,
            what: "bytes",
        }));
    }
    Ok(String::from_utf8(bytes).map_err(|error| Error::Malformed {
        form: "text in UTF-8",
        reason: error.to_string(),
    }))
}

fn draft(source: &Source, format: Format) -> Result<Result<Draft, Error>, Failure> {
    Ok(match format {
        Format::Odcs => {
            return Err(Failure::Argument(
                "ODCS is a document, not a draft".to_owned(),
            ));
        }
        Format::ArrowJson => document(source)?.and_then(|text| import::arrow::json(&text)),
        Format::JsonSchema => document(source)?.and_then(|text| import::json_schema::schema(&text)),
        Format::Avro => avro(source)?,
        Format::ArrowIpc => match source {
            Source::Stdin => import::arrow::ipc(io::stdin().lock()),
            Source::File(_) => import::arrow::ipc(io::BufReader::new(open(source)?)),
        },
        Format::Csv => match source {
            Source::Stdin => import::csv::draft(io::stdin().lock()),
            Source::File(_) => import::csv::draft(open(source)?),
        },
        Format::Parquet => match source {
            // The footer is at the end, so that the whole file would have to be kept.
            Source::Stdin => {
                return Err(Failure::Argument(
                    "a Parquet file is read from its end; name the file instead of `-`".to_owned(),
                ));
            }
            Source::File(_) => import::parquet::schema(open(source)?),
        },
    })
}

/// An Avro schema, or the one at the beginning of a data file.
fn avro(source: &Source) -> Result<Result<Draft, Error>, Failure> {
    let mut beginning = source.bytes(MAX_DOCUMENT_BYTES)?;
    if beginning.starts_with(b"Obj\x01") {
        return Ok(import::avro::file(&beginning));
    }
    if beginning.len() >= MAX_DOCUMENT_BYTES {
        beginning.truncate(MAX_DOCUMENT_BYTES);
        return Ok(Err(Error::TooMuch {
            path: source.name(),
            limit: MAX_DOCUMENT_BYTES - 1,
            what: "bytes",
        }));
    }
    Ok(match String::from_utf8(beginning) {
        Ok(text) => import::avro::schema(&text),
        Err(error) => Err(Error::Malformed {
            form: "an Avro schema",
            reason: error.to_string(),
        }),
    })
}

fn open(source: &Source) -> Result<File, Failure> {
    match source {
        Source::File(path) => {
            let file = source::open(path).map_err(|error| source.unreadable(&error))?;
            // A folder can be opened, and fails only when it is read.
            let is_folder = file.metadata().is_ok_and(|metadata| metadata.is_dir());
            if is_folder {
                return Err(Failure::Read {
                    name: source.name(),
                    reason: "it is a folder".to_owned(),
                });
            }
            Ok(file)
        }
        Source::Stdin => Err(Failure::Argument("standard input is no file".to_owned())),
    }
}
