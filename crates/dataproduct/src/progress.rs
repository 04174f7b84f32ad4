//! How far work on rows has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;

use crate::Result;

/// How far work on rows has come: counted by what reads them, looked at by whoever waits, on any thread.
///
/// Clones count together. Rows are those handed on so far, of the source that is read and of those before it; a source
/// that is read once more begins a new pass, whose counts begin at 0. The counts are for people: each is right, but two
/// of them may be of different moments.
///
/// ```
/// use dataproduct::Progress;
///
/// let progress = Progress::new();
/// progress.begin_pass();
/// progress.begin_source();
/// progress.add_rows(65_536);
/// assert_eq!((progress.pass(), progress.sources(), progress.rows()), (1, 1, 65_536));
/// progress.begin_pass();
/// assert_eq!((progress.pass(), progress.sources(), progress.rows()), (2, 0, 0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Progress {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    pass: AtomicU64,
    sources: AtomicU64,
    rows: AtomicU64,
}

impl Progress {
    /// Nothing is done.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How often reading has begun from the first source, 0 before it has.
    #[must_use]
    pub fn pass(&self) -> u64 {
        self.counts.pass.load(Ordering::Relaxed)
    }

    /// How many files, tables or products of this pass have been begun.
    #[must_use]
    pub fn sources(&self) -> u64 {
        self.counts.sources.load(Ordering::Relaxed)
    }

    /// How many rows of this pass have been read.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.rows.load(Ordering::Relaxed)
    }

    /// Begins with the first source, perhaps once more.
    pub fn begin_pass(&self) {
        self.counts.sources.store(0, Ordering::Relaxed);
        self.counts.rows.store(0, Ordering::Relaxed);
        self.counts.pass.fetch_add(1, Ordering::Relaxed);
    }

    /// Begins with the next source.
    pub fn begin_source(&self) {
        self.counts.sources.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts rows.
    pub fn add_rows(&self, rows: usize) {
        self.counts.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// The same batches, whose rows are counted as they are handed on.
    pub(crate) fn counted<I: Iterator<Item = Result<RecordBatch>>>(
        &self,
        batches: I,
    ) -> impl Iterator<Item = Result<RecordBatch>> + use<I> {
        let progress = self.clone();
        batches.inspect(move |batch| {
            if let Ok(batch) = batch {
                progress.add_rows(batch.num_rows());
            }
        })
    }
}
