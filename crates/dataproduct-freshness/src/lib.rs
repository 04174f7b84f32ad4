//! Time in a data mesh: clock, watermark, age, and readings that say how fresh they are.
//!
//! ```
//! use dataproduct_freshness::{Freshness, State};
//! use std::time::Duration;
//!
//! let at = |text: &str| text.parse().unwrap();
//! let freshness = Freshness {
//!     event_time: None,
//!     as_of: Some(at("2026-03-01T12:00:00Z")),
//!     published_at: at("2026-03-01T12:00:05Z"),
//!     observed_at: at("2026-03-01T12:10:00Z"),
//!     sla: Some(Duration::from_secs(15 * 60)),
//! };
//! assert_eq!(freshness.age(), Some(Duration::from_secs(600)));
//! assert_eq!(freshness.state(), State::Fresh);
//! ```
//!
//! Everything here is a pure function of what it is given: "now" comes from a [`Clock`] that the caller
//! passes in, and nothing waits, reads or writes.

mod clock;
mod freshness;
mod reading;

pub use clock::{Clock, ManualClock, SystemClock};
pub use freshness::{CLOCK_TOLERANCE, Freshness, State, Unknown};
pub use reading::{Fact, Gap, Reading};

#[cfg(test)]
mod tests;
