//! Keys of one whole number: a bit each where they lie close together, and hashes where they do not.
//!
//! Nothing is known beforehand of where numbers lie, so they begin as hashes from which the number can be told again.
//! Once enough of them are seen to lie close together they become bits of a window, which grows with the numbers that
//! come next to it. A window has at most [`SPARSEST`] bits a key and so takes half of what their hashes would, or less. A
//! number that was hashed before the window reached it is looked for there in the end: no place decides alone.

use std::hash::{BuildHasher, RandomState};

use super::part::Hashes;

/// Bits of a window for each key in it, at most.
const SPARSEST: u64 = 32;
/// Numbers by 64, so that each is a word of bits: there are no more words than this.
const WORDS: u64 = 1 << 58;
/// A smaller sample says too little of where numbers lie.
const LEAST_SAMPLE: usize = 64;

/// The numbers of the window, and how others are hashed.
#[derive(Debug)]
pub(super) struct Numbers {
    seed: u64,
    factor: u64,
    inverse: u64,
    /// The number of the first word.
    first: u64,
    bits: Vec<u64>,
    /// How many numbers fell into the window.
    held: u64,
    most_bytes: usize,
    /// Numbers of the window that came more than once.
    repeated: Hashes,
}

impl Numbers {
    /// No numbers; a window never takes more than so many bytes.
    pub(super) fn new(most_bytes: usize) -> Self {
        let factor = RandomState::new().hash_one(1) | 1;
        // Each step doubles how many of the last bits are right, of which three are from the beginning.
        let step = |inverse: u64, _| {
            inverse.wrapping_mul(2_u64.wrapping_sub(factor.wrapping_mul(inverse)))
        };
        Self {
            seed: RandomState::new().hash_one(0),
            factor,
            inverse: (0..5).fold(factor, step),
            first: 0,
            bits: Vec::new(),
            held: 0,
            most_bytes,
            repeated: Hashes::default(),
        }
    }

    /// The hash of a number; no other number has it.
    pub(super) fn hash(&self, number: u64) -> u64 {
        let hash = (number ^ self.seed).wrapping_mul(self.factor);
        (hash ^ (hash >> 32)).wrapping_mul(self.factor)
    }

    /// The number of a hash.
    pub(super) fn number(&self, hash: u64) -> u64 {
        let hash = hash.wrapping_mul(self.inverse);
        (hash ^ (hash >> 32)).wrapping_mul(self.inverse) ^ self.seed
    }

    /// Takes in those that fall into the window and leaves the others in `outside`.
    pub(super) fn take(&mut self, numbers: impl Iterator<Item = u64>, outside: &mut Vec<u64>) {
        if self.bits.is_empty() {
            return outside.extend(numbers);
        }
        let (mut taken, first) = (0, self.first);
        for number in numbers {
            match word_of(&mut self.bits, first, number) {
                Some(word) => {
                    let bit = 1 << (number & 63);
                    if *word & bit != 0 {
                        self.repeated.insert(number);
                    }
                    *word |= bit;
                    taken += 1;
                }
                None => outside.push(number),
            }
        }
        self.held += taken;
    }

    /// Whether a number is in the window and came.
    pub(super) fn holds(&self, number: u64) -> bool {
        let place = usize::try_from((number >> 6).wrapping_sub(self.first));
        let word = place.ok().and_then(|place| self.bits.get(place));
        word.is_some_and(|word| word & (1 << (number & 63)) != 0)
    }

    /// The numbers in the window that came.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let words = (self.first..).zip(&self.bits);
        words.flat_map(|(place, word)| {
            let came = (0..64).filter(move |bit| word & (1 << bit) != 0);
            came.map(move |bit| (place << 6) | bit)
        })
    }

    pub(super) fn has_window(&self) -> bool {
        !self.bits.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bits.len() * 8
    }

    pub(super) fn into_repeated(self) -> Hashes {
        self.repeated
    }

    /// Moves an end of the window to numbers that lie next to it; whether it did.
    pub(super) fn grow(&mut self, outside: &[u64]) -> bool {
        if !self.has_window() {
            return false;
        }
        let width = self.bits.len() as u64;
        let end = self.first + width;
        let (mut low, mut high, mut near) = (self.first, end, 0);
        for word in outside.iter().map(|number| number >> 6) {
            // No further than the window is wide, so that a few that lie far off do not stretch it.
            if word >= end && word - end < width {
                high = high.max(word + 1);
                near += 1;
            } else if word < self.first && self.first - word <= width {
                low = low.min(word);
                near += 1;
            }
        }
        if low < self.first {
            // What is there has to move each time, so it does not for a little.
            low = low.min(self.first.saturating_sub(width / 2));
        }
        near > 0 && self.reach(low, high, near)
    }

    /// Opens a window where most numbers of a sample lie, or about half, if they lie close together; whether it did.
    /// `hashed` is of how many numbers it is a sample.
    pub(super) fn open(&mut self, mut sample: Vec<u64>, hashed: u64) -> bool {
        sample.sort_unstable();
        // Half of the numbers are less than half of every other sample.
        let most = [sample.len() / 16 * 15, sample.len() / 8 * 3];
        sample.len() >= LEAST_SAMPLE
            && most.into_iter().any(|part| {
                let windows = sample.windows(part);
                let widths = windows.map(|window| (window[part - 1] - window[0], window[0]));
                let Some((width, number)) = widths.min() else {
                    return false;
                };
                let (low, high) = (number >> 6, (number + width) >> 6);
                // The least and the largest are hardly ever in a sample.
                let margin = (high - low) / 12 + 1;
                let (low, high) = (low.saturating_sub(margin), high + margin + 1);
                let near = hashed * part as u64 / sample.len() as u64;
                match self.has_window() {
                    false => self.reach(low, high.min(WORDS), near),
                    true => {
                        let end = self.first + self.bits.len() as u64;
                        self.reach(low.min(self.first), high.min(WORDS).max(end), near)
                    }
                }
            })
    }

    /// Makes the window reach from one word to another, if there are numbers enough for it.
    fn reach(&mut self, low: u64, high: u64, more: u64) -> bool {
        let words = high - low;
        let Ok(length) = usize::try_from(words) else {
            return false;
        };
        if words > (self.held + more) / 64 * SPARSEST || length > self.most_bytes / 8 {
            return false;
        }
        let is_same = self.has_window() && low == self.first && length == self.bits.len();
        match usize::try_from(self.first.wrapping_sub(low)) {
            _ if is_same => return false,
            Ok(0) => self.bits.resize(length, 0),
            Ok(before) if self.has_window() => {
                let mut bits = vec![0; length];
                bits[before..before + self.bits.len()].copy_from_slice(&self.bits);
                self.bits = bits;
            }
            _ => self.bits = vec![0; length],
        }
        self.first = low;
        true
    }
}

fn word_of(bits: &mut [u64], first: u64, number: u64) -> Option<&mut u64> {
    let place = usize::try_from((number >> 6).wrapping_sub(first)).ok()?;
    bits.get_mut(place)
}

#[cfg(test)]
mod tests;
