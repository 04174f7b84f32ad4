//! What publishers were told, against what readers see.
//!
//! ```
//! use dataproduct_testkit::history::History;
//!
//! let mut history = History::default();
//! history.acknowledged("a", 1);
//! history.unknown("b");
//! history.failed("c");
//! assert_eq!(history.check(1, ["a"]), Ok(()));
//! assert_eq!(history.check(2, ["a", "b"]), Ok(()));
//! assert!(history.check(1, []).unwrap_err().contains("`a` was acknowledged"));
//! assert!(history.check(1, ["a", "c"]).unwrap_err().contains("`c` was called failed"));
//! ```

use std::collections::{BTreeMap, BTreeSet};

/// What the publishers of a table were told. A publish is known by its id, and its rows carry the id.
#[derive(Debug, Clone, Default)]
pub struct History {
    versions: BTreeMap<String, u64>,
    unknown: BTreeSet<String>,
    failed: BTreeSet<String>,
}

impl History {
    /// A publish was acknowledged as a version.
    pub fn acknowledged(&mut self, id: impl Into<String>, version: u64) {
        let id = id.into();
        self.unknown.remove(&id);
        self.versions.insert(id, version);
    }

    /// Its outcome was not known.
    pub fn unknown(&mut self, id: impl Into<String>) {
        self.unknown.insert(id.into());
    }

    /// It was called failed.
    pub fn failed(&mut self, id: impl Into<String>) {
        let id = id.into();
        self.unknown.remove(&id);
        self.failed.insert(id);
    }

    /// Publishes that were acknowledged.
    #[must_use]
    pub fn len(&self) -> usize {
        self.versions.len()
    }

    /// Whether nothing was acknowledged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// Checks a version: a reader sees the publishes acknowledged up to it, all of them, each once, and beside them only
    /// such of which the outcome is not known. `seen` has the id of each publish once for each time that its rows are
    /// there.
    ///
    /// # Errors
    ///
    /// The first difference, in words.
    pub fn check<'a>(
        &self,
        version: u64,
        seen: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), String> {
        let mut found = BTreeSet::new();
        for id in seen {
            if !found.insert(id) {
                return Err(format!("version {version}: `{id}` is there twice"));
            }
            match self.versions.get(id) {
                Some(at) if *at > version => {
                    return Err(format!(
                        "version {version}: `{id}` was acknowledged as {at}"
                    ));
                }
                Some(_) => {}
                None if self.failed.contains(id) => {
                    return Err(format!(
                        "version {version}: `{id}` was called failed, and is there"
                    ));
                }
                None if self.unknown.contains(id) => {}
                None => return Err(format!("version {version}: nobody published `{id}`")),
            }
        }
        let missing = self
            .versions
            .iter()
            .find(|(id, at)| **at <= version && !found.contains(id.as_str()));
        match missing {
            Some((id, at)) => Err(format!(
                "version {version}: `{id}` was acknowledged as {at} and is not there"
            )),
            None => Ok(()),
        }
    }

    /// Checks that every version after `first` and up to `newest` is that of one acknowledged publish, but for at most
    /// as many as there are publishes of unknown outcome.
    ///
    /// # Errors
    ///
    /// The first difference, in words.
    pub fn check_versions(&self, first: u64, newest: u64) -> Result<(), String> {
        let mut taken = BTreeMap::new();
        for (id, version) in &self.versions {
            if let Some(other) = taken.insert(*version, id) {
                return Err(format!(
                    "`{id}` and `{other}` were both acknowledged as {version}"
                ));
            }
        }
        let gaps = (first + 1..=newest).filter(|version| !taken.contains_key(version));
        let gaps: Vec<u64> = gaps.collect();
        match gaps.len() > self.unknown.len() {
            true => Err(format!("nobody was told of versions {gaps:?}")),
            false => Ok(()),
        }
    }
}
