//! The generated stock as a consumer sees it.
#![allow(clippy::unwrap_used, reason = "a helper of tests is a test")]

mod changed;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use dataproduct::prelude::*;
use inventory_team::{Availability, Gln, SiteKind, StockLevel, stock_levels};

fn now() -> DateTime<Utc> {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn articles() -> Vec<String> {
    (0..642).map(|n| format!("article-{n}")).collect()
}

#[test]
fn every_row_keeps_what_the_contract_says() {
    let rows = stock_levels(&articles(), now()).unwrap();
    assert!((1_000..3_000).contains(&rows.len()), "{}", rows.len());
    let keys: BTreeSet<_> = rows.iter().map(|row| (&row.location, &row.sku)).collect();
    assert_eq!(keys.len(), rows.len(), "no position twice");
    for row in &rows {
        assert_eq!(row.atp, row.on_hand - row.reserved - row.safety_stock);
        assert!(
            row.on_hand >= row.reserved && row.reserved >= 0 && row.safety_stock >= 0,
            "{row:?}"
        );
        assert!(Gln::new(row.location.as_str()).is_some());
        assert!(
            row.inbound
                .windows(2)
                .all(|pair| pair[0].date < pair[1].date),
            "{row:?}"
        );
        assert!(
            row.inbound
                .iter()
                .all(|i| i.quantity > 0 && i.date >= now().date_naive()),
            "{row:?}"
        );
        assert_eq!(
            row.restock_at.is_some(),
            row.atp <= 0 && !row.inbound.is_empty(),
            "{row:?}"
        );
        assert_eq!(
            row.availability,
            Availability::of(row.atp, !row.inbound.is_empty())
        );
        assert!(row.updated_at < now(), "{row:?}");
    }
}

/// An answer is only interesting when some articles are there and some are not.
#[test]
fn every_kind_of_answer_occurs() {
    let rows = stock_levels(&articles(), now()).unwrap();
    let mut counts: BTreeMap<Availability, usize> = BTreeMap::new();
    for row in &rows {
        *counts.entry(row.availability).or_default() += 1;
    }
    for kind in [
        Availability::InStock,
        Availability::LowStock,
        Availability::Backorder,
        Availability::OutOfStock,
    ] {
        assert!(
            counts
                .get(&kind)
                .is_some_and(|&count| count * 100 >= rows.len()),
            "{counts:?}"
        );
    }
    assert!(
        rows.iter()
            .any(|row| row.reserved > 0 && row.safety_stock > 0)
    );
    assert!(rows.iter().any(|row| row.site_kind == SiteKind::Store));
}

#[test]
fn the_same_is_the_same_and_others_do_not_matter() {
    let all = stock_levels(&articles(), now()).unwrap();
    assert_eq!(stock_levels(&articles(), now()).unwrap(), all);
    let one = stock_levels(&["article-7"], now()).unwrap();
    let there: Vec<StockLevel> = all
        .into_iter()
        .filter(|row| row.sku == "article-7")
        .collect();
    assert_eq!(one, there);
}

#[test]
fn any_day_will_do() {
    for day in [
        "2024-02-29T00:00:00Z",
        "2026-12-31T23:59:59Z",
        "2031-07-01T12:00:00Z",
    ] {
        let rows = stock_levels(&["a", "b", "c"], day.parse().unwrap()).unwrap();
        assert!(!rows.is_empty());
    }
}

#[test]
fn availability_has_the_terms_of_schema_org() {
    assert_eq!(
        Availability::of(3, false).schema_org(),
        "https://schema.org/InStock"
    );
    assert_eq!(
        Availability::of(2, true).schema_org(),
        "https://schema.org/LimitedAvailability"
    );
    assert_eq!(
        Availability::of(0, true).schema_org(),
        "https://schema.org/BackOrder"
    );
    assert_eq!(
        Availability::of(-1, false).schema_org(),
        "https://schema.org/OutOfStock"
    );
}

dataproduct::assert_contracts!(StockLevel);

#[test]
fn the_contract_is_complete() {
    let contract = StockLevel::try_contract().unwrap();
    assert_eq!(contract.owner(), "inventory-team");
    assert!(
        contract
            .limitations()
            .is_some_and(|text| text.contains("Generated"))
    );
    for column in contract.columns() {
        assert!(
            column.description.is_some(),
            "{} has no description",
            column.name
        );
    }
}

#[tokio::test]
async fn without_a_catalogue_there_is_nothing_to_count() {
    let mesh = Mesh::builder()
        .with_root("memory://inventory-alone")
        .build()
        .unwrap();
    let error = inventory_team::publish(&mesh, now())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("product.catalogue"), "{error}");
}

#[test]
fn every_rule_of_the_contract_finds_what_breaks_it() {
    let proof = dataproduct::testing::assert_rules!(StockLevel);
    assert!(proof.together.is_empty(), "{proof}");
}
