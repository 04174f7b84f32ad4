//! The whole chain in memory: three teams publish, a consumer asks, time passes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of tests is a test"
)]

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use dataproduct::{Clock as _, ManualClock, Mesh, State};
use quickstart::{
    Answer, Facts, Gap, Question, Verdict, answer, default_date, print_answer, publish, read,
};

/// A mesh of its own for each test, at an instant that does not move by itself. It is the present one,
/// as commits are dated by the machine's clock: the question holds on every day.
fn mesh(name: &str) -> (Mesh, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Utc::now()));
    let root = format!("memory://quickstart-{name}");
    let mesh = Mesh::builder()
        .with_root(root)
        .with_clock(clock.clone())
        .build()
        .unwrap();
    (mesh, clock)
}

fn question(now: DateTime<Utc>, postal_code: &str) -> Question {
    Question {
        price: 10_000,
        width: 210,
        postal_code: postal_code.to_owned(),
        date: default_date(now),
    }
}

async fn ask(mesh: &Mesh, now: DateTime<Utc>, postal_code: &str) -> (Facts, Answer) {
    let question = question(now, postal_code);
    let facts = read(mesh, &question).await.unwrap();
    let answer = answer(&question, &facts, now);
    (facts, answer)
}

#[tokio::test]
async fn three_teams_publish_and_a_consumer_asks() {
    let (mesh, clock) = mesh("chain");
    let receipts = publish(&mesh, clock.now()).await.unwrap();
    let names: Vec<String> = receipts
        .iter()
        .map(|receipt| receipt.product.to_string())
        .collect();
    assert_eq!(
        names,
        [
            "product.catalogue",
            "inventory.stock-levels",
            "logistics.postal-zones",
            "logistics.delivery-slots"
        ]
    );
    assert_eq!((receipts[0].rows, receipts[2].rows), (642, 5_122));

    let (facts, answer) = ask(&mesh, clock.now(), "0150").await;
    assert_eq!(facts.sofas.rows.len(), 486);
    let Verdict::Yes(offers) = &answer.verdict else {
        panic!("{answer:?}")
    };
    assert!(offers.len() > 10, "{}", offers.len());
    for offer in offers {
        assert!(offer.sofa.price.amount_minor <= 1_000_000);
        assert!(offer.sofa.width.as_ref().unwrap().max.units() <= 2_100);
        assert!(offer.handover.stock.atp > 0 && offer.handover.window.capacity_left > 0);
        assert_eq!(offer.handover.stock.location, offer.handover.window.origin);
        assert_eq!(offer.handover.stock.sku, offer.sofa.sku);
    }
    let mut text = String::new();
    print_answer(&mut text, &question(clock.now(), "0150"), &facts, &answer).unwrap();
    for part in [
        "had in 0150 OSLO on ",
        "product-team",
        "26 h",
        "1.0.0",
        "kept",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[tokio::test]
async fn when_the_stock_is_old_nobody_knows() {
    let (mesh, clock) = mesh("stale");
    publish(&mesh, clock.now()).await.unwrap();
    clock.advance(Duration::from_secs(15 * 60 - 1));
    assert!(matches!(
        ask(&mesh, clock.now(), "0150").await.1.verdict,
        Verdict::Yes(_)
    ));
    clock.advance(Duration::from_secs(2));
    let (_, answer) = ask(&mesh, clock.now(), "0150").await;
    let Verdict::Unknown(gaps) = &answer.verdict else {
        panic!("{answer:?}")
    };
    assert!(
        matches!(&gaps[..], [Gap::Stale { product, .. }] if product == "inventory.stock-levels")
    );
    // A no that rests on the postal codes alone still stands, and the status says what is old.
    assert!(matches!(
        ask(&mesh, clock.now(), "9999").await.1.verdict,
        Verdict::No(_)
    ));
    let stale: Vec<String> = mesh
        .status()
        .await
        .unwrap()
        .into_iter()
        .filter(|status| status.state == State::Stale)
        .map(|status| status.product.to_string())
        .collect();
    assert_eq!(stale, ["inventory.stock-levels"]);
}

#[tokio::test]
async fn a_second_run_replaces_the_first() {
    let (mesh, clock) = mesh("again");
    publish(&mesh, clock.now()).await.unwrap();
    let first = ask(&mesh, clock.now(), "0150").await.1;
    clock.advance(Duration::from_secs(5));
    let receipts = publish(&mesh, clock.now()).await.unwrap();
    assert!(receipts.iter().all(|receipt| receipt.table_version == 2));
    let second = ask(&mesh, clock.now(), "0150").await.1;
    assert_eq!(first.verdict, second.verdict);
    assert!(second.rests_on.iter().all(|from| from.table_version == 2));
}

#[tokio::test]
async fn no_lorry_goes_to_svalbard() {
    let (mesh, clock) = mesh("svalbard");
    publish(&mesh, clock.now()).await.unwrap();
    let (_, answer) = ask(&mesh, clock.now(), "9170").await;
    let Verdict::No(reason) = &answer.verdict else {
        panic!("{answer:?}")
    };
    assert!(reason.contains("no window is open for NO-917"), "{reason}");
}
