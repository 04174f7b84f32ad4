//! Publishing many rows a second in small calls, with readers who follow, for a while.
//!
//! `DATAPRODUCT_BENCH_SECONDS` says how long (60), `DATAPRODUCT_BENCH_RATE` how many rows a second (100,000). A row
//! says when it was handed over, so that each follower knows how long it took to see it. One of the followers is a
//! process of its own, which polls; the others are told by the process that commits.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first failure, and prints its result"
)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, RecordBatch, TimestampMicrosecondArray};
use dataproduct::{Column, Contract, DataType, Mesh, SessionOptions};
use dataproduct_benches::{batch, cpu_so_far, median, mix, number, peak_bytes, resident_bytes};
use dataproduct_table::{ChangeKind, Location, Table};
use futures::TryStreamExt;

/// Rows of one call.
const CALL_ROWS: usize = 1000;
/// Different keys.
const KEYS: u64 = 1_000_000;
/// Set for the process that only follows.
const FOLLOW: &str = "DATAPRODUCT_BENCH_FOLLOW";
const FOLLOWERS: usize = 2;
const POLL: Duration = Duration::from_millis(200);

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if let Ok(folder) = std::env::var(FOLLOW) {
        let total = number("DATAPRODUCT_BENCH_TOTAL", 0);
        let seen = runtime.block_on(follow(Path::new(&folder), total));
        println!("{}", say(seen));
        return;
    }
    for by_key in [false, true] {
        run(&runtime, by_key);
    }
}

fn run(runtime: &tokio::runtime::Runtime, by_key: bool) {
    let seconds = number("DATAPRODUCT_BENCH_SECONDS", 60);
    let rate = number("DATAPRODUCT_BENCH_RATE", 100_000);
    let calls = seconds * rate / CALL_ROWS;
    let folder = tempfile::tempdir().expect("a directory");
    let contract = contract(by_key);
    let mesh = Mesh::builder().with_root(folder.path().to_string_lossy());
    let mesh = mesh.build().expect("a mesh");
    let publisher = mesh.publisher_for(&contract).expect("a publisher");
    let options = match by_key {
        true => SessionOptions::upsert(),
        false => SessionOptions::append(),
    };
    let table = folder.path().join("inventory/stock-levels/v1");
    let (cpu, before) = (cpu_so_far(), resident_bytes());
    runtime.block_on(async {
        let session = publisher.session(options);
        // Makes the table, so that it can be followed.
        let first = session.send(rows(0, &contract)).await.expect("a session");
        first.visible().await.expect("a commit");
        let total = calls * CALL_ROWS;
        let apart = start_apart(&table, total);
        let followers: Vec<_> = (0..FOLLOWERS)
            .map(|_| {
                let table = table.clone();
                tokio::spawn(async move { follow(&table, total).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (begun, mut resident, mut pending) = (Instant::now(), Vec::new(), Vec::new());
        let apart_of_calls = Duration::from_secs(seconds as u64).div_f64(calls as f64);
        for call in 0..calls {
            let due = begun + apart_of_calls.mul_f64(call as f64);
            tokio::time::sleep_until(due.into()).await;
            pending.push(
                session
                    .send(rows(call as u64 + 1, &contract))
                    .await
                    .expect("a session"),
            );
            if call % (calls / 6).max(1) == 0 {
                resident.push(resident_bytes());
            }
        }
        let handed_over = begun.elapsed();
        session.close().await.expect("an end");
        let mut versions = Vec::new();
        for pending in pending {
            versions.push(pending.visible().await.expect("a commit").table_version);
        }
        let took = begun.elapsed();
        versions.dedup();
        println!(
            "\n{} {total} rows in calls of {CALL_ROWS}, {rate} a second, {}",
            if by_key { "upserts:" } else { "appends:" },
            if by_key {
                "of a million keys"
            } else {
                "no key"
            },
        );
        println!(
            "  handed over in {:.1} s, published after {:.1} s, {} commits, CPU {:.1} s",
            handed_over.as_secs_f64(),
            took.as_secs_f64(),
            versions.len(),
            (cpu_so_far() - cpu).as_secs_f64(),
        );
        for follower in followers {
            println!(
                "  follower:           {}",
                say(follower.await.expect("a follower"))
            );
        }
        let apart = apart.wait_with_output().expect("a follower");
        print!(
            "  follower elsewhere: {}",
            String::from_utf8_lossy(&apart.stdout)
        );
        let mib = |bytes: u64| bytes.saturating_sub(before) / 1_048_576;
        let resident: Vec<_> = resident.into_iter().map(mib).collect();
        println!(
            "  memory over that of the start, MiB: {resident:?}, at most {}",
            mib(peak_bytes())
        );
    });
}

fn contract(by_key: bool) -> Contract {
    let text = |name: &str| Column::new(name, DataType::String).with_nullable(true);
    let number = |name: &str| Column::new(name, DataType::Int64).with_nullable(true);
    let key = |name: &str, place: u32| match by_key {
        true => Column::new(name, DataType::String).with_key(place),
        false => text(name),
    };
    let updated_at = Column::new("updated_at", DataType::Timestamp);
    let updated_at = match by_key {
        // Calls that are published together repeat keys: it says whose row is the latest.
        true => updated_at.with_event_time(),
        false => updated_at.with_nullable(true),
    };
    let contract = Contract::builder("inventory.stock-levels", "1.0.0")
        .with_owner("inventory-team")
        .with_columns([
            key("sku", 1),
            key("location_id", 2),
            number("on_hand"),
            number("reserved"),
            Column::new("unit_cost", DataType::Float64).with_nullable(true),
            text("currency"),
            text("status"),
            updated_at,
            text("tags"),
        ]);
    let contract = match by_key {
        true => contract.with_custom("delta.enableDeletionVectors", true),
        false => contract,
    };
    contract.build().expect("the contract is valid")
}

fn now_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock");
    i64::try_from(since.as_micros()).expect("a time")
}

/// Rows that say when they were made; no key twice.
fn rows(call: u64, contract: &Contract) -> RecordBatch {
    let first = mix(call) % KEYS;
    let places: Vec<u64> = (0..CALL_ROWS as u64)
        .map(|row| (first + row * 997) % KEYS)
        .collect();
    let rows = batch(&places, contract);
    let at = rows.schema().index_of("updated_at").expect("the column");
    let mut columns = rows.columns().to_vec();
    let now: TimestampMicrosecondArray = std::iter::repeat_n(Some(now_us()), CALL_ROWS).collect();
    let zone = match rows.schema().field(at).data_type() {
        arrow_schema::DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    };
    columns[at] = Arc::new(now.with_timezone_opt(zone)) as ArrayRef;
    RecordBatch::try_new(rows.schema(), columns).expect("the same columns")
}

fn start_apart(table: &Path, total: usize) -> Child {
    let this = std::env::current_exe().expect("this program");
    let mut command = Command::new(this);
    command
        .env(FOLLOW, table)
        .env("DATAPRODUCT_BENCH_TOTAL", total.to_string());
    command.stdout(Stdio::piped()).spawn().expect("a process")
}

/// How long each batch of rows took to be seen, in microseconds: of the oldest in it.
async fn follow(folder: &Path, total: usize) -> Vec<i64> {
    let location = Location::parse(folder.to_str().expect("a path")).expect("a location");
    let table = Table::open(&location).await.expect("a table");
    let after = table.snapshot().await.expect("a version").version();
    let mut versions = table.tail(after, POLL).await.expect("a stream");
    let (mut came, mut took) = (0, Vec::new());
    while came < total {
        let version = versions
            .try_next()
            .await
            .expect("a version")
            .expect("no end");
        // A row that took the place of another is all that who keeps them by key has to know.
        let facts = version.commit().facts.as_ref();
        let by_key = facts.and_then(|facts| facts.by_key);
        // What another row of the same commit is later than never comes.
        came += by_key.map_or(0, |rows| rows.superseded as usize);
        let changes = match by_key.is_some_and(|rows| rows.deleted == 0) {
            true => version.inserts().await,
            false => version.rows().await,
        };
        let mut changes = changes.expect("its rows");
        while let Some(changed) = changes.try_next().await.expect("its rows") {
            if changed.kind == ChangeKind::Delete {
                continue;
            }
            came += changed.rows.num_rows();
            let column = changed
                .rows
                .column_by_name("updated_at")
                .expect("the column");
            let made = column.as_primitive::<TimestampMicrosecondType>();
            let now = now_us();
            let mut times: Vec<i64> = made.iter().flatten().collect();
            times.dedup();
            took.extend(times.into_iter().map(|made| now - made));
        }
    }
    took
}

fn say(mut took: Vec<i64>) -> String {
    took.sort_unstable();
    let p99 = took[took.len() * 99 / 100];
    let millis = |us: i64| us / 1000;
    format!(
        "visible after p50 {} ms, p99 {} ms, at most {} ms",
        millis(median(took.clone())),
        millis(p99),
        millis(took[took.len() - 1]),
    )
}
