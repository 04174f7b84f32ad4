//! Thirteen rules on ten million stock rows in memory: the gate against the same rules written by hand, and what they add
//! to publishing.
#![expect(clippy::expect_used, reason = "a bench stops at the first failure")]

use std::borrow::Cow;
use std::num::NonZeroUsize;

use arrow_array::RecordBatch;
use dataproduct_benches::{compare, number, rows, stock_rules};
use dataproduct_contract::Contract;
use dataproduct_quality::{Finished, Gate, GateContext, Verdict, check_rows};
use dataproduct_table::{Durability, Location, Table, TableSpec, WriteOptions};

fn gate(contract: &Contract, batches: &[RecordBatch], threads: usize) {
    let threads = NonZeroUsize::new(threads).expect("a thread");
    let open = || Ok::<_, std::convert::Infallible>(batches.iter().cloned().map(Ok));
    let report = check_rows(contract, GateContext::default(), threads, open).expect("rows");
    assert!(report.verdict().is_accepted(), "{}", report.to_json());
}

fn main() {
    let rounds = number("DATAPRODUCT_BENCH_ROUNDS", 7);
    let total = rows();
    let contract = stock_rules::contract();
    let batches = stock_rules::batches(total);
    let by_hand = || {
        let schema = batches[0].schema();
        stock_rules::by_hand(&schema, batches.iter().map(Cow::Borrowed));
    };
    compare(
        &format!("13 rules, {total} rows in memory"),
        rounds,
        vec![
            ("by hand", Box::new(by_hand)),
            (
                "gate, one thread",
                Box::new(|| gate(&contract, &batches, 1)),
            ),
            (
                "gate, two threads",
                Box::new(|| gate(&contract, &batches, 2)),
            ),
        ],
    );
    publishing(&contract, &batches, rounds);
}

/// Publishing without any rule but the types of the columns, and with all thirteen.
fn publishing(rules: &Contract, batches: &[RecordBatch], rounds: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().to_str().expect("a plain path");
    let root = Location::parse(root).expect("a location");
    let publish = |contract: &Contract| {
        let location = root.join("table").expect("a location");
        let location = location.with_durability(Durability::None);
        runtime.block_on(async {
            let spec = TableSpec::from_contract(contract);
            let table = Table::create(&location, &spec).await.expect("a table");
            let mut writer = table.write(WriteOptions::new()).await.expect("a writer");
            let mut gate = Gate::new(contract);
            for batch in batches {
                let Verdict::Admitted(rows) = gate.check(batch.clone()) else {
                    unreachable!("the rows keep the contract")
                };
                writer.push(&rows).await.expect("the rows fit");
            }
            assert!(matches!(gate.finish(), Ok(Finished::Done(_))));
            writer.commit().await.expect("a commit");
        });
        std::fs::remove_dir_all(directory.path().join("table")).expect("the table is there");
    };
    let plain = dataproduct_benches::contract(false);
    compare(
        "publishing",
        rounds,
        vec![
            ("columns and types alone", Box::new(|| publish(&plain))),
            ("13 rules", Box::new(|| publish(rules))),
        ],
    );
}
