//! The question and its answer: a pure function of facts.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use dataproduct::State;

use crate::facts::{Facts, Provenance, Service, Sofa, Stock, Window};

#[cfg(test)]
mod tests;

/// Which sofas cost at most this, are at most this wide, are in stock and can be delivered there then?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The highest price in kroner, delivery not included.
    pub price: i64,
    /// The greatest width in centimetres.
    pub width: i64,
    /// The customer's postal code, four digits with leading zeros.
    pub postal_code: String,
    /// The day, in Norway.
    pub date: NaiveDate,
}

/// The answer with what else is worth knowing.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Yes, no, or unknown.
    pub verdict: Verdict,
    /// Sofas of the right price whose shop states no width, so that nobody can say whether they fit.
    pub without_width: usize,
    /// The products that the verdict rests on, in the order in which they were looked at. A product that
    /// could change nothing any more is not among them.
    pub rests_on: Vec<Provenance>,
}

/// Yes and no rest on fresh facts only.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// These, the cheapest with delivery first.
    Yes(Vec<Offer>),
    /// None, and why.
    No(String),
    /// It cannot be told, and why.
    Unknown(Vec<Gap>),
}

/// Why an answer cannot be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Gap {
    /// A product is older than its contract promises.
    Stale {
        /// The product.
        product: String,
        /// The team to ask.
        owner: String,
        /// How old it is.
        age: Duration,
        /// How old it may be.
        allowed: Duration,
    },
    /// How fresh a product is cannot be told.
    Unjudged {
        /// The product.
        product: String,
        /// Why not.
        why: String,
    },
    /// Every sofa that could answer has no stated width.
    NoWidths {
        /// How many there are.
        sofas: usize,
    },
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale {
                product,
                owner,
                age,
                allowed,
            } => write!(
                f,
                "{product} is {} old and may be {}; ask {owner}",
                crate::print::duration(*age),
                crate::print::duration(*allowed)
            ),
            Self::Unjudged { product, why } => {
                write!(f, "how fresh {product} is cannot be told: {why}")
            }
            Self::NoWidths { sofas } => {
                write!(
                    f,
                    "of all that have the price ({sofas}) the shops state no width"
                )
            }
        }
    }
}

/// A sofa that can be had, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The sofa.
    pub sofa: Sofa,
    /// How it reaches the customer.
    pub handover: Handover,
}

impl Offer {
    /// What sofa and delivery cost together, in the smallest unit of the currency.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.sofa
            .price
            .amount_minor
            .saturating_add(self.handover.window.cost.amount_minor)
    }
}

/// Where a sofa is and the window in which it is handed over.
#[derive(Clone, Debug, PartialEq)]
pub struct Handover {
    /// The site that has it.
    pub stock: Stock,
    /// The window.
    pub window: Window,
}

/// Answers the question at an instant.
///
/// The facts are looked at in the order in which they can settle the question, and each product must be
/// fresh by its own contract before anything is concluded from it. So a postal code that does not exist
/// is a no, however old the stock is; and a yes takes all four products.
///
/// Of the ways in which one sofa can be had, delivery to the home is taken before picking up, then the
/// cheapest, then the earliest.
#[must_use]
pub fn answer(question: &Question, facts: &Facts, now: DateTime<Utc>) -> Answer {
    let fitting = |sofa: &&Sofa| fits(sofa, question) == Some(true);
    let cheap: Vec<&Sofa> = facts
        .sofas
        .rows
        .iter()
        .filter(|sofa| is_affordable(sofa, question))
        .collect();
    let without_width = cheap
        .iter()
        .filter(|sofa| fits(sofa, question).is_none())
        .count();
    let wanted: Vec<&Sofa> = cheap.into_iter().filter(fitting).collect();
    let mut rests_on = Vec::new();
    let verdict = settle(question, facts, &wanted, without_width, now, &mut rests_on);
    let verdict = verdict.unwrap_or_else(|gap| Verdict::Unknown(vec![gap]));
    Answer {
        verdict,
        without_width,
        rests_on,
    }
}

fn settle(
    question: &Question,
    facts: &Facts,
    wanted: &[&Sofa],
    without_width: usize,
    now: DateTime<Utc>,
    rests_on: &mut Vec<Provenance>,
) -> Result<Verdict, Gap> {
    let mut rely = |from: &Provenance| {
        rests_on.push(from.clone());
        gap(from).map_or(Ok(()), Err)
    };
    rely(&facts.zone.from)?;
    let Some(zone) = facts.zone.rows.first() else {
        return Ok(Verdict::No(format!(
            "there is no postal code {}",
            question.postal_code
        )));
    };
    rely(&facts.sofas.from)?;
    if wanted.is_empty() {
        return match without_width {
            0 => Ok(Verdict::No("no sofa has that price and width".to_owned())),
            sofas => Err(Gap::NoWidths { sofas }),
        };
    }
    rely(&facts.windows.from)?;
    let open: Vec<&Window> = facts
        .windows
        .rows
        .iter()
        .filter(|window| is_open(window, now))
        // Whoever has no door can still come and fetch.
        .filter(|window| zone.home_delivery || window.service == Service::Pickup)
        .collect();
    if open.is_empty() {
        return Ok(Verdict::No(format!(
            "no window is open for {} on {}",
            zone.zone, question.date
        )));
    }
    rely(&facts.stock.from)?;
    let offers = offers(wanted, &facts.stock.rows, &open);
    if offers.is_empty() {
        return Ok(Verdict::No(
            "none of them is in stock where a window is open".to_owned(),
        ));
    }
    Ok(Verdict::Yes(offers))
}

/// What keeps a product from being relied on.
fn gap(from: &Provenance) -> Option<Gap> {
    let product = from.product.clone();
    match from.freshness.state() {
        State::Fresh => None,
        State::Stale => Some(Gap::Stale {
            product,
            owner: from.owner.clone(),
            age: from.freshness.age().unwrap_or_default(),
            allowed: from.freshness.sla.unwrap_or_default(),
        }),
        state @ State::Unknown(_) => Some(Gap::Unjudged {
            product,
            why: state.to_string(),
        }),
    }
}

/// Prices are compared in one currency only.
fn is_affordable(sofa: &Sofa, question: &Question) -> bool {
    sofa.price.currency == "NOK" && sofa.price.amount_minor <= question.price.saturating_mul(100)
}

/// Whether a sofa fits; `None` when its width is not known in centimetres.
fn fits(sofa: &Sofa, question: &Question) -> Option<bool> {
    let width = sofa.width.as_ref().filter(|width| width.unit == "CMT")?;
    Some(width.max.units() <= i128::from(question.width) * 10)
}

fn is_open(window: &Window, now: DateTime<Utc>) -> bool {
    window.service.takes_a_sofa() && window.capacity_left > 0 && window.cutoff_at > now
}

fn offers(wanted: &[&Sofa], stock: &[Stock], open: &[&Window]) -> Vec<Offer> {
    let mut windows: HashMap<&str, Vec<&Window>> = HashMap::new();
    for window in open {
        windows.entry(&window.origin).or_default().push(window);
    }
    let mut positions: HashMap<&str, Vec<&Stock>> = HashMap::new();
    for position in stock.iter().filter(|position| position.atp > 0) {
        positions.entry(&position.sku).or_default().push(position);
    }
    let best = |sofa: &&Sofa| {
        let there = positions.get(sofa.sku.as_str())?;
        let handovers = there.iter().flat_map(|position| {
            let windows = windows.get(position.location.as_str());
            windows
                .into_iter()
                .flatten()
                .map(move |window| (*position, *window))
        });
        let (stock, window) = handovers.min_by_key(|(position, window)| {
            let fetched = window.service == Service::Pickup;
            let cost = window.cost.amount_minor;
            (
                fetched,
                cost,
                window.window_start,
                window.service,
                position.location.as_str(),
            )
        })?;
        let handover = Handover {
            stock: stock.clone(),
            window: window.clone(),
        };
        Some(Offer {
            sofa: (*sofa).clone(),
            handover,
        })
    };
    let mut offers: Vec<Offer> = wanted.iter().filter_map(best).collect();
    offers.sort_by(|a, b| (a.total(), &a.sofa.sku).cmp(&(b.total(), &b.sofa.sku)));
    offers
}
