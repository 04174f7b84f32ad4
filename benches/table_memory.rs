//! Ten million rows, published and read in a process that gets a gibibyte of memory.
//!
//! The limit is on addresses (`ulimit -v`), so that more of it is an error and not a slow machine. Rows are made batch by
//! batch; the contract has a key, so that every row is compared with every other.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first failure, and prints its result"
)]

use std::process::Command;

use dataproduct::{Column, Contract, Mesh, Publish};
use dataproduct_benches::{BATCH_ROWS, batch, measure, peak_bytes, rows};
use futures::TryStreamExt;

const LIMIT_KIB: usize = 1 << 20;
/// Set for the process that is limited.
const LIMITED: &str = "DATAPRODUCT_BENCH_LIMITED";

fn main() {
    if std::env::var(LIMITED).is_err() {
        let this = std::env::current_exe().expect("this program");
        let mut shell = Command::new("sh");
        let line = format!("ulimit -v {LIMIT_KIB} && exec \"$0\"");
        let ended = shell
            .arg("-c")
            .arg(line)
            .arg(this)
            .env(LIMITED, "1")
            .status();
        assert!(
            ended.expect("a shell").success(),
            "a gibibyte was not enough"
        );
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    for keyed in [false, true] {
        runtime.block_on(run(keyed));
    }
    println!(
        "  at most {} MiB of memory in all",
        peak_bytes() / 1_048_576
    );
}

async fn run(keyed: bool) {
    let folder = tempfile::tempdir().expect("a directory");
    let contract = contract(keyed);
    let mesh = Mesh::builder().with_root(folder.path().to_string_lossy());
    let mesh = mesh.build().expect("a mesh");
    let publisher = mesh.publisher_for(&contract).expect("a publisher");
    println!(
        "\n{} rows, {}",
        rows(),
        if keyed { "with a key" } else { "without a key" }
    );
    let batches = (0..rows() as u64).step_by(BATCH_ROWS).map(|first| {
        let places: Vec<u64> = (first..(first + BATCH_ROWS as u64).min(rows() as u64)).collect();
        batch(&places, &contract)
    });
    let (took, receipt) = measure_async(publisher.publish(batches, Publish::append())).await;
    assert_eq!(receipt.expect("a commit").rows, rows() as u64);
    say("publish", took);
    let product = mesh
        .product("inventory.stock-levels@^1")
        .await
        .expect("a product");
    let read = async {
        let batches = product.read().batches().await.expect("a stream");
        batches
            .try_fold(0, |sum, batch| async move { Ok(sum + batch.num_rows()) })
            .await
    };
    let (took, count) = measure_async(read).await;
    assert_eq!(count.expect("the rows"), rows());
    say("read", took);
}

async fn measure_async<T>(work: impl Future<Output = T>) -> (dataproduct_benches::Took, T) {
    tokio::task::block_in_place(|| measure(|| tokio::runtime::Handle::current().block_on(work)))
}

fn contract(keyed: bool) -> Contract {
    let stock = dataproduct_benches::contract(true);
    if !keyed {
        return stock;
    }
    let columns = stock
        .columns()
        .iter()
        .cloned()
        .map(|column| match column.name.as_str() {
            "sku" => column.with_key(1),
            "location_id" => column.with_key(2),
            _ => column,
        });
    let contract = Contract::builder("inventory.stock-levels", "1.0.0")
        .with_owner("inventory-team")
        .with_columns(columns.collect::<Vec<Column>>());
    contract.build().expect("the contract is valid")
}

fn say(what: &str, took: dataproduct_benches::Took) {
    println!(
        "  {what:<8} wall {:>7.2} s  cpu {:>7.2} s  over {:>4} MiB",
        took.wall.as_secs_f64(),
        took.cpu.as_secs_f64(),
        took.over_bytes / 1_048_576,
    );
}
