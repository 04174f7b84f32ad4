//! Contracts and products from sources.

use dataproduct::contract::odcs::Places;
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
    document_by(source, parse)
}

fn document_by(
    source: &Source,
    parse: impl FnOnce(&str) -> Result<Document, Problems>,
) -> Result<Read, Failure> {
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

fn parse_with_places(text: &str, places: &mut Option<Places>) -> Result<Document, Problems> {
    if is_product(text) {
        return parse(text);
    }
    let (contract, found) = Contract::from_yaml_with_places(text)?;
    *places = Some(found);
    Ok(Document::Contract(contract))
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

/// A contract with the text that it was read from, and where its parts stand there.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) contract: Contract,
    pub(crate) text: String,
    pub(crate) places: Places,
}

/// Reads two contracts at once, and notes what is wrong with them in a report. The newer one comes with its places.
pub(crate) fn contracts(
    [old, new]: [&Source; 2],
    report: &mut Report,
) -> Result<(Option<Contract>, Option<Placed>), Failure> {
    let (old, new) = std::thread::scope(|scope| {
        let other = scope.spawn(|| document(old));
        let mut places = None;
        let new = document_by(new, |text| parse_with_places(text, &mut places));
        (other.join(), new.map(|new| (new, places)))
    });
    // A panic of the other thread is one of ours.
    let old = old.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let (new, places) = new?;
    let old = noted(old, report)?.map(|(old, _)| old);
    let new = noted(new, report)?.zip(places);
    let new = new.map(|((contract, text), places)| Placed {
        contract,
        text,
        places,
    });
    Ok((old, new))
}

/// Reads a contract and notes what is wrong with it in a report.
pub(crate) fn contract(
    source: &Source,
    report: &mut Report,
) -> Result<Option<(Contract, String)>, Failure> {
    noted(document(source)?, report)
}

fn noted(read: Read, report: &mut Report) -> Result<Option<(Contract, String)>, Failure> {
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
