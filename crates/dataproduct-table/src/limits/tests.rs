use super::*;
use crate::write::keyed::tests::{Row, batch, by_key, publish, spec, table};
use crate::{Table, TableOptions, WriteOptions};

fn row(sku: i64) -> Row {
    ((sku, "S".to_owned()), Some(0), sku)
}

/// Publishes each row into a file of its own, all in one commit.
async fn many_files(table: &Table, rows: i64) {
    let options = WriteOptions::new().with_target_file_bytes(0);
    let mut writer = table.write(options).await.unwrap();
    for sku in 0..rows {
        writer.push_batch(&batch(&[row(sku)])).await.unwrap();
        writer.stage().await.unwrap();
    }
    writer.commit().await.unwrap();
}

#[tokio::test]
async fn many_small_files_and_vectors_are_told_until_they_are_compacted() {
    let table = table("limits", spec()).await;
    many_files(&table, 1_001).await;
    let receipt = publish(&table, &by_key(), &[], &[row(0), row(1)]).await;
    assert_eq!(receipt.limits, [], "999 files are left");
    let receipt = publish(&table, &by_key(), &[row(5_000)], &[]).await;
    assert_eq!(receipt.limits, [SoftLimit::SmallFiles { files: 1_000 }]);
    assert_eq!(table.snapshot().await.unwrap().limits(), receipt.limits);
    // Who opens it sees the same.
    let opened = Table::open(table.location()).await.unwrap();
    assert_eq!(opened.snapshot().await.unwrap().limits(), receipt.limits);
    table.compact(&crate::Compaction::new()).await.unwrap();
    assert_eq!(table.snapshot().await.unwrap().limits(), []);
}

#[tokio::test]
async fn a_log_without_checkpoints_is_told_until_there_is_one() {
    let location = crate::Location::parse("memory://keyed/long-log").unwrap();
    Table::create(&location, &spec()).await.unwrap();
    let options = |every| TableOptions::default().with_checkpoint_interval(every);
    let table = Table::open_with(&location, options(0)).await.unwrap();
    let mut last = None;
    for _ in 0..999 {
        let writer = table.write(WriteOptions::new()).await.unwrap();
        last = Some(writer.commit().await.unwrap());
    }
    // The first entry counts.
    assert_eq!(
        last.unwrap().limits,
        [SoftLimit::LongLog { entries: 1_000 }]
    );
    let text = table.snapshot().await.unwrap().limits()[0].to_string();
    assert!(text.contains("1000 entries"), "{text}");
    let table = Table::open_with(&location, options(1_000)).await.unwrap();
    assert_eq!(table.snapshot().await.unwrap().limits().len(), 1);
    let writer = table.write(WriteOptions::new()).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(table.snapshot().await.unwrap().limits(), []);
    let opened = Table::open(&location).await.unwrap();
    assert_eq!(opened.snapshot().await.unwrap().limits(), []);
}
