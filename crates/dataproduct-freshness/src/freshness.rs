//! How fresh something is, and whether that keeps the promise.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// How far two clocks may differ before an instant is not believed.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// Everything that is known about how fresh a value or a product is.
///
/// Age counts from `as_of`, the instant up to which the owner vouches that the data is complete, and
/// not from the change of a row: a price that has not changed for weeks is fresh when its owner
/// confirmed it two seconds ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// When the fact itself happened, where the product has an event time.
    pub event_time: Option<DateTime<Utc>>,
    /// The instant up to which the owner vouches for the data; `None` when nobody has said.
    pub as_of: Option<DateTime<Utc>>,
    /// When the data became visible.
    pub published_at: DateTime<Utc>,
    /// When it was read, by the reader's clock.
    pub observed_at: DateTime<Utc>,
    /// The greatest age that the contract promises; `None` when it promises nothing.
    pub sla: Option<Duration>,
}

/// The verdict on freshness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The age is within the promise; an age that equals the promise is.
    Fresh,
    /// The age is over the promise.
    Stale,
    /// It cannot be told, which is never shown as fresh.
    Unknown(Unknown),
}

/// Why freshness cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unknown {
    /// Nothing has been published yet.
    NotPublished,
    /// The owner has not said up to when the data is complete.
    NoWatermark,
    /// The contract promises no freshness.
    NoPromise,
    /// The reader's clock is before the publish, so no age can be told.
    ClockBehind,
    /// The product could not be read.
    Unreadable,
}

impl Freshness {
    /// The instant that age counts from: `as_of`, but never later than the publish, as an owner
    /// cannot vouch for the future.
    #[must_use]
    pub fn complete_until(&self) -> Option<DateTime<Utc>> {
        self.as_of.map(|as_of| as_of.min(self.published_at))
    }

    /// `observed_at - as_of`, at least zero; `None` when there is no `as_of`.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        let from = self.complete_until()?;
        Some((self.observed_at - from).to_std().unwrap_or(Duration::ZERO))
    }

    /// Whether the owner's `as_of` lies so far after the publish that its clock is in doubt.
    #[must_use]
    pub fn is_clock_suspect(&self) -> bool {
        self.as_of
            .is_some_and(|as_of| as_of - self.published_at > tolerance())
    }

    /// Whether the promise of the contract is kept.
    #[must_use]
    pub fn state(&self) -> State {
        match self.sla {
            Some(sla) => self.state_within(sla),
            None => State::Unknown(Unknown::NoPromise),
        }
    }

    /// Whether the age is within a limit of the reader's own, which may be stricter or looser than
    /// the promise of the contract.
    #[must_use]
    pub fn state_within(&self, limit: Duration) -> State {
        if self.published_at - self.observed_at > tolerance() {
            return State::Unknown(Unknown::ClockBehind);
        }
        match self.age() {
            None => State::Unknown(Unknown::NoWatermark),
            Some(age) if age <= limit => State::Fresh,
            Some(_) => State::Stale,
        }
    }

    /// The last instant at which this will still be fresh by the contract's promise.
    #[must_use]
    pub fn valid_until(&self) -> Option<DateTime<Utc>> {
        let sla = chrono::Duration::from_std(self.sla?).ok()?;
        self.complete_until()?.checked_add_signed(sla)
    }
}

fn tolerance() -> chrono::Duration {
    chrono::Duration::seconds(CLOCK_TOLERANCE.as_secs() as i64)
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh => f.write_str("fresh"),
            Self::Stale => f.write_str("stale"),
            Self::Unknown(reason) => write!(f, "unknown ({reason})"),
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotPublished => "not published yet",
            Self::NoWatermark => "its owner states no as_of",
            Self::NoPromise => "its contract promises no freshness",
            Self::ClockBehind => "this clock is before the publish",
            Self::Unreadable => "it could not be read",
        })
    }
}
