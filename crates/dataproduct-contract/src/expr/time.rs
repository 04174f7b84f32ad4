//! Days, instants and durations as expressions write them.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::ast::Literal;

const DAY_MICROS: i64 = 86_400_000_000;

/// The first and the last day that there is: 0001-01-01 and 9999-12-31, in days since 1970-01-01.
pub const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

/// The first and the last microsecond that there is, since 1970-01-01T00:00:00.
pub const MICROS: std::ops::RangeInclusive<i64> =
    -719_162 * DAY_MICROS..=2_932_897 * DAY_MICROS - 1;

/// Units of durations from large to small, and their microseconds.
pub(super) const UNITS: [(&str, i64); 7] = [
    ("week", 7 * DAY_MICROS),
    ("day", DAY_MICROS),
    ("hour", 3_600_000_000),
    ("minute", 60_000_000),
    ("second", 1_000_000),
    ("millisecond", 1_000),
    ("microsecond", 1),
];

/// The microseconds of a unit, written in the singular or the plural.
pub(super) fn unit(word: &str) -> Option<i64> {
    let word = word.to_ascii_lowercase();
    let singular = word.strip_suffix('s').unwrap_or(&word);
    let found = UNITS.iter().find(|(name, _)| *name == singular)?;
    Some(found.1)
}

/// A day such as `2026-01-31`.
pub(super) fn date(text: &str) -> Option<Literal> {
    let form = |(i, b): (usize, u8)| match i {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    };
    if text.len() != 10 || !text.bytes().enumerate().all(form) {
        return None;
    }
    let days = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    let days = i64::from(days.to_epoch_days());
    DAYS.contains(&days).then_some(Literal::Date(days))
}

/// An instant such as `2026-01-31T10:00:00Z`, or a local time, which has no zone.
pub(super) fn timestamp(text: &str) -> Option<Literal> {
    if text.as_bytes().get(10) != Some(&b'T') || date(text.get(..10)?).is_none() {
        return None;
    }
    // Chrono reads a second 60 and more digits than a microsecond has.
    let time = text.get(11..)?;
    let fraction = time.get(8..).unwrap_or_default().strip_prefix('.');
    let digits = fraction.map_or(0, |f| f.bytes().take_while(u8::is_ascii_digit).count());
    if time.get(6..8)? > "59" || digits > 6 {
        return None;
    }
    let literal = match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => Literal::Timestamp(instant.timestamp_micros()),
        Err(_) => {
            let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
            Literal::LocalTimestamp(local.and_utc().timestamp_micros())
        }
    };
    match literal {
        Literal::Timestamp(micros) | Literal::LocalTimestamp(micros)
            if MICROS.contains(&micros) =>
        {
            Some(literal)
        }
        _ => None,
    }
}

/// Writes a day without quotes.
pub(super) fn write_date(f: &mut fmt::Formatter<'_>, days: i64) -> fmt::Result {
    let days = i32::try_from(days).ok();
    match days.and_then(NaiveDate::from_epoch_days) {
        Some(date) => write!(f, "{}", date.format("%Y-%m-%d")),
        None => Err(fmt::Error),
    }
}

/// Writes a time without quotes and without zone.
pub(super) fn write_time(f: &mut fmt::Formatter<'_>, micros: i64) -> fmt::Result {
    match DateTime::from_timestamp_micros(micros) {
        Some(time) => write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.f")),
        None => Err(fmt::Error),
    }
}

/// Writes a duration in the largest unit up to days of which it is a whole number.
pub(super) fn write_duration(f: &mut fmt::Formatter<'_>, micros: i64) -> fmt::Result {
    let fits = |(name, unit): &&(&str, i64)| {
        *name != "week" && micros % unit == 0 && (micros != 0 || *name == "second")
    };
    let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("microsecond", 1));
    let count = micros / unit;
    let plural = if count == 1 { "" } else { "s" };
    write!(f, "{count} {name}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_and_times_of_the_calendar_are_read() {
        for (text, expected) in [
            ("1970-01-02", Some(1)),
            ("0001-01-01", Some(*DAYS.start())),
            ("9999-12-31", Some(*DAYS.end())),
            ("0000-12-31", None),
            ("2026-02-30", None),
            ("2026-1-31", None),
            ("+026-01-31", None),
            ("2026-01-3é", None),
        ] {
            assert_eq!(date(text), expected.map(Literal::Date), "{text}");
        }
        for (text, expected) in [
            ("1970-01-01T00:00:01Z", Some(Literal::Timestamp(1_000_000))),
            (
                "1970-01-01T01:00:01+01:00",
                Some(Literal::Timestamp(1_000_000)),
            ),
            (
                "1970-01-01T00:00:00.000001",
                Some(Literal::LocalTimestamp(1)),
            ),
            (
                "9999-12-31T23:59:59.999999Z",
                Some(Literal::Timestamp(*MICROS.end())),
            ),
            (
                "0001-01-01T00:00:00Z",
                Some(Literal::Timestamp(*MICROS.start())),
            ),
            ("9999-12-31T23:59:59-01:00", None),
            ("1970-01-01T00:00:60Z", None),
            ("1970-01-01T00:00:00.0000001Z", None),
            ("1970-01-01 00:00:00Z", None),
            ("1970-01-01T00:00Z", None),
            ("1970-01-01", None),
        ] {
            assert_eq!(timestamp(text), expected, "{text}");
        }
    }
}
