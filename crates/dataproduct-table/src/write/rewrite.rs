//! Files in the place of others that hold the same rows, although rows go on being taken out of those meanwhile.
//!
//! Writing files anew takes long, and publishers do not wait for it. What they took out of the old files since these
//! were read is taken out of the new ones when these are committed: a row is found again by its place among those that
//! were written. So a rewrite gives way only to who takes a whole file out, brings rows back or changes the schema.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::compact;
use crate::deletion::{self, Deleted};
use crate::error::Result;
use crate::log::action::{Actions, Add, Remove};
use crate::log::segment::entry_name;
use crate::log::state::TableState;
use crate::table::Table;

/// Where the rows of one partition went that were sorted while they were written; all others are where they came.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The number of the first row of each stretch, and which row of the stretch is in which place.
    sorted: Mutex<Vec<(u64, Vec<u32>)>>,
}

impl Places {
    /// Notes a stretch of rows that begins behind `first` others.
    pub(crate) fn note(&self, first: u64, order: &[u32]) {
        let mut sorted = self.sorted.lock().unwrap_or_else(PoisonError::into_inner);
        sorted.push((first, order.to_vec()));
    }

    /// Where rows are, by their numbers in the order in which they came.
    fn of(&self, rows: &BTreeSet<u64>) -> BTreeSet<u64> {
        let sorted = self.sorted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places = rows.clone();
        for (first, order) in sorted.iter() {
            let stretch = *first..first + order.len() as u64;
            let within: HashSet<u64> = rows.range(stretch).map(|row| row - first).collect();
            if within.is_empty() {
                continue;
            }
            places.retain(|row| {
                !row.checked_sub(*first)
                    .is_some_and(|row| within.contains(&row))
            });
            let moved = (0u64..).zip(order);
            let moved = moved.filter(|(_, row)| within.contains(&u64::from(**row)));
            places.extend(moved.map(|(place, _)| first + place));
        }
        places
    }
}

/// Files that were read, and where their rows went.
pub(crate) struct Rewrite {
    /// As they were when they were read, in the order of their rows.
    pub(crate) files: Vec<Arc<Add>>,
    /// The version in which they were so.
    pub(crate) version: u64,
    pub(crate) places: Arc<Places>,
}

impl Rewrite {
    /// What it takes out of a version and puts in: `adds` are the files written, in the order of their rows.
    pub(crate) async fn change(
        &self,
        table: &Table,
        state: &TableState,
        millis: i64,
        adds: &[Add],
    ) -> Result<(Vec<Remove>, Vec<Add>)> {
        let (removes, gone) = self.gone_since(table, state, millis).await?;
        if gone.is_empty() {
            return Ok((removes, adds.to_vec()));
        }
        let gone = self.places.of(&gone);
        let (mut kept, mut vectors, mut first) = (Vec::new(), Vec::new(), 0);
        for add in adds {
            let Some(rows) = add.rows() else {
                return Err(compact::changed(state));
            };
            let these = gone.range(first..first + rows).map(|row| row - first);
            let these: BTreeSet<u64> = these.collect();
            first += rows;
            if (these.len() as u64) < rows {
                kept.push(add.clone());
                vectors.push(Deleted::of(&these));
            }
        }
        let with_vector: Vec<Deleted> = vectors.iter().filter(|v| !v.is_empty()).cloned().collect();
        let mut written = deletion::write(table.storage(), &with_vector)
            .await?
            .into_iter();
        for (add, _) in kept.iter_mut().zip(&vectors).filter(|(_, v)| !v.is_empty()) {
            add.loosen_bounds();
            add.deletion_vector = written.next();
        }
        Ok((removes, kept))
    }

    /// The files as they are now, and the rows that were taken out of them since they were read: by their numbers among
    /// the rows that were read.
    async fn gone_since(
        &self,
        table: &Table,
        state: &TableState,
        millis: i64,
    ) -> Result<(Vec<Remove>, BTreeSet<u64>)> {
        let emptied = self.emptied_since(table, state).await?;
        // Without the number of rows those of one file cannot be told from those of the next.
        let is_counted = self.files.iter().all(|add| add.rows().is_some());
        let (mut removes, mut gone, mut first) = (Vec::new(), BTreeSet::new(), 0);
        for add in &self.files {
            let live = add.live_rows().unwrap_or_default();
            match state.files.get(&add.path) {
                Some(now) if now.deletion_vector == add.deletion_vector => {}
                Some(now) if is_counted => {
                    let known = table.keys();
                    let after = known.deleted(table.storage(), now).await?;
                    let before = match &add.deletion_vector {
                        Some(vector) => deletion::read(table.storage(), vector).await?,
                        None => Deleted::default(),
                    };
                    if !before.without(&after).is_empty() {
                        return Err(compact::changed(state));
                    }
                    let since = after.without(&before);
                    gone.extend(since.iter().map(|row| first + row - before.before(row)));
                }
                None if is_counted && emptied.contains(&add.path) => {
                    gone.extend(first..first + live);
                }
                _ => return Err(compact::changed(state)),
            }
            first += live;
            if let Some(now) = state.files.get(&add.path) {
                removes.push(Remove {
                    data_change: false,
                    ..Remove::of(now, millis)
                });
            }
        }
        Ok((removes, gone))
    }

    /// The files that are not there any more because their rows went, and not because these are in other files now.
    async fn emptied_since(&self, table: &Table, state: &TableState) -> Result<HashSet<String>> {
        let mut emptied = HashSet::new();
        let is_there = |add: &Arc<Add>| state.files.contains(&add.path);
        if self.files.iter().all(is_there) {
            return Ok(emptied);
        }
        for version in self.version + 1..=state.version {
            let name = entry_name(version);
            // Of a version whose entry is cleaned up already it is not known why files went.
            let Some(bytes) = table.storage().read(&name).await? else {
                return Ok(HashSet::new());
            };
            for remove in Actions::parse(&name, &bytes)?.removes {
                match remove.data_change {
                    true => drop(emptied.insert(remove.path)),
                    false => drop(emptied.remove(&remove.path)),
                }
            }
        }
        Ok(emptied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_where_sorting_brought_them() {
        let places = Places::default();
        // Five rows as they came, four sorted, two as they came, three sorted.
        places.note(5, &[3, 0, 2, 1]);
        places.note(11, &[1, 2, 0]);
        let order = [0, 1, 2, 3, 4, 8, 5, 7, 6, 9, 10, 12, 13, 11, 14];
        for wanted in 0u32..1 << order.len() {
            let rows: BTreeSet<u64> = (0..15).filter(|row| wanted >> row & 1 == 1).collect();
            let expect = order.iter().enumerate();
            let expect = expect.filter(|(_, row)| rows.contains(row));
            let expect: BTreeSet<u64> = expect.map(|(place, _)| place as u64).collect();
            assert_eq!(places.of(&rows), expect);
        }
    }
}
