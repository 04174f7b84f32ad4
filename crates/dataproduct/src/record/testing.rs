//! The tests that a team's crate has of its types.

use std::path::Path;

use dataproduct_contract::{Consumption, Contract, Problems};

use super::{Judgement, Schemas, Standing};
use crate::{Clock as _, DataProduct, Error, Result, SystemClock};

/// The environment variable that makes tests write what may be recorded.
const RECORD: &str = "DATAPRODUCT_RECORD";

/// A contract that a type declares.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    name: &'static str,
    contract: Result<&'static Contract, &'static Problems>,
}

impl Declared {
    /// The declaration of a type.
    #[must_use]
    pub fn of<T: DataProduct>() -> Self {
        Self {
            name: T::NAME,
            contract: T::try_contract(),
        }
    }

    /// What keeps a declaration from being recorded as it is, with what to do; `None` when nothing does.
    ///
    /// With `write` what may be recorded is written, and nothing is in the way any more.
    ///
    /// # Errors
    /// [`Error::Record`] when the record cannot be read or written, and [`Error::Contract`] when the
    /// declaration is no valid contract.
    pub fn check(&self, record: &Schemas, package: &str, write: bool) -> Result<Option<String>> {
        let contract = self
            .contract
            .map_err(|problems| Error::Contract(problems.clone()))?;
        let today = SystemClock.now().date_naive();
        let judgement = record.judge(contract, today)?;
        let is_stale = !record.stale(contract)?.is_empty();
        match judgement.standing() {
            Standing::Recorded if !is_stale => return Ok(None),
            Standing::Recorded | Standing::First | Standing::Follows if write => {
                for path in record.record(contract, today)? {
                    println!("recorded {}", path.display());
                }
                return Ok(None);
            }
            _ => {}
        }
        Ok(Some(format!(
            "{judgement}\n{}",
            self.what_to_do(&judgement, record, package)
        )))
    }

    fn what_to_do(&self, judgement: &Judgement, record: &Schemas, package: &str) -> String {
        let contract = judgement.contract();
        let shown = |path: &Path| {
            let root = record.folder().parent().unwrap_or(Path::new(""));
            let path = path.strip_prefix(root).unwrap_or(path);
            path.display().to_string().replace('\\', "/")
        };
        let path = shown(&record.path(contract.name(), contract.version()));
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let command = format!("{RECORD}=1 cargo test -p {package} contracts_are_recorded");
        let mut out = String::from("What to do:\n");
        if judgement.is_other_product() {
            out.push_str("  No version can say this: give the product a name of its own, and leave this one as it is recorded.\n");
            return out;
        }
        let mut steps = Vec::new();
        if judgement.version() != contract.version() {
            steps.push(format!(
                "Write `version = \"{}\"` in `#[product(...)]` of `{}`.",
                judgement.version(),
                self.name
            ));
        }
        // A new major begins a table of its own, with no rows in it yet.
        if let Some(comparison) = judgement.deciding()
            && comparison.old().version().major() == judgement.version().major()
        {
            let obligations = comparison.obligations();
            let left: Vec<String> = obligations
                .iter()
                .map(|o| format!("`{}` of `{}`", o.aspect, o.column))
                .collect();
            if !left.is_empty() {
                steps.push(format!(
                    "Know that stored rows have to keep {} too: the next publish checks them. If they do not, mend them, or publish {} instead.",
                    left.join(", "),
                    comparison.honest_version()
                ));
            }
        }
        steps.push(format!("Record it: `{command}`"));
        steps.push(format!(
            "Commit the new files in `{folder}`: they are what consumers are promised."
        ));
        for (i, step) in steps.iter().enumerate() {
            out.push_str(&format!("  {}. {step}\n", i + 1));
        }
        if judgement.standing() == Standing::Changed {
            out.push_str(&format!(
                "Or take the change back: `{path}` is what the type said. Recorded versions never change; one that has never left your branch can be deleted and recorded anew.\n"
            ));
        }
        out
    }
}

fn asked_to_write() -> bool {
    std::env::var(RECORD).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// The record that a crate's tests use.
fn record_of(manifest: &str, folder: Option<&str>) -> Result<Schemas> {
    match folder {
        Some(folder) => Schemas::open(Path::new(manifest).join(folder)),
        None => Schemas::above(manifest),
    }
}

/// The body of [`assert_contracts!`](crate::assert_contracts): `manifest` is the crate's folder, `package`
/// its name, `folder` the record, counted from the crate, or `None` for the nearest above.
///
/// # Panics
/// When a declaration is not recorded as it is, with everything that a reader needs to mend it.
#[track_caller]
#[expect(clippy::panic, reason = "it is the body of a test")]
pub fn assert_recorded(manifest: &str, package: &str, folder: Option<&str>, declared: &[Declared]) {
    let write = asked_to_write();
    let record = match record_of(manifest, folder) {
        Ok(record) => record,
        Err(error) => panic!("{error}"),
    };
    let failures: Vec<String> = declared
        .iter()
        .filter_map(|declared| match declared.check(&record, package, write) {
            Ok(failure) => failure,
            Err(error) => Some(format!("`{}`: {error}\n", declared.name)),
        })
        .collect();
    if !failures.is_empty() {
        panic!("\n\n{}", failures.join("\n"));
    }
}

/// The body of [`assert_consumed!`](crate::assert_consumed).
///
/// # Panics
/// When a consumption is not registered as it is, or a recorded version that it reads lacks a column.
#[track_caller]
#[expect(clippy::panic, reason = "it is the body of a test")]
pub fn assert_consumed(manifest: &str, package: &str, consumptions: &[&Consumption]) {
    let checked = record_of(manifest, None).and_then(|record| {
        let mut failures = Vec::new();
        for consumption in consumptions {
            failures.extend(consumed(&record, package, consumption)?);
        }
        Ok(failures)
    });
    match checked {
        Ok(failures) if failures.is_empty() => {}
        Ok(failures) => panic!("\n\n{}", failures.join("\n")),
        Err(error) => panic!("{error}"),
    }
}

fn consumed(record: &Schemas, package: &str, consumption: &Consumption) -> Result<Option<String>> {
    let product = &consumption.product;
    let versions = record.versions(&product.name)?;
    // A product whose record is kept elsewhere cannot be looked up here.
    for version in versions.iter().filter(|version| product.accepts(version)) {
        let contract = record.contract(&product.name, version)?;
        let missing = consumption.missing_from(&contract);
        if !missing.is_empty() {
            return Ok(Some(format!(
                "`{}` reads `{}` of `{}` {version}, which has no such column: leave it out, or read versions that have it.\n",
                consumption.consumer,
                missing.join("`, `"),
                product.name,
            )));
        }
    }
    let (path, same) = record.registration(consumption);
    if same {
        return Ok(None);
    }
    if asked_to_write() {
        println!("registered {}", record.register(consumption)?.display());
        return Ok(None);
    }
    Ok(Some(format!(
        "`{}` is not registered as it says: its owner would not be told of changes.\nRegister it: `{RECORD}=1 cargo test -p {package} consumptions_are_registered`, and commit `{}`.\n",
        consumption.consumer,
        path.display()
    )))
}
