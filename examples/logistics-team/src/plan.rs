//! The slots of the coming fourteen days.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};

use crate::calendar::{at_hour, is_working_day, today, working_days_before};
use crate::random::Random;
use crate::slot::{Currency, DeliverySlot, Money, Service};
use crate::{Failure, PostalZone, Site, SiteKind, Zone};

/// For how many days slots are offered, today included.
const DAYS: u64 = 14;

/// The slots that sites offer to zones, sorted by their key.
///
/// The same sites and zones at the same time give the same slots.
///
/// # Errors
/// When a site's postal code is in no zone, or the calendar ends.
pub fn delivery_slots(
    sites: &[Site],
    zones: &[PostalZone],
    now: DateTime<Utc>,
) -> Result<Vec<DeliverySlot>, Failure> {
    // A zone without a single door is served by shops only.
    let mut doors: BTreeMap<&Zone, bool> = BTreeMap::new();
    for code in zones {
        *doors.entry(&code.zone).or_default() |= code.home_delivery;
    }
    let mut slots = Vec::new();
    for site in sites {
        let home = zones
            .iter()
            .find(|zone| zone.postal_code == site.postal_code)
            .ok_or_else(|| {
                format!(
                    "site {} has no known postal code: {}",
                    site.location, site.postal_code
                )
            })?;
        for (&zone, &has_doors) in &doors {
            for offer in offers(site, &home.zone, zone, has_doors) {
                slots.extend(windows(site, zone, &offer, now)?);
            }
        }
    }
    slots.sort_by(|a, b| key(a).cmp(&key(b)));
    Ok(slots)
}

fn key(slot: &DeliverySlot) -> (&str, &Zone, Service, DateTime<Utc>) {
    (&slot.origin, &slot.zone, slot.service, slot.window_start)
}

/// A service from a site to a zone.
struct Offer {
    service: Service,
    handling_days: u32,
    transit_days: u32,
    /// In whole kroner.
    cost: i64,
    /// First and last hour of each window on a working day, then on a Saturday.
    working_days: &'static [(u32, u32)],
    saturdays: &'static [(u32, u32)],
}

fn offers(site: &Site, home: &Zone, zone: &Zone, has_doors: bool) -> Vec<Offer> {
    let (Some(from), Some(to)) = (region(home), region(zone)) else {
        return Vec::new();
    };
    let transit_days = transit(from, to);
    let far = i64::from(transit_days);
    match site.site_kind {
        // Customers come from the whole region.
        SiteKind::Store if from == to => vec![Offer {
            service: Service::Pickup,
            handling_days: 0,
            transit_days: 0,
            cost: 0,
            working_days: &[(10, 20)],
            saturdays: &[(10, 18)],
        }],
        SiteKind::Warehouse if has_doors => {
            let mut offers = vec![
                Offer {
                    service: Service::Parcel,
                    handling_days: 1,
                    transit_days,
                    cost: 149 + 40 * far,
                    working_days: &[(8, 16)],
                    saturdays: &[],
                },
                Offer {
                    service: Service::TwoMan,
                    handling_days: 1,
                    transit_days,
                    cost: 599 + 150 * far,
                    working_days: &[(8, 12), (12, 16), (17, 21)],
                    saturdays: if transit_days <= 1 { &[(10, 15)] } else { &[] },
                },
            ];
            // Fitters do not travel further, and evening tours leave only for the own region.
            if transit_days <= 3 {
                offers.push(Offer {
                    service: Service::Install,
                    handling_days: 2,
                    transit_days,
                    cost: 1_199 + 150 * far,
                    working_days: &[(8, 14)],
                    saturdays: &[],
                });
            }
            if from == to {
                offers.push(Offer {
                    service: Service::SameDay,
                    handling_days: 0,
                    transit_days: 0,
                    cost: 999,
                    working_days: &[(18, 22)],
                    saturdays: &[],
                });
            }
            offers
        }
        _ => Vec::new(),
    }
}

/// The windows of a service that open after `now`.
fn windows(
    site: &Site,
    zone: &Zone,
    offer: &Offer,
    now: DateTime<Utc>,
) -> Result<Vec<DeliverySlot>, Failure> {
    let ends = || "the calendar has no such day";
    let first = today(now);
    let mut slots = Vec::new();
    for ahead in 0..DAYS {
        let date = first.checked_add_days(Days::new(ahead)).ok_or_else(ends)?;
        let hours = match date.weekday() {
            Weekday::Sat => offer.saturdays,
            Weekday::Sun => &[],
            _ => offer.working_days,
        };
        for &(opens, closes) in hours {
            let window_start = at_hour(date, opens).ok_or_else(ends)?;
            let window_end = at_hour(date, closes).ok_or_else(ends)?;
            if window_start < now && offer.service != Service::Pickup || window_end <= now {
                continue;
            }
            let name = format!("{}/{zone}/{}/{date}/{opens}", site.location, offer.service);
            let mut random = Random::of(&name);
            let age = TimeDelta::seconds(i64::try_from(random.below(6 * 3600)).unwrap_or(0));
            slots.push(DeliverySlot {
                origin: site.location.clone(),
                zone: zone.clone(),
                service: offer.service,
                window_start,
                window_end,
                date,
                capacity_left: capacity(offer.service, ahead, &mut random),
                cutoff_at: cutoff(date, opens, closes, offer, &mut random).ok_or_else(ends)?,
                handling_days: i32::try_from(offer.handling_days)?,
                transit_days: i32::try_from(offer.transit_days)?,
                cost: Money {
                    amount_minor: offer.cost * 100,
                    currency: Currency("NOK".to_owned()),
                },
                updated_at: now - age,
            });
        }
    }
    Ok(slots)
}

/// Orders that still fit: the sooner the window, the fewer. One window in eight is full.
fn capacity(service: Service, ahead: u64, random: &mut Random) -> i32 {
    let most = match service {
        Service::Parcel | Service::Pickup => 40,
        Service::TwoMan => 8,
        Service::Install | Service::SameDay => 4,
    };
    let taken = most / 2 * (DAYS - ahead) as usize / DAYS as usize;
    let full = random.below(8) == 0;
    let left = 1 + random.below(most - taken);
    if full {
        0
    } else {
        i32::try_from(left).unwrap_or(i32::MAX)
    }
}

/// Two hours before a shop closes or an evening tour leaves; else an hour in the middle of the working
/// day from which handling and the road begin.
fn cutoff(
    date: NaiveDate,
    opens: u32,
    closes: u32,
    offer: &Offer,
    random: &mut Random,
) -> Option<DateTime<Utc>> {
    match offer.service {
        Service::Pickup => at_hour(date, closes - 2),
        Service::SameDay => at_hour(date, opens - 6),
        _ => {
            let day = working_days_before(date, offer.handling_days + offer.transit_days)?;
            debug_assert!(is_working_day(day));
            at_hour(day, [11, 12, 14][random.below(3)])
        }
    }
}

/// A part of the country that lorries treat as one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Region {
    East,
    South,
    West,
    NorthWest,
    Middle,
    North,
    FarNorth,
}

/// The region by the first digit of the zone's codes; none for the islands that are zones of their own,
/// from where nobody comes to a shop either.
fn region(zone: &Zone) -> Option<Region> {
    match zone.prefix().as_bytes() {
        [b'0'..=b'3', _] => Some(Region::East),
        [b'4', _] => Some(Region::South),
        [b'5', _] => Some(Region::West),
        [b'6', _] => Some(Region::NorthWest),
        [b'7', _] => Some(Region::Middle),
        [b'8', _] => Some(Region::North),
        [b'9', _] => Some(Region::FarNorth),
        _ => None,
    }
}

/// Working days on the road between regions, in the order of [`Region`].
const TRANSIT: [[u32; 7]; 7] = [
    [1, 2, 2, 3, 2, 4, 5],
    [2, 1, 2, 3, 3, 5, 6],
    [2, 2, 1, 2, 3, 4, 5],
    [3, 3, 2, 1, 2, 4, 5],
    [2, 3, 3, 2, 1, 2, 3],
    [4, 5, 4, 4, 2, 1, 2],
    [5, 6, 5, 5, 3, 2, 1],
];

fn transit(from: Region, to: Region) -> u32 {
    TRANSIT[from as usize][to as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_road_back_is_as_long() {
        for (from, row) in TRANSIT.iter().enumerate() {
            for (to, days) in row.iter().enumerate() {
                assert_eq!(*days, TRANSIT[to][from]);
                assert_eq!(*days == 1, from == to);
            }
        }
    }
}
