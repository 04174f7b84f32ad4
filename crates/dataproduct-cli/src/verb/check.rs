//! `check`: the contracts of a working tree against the record in `schemas/`, and the record by itself.
//!
//! The record holds every version that was published, `<domain>/<product>/<version>.odcs.yaml`. Each has to
//! be where its name and version say, and to be an honest version after the one before it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dataproduct::record::{Known, Schemas, Standing, bases};
use dataproduct::{Contract, ProductName, Version};

use super::compared::{self, Judge, Place, Verdict};
use super::each;
use super::read::{self, Document, Read};
use crate::args::{Check, Format};
use crate::command::{Failure, Look, complain};
use crate::report::{Finding, Level, Report};
use crate::source::{self, Source};

pub(crate) fn run(check: &Check, look: Look) -> Result<u8, Failure> {
    if check.output.format == Format::Omds {
        return Err(Failure::Argument(
            "`--format omds` is a form of `diff` alone".to_owned(),
        ));
    }
    if !check.schemas.is_dir() {
        return Err(Failure::Argument(format!(
            "there is no folder `{}` of recorded contracts; name it with `--schemas`",
            check.schemas.display()
        )));
    }
    let (schemas, judge, mut findings) = open(check)?;
    let files = source::contracts_below(&check.schemas)?;
    let (record, misfiled) = recorded(&check.schemas, files);
    findings.extend(misfiled);
    let working = match check.files.as_slice() {
        [] => Vec::new(),
        files => source::all(files)?,
    };
    let declared = |source: &Source| declared(source, &schemas, &judge, check.record);
    // Two versions of one product are recorded one after the other, and before the record is looked at.
    let parts: Vec<_> = if check.record {
        working.iter().map(declared).collect()
    } else {
        each(&working, declared)
    };
    let products: Vec<_> = record.iter().collect();
    let mut report = Report::new("check");
    let of_products = each(&products, |(name, versions)| {
        product(name, versions, &schemas, &judge)
    });
    for part in of_products {
        merge(&mut report, part?);
    }
    for part in parts {
        let mut part = part?;
        // A recorded contract that is named on the command line was looked at with the record, too.
        let told = &report.findings;
        let is_told = |f: &Finding| told.iter().any(|t| t.rule == f.rule && t.file == f.file);
        part.findings.retain(|f| f.rule != STALE || !is_told(f));
        merge(&mut report, part);
    }
    report.findings.append(&mut findings);
    report.write(&check.output, look)
}

/// The record and what to judge by: the policy that is named, or the one beside the folder; and what is wrong
/// with registered consumers.
fn open(check: &Check) -> Result<(Schemas, Judge, Vec<Finding>), Failure> {
    let unusable = |error: dataproduct::Error| Failure::Argument(error.to_string());
    let mut schemas = Schemas::open(&check.schemas).map_err(unusable)?;
    let mut judge = Judge::new(check.policy.as_ref())?;
    if check.policy.is_some() {
        schemas = schemas.with_policy(judge.policy.clone());
    } else {
        judge.policy = schemas.policy().clone();
    }
    let findings = consumers(&schemas, &mut judge)?;
    Ok((schemas, judge, findings))
}

/// Makes the registered consumers of a record known to a judge, and gives what is wrong with others.
pub(super) fn consumers(schemas: &Schemas, judge: &mut Judge) -> Result<Vec<Finding>, Failure> {
    let registrations = schemas.registrations();
    let mut findings = Vec::new();
    for registration in registrations.map_err(|error| Failure::Argument(error.to_string()))? {
        match registration {
            Ok(consumption) => judge.consumptions.push(consumption),
            Err(broken) => findings.push(broken_record(schemas.folder(), broken)),
        }
    }
    Ok(findings)
}

/// The rule of a document that says something else than its recorded contract.
const STALE: &str = "stale-document";

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

/// Checks the recorded versions of one product, each against those of the lower ones that decide what follows them:
/// those that were alive when it was recorded were asked then. Three contracts are held at a time.
fn product(
    name: &ProductName,
    versions: &BTreeMap<Version, PathBuf>,
    schemas: &Schemas,
    judge: &Judge,
) -> Result<Report, Failure> {
    let mut report = Report::new("check");
    let mut known: Vec<Known> = Vec::new();
    let mut before: Option<Contract> = None;
    let mut release: Option<Contract> = None;
    for (version, file) in versions {
        let read = match read::document(&Source::File(file.clone())) {
            Ok(read) => read,
            // The rest of the record can be told all the same.
            Err(Failure::Read { name, reason }) => {
                let help = "put back what was recorded".to_owned();
                report.files.push(name.clone());
                let finding = error(&name, "broken-record", reason, help);
                report.findings.push(finding);
                continue;
            }
            Err(other) => return Err(other),
        };
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
        } else {
            // Whoever files contracts alone misses nothing; what is there has to be right.
            let is_there = |path: &PathBuf| path.exists();
            stale(schemas, &contract, &read.file, is_there, &mut report)?;
        }
        for base in bases(contract.version(), &known) {
            let is_base = |held: &&Contract| *held.version() == base.version;
            if let Some(held) = release.iter().chain(&before).find(is_base) {
                recorded_pair(held, &contract, judge, &Place::in_text(&read), &mut report);
            }
        }
        known.push(Known::new(contract.version().clone(), true));
        // One version is moved on and the other kept.
        if let Some(before) = before.replace(contract)
            && before.version().pre_release().is_empty()
        {
            release = Some(before);
        }
    }
    Ok(report)
}

/// Compares two versions that are both recorded. What was waived when the newer one was recorded stays so:
/// that the waiver has expired since is told, and nobody can record the version anew.
fn recorded_pair(
    old: &Contract,
    new: &Contract,
    judge: &Judge,
    place: &Place<'_>,
    report: &mut Report,
) {
    let comparison = judge.compare(old, new);
    let is_expired = !comparison.expired_waivers().is_empty();
    if is_expired && !comparison.is_honest_if_proven() {
        let as_waived = judge.compare_as_waived(old, new);
        if as_waived.is_honest_if_proven() {
            compared::note(&as_waived, &Verdict::of(&as_waived), judge, place, report);
            compared::expired(&comparison, &place.file, report);
            return;
        }
    }
    compared::note(&comparison, &Verdict::of(&comparison), judge, place, report);
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

/// Checks a contract of the working tree against every recorded version that is alive.
fn declared(
    source: &Source,
    schemas: &Schemas,
    judge: &Judge,
    record: bool,
) -> Result<Report, Failure> {
    let mut report = Report::new("check");
    let read = read::document(source)?;
    let Some((contract, read)) = valid(read, &mut report) else {
        return Ok(report);
    };
    let (name, version) = (contract.name(), contract.version());
    let judgement = match schemas.judge(&contract, judge.today) {
        Ok(judgement) => judgement,
        Err(reason) => {
            let help = "mend the record first".to_owned();
            let finding = error(&read.file, "broken-record", reason.to_string(), help);
            report.findings.push(finding);
            return Ok(report);
        }
    };
    let honest = judgement.version();
    let message = match judgement.standing() {
        Standing::Changed => {
            format!("{version} is there already and says something else; the changes want {honest}")
        }
        _ => format!("{version} says less than its changes, which want {honest}"),
    };
    let is_honest = matches!(
        judgement.standing(),
        Standing::Recorded | Standing::First | Standing::Follows
    );
    if let Some(comparison) = judgement.deciding() {
        let verdict = Verdict {
            declared: version.clone(),
            honest: is_honest,
            honest_version: honest.clone(),
            message,
        };
        compared::note(
            comparison,
            &verdict,
            judge,
            &Place::in_text(&read),
            &mut report,
        );
    }
    // A version that is not honest is not to be recorded as it is.
    if is_honest && record {
        let written = schemas
            .record(&contract, judge.today)
            .map_err(|error| Failure::Argument(error.to_string()))?;
        for path in written {
            complain(&format!("wrote {}", path.display()));
        }
    } else if is_honest && judgement.standing() != Standing::Recorded {
        let message = format!("`{name}` {version} is not in the record");
        let help = format!(
            "record it: `dataproduct check --record --schemas {} {}`",
            schemas.folder().display(),
            read.file
        );
        let finding = error(&read.file, "not-recorded", message, help);
        report.findings.push(finding);
    } else if is_honest {
        stale(schemas, &contract, &read.file, |_| true, &mut report)?;
    }
    Ok(report)
}

/// Notes the documents beside a recorded contract that are not as they follow from it, of those that matter.
fn stale(
    schemas: &Schemas,
    contract: &Contract,
    file: &str,
    matters: impl Fn(&PathBuf) -> bool,
    report: &mut Report,
) -> Result<(), Failure> {
    let stale = schemas.stale(contract);
    let stale = stale.map_err(|error| Failure::Argument(error.to_string()))?;
    for path in stale.into_iter().filter(matters) {
        let path = path.to_string_lossy();
        let message = "the document does not follow from its recorded contract".to_owned();
        let help = format!(
            "write it: `dataproduct check --record --schemas {} {file}`",
            schemas.folder().display(),
        );
        report.findings.push(error(&path, STALE, message, help));
    }
    Ok(())
}

/// What is wrong with a file of the record, or with its folder where no file is to blame.
fn broken_record(folder: &Path, broken: dataproduct::Error) -> Finding {
    let (file, reason) = match broken {
        dataproduct::Error::Record { path, reason } => (path, reason),
        other => (folder.display().to_string(), other.to_string()),
    };
    error(&file, "broken-record", reason, "mend the file".to_owned())
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
