//! Answers and states as text.

use std::fmt::{self, Write as _};
use std::time::Duration;

use chrono::{DateTime, Timelike, Utc};
use chrono_tz::Europe::Oslo;
use dataproduct::{Freshness, ProductStatus, State};

use crate::answer::{Answer, Offer, Question, Verdict};
use crate::facts::{Facts, Provenance, Size};
use crate::table::{Align, Table, cut};

/// How many offers are shown.
const SHOWN: usize = 12;
const LONGEST_NAME: usize = 30;

/// The answer as text: the offers, then what they rest on.
///
/// # Errors
/// When the text cannot be written.
pub fn print_answer(
    out: &mut String,
    question: &Question,
    facts: &Facts,
    answer: &Answer,
) -> fmt::Result {
    let place = facts
        .zone
        .rows
        .first()
        .map_or("", |zone| zone.place.as_str());
    writeln!(
        out,
        "Which sofas cost at most {} kr, are at most {} cm wide, are in stock,\nand can be had in {} {place} on {}?\n",
        grouped(question.price),
        question.width,
        question.postal_code,
        question.date.format("%A %-d %B %Y"),
    )?;
    match &answer.verdict {
        Verdict::Yes(offers) => {
            let sofas = if offers.len() == 1 { "sofa" } else { "sofas" };
            writeln!(
                out,
                "Yes: {} {sofas}, the cheapest with delivery first.\n",
                offers.len()
            )?;
            write!(out, "{}", offers_table(offers))?;
            if let Some(more) = offers.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                writeln!(out, "  … and {more} more")?;
            }
        }
        Verdict::No(reason) => writeln!(out, "No: {reason}.")?,
        Verdict::Unknown(gaps) => {
            writeln!(out, "Unknown: the facts do not settle it.")?;
            gaps.iter().try_for_each(|gap| writeln!(out, "  - {gap}"))?;
        }
    }
    if answer.without_width > 0 {
        writeln!(
            out,
            "\n  Not counted, as their shops state no width: {} of that price.",
            answer.without_width
        )?;
    }
    writeln!(out, "\nWhat the answer rests on\n")?;
    write!(out, "{}", facts_table(&answer.rests_on))
}

fn offers_table(offers: &[Offer]) -> Table<9> {
    let mut table = Table::new([
        ("sofa", Align::Left),
        ("article", Align::Left),
        ("wide", Align::Right),
        ("kr", Align::Right),
        ("stock at", Align::Left),
        ("left", Align::Right),
        ("handover", Align::Left),
        ("window", Align::Left),
        ("delivery", Align::Right),
    ]);
    for Offer { sofa, handover } in offers.iter().take(SHOWN) {
        let (stock, window) = (&handover.stock, &handover.window);
        table.push([
            cut(&sofa.name, LONGEST_NAME),
            sofa.sku.clone(),
            sofa.width.as_ref().map_or_else(String::new, centimetres),
            kroner(sofa.price.amount_minor),
            stock.site_name.clone(),
            stock.atp.to_string(),
            window.service.to_string(),
            hours(window.window_start, window.window_end),
            kroner(window.cost.amount_minor),
        ]);
    }
    table
}

fn facts_table(rests_on: &[Provenance]) -> Table<8> {
    let mut table = Table::new([
        ("fact", Align::Left),
        ("product", Align::Left),
        ("version", Align::Left),
        ("owner", Align::Left),
        ("age", Align::Right),
        ("promised", Align::Right),
        ("promise", Align::Left),
        ("table", Align::Right),
    ]);
    for from in rests_on {
        let fact = match from.product.as_str() {
            "product.catalogue" => "name, price, width",
            "inventory.stock-levels" => "available to promise",
            "logistics.postal-zones" => "zone of the postal code",
            "logistics.delivery-slots" => "window, cut-off, cost",
            _ => "",
        };
        table.push([
            fact.to_owned(),
            from.product.clone(),
            from.version.clone(),
            from.owner.clone(),
            age(Some(&from.freshness)),
            promised(Some(&from.freshness)),
            kept(from.freshness.state()),
            format!("v{}", from.table_version),
        ]);
    }
    table
}

/// The products of the mesh as text: whose they are, how old, and whether the promise is kept.
///
/// # Errors
/// When the text cannot be written.
pub fn print_status(out: &mut String, products: &[ProductStatus]) -> fmt::Result {
    let mut table = Table::new([
        ("product", Align::Left),
        ("version", Align::Left),
        ("owner", Align::Left),
        ("complete up to", Align::Left),
        ("age", Align::Right),
        ("promised", Align::Right),
        ("state", Align::Left),
    ]);
    for status in products {
        let freshness = status.freshness.as_ref();
        let until = freshness.and_then(Freshness::complete_until);
        let state = match &status.problem {
            Some(problem) => format!("{}: {problem}", status.state),
            None => status.state.to_string(),
        };
        table.push([
            status.product.to_string(),
            status
                .version()
                .map(ToString::to_string)
                .unwrap_or_default(),
            status.owner().unwrap_or_default().to_owned(),
            until
                .map(|until| until.format("%F %T UTC").to_string())
                .unwrap_or_default(),
            age(freshness),
            promised(freshness),
            state,
        ]);
    }
    write!(out, "{table}")
}

fn age(freshness: Option<&Freshness>) -> String {
    freshness
        .and_then(Freshness::age)
        .map(duration)
        .unwrap_or_else(|| "?".to_owned())
}

fn promised(freshness: Option<&Freshness>) -> String {
    freshness
        .and_then(|freshness| freshness.sla)
        .map(duration)
        .unwrap_or_else(|| "-".to_owned())
}

/// Whether a promise is kept.
fn kept(state: State) -> String {
    match state {
        State::Fresh => "kept".to_owned(),
        State::Stale => "broken".to_owned(),
        state @ State::Unknown(_) => state.to_string(),
    }
}

/// A length of time in its largest unit that leaves at least two, rounded down: `90 s`, `26 h`, `8 days`.
pub(crate) fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0 => format!("{} ms", length.as_millis()),
        1..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A window by the clocks of Norway, without minutes where there are none: `08–12`.
fn hours(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let one = |time: DateTime<Utc>| {
        let time = time.with_timezone(&Oslo);
        time.format(if time.minute() == 0 { "%H" } else { "%H:%M" })
            .to_string()
    };
    format!("{}–{}", one(from), one(to))
}

/// A width without the digit behind the point where that is zero.
fn centimetres(size: &Size) -> String {
    let text = size.max.to_string();
    format!("{} cm", text.strip_suffix(".0").unwrap_or(&text))
}

/// Whole kroner of øre, or with two digits when there are øre.
fn kroner(minor: i64) -> String {
    match minor % 100 {
        0 => grouped(minor / 100),
        rest => format!("{},{:02}", grouped(minor / 100), rest.abs()),
    }
}

/// A number with blanks between thousands, as it is written in Norway.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let check =
            |seconds, expected: &str| assert_eq!(duration(Duration::from_secs(seconds)), expected);
        check(0, "0 ms");
        check(1, "1 s");
        check(119, "119 s");
        check(900, "15 min");
        check(26 * 3_600, "26 h");
        check(8 * 86_400, "8 days");
        assert_eq!(duration(Duration::from_millis(12)), "12 ms");
    }

    #[test]
    fn windows() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let check = |from, to, expected: &str| assert_eq!(hours(at(from), at(to)), expected);
        check("2026-11-30T07:00:00Z", "2026-11-30T11:00:00Z", "08–12");
        check("2026-07-01T06:30:00Z", "2026-07-01T10:00:00Z", "08:30–12");
    }

    #[test]
    fn amounts() {
        assert_eq!(kroner(999_900), "9 999");
        assert_eq!(kroner(123_456_789), "1 234 567,89");
        assert_eq!(kroner(0), "0");
        assert_eq!(grouped(-1_000), "-1 000");
    }
}
