//! Finding the rows of a publish by key, exactly.

use std::collections::{HashMap, HashSet};

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_row::{RowConverter, SortField};
use arrow_schema::Schema;
use arrow_select::take::{take, take_record_batch};
use dataproduct_quality::unique::{KeyHasher, Nulls};

use super::Upsert;
use super::known::FileKeys;
use crate::error::{Error, Result};
use crate::scan::positions::Positions;
use crate::schema::{column_names, read_as};

/// A value in a form whose bytes compare like the values do, nulls first.
pub(super) type Encoded = Box<[u8]>;

/// Brings keys, and what tells which row is the latest, into comparable forms.
#[derive(Debug)]
pub(super) struct KeyForms {
    key: Vec<String>,
    latest: Option<String>,
    /// The columns of both, in the types in which they are compared.
    schema: Schema,
    hasher: KeyHasher,
    keys: RowConverter,
    times: Option<RowConverter>,
    /// The bits of a hash that count; few of them in tests, so that keys collide.
    bits: u64,
}

impl KeyForms {
    pub(super) fn new(upsert: &Upsert, schema: &Schema) -> Result<Self> {
        let field = |column: &String| {
            let found = schema.field_with_name(column);
            let found = found.map_err(|_| Error::NoSuchColumn {
                column: column.clone(),
                available: column_names(schema),
            })?;
            match found.data_type().is_nested() || found.data_type().is_floating() {
                true => Err(Error::InvalidSpec {
                    reason: format!("`{column}` is {}, which cannot be a key", found.data_type()),
                }),
                false => Ok(SortField::new(found.data_type().clone())),
            }
        };
        if upsert.key.is_empty() {
            return Err(Error::InvalidSpec {
                reason: "rows are changed by key, but no key column is named".to_owned(),
            });
        }
        let fields = upsert.key.iter().map(field).collect::<Result<Vec<_>>>()?;
        let converter = |fields| {
            RowConverter::new(fields).map_err(|error| Error::encoding("comparing keys", error))
        };
        let times = match &upsert.latest {
            Some(column) => Some(converter(vec![field(column)?])?),
            None => None,
        };
        let hasher = KeyHasher::new(&upsert.key, Nulls::Distinct, schema)
            .map_err(|reason| Error::InvalidSpec { reason })?;
        Ok(Self {
            key: upsert.key.clone(),
            latest: upsert.latest.clone(),
            schema: schema.clone(),
            hasher,
            keys: converter(fields)?,
            times,
            bits: u64::MAX,
        })
    }

    /// With a hasher of the same columns whose hashes others have kept.
    pub(super) fn with_hasher(mut self, hasher: KeyHasher) -> Self {
        self.hasher = hasher;
        self
    }

    /// What hashes the keys.
    pub(super) fn hasher(&self) -> &KeyHasher {
        &self.hasher
    }

    /// The columns that must be read to compare rows.
    pub(super) fn columns(&self) -> Vec<String> {
        let mut columns = self.key.clone();
        columns.extend(self.latest.clone().filter(|name| !self.key.contains(name)));
        columns
    }

    fn hash(&self, rows: &RecordBatch) -> Result<Vec<u64>> {
        let mut hashes = hashes(&self.hasher, rows)?;
        hashes.iter_mut().for_each(|hash| *hash &= self.bits);
        Ok(hashes)
    }

    /// The keys and times of some rows of a batch.
    fn encode(
        &self,
        rows: &RecordBatch,
        wanted: &[u32],
    ) -> Result<Vec<(Encoded, Option<Encoded>)>> {
        let failed = |error| Error::encoding("comparing keys", error);
        let indices = UInt32Array::from(wanted.to_vec());
        let columns = |names: &mut dyn Iterator<Item = &String>| -> Result<Vec<ArrayRef>> {
            names
                .map(|name| {
                    let column = rows
                        .column_by_name(name)
                        .ok_or_else(|| Error::NoSuchColumn {
                            column: name.clone(),
                            available: column_names(rows.schema_ref()),
                        })?;
                    let field = self.schema.field_with_name(name).map_err(failed)?;
                    // Text may have been read as a dictionary.
                    let taken = take(column, &indices, None).map_err(failed)?;
                    read_as(&taken, field.data_type(), name)
                })
                .collect()
        };
        let keys = columns(&mut self.key.iter())?;
        let keys = self.keys.convert_columns(&keys).map_err(failed)?;
        let times = match &self.times {
            Some(converter) => {
                let times = columns(&mut self.latest.iter())?;
                Some(converter.convert_columns(&times).map_err(failed)?)
            }
            None => None,
        };
        let encoded = (0..wanted.len()).map(|row| {
            let time = times.as_ref().map(|times| times.row(row).data().into());
            (keys.row(row).data().into(), time)
        });
        Ok(encoded.collect())
    }
}

/// A row of the publish: the one that is in force for its key.
#[derive(Debug)]
pub(super) struct Entry<T> {
    hash: u64,
    key: Encoded,
    pub(super) time: Option<Encoded>,
    pub(super) what: T,
    /// The entry before it of the same hash.
    next: Option<u32>,
}

/// A stored row that has the key of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    pub(super) entry: u32,
    /// Its position in its file.
    pub(super) row: u64,
    pub(super) time: Option<Encoded>,
}

/// The rows of a publish by key. Takes some 100 bytes a row, and the bytes of its key twice.
#[derive(Debug)]
pub(super) struct KeyTable<T> {
    pub(super) forms: KeyForms,
    entries: Vec<Entry<T>>,
    by_hash: HashMap<u64, u32>,
}

impl<T> KeyTable<T> {
    pub(super) fn new(forms: KeyForms) -> Self {
        Self {
            forms,
            entries: Vec::new(),
            by_hash: HashMap::new(),
        }
    }

    pub(super) fn entries(&self) -> &[Entry<T>] {
        &self.entries
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        let mut at = self.by_hash.get(&hash).copied();
        while let Some(index) = at {
            let entry = &self.entries[index as usize];
            if *entry.key == *key {
                return Some(index);
            }
            at = entry.next;
        }
        None
    }

    /// Takes the rows of a batch. Of two rows of one key the later one in time counts; of two of the same time, the
    /// one that came later. `lost` gets what does not count any more.
    pub(super) fn insert(
        &mut self,
        rows: &RecordBatch,
        what: impl Fn(usize) -> T,
        mut lost: impl FnMut(T),
    ) -> Result<()> {
        let count = u32::try_from(rows.num_rows()).map_err(|_| too_many())?;
        let hashes = self.forms.hash(rows)?;
        let all: Vec<u32> = (0..count).collect();
        let encoded = self.forms.encode(rows, &all)?;
        for (row, (hash, (key, time))) in hashes.into_iter().zip(encoded).enumerate() {
            let what = what(row);
            if let Some(index) = self.find(hash, &key) {
                let entry = &mut self.entries[index as usize];
                if time >= entry.time {
                    entry.time = time;
                    lost(std::mem::replace(&mut entry.what, what));
                } else {
                    lost(what);
                }
                continue;
            }
            let index = u32::try_from(self.entries.len()).map_err(|_| too_many())?;
            let next = self.by_hash.insert(hash, index);
            self.entries.push(Entry {
                hash,
                key,
                time,
                what,
                next,
            });
        }
        Ok(())
    }

    /// Adds the rows of a batch that have the key of an entry. The sieve is that of the entries.
    pub(super) fn hits(
        &self,
        sieve: &Sieve,
        rows: &RecordBatch,
        positions: Positions<'_>,
        hits: &mut Vec<Hit>,
    ) -> Result<()> {
        let candidates = sieve.candidates(rows)?;
        if candidates.is_empty() {
            return Ok(());
        }
        let indices = UInt32Array::from(candidates.clone());
        let taken = take_record_batch(rows, &indices)
            .map_err(|error| Error::encoding("comparing keys", error))?;
        let hashes = self.forms.hash(&taken)?;
        let found: Vec<u32> = (0u32..)
            .zip(&hashes)
            .filter(|(_, hash)| self.by_hash.contains_key(hash))
            .map(|(row, _)| row)
            .collect();
        let encoded = self.forms.encode(&taken, &found)?;
        for (row, (key, time)) in found.into_iter().zip(encoded) {
            let row = row as usize;
            if let Some(entry) = self.find(hashes[row], &key) {
                hits.push(Hit {
                    entry,
                    row: positions.of(candidates[row] as usize),
                    time,
                });
            }
        }
        Ok(())
    }

    /// The rows of a file that have the key of an entry, of all that it holds.
    pub(super) fn hits_in(&self, keys: &FileKeys) -> Result<Vec<Hit>> {
        let candidates = keys.candidates(self.entries.iter().map(|entry| entry.hash));
        let mut hits = Vec::with_capacity(candidates.len());
        for (batch, places, these) in keys.in_batches(&candidates) {
            let encoded = self.forms.encode(batch, &places)?;
            for ((row, entry), (key, time)) in these.iter().zip(encoded) {
                if *self.entries[*entry as usize].key == *key {
                    hits.push(Hit {
                        entry: *entry,
                        row: u64::from(*row),
                        time,
                    });
                }
            }
        }
        Ok(hits)
    }
}

/// Brings what tells hashes apart into their first bits: a whole number is its own hash.
pub(super) fn spread(hash: u64) -> u64 {
    hash.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

pub(super) fn hashes(hasher: &KeyHasher, rows: &RecordBatch) -> Result<Vec<u64>> {
    let (hashes, _) = hasher
        .hash(rows)
        .map_err(|reason| Error::encoding("comparing keys", reason))?;
    Ok(hashes)
}

fn too_many() -> Error {
    Error::InvalidSpec {
        reason:
            "more than 4,294,967,295 rows are changed by key at once; publish them in several parts"
                .to_owned(),
    }
}

/// Quickly leaves out rows that have the key of no entry, by one column of the key: a set of hashes that fits into the
/// processor's cache, and says of one in 64 that are not in it that they are.
#[derive(Debug)]
pub(super) struct Sieve {
    hasher: KeyHasher,
    hashes: HashSet<u64>,
    bits: Vec<u64>,
    shift: u32,
}

impl Sieve {
    /// One that lets nothing through, by a column.
    pub(super) fn new(column: &str, schema: &Schema) -> Result<Self> {
        let hasher = KeyHasher::new(&[column.to_owned()], Nulls::Distinct, schema)
            .map_err(|reason| Error::InvalidSpec { reason })?;
        Ok(Self {
            hasher,
            hashes: HashSet::new(),
            bits: vec![0],
            shift: 58,
        })
    }

    /// Lets the values of these rows through.
    pub(super) fn add(&mut self, rows: &RecordBatch) -> Result<()> {
        self.hashes.extend(hashes(&self.hasher, rows)?);
        Ok(())
    }

    /// How many different values it lets through.
    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Once all values are added.
    pub(super) fn build(mut self) -> Self {
        let words = self.hashes.len().next_power_of_two().clamp(1, 1 << 24);
        self.bits = vec![0; words];
        self.shift = 64 - 6 - words.trailing_zeros();
        for hash in &self.hashes {
            let bit = spread(*hash) >> self.shift;
            self.bits[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        self
    }

    fn may_hold(&self, hash: u64) -> bool {
        let bit = spread(hash) >> self.shift;
        self.bits[(bit >> 6) as usize] & (1 << (bit & 63)) != 0 && self.hashes.contains(&hash)
    }

    /// The rows that may have the key of an entry.
    fn candidates(&self, rows: &RecordBatch) -> Result<Vec<u32>> {
        let candidates = (0u32..).zip(hashes(&self.hasher, rows)?);
        let candidates = candidates.filter(|(_, hash)| self.may_hold(*hash));
        Ok(candidates.map(|(row, _)| row).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::write::keyed::tests::{Random, batch, by_key, schema};

    #[test]
    fn keys_of_one_hash_are_told_apart() {
        for bits in [0, 1, 0xff, u64::MAX] {
            let mut forms = KeyForms::new(&by_key(), &schema()).unwrap();
            forms.bits = bits;
            let mut table = KeyTable::new(forms);
            let rows = Random(bits).rows(500, 100);
            let mut lost = 0;
            table
                .insert(&batch(&rows), |row| row, |_| lost += 1)
                .unwrap();
            let last: HashMap<_, _> = rows
                .iter()
                .enumerate()
                .map(|(n, row)| (&row.0, n))
                .collect();
            assert_eq!(table.entries().len(), last.len());
            assert_eq!(lost, rows.len() - last.len());
            let encoded = table
                .forms
                .encode(&batch(&rows), &(0..500).collect::<Vec<_>>());
            let hashes = table.forms.hash(&batch(&rows)).unwrap();
            for ((row, hash), (key, _)) in rows.iter().zip(hashes).zip(encoded.unwrap()) {
                let found = table.find(hash, &key).unwrap();
                assert_eq!(table.entries()[found as usize].what, last[&row.0]);
            }
        }
    }
}
