//! The rows of `logistics.postal-zones`.

use std::fmt;

use dataproduct::prelude::*;

use crate::Failure;

/// The delivery zone of every Norwegian postal code.
#[derive(Clone, Debug, PartialEq, Eq, DataProduct)]
#[product(
    name = "logistics.postal-zones",
    version = "1.0.0",
    status = active,
    owner = "logistics-team",
    steward = "data-governance",
    member("owner@logistics.example", role = "owner"),
    member("engineering@logistics.example", role = "data engineer"),
    purpose = "Tell from a customer's postal code which delivery slots are the customer's.",
    usage = "Look up `postal_code`, then read `logistics.delivery-slots` by `zone`. Ask for a street address when `home_delivery` is false.",
    limitations = "Postal codes are real (register of the Norwegian post, May 2026, MIT). The zones are drawn for this example: country and first two digits, Svalbard and Jan Mayen apart.",
    fresh_within = "8 days",
    published_every = "7 days",
    kept_for = "5 years",
    support(slack = "#logistics", url = "https://logistics.example/support"),
    consumer("quickstart", purpose = "find the zone of a customer", versions = "^1"),
    role("reader", access = "read"),
    tag("delivery", "norway"),
    rule(row_count > 5000, severity = error)
)]
pub struct PostalZone {
    /// The code, four digits with leading zeros.
    #[column(
        key,
        semantic = "https://schema.org/postalCode",
        pattern = "[0-9]{4}",
        example = "0150"
    )]
    pub postal_code: String,
    /// The post town, in capitals as the register has it.
    #[column(semantic = "https://schema.org/addressLocality", length = 1.., example = "OSLO")]
    pub place: String,
    /// The number of the municipality, four digits with leading zeros.
    #[column(pattern = "[0-9]{4}", example = "0301")]
    pub municipality_code: String,
    /// The name of the municipality, in capitals.
    #[column(example = "OSLO")]
    pub municipality: String,
    /// What the code is for.
    pub kind: CodeKind,
    /// The zone that delivery slots are offered for.
    pub zone: Zone,
    /// Whether something can be brought to a door under this code.
    pub home_delivery: bool,
}

/// A delivery zone: the ISO 3166 code of the country, `-`, and the digits with which its postal codes
/// begin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
#[column(pattern = "[A-Z]{2}-[0-9]{2,5}", example = "NO-01")]
pub struct Zone(String);

impl Zone {
    /// The zone as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits with which the zone's codes begin.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, prefix)| prefix)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a postal code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ColumnType)]
pub enum CodeKind {
    /// Street addresses.
    Street,
    /// Boxes in a post office.
    Box,
    /// Street addresses and boxes.
    StreetAndBox,
    /// A large receiver or an office of the post.
    Service,
}

/// Prefixes of places that no lorry reaches; they are zones of their own.
const ISLANDS: &[&str] = &["917", "8099"];

/// The zones of all postal codes, sorted by code.
///
/// # Errors
/// When the register beside the code is not what it should be.
pub fn postal_zones() -> Result<Vec<PostalZone>, Failure> {
    read(include_str!("../data/postal-codes.csv"))
}

fn read(register: &str) -> Result<Vec<PostalZone>, Failure> {
    // There is no header, and everything is text: as a number `0010` would become 10.
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(register.as_bytes());
    let mut zones = Vec::new();
    for record in reader.records() {
        let record = record?;
        let fields: Vec<&str> = record.iter().collect();
        let unexpected = || format!("postal-codes.csv: `{}` is not expected", fields.join(","));
        let [postal_code, place, municipality_code, municipality, kind] = fields[..] else {
            return Err(unexpected().into());
        };
        let code = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        let kind = match kind {
            "G" => CodeKind::Street,
            "P" => CodeKind::Box,
            "B" => CodeKind::StreetAndBox,
            "S" => CodeKind::Service,
            _ => return Err(unexpected().into()),
        };
        if !code(postal_code) || !code(municipality_code) {
            return Err(unexpected().into());
        }
        let island = ISLANDS
            .iter()
            .find(|prefix| postal_code.starts_with(**prefix));
        let prefix = island.copied().unwrap_or(&postal_code[..2]);
        zones.push(PostalZone {
            postal_code: postal_code.to_owned(),
            place: place.to_owned(),
            municipality_code: municipality_code.to_owned(),
            municipality: municipality.to_owned(),
            kind,
            zone: Zone(format!("NO-{prefix}")),
            home_delivery: island.is_none()
                && matches!(kind, CodeKind::Street | CodeKind::StreetAndBox),
        });
    }
    zones.sort_by(|a, b| a.postal_code.cmp(&b.postal_code));
    Ok(zones)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_register_is_there() {
        let zones = postal_zones().unwrap();
        assert_eq!(zones.len(), 5_122);
        let kind = |kind| zones.iter().filter(|zone| zone.kind == kind).count();
        assert_eq!(
            [
                CodeKind::Street,
                CodeKind::Box,
                CodeKind::StreetAndBox,
                CodeKind::Service
            ]
            .map(kind),
            [3_318, 1_740, 60, 4]
        );
        assert!(
            zones
                .iter()
                .filter(|zone| zone.postal_code.starts_with('0'))
                .count()
                > 500
        );
        assert!(
            zones
                .iter()
                .all(|zone| zone.postal_code.starts_with(zone.zone.prefix()))
        );
    }

    #[track_caller]
    fn check(code: &str, zone: &str, home_delivery: bool) {
        let zones = postal_zones().unwrap();
        let found = zones
            .iter()
            .find(|found| found.postal_code == code)
            .unwrap();
        assert_eq!(
            (found.zone.as_str(), found.home_delivery),
            (zone, home_delivery),
            "{code}"
        );
    }

    #[test]
    fn zones() {
        check("0001", "NO-00", false);
        check("0010", "NO-00", true);
        check("0150", "NO-01", true);
        check("5003", "NO-50", true);
        check("9170", "NO-917", false);
        check("9178", "NO-917", false);
        check("8099", "NO-8099", false);
        check("8098", "NO-80", true);
    }

    #[test]
    fn a_register_that_lost_its_zeros_is_refused() {
        for line in [
            "10,OSLO,0301,OSLO,B",
            "0010,OSLO,301,OSLO,B",
            "0010,OSLO,0301,OSLO,X",
            "0010,OSLO",
        ] {
            assert!(read(&format!("{line}\n")).is_err(), "{line}");
        }
    }
}
