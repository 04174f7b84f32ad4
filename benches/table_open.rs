//! Opening a table with ten thousand commits, against listing and parsing its log raw.
//!
//! With `DATAPRODUCT_BENCH_KEEP=<folder>` the table stays there, for other engines to open.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first failure"
)]

use std::path::{Path, PathBuf};

use dataproduct_benches::{Order, admit, batches, compare, contract, number};
use dataproduct_table::{Durability, Location, Table, TableOptions, TableSpec, WriteOptions};

fn raw(log: &Path) -> usize {
    let mut names: Vec<PathBuf> = std::fs::read_dir(log)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    names.sort_unstable();
    let lines = names.iter().map(|name| {
        let text = std::fs::read_to_string(name).expect("a file");
        let parsed = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line"));
        parsed.count()
    });
    lines.sum()
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let commits = number("DATAPRODUCT_BENCH_COMMITS", 10_000);
    let rounds = number("DATAPRODUCT_BENCH_ROUNDS", 9);
    let temporary = tempfile::tempdir().expect("a directory");
    let folder = std::env::var("DATAPRODUCT_BENCH_KEEP")
        .map_or(temporary.path().to_path_buf(), PathBuf::from);
    let contract = contract(false);
    let admitted = admit(&batches(10, Order::Shuffled, &contract), &contract);
    let fill = |name: &str, checkpoint: bool| {
        let path = folder.join(name);
        let at = Location::parse(path.to_str().expect("a path"))
            .expect("a location")
            .with_durability(Durability::None);
        runtime.block_on(async {
            if !Table::exists(&at).await.expect("a store") {
                Table::create(&at, &TableSpec::from_contract(&contract))
                    .await
                    .expect("a table");
                let interval = if checkpoint { commits as u64 } else { 0 };
                let options = TableOptions::default().with_checkpoint_interval(interval);
                let table = Table::open_with(&at, options).await.expect("a table");
                for _ in 0..commits {
                    let mut writer = table.write(WriteOptions::new()).await.expect("a writer");
                    writer.push(&admitted[0]).await.expect("the rows fit");
                    writer.commit().await.expect("a commit");
                }
            }
        });
        (at, path.join("_delta_log"))
    };
    let (plain, plain_log) = fill("commits", false);
    let (checkpointed, _) = fill("checkpointed", true);
    let open = |at: &Location| {
        let table = runtime.block_on(Table::open(at)).expect("a table");
        assert!(format!("{table:?}").contains(&commits.to_string()));
    };
    println!();
    compare(
        &format!("open a table of {commits} commits"),
        rounds,
        vec![
            (
                "list and parse the log raw, one thread",
                Box::new(|| {
                    raw(&plain_log);
                }),
            ),
            ("open, no checkpoint", Box::new(|| open(&plain))),
            (
                "open, checkpoint at the end",
                Box::new(|| open(&checkpointed)),
            ),
        ],
    );
}
