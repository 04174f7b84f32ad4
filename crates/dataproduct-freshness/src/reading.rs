//! What a read of one value returns.

use std::time::Duration;

use crate::{Freshness, State, Unknown};

/// A value with how fresh it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// How fresh it is.
    pub freshness: Freshness,
}

/// The only way to see a single value: that it is old, absent or not known cannot be overlooked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    /// There is a value, within the age asked for.
    Fresh(Fact<T>),
    /// There is a value, older than asked for.
    Stale(Fact<T>),
    /// There is none; how fresh that knowledge is stands beside it.
    Absent(Freshness),
    /// Whether there is one cannot be told.
    Unknown(Gap),
}

/// Why there is no value to judge by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gap {
    /// The data is older than asked for.
    Stale {
        /// How old it is.
        age: Duration,
        /// How old it may be.
        allowed: Duration,
    },
    /// How fresh the data is cannot be told.
    Unknown(Unknown),
}

impl<T> Reading<T> {
    /// Judges what was found against the age asked for, or against the contract's promise when
    /// none is.
    pub fn judge(found: Option<T>, freshness: Freshness, limit: Option<Duration>) -> Self {
        let state = match limit {
            Some(limit) => freshness.state_within(limit),
            None => freshness.state(),
        };
        match (state, found) {
            (State::Unknown(reason), _) => Self::Unknown(Gap::Unknown(reason)),
            (State::Fresh, Some(value)) => Self::Fresh(Fact { value, freshness }),
            (State::Stale, Some(value)) => Self::Stale(Fact { value, freshness }),
            (State::Fresh | State::Stale, None) => Self::Absent(freshness),
        }
    }

    /// The value when it is fresh.
    pub fn fresh(self) -> Option<T> {
        match self {
            Self::Fresh(fact) => Some(fact.value),
            _ => None,
        }
    }

    /// How fresh the reading is, where that is known.
    #[must_use]
    pub fn freshness(&self) -> Option<&Freshness> {
        match self {
            Self::Fresh(fact) | Self::Stale(fact) => Some(&fact.freshness),
            Self::Absent(freshness) => Some(freshness),
            Self::Unknown(_) => None,
        }
    }
}
