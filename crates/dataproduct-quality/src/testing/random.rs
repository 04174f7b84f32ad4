//! Numbers by chance that are the same on every machine and in every version: SplitMix64.

/// A stream of numbers; the same seed gives the same stream.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `count`; 0 where `count` is 0.
    pub(super) fn below(&mut self, count: usize) -> usize {
        match count {
            0 => 0,
            count => usize::try_from(self.next() % count as u64).unwrap_or_default(),
        }
    }

    /// A number from `low` to `high`, both within; `low` where that is the larger one.
    pub(super) fn between(&mut self, low: i128, high: i128) -> i128 {
        if high <= low {
            return low;
        }
        let span = high.wrapping_sub(low).cast_unsigned();
        let drawn = (u128::from(self.next()) << 64) | u128::from(self.next());
        let drawn = match span.checked_add(1) {
            Some(count) => drawn % count,
            None => drawn,
        };
        low.wrapping_add(drawn.cast_signed())
    }

    /// A number from 0 to below 1.
    pub(super) fn share(&mut self) -> f64 {
        // 53 bits are what a double holds.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether it is one of so many in a hundred.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// A character of ASCII text that is not empty.
    pub(super) fn letter(&mut self, of: &str) -> char {
        let bytes = of.as_bytes();
        self.pick(bytes).map_or('a', |byte| char::from(*byte))
    }

    /// So many characters of ASCII text.
    pub(super) fn letters(&mut self, of: &str, count: usize) -> String {
        (0..count).map(|_| self.letter(of)).collect()
    }
}
