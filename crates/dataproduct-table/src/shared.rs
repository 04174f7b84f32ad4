//! What everybody in this process shares who has the same location open.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use crate::location::Location;
use crate::write::keyed::Known;

/// What all who have a location open in this process share.
pub(crate) struct Shared {
    /// Lets publishers wait for each other.
    pub(crate) queue: Arc<tokio::sync::Mutex<()>>,
    /// Counts what was committed from here, for those who follow the table.
    pub(crate) committed: tokio::sync::watch::Sender<u64>,
    /// Held by the one task that writes files anew.
    pub(crate) compacting: Arc<tokio::sync::Semaphore>,
    /// Counts how often log entries were taken away from here: who knows an older version must list the log again.
    pub(crate) cleaned: AtomicU64,
    /// Whether it was said that the table has become expensive.
    pub(crate) warned: AtomicBool,
}

/// What those share who have a location open in this process.
pub(crate) fn shared_at(location: &Location) -> Arc<Shared> {
    type All = HashMap<String, Weak<Shared>>;
    static ALL: LazyLock<Mutex<All>> = LazyLock::new(Mutex::default);
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|_, shared| shared.strong_count() > 0);
    let key = location.url().to_string();
    if let Some(shared) = all.get(&key).and_then(Weak::upgrade) {
        return shared;
    }
    let shared = Arc::new(Shared {
        queue: Arc::default(),
        committed: tokio::sync::watch::Sender::new(0),
        compacting: Arc::new(tokio::sync::Semaphore::new(1)),
        cleaned: AtomicU64::new(0),
        warned: AtomicBool::new(false),
    });
    all.insert(key, Arc::downgrade(&shared));
    shared
}

/// The keys that those share who have a location open in this process, through the same store of a caller's if it is one.
pub(crate) fn known_at(location: &Location) -> Arc<Known> {
    type All = HashMap<(String, Option<usize>), Weak<Known>>;
    static ALL: LazyLock<Mutex<All>> = LazyLock::new(Mutex::default);
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|_, known| known.strong_count() > 0);
    // A table holds its store, so that no other is in its place for as long as the keys are known.
    let key = (location.url().to_string(), location.own_store());
    if let Some(known) = all.get(&key).and_then(Weak::upgrade) {
        return known;
    }
    let known = Arc::new(Known::default());
    all.insert(key, Arc::downgrade(&known));
    known
}
