//! Versions of contracts and ranges of them, by Semantic Versioning 2.0.0.

use std::fmt;
use std::str::FromStr;

/// Why a text is no version or no version range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}: {reason}")]
pub struct VersionError {
    text: String,
    expected: &'static str,
    reason: String,
}

fn error(text: &str, expected: &'static str, reason: &semver::Error) -> VersionError {
    let text = text.chars().take(80).flat_map(char::escape_debug).collect();
    VersionError {
        text,
        expected,
        reason: reason.to_string(),
    }
}

/// The version of a contract.
///
/// # Source
/// Semantic Versioning 2.0.0. Build metadata is kept and takes part in equality, but what it orders
/// means nothing.
///
/// ```
/// use dataproduct_contract::Version;
/// let version: Version = "1.4.0".parse()?;
/// assert!(version < Version::new(1, 10, 0));
/// # Ok::<(), dataproduct_contract::VersionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(semver::Version);

impl Version {
    /// `major.minor.patch` without pre-release or build.
    #[must_use]
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }

    /// The major number: tables of different majors stand side by side.
    #[must_use]
    pub const fn major(&self) -> u64 {
        self.0.major
    }

    /// The minor number: it grows when something is added that breaks nobody.
    #[must_use]
    pub const fn minor(&self) -> u64 {
        self.0.minor
    }

    /// The patch number: it grows when only words change.
    #[must_use]
    pub const fn patch(&self) -> u64 {
        self.0.patch
    }

    /// The part after `-`, empty for a release.
    #[must_use]
    pub fn pre_release(&self) -> &str {
        self.0.pre.as_str()
    }
}

impl FromStr for Version {
    type Err = VersionError;
    fn from_str(text: &str) -> Result<Self, VersionError> {
        semver::Version::parse(text)
            .map(Self)
            .map_err(|reason| error(text, "a version `major.minor.patch`", &reason))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A range of versions, such as `^1`, `~1.2`, `>=1.2, <2` or `*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionReq(semver::VersionReq);

impl VersionReq {
    /// Every version, pre-releases among them.
    #[must_use]
    pub fn any() -> Self {
        Self(semver::VersionReq::STAR)
    }

    /// Whether the version is in the range. A pre-release matches only `*` and a range that names one.
    #[must_use]
    pub fn matches(&self, version: &Version) -> bool {
        self.0 == semver::VersionReq::STAR || self.0.matches(&version.0)
    }
}

impl FromStr for VersionReq {
    type Err = VersionError;
    fn from_str(text: &str) -> Result<Self, VersionError> {
        semver::VersionReq::parse(text)
            .map(Self)
            .map_err(|reason| error(text, "a version range", &reason))
    }
}

impl fmt::Display for VersionReq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
