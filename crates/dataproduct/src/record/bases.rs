//! Which versions a contract is held against: one choice for the record, the command and the gate of the publish.

use chrono::NaiveDate;
use dataproduct_compat::{Comparison, Policy, compare};
use dataproduct_contract::{Contract, Status, Version};

/// A version that another one may have to be held against.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Known {
    /// The version.
    pub version: Version,
    /// Whether its life is over: it is retired, or its sunset is past.
    pub is_over: bool,
}

impl Known {
    /// A version whose life is over or not.
    #[must_use]
    pub fn new(version: Version, is_over: bool) -> Self {
        Self { version, is_over }
    }

    /// The version of a contract, as its life stands on a day.
    #[must_use]
    pub fn of(contract: &Contract, today: NaiveDate) -> Self {
        let is_past = |sunset: NaiveDate| sunset < today;
        let is_over =
            contract.status() == Status::Retired || contract.sunset().is_some_and(is_past);
        Self::new(contract.version().clone(), is_over)
    }
}

/// A version that another one is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Base {
    /// The version.
    pub version: Version,
    /// Whether a release after it was held against it already. What was accepted then stays so: a waiver counts here
    /// although it has expired.
    pub is_settled: bool,
}

impl Base {
    /// Compares a contract with the one of this version.
    #[must_use]
    pub fn compare(
        &self,
        base: &Contract,
        contract: &Contract,
        policy: &Policy,
        today: NaiveDate,
    ) -> Comparison {
        let day = if self.is_settled {
            NaiveDate::MIN
        } else {
            today
        };
        compare(base, contract, policy, day)
    }
}

/// The versions that a version is held against, in order, of those that are known of its product.
///
/// Of its major version these are the newest, the newest that is no pre-release, and every other one that is alive. A
/// pre-release has promised nothing, so that it cannot stand in for the release before it; and a step may break those
/// who are two versions behind and not those who are one behind. All of a major version end together: when the
/// newest is over, the others are. Where the major version is new, it is the newest version below.
///
/// ```
/// use dataproduct::Version;
/// use dataproduct::record::{Known, bases};
///
/// let known = |text: &str, is_over| Known::new(text.parse().unwrap(), is_over);
/// let versions = [known("1.0.0", false), known("1.1.0", true), known("1.2.0", false), known("1.3.0-rc.1", false)];
/// let held: Vec<String> = bases(&Version::new(1, 3, 0), &versions).iter().map(|base| base.version.to_string()).collect();
/// assert_eq!(held, ["1.0.0", "1.2.0", "1.3.0-rc.1"]);
/// ```
#[must_use]
pub fn bases(version: &Version, known: &[Known]) -> Vec<Base> {
    let of = |known: &Known, is_settled| Base {
        version: known.version.clone(),
        is_settled,
    };
    let mut major: Vec<&Known> = known
        .iter()
        .filter(|known| known.version.major() == version.major())
        .collect();
    major.sort_by(|a, b| a.version.cmp(&b.version));
    let Some(newest) = major.last() else {
        // A major that begins: what it differs by from the one before is worth telling.
        let below = known.iter().filter(|known| known.version < *version);
        let below = below.max_by(|a, b| a.version.cmp(&b.version));
        let base = below.or_else(|| known.iter().min_by(|a, b| a.version.cmp(&b.version)));
        return base.map(|base| of(base, false)).into_iter().collect();
    };
    let is_release = |known: &&&Known| known.version.pre_release().is_empty();
    let release = major.iter().rfind(is_release);
    let decides = |known: &Known| {
        known.version == newest.version || release.is_some_and(|r| r.version == known.version)
    };
    major
        .iter()
        .filter(|known| decides(known) || !(known.is_over || newest.is_over))
        .map(|known| of(known, !decides(known)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `x` behind a version says that it is over, `*` behind one that is held against that it is settled.
    #[track_caller]
    fn check(version: &str, known: &[&str], expected: &[&str]) {
        let known: Vec<Known> = known
            .iter()
            .map(|text| {
                let version = text.trim_end_matches(" x");
                Known::new(version.parse().unwrap(), version.len() < text.len())
            })
            .collect();
        let held: Vec<String> = bases(&version.parse().unwrap(), &known)
            .iter()
            .map(|base| format!("{}{}", base.version, if base.is_settled { "*" } else { "" }))
            .collect();
        assert_eq!(held, expected);
    }

    #[test]
    fn the_newest_and_all_that_are_alive() {
        check("1.0.0", &[], &[]);
        check("1.1.0", &["1.0.0"], &["1.0.0"]);
        check("1.2.0", &["1.0.0", "1.1.0"], &["1.0.0*", "1.1.0"]);
        check(
            "1.3.0",
            &["1.0.0", "1.1.0 x", "1.2.0"],
            &["1.0.0*", "1.2.0"],
        );
        // A pre-release hides neither the release before it, nor is it left out.
        check("1.1.0", &["1.0.0", "1.1.0-rc.1"], &["1.0.0", "1.1.0-rc.1"]);
        check(
            "1.2.0",
            &["1.0.0", "1.1.0", "1.2.0-rc.1", "1.2.0-rc.2"],
            &["1.0.0*", "1.1.0", "1.2.0-rc.1*", "1.2.0-rc.2"],
        );
        // They end together, and the last ones count all the same.
        check("1.2.0", &["1.0.0", "1.1.0 x"], &["1.1.0"]);
        check(
            "1.1.0",
            &["1.0.0 x", "1.1.0-rc.1 x"],
            &["1.0.0", "1.1.0-rc.1"],
        );
        // The order in which they are known says nothing.
        check("1.2.0", &["1.1.0", "1.0.0"], &["1.0.0*", "1.1.0"]);
        // Another major is held against the newest below, a first one below all against the oldest.
        check("2.0.0", &["1.0.0", "1.1.0", "3.0.0"], &["1.1.0"]);
        check("1.0.0", &["2.0.0", "3.0.0"], &["2.0.0"]);
    }
}
