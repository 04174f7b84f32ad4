//! Exact uniqueness of keys: hashes first, and keys only where a hash comes twice.
//!
//! Each row's key becomes 64 bits, with a seed of the process, so that nobody can choose keys that collide. The hashes
//! are parted by their first bits into parts that fit the cache, 8 bytes a row; beyond a memory budget parts are
//! spilled. As long as no hash comes twice, no key does: that is a proof, since equal keys have equal hashes. Where one
//! does, the rows are looked at again and the keys concerned are compared themselves ([`Confirm`]).
//!
//! Keys of one whole number, day or instant are kept as themselves, in a few bits each where they lie close together.
//!
//! `0.0` and `-0.0` are equal, and every NaN is equal to every other. What a missing part is depends on what is asked,
//! see [`Nulls`].

mod confirm;
mod hash;
mod numbers;
mod part;
mod spill;

pub(crate) use confirm::canonical;
pub use confirm::{Confirm, Confirmed, Keep, MAX_REPEATED_KEYS};
pub use hash::{KeyHasher, Nulls};
pub use part::{Candidates, Seen, Uniqueness};
pub use spill::Spill;

#[cfg(test)]
mod tests;
