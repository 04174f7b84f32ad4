//! The generated slots as a consumer sees them.
#![allow(clippy::unwrap_used, reason = "a helper of tests is a test")]

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, TimeDelta, Utc, Weekday};
use dataproduct::prelude::*;
use logistics_team::{
    DeliverySlot, PostalZone, Service, Site, SiteKind, delivery_slots, postal_zones,
};

fn now() -> DateTime<Utc> {
    // A Sunday.
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn site(location: &str, site_kind: SiteKind, postal_code: &str) -> Site {
    Site {
        location: location.to_owned(),
        site_kind,
        postal_code: postal_code.to_owned(),
    }
}

fn sites() -> Vec<Site> {
    vec![
        site("9521234000013", SiteKind::Warehouse, "2020"),
        site("9521234000044", SiteKind::Store, "0667"),
        site("9521234000143", SiteKind::Store, "9016"),
    ]
}

fn slots(now: DateTime<Utc>) -> Vec<DeliverySlot> {
    delivery_slots(&sites(), &postal_zones().unwrap(), now).unwrap()
}

#[test]
fn every_row_keeps_what_the_contract_says() {
    let slots = slots(now());
    let keys: BTreeSet<_> = slots
        .iter()
        .map(|s| (&s.origin, &s.zone, s.service, s.window_start))
        .collect();
    assert_eq!(keys.len(), slots.len(), "no window twice");
    let last = now() + TimeDelta::days(14);
    for slot in &slots {
        assert!(
            slot.window_start < slot.window_end && slot.window_end <= last,
            "{slot:?}"
        );
        assert!(
            slot.cutoff_at < slot.window_end && slot.capacity_left >= 0,
            "{slot:?}"
        );
        assert!(slot.updated_at <= now());
        assert_ne!(slot.date.weekday(), Weekday::Sun);
        assert_eq!(slot.cost.amount_minor == 0, slot.service == Service::Pickup);
        // What takes days of handling and road is ordered that many days before.
        let days = i64::from(slot.handling_days + slot.transit_days);
        assert!(
            (slot.window_start - slot.cutoff_at).num_days() >= days - 1,
            "{slot:?}"
        );
    }
}

#[test]
fn every_service_is_offered_where_it_belongs() {
    let slots = slots(now());
    let mut zones: BTreeMap<Service, BTreeSet<&str>> = BTreeMap::new();
    for slot in &slots {
        zones
            .entry(slot.service)
            .or_default()
            .insert(slot.zone.as_str());
    }
    let offered = |service, zone: &str| {
        zones
            .get(&service)
            .is_some_and(|zones| zones.contains(zone))
    };
    assert!(offered(Service::TwoMan, "NO-01") && offered(Service::TwoMan, "NO-99"));
    assert!(offered(Service::Install, "NO-70") && !offered(Service::Install, "NO-80"));
    assert!(offered(Service::SameDay, "NO-20") && !offered(Service::SameDay, "NO-50"));
    assert!(offered(Service::Pickup, "NO-01") && !offered(Service::Pickup, "NO-50"));
    assert!(offered(Service::Pickup, "NO-91"));
    // No lorry goes to Svalbard or Jan Mayen, and nobody comes from there to fetch a sofa.
    assert!(
        zones
            .values()
            .all(|zones| !zones.contains("NO-917") && !zones.contains("NO-8099"))
    );
}

#[test]
fn some_windows_are_full_and_some_are_closed() {
    let slots = slots(now());
    let share = |count: usize| count * 100 / slots.len();
    assert!((8..=18).contains(&share(
        slots.iter().filter(|slot| slot.capacity_left == 0).count()
    )));
    assert!((5..=50).contains(&share(
        slots.iter().filter(|slot| slot.cutoff_at <= now()).count()
    )));
}

#[test]
fn the_same_is_the_same() {
    assert_eq!(slots(now()), slots(now()));
}

#[test]
fn any_day_will_do() {
    for day in [
        "2024-02-29T00:00:00Z",
        "2026-03-28T23:59:59Z",
        "2026-10-24T20:00:00Z",
    ] {
        assert!(slots(day.parse().unwrap()).len() > 1_000, "{day}");
    }
}

#[test]
fn a_site_outside_the_register_is_an_error() {
    let nowhere = [site("9521234000013", SiteKind::Store, "0000")];
    let error = delivery_slots(&nowhere, &postal_zones().unwrap(), now()).unwrap_err();
    assert!(error.to_string().contains("0000"), "{error}");
}

#[test]
fn the_contracts_are_complete() {
    for contract in [
        DeliverySlot::try_contract().unwrap(),
        PostalZone::try_contract().unwrap(),
    ] {
        assert_eq!(contract.owner(), "logistics-team");
        assert!(contract.limitations().is_some());
        for column in contract.columns() {
            assert!(
                column.description.is_some(),
                "{} has no description",
                column.name
            );
        }
    }
}

dataproduct::assert_contracts!(logistics_team::DeliverySlot, logistics_team::PostalZone);

#[test]
fn every_rule_of_the_contracts_finds_what_breaks_it() {
    let slots = dataproduct::testing::assert_rules!(DeliverySlot);
    assert!(slots.together.is_empty(), "{slots}");
    let zones = dataproduct::testing::assert_rules!(PostalZone);
    assert!(zones.together.is_empty(), "{zones}");
}
