//! Hashes, parted by their first bits; a part fits the cache when it is looked through.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_buffer::NullBuffer;

use super::confirm::{Confirm, Keep};
use super::spill::Spill;

/// How many parts there are: more write to too many places at once.
const PARTS: usize = 512;
const PART_BITS: u32 = PARTS.trailing_zeros();
/// Hashes of a block: 8 MiB stay open over all parts.
const BLOCK: usize = 2048;
/// Parts with more hashes are parted once more before they are looked through.
const MAX_IN_CACHE: usize = 1 << 16;

/// A hash is well mixed already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, hash: u64) {
        // The first bits are alike within a part and the tables look at those.
        self.0 = hash.rotate_left(32);
    }
}

/// Hashes that came more than once.
pub(super) type Hashes = HashSet<u64, BuildHasherDefault<AsIs>>;

#[derive(Debug, Default)]
struct Part {
    full: Vec<Vec<u64>>,
    open: Vec<u64>,
}

/// Which hashes may have been seen: one bit for each of sixteen places a hash.
#[derive(Debug)]
pub struct Seen {
    bits: Vec<u64>,
    /// So that the first bits of a hash are its place.
    shift: u32,
}

impl Seen {
    fn place(&self, hash: u64) -> (usize, u64) {
        let place = hash >> self.shift;
        ((place / 64) as usize, 1 << (place % 64))
    }

    /// Whether a hash may have been seen; one that was is never denied.
    #[must_use]
    pub fn may_hold(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.bits.get(word).is_none_or(|found| found & bit != 0)
    }
}

/// The hashes of all keys seen so far.
#[derive(Debug)]
pub struct Uniqueness {
    parts: Vec<Part>,
    blocks: usize,
    budget_bytes: usize,
    spill: Option<Box<dyn Spill>>,
    /// Hashes of each part that were spilled.
    spilled: Vec<usize>,
    broken: Option<std::io::Error>,
}

impl Uniqueness {
    /// Beyond the budget parts are spilled; without a place to spill to they stay in memory.
    pub fn new(budget_bytes: usize, spill: Option<Box<dyn Spill>>) -> Self {
        Self {
            parts: (0..PARTS).map(|_| Part::default()).collect(),
            blocks: 0,
            budget_bytes,
            spill,
            spilled: vec![0; PARTS],
            broken: None,
        }
    }

    /// Takes in the hashes of a batch, but for those that `valid` leaves out.
    pub fn push(&mut self, hashes: &[u64], valid: Option<&NullBuffer>) {
        match valid {
            None => hashes.iter().for_each(|hash| self.add(*hash)),
            Some(valid) => valid.valid_indices().for_each(|row| self.add(hashes[row])),
        }
        if self.blocks * BLOCK * 8 > self.budget_bytes {
            self.spill_full();
        }
    }

    fn add(&mut self, hash: u64) {
        let part = &mut self.parts[(hash >> (64 - PART_BITS)) as usize];
        if part.open.len() == part.open.capacity() {
            if !part.open.is_empty() {
                part.full.push(std::mem::take(&mut part.open));
                self.blocks += 1;
            }
            part.open.reserve_exact(BLOCK);
        }
        part.open.push(hash);
    }

    /// Which hashes may have been seen, so that of many others only those are pushed that matter; `None` where some were
    /// spilled.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        if self.spilled.iter().any(|spilled| *spilled > 0) {
            return None;
        }
        let blocks = || {
            self.parts
                .iter()
                .flat_map(|p| p.full.iter().chain([&p.open]))
        };
        let hashes: usize = blocks().map(Vec::len).sum();
        let places = (hashes.max(4) * 16).next_power_of_two();
        let mut seen = Seen {
            bits: vec![0; places / 64],
            shift: 64 - places.trailing_zeros(),
        };
        for hash in blocks().flatten() {
            let (word, bit) = seen.place(*hash);
            seen.bits[word] |= bit;
        }
        Some(seen)
    }

    fn spill_full(&mut self) {
        let Some(spill) = &mut self.spill else {
            return;
        };
        let mut bytes = Vec::with_capacity(BLOCK * 8);
        for (number, part) in self.parts.iter_mut().enumerate() {
            for block in part.full.drain(..) {
                bytes.clear();
                bytes.extend(block.iter().flat_map(|hash| hash.to_le_bytes()));
                if let Err(error) = spill.append(number, &bytes) {
                    self.broken.get_or_insert(error);
                }
                self.spilled[number] += block.len();
            }
        }
        self.blocks = 0;
    }

    /// The hashes that came more than once.
    ///
    /// # Errors
    /// What kept a part from being spilled or read back.
    pub fn finish(mut self) -> std::io::Result<Candidates> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        let threads =
            std::thread::available_parallelism().map_or(1, |threads| threads.get().min(8));
        let parts: Vec<Mutex<Part>> = self.parts.drain(..).map(Mutex::new).collect();
        let spill = Mutex::new(self.spill.take());
        let (next, spilled) = (AtomicUsize::new(0), &self.spilled);
        let work = || -> std::io::Result<Hashes> {
            let (mut found, mut finder) = (Hashes::default(), Finder::default());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(part) = parts.get(number) else {
                    return Ok(found);
                };
                let mut part = match part.lock() {
                    Ok(mut part) => std::mem::take(&mut *part),
                    Err(_) => continue,
                };
                if spilled[number] > 0
                    && let Ok(mut spill) = spill.lock()
                    && let Some(spill) = spill.as_mut()
                {
                    part.full
                        .push(read_back(spill.as_mut(), number, spilled[number])?);
                }
                finder.look(&part, &mut found);
            }
        };
        let found = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut found = work()?;
            for other in others {
                let more = other.join();
                let more = more.map_err(|_| std::io::Error::other("a part was lost"))??;
                found.extend(more);
            }
            Ok::<_, std::io::Error>(found)
        })?;
        Ok(Candidates { hashes: found })
    }
}

fn read_back(spill: &mut dyn Spill, part: usize, count: usize) -> std::io::Result<Vec<u64>> {
    let bytes = spill.read(part)?;
    let (words, rest) = bytes.as_chunks::<8>();
    if words.len() != count || !rest.is_empty() {
        let reason = format!(
            "part {part} has {} bytes, {} were spilled",
            bytes.len(),
            count * 8
        );
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, reason));
    }
    Ok(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
}

/// Finds the hashes that come twice in a part.
#[derive(Debug, Default)]
struct Finder {
    table: Vec<u64>,
    buckets: Vec<Vec<u64>>,
}

impl Finder {
    fn look(&mut self, part: &Part, found: &mut Hashes) {
        let blocks = || part.full.iter().chain([&part.open]);
        let count: usize = blocks().map(Vec::len).sum();
        if count <= MAX_IN_CACHE {
            return self.small(blocks().flatten().copied(), count, found);
        }
        // Parted once more, by the bits behind those that the part has in common.
        let bits = (count / (MAX_IN_CACHE / 4)).ilog2().clamp(1, 9);
        let mut buckets = std::mem::take(&mut self.buckets);
        buckets.resize_with(1 << bits, Vec::new);
        for hash in blocks().flatten() {
            let bucket = (hash << PART_BITS) >> (64 - bits);
            buckets[bucket as usize].push(*hash);
        }
        for bucket in &mut buckets {
            self.small(bucket.iter().copied(), bucket.len(), found);
            bucket.clear();
        }
        self.buckets = buckets;
    }

    fn small(&mut self, hashes: impl Iterator<Item = u64>, count: usize, found: &mut Hashes) {
        // As large as most parts need. Where many hashes are equal it stays small, however many there are.
        let mut size = (count.min(MAX_IN_CACHE) * 2).next_power_of_two().max(16);
        let mut held = 0;
        self.table.clear();
        self.table.resize(size, 0);
        for hash in hashes {
            if held * 2 >= size {
                size *= 2;
                self.grow(size);
            }
            // Zero stands for an empty place: a hash of zero shares the place of one, and keys tell them apart.
            let kept = hash.max(1);
            let place = self.place(kept);
            if self.table[place] == kept {
                found.insert(hash);
                found.insert(kept);
                if kept == 1 {
                    found.insert(0);
                }
            } else {
                self.table[place] = kept;
                held += 1;
            }
        }
    }

    /// Where a hash is in the table, or would be.
    fn place(&self, hash: u64) -> usize {
        let mask = self.table.len() - 1;
        let mut place = hash as usize & mask;
        while self.table[place] != 0 && self.table[place] != hash {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self, size: usize) {
        let before = std::mem::replace(&mut self.table, vec![0; size]);
        for hash in before.into_iter().filter(|hash| *hash != 0) {
            let place = self.place(hash);
            self.table[place] = hash;
        }
    }
}

/// Hashes that came more than once: keys with any other hash are unique.
#[derive(Debug)]
pub struct Candidates {
    hashes: Hashes,
}

impl Candidates {
    /// Whether no hash came twice, which proves that no key did.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Begins the second look at the rows, with the same hasher as the first.
    pub fn confirm(self, keep: Keep) -> Confirm {
        Confirm::new(self.hashes, keep)
    }
}
