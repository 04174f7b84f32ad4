//! Parts of days and times.

use chrono::{Datelike, NaiveDate, TimeDelta};
use dataproduct_contract::ExprType;
use dataproduct_contract::expr::{DAYS, Function};

use super::cell::Cell;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A part of a day, or of a time in microseconds.
pub(super) fn part<'a>(function: Function, value: i64, of: ExprType) -> Cell<'a> {
    let days = if of == ExprType::Date {
        value
    } else {
        value.div_euclid(DAY)
    };
    if !DAYS.contains(&days) {
        return Cell::Broken;
    }
    let date =
        || NaiveDate::from_ymd_opt(1970, 1, 1)?.checked_add_signed(TimeDelta::try_days(days)?);
    Cell::integer(match function {
        Function::Year => date().map(|date| i64::from(date.year())),
        Function::Month => date().map(|date| i64::from(date.month())),
        Function::Day => date().map(|date| i64::from(date.day())),
        // 1970-01-01 was a Thursday.
        Function::Weekday => Some((days + 3).rem_euclid(7) + 1),
        Function::Hour => Some(value.rem_euclid(DAY) / (3_600 * SECOND)),
        Function::Date => Some(days),
        _ => None,
    })
}

/// Whole days or seconds from one to another, cut towards zero.
pub(super) fn between<'a>(function: Function, from: i64, to: i64, of: ExprType) -> Cell<'a> {
    let unit = match (function, of) {
        (Function::DaysBetween, ExprType::Date) => 1,
        (Function::DaysBetween, _) => DAY,
        _ => SECOND,
    };
    let whole = (i128::from(to) - i128::from(from)) / i128::from(unit);
    Cell::integer(i64::try_from(whole).ok())
}
