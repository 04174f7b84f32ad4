//! Text of the named formats, check digits included.

use dataproduct_contract::{Format, codes};

use super::random::Random;

const DIGITS: &str = "0123456789";
const SMALL: &str = "abcdefghijklmnopqrstuvwxyz";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Text of a format; `None` where the format is not known here.
pub(super) fn text(format: Format, random: &mut Random) -> Option<String> {
    Some(match format {
        Format::Email => format!("{}@{}.example", word(random), word(random)),
        Format::Uri => format!("https://{}.example/{}", word(random), word(random)),
        Format::Uuid => uuid(random),
        Format::Ipv4 => {
            let parts: Vec<String> = (0..4).map(|_| random.below(256).to_string()).collect();
            parts.join(".")
        }
        Format::Ipv6 => format!("2001:db8::{:x}", random.below(0x10000)),
        Format::Hostname => format!("{}.example", word(random)),
        Format::Date => date(random),
        Format::DateTime => format!("{}T{}Z", date(random), time(random)),
        Format::Time => time(random),
        Format::Country => code(CAPITALS, 2, codes::is_country, random)?,
        Format::CountryAlpha3 => code(CAPITALS, 3, codes::is_country_alpha3, random)?,
        Format::Currency => code(CAPITALS, 3, codes::is_currency, random)?,
        Format::Language => code(SMALL, 2, codes::is_language, random)?,
        Format::TimeZone => random.pick(&chrono_tz::TZ_VARIANTS)?.name().to_owned(),
        Format::Gtin => {
            let digits = *random.pick(&[13, 13, 13, 8, 12, 14])?;
            gs1(&random.letters(DIGITS, digits - 1))
        }
        Format::Gln => gs1(&random.letters(DIGITS, 12)),
        Format::Sscc => gs1(&random.letters(DIGITS, 17)),
        Format::Isbn => gs1(&format!("978{}", random.letters(DIGITS, 9))),
        Format::Iban => iban(&random.letters(DIGITS, 11)),
        Format::Bic => {
            let country = code(CAPITALS, 2, codes::is_country, random)?;
            let (party, place) = (random.letters(CAPITALS, 4), random.letters(CAPITALS, 2));
            format!("{party}{country}{place}")
        }
        Format::E164 => format!("+47{}", random.letters(DIGITS, 8)),
        Format::Slug => format!("{}-{}", word(random), random.below(1_000)),
        Format::Unlocode => {
            let country = code(CAPITALS, 2, codes::is_country, random)?;
            format!("{country}{}", random.letters(CAPITALS, 3))
        }
        Format::Semver => {
            let mut part = || random.below(100);
            format!("{}.{}.{}", part(), part(), part())
        }
        _ => return None,
    })
}

fn word(random: &mut Random) -> String {
    let length = 3 + random.below(8);
    random.letters(SMALL, length)
}

/// A code that a list knows, found by trying: at least one of a hundred is one.
fn code(of: &str, length: usize, is: fn(&str) -> bool, random: &mut Random) -> Option<String> {
    let tries = (0..5_000).map(|_| random.letters(of, length));
    tries.into_iter().find(|text| is(text))
}

/// A random UUID, version 4.
pub(super) fn uuid(random: &mut Random) -> String {
    let (a, b) = (random.next(), random.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        0x8000 | ((b >> 48) & 0x3fff),
        b & 0xffff_ffff_ffff
    )
}

fn date(random: &mut Random) -> String {
    let (year, month, day) = (random.below(30), random.below(12), random.below(28));
    format!("20{year:02}-{:02}-{:02}", month + 1, day + 1)
}

fn time(random: &mut Random) -> String {
    let mut part = |count| random.below(count);
    format!("{:02}:{:02}:{:02}", part(24), part(60), part(60))
}

/// Digits and the check digit of GS1 behind them.
fn gs1(digits: &str) -> String {
    let weighted = digits.bytes().rev().enumerate().map(|(place, digit)| {
        let weight = if place % 2 == 0 { 3 } else { 1 };
        weight * u32::from(digit - b'0')
    });
    let sum: u32 = weighted.sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// A Norwegian account with its check digits.
fn iban(account: &str) -> String {
    // N is 23, O is 24, and the check digits are 00 while they are computed.
    let number = format!("{account}232400");
    let rest = number
        .bytes()
        .fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("NO{:02}{account}", 98 - rest)
}
