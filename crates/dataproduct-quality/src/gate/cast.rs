//! Values that came in another type than the column's, read as values of it: exactly or not at all.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, DecimalType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::failed::Failed;

/// A column after a cast.
#[derive(Debug)]
pub(crate) struct Cast {
    /// Of the type asked for; null where the value is none of it.
    pub(crate) array: ArrayRef,
    /// The rows whose value is none of the type.
    pub(crate) failed: Failed,
    /// The rows whose value was read, or was blank and is missing now.
    pub(crate) changed: Failed,
    /// What the column was, as text.
    pub(crate) texts: StringArray,
}

/// Reads a column as one of another type; `None` where values of its own type are never read so.
pub(crate) fn cast(array: &ArrayRef, target: &DataType) -> Option<Result<Cast, String>> {
    let from = match array.data_type() {
        DataType::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    let is_number = from.is_integer() || matches!(from, DataType::Decimal128(..));
    let to_number = target.is_numeric();
    if !(from.is_string() || is_number && to_number) {
        return None;
    }
    let texts = arrow_cast::cast(array, &DataType::Utf8).map_err(|error| error.to_string());
    Some(texts.and_then(|texts| read(texts.as_string::<i32>().clone(), target)))
}

fn read(texts: StringArray, target: &DataType) -> Result<Cast, String> {
    let array: ArrayRef = match target {
        DataType::Boolean => {
            let truths = values(&texts).map(|text| text.and_then(boolean));
            Arc::new(truths.collect::<BooleanArray>())
        }
        DataType::Int8 => integers::<Int8Type>(&texts),
        DataType::Int16 => integers::<Int16Type>(&texts),
        DataType::Int32 => integers::<Int32Type>(&texts),
        DataType::Int64 => integers::<Int64Type>(&texts),
        DataType::Float32 => primitives::<Float32Type>(&texts, float),
        DataType::Float64 => primitives::<Float64Type>(&texts, float),
        DataType::Decimal128(precision, scale) => {
            let digits = |text: &str| {
                let unscaled = unscaled(text, i32::from(*scale))?;
                Decimal128Type::is_valid_decimal_precision(unscaled, *precision).then_some(unscaled)
            };
            let decimals = values(&texts).map(|text| text.and_then(digits));
            let decimals = decimals.collect::<PrimitiveArray<Decimal128Type>>();
            Arc::new(decimals.with_data_type(target.clone()))
        }
        DataType::Date32 => primitives::<Date32Type>(&texts, day),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let read = match zone {
                Some(_) => instant,
                None => local,
            };
            let times = values(&texts).map(|text| text.and_then(read));
            let times = times.collect::<PrimitiveArray<TimestampMicrosecondType>>();
            Arc::new(times.with_data_type(target.clone()))
        }
        other => return Err(format!("nothing is cast to {other}")),
    };
    let came = |row: usize| !texts.is_null(row);
    let blank = |row: usize| texts.value(row).trim().is_empty();
    let rows = texts.len();
    let failed =
        BooleanBuffer::collect_bool(rows, |row| came(row) && array.is_null(row) && !blank(row));
    let changed = BooleanBuffer::collect_bool(rows, |row| came(row) && !failed.value(row));
    Ok(Cast {
        failed: Failed::of_mask(failed),
        changed: Failed::of_mask(changed),
        array,
        texts,
    })
}

/// The texts without white space at their ends.
fn values(texts: &StringArray) -> impl Iterator<Item = Option<&str>> {
    texts.iter().map(|text| text.map(str::trim))
}

fn primitives<T: ArrowPrimitiveType>(
    texts: &StringArray,
    read: impl Fn(&str) -> Option<T::Native>,
) -> ArrayRef {
    let read = values(texts).map(|text| text.and_then(&read));
    Arc::new(read.collect::<PrimitiveArray<T>>())
}

fn integers<T: ArrowPrimitiveType>(texts: &StringArray) -> ArrayRef
where
    T::Native: TryFrom<i128>,
{
    primitives::<T>(texts, |text| T::Native::try_from(unscaled(text, 0)?).ok())
}

fn boolean(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    match (is("true"), is("false")) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// A number as it is written: its sign, its digits without zeros at either end, and the power of ten that they count.
#[derive(Debug, PartialEq)]
struct Written {
    is_negative: bool,
    digits: String,
    power: i32,
}

/// The number that a text writes out; `None` where it writes none.
fn written(text: &str, with_exponent: bool) -> Option<Written> {
    let (is_negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (number, exponent) = match rest.split_once(['e', 'E']) {
        Some((number, exponent)) if with_exponent => (number, exponent.parse::<i32>().ok()?),
        Some(_) => return None,
        None => (rest, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all = || whole.bytes().chain(fraction.bytes());
    if all().next().is_none() || !all().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let short = digits.trim_end_matches('0');
    let power = exponent
        .checked_sub(i32::try_from(fraction.len()).ok()?)?
        .checked_add(i32::try_from(digits.len() - short.len()).ok()?)?;
    Some(Written {
        is_negative: is_negative && !short.is_empty(),
        power: if short.is_empty() { 0 } else { power },
        digits: short.to_owned(),
    })
}

/// The number that a text writes, in units of so many digits after the point; `None` where that loses a digit.
fn unscaled(text: &str, scale: i32) -> Option<i128> {
    let number = written(text, false)?;
    if number.digits.is_empty() {
        return Some(0);
    }
    let zeros = u32::try_from(number.power.checked_add(scale)?).ok()?;
    let digits: i128 = number.digits.parse().ok()?;
    let unscaled = digits.checked_mul(10_i128.checked_pow(zeros)?)?;
    Some(if number.is_negative {
        -unscaled
    } else {
        unscaled
    })
}

/// The float that is written as that number; `None` where the float nearest to it is written otherwise.
fn float<F: std::str::FromStr + std::fmt::Display>(text: &str) -> Option<F> {
    let float: F = text.parse().ok()?;
    let again = float.to_string();
    let is_exact = match again.as_str() {
        // What has no digits is itself only as Rust and Arrow write it.
        "NaN" | "inf" | "-inf" => again == text,
        again => {
            let (text, again) = (written(text, true)?, written(again, true)?);
            text == again || text.is_as_near(&again, || written(&format!("{float:.1074}"), true))
        }
    };
    is_exact.then_some(float)
}

impl Written {
    /// Whether this is as short as another number and as near to an exact one: two shortest texts may have a float
    /// in their middle, and programs differ in which of them they write.
    fn is_as_near(&self, other: &Self, exact: impl Fn() -> Option<Self>) -> bool {
        if self.digits.len() > other.digits.len() {
            return false;
        }
        let Some(exact) = exact() else {
            return false;
        };
        let away = |number: &Self| {
            let zeros = u32::try_from(number.power.checked_sub(exact.power)?).ok()?;
            let digits: u128 = number.digits.parse().ok()?;
            let digits = digits.checked_mul(10_u128.checked_pow(zeros)?)?;
            Some(digits.abs_diff(exact.digits.parse().ok()?))
        };
        self.is_negative == exact.is_negative
            && away(self).is_some_and(|near| Some(near) == away(other))
    }
}

/// A day as `2026-11-27`.
fn day(text: &str) -> Option<i32> {
    let date: NaiveDate = text.parse().ok()?;
    // The parser takes shorter months and longer years as well.
    (text == date.to_string()).then(|| date.to_epoch_days())
}

/// An instant as `2026-11-27T10:00:00.5+01:00`: with its offset, as no zone is taken for granted.
fn instant(text: &str) -> Option<i64> {
    let text = fine(text)?;
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    micros(time.timestamp_micros(), time.timestamp_subsec_nanos())
}

/// A time without zone, as `2026-11-27T10:00:00.5`.
fn local(text: &str) -> Option<i64> {
    let text = fine(text)?;
    let (date, time) = text.split_once(['T', ' '])?;
    day(date)?;
    let time: NaiveDateTime = format!("{date}T{time}").parse().ok()?;
    let time = time.and_utc();
    micros(time.timestamp_micros(), time.timestamp_subsec_nanos())
}

/// The microseconds, unless the second is one that was put in between two.
fn micros(micros: i64, nanos: u32) -> Option<i64> {
    (nanos < 1_000_000_000).then_some(micros)
}

/// The text, unless it is of digits finer than a microsecond.
fn fine(text: &str) -> Option<&str> {
    let Some((_, fraction)) = text.split_once('.') else {
        return Some(text);
    };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit);
    digits.skip(6).all(|digit| digit == b'0').then_some(text)
}

#[cfg(test)]
mod tests;
