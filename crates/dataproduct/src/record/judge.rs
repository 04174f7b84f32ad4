//! How a contract stands to the versions recorded before it.

use std::fmt;

use chrono::NaiveDate;
use dataproduct_compat::{Bump, Comparison};
use dataproduct_contract::{Consumption, Contract, Version};

use super::Schemas;
use super::bases::{Base, Known, bases};
use crate::consumers::told;
use crate::{Error, Result};

/// How a contract stands to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// It is recorded as it is.
    Recorded,
    /// Nothing of its product is recorded: it can be recorded as the first.
    First,
    /// It is not recorded, and its version is honest: it can be recorded.
    Follows,
    /// Its version is recorded with other content.
    Changed,
    /// Its version says less than has changed since a version that is still alive, or goes back.
    Dishonest,
}

/// What is to be said of a contract against the record of its product.
///
/// Shown, it is the difference, whom it breaks and which version is honest.
#[derive(Clone, Debug)]
pub struct Judgement {
    contract: Contract,
    standing: Standing,
    /// Against the versions it was held against, oldest first, as of [`Judgement::version`].
    comparisons: Vec<Comparison>,
    version: Version,
    consumptions: Vec<Consumption>,
}

pub(super) fn judge(record: &Schemas, contract: &Contract, today: NaiveDate) -> Result<Judgement> {
    let versions = record.versions(contract.name())?;
    let is_recorded = versions.contains(contract.version());
    if is_recorded {
        let recorded = record.contract(contract.name(), contract.version())?;
        if recorded.digest() == contract.digest() {
            return Ok(Judgement::without_difference(contract, Standing::Recorded));
        }
    }
    if versions.is_empty() {
        return Ok(Judgement::without_difference(contract, Standing::First));
    }
    let bases = held_against(record, contract, &versions, today)?;
    let against = |contract: &Contract| -> Vec<Comparison> {
        let compare =
            |(base, of): &(Base, Contract)| base.compare(of, contract, record.policy(), today);
        bases.iter().map(compare).collect()
    };
    let comparisons = against(contract);
    if !is_recorded && comparisons.iter().all(Comparison::is_honest_if_proven) {
        return Ok(Judgement {
            contract: contract.clone(),
            standing: Standing::Follows,
            comparisons,
            version: contract.version().clone(),
            consumptions: record.consumptions()?,
        });
    }
    let version = honest(&comparisons, &versions);
    // What is shown is the step that would be honest: between equal versions no example could be told.
    let honest = at(contract, &version)?;
    Ok(Judgement {
        contract: contract.clone(),
        standing: if is_recorded {
            Standing::Changed
        } else {
            Standing::Dishonest
        },
        comparisons: against(&honest),
        version,
        consumptions: record.consumptions()?,
    })
}

/// The recorded versions that a contract is held against, each with its contract, in order.
fn held_against(
    record: &Schemas,
    contract: &Contract,
    versions: &[Version],
    today: NaiveDate,
) -> Result<Vec<(Base, Contract)>> {
    let major = contract.version().major();
    let of_major: Vec<&Version> = versions.iter().filter(|v| v.major() == major).collect();
    // Only the life of its own major matters.
    let read = |version: &&Version| record.contract(contract.name(), version);
    let mut contracts: Vec<Contract> = of_major.iter().map(read).collect::<Result<_>>()?;
    let known: Vec<Known> = if contracts.is_empty() {
        let known = |version: &Version| Known::new(version.clone(), false);
        versions.iter().map(known).collect()
    } else {
        let known = |contract: &Contract| Known::of(contract, today);
        contracts.iter().map(known).collect()
    };
    let with_contract = |base: Base| {
        let at = contracts.iter().position(|c| *c.version() == base.version);
        let contract = match at {
            Some(at) => contracts.swap_remove(at),
            None => record.contract(contract.name(), &base.version)?,
        };
        Ok((base, contract))
    };
    let bases = bases(contract.version(), &known);
    bases.into_iter().map(with_contract).collect()
}

/// The lowest version that is honest after all of these and not recorded.
fn honest(comparisons: &[Comparison], versions: &[Version]) -> Version {
    let mut version = comparisons
        .iter()
        .map(Comparison::honest_version_if_proven)
        .max()
        .unwrap_or(Version::new(1, 0, 0));
    let newest_of = |major: u64| versions.iter().filter(|v| v.major() == major).max();
    if let Some(newest) = newest_of(version.major())
        && version <= *newest
    {
        let begins = (version.minor(), version.patch()) == (0, 0) && version.major() > 0;
        let next_major = versions.iter().map(Version::major).max().unwrap_or(0) + 1;
        version = if begins {
            // The major that would come next is there already.
            Version::new(next_major, 0, 0)
        } else if version.patch() == 0 {
            Version::new(newest.major(), newest.minor() + 1, 0)
        } else {
            Version::new(newest.major(), newest.minor(), newest.patch() + 1)
        };
    }
    version
}

/// The same contract under another version.
fn at(contract: &Contract, version: &Version) -> Result<Contract> {
    let mut document = contract.document().clone();
    document.version = version.to_string();
    Contract::from_document(document).map_err(Error::Contract)
}

impl Judgement {
    fn without_difference(contract: &Contract, standing: Standing) -> Self {
        Self {
            contract: contract.clone(),
            standing,
            comparisons: Vec::new(),
            version: contract.version().clone(),
            consumptions: Vec::new(),
        }
    }

    /// The contract that was judged.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// How it stands to the record.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// The comparisons with the versions that it was held against, oldest first. Where its own version is
    /// not honest they are made as if it had the [version](Self::version) that is.
    #[must_use]
    pub fn comparisons(&self) -> &[Comparison] {
        &self.comparisons
    }

    /// The version to give it: its own where that is honest, otherwise the lowest that is, provided that
    /// stored rows prove what is left to prove.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The comparison that decides: of those that ask for most, the one with the newest version.
    #[must_use]
    pub fn deciding(&self) -> Option<&Comparison> {
        self.comparisons
            .iter()
            .max_by_key(|comparison| (comparison.required_if_proven(), comparison.old().version()))
    }

    /// Whether no version of this product can say what has changed, so that it is a new product.
    #[must_use]
    pub fn is_other_product(&self) -> bool {
        let required = self.deciding().map(Comparison::required);
        required == Some(Bump::Invalid)
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = (self.contract.name(), self.contract.version());
        match self.standing {
            Standing::Recorded => writeln!(f, "`{name}` {version} is recorded."),
            Standing::First => writeln!(f, "`{name}` {version} is not recorded yet."),
            Standing::Follows => writeln!(
                f,
                "`{name}` {version} is not recorded yet; the version is honest."
            ),
            Standing::Changed => writeln!(
                f,
                "`{name}` {version} is recorded with other content: it has changed and its version has not."
            ),
            Standing::Dishonest => writeln!(
                f,
                "`{name}` {version} is not honest: the version says less than has changed."
            ),
        }?;
        let Some(comparison) = self.deciding() else {
            return Ok(());
        };
        write!(f, "\n{}", comparison.to_text())?;
        f.write_str(&told(&comparison.impact(&self.consumptions)))
    }
}
