//! What a text looks like: a number, a day in some format, an identifier with a check digit, ...

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::codes::{is_country, is_currency};

/// What a text can be read as. A text can be of several kinds: `20110531` is a whole number and a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextKind {
    /// `true` or `false`, without regard to case.
    Boolean,
    /// A whole number of 64 bits as one writes it, without plus and leading zeros.
    Integer,
    /// A number with at most 38 digits, with or without a fraction, without exponent.
    Decimal,
    /// A finite number, with or without an exponent.
    Float,
    /// A day in the format of that place in [`DATE_FORMATS`].
    Date(u8),
    /// A date and time of day of ISO 8601 without zone, no finer than a microsecond.
    TimestampNtz,
    /// A date and time of day of RFC 3339 with zone, no finer than a microsecond.
    Timestamp,
    /// A UUID in lower case with hyphens.
    Uuid,
    /// A GTIN of 8, 12, 13 or 14 digits with a right check digit.
    Gtin,
    /// A country of ISO 3166-1 in two letters.
    Country,
    /// A currency of ISO 4217.
    Currency,
    /// An e-mail address.
    Email,
    /// An address of the web.
    Url,
}

/// The formats of days that are recognised: how `chrono` writes them, and how people do. The first is ISO 8601.
pub const DATE_FORMATS: [(&str, &str); 9] = [
    ("%Y-%m-%d", "YYYY-MM-DD"),
    ("%d.%m.%Y", "D.M.YYYY"),
    ("%d/%m/%Y", "D/M/YYYY"),
    ("%m/%d/%Y", "M/D/YYYY"),
    ("%d/%m/%y", "D/M/YY"),
    ("%m/%d/%y", "M/D/YY"),
    ("%d-%b-%y", "D-Mon-YY"),
    ("%d-%b-%Y", "D-Mon-YYYY"),
    ("%Y%m%d", "YYYYMMDD"),
];

/// The most characters of a text whose kind is asked.
const MAX_CHARACTERS: usize = 320;
const KINDS: usize = 12 + DATE_FORMATS.len();

impl TextKind {
    /// Every kind, the narrowest first.
    pub fn all() -> impl Iterator<Item = Self> {
        let dates = (0..DATE_FORMATS.len()).filter_map(|i| u8::try_from(i).ok());
        [Self::Boolean, Self::Integer, Self::Decimal, Self::Float]
            .into_iter()
            .chain(dates.map(Self::Date))
            .chain([
                Self::TimestampNtz,
                Self::Timestamp,
                Self::Uuid,
                Self::Gtin,
                Self::Country,
                Self::Currency,
                Self::Email,
                Self::Url,
            ])
    }

    fn place(self) -> usize {
        match self {
            Self::Boolean => 0,
            Self::Integer => 1,
            Self::Decimal => 2,
            Self::Float => 3,
            Self::TimestampNtz => 4,
            Self::Timestamp => 5,
            Self::Uuid => 6,
            Self::Gtin => 7,
            Self::Country => 8,
            Self::Currency => 9,
            Self::Email => 10,
            Self::Url => 11,
            Self::Date(format) => 12 + usize::from(format),
        }
    }

    /// The kind in words, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::Decimal | Self::Float => "a number",
            Self::Date(format) => DATE_FORMATS
                .get(usize::from(format))
                .map_or("a day", |(_, name)| name),
            Self::TimestampNtz => "a date and time without zone",
            Self::Timestamp => "a date and time with zone",
            Self::Uuid => "a UUID",
            Self::Gtin => "a GTIN with a right check digit",
            Self::Country => "a country of ISO 3166-1",
            Self::Currency => "a currency of ISO 4217",
            Self::Email => "an e-mail address",
            Self::Url => "a web address",
        }
    }
}

/// How many rows are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindCounts([u64; KINDS]);

impl KindCounts {
    /// How many rows are of that kind.
    #[must_use]
    pub fn rows(&self, kind: TextKind) -> u64 {
        self.0.get(kind.place()).copied().unwrap_or_default()
    }

    fn add(&mut self, kind: TextKind, rows: u64) {
        if let Some(count) = self.0.get_mut(kind.place()) {
            *count += rows;
        }
    }

    /// Counts rows with a text under every kind that it is of.
    pub(super) fn see(&mut self, text: &str, number: Option<&TextNumber>, rows: u64) {
        if text.len() > MAX_CHARACTERS {
            return;
        }
        if let Some(number) = number {
            if number.integer.is_some() {
                self.add(TextKind::Integer, rows);
            }
            if number.is_decimal {
                self.add(TextKind::Decimal, rows);
            }
            self.add(TextKind::Float, rows);
        }
        let bytes = text.as_bytes();
        if bytes.first().is_some_and(u8::is_ascii_digit) {
            self.digits(text, rows);
        } else {
            self.letters(text, rows);
        }
        if bytes.len() == 36 && is_uuid(bytes) {
            self.add(TextKind::Uuid, rows);
        }
        if bytes.len() >= 5 && bytes.contains(&b'@') && is_email(text) {
            self.add(TextKind::Email, rows);
        }
    }

    /// Kinds whose text begins with a digit.
    fn digits(&mut self, text: &str, rows: u64) {
        let length = text.len();
        if matches!(length, 8 | 12..=14) && is_gtin(text.as_bytes()) {
            self.add(TextKind::Gtin, rows);
        }
        if (6..=11).contains(&length) {
            for (place, (format, _)) in DATE_FORMATS.iter().enumerate() {
                if date(text, format).is_some()
                    && let Ok(place) = u8::try_from(place)
                {
                    self.add(TextKind::Date(place), rows);
                }
            }
        } else if length >= 19 {
            match moment(text) {
                Some((_, true)) => self.add(TextKind::Timestamp, rows),
                Some((_, false)) => self.add(TextKind::TimestampNtz, rows),
                None => {}
            }
        }
    }

    /// Kinds whose text begins with a letter.
    fn letters(&mut self, text: &str, rows: u64) {
        match text.len() {
            2 if is_country(text) => self.add(TextKind::Country, rows),
            3 if is_currency(text) => self.add(TextKind::Currency, rows),
            4 if text.eq_ignore_ascii_case("true") => self.add(TextKind::Boolean, rows),
            5 if text.eq_ignore_ascii_case("false") => self.add(TextKind::Boolean, rows),
            8.. if is_url(text) => self.add(TextKind::Url, rows),
            _ => {}
        }
    }
}

/// A text that is a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextNumber {
    pub(super) value: f64,
    pub(super) integer: Option<i64>,
    /// Digits before and after the point, where it can be an exact number.
    pub(super) digits: (u32, u32),
    pub(super) is_decimal: bool,
}

/// What a text of digits is.
pub(super) enum Numeric {
    Number(TextNumber),
    /// Digits that lose something as a number: a leading zero, or more than 64 bits.
    LeadingZero,
    TooLong,
    No,
}

/// Reads a text as a number, where nothing of it is lost.
pub(super) fn numeric(text: &str) -> Numeric {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let starts = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !starts || text.len() > 60 {
        return Numeric::No;
    }
    let is_whole = digits.bytes().all(|b| b.is_ascii_digit());
    let zero = digits.starts_with('0') && digits[1..].starts_with(|c: char| c.is_ascii_digit());
    if is_whole {
        if zero {
            return Numeric::LeadingZero;
        }
        let Ok(integer) = text.parse::<i64>() else {
            return Numeric::TooLong;
        };
        #[expect(clippy::cast_precision_loss, reason = "a bound of a float is rounded")]
        let value = integer as f64;
        return Numeric::Number(TextNumber {
            value,
            integer: Some(integer),
            digits: (u32::try_from(digits.len()).unwrap_or(u32::MAX), 0),
            is_decimal: true,
        });
    }
    let Ok(value) = text.parse::<f64>() else {
        return Numeric::No;
    };
    if zero || !value.is_finite() {
        return Numeric::No;
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let length = |part: &str| u32::try_from(part.len()).unwrap_or(u32::MAX);
    let is_decimal = plain(whole) && plain(fraction) && !fraction.is_empty() && digits.len() <= 39;
    Numeric::Number(TextNumber {
        value,
        integer: None,
        digits: (length(whole), length(fraction)),
        is_decimal,
    })
}

/// The day that a text is in a format.
pub(super) fn date(text: &str, format: &str) -> Option<NaiveDate> {
    // `chrono` takes years of any length; a day is written as its format says.
    let separator = match format {
        "%Y%m%d" => {
            let all_digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
            return (all_digits && (text.starts_with("19") || text.starts_with("20")))
                .then(|| NaiveDate::parse_from_str(text, format).ok())
                .flatten();
        }
        "%d.%m.%Y" => '.',
        _ if format.contains('/') => '/',
        _ => '-',
    };
    let mut parts = text.split(separator);
    let (first, _, last) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let year = if format.starts_with("%Y") {
        first
    } else {
        last
    };
    let wanted = if format.contains("%y") { 2 } else { 4 };
    let iso = format.starts_with("%Y");
    (year.len() == wanted && (!iso || text.len() == 10))
        .then(|| NaiveDate::parse_from_str(text, format).ok())
        .flatten()
}

/// The microseconds of an ISO 8601 text, and whether it has a zone.
pub(super) fn moment(text: &str) -> Option<(i64, bool)> {
    let bytes = text.as_bytes();
    let separated = bytes.get(4) == Some(&b'-') && matches!(bytes.get(10), Some(b'T' | b' '));
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    let fine = fraction.bytes().take_while(u8::is_ascii_digit).count() > 6;
    if !separated || fine || text.len() > 40 {
        return None;
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some((instant.timestamp_micros(), true));
    }
    let format = if bytes.get(10) == Some(&b'T') {
        "%Y-%m-%dT%H:%M:%S%.f"
    } else {
        "%Y-%m-%d %H:%M:%S%.f"
    };
    let local = NaiveDateTime::parse_from_str(text, format).ok()?;
    Some((local.and_utc().timestamp_micros(), false))
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(i, byte)| match i {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    })
}

/// Whether digits end in the check digit of GS1: weights 3 and 1 from the right, a sum that ends in 0.
fn is_gtin(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
        && bytes.iter().any(|digit| *digit != b'0')
        && bytes
            .iter()
            .rev()
            .enumerate()
            .map(|(i, digit)| u32::from(digit - b'0') * if i % 2 == 1 { 3 } else { 1 })
            .sum::<u32>()
            .is_multiple_of(10)
}

fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else {
        return false;
    };
    let word = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
    !user.is_empty()
        && user.chars().all(word)
        && host.contains('.')
        && host.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

fn is_url(text: &str) -> bool {
    let host = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    host.is_some_and(|host| {
        host.starts_with(|c: char| c.is_alphanumeric()) && !host.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[TextKind]) {
        let number = match numeric(text) {
            Numeric::Number(number) => Some(number),
            _ => None,
        };
        let mut counts = KindCounts::default();
        counts.see(text, number.as_ref(), 1);
        let kinds: Vec<TextKind> = TextKind::all().filter(|k| counts.rows(*k) == 1).collect();
        assert_eq!(kinds, expected, "{text}");
    }

    #[test]
    fn texts_are_of_the_kinds_that_lose_nothing() {
        use TextKind::{
            Boolean, Country, Currency, Date, Decimal, Email, Float, Gtin, Integer, Timestamp,
            TimestampNtz, Url, Uuid,
        };
        check("12", &[Integer, Decimal, Float]);
        check("-12", &[Integer, Decimal, Float]);
        check("0667", &[]);
        check("+1", &[]);
        check("9223372036854775808", &[]);
        check(".0000", &[Decimal, Float]);
        check("1.50", &[Decimal, Float]);
        check("01.5", &[]);
        check("1e5", &[Float]);
        check("1.", &[Float]);
        check("1e999", &[]);
        check("inf", &[]);
        check("True", &[Boolean]);
        check("2024-02-29", &[Date(0)]);
        check("2023-02-29", &[]);
        check("31.12.2024", &[Date(1)]);
        check("1/13/09", &[Date(5)]);
        check("1/2/09", &[Date(4), Date(5)]);
        check("2-Jun-06", &[Date(6)]);
        check("20110531", &[Integer, Decimal, Float, Date(8)]);
        check("96385074", &[Integer, Decimal, Float, Gtin]);
        check("96385075", &[Integer, Decimal, Float]);
        check("2008-04-30 00:00:00", &[TimestampNtz]);
        check("2008-04-30T00:00:00.123456", &[TimestampNtz]);
        check("2008-04-30T00:00:00.1234567", &[]);
        check("2008-04-30T00:00:00+02:00", &[Timestamp]);
        check("6f9619ff-8b86-d011-b42d-00cf4fc964ff", &[Uuid]);
        check("NO", &[Country]);
        check("no", &[]);
        check("NOK", &[Currency]);
        check("a.b@example.com", &[Email]);
        check("a@b", &[]);
        check("https://example.com/a", &[Url]);
        check("https://a b", &[]);
        check("0000-00-00", &[]);
        check("", &[]);
    }
}
