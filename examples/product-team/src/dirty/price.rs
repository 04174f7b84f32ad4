//! Prices: `9.999 NOK` with a thousands point, `35599 NOK` without.

use super::Unreadable;
use crate::sofa::{Currency, Money};

const EXPECTED: &str = "a price such as `9.999 NOK` or `35599 NOK`";

/// Currencies of which 100 smallest units make one.
const HUNDREDTHS: &[&str] = &["NOK", "SEK", "DKK", "EUR"];

/// Reads a price in whole units of a currency.
///
/// A point is a thousands point: it must have exactly three digits behind it and one to three in
/// front. `9.99 NOK` could be either and is refused.
///
/// # Errors
/// [`Unreadable`] for everything else, also for a currency whose smallest unit is not known here.
pub fn price(text: &str) -> Result<Money, Unreadable> {
    let unreadable = || Unreadable::new(text, EXPECTED);
    let (amount, currency) = text.trim().split_once(' ').ok_or_else(unreadable)?;
    if !HUNDREDTHS.contains(&currency) {
        return Err(Unreadable::new(text, "a price in NOK, SEK, DKK or EUR"));
    }
    let mut groups = amount.split('.');
    let first = groups.next().unwrap_or_default();
    let grouped = amount.contains('.');
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 {
            return Err(unreadable());
        }
        digits.push_str(group);
    }
    let well_formed = !first.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !(grouped && (first.len() > 3 || first.starts_with('0')));
    if !well_formed {
        return Err(unreadable());
    }
    let whole: i64 = digits.parse().map_err(|_| unreadable())?;
    let amount_minor = whole.checked_mul(100).ok_or_else(unreadable)?;
    Ok(Money {
        amount_minor,
        currency: Currency(currency.to_owned()),
    })
}
