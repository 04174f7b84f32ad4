//! Sets of permitted values and whether one is within another.

pub(crate) mod exact;
pub(crate) mod lattice;
pub(crate) mod point;
pub(crate) mod reals;
pub(crate) mod values;

use crate::change::{Effect, Witness};

/// Whether one set is within another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is.
    Yes,
    /// It is not: this value, as JSON, is in the one and not in the other, where one can be shown.
    No(Option<String>),
    /// It could not be decided.
    Unknown,
}

impl Answer {
    /// What has changed when the old set and the new one are related like this.
    pub(crate) fn effect(old_in_new: &Self, new_in_old: &Self) -> Effect {
        match (old_in_new, new_in_old) {
            (Self::Yes, Self::Yes) => Effect::Metadata,
            (Self::Yes, Self::No(_)) => Effect::Loosens,
            (Self::No(_), Self::Yes) => Effect::Tightens,
            (Self::No(_), Self::No(_)) => Effect::Both,
            _ => Effect::Undecided,
        }
    }

    /// The examples that the answers carry.
    pub(crate) fn witness(old_in_new: Self, new_in_old: Self) -> Witness {
        let shown = |answer| match answer {
            Self::No(value) => value,
            _ => None,
        };
        Witness {
            only_old: shown(old_in_new),
            only_new: shown(new_in_old),
        }
    }

    /// "Yes" where nothing was found outside, "no" with what was found.
    pub(crate) fn none_outside(value: Option<String>, found: bool) -> Self {
        if found { Self::No(value) } else { Self::Yes }
    }
}
