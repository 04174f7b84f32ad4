//! `outOfOrder` and `discontinuity`: rows of one key against the row before them in time.
//!
//! The columns concerned are kept until the end, sorted by key and order, and each row is compared with the one before
//! it. Rows without a value in the order column follow nobody and are left out; missing key values are equal to each
//! other. Where the values to compare are missing, the row is passed over: the next one is compared with the last that
//! had a value.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, UInt64Array};
use arrow_buffer::BooleanBuffer;
use arrow_ord::ord::{DynComparator, make_comparator};
use arrow_ord::sort::{SortColumn, lexsort_to_indices};
use arrow_schema::{Schema, SortOptions};

use super::{Measured, Part, columns, plain_type};

/// More bytes than this are not kept: the rows would take too much memory.
pub(crate) const MAX_SEQUENCE_BYTES: usize = 2 << 30;

/// What a row is compared with the one before it for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Neighbours {
    /// The value must not be below, or with `strictly` not equal to, that of the row before.
    Rising { column: String, strictly: bool },
    /// The opening value must be the closing value of the row before.
    Continuous { opening: String, closing: String },
}

/// Rows that follow each other, by key.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    neighbours: Neighbours,
    /// The key, the order, and what is compared.
    columns: Vec<String>,
    keys: usize,
    parts: Vec<Vec<ArrayRef>>,
    /// Of each part, which rows of which batch it is of.
    origins: Vec<Origin>,
    bytes: usize,
    broken: Option<String>,
}

impl Sequence {
    pub(crate) fn bind(
        neighbours: Neighbours,
        by: &[String],
        order: &str,
        schema: &Schema,
    ) -> Result<Self, String> {
        let mut columns = by.to_vec();
        columns.push(order.to_owned());
        match &neighbours {
            Neighbours::Rising { column, .. } => columns.push(column.clone()),
            Neighbours::Continuous { opening, closing } => {
                columns.extend([opening.clone(), closing.clone()]);
            }
        }
        for column in &columns {
            plain_type(schema, column)?;
        }
        Ok(Self {
            neighbours,
            keys: by.len(),
            columns,
            parts: Vec::new(),
            origins: Vec::new(),
            bytes: 0,
            broken: None,
        })
    }

    pub(super) fn part(&self, batch: &RecordBatch) -> Part {
        match columns(batch, &self.columns) {
            Ok(arrays) => Part::Columns(arrays),
            Err(why) => Part::Broken(why),
        }
    }

    pub(super) fn absorb(
        &mut self,
        columns: Vec<ArrayRef>,
        first: Option<u64>,
        kept: Option<&BooleanBuffer>,
    ) {
        if self.broken.is_some() {
            return;
        }
        self.bytes += columns
            .iter()
            .map(|array| {
                array
                    .to_data()
                    .get_slice_memory_size()
                    .unwrap_or(usize::MAX)
            })
            .fold(0, usize::saturating_add);
        if self.bytes > MAX_SEQUENCE_BYTES {
            let why = format!(
                "its columns are larger than {} MiB: check them in parts",
                MAX_SEQUENCE_BYTES >> 20
            );
            self.give_up(why);
            return;
        }
        self.origins.push(Origin {
            rows: columns.first().map_or(0, Array::len),
            first,
            kept: kept.cloned(),
        });
        self.parts.push(columns);
    }

    pub(super) fn give_up(&mut self, why: String) {
        self.broken.get_or_insert(why);
        self.parts = Vec::new();
        self.origins = Vec::new();
    }

    pub(super) fn finish(mut self) -> Measured {
        if let Some(why) = self.broken.take() {
            return Measured::Unknown(why);
        }
        let origins = std::mem::take(&mut self.origins);
        match self.compared() {
            Ok((failed, first)) => Measured::Rows {
                failed,
                first: first.and_then(|first| number(&origins, first)),
            },
            Err(error) => Measured::Unknown(error.to_string()),
        }
    }

    fn compared(self) -> Result<(u64, Option<usize>), arrow_schema::ArrowError> {
        if self.parts.is_empty() {
            return Ok((0, None));
        }
        let whole = (0..self.columns.len()).map(|place| {
            let parts: Vec<&dyn Array> =
                self.parts.iter().map(|part| part[place].as_ref()).collect();
            arrow_select::concat::concat(&parts)
        });
        let whole = whole.collect::<Result<Vec<ArrayRef>, _>>()?;
        let sort = |array: &ArrayRef| SortColumn {
            values: ArrayRef::clone(array),
            options: Some(SortOptions::default()),
        };
        // Rows that come at the same place in the order stay in the order in which they came in.
        let places: ArrayRef = Arc::new(UInt64Array::from_iter_values(0..whole[0].len() as u64));
        let sorted: Vec<SortColumn> = whole[..=self.keys]
            .iter()
            .chain([&places])
            .map(sort)
            .collect();
        let sorted = lexsort_to_indices(&sorted, None)?;
        let compare = |a: &ArrayRef, b: &ArrayRef| make_comparator(a, b, SortOptions::default());
        let keys = whole[..self.keys]
            .iter()
            .map(|key| compare(key, key))
            .collect::<Result<Vec<_>, _>>()?;
        let order = whole[self.keys].logical_nulls();
        let (this, before) = match &self.neighbours {
            Neighbours::Rising { .. } => (&whole[self.keys + 1], &whole[self.keys + 1]),
            Neighbours::Continuous { .. } => (&whole[self.keys + 1], &whole[self.keys + 2]),
        };
        let faulty = match &self.neighbours {
            Neighbours::Rising { strictly: true, .. } => |o: Ordering| o != Ordering::Greater,
            Neighbours::Rising { .. } => |o: Ordering| o == Ordering::Less,
            Neighbours::Continuous { .. } => |o: Ordering| o != Ordering::Equal,
        };
        let walk = Walk {
            keys,
            values: compare(this, before)?,
            has_this: this.logical_nulls(),
            has_before: before.logical_nulls(),
        };
        let has_order = |row: &usize| order.as_ref().is_none_or(|nulls| nulls.is_valid(*row));
        let rows = sorted.values().iter().map(|row| *row as usize);
        Ok(walk.faults(rows.filter(has_order), faulty))
    }
}

/// The rows of a batch that a part is of.
#[derive(Clone, Debug)]
struct Origin {
    rows: usize,
    /// The number of the batch's first row, where it is known.
    first: Option<u64>,
    /// The rows of the batch that are in the part; `None` for all.
    kept: Option<BooleanBuffer>,
}

/// The number, among all rows that came in, of a row of all parts together.
fn number(origins: &[Origin], row: usize) -> Option<u64> {
    let mut row = row;
    for origin in origins {
        if row < origin.rows {
            let place = match &origin.kept {
                Some(kept) => kept.set_indices().nth(row)?,
                None => row,
            };
            return Some(origin.first? + place as u64);
        }
        row -= origin.rows;
    }
    None
}

/// The way through the rows, sorted by key and order.
struct Walk {
    keys: Vec<DynComparator>,
    values: DynComparator,
    has_this: Option<arrow_buffer::NullBuffer>,
    has_before: Option<arrow_buffer::NullBuffer>,
}

impl Walk {
    fn faults(
        &self,
        rows: impl Iterator<Item = usize>,
        faulty: fn(Ordering) -> bool,
    ) -> (u64, Option<usize>) {
        let there = |nulls: &Option<arrow_buffer::NullBuffer>, row| {
            nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))
        };
        let (mut failed, mut first) = (0, None::<usize>);
        let mut before: Option<usize> = None;
        let mut last: Option<usize> = None;
        for row in rows {
            let is_same = last.is_some_and(|last| {
                self.keys
                    .iter()
                    .all(|key| key(last, row) == Ordering::Equal)
            });
            if !is_same {
                before = None;
            }
            if let Some(before) = before
                && there(&self.has_this, row)
                && faulty((self.values)(row, before))
            {
                failed += 1;
                first = Some(first.map_or(row, |first| first.min(row)));
            }
            if there(&self.has_before, row) {
                before = Some(row);
            }
            last = Some(row);
        }
        (failed, first)
    }
}
