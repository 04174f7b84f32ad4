//! Hashes, parted by their first bits; a part fits the cache when it is looked through.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_buffer::NullBuffer;

use super::confirm::{Confirm, Keep};
use super::hash::{KeyHasher, word};
use super::numbers::Numbers;
use super::spill::Spill;

/// How many parts there are: more write to too many places at once.
const PARTS: usize = 512;
const PART_BITS: u32 = PARTS.trailing_zeros();
/// Hashes of a block: 8 MiB stay open over all parts.
const BLOCK: usize = 2048;
/// Parts with more hashes are parted once more before they are looked through.
const MAX_IN_CACHE: usize = 1 << 16;

/// So many numbers have been hashed before it is first asked whether they lie close together.
const FIRST_LOOK: u64 = 1 << 16;

/// How hashes are hashed: with a secret, since those of numbers are the numbers and anybody can choose them.
#[derive(Clone, Debug)]
pub(super) struct Secret(u64);

impl Default for Secret {
    fn default() -> Self {
        Self(RandomState::new().hash_one(2))
    }
}

impl BuildHasher for Secret {
    type Hasher = Mixed;
    fn build_hasher(&self) -> Mixed {
        Mixed(self.0)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = word(self.0, hash);
    }
}

/// Hashes that came more than once.
pub(super) type Hashes = HashSet<u64, Secret>;

#[derive(Debug, Default)]
struct Part {
    full: Vec<Vec<u64>>,
    open: Vec<u64>,
}

impl Part {
    fn blocks(&self) -> impl Iterator<Item = &Vec<u64>> {
        self.full.iter().chain([&self.open])
    }
}

/// Which hashes may have been seen: one bit for each of sixteen places a hash.
#[derive(Debug)]
pub struct Seen {
    bits: Vec<u64>,
    /// So that the first bits of a hash are its place.
    shift: u32,
}

impl Seen {
    fn of(count: usize, hashes: impl Iterator<Item = u64>) -> Self {
        let places = (count.max(4) * 16).next_power_of_two();
        let mut seen = Self {
            bits: vec![0; places / 64],
            shift: 64 - places.trailing_zeros(),
        };
        for hash in hashes {
            let (word, bit) = seen.place(hash);
            seen.bits[word] |= bit;
        }
        seen
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        // Whole numbers stand for themselves: what tells them apart has to come into the first bits.
        let place = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift;
        ((place / 64) as usize, 1 << (place % 64))
    }

    /// Whether a hash may have been seen; one that was is never denied.
    #[must_use]
    pub fn may_hold(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.bits.get(word).is_none_or(|found| found & bit != 0)
    }
}

/// What is kept of all keys seen so far: 8 bytes each, or a few bits where keys are whole numbers that lie close together.
#[derive(Debug)]
pub struct Uniqueness {
    parts: Vec<Part>,
    /// Where keys are whole numbers.
    numbers: Option<Numbers>,
    /// How many numbers are hashed, and at how many it is asked next whether they lie close together.
    hashed: u64,
    next_look: u64,
    blocks: usize,
    budget_bytes: usize,
    spill: Option<Box<dyn Spill>>,
    /// Hashes of each part that were spilled.
    spilled: Vec<usize>,
    broken: Option<std::io::Error>,
}

impl Uniqueness {
    /// For keys hashed by that hasher. Beyond the budget parts are spilled, but for 8 MiB that stay open; without a
    /// place to spill to they stay in memory.
    pub fn new(keys: &KeyHasher, budget_bytes: usize, spill: Option<Box<dyn Spill>>) -> Self {
        let most_bytes = match spill.is_some() {
            true => budget_bytes / 2,
            false => usize::MAX,
        };
        Self {
            numbers: keys.is_of_numbers().then(|| Numbers::new(most_bytes)),
            ..Self::of_hashes(budget_bytes, spill)
        }
    }

    pub(super) fn of_hashes(budget_bytes: usize, spill: Option<Box<dyn Spill>>) -> Self {
        Self {
            parts: parts(),
            numbers: None,
            hashed: 0,
            next_look: FIRST_LOOK,
            blocks: 0,
            budget_bytes,
            spill,
            spilled: vec![0; PARTS],
            broken: None,
        }
    }

    /// Takes in the hashes of a batch, but for those that `valid` leaves out.
    pub fn push(&mut self, hashes: &[u64], valid: Option<&NullBuffer>) {
        match (self.numbers.take(), valid) {
            (None, None) => hashes.iter().for_each(|hash| self.add(*hash)),
            (None, Some(valid)) => valid.valid_indices().for_each(|row| self.add(hashes[row])),
            (Some(mut numbers), None) => {
                self.push_numbers(&mut numbers, hashes.iter().copied());
                self.numbers = Some(numbers);
            }
            (Some(mut numbers), Some(valid)) => {
                let valid = valid.valid_indices().map(|row| hashes[row]);
                self.push_numbers(&mut numbers, valid);
                self.numbers = Some(numbers);
            }
        }
        let window = self.numbers.as_ref().map_or(0, Numbers::bytes);
        if self.blocks * BLOCK * 8 + window > self.budget_bytes {
            self.spill_full();
        }
    }

    fn push_numbers(&mut self, numbers: &mut Numbers, batch: impl Iterator<Item = u64>) {
        let mut outside = Vec::new();
        numbers.take(batch, &mut outside);
        self.hash(numbers, outside);
        if self.hashed < self.next_look {
            return;
        }
        // Parts are parted by hashes, so that one of them is a sample of all.
        let sample = self.parts[0].blocks().flatten();
        let sample: Vec<u64> = sample.map(|hash| numbers.number(*hash)).collect();
        if numbers.open(sample, self.hashed) {
            self.unhash(numbers);
        }
        self.next_look = (self.hashed * 2).max(FIRST_LOOK);
    }

    /// How many numbers are hashed, in memory or not.
    #[cfg(test)]
    pub(super) fn hashed(&self) -> u64 {
        self.hashed
    }

    /// Keeps numbers outside the window: those that it can grow to as bits of it, and others as hashes.
    fn hash(&mut self, numbers: &mut Numbers, mut outside: Vec<u64>) {
        // Each time one more at least falls into the window.
        while !outside.is_empty() && numbers.grow(&outside) {
            let rest = std::mem::take(&mut outside);
            numbers.take(rest.into_iter(), &mut outside);
        }
        self.hashed += outside.len() as u64;
        for number in outside {
            self.add(numbers.hash(number));
        }
    }

    /// Moves numbers that are hashed into the window, but for those that were spilled.
    fn unhash(&mut self, numbers: &mut Numbers) {
        let parts = std::mem::replace(&mut self.parts, parts());
        self.blocks = 0;
        self.hashed = self.spilled.iter().map(|spilled| *spilled as u64).sum();
        let mut outside = Vec::new();
        for part in parts {
            for block in part.full.into_iter().chain([part.open]) {
                let block: Vec<u64> = block.iter().map(|hash| numbers.number(*hash)).collect();
                numbers.take(block.into_iter(), &mut outside);
            }
        }
        self.hash(numbers, outside);
    }

    fn add(&mut self, hash: u64) {
        let number = (hash >> (64 - PART_BITS)) as usize;
        let part = &mut self.parts[number];
        if part.open.len() == part.open.capacity() {
            if !part.open.is_empty() {
                part.full.push(std::mem::take(&mut part.open));
                self.blocks += 1;
            }
            // First blocks differ in size, so that not all end at once and open places share no lines of the cache.
            let first = BLOCK / 2 + number * (BLOCK / 2 / PARTS);
            let is_first = part.full.is_empty();
            part.open
                .reserve_exact(if is_first { first } else { BLOCK });
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
        let hashed = || self.parts.iter().flat_map(Part::blocks).flatten().copied();
        let count = hashed().count();
        Some(match &self.numbers {
            None => Seen::of(count, hashed()),
            Some(numbers) => {
                let hashed = hashed().map(|hash| numbers.number(hash));
                Seen::of(count + numbers.iter().count(), hashed.chain(numbers.iter()))
            }
        })
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
        let numbers = self.numbers.take();
        let window = numbers.as_ref().filter(|numbers| numbers.has_window());
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
                // Numbers that were hashed may have come to lie in the window since.
                if let Some(window) = window {
                    let hashes = part.blocks().flatten();
                    found.extend(hashes.filter(|hash| window.holds(window.number(**hash))));
                }
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
        let Some(numbers) = numbers else {
            return Ok(Candidates { hashes: found });
        };
        let mut hashes: Hashes = found.into_iter().map(|hash| numbers.number(hash)).collect();
        hashes.extend(numbers.into_repeated());
        Ok(Candidates { hashes })
    }
}

fn parts() -> Vec<Part> {
    (0..PARTS).map(|_| Part::default()).collect()
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
        let blocks = || part.blocks();
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
