#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of tests is a test"
)]

use super::*;
use crate::facts::{Known, Price, Size, SofaKind, ZoneOf};
use dataproduct::{Decimal, Freshness};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_338_000, 0).unwrap_or_default()
}

fn hours(n: i64) -> chrono::TimeDelta {
    chrono::TimeDelta::hours(n)
}

fn from(product: &str, owner: &str) -> Provenance {
    Provenance {
        product: product.to_owned(),
        version: "1.0.0".to_owned(),
        owner: owner.to_owned(),
        table_version: 1,
        freshness: Freshness {
            event_time: None,
            as_of: Some(now()),
            published_at: now(),
            observed_at: now(),
            sla: Some(Duration::from_secs(900)),
        },
    }
}

fn price(kroner: i64) -> Price {
    Price {
        amount_minor: kroner * 100,
        currency: "NOK".to_owned(),
    }
}

fn sofa(sku: &str, kroner: i64, width: Option<i128>) -> Sofa {
    Sofa {
        sku: sku.to_owned(),
        name: sku.to_owned(),
        shop: "ikea".to_owned(),
        category: SofaKind::Sofa,
        price: price(kroner),
        width: width.map(|cm| Size {
            max: Decimal::from_units(cm * 10).unwrap_or(Decimal::MAX),
            unit: "CMT".to_owned(),
        }),
    }
}

fn stock(sku: &str, location: &str, atp: i32) -> Stock {
    Stock {
        location: location.to_owned(),
        sku: sku.to_owned(),
        site_name: location.to_owned(),
        atp,
        updated_at: now(),
    }
}

fn window(origin: &str, service: Service, cost: i64) -> Window {
    Window {
        origin: origin.to_owned(),
        service,
        window_start: now() + hours(48),
        window_end: now() + hours(52),
        capacity_left: 3,
        cutoff_at: now() + hours(4),
        cost: price(cost),
    }
}

fn zone(home_delivery: bool) -> ZoneOf {
    ZoneOf {
        postal_code: "0150".to_owned(),
        place: "OSLO".to_owned(),
        zone: "NO-01".to_owned(),
        home_delivery,
    }
}

/// One sofa that fits and is affordable, in stock at `w`, from where a window is open.
fn facts() -> Facts {
    Facts {
        sofas: Known {
            rows: vec![sofa("a", 9_999, Some(200))],
            from: from("product.catalogue", "p"),
        },
        stock: Known {
            rows: vec![stock("a", "w", 2)],
            from: from("inventory.stock-levels", "i"),
        },
        zone: Known {
            rows: vec![zone(true)],
            from: from("logistics.postal-zones", "l"),
        },
        windows: Known {
            rows: vec![window("w", Service::TwoMan, 749)],
            from: from("logistics.delivery-slots", "l"),
        },
    }
}

fn ask(facts: &Facts) -> Answer {
    let question = Question {
        price: 9_999,
        width: 200,
        postal_code: "0150".to_owned(),
        date: (now() + hours(48)).date_naive(),
    };
    answer(&question, facts, now())
}

#[track_caller]
fn check_yes(facts: &Facts, expected: &[(&str, &str, Service)]) {
    match ask(facts).verdict {
        Verdict::Yes(offers) => {
            let found: Vec<_> = offers
                .iter()
                .map(|offer| {
                    let handover = &offer.handover;
                    assert_eq!(handover.stock.location, handover.window.origin);
                    (
                        offer.sofa.sku.as_str(),
                        handover.stock.location.as_str(),
                        handover.window.service,
                    )
                })
                .collect();
            assert_eq!(found, expected);
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_no(facts: &Facts, part: &str) {
    match ask(facts).verdict {
        Verdict::No(reason) => assert!(reason.contains(part), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_unknown(facts: &Facts, expected: &str) {
    match ask(facts).verdict {
        Verdict::Unknown(gaps) => {
            let gaps: Vec<String> = gaps.iter().map(ToString::to_string).collect();
            assert_eq!(gaps, [expected]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_fits_and_is_there_is_offered() {
    check_yes(&facts(), &[("a", "w", Service::TwoMan)]);
}

#[test]
fn price_and_width_are_bounds_that_may_be_reached() {
    let mut facts = facts();
    facts.sofas.rows.push(sofa("dear", 10_000, Some(200)));
    facts.sofas.rows.push(sofa("wide", 9_999, Some(201)));
    facts
        .stock
        .rows
        .extend([stock("dear", "w", 1), stock("wide", "w", 1)]);
    check_yes(&facts, &[("a", "w", Service::TwoMan)]);
    facts.sofas.rows.remove(0);
    check_no(&facts, "price and width");
}

#[test]
fn other_currencies_and_units_are_not_compared() {
    let mut facts = facts();
    facts.sofas.rows[0].price.currency = "SEK".to_owned();
    check_no(&facts, "price and width");
    let mut facts = super::tests::facts();
    facts.sofas.rows[0].width.as_mut().unwrap().unit = "MTR".to_owned();
    check_unknown(
        &facts,
        "of all that have the price (1) the shops state no width",
    );
}

#[test]
fn a_width_that_nobody_states_is_no_fit_and_no_misfit() {
    let mut facts = facts();
    facts.sofas.rows.push(sofa("unknown", 100, None));
    facts.stock.rows.push(stock("unknown", "w", 9));
    check_yes(&facts, &[("a", "w", Service::TwoMan)]);
    assert_eq!(ask(&facts).without_width, 1);
    facts.sofas.rows.remove(0);
    check_unknown(
        &facts,
        "of all that have the price (1) the shops state no width",
    );
}

#[test]
fn windows_that_are_full_closed_or_for_parcels_do_not_count() {
    let check = |change: fn(&mut Window)| {
        let mut facts = facts();
        change(&mut facts.windows.rows[0]);
        check_no(&facts, "no window is open for NO-01");
    };
    check(|window| window.capacity_left = 0);
    check(|window| window.cutoff_at = now());
    check(|window| window.service = Service::Parcel);
    check(|window| window.service = Service::Other);
}

#[test]
fn the_sofa_must_be_where_the_lorry_leaves() {
    let mut facts = facts();
    facts.stock.rows = vec![
        stock("a", "elsewhere", 5),
        stock("a", "w", 0),
        stock("b", "w", 5),
    ];
    check_no(&facts, "in stock where a window is open");
}

#[test]
fn delivery_goes_before_fetching_then_the_cheapest_then_the_earliest() {
    let mut facts = facts();
    facts.stock.rows.push(stock("a", "shop", 1));
    facts.windows.rows.push(window("shop", Service::Pickup, 0));
    check_yes(&facts, &[("a", "w", Service::TwoMan)]);
    facts.windows.rows.push(window("w", Service::Install, 700));
    check_yes(&facts, &[("a", "w", Service::Install)]);
    let mut early = window("w", Service::SameDay, 700);
    early.window_start = now() + hours(1);
    facts.windows.rows.push(early);
    check_yes(&facts, &[("a", "w", Service::SameDay)]);
    facts.stock.rows.remove(0);
    check_yes(&facts, &[("a", "shop", Service::Pickup)]);
}

#[test]
fn without_a_door_a_sofa_is_fetched() {
    let mut facts = facts();
    facts.zone.rows = vec![zone(false)];
    check_no(&facts, "no window is open");
    facts.stock.rows.push(stock("a", "shop", 1));
    facts.windows.rows.push(window("shop", Service::Pickup, 0));
    check_yes(&facts, &[("a", "shop", Service::Pickup)]);
}

#[test]
fn the_cheapest_with_delivery_comes_first() {
    let mut facts = facts();
    facts.sofas.rows.push(sofa("b", 9_500, Some(150)));
    facts.stock.rows.push(stock("b", "far", 1));
    facts
        .windows
        .rows
        .push(window("far", Service::TwoMan, 1_500));
    check_yes(
        &facts,
        &[("a", "w", Service::TwoMan), ("b", "far", Service::TwoMan)],
    );
}

/// Makes the products of an answer stale, one at a time.
fn ages(facts: &mut Facts) -> [&mut Provenance; 4] {
    [
        &mut facts.zone.from,
        &mut facts.sofas.from,
        &mut facts.windows.from,
        &mut facts.stock.from,
    ]
}

#[test]
fn a_yes_takes_four_fresh_products() {
    for at in 0..4 {
        let mut facts = facts();
        let from = &mut ages(&mut facts)[at];
        // Exactly as old as promised is fresh.
        from.freshness.as_of = Some(now() - chrono::TimeDelta::seconds(900));
        let (product, owner) = (from.product.clone(), from.owner.clone());
        check_yes(&facts, &[("a", "w", Service::TwoMan)]);
        ages(&mut facts)[at].freshness.as_of = Some(now() - chrono::TimeDelta::seconds(960));
        check_unknown(
            &facts,
            &format!("{product} is 16 min old and may be 15 min; ask {owner}"),
        );
    }
}

#[test]
fn a_product_nobody_vouches_for_gives_no_answer() {
    let mut facts = facts();
    facts.stock.from.freshness.as_of = None;
    match ask(&facts).verdict {
        Verdict::Unknown(gaps) => {
            assert!(
                matches!(&gaps[..], [Gap::Unjudged { product, .. }] if product == "inventory.stock-levels")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_names_what_it_rests_on() {
    let check = |facts: &Facts, expected: &[&str]| {
        let answer = ask(facts);
        let found: Vec<&str> = answer
            .rests_on
            .iter()
            .map(|from| from.product.as_str())
            .collect();
        assert_eq!(found, expected);
    };
    let all = [
        "logistics.postal-zones",
        "product.catalogue",
        "logistics.delivery-slots",
        "inventory.stock-levels",
    ];
    let mut facts = facts();
    check(&facts, &all);
    // The stale one is named too.
    facts.stock.from.freshness.as_of = None;
    check(&facts, &all);
    facts.windows.rows.clear();
    check(&facts, &all[..3]);
    facts.sofas.rows.clear();
    check(&facts, &all[..2]);
    facts.zone.rows.clear();
    check(&facts, &all[..1]);
}

#[test]
fn a_no_needs_only_what_settles_it() {
    let mut facts = facts();
    facts.stock.from.freshness.as_of = None;
    facts.windows.from.freshness.as_of = None;
    facts.sofas.rows.clear();
    check_no(&facts, "price and width");
    facts.sofas.from.freshness.as_of = None;
    facts.zone.rows.clear();
    check_no(&facts, "there is no postal code 0150");
}
