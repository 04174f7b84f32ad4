//! Contracts and products from sources.

use dataproduct::contract::odps::Product;
use dataproduct::{Contract, Problem, Problems};

use crate::command::Failure;
use crate::report::Report;
use crate::source::{MAX_DOCUMENT_BYTES, Source};

/// What a document turned out to be.
#[derive(Debug)]
pub(crate) enum Document {
    Contract(Contract),
    Product,
}

/// A document with its text.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) document: Result<Document, Problems>,
}

/// The text of a source; what is no text is a problem of it.
pub(crate) fn text(source: &Source) -> Result<Result<String, Problem>, Failure> {
    let bytes = source.bytes(MAX_DOCUMENT_BYTES)?;
    Ok(String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes()[..valid].iter();
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        Problem::new(
            "",
            "not-utf8",
            format!("the text is not UTF-8 from byte {valid}, in line {line}, on"),
            "save the file in UTF-8",
        )
    }))
}

/// Reads a contract or a product.
pub(crate) fn document(source: &Source) -> Result<Read, Failure> {
    let file = source.name();
    Ok(match text(source)? {
        Ok(text) => Read {
            document: parse(&text),
            file,
            text,
        },
        Err(problem) => Read {
            file,
            text: String::new(),
            document: Err(problem.into()),
        },
    })
}

fn parse(text: &str) -> Result<Document, Problems> {
    if is_product(text) {
        Product::from_yaml(text)?;
        Ok(Document::Product)
    } else {
        Contract::from_yaml(text).map(Document::Contract)
    }
}

/// Whether a text says that it is a product: a line of its own in YAML, or a field in JSON.
fn is_product(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start_matches(['{', ' ', '\u{feff}']);
        let mut parts = line.splitn(2, ':');
        let key = parts.next().unwrap_or_default().trim();
        let value = parts.next().unwrap_or_default().trim_start();
        key.trim_matches(['"', '\'']) == "kind"
            && value
                .trim_start_matches(['"', '\''])
                .starts_with("DataProduct")
    })
}

/// Reads a contract and notes what is wrong with it in a report.
pub(crate) fn contract(
    source: &Source,
    report: &mut Report,
) -> Result<Option<(Contract, String)>, Failure> {
    let read = document(source)?;
    report.files.push(read.file.clone());
    match read.document {
        Ok(Document::Contract(contract)) => Ok(Some((contract, read.text))),
        Ok(Document::Product) => Err(Failure::Argument(format!(
            "`{}` is a product; a contract is needed here",
            read.file
        ))),
        Err(problems) => {
            report.problems(&read.file, &read.text, &problems);
            Ok(None)
        }
    }
}
