//! Service levels: what an owner promises about time and availability.

use std::fmt;
use std::time::Duration;

/// What an owner promises about time and availability. What is absent is not promised.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Sla {
    /// How old the data may be: the largest `now - as_of` (ODCS `latency`, also read as `freshness`).
    pub freshness: Option<Duration>,
    /// The longest time between two publishes (ODCS `frequency`).
    pub frequency: Option<Duration>,
    /// Times of day by which data must be there (ODCS `timeOfAvailability`).
    pub deadlines: Vec<Deadline>,
    /// The share of time in which the product can be read, in percent (ODCS `availability`).
    pub availability_percent: Option<f64>,
    /// How long rows are kept (ODCS `retention`).
    pub retention: Option<Duration>,
}

/// A time by which data must be there, again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// When: a cron expression of five fields (minute, hour, day, month, weekday).
    pub cron: String,
    /// The IANA time zone in which the expression counts, such as `Europe/Oslo`.
    pub zone: String,
    /// What must be there by then, in prose.
    pub description: Option<String>,
}

/// Seconds in a day, the unit that ODCS counts longer times in.
const DAY: u64 = 86_400;

/// The units of time that a contract may use, with their seconds. A month has 30 days and a year
/// 365: a promise must not change its length with the calendar. A bare `m` is refused, as it may
/// mean a minute or a month.
const UNITS: &[(&[&str], u64)] = &[
    (&["s", "sec", "secs", "second", "seconds"], 1),
    (&["min", "mins", "minute", "minutes"], 60),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600),
    (&["d", "day", "days"], DAY),
    (&["w", "wk", "week", "weeks"], 7 * DAY),
    (&["mo", "month", "months"], 30 * DAY),
    (&["y", "yr", "yrs", "year", "years"], 365 * DAY),
];

/// Why a text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeriodError {
    /// There is no such unit.
    #[error("`{unit}` is not a unit of time: write `s`, `min`, `h`, `d`, `w`, `mo` or `y`{hint}")]
    Unit {
        /// The unit as written.
        unit: String,
        /// A word on why it is refused, where there is one.
        hint: &'static str,
    },
    /// The number in front is no number that can be used.
    #[error(
        "`{value}` is not a length of time: write a positive number and a unit, such as `15 min`"
    )]
    Value {
        /// The value as written.
        value: String,
    },
}

/// The seconds of one unit of time, without regard to case.
///
/// # Errors
/// [`PeriodError::Unit`] for a unit that is unknown or says two things.
pub fn unit_seconds(unit: &str) -> Result<u64, PeriodError> {
    let lower = unit.trim().to_ascii_lowercase();
    UNITS
        .iter()
        .find(|(names, _)| names.contains(&lower.as_str()))
        .map(|(_, seconds)| *seconds)
        .ok_or_else(|| PeriodError::Unit {
            unit: unit.chars().take(40).flat_map(char::escape_debug).collect(),
            hint: if lower == "m" {
                " (`m` alone could be a minute or a month)"
            } else {
                ""
            },
        })
}

/// A length of time from a number and a unit; fractions are kept to the millisecond.
///
/// # Errors
/// [`PeriodError::Unit`] for an unknown unit, [`PeriodError::Value`] for a number that is not
/// positive, not finite or over 10,000 years.
pub fn period(value: f64, unit: &str) -> Result<Duration, PeriodError> {
    let seconds = value * unit_seconds(unit)? as f64;
    if !(seconds > 0.0 && seconds <= (10_000 * 365 * DAY) as f64) {
        return Err(PeriodError::Value {
            value: format!("{value} {unit}"),
        });
    }
    Ok(Duration::from_millis((seconds * 1_000.0).round() as u64))
}

/// A length of time from text such as `15 min`, `1.5h` or `2 years`.
///
/// ```
/// use dataproduct_contract::parse_period;
/// use std::time::Duration;
/// assert_eq!(parse_period("15 minutes")?, Duration::from_secs(900));
/// assert!(parse_period("3 m").is_err());
/// # Ok::<(), dataproduct_contract::PeriodError>(())
/// ```
///
/// # Errors
/// [`PeriodError`] as for [`period`].
pub fn parse_period(text: &str) -> Result<Duration, PeriodError> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let value = number.parse().map_err(|_| PeriodError::Value {
        value: text.chars().take(40).flat_map(char::escape_debug).collect(),
    })?;
    period(value, unit)
}

/// A length of time as the largest unit that says it in whole numbers: `15 min`, `2 y`.
#[derive(Clone, Copy, Debug)]
pub struct Period(pub Duration);

impl Period {
    /// The number and the ODCS unit.
    #[must_use]
    pub fn parts(self) -> (f64, &'static str) {
        let millis = self.0.as_millis();
        for (names, seconds) in UNITS.iter().rev() {
            let unit = u128::from(*seconds) * 1_000;
            // Weeks and months read worse than days, and no other tool counts in them.
            if !matches!(names[0], "w" | "mo") && millis >= unit && millis.is_multiple_of(unit) {
                return ((millis / unit) as f64, names[0]);
            }
        }
        (millis as f64 / 1_000.0, "s")
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = self.parts();
        write!(f, "{value} {unit}")
    }
}
