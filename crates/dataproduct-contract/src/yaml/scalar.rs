//! What a plain scalar means: the core schema of YAML 1.2, with three doubts resolved towards text.

use crate::value::Finite;

/// What a plain scalar stands for.
#[derive(Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Integer(i64),
    Float(Finite),
    Text,
    /// A whole number beyond 64 bits with sign.
    IntegerOutOfRange,
    /// An infinity, "not a number", or a float too large to hold.
    NotFinite,
}

/// Reads a plain scalar.
///
/// Only the six spellings of `true` and `false` are booleans; a whole number with a leading zero
/// (`0170`) and one with underscores (`1_000`) are text, since other readers take them for octal or
/// for something else again.
///
/// # Source
/// YAML 1.2.2, section 10.3.2.
pub(super) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::NotFinite,
        _ => {}
    }
    let (sign, unsigned) = match text.as_bytes() {
        [b'-', ..] => ("-", &text[1..]),
        [b'+', ..] => ("", &text[1..]),
        _ => ("", text),
    };
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Scalar::NotFinite,
        _ if unsigned.bytes().all(|byte| byte.is_ascii_digit()) && !unsigned.is_empty() => {
            return decimal(sign, unsigned);
        }
        _ => {}
    }
    let signed = text.len() != unsigned.len();
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix).filter(|_| !signed)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            return i64::from_str_radix(digits, radix)
                .map_or(Scalar::IntegerOutOfRange, Scalar::Integer);
        }
    }
    if !is_float(unsigned) {
        return Scalar::Text;
    }
    // What the core schema calls a float is what the standard library parses.
    match text.parse().ok().map(Finite::new) {
        Some(Some(value)) => Scalar::Float(value),
        Some(None) => Scalar::NotFinite,
        None => Scalar::Text,
    }
}

fn decimal(sign: &str, digits: &str) -> Scalar {
    if digits.len() > 1 && digits.starts_with('0') {
        return Scalar::Text;
    }
    // Nineteen digits are the most that can fit; longer ones are not worth parsing.
    if digits.len() > 19 {
        return Scalar::IntegerOutOfRange;
    }
    format!("{sign}{digits}")
        .parse()
        .map_or(Scalar::IntegerOutOfRange, Scalar::Integer)
}

/// Whether a text without its sign is a float: `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_float(text: &str) -> bool {
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if digits.is_empty() || !all_digits(digits) {
            return false;
        }
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}
