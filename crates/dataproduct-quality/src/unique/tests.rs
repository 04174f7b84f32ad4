//! Uniqueness against a map of keys, with everything that may not change it changed.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    types::Int16Type,
};
use proptest::prelude::*;

use super::*;

/// A place to spill to in memory, which may fail.
#[derive(Debug, Default)]
struct Memory {
    parts: HashMap<usize, Vec<u8>>,
    appended: usize,
    fails_after: Option<usize>,
    loses: bool,
}

impl Spill for Memory {
    fn append(&mut self, part: usize, bytes: &[u8]) -> io::Result<()> {
        if self.fails_after.is_some_and(|most| self.appended >= most) {
            return Err(io::Error::other("the disk is full"));
        }
        self.appended += 1;
        self.parts.entry(part).or_default().extend_from_slice(bytes);
        Ok(())
    }

    fn read(&mut self, part: usize) -> io::Result<Vec<u8>> {
        let mut bytes = self.parts.remove(&part).unwrap_or_default();
        if self.loses {
            bytes.truncate(bytes.len() / 2);
        }
        Ok(bytes)
    }
}

/// A row: text, number, float, truth.
type Row = (Option<u8>, Option<i64>, Option<u8>, Option<bool>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let some = |most: u8| proptest::option::weighted(0.9, 0..most);
    let row = (
        some(6),
        proptest::option::weighted(0.9, prop_oneof![0_i64..3, Just(i64::MIN), Just(i64::MAX)]),
        some(4),
        proptest::option::weighted(0.9, any::<bool>()),
    );
    proptest::collection::vec(row, 0..60)
}

const TEXTS: [&str; 6] = ["", "a", "ab", "a-longer-text-of-26-letters", "a\0", "aé"];
const FLOATS: [f64; 4] = [0.0, -0.0, f64::NAN, 1.5];

fn table(rows: &[Row], labels: bool) -> RecordBatch {
    let text = |row: &Row| row.0.map(|text| TEXTS[usize::from(text)]);
    let texts: ArrayRef = match labels {
        true => Arc::new(
            rows.iter()
                .map(text)
                .collect::<DictionaryArray<Int16Type>>(),
        ),
        false => Arc::new(rows.iter().map(text).collect::<StringArray>()),
    };
    let float = |row: &Row| row.2.map(|float| FLOATS[usize::from(float)]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", texts),
        (
            "number",
            Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
        ),
        (
            "float",
            Arc::new(rows.iter().map(float).collect::<Float64Array>()),
        ),
        (
            "truth",
            Arc::new(rows.iter().map(|row| row.3).collect::<BooleanArray>()),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
        .unwrap()
}

/// The rows that repeat an earlier one, and those that give way, by a look at all pairs.
fn expected(rows: &[Row], valid: &[bool], nulls: Nulls, keep: &Keep) -> (Vec<usize>, Vec<usize>) {
    // Both zeros are one value.
    let key = |row: &Row| {
        let float = row.2.map(|float| if float == 1 { 0 } else { float });
        let key = (row.0, row.1, float, row.3);
        let there = [
            row.0.is_some(),
            row.1.is_some(),
            float.is_some(),
            row.3.is_some(),
        ];
        let counts = match nulls {
            Nulls::Distinct => there == [true; 4],
            Nulls::Equal => there != [false; 4],
        };
        counts.then_some(key)
    };
    let mut groups: HashMap<_, Vec<usize>> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        if let Some(key) = key(row).filter(|_| valid[i]) {
            groups.entry(key).or_default().push(i);
        }
    }
    let (mut repeats, mut give_way) = (Vec::new(), Vec::new());
    for group in groups.values() {
        repeats.extend(&group[1..]);
        let stays = match keep {
            Keep::First => group[0],
            _ => group[group.len() - 1],
        };
        give_way.extend(group.iter().filter(|row| **row != stays));
    }
    repeats.sort_unstable();
    give_way.sort_unstable();
    (repeats, give_way)
}

struct Found {
    repeats: Vec<usize>,
    give_way: Vec<usize>,
    is_proven: bool,
}

fn found(
    hasher: &KeyHasher,
    batches: &[RecordBatch],
    valid: &[bool],
    keep: Keep,
    mut unique: Uniqueness,
) -> io::Result<Found> {
    let mut first = 0;
    let mut hashed = Vec::new();
    for batch in batches {
        let (hashes, nulls) = hasher.hash(batch).unwrap();
        let kept = NullBufferOf(&valid[first..first + batch.num_rows()]).nulls();
        let valid = arrow_buffer::NullBuffer::union(nulls.as_ref(), Some(&kept));
        unique.push(&hashes, valid.as_ref());
        hashed.push((hashes, valid));
        first += batch.num_rows();
    }
    let candidates = unique.finish()?;
    let is_proven = candidates.is_empty();
    let mut confirm = candidates.confirm(keep);
    let (mut repeats, mut give_way, mut first) = (Vec::new(), Vec::new(), 0);
    for (batch, (hashes, valid)) in batches.iter().zip(&hashed) {
        let failed = confirm
            .look(hasher.columns(), batch, hashes, valid.as_ref())
            .unwrap();
        let rows = failed
            .mask()
            .map(|mask| mask.set_indices().collect::<Vec<_>>());
        repeats.extend(rows.unwrap_or_default().into_iter().map(|row| first + row));
        first += batch.num_rows();
    }
    let mut confirmed = confirm.conclude();
    first = 0;
    for (batch, (hashes, valid)) in batches.iter().zip(&hashed) {
        let failed = confirmed
            .give_way(hasher.columns(), batch, hashes, valid.as_ref())
            .unwrap();
        let rows = failed
            .mask()
            .map(|mask| mask.set_indices().collect::<Vec<_>>());
        give_way.extend(rows.unwrap_or_default().into_iter().map(|row| first + row));
        first += batch.num_rows();
    }
    Ok(Found {
        repeats,
        give_way,
        is_proven,
    })
}

struct NullBufferOf<'a>(&'a [bool]);

impl NullBufferOf<'_> {
    fn nulls(&self) -> arrow_buffer::NullBuffer {
        arrow_buffer::NullBuffer::from(self.0.to_vec())
    }
}

fn columns() -> Vec<String> {
    ["text", "number", "float", "truth"]
        .map(str::to_owned)
        .to_vec()
}

proptest! {
    #[test]
    fn repeated_rows_are_those_that_a_map_finds(
        rows in rows(),
        dropped in any::<u64>(),
        cut in 0_usize..60,
        bits in prop_oneof![Just(4_u32), Just(64)],
        budget in prop_oneof![Just(0_usize), Just(usize::MAX)],
        labels in any::<bool>(),
        keep in prop_oneof![Just(Keep::First), Just(Keep::Last)],
        nulls in prop_oneof![Just(Nulls::Distinct), Just(Nulls::Equal)],
    ) {
        let whole = table(&rows, labels);
        let cut = cut.min(rows.len());
        let batches = [whole.slice(0, cut), whole.slice(cut, rows.len() - cut)];
        let valid: Vec<bool> = (0..rows.len()).map(|row| dropped >> (row % 64) & 7 != 0).collect();
        let hasher = KeyHasher::new(&columns(), nulls, &whole.schema()).unwrap().with_bits(bits);
        let unique = Uniqueness::new(&hasher, budget, Some(Box::new(Memory::default())));
        let found = found(&hasher, &batches, &valid, keep.clone(), unique).unwrap();
        let (repeats, give_way) = expected(&rows, &valid, nulls, &keep);
        prop_assert_eq!(&found.repeats, &repeats);
        prop_assert_eq!(&found.give_way, &give_way);
        // With all bits two keys of so few do not collide.
        if bits == 64 {
            prop_assert_eq!(found.is_proven, repeats.is_empty());
        }
    }

    #[test]
    fn text_is_hashed_alike_in_every_encoding(rows in rows()) {
        let hasher = |labels| {
            let whole = table(&rows, labels);
            let mut hasher = KeyHasher::new(&columns(), Nulls::Distinct, &whole.schema()).unwrap();
            (hasher.seed, hasher.secret) = (5, 7);
            let (mut hashes, valid) = hasher.hash(&whole).unwrap();
            for (row, hash) in hashes.iter_mut().enumerate() {
                if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
                    *hash = 0;
                }
            }
            hashes
        };
        prop_assert_eq!(hasher(true), hasher(false));
    }
}

/// Many keys, of which one comes twice, with parts that are spilled and parts that are parted once more.
#[test]
fn one_repeated_key_of_many_is_found() {
    let keys = (0..300_000).chain([123_456]).map(|key| key.to_string());
    let whole: ArrayRef = Arc::new(StringArray::from_iter_values(keys));
    let whole = RecordBatch::try_from_iter([("key", whole)]).unwrap();
    let hasher = KeyHasher::new(&["key".to_owned()], Nulls::Distinct, &whole.schema()).unwrap();
    // All in one part, and thus parted once more; or all over.
    for bits in [0, 64] {
        for budget in [0, 1 << 20, usize::MAX] {
            let mut unique = Uniqueness::of_hashes(budget, Some(Box::new(Memory::default())));
            let (mut hashes, _) = hasher.hash(&whole).unwrap();
            if bits == 0 {
                hashes.iter_mut().for_each(|hash| *hash >>= 12);
            }
            hashes
                .chunks(10_000)
                .for_each(|chunk| unique.push(chunk, None));
            let candidates = unique.finish().unwrap();
            let mut confirm = candidates.confirm(Keep::First);
            let failed = confirm
                .look(hasher.columns(), &whole, &hashes, None)
                .unwrap();
            assert_eq!(
                (failed.count(), failed.first()),
                (1, Some(300_000)),
                "{bits} {budget}"
            );
        }
    }
}

#[test]
fn the_largest_value_stays() {
    let key: ArrayRef = Arc::new(StringArray::from(vec!["a", "a", "b", "a", "b", "a"]));
    let at = Int64Array::from(vec![Some(1), Some(5), None, Some(5), Some(0), Some(2)]);
    let whole = RecordBatch::try_from_iter_with_nullable([
        ("key", key, true),
        ("at", Arc::new(at) as ArrayRef, true),
    ])
    .unwrap();
    let hasher = KeyHasher::new(&["key".to_owned()], Nulls::Distinct, &whole.schema()).unwrap();
    let unique = Uniqueness::new(&hasher, usize::MAX, None);
    let keep = Keep::Largest("at".to_owned());
    let found = found(&hasher, &[whole], &[true; 6], keep, unique).unwrap();
    assert_eq!(
        found.give_way,
        [0, 1, 2, 5],
        "row 3 is the last of the largest"
    );
}

#[test]
fn what_is_spilled_and_lost_is_an_error() {
    let hashes: Vec<u64> = (0..2_000_000_u64)
        .map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .collect();
    let finished = |memory: Memory| {
        let mut unique = Uniqueness::of_hashes(0, Some(Box::new(memory)));
        unique.push(&hashes, None);
        unique.finish().map(|candidates| candidates.is_empty())
    };
    assert!(finished(Memory::default()).unwrap());
    let full = Memory {
        fails_after: Some(3),
        ..Memory::default()
    };
    assert_eq!(finished(full).unwrap_err().to_string(), "the disk is full");
    let lossy = Memory {
        loses: true,
        ..Memory::default()
    };
    assert_eq!(
        finished(lossy).unwrap_err().kind(),
        io::ErrorKind::InvalidData
    );
}

/// What was pushed is never denied, whether keys are hashed, numbers that lie close together, or some of both.
#[test]
fn what_was_seen_may_be_held() {
    let close = || (0..20_000_i64).map(|n| n * 3);
    let far = || (0..20_000_i64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()));
    let mixed = || close().chain(far());
    #[track_caller]
    fn check(numbers: Vec<i64>, others: Vec<i64>) {
        let batch = |numbers: &[i64]| {
            let column: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
            RecordBatch::try_from_iter([("n", column)]).unwrap()
        };
        let rows = batch(&numbers);
        let hasher = KeyHasher::new(&["n".to_owned()], Nulls::Distinct, rows.schema_ref()).unwrap();
        let mut unique = Uniqueness::new(&hasher, usize::MAX, None);
        for part in numbers.chunks(1000) {
            unique.push(&hasher.hash(&batch(part)).unwrap().0, None);
        }
        let seen = unique.seen().unwrap();
        let (hashes, _) = hasher.hash(&rows).unwrap();
        assert!(hashes.iter().all(|hash| seen.may_hold(*hash)));
        let (hashes, _) = hasher.hash(&batch(&others)).unwrap();
        let held = hashes.iter().filter(|hash| seen.may_hold(**hash)).count();
        assert!(held < others.len() / 5, "{held} of {}", others.len());
    }
    let others = || (0..5_000_i64).map(|n| n * 3 + 1).collect::<Vec<_>>();
    check(close().collect(), others());
    check(far().collect(), others());
    check(mixed().collect(), others());
}

/// Texts of one length are hashed in a loop of their own, which a batch is in or not by what else is in it.
#[test]
fn a_text_is_hashed_alike_whatever_is_beside_it() {
    for width in 0..=20 {
        let alike: Vec<String> = (0..5)
            .map(|row| "abcdefghijklmnopqrstuvwxyz"[row..row + width].to_owned())
            .collect();
        let longer = "x".repeat(width + 1);
        let batch = |texts: &[&str]| {
            let texts: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
            let bytes: ArrayRef =
                arrow_cast::cast(&texts, &arrow_schema::DataType::Binary).unwrap();
            RecordBatch::try_from_iter([("text", texts), ("bytes", bytes)]).unwrap()
        };
        let mut texts: Vec<&str> = alike.iter().map(String::as_str).collect();
        let uniform = batch(&texts);
        texts.push(&longer);
        let mixed = batch(&texts);
        for column in ["text", "bytes"] {
            let columns = [column.to_owned()];
            let hasher = KeyHasher::new(&columns, Nulls::Distinct, &mixed.schema()).unwrap();
            let hashes = |batch: &RecordBatch| hasher.hash(batch).unwrap().0;
            let expected = hashes(&mixed);
            assert_eq!(hashes(&uniform), expected[..5], "{width} {column}");
            assert_eq!(
                hashes(&uniform.slice(2, 3)),
                expected[2..5],
                "{width} {column}"
            );
            assert_eq!(
                hashes(&mixed.slice(3, 3)),
                expected[3..],
                "{width} {column}"
            );
            let different = expected.iter().collect::<std::collections::HashSet<_>>();
            assert_eq!(different.len(), if width == 0 { 2 } else { 6 }, "{width}");
        }
    }
}
