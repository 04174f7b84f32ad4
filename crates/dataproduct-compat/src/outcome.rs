//! What a change means for a party, and for the version.

use std::fmt;

use serde::Deserialize;

/// What a change means for one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing stops working.
    Holds,
    /// It stops working.
    Breaks,
    /// It holds if stored rows prove it, and breaks otherwise. Only history has this outcome.
    Prove,
    /// It could not be decided, and counts as breaking until someone attests otherwise.
    Undecided,
}

impl Outcome {
    /// The outcome as rules and reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Breaks => "breaks",
            Self::Prove => "prove",
            Self::Undecided => "undecided",
        }
    }

    /// The worse of two: what breaks is worse than what is undecided, to be proven, or holds.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        let weight = |outcome| match outcome {
            Self::Holds => 0,
            Self::Prove => 1,
            Self::Undecided => 2,
            Self::Breaks => 3,
        };
        if weight(other) > weight(self) {
            other
        } else {
            self
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a version has to move, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bump {
    /// Not at all: nothing has changed.
    None,
    /// Only words have changed.
    Patch,
    /// Something was added or made stricter that breaks no reader.
    Minor,
    /// A reader may break.
    Major,
    /// No version of this product can say it: it is a new product.
    Invalid,
}

impl Bump {
    /// The bump as rules and reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Invalid => "invalid",
        }
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
