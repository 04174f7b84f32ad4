//! `format`: text keeps to a format that has a name, such as `email`, `gtin` or `date-time`.
//!
//! The names are those of [`Format`]; `ean` and `url` are among the other names that are taken for them. A name that
//! is none of them cannot be bound, and the reason lists those that there are. What each format is, and which
//! standard says so:
//!
//! | format | what matches | source |
//! |---|---|---|
//! | `email` | a local part without quotes, `@`, and a host name of two labels or more; at most 254 bytes | RFC 5321, 4.1.2 |
//! | `uri` | a scheme and what follows it, every character allowed in its place | RFC 3986, 3 |
//! | `uuid` | 32 hexadecimal digits of either case in five groups | RFC 9562, 4 |
//! | `ipv4`, `ipv6` | an address without prefix length or zone; no leading zeros in `ipv4` | RFC 3986, 3.2.2; RFC 4291, 2.2 |
//! | `hostname` | labels of 1 to 63 letters, digits and inner hyphens, at most 253 bytes | RFC 1123, 2.1 |
//! | `date`, `date-time` | a day that exists; the same with `T`, a time and an offset | RFC 3339, 5.6 |
//! | `time` | a time of day; an offset may follow | RFC 3339, 5.6 |
//! | `country`, `country-alpha-3` | two or three capital letters that are assigned | ISO 3166-1 |
//! | `currency` | three capital letters of a currency in use | ISO 4217 |
//! | `language` | two small letters | ISO 639-1 |
//! | `time-zone` | a name of the IANA time zone database | RFC 6557 |
//! | `gtin`, `gln`, `sscc` | 8, 12, 13 or 14; 13; 18 digits; the check digit makes the sum with weights 3 and 1 from the right a multiple of 10 | GS1 General Specifications, 7.9.1 |
//! | `isbn` | 10 characters, the sum with weights 10 to 1 a multiple of 11, `X` being ten; or 13 digits from 978 or 979, as a GTIN; single hyphens or single spaces between | ISO 2108 |
//! | `iban` | country, two check digits, up to 30 capital letters and digits; the number that it spells is 1 modulo 97 | ISO 13616, ISO 7064 |
//! | `bic` | four capital letters or digits, a country, two and maybe three more letters or digits | ISO 9362 |
//! | `e164` | `+`, and 2 to 15 digits that do not start with 0 | ITU-T E.164, 6 |
//! | `slug` | small letters and digits, single hyphens between | RFC 3986, 2.3: no character needs to be escaped |
//! | `unlocode` | a country and three of `A` to `Z`, `2` to `9`, a space between or not; whether the place exists is not asked | UNECE Recommendation 16 |
//! | `semver` | three numbers, labels after `-`, build after `+` | Semantic Versioning 2.0.0, 2, 9, 10 |
//!
//! Codes are in the case of their standards. White space at the ends belongs to no format.

mod internet;
mod moment;
mod trade;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use dataproduct_contract::{Format, codes};

use super::{only, unfit};
use crate::failed::Failed;

/// See the [list of checks](super).
#[derive(Clone, Copy, Debug)]
pub struct FormatCheck {
    format: Format,
    holds: fn(&str) -> bool,
}

impl FormatCheck {
    /// Binds the format of a name to a type.
    ///
    /// # Errors
    /// When no format has the name, with those that there are, or values of the type are no text.
    pub fn bind(name: &str, data_type: &DataType) -> Result<Self, String> {
        only(*data_type == DataType::Utf8, "text", data_type)?;
        let format: Format = name.parse().map_err(|error| format!("{error}"))?;
        let holds = holds(format).ok_or_else(|| format!("`{format}` has no check"))?;
        Ok(Self { format, holds })
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    pub(super) fn failing(&self, array: &ArrayRef) -> Failed {
        let Some(texts) = array.as_string_opt::<i32>() else {
            return unfit(array);
        };
        let holds = self.holds;
        Failed::of_rows(array.len(), array.nulls(), |row| !holds(texts.value(row)))
    }
}

/// What tells whether a text keeps to a format.
fn holds(format: Format) -> Option<fn(&str) -> bool> {
    Some(match format {
        Format::Email => internet::is_email,
        Format::Uri => internet::is_uri,
        Format::Uuid => internet::is_uuid,
        Format::Ipv4 => |text| text.parse::<std::net::Ipv4Addr>().is_ok(),
        Format::Ipv6 => |text| text.parse::<std::net::Ipv6Addr>().is_ok(),
        Format::Hostname => internet::is_hostname,
        Format::Date => moment::is_date,
        Format::DateTime => moment::is_date_time,
        Format::Time => moment::is_time,
        Format::Country => codes::is_country,
        Format::CountryAlpha3 => codes::is_country_alpha3,
        Format::Currency => codes::is_currency,
        Format::Language => codes::is_language,
        Format::TimeZone => |text| text.parse::<chrono_tz::Tz>().is_ok(),
        Format::Gtin => trade::is_gtin,
        Format::Gln => |text| text.len() == 13 && trade::is_gs1(text.as_bytes()),
        Format::Sscc => |text| text.len() == 18 && trade::is_gs1(text.as_bytes()),
        Format::Isbn => trade::is_isbn,
        Format::Iban => trade::is_iban,
        Format::Bic => trade::is_bic,
        Format::E164 => trade::is_e164,
        Format::Slug => internet::is_slug,
        Format::Unlocode => trade::is_unlocode,
        Format::Semver => internet::is_semver,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
