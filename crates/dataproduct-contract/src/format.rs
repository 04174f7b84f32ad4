//! The named formats of text that are checked value by value.

use std::fmt;
use std::str::FromStr;

/// A format of text that has a name in contracts and that values are checked against.
///
/// A contract may name any other format; such a one is kept, and reported as not evaluated.
///
/// ```
/// use dataproduct_contract::Format;
///
/// let format: Format = "ean".parse()?;
/// assert_eq!((format, format.as_str()), (Format::Gtin, "gtin"));
/// assert!("barcode".parse::<Format>().unwrap_err().to_string().contains("gtin"));
/// # Ok::<(), dataproduct_contract::UnknownFormat>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// An address of electronic mail, `name@host`.
    Email,
    /// An absolute URI with a scheme.
    Uri,
    /// A UUID with hyphens, in capital or small letters.
    Uuid,
    /// An address of IPv4, four numbers from 0 to 255.
    Ipv4,
    /// An address of IPv6.
    Ipv6,
    /// The name of a host, labels of letters, digits and hyphens.
    Hostname,
    /// A day, `2026-01-31`.
    Date,
    /// An instant with its offset from UTC, `2026-01-31T12:00:00Z`.
    DateTime,
    /// A time of day, `12:00:00`, with or without an offset from UTC.
    Time,
    /// A country by two letters, `NO`.
    Country,
    /// A country by three letters, `NOR`.
    CountryAlpha3,
    /// A currency, `NOK`.
    Currency,
    /// A language by two letters, `nb`.
    Language,
    /// A time zone of the IANA database, `Europe/Oslo`.
    TimeZone,
    /// A trade item: 8, 12, 13 or 14 digits, the last one a check digit.
    Gtin,
    /// A location: 13 digits, the last one a check digit.
    Gln,
    /// A logistic unit: 18 digits, the last one a check digit.
    Sscc,
    /// A book: 10 or 13 characters, the last one a check digit, with or without hyphens.
    Isbn,
    /// An account, with two check digits.
    Iban,
    /// A bank, 8 or 11 characters.
    Bic,
    /// A telephone number, `+` and up to 15 digits.
    E164,
    /// Words of small letters and digits joined by hyphens, `red-sofa-2`.
    Slug,
    /// A place of trade and transport: country and three characters, `NOOSL`.
    Unlocode,
    /// A version, `1.2.3-rc.1+5`.
    Semver,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 24] = [
        Self::Email,
        Self::Uri,
        Self::Uuid,
        Self::Ipv4,
        Self::Ipv6,
        Self::Hostname,
        Self::Date,
        Self::DateTime,
        Self::Time,
        Self::Country,
        Self::CountryAlpha3,
        Self::Currency,
        Self::Language,
        Self::TimeZone,
        Self::Gtin,
        Self::Gln,
        Self::Sscc,
        Self::Isbn,
        Self::Iban,
        Self::Bic,
        Self::E164,
        Self::Slug,
        Self::Unlocode,
        Self::Semver,
    ];

    /// The name first, then every other name that is taken for it.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Email => &["email", "e-mail"],
            Self::Uri => &["uri", "url"],
            Self::Uuid => &["uuid", "guid"],
            Self::Ipv4 => &["ipv4"],
            Self::Ipv6 => &["ipv6"],
            Self::Hostname => &["hostname"],
            Self::Date => &["date"],
            Self::DateTime => &["date-time", "datetime"],
            Self::Time => &["time"],
            Self::Country => &["country", "country-code", "iso-3166-1-alpha-2"],
            Self::CountryAlpha3 => &["country-alpha-3", "iso-3166-1-alpha-3"],
            Self::Currency => &["currency", "currency-code", "iso-4217"],
            Self::Language => &["language", "language-code", "iso-639-1"],
            Self::TimeZone => &["time-zone", "timezone", "iana-time-zone"],
            Self::Gtin => &["gtin", "ean", "upc"],
            Self::Gln => &["gln"],
            Self::Sscc => &["sscc"],
            Self::Isbn => &["isbn"],
            Self::Iban => &["iban"],
            Self::Bic => &["bic", "swift"],
            Self::E164 => &["e164", "e.164", "phone"],
            Self::Slug => &["slug"],
            Self::Unlocode => &["unlocode", "un/locode"],
            Self::Semver => &["semver"],
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    /// Takes a name in any case, `_` for `-`.
    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let plain = name.to_ascii_lowercase().replace('_', "-");
        let found = Self::ALL
            .into_iter()
            .find(|format| format.names().contains(&plain.as_str()));
        found.ok_or_else(|| UnknownFormat {
            name: name.to_owned(),
        })
    }
}

/// A format that has no check. Name one of [`Format::ALL`], or write a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a format that is checked; those are: {}",
    shown(name),
    known()
)]
pub struct UnknownFormat {
    /// The name as it was written.
    pub name: String,
}

fn shown(name: &str) -> String {
    name.chars().take(40).flat_map(char::escape_debug).collect()
}

fn known() -> String {
    Format::ALL.map(Format::as_str).join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_leads_to_its_format_and_to_no_other() {
        let mut seen = HashSet::new();
        for format in Format::ALL {
            for name in format.names() {
                assert!(seen.insert(*name), "{name} is there twice");
                assert_eq!(name.parse(), Ok(format));
                assert_eq!(name.to_uppercase().replace('-', "_").parse(), Ok(format));
            }
            assert_eq!(format.to_string(), format.names()[0]);
        }
    }

    #[test]
    fn an_unknown_format_is_told_which_there_are() {
        let error = "bar\ncode".parse::<Format>().unwrap_err().to_string();
        assert!(
            error.starts_with(
                r"`bar\ncode` is not a format that is checked; those are: email, uri,"
            )
        );
        assert!(error.ends_with("unlocode, semver"));
    }
}
