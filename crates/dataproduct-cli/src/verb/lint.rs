//! `lint`: contracts and products, each by itself and its references to the others.

use std::cell::RefCell;
use std::collections::HashMap;

use dataproduct::contract::odcs::Places;
use dataproduct::{Column, Contract, ProductName, Version};

use super::each;
use super::read::{self, Document};
use crate::args::Lint;
use crate::command::{Failure, Look};
use crate::report::{Excerpt, Finding, Level, Lines, Report};
use crate::source::{self, Source};

pub(crate) fn run(lint: &Lint, look: Look) -> Result<u8, Failure> {
    let sources = source::all(&lint.files)?;
    let linted = each(&sources, one);
    let linted: Vec<Linted> = linted.into_iter().collect::<Result<_, _>>()?;
    let known = Known::new(&sources, &linted);
    let mut report = Report::new("lint");
    for (source, linted) in sources.iter().zip(&linted) {
        report.files.push(source.name());
        report.findings.extend(linted.findings.iter().cloned());
        if let Some(referring) = &linted.referring {
            report.findings.extend(references(referring, &known));
        }
    }
    report.write(&lint.output, look)
}

/// A contract with references, and what it was read from.
struct Referring {
    contract: Contract,
    file: String,
    text: String,
}

/// What came of one document.
struct Linted {
    findings: Vec<Finding>,
    product: Option<(ProductName, Version)>,
    /// The contract, if references of it are to be followed.
    referring: Option<Referring>,
}

fn one(source: &Source) -> Result<Linted, Failure> {
    let read = read::document(source)?;
    let mut report = Report::new("lint");
    let mut linted = Linted {
        findings: Vec::new(),
        product: None,
        referring: None,
    };
    match read.document {
        Err(problems) => report.problems(&read.file, &read.text, &problems),
        Ok(Document::Product) => {}
        Ok(Document::Contract(contract)) => {
            not_run(&contract, &read.file, &read.text, &mut report);
            linted.product = Some((contract.name().clone(), contract.version().clone()));
            if refers(contract.columns()) || *source == Source::Stdin {
                linted.referring = Some(Referring {
                    contract,
                    file: read.file,
                    text: read.text,
                });
            }
        }
    }
    linted.findings = report.findings;
    Ok(linted)
}

/// Rules that are kept but that nothing here checks: worth knowing.
fn not_run(contract: &Contract, file: &str, text: &str, report: &mut Report) {
    let rules = contract.rules_not_run();
    if rules.is_empty() {
        return;
    }
    let (places, lines) = (Places::of(text).ok(), Lines::of(text));
    for (path, rule) in rules {
        let at = places.as_ref().and_then(|places| places.find(&path));
        report.findings.push(Finding {
            file: file.to_owned(),
            rule: "rule-not-run".to_owned(),
            level: Level::Note,
            message: format!(
                "a rule of the kind `{}` is kept but not run",
                rule.check.name()
            ),
            help: Some("say it with a metric of the library, or run it elsewhere".to_owned()),
            path,
            at,
            excerpt: at.map(|at| Excerpt::of(&lines, at)),
            change: None,
        });
    }
}

fn refers(columns: &[Column]) -> bool {
    columns.iter().any(refers_below)
}

fn refers_below(column: &Column) -> bool {
    !column.references.is_empty() || column.children().any(refers_below)
}

/// The products among the files. Few are referred to, so that those are read again when they are asked for
/// and the others need not be kept.
struct Known<'a> {
    /// The newest version of each product, and the contract where it has been kept.
    products: HashMap<&'a ProductName, (&'a Version, &'a Source, Option<&'a Contract>)>,
    read: RefCell<HashMap<ProductName, Option<Contract>>>,
}

impl<'a> Known<'a> {
    fn new(sources: &'a [Source], linted: &'a [Linted]) -> Self {
        let mut products: HashMap<&ProductName, (&Version, &Source, Option<&Contract>)> =
            HashMap::new();
        for (source, linted) in sources.iter().zip(linted) {
            let Some((name, version)) = &linted.product else {
                continue;
            };
            let kept = linted.referring.as_ref().map(|kept| &kept.contract);
            let is_newest = products
                .get(name)
                .is_none_or(|(other, ..)| *other < version);
            if is_newest {
                products.insert(name, (version, source, kept));
            }
        }
        Self {
            products,
            read: RefCell::default(),
        }
    }

    fn contract(&self, name: &ProductName) -> Option<Contract> {
        let (_, source, kept) = self.products.get(name)?;
        if let Some(contract) = kept {
            return Some((*contract).clone());
        }
        let mut read = self.read.borrow_mut();
        let contract = read.entry(name.clone()).or_insert_with(|| {
            match read::document(source).ok()?.document {
                Ok(Document::Contract(contract)) => Some(contract),
                _ => None,
            }
        });
        contract.clone()
    }
}

/// The references of a contract that do not hold; those to products that are not among the files are left
/// out, as nothing is known of them.
fn references(referring: &Referring, known: &Known<'_>) -> Vec<Finding> {
    let Referring {
        contract,
        file,
        text,
    } = referring;
    let problems = contract.dangling_references(|name| known.contract(name));
    if problems.is_empty() {
        return Vec::new();
    }
    let (places, lines) = (Places::of(text).ok(), Lines::of(text));
    problems
        .into_iter()
        .filter(|problem| problem.code != "unknown-product")
        .map(|problem| {
            let at = places.as_ref().and_then(|p| p.find(&problem.path));
            let problem = match at {
                Some(at) => problem.at(at.line, at.column),
                None => problem,
            };
            Finding::of_problem(file, &lines, &problem)
        })
        .collect()
}
