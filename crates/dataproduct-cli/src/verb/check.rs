//! `check`: the contracts of a working tree against the record in `schemas/`, and the record by itself.
//!
//! The record holds every version that was published, `<domain>/<product>/<version>.odcs.yaml`. Each has to
//! be where its name and version say, and to be an honest version after the one before it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dataproduct::{Contract, ProductName, Version};

use super::compared::{self, Judge};
use super::each;
use super::read::{self, Document, Read};
use crate::args::{Check, Format};
use crate::command::{Failure, Look};
use crate::report::{Finding, Level, Report};
use crate::source::{self, Source};

pub(crate) fn run(check: &Check, look: Look) -> Result<u8, Failure> {
    if check.output.format == Format::Omds {
        return Err(Failure::Argument(
            "`--format omds` is a form of `diff` alone".to_owned(),
        ));
    }
    let judge = Judge::new(check.policy.as_ref())?;
    if !check.schemas.is_dir() {
        return Err(Failure::Argument(format!(
            "there is no folder `{}` of recorded contracts; name it with `--schemas`",
            check.schemas.display()
        )));
    }
    let files = source::contracts_below(&check.schemas)?;
    let (record, mut findings) = recorded(&check.schemas, files);
    let products: Vec<_> = record.iter().collect();
    let mut report = Report::new("check");
    let of_products = each(&products, |(name, versions)| {
        product(name, versions, &judge)
    });
    for part in of_products {
        merge(&mut report, part?);
    }
    let working = match check.files.as_slice() {
        [] => Vec::new(),
        files => source::all(files)?,
    };
    for part in each(&working, |source| {
        declared(source, &check.schemas, &record, &judge)
    }) {
        merge(&mut report, part?);
    }
    report.findings.append(&mut findings);
    report.write(&check.output, look)
}

/// The recorded files of each product, by version.
type Record = BTreeMap<ProductName, BTreeMap<Version, PathBuf>>;

/// The record by the paths of its files, and findings about files that have no place in it.
fn recorded(folder: &Path, files: Vec<PathBuf>) -> (Record, Vec<Finding>) {
    let mut record = Record::new();
    let mut findings = Vec::new();
    for file in files {
        match place(folder, &file) {
            Some((name, version)) => {
                record.entry(name).or_default().insert(version, file);
            }
            None => findings.push(error(
                &file.to_string_lossy(),
                "misfiled",
                "the record has no such place".to_owned(),
                "file contracts as `<domain>/<product>/<version>.odcs.yaml`".to_owned(),
            )),
        }
    }
    (record, findings)
}

/// The product and version that a path below the record stands for.
fn place(folder: &Path, file: &Path) -> Option<(ProductName, Version)> {
    let inner = file.strip_prefix(folder).ok()?;
    let parts: Vec<&str> = inner.iter().filter_map(|part| part.to_str()).collect();
    let [domain, product, file] = parts.as_slice() else {
        return None;
    };
    let version = file.strip_suffix(".odcs.yaml")?.parse().ok()?;
    Some((
        ProductName::new(domain.parse().ok()?, product.parse().ok()?),
        version,
    ))
}

fn merge(report: &mut Report, mut part: Report) {
    report.files.append(&mut part.files);
    report.findings.append(&mut part.findings);
    report.compared.append(&mut part.compared);
}

/// Checks the recorded versions of one product, each against the one before. Two are held at a time.
fn product(
    name: &ProductName,
    versions: &BTreeMap<Version, PathBuf>,
    judge: &Judge,
) -> Result<Report, Failure> {
    let mut report = Report::new("check");
    let mut before: Option<Contract> = None;
    for (version, file) in versions {
        let read = read::document(&Source::File(file.clone()))?;
        let Some((contract, read)) = valid(read, &mut report) else {
            continue;
        };
        if contract.name() != name || contract.version() != version {
            report.findings.push(error(
                &read.file,
                "misfiled",
                format!(
                    "the contract is `{}` {} and filed as `{name}` {version}",
                    contract.name(),
                    contract.version()
                ),
                "move the file to where its name and version belong".to_owned(),
            ));
        }
        if let Some(before) = &before {
            let comparison = judge.compare(before, &contract);
            compared::note(&comparison, &read.file, &read.text, &mut report);
        }
        before = Some(contract);
    }
    Ok(report)
}

/// The contract of a document, or its problems in the report.
fn valid(mut read: Read, report: &mut Report) -> Option<(Contract, Read)> {
    report.files.push(read.file.clone());
    let document = std::mem::replace(&mut read.document, Ok(Document::Product));
    match document {
        Ok(Document::Contract(contract)) => Some((contract, read)),
        Ok(Document::Product) => None,
        Err(problems) => {
            report.problems(&read.file, &read.text, &problems);
            None
        }
    }
}

/// Checks a contract of the working tree against the record.
fn declared(
    source: &Source,
    schemas: &Path,
    record: &Record,
    judge: &Judge,
) -> Result<Report, Failure> {
    let mut report = Report::new("check");
    let read = read::document(source)?;
    let Some((contract, read)) = valid(read, &mut report) else {
        return Ok(report);
    };
    let (name, version) = (contract.name(), contract.version());
    let versions = record.get(name);
    let same = versions.and_then(|versions| versions.get(version));
    let newest = versions.and_then(|versions| versions.last_key_value());
    if let Some(file) = same.or(newest.map(|(_, file)| file)) {
        let old = read::document(&Source::File(file.clone()))?;
        // A recorded contract that is not valid has been told of with the record.
        if let Ok(Document::Contract(old)) = old.document
            && old.digest() != contract.digest()
        {
            let comparison = judge.compare(&old, &contract);
            compared::note(&comparison, &read.file, &read.text, &mut report);
        }
    }
    if same.is_none() {
        let target = schemas
            .join(name.domain().as_str())
            .join(name.product().as_str())
            .join(format!("{version}.odcs.yaml"));
        report.findings.push(error(
            &read.file,
            "not-recorded",
            format!("`{name}` {version} is not in the record"),
            format!(
                "record it: `dataproduct export {} --to odcs --output {}`",
                read.file,
                target.display()
            ),
        ));
    }
    Ok(report)
}

fn error(file: &str, rule: &str, message: String, help: String) -> Finding {
    Finding {
        file: file.to_owned(),
        rule: rule.to_owned(),
        level: Level::Error,
        message,
        help: Some(help),
        path: String::new(),
        at: None,
        excerpt: None,
        change: None,
    }
}
