//! Columns that tell rows apart, alone or in twos and threes, and rows that are there twice.

use super::hash::{Fingerprints, combined};

/// The most fingerprints of cells that are kept to look for keys.
pub const MAX_KEY_CELLS: usize = 1 << 24;
/// The most columns that are combined with each other: the first ones that can be part of a key.
const MAX_COMBINED: usize = 12;
/// The most keys that are looked for.
const MAX_KEYS: usize = 8;

/// Fingerprints of the columns that may be part of a key, and of whole rows.
#[derive(Clone, Debug)]
pub(super) struct KeySearch {
    /// By column; `None` where a value was missing or the type is none of a key.
    columns: Vec<Option<Vec<u64>>>,
    whole: Vec<u64>,
    limit: usize,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    pub(super) rows: u64,
    pub(super) keys: Vec<Vec<usize>>,
    pub(super) duplicates: u64,
}

impl KeySearch {
    pub(super) fn new(can_be_key: &[bool]) -> Self {
        Self {
            columns: can_be_key.iter().map(|can| can.then(Vec::new)).collect(),
            whole: Vec::new(),
            limit: MAX_KEY_CELLS / (can_be_key.len() + 1),
        }
    }

    /// Takes the fingerprints of a batch, one list for each column; a missing value is `None`.
    pub(super) fn see(&mut self, batch: &[Vec<Option<u64>>], rows: usize) {
        let rows = rows.min(self.limit - self.whole.len());
        let start = self.whole.len();
        self.whole.resize(start + rows, 0);
        for (fingerprints, kept) in batch.iter().zip(&mut self.columns) {
            for (slot, fingerprint) in self.whole[start..].iter_mut().zip(fingerprints) {
                *slot = combined(*slot, fingerprint.unwrap_or_default());
            }
            let Some(list) = kept else { continue };
            let part = fingerprints.get(..rows).unwrap_or_default();
            let before = list.len();
            list.extend(part.iter().map_while(|fingerprint| *fingerprint));
            if list.len() < before + rows {
                *kept = None;
            }
        }
    }

    /// The smallest sets of columns that tell the rows apart, the leftmost first within each size.
    pub(super) fn finish(mut self, distinct: &[u64]) -> Keys {
        let rows = self.whole.len();
        let duplicates = rows
            - std::mem::take(&mut self.whole)
                .into_iter()
                .collect::<Fingerprints>()
                .len();
        let mut keys: Vec<Vec<usize>> = Vec::new();
        let mut candidates: Vec<usize> = Vec::new();
        for (column, list) in self.columns.iter().enumerate() {
            let Some(list) = list else { continue };
            if is_unique(rows, list.iter().copied()) {
                keys.push(vec![column]);
            } else if distinct.get(column).is_some_and(|values| *values > 1) {
                candidates.push(column);
            }
        }
        candidates.truncate(MAX_COMBINED);
        if duplicates == 0 {
            for size in 2..=3 {
                self.combine(size, &candidates, distinct, &mut keys);
            }
        }
        keys.truncate(MAX_KEYS);
        let rows = rows as u64;
        let duplicates = duplicates as u64;
        Keys {
            rows,
            keys,
            duplicates,
        }
    }

    fn combine(
        &self,
        size: usize,
        candidates: &[usize],
        distinct: &[u64],
        keys: &mut Vec<Vec<usize>>,
    ) {
        let rows = self.limit.min(
            self.columns
                .iter()
                .flatten()
                .map(Vec::len)
                .max()
                .unwrap_or(0),
        );
        for set in sets(size, candidates) {
            let redundant = keys
                .iter()
                .any(|key| key.iter().all(|column| set.contains(column)));
            // So few different values cannot tell so many rows apart; estimates get some room.
            let most = set.iter().fold(1_u64, |most, column| {
                most.saturating_mul(distinct.get(*column).copied().unwrap_or(1))
            });
            if redundant || most.saturating_mul(11) / 10 < rows as u64 || keys.len() >= MAX_KEYS {
                continue;
            }
            let lists: Vec<&Vec<u64>> = set
                .iter()
                .filter_map(|c| self.columns[*c].as_ref())
                .collect();
            let row = |row: usize| {
                lists
                    .iter()
                    .fold(0, |state, list| combined(state, list[row]))
            };
            if is_unique(rows, (0..rows).map(row)) {
                keys.push(set);
            }
        }
    }
}

fn is_unique(rows: usize, fingerprints: impl Iterator<Item = u64>) -> bool {
    let mut seen = Fingerprints::default();
    rows > 0
        && fingerprints
            .into_iter()
            .all(|fingerprint| seen.insert(fingerprint))
}

/// All sets of two or three, in the order of the columns.
fn sets(size: usize, columns: &[usize]) -> Vec<Vec<usize>> {
    let mut out = Vec::new();
    for (i, a) in columns.iter().enumerate() {
        for (j, b) in columns.iter().enumerate().skip(i + 1) {
            if size == 2 {
                out.push(vec![*a, *b]);
                continue;
            }
            out.extend(columns.iter().skip(j + 1).map(|c| vec![*a, *b, *c]));
        }
    }
    out
}
