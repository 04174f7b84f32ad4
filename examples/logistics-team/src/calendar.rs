//! Norwegian days and hours.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Europe::Oslo;

/// The day that it is in Norway.
pub(crate) fn today(now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&Oslo).date_naive()
}

/// A full hour of a Norwegian day. `None` for an hour that the change to summer time leaves out, or
/// that comes twice: no window opens at night.
pub(crate) fn at_hour(day: NaiveDate, hour: u32) -> Option<DateTime<Utc>> {
    let time = NaiveTime::from_hms_opt(hour, 0, 0)?;
    Oslo.from_local_datetime(&day.and_time(time))
        .single()
        .map(|time| time.with_timezone(&Utc))
}

/// Monday to Friday.
pub(crate) fn is_working_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The last working day with that many working days from it to `day`, `day` itself counting as one
/// when it is one: zero is `day` or the working day before it.
pub(crate) fn working_days_before(day: NaiveDate, days: u32) -> Option<NaiveDate> {
    let mut at = day;
    let mut left = days;
    loop {
        if is_working_day(at) {
            if left == 0 {
                return Some(at);
            }
            left -= 1;
        }
        at = at.checked_sub_days(Days::new(1))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn hours_follow_summer_time() {
        let check = |date: &str, hour, expected: &str| {
            assert_eq!(at_hour(day(date), hour).unwrap().to_rfc3339(), expected);
        };
        check("2026-11-23", 8, "2026-11-23T07:00:00+00:00");
        check("2026-07-01", 8, "2026-07-01T06:00:00+00:00");
        assert_eq!(at_hour(day("2026-03-29"), 2), None);
    }

    #[test]
    fn the_norwegian_day_begins_before_the_utc_day() {
        assert_eq!(
            today("2026-11-22T23:30:00Z".parse().unwrap()),
            day("2026-11-23")
        );
    }

    #[test]
    fn working_days() {
        // 2026-11-23 is a Monday.
        let check = |from: &str, days, expected: &str| {
            assert_eq!(
                working_days_before(day(from), days),
                Some(day(expected)),
                "{days} before {from}"
            );
        };
        check("2026-11-27", 0, "2026-11-27");
        check("2026-11-27", 2, "2026-11-25");
        check("2026-11-23", 1, "2026-11-20");
        check("2026-11-28", 0, "2026-11-27");
        check("2026-11-28", 2, "2026-11-25");
        check("2026-11-29", 6, "2026-11-19");
    }
}
