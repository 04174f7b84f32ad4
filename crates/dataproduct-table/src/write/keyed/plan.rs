//! What a publish by key changes in a version of the table.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};

use super::keys::{Hit, KeyForms, KeyTable, Sieve};
use super::known::{FileKeys, Ticket};
use super::{KeyedRows, Upsert};
use crate::deletion::{self, Deleted};
use crate::error::{Error, Result};
use crate::log::action::{Add, Remove};
use crate::log::state::{Files, TableState};
use crate::predicate::{Bound, Comparison};
use crate::scan::{Prepared, wanted};
use crate::snapshot::Snapshot;
use crate::table::Table;
use crate::value::{Value, value_at};

/// A file is left out by each key as long as there are at most so many different values, else by the least and the
/// greatest.
const PRUNING_VALUES: usize = 1024;

/// Files that are searched side by side.
const FILES_AHEAD: usize = 4;

/// What an entry of the publish is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// A row of a new file.
    Row { file: u32, row: u64 },
    /// A delete.
    Delete,
}

/// The rows of a publish, to be brought into a table by key.
pub(crate) struct Keyed {
    table: KeyTable<What>,
    sieve: Sieve,
    staged: Vec<Add>,
    /// For each new file, the rows of which the publish itself has a later one.
    superseded: Vec<BTreeSet<u64>>,
    /// Deletes of which the publish itself has something later.
    superseded_deletes: u64,
    /// What leaves out files and pages that hold none of the keys.
    pruning: Vec<Bound>,
    /// Whose keys are remembered.
    ticket: Ticket,
    /// What was found in files, among all their rows: a try that lost a race looks at new files only.
    found: HashMap<String, Arc<Vec<Hit>>>,
}

/// What a publish by key puts into the log.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Files as they were, of which rows are taken out.
    pub(crate) removes: Vec<Remove>,
    /// The same files as they will be, but for those of which nothing is left.
    pub(crate) kept: Vec<Add>,
    /// New files, but for those of which nothing counts.
    pub(crate) adds: Vec<Add>,
    pub(crate) rows: KeyedRows,
}

/// Which rows a publish by key takes out.
struct Resolved<'a> {
    /// Of files of the version.
    gone: Vec<(&'a Arc<Add>, BTreeSet<u64>)>,
    /// Of each new file.
    staged_gone: Vec<BTreeSet<u64>>,
    rows: KeyedRows,
}

/// What a publish by key would leave of a version, and what of the publish would count.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settled {
    /// The rows of the table that stay: all but those that a row or a delete of the publish takes out.
    pub beside: Snapshot,
    /// For each row in the order of a scan of [`Writer::stage`](crate::Writer::stage): whether it will be in the table.
    /// The others are older than another row of their key, or than a delete of it.
    pub in_force: BooleanBuffer,
}

impl Keyed {
    /// Reads the keys of the rows that were written, and takes the deletes: those named last are the latest.
    pub(crate) async fn of(
        table: &Table,
        state: &TableState,
        upsert: &Upsert,
        staged: Vec<Add>,
        deletes: &[RecordBatch],
    ) -> Result<Self> {
        let known = table.keys();
        let (ticket, hasher) = known.hasher(upsert, state)?;
        let forms = KeyForms::new(upsert, &state.schema.arrow)?.with_hasher(hasher);
        let columns = forms.columns();
        let mut keys = KeyTable::new(forms);
        let mut superseded = vec![BTreeSet::new(); staged.len()];
        let mut superseded_deletes = 0;
        let mut values = Values::new(upsert);
        let sieves = upsert.key.iter();
        let mut sieves = sieves
            .map(|column| Sieve::new(column, &state.schema.arrow))
            .collect::<Result<Vec<_>>>()?;
        let mut staging = state.clone();
        staging.files = Arc::new(files_of(&staged));
        let snapshot = Snapshot::new(table.clone(), Arc::new(staging));
        let prepared = snapshot.scan().select(columns).prepare()?;
        let mut lost = |what| match what {
            What::Row { file, row } => drop(superseded[file as usize].insert(row)),
            What::Delete => superseded_deletes += 1,
        };
        let limit = table.options().key_memory_bytes;
        for (file, add) in (0u32..).zip(&staged) {
            let mut kept = known
                .wants(ticket, add, limit)
                .then(Vec::<RecordBatch>::new);
            prepared
                .visit(Arc::new(add.clone()), |batch, positions| {
                    kept.iter_mut().for_each(|kept| kept.push(batch.clone()));
                    values.add(&batch)?;
                    sieves.iter_mut().try_for_each(|sieve| sieve.add(&batch))?;
                    let what = |row: usize| What::Row {
                        file,
                        row: positions.of(row),
                    };
                    keys.insert(&batch, what, &mut lost)
                })
                .await?;
            // The next publish looks for its keys in these files.
            if let Some(kept) = kept {
                let of_file = FileKeys::of(keys.forms.hasher(), kept)?;
                known.put(ticket, &add.path, Arc::new(of_file), limit);
            }
        }
        for batch in deletes {
            values.add(batch)?;
            sieves.iter_mut().try_for_each(|sieve| sieve.add(batch))?;
            keys.insert(batch, |_| What::Delete, &mut lost)?;
        }
        // The column with the most values leaves out the most rows.
        let sieve = sieves.into_iter().max_by_key(Sieve::len);
        let sieve = sieve.ok_or_else(|| Error::InvalidSpec {
            reason: "no key column is named".to_owned(),
        })?;
        Ok(Self {
            pruning: values.bounds(state),
            table: keys,
            sieve: sieve.build(),
            staged,
            superseded,
            superseded_deletes,
            ticket,
            found: HashMap::new(),
        })
    }

    /// Works out which rows go, of a version and of the publish itself.
    async fn resolve<'a>(
        &mut self,
        table: &Table,
        state: &'a Arc<TableState>,
    ) -> Result<Resolved<'a>> {
        let hits = self.search(table, state).await?;
        let mut rows = KeyedRows::default();
        let entries = self.table.entries();
        // How each entry fares: whether the table has something later, and how many rows it takes out.
        let mut late = vec![false; entries.len()];
        let mut replaced = vec![0u64; entries.len()];
        let mut gone: BTreeMap<&str, (&Arc<Add>, BTreeSet<u64>)> = BTreeMap::new();
        for (_, hits) in &hits {
            for hit in hits {
                let entry = hit.entry as usize;
                late[entry] |= entries[entry].time < hit.time;
            }
        }
        for (add, hits) in &hits {
            for hit in hits {
                let entry = hit.entry as usize;
                if !late[entry] {
                    replaced[entry] += 1;
                    let (_, gone) = gone
                        .entry(&add.path)
                        .or_insert_with(|| (*add, BTreeSet::new()));
                    gone.insert(hit.row);
                }
            }
        }
        let mut staged_gone = self.superseded.clone();
        rows.superseded = self.superseded_deletes;
        for (entry, (late, replaced)) in entries.iter().zip(late.into_iter().zip(replaced)) {
            match (entry.what, late) {
                (What::Row { file, row }, true) => drop(staged_gone[file as usize].insert(row)),
                (What::Row { .. }, false) if replaced > 0 => rows.updated += 1,
                (What::Row { .. }, false) => rows.inserted += 1,
                (What::Delete, true) => rows.superseded += 1,
                (What::Delete, false) => rows.deleted += replaced,
            }
        }
        rows.superseded += staged_gone
            .iter()
            .map(|gone| gone.len() as u64)
            .sum::<u64>();
        Ok(Resolved {
            gone: gone.into_values().collect(),
            staged_gone,
            rows,
        })
    }

    /// What the publish leaves of a version, and which of its own rows it brings in, before anything is committed.
    pub(crate) async fn settle(
        &mut self,
        table: &Table,
        state: &Arc<TableState>,
    ) -> Result<Settled> {
        let resolved = self.resolve(table, state).await?;
        let mut files = Files::clone(&state.files);
        for (add, rows) in resolved.gone {
            let deleted = deleted_with(table, add, rows).await?;
            files.remove(&add.path);
            if deleted.len() < add.rows().unwrap_or(u64::MAX) {
                let mut add = Add::clone(add);
                add.loosen_bounds();
                add.deletion_vector = Some(deletion::inline(&deleted)?);
                files.insert(add);
            }
        }
        let staged = self.staged.iter().zip(&resolved.staged_gone);
        let gone: HashMap<&str, &BTreeSet<u64>> = staged
            .map(|(add, gone)| (add.path.as_str(), gone))
            .collect();
        let mut in_force = BooleanBufferBuilder::new(0);
        // In the order in which the staged rows are scanned.
        for add in files_of(&self.staged).iter() {
            let start = in_force.len();
            let rows = add.rows().and_then(|rows| usize::try_from(rows).ok());
            in_force.append_n(rows.unwrap_or_default(), true);
            let gone = gone.get(add.path.as_str()).into_iter().copied().flatten();
            for row in gone.filter_map(|row| usize::try_from(*row).ok()) {
                in_force.set_bit(start + row, false);
            }
        }
        let mut beside = TableState::clone(state);
        beside.files = Arc::new(files);
        Ok(Settled {
            beside: Snapshot::new(table.clone(), Arc::new(beside)),
            in_force: in_force.finish(),
        })
    }

    /// Works out the change against a version.
    pub(crate) async fn change(
        &mut self,
        table: &Table,
        state: &Arc<TableState>,
        millis: i64,
    ) -> Result<Change> {
        let Resolved {
            gone,
            staged_gone,
            rows,
        } = self.resolve(table, state).await?;
        let mut change = Change {
            rows,
            ..Change::default()
        };
        let (mut vectors, mut stored) = (Vec::new(), 0);
        for (add, rows) in gone {
            let deleted = deleted_with(table, add, rows).await?;
            change.removes.push(Remove::of(add, millis));
            if deleted.len() < add.rows().unwrap_or(u64::MAX) {
                vectors.push((Add::clone(add), deleted));
                stored += 1;
            }
        }
        for (add, gone) in self.staged.iter().zip(&staged_gone) {
            match gone.len() as u64 {
                0 => change.adds.push(add.clone()),
                rows if Some(rows) == add.rows() => {}
                _ => vectors.push((add.clone(), Deleted::of(gone))),
            }
        }
        let (adds, deleted): (Vec<_>, Vec<_>) = vectors.into_iter().unzip();
        let vectors = deletion::write(table.storage(), &deleted).await?;
        let all = adds.into_iter().zip(vectors).zip(deleted);
        for (place, ((mut add, vector), deleted)) in all.enumerate() {
            let known = table.keys();
            known.remember(&add.path, &vector, &Arc::new(deleted));
            add.loosen_bounds();
            add.data_change = true;
            add.deletion_vector = Some(vector);
            match place < stored {
                true => change.kept.push(add),
                false => change.adds.push(add),
            }
        }
        Ok(change)
    }

    /// Looks for the keys in all files of a version. Files that were looked at before are not read again.
    async fn search<'a>(
        &mut self,
        table: &Table,
        state: &'a Arc<TableState>,
    ) -> Result<Vec<(&'a Arc<Add>, Vec<Hit>)>> {
        let known = table.keys();
        known.retain(&state.files);
        if self.table.is_empty() {
            return Ok(Vec::new());
        }
        let snapshot = Snapshot::new(table.clone(), Arc::clone(state));
        let scan = snapshot.scan().select(self.table.forms.columns());
        let (mut pruned, mut whole) = (scan.prepare()?, scan.prepare()?);
        pruned.prune_only(snapshot.in_files(Bound::And(self.pruning.clone())));
        whole.keep_dictionaries();
        let (mut all, mut unread) = (HashMap::new(), Vec::new());
        for add in state.files.iter() {
            if let Some(hits) = self.found.get(&add.path) {
                all.insert(add.path.clone(), Arc::clone(hits));
            } else if let Some(keys) = known.get(self.ticket, &add.path) {
                all.insert(add.path.clone(), Arc::new(self.table.hits_in(&keys)?));
            } else if wanted(add, &pruned.output) {
                unread.push(add);
            } else {
                all.insert(add.path.clone(), Arc::default());
            }
        }
        let this = &*self;
        let searched = unread.into_iter().map(|add| {
            let search = this.search_file(table, &pruned, &whole, add);
            search
                .map_ok(|hits| (add.path.clone(), Arc::new(hits)))
                .boxed()
        });
        // The futures are collected first: a stream that makes them as it goes could not cross threads.
        let searched: Vec<_> = searched.collect();
        let searched: Vec<_> = futures::stream::iter(searched)
            .buffered(FILES_AHEAD)
            .try_collect()
            .await?;
        all.extend(searched);
        self.found = all;
        self.live(table, state).await
    }

    /// What was found in rows that are part of the table, by file.
    async fn live<'a>(
        &self,
        table: &Table,
        state: &'a Arc<TableState>,
    ) -> Result<Vec<(&'a Arc<Add>, Vec<Hit>)>> {
        let known = table.keys();
        let hit = state.files.iter().filter_map(|add| {
            let hits = self.found.get(&add.path)?;
            (!hits.is_empty()).then(|| (add, Arc::clone(hits)))
        });
        let live = hit.map(|(add, hits)| {
            let deleted = known.deleted(table.storage(), add);
            deleted
                .map_ok(move |deleted| {
                    let live = hits.iter().filter(|hit| !deleted.contains(hit.row));
                    (add, live.cloned().collect::<Vec<_>>())
                })
                .boxed()
        });
        let live: Vec<_> = live.collect();
        let live: Vec<_> = futures::stream::iter(live)
            .buffered(FILES_AHEAD)
            .try_collect()
            .await?;
        Ok(live
            .into_iter()
            .filter(|(_, hits)| !hits.is_empty())
            .collect())
    }

    async fn search_file(
        &self,
        table: &Table,
        pruned: &Prepared,
        whole: &Prepared,
        add: &Arc<Add>,
    ) -> Result<Vec<Hit>> {
        let known = table.keys();
        let limit = table.options().key_memory_bytes;
        if known.wants(self.ticket, add, limit) {
            let keys = self.read_keys(whole, add).await?;
            let hits = self.table.hits_in(&keys)?;
            known.put(self.ticket, &add.path, Arc::new(keys), limit);
            return Ok(hits);
        }
        let mut hits = Vec::new();
        pruned
            .visit_all(Arc::clone(add), |batch, positions| {
                self.table.hits(&self.sieve, &batch, positions, &mut hits)
            })
            .await?;
        Ok(hits)
    }

    /// Reads the keys of all rows of a file.
    async fn read_keys(&self, whole: &Prepared, add: &Arc<Add>) -> Result<FileKeys> {
        let mut batches = Vec::new();
        whole
            .visit_all(Arc::clone(add), |batch, _| {
                batches.push(batch);
                Ok(())
            })
            .await?;
        let hasher = self.table.forms.hasher().clone();
        tokio::task::spawn_blocking(move || FileKeys::of(&hasher, batches))
            .await
            .map_err(|_| Error::Interrupted {
                operation: "gathering keys",
            })?
    }
}

fn files_of(adds: &[Add]) -> Files {
    let mut files = Files::default();
    for add in adds {
        files.insert(add.clone());
    }
    files
}

/// The rows that are gone of a file already, and those that go now.
async fn deleted_with(table: &Table, add: &Add, rows: BTreeSet<u64>) -> Result<Deleted> {
    let known = table.keys().deleted(table.storage(), add).await?;
    let mut deleted = Deleted::clone(&known);
    rows.into_iter().for_each(|row| deleted.insert(row));
    Ok(deleted)
}

/// The different values of the key columns, to leave out files and pages by.
struct Values {
    columns: Vec<(String, Option<Seen>)>,
}

/// Values of one column, sorted and each once, or no more than their ends.
struct Seen {
    values: Vec<Value>,
    only_ends: bool,
}

impl Values {
    fn new(upsert: &Upsert) -> Self {
        let seen = || {
            Some(Seen {
                values: Vec::new(),
                only_ends: false,
            })
        };
        Self {
            columns: upsert
                .key
                .iter()
                .map(|name| (name.clone(), seen()))
                .collect(),
        }
    }

    fn add(&mut self, rows: &RecordBatch) -> Result<()> {
        for (name, seen) in &mut self.columns {
            let Some(column) = rows.column_by_name(name) else {
                return Err(Error::NoSuchColumn {
                    column: name.clone(),
                    available: crate::schema::column_names(rows.schema_ref()),
                });
            };
            *seen = seen.take().and_then(|seen| seen.with(column));
        }
        Ok(())
    }

    /// A predicate for each column, true for every row that has one of the keys.
    fn bounds(self, state: &TableState) -> Vec<Bound> {
        let bounds = self.columns.into_iter().filter_map(|(column, seen)| {
            let field = state.schema.arrow.field_with_name(&column).ok()?;
            let data_type = field.data_type().clone();
            let Seen { values, only_ends } = seen?;
            let end = |comparison, value: Option<&Value>| {
                Some(Bound::Compare {
                    column: column.clone(),
                    data_type: data_type.clone(),
                    comparison,
                    value: value?.clone(),
                })
            };
            match only_ends {
                true => Some(Bound::And(vec![
                    end(Comparison::GtEq, values.first())?,
                    end(Comparison::LtEq, values.last())?,
                ])),
                false => Some(Bound::In {
                    column: column.clone(),
                    data_type: data_type.clone(),
                    values,
                    with_null: false,
                }),
            }
        });
        bounds.collect()
    }
}

impl Seen {
    /// `None` if there are values of which nothing can be said.
    fn with(mut self, column: &ArrayRef) -> Option<Self> {
        let order = |a: &Value, b: &Value| a.compare(b).unwrap_or(Ordering::Equal);
        for row in 0..column.len() {
            let value = value_at(column, row)?;
            if matches!(value, Value::Null | Value::Float(_)) {
                return None;
            }
            self.values.push(value);
            if self.values.len() >= 8 * PRUNING_VALUES {
                self.shrink(order);
            }
        }
        self.shrink(order);
        Some(self)
    }

    fn shrink(&mut self, order: impl Fn(&Value, &Value) -> Ordering) {
        self.values.sort_by(&order);
        self.values.dedup();
        self.only_ends |= self.values.len() > PRUNING_VALUES;
        if self.only_ends && self.values.len() > 2 {
            let last = self.values.pop();
            self.values.truncate(1);
            self.values.extend(last);
        }
    }
}
