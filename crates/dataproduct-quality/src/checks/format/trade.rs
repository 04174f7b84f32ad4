//! Identifiers of trade: items, places, accounts, telephones.

use dataproduct_contract::codes::is_country;

/// Digits whose last one is the check digit of GS1: with weights 1, 3, 1 … from the right, the sum is a multiple of 10.
///
/// # Source
/// GS1 General Specifications, 7.9.1: standard check digit calculations.
pub(super) fn is_gs1(text: &[u8]) -> bool {
    let mut sum = 0;
    for (place, byte) in text.iter().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return false;
        }
        let weight = if place % 2 == 0 { 1 } else { 3 };
        sum += weight * u64::from(byte - b'0');
    }
    sum % 10 == 0
}

/// GTIN-8, -12, -13 and -14.
pub(super) fn is_gtin(text: &str) -> bool {
    matches!(text.len(), 8 | 12 | 13 | 14) && is_gs1(text.as_bytes())
}

/// ISBN-10 and ISBN-13, with single hyphens or spaces between digits or without.
///
/// # Source
/// ISO 2108: modulus 11 with weights 10 to 1 for ten digits, the EAN-13 algorithm for thirteen.
pub(super) fn is_isbn(text: &str) -> bool {
    let mut bytes = [0; 13];
    let mut length = 0;
    let mut separator = None;
    let mut may_separate = false;
    for byte in text.bytes() {
        if byte == b'-' || byte == b' ' {
            if !may_separate || *separator.get_or_insert(byte) != byte {
                return false;
            }
            may_separate = false;
            continue;
        }
        let Some(slot) = bytes.get_mut(length) else {
            return false;
        };
        *slot = byte;
        length += 1;
        may_separate = true;
    }
    let Some(digits) = bytes.get(..length).filter(|_| may_separate) else {
        return false;
    };
    match length {
        10 => is_isbn10(digits),
        13 => (digits.starts_with(b"978") || digits.starts_with(b"979")) && is_gs1(digits),
        _ => false,
    }
}

fn is_isbn10(text: &[u8]) -> bool {
    let mut sum = 0;
    for (weight, byte) in (1..=10_u32).rev().zip(text) {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'X' if weight == 1 => 10,
            _ => return false,
        };
        sum += weight * u32::from(digit);
    }
    sum.is_multiple_of(11)
}

/// An account in its electronic form, without spaces.
///
/// # Source
/// ISO 13616-1, with the check digits of ISO 7064, MOD 97-10: the first four characters moved to the end and letters
/// spelt as 10 to 35, the number is 1 modulo 97.
pub(super) fn is_iban(text: &str) -> bool {
    let text = text.as_bytes();
    let [c1, c2, d1, d2, ..] = text else {
        return false;
    };
    let country = c1.is_ascii_uppercase() && c2.is_ascii_uppercase();
    let check = d1.is_ascii_digit() && d2.is_ascii_digit();
    if !(15..=34).contains(&text.len()) || !country || !check {
        return false;
    }
    let (front, rest) = text.split_at(4);
    let mut remainder = 0;
    for byte in rest.iter().chain(front) {
        remainder = match byte {
            b'0'..=b'9' => remainder * 10 + u32::from(byte - b'0'),
            b'A'..=b'Z' => remainder * 100 + u32::from(byte - b'A') + 10,
            _ => return false,
        } % 97;
    }
    // 00, 01 and 99 say the same as 97, 98 and 02, and are never given.
    remainder == 1 && !matches!(front, [_, _, b'0', b'0' | b'1'] | [_, _, b'9', b'9'])
}

/// A bank: party, country, place and maybe branch. Kosovo's `XK` is in use though ISO 3166-1 does not assign it.
pub(super) fn is_bic(text: &str) -> bool {
    matches!(text.len(), 8 | 11)
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && text
            .get(4..6)
            .is_some_and(|country| is_country(country) || country == "XK")
}

/// A telephone number with its country.
pub(super) fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else {
        return false;
    };
    (2..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A place: a country, or `XZ` for international waters, and three characters.
pub(super) fn is_unlocode(text: &str) -> bool {
    let Some((country, place)) = text.split_at_checked(2) else {
        return false;
    };
    let place = place.strip_prefix(' ').unwrap_or(place);
    (is_country(country) || country == "XZ")
        && place.len() == 3
        && place
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'9').contains(&byte))
}
