//! What publishers of this process remember of a table's data files: their keys, so that a change by key does not read
//! them again, and the rows that are gone from them.
//!
//! A data file never changes, so that its keys are remembered by its path. Which of its rows are part of the table is
//! not: rows are found by key among all rows of a file, and those that are gone are left out afterwards. Deletion
//! vectors go by their own identity. What is remembered of files that are no longer in the table is forgotten, and
//! what does not fit in the memory allowed is read from the files each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use dataproduct_quality::unique::{KeyHasher, Nulls};

use super::Upsert;
use super::keys::{hashes, spread};
use crate::deletion::{self, Deleted, unique_id};
use crate::error::{Error, Result};
use crate::log::action::{Add, DeletionVector};
use crate::log::state::{Files, TableState};
use crate::storage::Storage;

/// Memory for the keys of a table that is changed by key, in bytes: those of some ten million rows.
pub const DEFAULT_KEY_MEMORY_BYTES: usize = 512 * 1024 * 1024;

/// Keys of files with up to so many rows are remembered when they are read first, those of others when they are read a
/// second time: who publishes once does not pay for it.
const SMALL_ROWS: u64 = 1 << 18;

/// Memory for deletion vectors, in bytes.
const VECTOR_BYTES: usize = 64 * 1024 * 1024;

/// So many publishes later a file that is not in the table counts as gone, and not as one of a publish under way.
const PATIENCE: u64 = 64;

/// Which keys are remembered: those of other columns, or as another declaration of the table tells them, are others.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    table: String,
    declared: String,
    upsert: Upsert,
}

/// Stands for what is remembered of one identity, for as long as no other has come in between: hashes are compared with
/// those of the same hasher only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// What is remembered of a table.
#[derive(Debug, Default)]
pub(crate) struct Known {
    keys: Mutex<Keys>,
    vectors: Mutex<Vectors>,
}

#[derive(Debug, Default)]
struct Keys {
    /// What they are of, and what hashes them.
    of: Option<(Identity, KeyHasher)>,
    /// Counts what they were of.
    ticket: u64,
    files: HashMap<String, Slot>,
    bytes: usize,
    /// Counts publishes.
    tick: u64,
}

#[derive(Debug)]
struct Slot {
    used: u64,
    /// Whether it was part of the table once: then it is not one of a publish under way.
    was_there: bool,
    /// `None` after the file was read once.
    keys: Option<Arc<FileKeys>>,
}

#[derive(Debug, Default)]
struct Vectors {
    /// By file: the identity of its newest vector, and its rows.
    files: HashMap<String, (String, Arc<Deleted>)>,
    bytes: usize,
}

impl Known {
    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn vectors(&self) -> MutexGuard<'_, Vectors> {
        self.vectors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What hashes the keys of a publish. Keys of other columns are forgotten.
    pub(super) fn hasher(
        &self,
        upsert: &Upsert,
        state: &TableState,
    ) -> Result<(Ticket, KeyHasher)> {
        let identity = Identity {
            table: state.metadata.id.clone(),
            declared: state.metadata.schema_string.clone(),
            upsert: upsert.clone(),
        };
        let mut keys = self.keys();
        if let Some((of, hasher)) = &keys.of
            && *of == identity
        {
            return Ok((Ticket(keys.ticket), hasher.clone()));
        }
        let hasher = KeyHasher::new(&upsert.key, Nulls::Distinct, &state.schema.arrow)
            .map_err(|reason| Error::InvalidSpec { reason })?;
        *keys = Keys {
            of: Some((identity, hasher.clone())),
            ticket: keys.ticket + 1,
            tick: keys.tick,
            ..Keys::default()
        };
        Ok((Ticket(keys.ticket), hasher))
    }

    /// The keys of a file, if they are remembered.
    pub(super) fn get(&self, ticket: Ticket, path: &str) -> Option<Arc<FileKeys>> {
        let mut keys = self.keys();
        keys.is_of(ticket).then_some(())?;
        let tick = keys.tick;
        let slot = keys.files.get_mut(path)?;
        slot.used = tick;
        slot.keys.clone()
    }

    /// Whether the keys of a file that is about to be read are worth remembering, and would fit.
    pub(super) fn wants(&self, ticket: Ticket, add: &Add, limit: usize) -> bool {
        let mut keys = self.keys();
        let Some(rows) = add.rows().filter(|_| keys.is_of(ticket)) else {
            return false;
        };
        let Ok(least) = usize::try_from(rows.saturating_mul(LEAST_ROW_BYTES)) else {
            return false;
        };
        if u32::try_from(rows).is_err() || keys.bytes.saturating_add(least) > limit {
            return false;
        }
        let used = keys.tick;
        if let Some(slot) = keys.files.get_mut(&add.path) {
            slot.used = used;
            return slot.keys.is_none();
        }
        let slot = Slot {
            used,
            was_there: false,
            keys: None,
        };
        keys.files.insert(add.path.clone(), slot);
        rows <= SMALL_ROWS
    }

    /// Remembers the keys of a file, if they fit.
    pub(super) fn put(&self, ticket: Ticket, path: &str, of_file: Arc<FileKeys>, limit: usize) {
        let mut keys = self.keys();
        if !keys.is_of(ticket) || keys.bytes.saturating_add(of_file.bytes) > limit {
            return;
        }
        keys.bytes += of_file.bytes;
        let was_there = keys.files.get(path).is_some_and(|slot| slot.was_there);
        let slot = Slot {
            used: keys.tick,
            was_there,
            keys: Some(of_file),
        };
        if let Some(Slot {
            keys: Some(before), ..
        }) = keys.files.insert(path.to_owned(), slot)
        {
            keys.bytes -= before.bytes;
        }
    }

    /// Forgets what is not in the table any more. Called once for each publish.
    pub(super) fn retain(&self, files: &Files) {
        let mut keys = self.keys();
        keys.tick += 1;
        let oldest = keys.tick.saturating_sub(PATIENCE);
        keys.files.retain(|path, slot| match files.contains(path) {
            true => {
                slot.was_there = true;
                true
            }
            false => !slot.was_there && slot.used > oldest,
        });
        let kept = keys.files.values().filter_map(|slot| slot.keys.as_ref());
        keys.bytes = kept.map(|keys| keys.bytes).sum();
        drop(keys);
        let mut vectors = self.vectors();
        vectors.files.retain(|path, _| files.contains(path));
        vectors.bytes = vectors.files.values().map(|(_, rows)| rows.bytes()).sum();
    }

    /// The rows that are gone from a file.
    pub(crate) async fn deleted(&self, storage: &Storage, add: &Add) -> Result<Arc<Deleted>> {
        let Some(vector) = &add.deletion_vector else {
            return Ok(Arc::default());
        };
        let id = unique_id(vector);
        if let Some((known, rows)) = self.vectors().files.get(&add.path)
            && *known == id
        {
            return Ok(Arc::clone(rows));
        }
        let rows = Arc::new(deletion::read(storage, vector).await?);
        self.remember(&add.path, vector, &rows);
        Ok(rows)
    }

    /// Remembers the rows that are gone from a file.
    pub(super) fn remember(&self, path: &str, vector: &DeletionVector, rows: &Arc<Deleted>) {
        let mut vectors = self.vectors();
        if let Some((_, before)) = vectors.files.remove(path) {
            vectors.bytes -= before.bytes();
        }
        if vectors.bytes + rows.bytes() <= VECTOR_BYTES {
            vectors.bytes += rows.bytes();
            let known = (unique_id(vector), Arc::clone(rows));
            vectors.files.insert(path.to_owned(), known);
        }
    }
}

impl Keys {
    fn is_of(&self, ticket: Ticket) -> bool {
        self.ticket == ticket.0
    }
}

/// No row's key takes less: its place in the index, and a number.
const LEAST_ROW_BYTES: u64 = 16;

/// The keys of all rows of a file, by their hashes.
#[derive(Debug)]
pub(super) struct FileKeys {
    /// Rows with the columns that are compared, each batch behind as many rows as `starts` says.
    batches: Vec<RecordBatch>,
    starts: Vec<u64>,
    /// Places in `entries` where the hashes of each bucket begin.
    buckets: Vec<u32>,
    /// More of the hash, and the row.
    entries: Vec<(u32, u32)>,
    bytes: usize,
}

/// How many rows share a bucket.
const BUCKET_ROWS: usize = 8;

impl FileKeys {
    /// The batches are all rows of a file, in their order.
    pub(super) fn of(hasher: &KeyHasher, batches: Vec<RecordBatch>) -> Result<Self> {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let rows = u32::try_from(rows).map_err(|_| Error::InvalidSpec {
            reason: "a data file has more than 4,294,967,295 rows".to_owned(),
        })?;
        let count = (rows as usize / BUCKET_ROWS).next_power_of_two();
        let mut buckets = vec![0u32; count + 1];
        for batch in &batches {
            for hash in hashes(hasher, batch)? {
                buckets[bucket(hash, count) + 1] += 1;
            }
        }
        let mut sum = 0;
        for bucket in &mut buckets {
            sum += *bucket;
            *bucket = sum;
        }
        // Hashed again rather than kept: eight bytes a row would be held meanwhile.
        let mut next = buckets.clone();
        let mut entries = vec![(0u32, 0u32); rows as usize];
        let (mut starts, mut row) = (Vec::with_capacity(batches.len()), 0u32);
        for batch in &batches {
            starts.push(u64::from(row));
            for hash in hashes(hasher, batch)? {
                let place = &mut next[bucket(hash, count)];
                entries[*place as usize] = (tag(hash), row);
                *place += 1;
                row += 1;
            }
        }
        let bytes = size_of_val(&*buckets) + size_of_val(&*entries) + bytes_of(&batches);
        Ok(Self {
            batches,
            starts,
            buckets,
            entries,
            bytes,
        })
    }

    /// The rows that have one of these hashes, or one that looks like it, each with which of them: by row.
    pub(super) fn candidates(&self, wanted: impl Iterator<Item = u64>) -> Vec<(u32, u32)> {
        let count = self.buckets.len() - 1;
        let mut found = Vec::new();
        for (which, hash) in (0u32..).zip(wanted) {
            let bucket = bucket(hash, count);
            let (start, end) = (self.buckets[bucket], self.buckets[bucket + 1]);
            let entries = &self.entries[start as usize..end as usize];
            let tag = tag(hash);
            let same = entries.iter().filter(|(other, _)| *other == tag);
            found.extend(same.map(|(_, row)| (*row, which)));
        }
        found.sort_unstable();
        found
    }

    /// Sorted rows by the batch that they are in: the batch, which of its rows, and the rows themselves.
    pub(super) fn in_batches<'a, T>(
        &'a self,
        rows: &'a [(u32, T)],
    ) -> impl Iterator<Item = (&'a RecordBatch, Vec<u32>, &'a [(u32, T)])> {
        let mut rest = rows;
        let batches = self.batches.iter().zip(&self.starts);
        batches.filter_map(move |(batch, start)| {
            let end = start + batch.num_rows() as u64;
            let split = rest.partition_point(|(row, _)| u64::from(*row) < end);
            let (these, others) = rest.split_at(split);
            rest = others;
            let places = these
                .iter()
                .map(|(row, _)| (u64::from(*row) - start) as u32);
            (!these.is_empty()).then(|| (batch, places.collect(), these))
        })
    }
}

/// Of `count` buckets, a power of two.
fn bucket(hash: u64, count: usize) -> usize {
    match count.trailing_zeros() {
        0 => 0,
        bits => (spread(hash) >> (64 - bits)) as usize,
    }
}

/// Bits of a hash that the bucket does not tell.
fn tag(hash: u64) -> u32 {
    spread(hash) as u32
}

/// The memory of batches; labels that several of them share count once.
fn bytes_of(batches: &[RecordBatch]) -> usize {
    let columns = batches.first().map_or(0, RecordBatch::num_columns);
    let mut bytes = 0;
    for column in 0..columns {
        let mut shared: Option<*const ()> = None;
        for batch in batches {
            let array = batch.column(column);
            let Some(labels) = array.as_any_dictionary_opt() else {
                bytes += array.get_buffer_memory_size();
                continue;
            };
            bytes += labels.keys().get_buffer_memory_size();
            let values = Arc::as_ptr(labels.values()).cast::<()>();
            if shared.replace(values) != Some(values) {
                bytes += labels.values().get_buffer_memory_size();
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::keyed::tests::{Random, batch, by_key, schema};

    #[tokio::test]
    async fn keys_are_only_compared_with_those_of_the_same_hasher() {
        let state = crate::write::keyed::tests::table("tickets", crate::TableSpec::new(schema()));
        let state = state.await.current();
        let (known, of_key) = (Known::default(), by_key());
        let other = Upsert::by(["sku"]);
        let (first, hasher) = known.hasher(&of_key, &state).unwrap();
        let rows = batch(&Random(1).rows(10, 10));
        let keys = || Arc::new(FileKeys::of(&hasher, vec![rows.clone()]).unwrap());
        known.put(first, "a", keys(), 1 << 20);
        assert_eq!(known.hasher(&of_key, &state).unwrap().0, first);
        assert!(known.get(first, "a").is_some());
        known.hasher(&other, &state).unwrap();
        assert!(known.get(first, "a").is_none());
        // Who began before the others came does not meet what was remembered after them.
        let (second, _) = known.hasher(&of_key, &state).unwrap();
        known.put(first, "a", keys(), 1 << 20);
        assert!(known.get(second, "a").is_none());
        known.put(second, "a", keys(), 1 << 20);
        assert!(known.get(first, "a").is_none());
        assert!(known.get(second, "a").is_some());
        // What does not fit is not remembered, and what is gone is forgotten after a while.
        known.put(second, "b", keys(), 200);
        assert!(known.get(second, "b").is_none());
        for _ in 0..=PATIENCE {
            known.retain(&Files::default());
        }
        assert!(known.get(second, "a").is_none());
        assert_eq!(known.keys().bytes, 0);
    }

    #[test]
    fn every_row_of_a_hash_is_a_candidate() {
        let hasher = KeyHasher::new(&by_key().key, Nulls::Distinct, &schema()).unwrap();
        for count in [0, 1, 7, 8, 9, 1000, 5000] {
            let rows = Random(count).rows(count, 300);
            let batches: Vec<_> = rows.chunks(70).map(batch).collect();
            let keys = FileKeys::of(&hasher, batches).unwrap();
            let all = hashes(&hasher, &batch(&rows)).unwrap();
            let wanted = Random(count + 1).rows(100, 300);
            let wanted = hashes(&hasher, &batch(&wanted)).unwrap();
            let found = keys.candidates(wanted.iter().copied());
            for (which, hash) in (0u32..).zip(&wanted) {
                for (row, other) in (0u32..).zip(&all) {
                    // Others may look alike, which comparing the keys finds out.
                    assert!(hash != other || found.contains(&(row, which)));
                }
            }
            let mut seen = Vec::new();
            for (part, places, these) in keys.in_batches(&found) {
                assert_eq!(places.len(), these.len());
                for (place, (row, _)) in places.into_iter().zip(these) {
                    seen.push(*row);
                    let expect = batch(&rows[*row as usize..=*row as usize]);
                    assert_eq!(part.slice(place as usize, 1), expect);
                }
            }
            let rows_found: Vec<u32> = found.iter().map(|(row, _)| *row).collect();
            assert_eq!(seen, rows_found);
        }
    }
}
