//! One change: what it is, where, and what it does to the data that is permitted.

use std::fmt;

use crate::Kind;

/// What a change does to the set of data that the contract permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Less is permitted than before.
    Tightens,
    /// More is permitted than before.
    Loosens,
    /// Some data is no longer permitted, and other data is that was not.
    Both,
    /// Which data is affected could not be decided; it counts as both until someone attests otherwise.
    Undecided,
    /// The same data is permitted.
    Metadata,
}

impl Effect {
    /// The effect as reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tightens => "tightens",
            Self::Loosens => "loosens",
            Self::Both => "both",
            Self::Undecided => "undecided",
            Self::Metadata => "metadata",
        }
    }

    /// The effect of the same change made the other way round.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Tightens => Self::Loosens,
            Self::Loosens => Self::Tightens,
            other => other,
        }
    }

    /// Whether data may arrive that the old contract did not permit.
    #[must_use]
    pub const fn permits_more(self) -> bool {
        matches!(self, Self::Loosens | Self::Both | Self::Undecided)
    }

    /// Whether data that the old contract permitted may be refused.
    #[must_use]
    pub const fn permits_less(self) -> bool {
        matches!(self, Self::Tightens | Self::Both | Self::Undecided)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Examples of what only one of the two contracts permits: the part of a row that matters, as JSON,
/// such as `{"on_hand":-1}`.
///
/// The fields of the row that are left out may have any value that both contracts permit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// Legal under the old contract, not under the new one.
    pub only_old: Option<String>,
    /// Legal under the new contract, not under the old one.
    pub only_new: Option<String>,
}

impl Witness {
    /// The same examples for the same change made the other way round.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            only_old: self.only_new,
            only_new: self.only_old,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.only_old.is_none() && self.only_new.is_none()
    }
}

/// What of stored rows has to be proven before a tightened promise holds for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Aspect {
    /// The column has a value in every stored row: there are no rows, or they were filled in.
    Present,
    /// No stored value is missing.
    NotNull,
    /// Stored values are within the bounds.
    Range,
    /// Stored values have a permitted length.
    Length,
    /// Stored values match the pattern.
    Pattern,
    /// Stored values have the format.
    Format,
    /// Stored values are among those allowed.
    Allowed,
    /// Stored values are multiples of the step.
    Step,
    /// Stored lists have a permitted number of elements.
    Items,
    /// The elements of every stored list differ.
    UniqueItems,
    /// No two stored rows have the same value.
    Unique,
    /// No two stored rows have the same key.
    Key,
    /// Everything that stored rows refer to exists.
    Reference,
}

impl Aspect {
    /// The aspect as reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::NotNull => "not-null",
            Self::Range => "range",
            Self::Length => "length",
            Self::Pattern => "pattern",
            Self::Format => "format",
            Self::Allowed => "allowed",
            Self::Step => "step",
            Self::Items => "items",
            Self::UniqueItems => "unique-items",
            Self::Unique => "unique",
            Self::Key => "key",
            Self::Reference => "reference",
        }
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One difference between two contracts.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// What has changed.
    pub kind: Kind,
    /// Where, by names: `columns.price.amount`, `sla.freshness`, `servers.lake`. Elements of lists are
    /// `element`, keys and values of maps `key` and `value`. A column that was renamed stands under its
    /// new name, one that was removed under its old.
    pub path: String,
    /// What the old contract says there; `None` where it says nothing.
    pub before: Option<String>,
    /// What the new contract says there; `None` where it says nothing.
    pub after: Option<String>,
    /// What the change does to the data that is permitted.
    pub effect: Effect,
    /// Data that only one of the two contracts permits, where an example was found.
    pub witness: Option<Witness>,
    /// Why it could not be decided which data is affected, as the rest of a sentence that begins "this
    /// could not be decided:"; `None` where it was, and where the kind of the change says it all.
    pub undecided: Option<String>,
}

impl Change {
    /// The column that the change is about, without the leading `columns.`: `price.amount`; for a key of
    /// several columns their names with commas. `None` for changes that are about no column.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        match self.path.strip_prefix("columns.") {
            None if self.path == "key" => self.after.as_deref(),
            column => column,
        }
    }

    pub(crate) fn new(kind: Kind, path: impl Into<String>, effect: Effect) -> Self {
        Self {
            kind,
            path: path.into(),
            before: None,
            after: None,
            effect,
            witness: None,
            undecided: None,
        }
    }

    pub(crate) fn with_before(mut self, text: Option<String>) -> Self {
        self.before = text;
        self
    }

    pub(crate) fn with_after(mut self, text: Option<String>) -> Self {
        self.after = text;
        self
    }

    pub(crate) fn with_witness(mut self, witness: Witness) -> Self {
        self.witness = (!witness.is_empty()).then_some(witness);
        self
    }

    pub(crate) fn with_undecided(mut self, reason: Option<String>) -> Self {
        self.undecided = reason;
        self
    }
}

impl fmt::Display for Change {
    /// Writes `path: before -> after`, as far as they are known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, ": {before} -> {after}"),
            (None, Some(after)) => write!(f, ": {after} (new)"),
            (Some(before), None) => write!(f, ": {before} (gone)"),
            (None, None) => Ok(()),
        }
    }
}
