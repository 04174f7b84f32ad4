//! Fingerprints of values: 64 bits each, the same in every run.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Mixes the bits of a number so that no two numbers become one.
pub(super) fn of_u64(value: u64) -> u64 {
    let mut x = value.wrapping_add(STEP);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The fingerprint of bytes. Two different ones share theirs about once in 2^64.
pub(super) fn of_bytes(bytes: &[u8]) -> u64 {
    let mut state = of_u64(bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = of_u64(state.rotate_left(23) ^ u64::from_le_bytes(word));
    }
    state
}

/// The fingerprint of several values in their order.
pub(super) fn combined(first: u64, second: u64) -> u64 {
    of_u64(first.rotate_left(29) ^ second.wrapping_mul(STEP))
}

/// Takes a fingerprint as the hash that it is.
#[derive(Clone, Debug, Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = of_bytes(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

pub(super) type Fingerprints = HashSet<u64, BuildHasherDefault<AsIs>>;
pub(super) type ByFingerprint<T> = HashMap<u64, T, BuildHasherDefault<AsIs>>;
