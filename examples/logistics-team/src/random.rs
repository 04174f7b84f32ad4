//! Numbers that look random and are the same on every machine and in every release.

/// SplitMix64 (Steele, Lea and Flood, 2014): small, fast, and fixed for ever, which the generators
/// of big libraries do not promise.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// A sequence of its own for each text: FNV-1a of it is the seed.
    pub(crate) fn of(text: &str) -> Self {
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which must not be zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // The high half of the product is even enough for a few hundred choices.
        let wide = u128::from(self.next()) * (bound as u128);
        (wide >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The first outputs for the seed 1234567 in the reference implementation.
        let mut random = Random(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
        assert_eq!(random.next(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn bounds_are_kept() {
        let mut random = Random::of("s69305697");
        let drawn: Vec<usize> = (0..1_000).map(|_| random.below(7)).collect();
        assert!((0..7).all(|n| drawn.contains(&n)));
        assert!(drawn.iter().all(|&n| n < 7));
    }
}
