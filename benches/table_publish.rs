//! Publishing ten million stock rows, against a raw Parquet writer with the same properties.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first failure"
)]

use std::fs::File;

use dataproduct_benches::{Order, admit, batches, compare, contract, number, rows};
use dataproduct_table::{Durability, Location, Mode, Table, TableSpec, WriteOptions};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let rounds = number("DATAPRODUCT_BENCH_ROUNDS", 5);
    for (order, sorted) in [(Order::Shuffled, false), (Order::Sorted, true)] {
        let contract = contract(sorted);
        let batches = batches(rows(), order, &contract);
        let admitted = admit(&batches, &contract);
        let directory = tempfile::tempdir().expect("a directory");
        let root =
            Location::parse(directory.path().to_str().expect("a plain path")).expect("a location");
        let publish = |durability: Durability| {
            let location = root
                .join("table")
                .expect("a location")
                .with_durability(durability);
            runtime.block_on(async {
                let table = Table::create(&location, &TableSpec::from_contract(&contract))
                    .await
                    .expect("a table");
                let mut writer = table.write(WriteOptions::new()).await.expect("a writer");
                for rows in &admitted {
                    writer.push(rows).await.expect("the rows fit");
                }
                let receipt = writer.commit().await.expect("a commit");
                assert_eq!(receipt.rows(), rows() as u64);
            });
            std::fs::remove_dir_all(directory.path().join("table")).expect("the table is there");
        };
        let refreshed = root.join("refreshed").expect("a location");
        let spec = TableSpec::from_contract(&contract);
        let created = runtime.block_on(Table::create(&refreshed, &spec));
        let refreshed = created.expect("a table");
        let refresh = || {
            runtime.block_on(async {
                let options = WriteOptions::new().with_mode(Mode::ReplaceAll);
                let mut writer = refreshed.write(options).await.expect("a writer");
                for rows in &admitted {
                    writer.push(rows).await.expect("the rows fit");
                }
                let receipt = writer.commit().await.expect("a commit");
                assert_eq!(receipt.rows(), rows() as u64);
            });
        };
        let raw = |sync: bool| {
            let updated_at = ColumnPath::from("updated_at");
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("a level")))
                .set_column_dictionary_enabled(updated_at.clone(), false)
                .set_column_encoding(updated_at, Encoding::DELTA_BINARY_PACKED)
                .build();
            let path = directory.path().join("raw.parquet");
            let file = File::create(&path).expect("a file");
            let mut writer = ArrowWriter::try_new(file, contract.arrow_schema(), Some(properties))
                .expect("a writer");
            for batch in &batches {
                writer.write(batch).expect("the rows fit");
            }
            let file = writer.into_inner().expect("a footer");
            if sync {
                file.sync_all().expect("a flush");
            }
            std::fs::remove_file(path).expect("the file is there");
        };
        println!();
        compare(
            &format!("publish {} rows, {order:?}", rows()),
            rounds,
            vec![
                ("raw ArrowWriter", Box::new(|| raw(false))),
                ("raw ArrowWriter, flushed", Box::new(|| raw(true))),
                ("publish", Box::new(|| publish(Durability::None))),
                ("publish, durable", Box::new(|| publish(Durability::Full))),
                ("full refresh, durable", Box::new(refresh)),
            ],
        );
    }
}
