//! Rows that are looked at before they are committed, and a publish that begins again.

use dataproduct_table::{Table, WriteOptions};

use crate::support::*;

#[tokio::test]
async fn staged_rows_are_seen_by_their_publisher_alone() {
    let location = memory("staging");
    let table = create(&location).await;
    let there = rows(&[("a", "L1", Some(1))]);
    publish(&table, WriteOptions::new(), &there).await.unwrap();
    let mut writer = table.write(WriteOptions::new()).await.unwrap();
    writer
        .push(&rows(&[("b", "L1", Some(2)), ("b", "L2", None)]))
        .await
        .unwrap();
    let staged = writer.stage().await.unwrap();
    let own = [
        ("b".to_owned(), "L1".to_owned(), Some(2)),
        ("b".to_owned(), "L2".to_owned(), None),
    ];
    assert_eq!(read(&staged).await, own);
    assert_eq!(read_sorted(&table).await.len(), 1);
    // More rows go on behind the staged ones, and all of them are committed.
    writer.push(&rows(&[("c", "L1", Some(3))])).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(read_sorted(&table).await.len(), 4);
}

#[tokio::test]
async fn a_publish_that_begins_again_commits_only_what_came_after() {
    let location = memory("restart");
    let table = create(&location).await;
    let mut writer = table.write(WriteOptions::new()).await.unwrap();
    let id = writer.publish_id().to_owned();
    writer
        .push(&rows(&[("a", "L1", Some(1)), ("b", "L1", Some(2))]))
        .await
        .unwrap();
    writer.stage().await.unwrap();
    writer.restart();
    writer.push(&rows(&[("b", "L1", Some(2))])).await.unwrap();
    let receipt = writer.commit().await.unwrap();
    assert_eq!((receipt.publish_id, receipt.facts.unwrap().rows), (id, 1));
    let table = Table::open(&location).await.unwrap();
    assert_eq!(
        read_sorted(&table).await,
        [("b".to_owned(), "L1".to_owned(), Some(2))]
    );
}
