//! Keeping row groups sorted: a cheap check on rows that come sorted, a sort of those that do not.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ord::ord::{DynComparator, make_comparator};
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType, SortOptions};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;

use crate::error::{Error, Result};

/// Ascending, nulls first.
const ORDER: SortOptions = SortOptions {
    descending: false,
    nulls_first: true,
};

fn failed(error: arrow_schema::ArrowError) -> Error {
    Error::encoding("sorting rows", error)
}

fn keys(batch: &RecordBatch, by: &[String]) -> Vec<ArrayRef> {
    by.iter()
        .filter_map(|name| batch.column_by_name(name).cloned())
        .collect()
}

fn comparators(left: &[ArrayRef], right: &[ArrayRef]) -> Result<Vec<DynComparator>> {
    left.iter()
        .zip(right)
        .map(|(left, right)| make_comparator(left, right, ORDER).map_err(failed))
        .collect()
}

fn in_order(comparators: &[DynComparator], left: usize, right: usize) -> bool {
    for compare in comparators {
        match compare(left, right) {
            Ordering::Less => return true,
            Ordering::Equal => {}
            Ordering::Greater => return false,
        }
    }
    true
}

/// Whether the rows of `batch` are sorted, and come after the last row of `before` if given.
pub(crate) fn is_sorted(
    batch: &RecordBatch,
    before: Option<&RecordBatch>,
    by: &[String],
) -> Result<bool> {
    let columns = keys(batch, by);
    if batch.num_rows() == 0 {
        return Ok(true);
    }
    if let Some(before) = before
        && before.num_rows() > 0
    {
        let comparators = comparators(&keys(before, by), &columns)?;
        if !in_order(&comparators, before.num_rows() - 1, 0) {
            return Ok(false);
        }
    }
    // Column by column: a later column matters only to rows that the earlier ones do not tell apart.
    let mut ties: Option<Vec<u32>> = None;
    for column in &columns {
        let left_open = match (column.data_type(), column.null_count()) {
            (DataType::Utf8, 0) => {
                let text = column.as_string::<i32>();
                let (offsets, bytes) = (text.value_offsets(), text.value_data());
                let value = |row: usize| &bytes[offsets[row] as usize..offsets[row + 1] as usize];
                ties_of(batch.num_rows(), ties.as_deref(), |left, right| {
                    compare_bytes(value(left), value(right))
                })
            }
            _ => {
                let compare = make_comparator(column, column, ORDER).map_err(failed)?;
                ties_of(batch.num_rows(), ties.as_deref(), compare)
            }
        };
        match left_open {
            None => return Ok(false),
            Some(rows) if rows.is_empty() => return Ok(true),
            rows => ties = rows,
        }
    }
    Ok(true)
}

/// The rows, of all or of those given, that are equal to the row before them; `None` if one is less.
fn ties_of(
    rows: usize,
    among: Option<&[u32]>,
    compare: impl Fn(usize, usize) -> Ordering,
) -> Option<Vec<u32>> {
    let mut ties = Vec::new();
    let mut check = |row: u32| {
        let order = compare(row as usize - 1, row as usize);
        if order == Ordering::Equal {
            ties.push(row);
        }
        order != Ordering::Greater
    };
    let sorted = match among {
        None => (1..u32::try_from(rows).unwrap_or(u32::MAX)).all(&mut check),
        Some(among) => among.iter().all(|row| check(*row)),
    };
    sorted.then_some(ties)
}

/// As `left.cmp(right)`; keys are mostly of one length and short, for which two words of each side decide.
fn compare_bytes(left: &[u8], right: &[u8]) -> Ordering {
    let word = |chunk: Option<&[u8; 8]>| chunk.map(|bytes| u64::from_be_bytes(*bytes));
    if left.len() == right.len() && left.len() <= 16 {
        let heads = (word(left.first_chunk()), word(right.first_chunk()));
        let tails = (word(left.last_chunk()), word(right.last_chunk()));
        if let ((Some(left_head), Some(right_head)), (Some(left_tail), Some(right_tail))) =
            (heads, tails)
        {
            // The words overlap in bytes that are equal when the heads are.
            return left_head.cmp(&right_head).then(left_tail.cmp(&right_tail));
        }
    }
    left.cmp(right)
}

/// Sorts the rows of several batches; rows with equal keys keep their order. The result comes in batches of
/// `slab_rows`, so that no second copy of all rows is held.
pub(crate) struct Sorted {
    batches: Vec<RecordBatch>,
    order: Vec<u32>,
    offsets: Vec<usize>,
    next: usize,
    slab_rows: usize,
}

impl Sorted {
    pub(crate) fn new(batches: Vec<RecordBatch>, by: &[String], slab_rows: usize) -> Result<Self> {
        let mut offsets = vec![0];
        for batch in &batches {
            offsets.push(offsets[offsets.len() - 1] + batch.num_rows());
        }
        let all_keys: Vec<Vec<ArrayRef>> = batches.iter().map(|batch| keys(batch, by)).collect();
        let columns = (0..by.len())
            .map(|key| {
                let parts: Vec<&dyn Array> =
                    all_keys.iter().map(|keys| keys[key].as_ref()).collect();
                concat(&parts).map_err(failed)
            })
            .collect::<Result<Vec<_>>>()?;
        let fields = columns
            .iter()
            .map(|column| SortField::new_with_options(column.data_type().clone(), ORDER));
        let converter = RowConverter::new(fields.collect()).map_err(failed)?;
        let rows = converter.convert_columns(&columns).map_err(failed)?;
        let mut order: Vec<u32> = (0..u32::try_from(rows.num_rows()).unwrap_or(u32::MAX)).collect();
        order.sort_unstable_by(|left, right| {
            let (a, b) = (rows.row(*left as usize), rows.row(*right as usize));
            a.cmp(&b).then(left.cmp(right))
        });
        Ok(Self {
            batches,
            order,
            offsets,
            next: 0,
            slab_rows,
        })
    }

    /// Which row is in which place, both counted from the first of the batches.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The next rows in order; `None` at the end.
    pub(crate) fn next_slab(&mut self) -> Result<Option<RecordBatch>> {
        let end = self.order.len().min(self.next + self.slab_rows);
        let Some(first) = self.batches.first() else {
            return Ok(None);
        };
        if self.next == end {
            return Ok(None);
        }
        let places: Vec<(usize, usize)> = self.order[self.next..end]
            .iter()
            .map(|row| {
                let row = *row as usize;
                let batch = self.offsets.partition_point(|offset| *offset <= row) - 1;
                (batch, row - self.offsets[batch])
            })
            .collect();
        self.next = end;
        let columns = (0..first.num_columns())
            .map(|index| {
                let parts: Vec<&dyn Array> = self
                    .batches
                    .iter()
                    .map(|batch| batch.column(index).as_ref())
                    .collect();
                interleave(&parts, &places).map_err(failed)
            })
            .collect::<Result<Vec<_>>>()?;
        RecordBatch::try_new(first.schema(), columns)
            .map(Some)
            .map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int64Type;
    use arrow_array::{Int64Array, StringArray};

    use super::*;

    fn batch(keys: &[Option<&str>], values: &[i64]) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable([
            (
                "k",
                Arc::new(StringArray::from(keys.to_vec())) as ArrayRef,
                true,
            ),
            (
                "v",
                Arc::new(Int64Array::from(values.to_vec())) as ArrayRef,
                true,
            ),
        ])
        .unwrap()
    }

    #[track_caller]
    fn check(keys: &[Option<&str>], values: &[i64], expect: bool) {
        let by = ["k".to_owned(), "v".to_owned()];
        assert_eq!(is_sorted(&batch(keys, values), None, &by).unwrap(), expect);
        // The same rows in two batches must be judged alike.
        for cut in 1..keys.len() {
            let (a, b) = (
                batch(&keys[..cut], &values[..cut]),
                batch(&keys[cut..], &values[cut..]),
            );
            let first = is_sorted(&a, None, &by).unwrap();
            assert_eq!(first && is_sorted(&b, Some(&a), &by).unwrap(), expect);
        }
    }

    #[test]
    fn sortedness() {
        check(&[], &[], true);
        check(&[Some("a"), Some("a"), Some("b")], &[1, 2, 0], true);
        check(&[Some("a"), Some("a"), Some("b")], &[2, 1, 0], false);
        check(&[None, Some("a")], &[9, 1], true);
        check(&[Some("a"), None], &[1, 9], false);
        check(&[None, None, Some("a")], &[2, 1, 1], false);
    }

    #[test]
    fn bytes_compare_as_slices_do() {
        let texts: Vec<String> = (0..=20)
            .flat_map(|length| ["a", "b", "\u{e9}"].map(|text| text.repeat(length)))
            .chain((0..20).map(|place| format!("{}b{}", "a".repeat(place), "a".repeat(19 - place))))
            .chain((0..13).map(|place| format!("{}b{}", "a".repeat(place), "a".repeat(12 - place))))
            .collect();
        for left in &texts {
            for right in &texts {
                let (left, right) = (left.as_bytes(), right.as_bytes());
                assert_eq!(
                    compare_bytes(left, right),
                    left.cmp(right),
                    "{left:?} {right:?}"
                );
            }
        }
    }

    #[test]
    fn sorting_is_stable_and_complete() {
        let by = ["k".to_owned()];
        let batches = vec![
            batch(&[Some("b"), Some("a"), None], &[1, 2, 3]),
            batch(&[Some("a"), Some("b")], &[4, 5]),
        ];
        let mut sorted = Sorted::new(batches, &by, 2).unwrap();
        let mut values = Vec::new();
        while let Some(slab) = sorted.next_slab().unwrap() {
            assert!(slab.num_rows() <= 2);
            values.extend(
                slab.column(1)
                    .as_primitive::<Int64Type>()
                    .values()
                    .iter()
                    .copied(),
            );
        }
        assert_eq!(values, [3, 2, 4, 1, 5]);
    }
}
