//! The committed sources, cleaned: exact figures, so that a change of a rule shows in review.

use std::collections::{BTreeMap, BTreeSet};

use dataproduct::DataProduct as _;
use product_team::{Category, Cleaning, Doubt, Reason, Shop, Sofa, clean};

fn count<K: Ord>(keys: impl IntoIterator<Item = K>) -> BTreeMap<K, usize> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

fn rows_of(cleaning: &Cleaning, shop: Shop) -> impl Iterator<Item = &Sofa> {
    cleaning.rows.iter().filter(move |row| row.shop == shop)
}

#[test]
fn every_line_is_a_row_or_rejected_with_a_reason() {
    let cleaning = clean().unwrap();
    assert_eq!(cleaning.lines, 812);
    assert_eq!(cleaning.rows.len(), 642);
    assert_eq!(cleaning.rejected.len(), 170);
    let rows = count(cleaning.rows.iter().map(|row| row.shop));
    assert_eq!(
        rows,
        BTreeMap::from([
            (Shop::Ikea, 292),
            (Shop::Mobelringen, 184),
            (Shop::Sofacompany, 166)
        ])
    );
    // Together the lines of each shop are 1 to its number of lines, each once.
    let rejected = count(cleaning.rejected.iter().map(|rejected| rejected.shop));
    assert_eq!(
        rejected,
        BTreeMap::from([(Shop::Ikea, 169), (Shop::Sofacompany, 1)])
    );
    let lines: BTreeSet<_> = cleaning.rejected.iter().map(|r| (r.shop, r.line)).collect();
    assert_eq!(lines.len(), 170);
}

#[test]
fn what_is_rejected_and_why() {
    let cleaning = clean().unwrap();
    let reasons = count(
        cleaning
            .rejected
            .iter()
            .map(|rejected| match &rejected.reason {
                Reason::NotASeat { kind } => *kind,
                Reason::UnknownKind { .. } => "unknown kind",
                other => panic!("{other}"),
            }),
    );
    let expected = [
        ("a loose cover", 124),
        ("legs", 12),
        ("a cushion", 9),
        ("an armrest", 9),
        ("a mattress", 5),
        ("a backrest", 3),
        ("a frame", 3),
        ("storage", 2),
        ("a bath mat", 1),
        ("a table", 1),
        ("unknown kind", 1),
    ];
    assert_eq!(reasons, BTreeMap::from(expected));
    let unknown = cleaning
        .rejected
        .iter()
        .find(|r| matches!(r.reason, Reason::UnknownKind { .. }));
    assert_eq!(unknown.map(|r| r.name.as_str()), Some("CHILL by SLS"));
}

#[test]
fn what_is_doubted() {
    let cleaning = clean().unwrap();
    let doubts = count(cleaning.doubted.iter().map(|doubted| doubted.doubt.kind()));
    let expected = [
        ("width not stated", 12),
        ("depth not stated", 12),
        ("seat depth not stated, depth of the long side only", 7),
        ("only the width of the largest set-up stated", 2),
        ("two sofas in one article", 2),
        ("differs from the collector's own figure", 27),
    ];
    assert_eq!(doubts, BTreeMap::from(expected));
}

#[test]
fn kinds_of_seats() {
    let cleaning = clean().unwrap();
    let kinds = count(cleaning.rows.iter().map(|row| row.category));
    let expected = [
        (Category::Sofa, 260),
        (Category::CornerSofa, 88),
        (Category::SofaBed, 49),
        (Category::ModularSofa, 89),
        (Category::SofaSet, 2),
        (Category::Daybed, 19),
        (Category::ChaiseLongue, 8),
        (Category::Module, 74),
        (Category::Armchair, 7),
        (Category::Bench, 1),
        (Category::Stool, 45),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));
}

/// The collector's zero means unknown. Of the 151 lines that have it, most are covers and other
/// articles that are no seats; of the rest some have a width elsewhere in the line.
#[test]
fn a_width_of_zero_is_no_width() {
    let cleaning = clean().unwrap();
    let mut reader = csv::Reader::from_reader(include_str!("../../data/ikea.csv").as_bytes());
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (width, url) = (at("width_a"), at("url"));
    let zeros: Vec<String> = reader
        .records()
        .map(Result::unwrap)
        .filter(|record| &record[width] == "0")
        .map(|record| record[url].to_owned())
        .collect();
    assert_eq!(zeros.len(), 151);
    let published: Vec<&Sofa> = cleaning
        .rows
        .iter()
        .filter(|row| zeros.contains(&row.url))
        .collect();
    assert_eq!(published.len(), 15);
    assert_eq!(
        published.iter().filter(|row| row.width.is_none()).count(),
        5
    );
    // No row has a width, depth or height of zero.
    let sizes = cleaning
        .rows
        .iter()
        .flat_map(|row| [&row.width, &row.depth, &row.height, &row.seat_height]);
    assert!(
        sizes
            .flatten()
            .all(|extent| extent.min.units() > 0 && extent.min <= extent.max)
    );
}

#[test]
fn article_numbers_are_kept_to_the_last_digit() {
    let cleaning = clean().unwrap();
    let numbers: BTreeSet<&str> = cleaning.rows.iter().map(|row| row.sku.as_str()).collect();
    assert_eq!(numbers.len(), cleaning.rows.len());
    assert!(numbers.contains("206124228229227320"));
    let ikea = || rows_of(&cleaning, Shop::Ikea);
    assert_eq!(ikea().filter(|row| row.sku.starts_with('s')).count(), 238);
    assert_eq!(ikea().filter(|row| row.sku.starts_with("00")).count(), 14);
    assert!(numbers.contains("078803178122"));
}

#[test]
fn prices_of_each_shop() {
    let cleaning = clean().unwrap();
    let sum = |shop| {
        rows_of(&cleaning, shop)
            .map(|row| row.price.amount_minor)
            .sum::<i64>()
    };
    assert!(
        cleaning
            .rows
            .iter()
            .all(|row| row.price.currency.0 == "NOK")
    );
    // A thousands point taken for a decimal point would show as a seat for a few kroner.
    let range = cleaning.rows.iter().map(|row| row.price.amount_minor);
    assert_eq!(range.clone().min(), Some(15_900));
    assert_eq!(range.max(), Some(6_617_000));
    assert_eq!(
        [
            sum(Shop::Ikea),
            sum(Shop::Mobelringen),
            sum(Shop::Sofacompany)
        ],
        [235_564_700, 439_825_500, 158_653_400]
    );
}

/// Articles of one group are the same seat: one model, and at Sofacompany one size.
#[test]
fn groups_hold_together() {
    let cleaning = clean().unwrap();
    let mut groups: BTreeMap<(Shop, &str), Vec<&Sofa>> = BTreeMap::new();
    for row in &cleaning.rows {
        if let Some(group) = &row.product_group_id {
            groups.entry((row.shop, group)).or_default().push(row);
        }
    }
    let several = groups.values().filter(|rows| rows.len() > 1).count();
    assert_eq!((groups.len(), several), (504, 72));
    for ((shop, _), rows) in &groups {
        let same = rows.iter().all(|row| {
            row.name == rows[0].name
                && (*shop == Shop::Mobelringen
                    || (&row.width, &row.depth) == (&rows[0].width, &rows[0].depth))
        });
        assert!(same, "{rows:?}");
    }
    assert_eq!(
        cleaning
            .rows
            .iter()
            .filter(|row| row.product_group_id.is_none())
            .count(),
        1
    );
}

#[test]
fn every_sofacompany_link_names_its_cover() {
    let cleaning = clean().unwrap();
    for row in rows_of(&cleaning, Shop::Sofacompany) {
        let (cover, legs) = row
            .finish
            .as_deref()
            .and_then(|finish| finish.split_once("; legs "))
            .unwrap();
        assert!(!cover.is_empty() && !legs.is_empty(), "{}", row.url);
        assert!(
            !cover.contains(" cm") && !cover.ends_with(|c: char| c.is_ascii_digit()),
            "{cover}"
        );
    }
}

#[test]
fn our_sizes_differ_from_the_collectors_only_where_it_took_the_short_side() {
    let cleaning = clean().unwrap();
    let row = |sku: &str| cleaning.rows.iter().find(|row| row.sku == sku).unwrap();
    for doubted in &cleaning.doubted {
        if let Doubt::Collector {
            field,
            differ: (ours, theirs),
        } = &doubted.doubt
        {
            assert!(ours > theirs, "{doubted:?}");
            let category = row(&doubted.sku).category;
            let expected = if *field == "width_a" {
                matches!(
                    category,
                    Category::Daybed | Category::Stool | Category::Module
                )
            } else {
                category == Category::ModularSofa
            };
            assert!(expected, "{doubted:?} {category:?}");
        }
    }
}

#[test]
fn the_contract_is_complete() {
    let contract = Sofa::try_contract().unwrap();
    assert_eq!(contract.name().to_string(), "product.catalogue");
    assert_eq!(contract.owner(), "product-team");
    assert!(contract.sla().freshness.is_some());
    for column in contract.columns() {
        assert!(
            column.description.is_some(),
            "{} has no description",
            column.name
        );
    }
}

dataproduct::assert_contracts!(product_team::Sofa);

#[test]
fn every_rule_of_the_contract_finds_what_breaks_it() {
    let proof = dataproduct::testing::assert_rules!(Sofa);
    // Who cannot be counted by three digits is more than twelve.
    let seats = ("seats.type".to_owned(), vec!["seats.range".to_owned()]);
    assert_eq!(proof.together, [seats], "{proof}");
}
