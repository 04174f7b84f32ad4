//! Eight weeks of one article: opening stock, sales, handovers, deliveries, up to yesterday.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::position::Position;
use crate::random::Random;
use crate::row::{Availability, Inbound, SiteKind, StockLevel};
use crate::shape::Shape;

/// Units of a cheap gift for one sofa.
const GIFTS_PER_SOFA: i32 = 96;
/// Parts of a bicycle for one sofa, in a warehouse and in a shop.
const PARTS_IN_WAREHOUSE: i32 = 24;
const PARTS_IN_STORE: i32 = 64;
/// The most pieces that are kept back.
const MOST_SAFETY_STOCK: i32 = 3;

/// The positions of an article at all sites that keep it.
pub(crate) fn of_article(sku: &str, shape: &Shape, now: DateTime<Utc>) -> Vec<StockLevel> {
    let mut random = Random::of(sku);
    let today = now.date_naive();
    let (Some(spread), Some(outflow)) = (
        shape.spreads.get(random.below(shape.spreads.len().max(1))),
        shape
            .outflows
            .get(random.below(shape.outflows.len().max(1))),
    ) else {
        return Vec::new();
    };
    let mut kept: Vec<(usize, Position)> = spread
        .iter()
        .map(|&(site, quantity)| (site, opening(shape, site, quantity, outflow, spread.len())))
        .collect();
    run(&mut kept, outflow, today, &mut random);
    kept.iter()
        .map(|(site, position)| row(sku, shape, *site, position, today, &mut random))
        .collect()
}

fn opening(shape: &Shape, site: usize, quantity: i32, outflow: &[i32], sites: usize) -> Position {
    let warehouse = shape
        .sites
        .get(site)
        .is_some_and(|site| site.kind == SiteKind::Warehouse);
    let pieces = quantity
        / if warehouse {
            PARTS_IN_WAREHOUSE
        } else {
            PARTS_IN_STORE
        };
    let sold: i32 = outflow.iter().sum::<i32>() / GIFTS_PER_SOFA;
    let weeks = i32::try_from(Shape::DAYS / 7).unwrap_or(1);
    let sites = i32::try_from(sites).unwrap_or(1);
    // Half of what a site sells in a week, rounded up.
    let halves = 2 * weeks * sites;
    let safety = ((sold + halves - 1) / halves).min(MOST_SAFETY_STOCK);
    Position::new(pieces, safety)
}

fn run(kept: &mut [(usize, Position)], outflow: &[i32], today: NaiveDate, random: &mut Random) {
    let mut owed = 0;
    for (day, units) in outflow.iter().enumerate() {
        let date = before(today, outflow.len() - day);
        kept.iter_mut()
            .for_each(|(_, position)| position.begin(date));
        owed += units;
        while owed >= GIFTS_PER_SOFA {
            owed -= GIFTS_PER_SOFA;
            let first = random.below(kept.len().max(1));
            let handover = after(date, 1 + random.below(6));
            // A customer who finds nothing at one site asks at the next.
            let sites = kept.len();
            (0..sites).any(|other| kept[(first + other) % sites].1.sell(date, handover));
        }
        for (_, position) in kept.iter_mut() {
            let arrives = after(date, 5 + random.below(31));
            let pieces = 2 + i32::try_from(random.below(7)).unwrap_or(0);
            // Not every gap is seen on the day that it opens.
            if random.below(4) == 0 {
                position.order(1, pieces, arrives);
            }
        }
    }
    kept.iter_mut()
        .for_each(|(_, position)| position.begin(before(today, 1)));
}

fn row(
    sku: &str,
    shape: &Shape,
    site: usize,
    position: &Position,
    today: NaiveDate,
    random: &mut Random,
) -> StockLevel {
    let site = &shape.sites[site];
    let inbound: Vec<Inbound> = position
        .inbound()
        .into_iter()
        // What was due today has not been booked in.
        .map(|(date, quantity)| Inbound {
            date: date.max(today),
            quantity,
        })
        .collect();
    let atp = position.atp();
    let restock_at = inbound
        .first()
        .filter(|_| atp <= 0)
        .map(|first| at_hour(first.date, 16));
    let moved = position.moved.unwrap_or_else(|| before(today, Shape::DAYS));
    let second = TimeDelta::seconds(i64::try_from(random.below(9 * 3600)).unwrap_or(0));
    StockLevel {
        location: site.gln.clone(),
        sku: sku.to_owned(),
        store_code: site.store_code.clone(),
        site_name: site.name.clone(),
        site_kind: site.kind,
        postal_code: site.postal_code.clone(),
        on_hand: position.on_hand,
        reserved: position.reserved(),
        safety_stock: position.safety_stock,
        atp,
        availability: Availability::of(atp, !inbound.is_empty()),
        inbound,
        restock_at,
        updated_at: at_hour(moved, 7) + second,
    }
}

fn before(day: NaiveDate, days: usize) -> NaiveDate {
    day.checked_sub_days(Days::new(days as u64))
        .unwrap_or(NaiveDate::MIN)
}

fn after(day: NaiveDate, days: usize) -> NaiveDate {
    day.checked_add_days(Days::new(days as u64))
        .unwrap_or(NaiveDate::MAX)
}

/// A full hour of a day, in UTC.
fn at_hour(day: NaiveDate, hour: i64) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is in stock was there at the beginning or came in, and was not handed over.
    #[test]
    fn the_books_balance() {
        let shape = Shape::read().unwrap();
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let mut handed_over = 0;
        for article in 0..300 {
            let mut random = Random::of(&article.to_string());
            let spread = &shape.spreads[article];
            let outflow = &shape.outflows[article % 100];
            let mut kept: Vec<_> = spread
                .iter()
                .map(|&(site, quantity)| {
                    (site, opening(&shape, site, quantity, outflow, spread.len()))
                })
                .collect();
            run(&mut kept, outflow, today, &mut random);
            for (_, position) in &kept {
                let (came, went) = position.booked;
                assert_eq!(position.on_hand, came - went);
                assert!(position.on_hand >= position.reserved() && position.reserved() >= 0);
                handed_over += went;
            }
        }
        assert!(handed_over > 1_000, "{handed_over}");
    }
}
