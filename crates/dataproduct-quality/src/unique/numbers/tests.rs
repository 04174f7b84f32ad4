//! Whole numbers against a map of them: close together, far apart, at the ends of their range, and in memory or not.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::{ArrayRef, Date32Array, Int8Array, Int64Array, RecordBatch};
use proptest::prelude::*;

use super::super::{Keep, KeyHasher, Nulls, Spill, Uniqueness};
use super::*;

/// A place to spill to in memory; counts what goes there.
#[derive(Debug, Default)]
struct Counted {
    parts: HashMap<usize, Vec<u8>>,
    appended: Arc<AtomicUsize>,
}

impl Spill for Counted {
    fn append(&mut self, part: usize, bytes: &[u8]) -> io::Result<()> {
        self.appended.fetch_add(bytes.len(), Ordering::Relaxed);
        self.parts.entry(part).or_default().extend_from_slice(bytes);
        Ok(())
    }

    fn read(&mut self, part: usize) -> io::Result<Vec<u8>> {
        Ok(self.parts.remove(&part).unwrap_or_default())
    }
}

struct Found {
    /// The rows that repeat an earlier one.
    repeats: Vec<usize>,
    /// Whether no second look was needed.
    is_proven: bool,
    /// How many numbers were no bits in the end.
    hashed: u64,
    spilled_bytes: usize,
}

fn found(keys: &ArrayRef, rows_per_batch: usize, budget: usize) -> Found {
    let whole = RecordBatch::try_from_iter_with_nullable([("key", Arc::clone(keys), true)]);
    let whole = whole.unwrap();
    let columns = ["key".to_owned()];
    let hasher = KeyHasher::new(&columns, Nulls::Distinct, &whole.schema()).unwrap();
    let spill = Counted::default();
    let spilled = Arc::clone(&spill.appended);
    let mut unique = Uniqueness::new(&hasher, budget, Some(Box::new(spill)));
    let starts = || (0..whole.num_rows()).step_by(rows_per_batch);
    let batch = |start: usize| {
        let batch = whole.slice(start, rows_per_batch.min(whole.num_rows() - start));
        let (hashes, valid) = hasher.hash(&batch).unwrap();
        (batch, hashes, valid)
    };
    for start in starts() {
        let (_, hashes, valid) = batch(start);
        unique.push(&hashes, valid.as_ref());
    }
    let hashed = unique.hashed();
    let candidates = unique.finish().unwrap();
    let is_proven = candidates.is_empty();
    let mut confirm = candidates.confirm(Keep::First);
    let mut repeats = Vec::new();
    for start in starts() {
        let (batch, hashes, valid) = batch(start);
        let failed = confirm.look(&columns, &batch, &hashes, valid.as_ref());
        repeats.extend(failed.unwrap().rows().map(|row| start + row));
    }
    Found {
        repeats,
        is_proven,
        hashed,
        spilled_bytes: spilled.load(Ordering::Relaxed),
    }
}

#[track_caller]
fn check(keys: &[Option<i64>], rows_per_batch: usize, budget: usize) -> Found {
    let mut seen = std::collections::HashSet::new();
    let rows = keys.iter().enumerate();
    let repeats = rows.filter(|(_, key)| key.is_some_and(|key| !seen.insert(key)));
    let repeats: Vec<usize> = repeats.map(|(row, _)| row).collect();
    let array: ArrayRef = Arc::new(Int64Array::from(keys.to_vec()));
    let found = found(&array, rows_per_batch, budget);
    assert_eq!(found.repeats, repeats);
    // Hashes of numbers cannot collide, so that nothing is looked at again in vain.
    assert_eq!(found.is_proven, repeats.is_empty());
    found
}

/// Every number from `first` on once, all over; `bits` says how many.
fn scattered(first: i64, bits: u32) -> impl Iterator<Item = i64> {
    let mask = (1_i64 << bits) - 1;
    (0..=mask).map(move |row| first.wrapping_add(row.wrapping_mul(0x9e37_79b1) & mask))
}

fn sparse(row: i64) -> i64 {
    row.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed())
}

const LARGE: usize = 1 << 20;

#[test]
fn numbers_that_lie_close_together_are_bits_wherever_they_begin() {
    let firsts = [0, -100_000, 1 << 40, i64::MIN, i64::MAX - (1 << 18) + 1];
    for first in firsts {
        let ascending = |n: i64| (0..n).map(move |row| Some(first + row));
        let up: Vec<_> = ascending(1 << 18).collect();
        let down: Vec<_> = up.iter().rev().copied().collect();
        let over: Vec<_> = scattered(first, 18).map(Some).collect();
        for keys in [up, down, over] {
            let hashed = check(&keys, 10_000, LARGE).hashed;
            assert_eq!(hashed, 0, "{first} {:?}", &keys[..2]);
        }
    }
}

#[test]
fn a_window_is_no_larger_than_its_share_of_the_budget() {
    // 2^22 bits are 512 KiB.
    let keys: Vec<_> = (0..1 << 22).map(Some).collect();
    assert_eq!(check(&keys, 65_536, 2 << 20).hashed, 0);
    assert!(check(&keys, 65_536, 1 << 19).hashed > 1 << 20);
}

#[test]
fn numbers_far_apart_are_hashes_and_spilled() {
    let mut keys: Vec<_> = (0..1 << 20).map(|row| Some(sparse(row))).collect();
    let in_memory = check(&keys, 65_536, usize::MAX);
    assert_eq!((in_memory.hashed, in_memory.spilled_bytes), (1 << 20, 0));
    keys.extend([Some(sparse(7)), None, None, Some(sparse(100_000))]);
    let spilled = check(&keys, 65_536, 0);
    // But for the blocks that are open.
    assert!((1 << 22..1 << 23).contains(&spilled.spilled_bytes));
}

#[test]
fn a_number_hashed_before_the_window_reached_it_is_found_again() {
    // 150,000 comes first as an outlier, long before the window has grown to it.
    for early in [150_000, -150_000] {
        let close = (0..200_000).map(|row| Some(if early < 0 { -row } else { row }));
        let keys: Vec<_> = [Some(early)].into_iter().chain(close).collect();
        for budget in [0, LARGE, usize::MAX] {
            check(&keys, 5_000, budget);
        }
    }
}

#[test]
fn a_few_that_lie_far_off_keep_no_others_from_being_bits() {
    let far = [i64::MIN, i64::MAX, -1 << 40, 1 << 50];
    let close = (0..1 << 18).map(|row| Some(1_000 + row));
    let mut keys: Vec<_> = close.collect();
    for (place, key) in far.into_iter().enumerate() {
        keys.insert(place * 50_000, Some(key));
    }
    assert_eq!(check(&keys, 10_000, LARGE).hashed, far.len() as u64);
    // Those that lie far off repeat themselves too.
    keys.extend(far.map(Some));
    check(&keys, 10_000, LARGE);
}

#[test]
fn half_of_them_close_together_are_bits() {
    let keys = (0..1_i64 << 18).flat_map(|row| [Some(row), Some(sparse(row + 1))]);
    let keys: Vec<_> = keys.collect();
    // Each time other numbers are the sample.
    for _ in 0..8 {
        let hashed = check(&keys, 10_000, usize::MAX).hashed;
        assert!((1 << 18..1 << 18 | 1 << 15).contains(&hashed), "{hashed}");
    }
}

#[test]
fn missing_ones_repeat_none() {
    let keys: Vec<_> = (0..150_000)
        .map(|row| (row % 3 > 0).then_some(row))
        .collect();
    check(&keys, 10_000, usize::MAX);
    check(&[None, None, Some(0), None, Some(0)], 2, 0);
    check(&[], 1, 0);
}

#[test]
fn other_whole_numbers_stand_for_themselves() {
    let days: ArrayRef = Arc::new(Date32Array::from(vec![i32::MIN, 0, i32::MAX, -1, i32::MIN]));
    assert_eq!(found(&days, 2, 0).repeats, [4]);
    let small: ArrayRef = Arc::new(Int8Array::from_iter_values(-128..=127));
    assert!(found(&small, 100, 0).is_proven);
}

#[test]
fn a_hash_tells_its_number() {
    for _ in 0..100 {
        let numbers = Numbers::new(0);
        for number in [0, 1, u64::MAX, 1 << 63, 0x1234_5678_9abc_def0] {
            assert_eq!(numbers.number(numbers.hash(number)), number);
        }
    }
}

/// Runs of numbers: where one begins, how many steps it has, how long they are, and whether it is shuffled.
fn runs() -> impl Strategy<Value = Vec<(i64, i64, i64, bool)>> {
    let first = prop_oneof![
        Just(0),
        Just(i64::MIN),
        Just(i64::MAX - 200_000),
        Just(-60_000),
        -200_000_i64..200_000,
        any::<i64>()
    ];
    let step = prop_oneof![3 => Just(1_i64), 2 => Just(-1), 1 => Just(7), 1 => any::<i64>()];
    let run = (first, 1_i64..120_000, step, any::<bool>());
    proptest::collection::vec(run, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn repeats_are_those_of_a_map(
        runs in runs(),
        rows_per_batch in prop_oneof![Just(1_000_usize), Just(65_536)],
        budget in prop_oneof![Just(0_usize), Just(1 << 16), Just(LARGE), Just(usize::MAX)],
        missing in 2_usize..50,
    ) {
        let mut keys = Vec::new();
        for (first, steps, step, is_shuffled) in runs {
            let mut run: Vec<_> =
                (0..steps).map(|n| Some(first.wrapping_add(n.wrapping_mul(step)))).collect();
            if is_shuffled {
                let length = run.len();
                (0..length).for_each(|row| run.swap(row, row.wrapping_mul(0x9e37_79b1) % length));
            }
            keys.extend(run);
        }
        keys.iter_mut().step_by(missing).for_each(|key| *key = None);
        check(&keys, rows_per_batch, budget);
    }
}
