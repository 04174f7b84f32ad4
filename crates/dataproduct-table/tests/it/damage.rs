//! Every kind of damage to every object of a table: noticed or harmless, never served, and named by `verify`.
//!
//! `DATAPRODUCT_LONG` flips every bit of small objects; otherwise some are drawn, by `DATAPRODUCT_SEED` if that is set.

use std::sync::Arc;

use dataproduct_table::{
    Error, Location, Mode, Table, TableOptions, TableSpec, Upsert, VerifyReport, WriteOptions,
};
use dataproduct_testkit::stock::mix;
use futures::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::support::*;

type Rows = Vec<(String, String, Option<i64>)>;

/// Objects up to this size are damaged bit by bit in the long form.
const SMALL: usize = 16 * 1024;

/// A sound table in memory.
struct Sound {
    store: InMemory,
    objects: Vec<(Path, bytes::Bytes)>,
    version: u64,
    rows: Rows,
}

fn at(store: InMemory) -> Location {
    Location::with_store("memory://damage/table", Arc::new(store)).unwrap()
}

/// Partitioned rows, some of them changed, with deletion vectors in a file and in the log.
async fn sound(checkpoint_interval: u64) -> Sound {
    let inner = Arc::new(InMemory::new());
    let location = Location::with_store("memory://damage/table", inner.clone()).unwrap();
    let contract = contract(true);
    let spec = TableSpec::from_contract(&contract).with_deletion_vectors();
    Table::create(&location, &spec).await.unwrap();
    let options = TableOptions::default().with_checkpoint_interval(checkpoint_interval);
    let table = Table::open_with(&location, options).await.unwrap();
    let put = async |mode: Mode, numbers: Vec<i64>, count: i64| {
        let named: Vec<_> = numbers.iter().map(|n| format!("s{n:05}")).collect();
        let place = |n: i64| if n < 2800 { "L1" } else { "L2" };
        let data: Vec<_> = std::iter::zip(&named, &numbers)
            .map(|(sku, n)| (sku.as_str(), place(*n), Some(count * n)))
            .collect();
        let options = WriteOptions::new().with_mode(mode);
        let admitted = admit(&contract, batch(&data));
        publish(&table, options, &admitted).await.unwrap();
    };
    let upsert = || Mode::Upsert(Upsert::by(["sku"]));
    put(Mode::Append, (0..3000).collect(), 1).await;
    put(upsert(), (0..2800).step_by(2).collect(), 2).await;
    put(Mode::Append, (3000..3010).collect(), 1).await;
    put(upsert(), vec![3001, 3003], 3).await;
    put(Mode::Append, (4000..4010).collect(), 1).await;
    let mut objects = Vec::new();
    let listed: Vec<_> = inner.list(None).try_collect().await.unwrap();
    for meta in listed {
        let bytes = inner.get(&meta.location).await.unwrap().bytes().await;
        objects.push((meta.location, bytes.unwrap()));
    }
    objects.sort_by(|a, b| a.0.cmp(&b.0));
    Sound {
        version: table.snapshot().await.unwrap().version(),
        rows: read_sorted(&table).await,
        store: inner.fork(),
        objects,
    }
}

impl Sound {
    fn object(&self, ending: &str) -> &(Path, bytes::Bytes) {
        let found = self
            .objects
            .iter()
            .find(|(path, _)| path.as_ref().ends_with(ending));
        found.unwrap()
    }

    fn entry(&self, version: u64) -> (Path, bytes::Bytes) {
        self.object(&format!("_delta_log/{version:020}.json"))
            .clone()
    }
}

async fn read_all(location: &Location) -> Result<(u64, Rows), Error> {
    let table = Table::open(location).await?;
    let snapshot = table.snapshot().await?;
    let mut rows = Vec::new();
    for batch in snapshot.scan().collect().await? {
        rows.extend(rows_of(&batch));
    }
    rows.sort();
    Ok((snapshot.version(), rows))
}

/// Whether damage was noticed by a read. Serving anything but the truth, and a panic, end the test.
async fn noticed(sound: &Sound, damaged: &InMemory, case: &str) -> bool {
    let location = at(damaged.fork());
    let read = tokio::spawn(async move { read_all(&location).await });
    match read
        .await
        .unwrap_or_else(|_| panic!("{case}: a panic reached the caller"))
    {
        Ok((version, rows)) => {
            assert_eq!(version, sound.version, "{case}: another version was served");
            assert!(rows == sound.rows, "{case}: wrong rows were served");
            false
        }
        Err(error) => {
            let typed = matches!(
                error,
                Error::Damaged { .. }
                    | Error::Corrupt { .. }
                    | Error::NotFound { .. }
                    | Error::Unsupported { .. }
            );
            assert!(typed, "{case}: {error:?}");
            true
        }
    }
}

async fn verified(damaged: &InMemory) -> VerifyReport {
    Table::verify(&at(damaged.fork()), |_| {}).await.unwrap()
}

async fn assert_named(damaged: &InMemory, objects: &[&Path], case: &str) {
    let report = verified(damaged).await;
    let named = |object: &&&Path| {
        let mut names = report.damages.iter().map(|damage| &damage.object);
        names.any(|name| object.as_ref().ends_with(name.as_str()))
    };
    assert!(
        objects.iter().any(|object| named(&object)),
        "{case}: {report:?}"
    );
}

fn seed() -> u64 {
    let given = std::env::var("DATAPRODUCT_SEED").ok();
    let seed = given.and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("DATAPRODUCT_SEED={seed}");
    seed
}

/// Which bits of an object to flip.
fn bits(object: usize, bytes: usize, seed: u64) -> Vec<usize> {
    let all = bytes * 8;
    let long = std::env::var_os("DATAPRODUCT_LONG").is_some();
    let drawn = match long {
        true if bytes <= SMALL => return (0..all).collect(),
        true => 4000,
        false => 24,
    };
    let draw = |number: u64| mix(mix(seed ^ ((object as u64) << 32)) ^ number) as usize % all;
    (0..drawn).map(draw).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_never_served() {
    let seed = seed();
    let (mut flips, mut found) = (0, 0);
    for interval in [0, 3] {
        let sound = Arc::new(sound(interval).await);
        assert!(verified(&sound.store).await.is_sound());
        for (number, (path, bytes)) in sound.objects.iter().enumerate() {
            let flips_of = bits(number, bytes.len(), seed);
            flips += flips_of.len();
            let results = futures::stream::iter(flips_of).map(|bit| {
                let (sound, path, bytes) = (Arc::clone(&sound), path.clone(), bytes.clone());
                tokio::spawn(async move {
                    let case = format!("bit {bit} of {path}");
                    let mut flipped = bytes.to_vec();
                    flipped[bit / 8] ^= 1 << (bit % 8);
                    let damaged = sound.store.fork();
                    damaged.put(&path, flipped.into()).await.unwrap();
                    // A hint to where to begin reading, which nobody relies on.
                    if !path.as_ref().ends_with("_last_checkpoint") {
                        assert_named(&damaged, &[&path], &case).await;
                    }
                    noticed(&sound, &damaged, &case).await
                })
            });
            let results: Vec<bool> = results.buffered(4).map(Result::unwrap).collect().await;
            found += results.into_iter().filter(|noticed| *noticed).count();
            println!("{flips} flips up to {path}, {found} noticed by reading");
        }
    }
    println!("{flips} flips, {found} noticed by reading, the others harmless, all named by verify");
    assert!(found > flips / 4);
}

/// What somebody did to a log entry, line by line.
fn mutations(entry: &[u8]) -> Vec<(String, Vec<u8>)> {
    let lines: Vec<&[u8]> = entry.split_inclusive(|byte| *byte == b'\n').collect();
    let mut all = Vec::new();
    for line in 0..lines.len() {
        let mut dropped = lines.clone();
        dropped.remove(line);
        all.push((format!("line {line} dropped"), dropped.concat()));
        let mut doubled = lines.clone();
        doubled.insert(line, lines[line]);
        all.push((format!("line {line} doubled"), doubled.concat()));
        all.push((format!("cut before line {line}"), lines[..line].concat()));
        if line > 0 {
            let mut moved = lines.clone();
            moved.swap(line - 1, line);
            all.push((format!("line {line} moved"), moved.concat()));
        }
    }
    let text = String::from_utf8(entry.to_vec()).unwrap();
    for (from, to) in [
        ("\"size\":", "\"size\":1"),
        ("\"version\":", "\"version\":1"),
        ("L1", "L2"),
    ] {
        if text.contains(from) {
            all.push((format!("{from} edited"), text.replace(from, to).into()));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_log_is_never_served() {
    let (mut cases, mut found) = (0, 0);
    for interval in [0, 3] {
        let sound = sound(interval).await;
        for version in 0..=sound.version {
            let (path, bytes) = sound.entry(version);
            let mut damaged = Vec::new();
            for (what, bytes) in mutations(&bytes) {
                let store = sound.store.fork();
                store.put(&path, bytes.into()).await.unwrap();
                damaged.push((what, store));
            }
            let gone = sound.store.fork();
            gone.delete(&path).await.unwrap();
            damaged.push(("deleted".to_owned(), gone));
            for other in (0..=sound.version).filter(|other| *other != version) {
                let store = sound.store.fork();
                store.put(&path, sound.entry(other).1.into()).await.unwrap();
                damaged.push((format!("replaced by {other}"), store));
            }
            for (what, store) in damaged {
                let case = format!("checkpoints every {interval}: entry {version} {what}");
                cases += 1;
                found += usize::from(noticed(&sound, &store, &case).await);
                // Entries before a checkpoint may have been cleaned up.
                if interval == 0 || version > 0 || what != "deleted" {
                    assert_named(&store, &[&path], &case).await;
                }
            }
        }
        // Back to an earlier version.
        for newest in 1..sound.version {
            let store = sound.store.fork();
            for version in newest + 1..=sound.version {
                store.delete(&sound.entry(version).0).await.unwrap();
            }
            let case = format!("checkpoints every {interval}: rolled back to {newest}");
            // A checkpoint of a later version stands for the entries before it.
            let first = if interval == 3 && newest < 3 {
                4
            } else {
                newest + 1
            };
            assert!(noticed(&sound, &store, &case).await, "{case}");
            assert_named(&store, &[&sound.entry(first).0], &case).await;
            cases += 1;
            found += 1;
        }
    }
    println!(
        "{cases} mutations, {found} noticed by reading, the others harmless, all named by verify"
    );
    assert!(found > cases / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_swapped_or_lost_are_never_served() {
    let sound = sound(3).await;
    let is_data =
        |path: &Path| path.as_ref().ends_with(".parquet") && !path.as_ref().contains("_delta_log");
    let data: Vec<_> = sound
        .objects
        .iter()
        .filter(|(path, _)| is_data(path))
        .collect();
    assert!(data.len() > 3);
    for (number, (path, _)) in data.iter().enumerate() {
        let (other, bytes) = data[(number + 1) % data.len()];
        let swapped = sound.store.fork();
        swapped.put(path, bytes.clone().into()).await.unwrap();
        swapped
            .put(other, data[number].1.clone().into())
            .await
            .unwrap();
        let case = format!("{path} and {other} swapped");
        assert!(noticed(&sound, &swapped, &case).await, "{case}");
        assert_named(&swapped, &[path], &case).await;
        assert_named(&swapped, &[other], &case).await;

        let lost = sound.store.fork();
        lost.delete(path).await.unwrap();
        let case = format!("{path} lost");
        assert!(noticed(&sound, &lost, &case).await, "{case}");
        assert_named(&lost, &[path], &case).await;

        let longer = sound.store.fork();
        longer
            .put(path, [&data[number].1[..], b"x"].concat().into())
            .await
            .unwrap();
        assert_named(&longer, &[path], &format!("{path} longer")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_checkpoint_is_left_out_where_the_log_is_whole() {
    let sound = sound(3).await;
    let (path, _) = sound.object("checkpoint.parquet");
    let damaged = sound.store.fork();
    damaged.put(path, "PAR1, not".into()).await.unwrap();
    assert!(!noticed(&sound, &damaged, "a checkpoint that is none").await);
    assert_named(&damaged, &[path], "a checkpoint that is none").await;
    // Without the log before it there is nothing in its place.
    damaged.delete(&sound.entry(1).0).await.unwrap();
    assert!(noticed(&sound, &damaged, "neither checkpoint nor log").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_that_was_accepted_is_one_no_more() {
    let sound = sound(0).await;
    let damaged = Arc::new(sound.store.fork());
    damaged.delete(&sound.entry(sound.version).0).await.unwrap();
    let location = Location::with_store("memory://damage/table", damaged.clone()).unwrap();
    let error = Table::open(&location).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("delete `_anchor/head.json` to accept"),
        "{text}"
    );
    damaged.delete(&sound.object("head.json").0).await.unwrap();
    let table = Table::open(&location).await.unwrap();
    let row = admit(&contract(true), batch(&[("z", "L1", None)]));
    let receipt = publish(&table, WriteOptions::new(), &row);
    assert_eq!(receipt.await.unwrap().version, sound.version);
    assert!(verified(&damaged.fork()).await.is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_earlier_versions_wrote_is_read_without_chain_and_anchor() {
    let sound = sound(3).await;
    let older = sound.store.fork();
    for (path, bytes) in &sound.objects {
        if path.as_ref().contains("_anchor") {
            older.delete(path).await.unwrap();
        }
        if path.extension() == Some("json") && path.as_ref().contains("_delta_log") {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            older.put(path, unsealed(&text).into()).await.unwrap();
        }
    }
    assert!(!noticed(&sound, &older, "without chain").await);
    assert!(verified(&older).await.is_sound());
    // From the next commit on there is a chain, from its predecessor's bytes.
    let older = Arc::new(older);
    let location = Location::with_store("memory://damage/table", older.clone()).unwrap();
    let table = Table::open(&location).await.unwrap();
    let row = admit(&contract(true), batch(&[("z", "L1", None)]));
    publish(&table, WriteOptions::new(), &row).await.unwrap();
    let (path, bytes) = sound.entry(sound.version);
    older.put(&path, bytes.into()).await.unwrap();
    let error = Table::open(&location).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert_named(&older.fork(), &[&path], "an entry of before").await;
}
