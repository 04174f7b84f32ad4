//! Publishes that are cancelled, dated in the future, or not allowed.

use chrono::{DateTime, TimeDelta, Utc};
use dataproduct_table::{Error, Mode, PublishFacts, Table, TableSpec, WriteOptions};
use futures::FutureExt;

use crate::support::*;

#[tokio::test]
async fn a_cancelled_push_cannot_be_committed() {
    let table = create_partitioned(&memory("publishing-cancelled")).await;
    let mut writer = table.write(WriteOptions::new()).await.unwrap();
    // Enough rows that splitting them is not over before it is looked at.
    let many = vec![("a", "L1", Some(1)); 200_000];
    let admitted = admit(&contract(true), batch(&many));
    let push = writer.push(&admitted).now_or_never();
    assert!(push.is_none(), "splitting rows takes a thread: {push:?}");
    let error = writer.commit().await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    assert_eq!(table.snapshot().await.unwrap().version(), 0);
}

#[tokio::test]
async fn a_date_in_the_future_does_not_stay_in_the_watermark() {
    let table = create(&memory("publishing-future")).await;
    let dated = |as_of: DateTime<Utc>| {
        WriteOptions::new().with_facts(PublishFacts {
            as_of: Some(as_of),
            ..PublishFacts::default()
        })
    };
    let future = Utc::now() + TimeDelta::days(365);
    let admitted = rows(&[("a", "L1", None)]);
    let receipt = publish(&table, dated(future), &admitted).await.unwrap();
    let facts = receipt.facts.unwrap();
    assert_eq!(
        facts.published.as_of.unwrap().timestamp_micros(),
        future.timestamp_micros()
    );
    let cap = receipt.committed_at + TimeDelta::microseconds(999);
    assert_eq!(facts.watermark, Some(cap));
    assert_eq!(table.snapshot().await.unwrap().watermark(), Some(cap));
    // What was complete up to the commit before is behind the cap, and the watermark does not fall.
    let receipt = publish(&table, dated(cap - TimeDelta::days(1)), &admitted)
        .await
        .unwrap();
    assert_eq!(receipt.facts.unwrap().watermark, Some(cap));
}

#[tokio::test]
async fn an_append_only_table_keeps_its_rows() {
    for (value, refused) in [("true", true), ("True", true), ("false", false)] {
        let spec =
            TableSpec::from_contract(&contract(true)).with_property("delta.appendOnly", value);
        let location = memory(&format!("publishing-append-only-{value}"));
        let table = Table::create(&location, &spec).await.unwrap();
        let admitted = admit(&contract(true), batch(&[("a", "L1", Some(1))]));
        publish(&table, WriteOptions::new(), &admitted)
            .await
            .unwrap();
        let partition = [("location".to_owned(), "L1".into())];
        for mode in [
            Mode::ReplaceAll,
            Mode::ReplacePartitions(vec![partition.into_iter().collect()]),
        ] {
            let done = publish(&table, WriteOptions::new().with_mode(mode), &admitted).await;
            match refused {
                true => assert!(matches!(done, Err(Error::Unsupported { .. })), "{done:?}"),
                false => assert!(done.is_ok(), "{done:?}"),
            }
        }
        assert_eq!(read_sorted(&table).await.len(), 1);
    }
}

#[tokio::test]
async fn a_table_that_becomes_append_only_meanwhile_keeps_its_rows() {
    let table = create(&memory("publishing-append-only-later")).await;
    let admitted = rows(&[("a", "L1", None)]);
    publish(&table, WriteOptions::new(), &admitted)
        .await
        .unwrap();
    let mut writer = table
        .write(WriteOptions::new().with_mode(Mode::ReplaceAll))
        .await
        .unwrap();
    writer.push(&rows(&[("b", "L1", None)])).await.unwrap();
    let spec = TableSpec::from_contract(&contract(false)).with_property("delta.appendOnly", "true");
    table.evolve(&spec).await.unwrap();
    let error = writer.commit().await.unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    assert_eq!(read_sorted(&table).await[0].0, "a");
}
