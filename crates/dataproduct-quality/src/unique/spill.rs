//! Where parts go that do not fit into memory.

use std::fmt;
use std::io;

/// A place for the parts of keys that do not fit into memory. The gate does no I/O of its own, so whoever runs it gives
/// the place; what is spilled is of no use to anybody else and may be thrown away with the gate.
pub trait Spill: fmt::Debug + Send {
    /// Adds bytes to a part. Parts are numbered from 0.
    ///
    /// # Errors
    /// What keeps the bytes from being stored.
    fn append(&mut self, part: usize, bytes: &[u8]) -> io::Result<()>;

    /// Everything that was added to a part, in order.
    ///
    /// # Errors
    /// What keeps the bytes from being read.
    fn read(&mut self, part: usize) -> io::Result<Vec<u8>>;
}
