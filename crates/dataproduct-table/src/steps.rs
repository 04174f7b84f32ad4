//! How far maintenance has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far the maintenance that was begun last through a [`crate::Table`] has come, to be shown while it goes on. Clones
/// show the same.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    done: Arc<AtomicU64>,
    total: Arc<AtomicU64>,
}

impl Steps {
    /// Steps done: files or objects looked at, written or taken away.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Steps that there are to do; 0 before that is known. It may be raised on the way.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Begins with so many steps to do.
    pub(crate) fn begin(&self, total: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total as u64, Ordering::Relaxed);
    }

    pub(crate) fn more(&self, steps: usize) {
        self.total.fetch_add(steps as u64, Ordering::Relaxed);
    }

    pub(crate) fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}
