//! The second look: of rows whose hash came twice, the keys themselves are compared.

use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_buffer::NullBuffer;
use arrow_row::{RowConverter, Rows, SortField};

use super::hash::column_of;
use super::part::Hashes;
use crate::failed::Failed;

/// More different keys than this are not compared: they would take too much memory.
pub const MAX_REPEATED_KEYS: usize = 50_000_000;

/// Which of several rows with one key stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The first.
    First,
    /// The last.
    Last,
    /// The one with the largest value in a column, missing ones being the smallest; the last among equals.
    Largest(String),
}

/// A key whose hash came twice.
#[derive(Clone, Debug)]
struct Group {
    rows: u64,
    /// The row that stays, by its number in the replay; `None` where it is one that the table holds.
    stays: Option<u64>,
    /// What it has in the column that decides.
    order: Box<[u8]>,
}

/// The keys seen in the second look.
#[derive(Debug)]
pub struct Confirm {
    hashes: Hashes,
    keep: Keep,
    groups: HashMap<Box<[u8]>, Group>,
    rows: u64,
    /// Rows with a key that the table holds.
    held: u64,
}

impl Confirm {
    pub(super) fn new(hashes: Hashes, keep: Keep) -> Self {
        Self {
            hashes,
            keep,
            groups: HashMap::new(),
            rows: 0,
            held: 0,
        }
    }

    /// Takes in rows that the table holds: every row that is looked at and has the key of one repeats it and gives way
    /// to it. They are given before the rows that are looked at.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub fn hold(
        &mut self,
        columns: &[String],
        rows: &RecordBatch,
        hashes: &[u64],
        valid: Option<&NullBuffer>,
    ) -> Result<(), String> {
        let Some(suspects) = suspects(&self.hashes, hashes, valid) else {
            return Ok(());
        };
        let keys = encoded(rows, columns, &suspects)?;
        for place in 0..suspects.len() {
            if self.groups.len() >= MAX_REPEATED_KEYS {
                return Err(too_many());
            }
            let group = Group {
                rows: 1,
                stays: None,
                order: Box::default(),
            };
            let key = keys.row(place).data().into();
            self.groups.entry(key).or_insert(group);
        }
        Ok(())
    }

    /// How many of the rows looked at have a key that the table holds.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// Looks at a batch again; gives the rows that repeat an earlier one. Rows that `valid` leaves out repeat none.
    ///
    /// # Errors
    /// Text that says why keys cannot be compared: columns of another type, or too many keys that come twice.
    pub fn look(
        &mut self,
        columns: &[String],
        rows: &RecordBatch,
        hashes: &[u64],
        valid: Option<&NullBuffer>,
    ) -> Result<Failed, String> {
        let first = self.rows;
        self.rows += rows.num_rows() as u64;
        let Some(suspects) = suspects(&self.hashes, hashes, valid) else {
            return Ok(Failed::none());
        };
        let keys = encoded(rows, columns, &suspects)?;
        let order = match &self.keep {
            Keep::Largest(column) => Some(encoded(rows, std::slice::from_ref(column), &suspects)?),
            _ => None,
        };
        let mut repeats = vec![false; rows.num_rows()];
        for (place, row) in suspects.iter().enumerate() {
            let number = first + u64::from(*row);
            let order = order
                .as_ref()
                .map_or(&[][..], |order| order.row(place).data());
            if let Some(group) = self.groups.get_mut(keys.row(place).data()) {
                repeats[*row as usize] = true;
                group.rows += 1;
                self.held += u64::from(group.stays.is_none());
                let stays = match self.keep {
                    _ if group.stays.is_none() => false,
                    Keep::First => false,
                    Keep::Last => true,
                    Keep::Largest(_) => order >= &group.order[..],
                };
                if stays {
                    group.stays = Some(number);
                    group.order = order.into();
                }
                continue;
            }
            if self.groups.len() >= MAX_REPEATED_KEYS {
                return Err(too_many());
            }
            let group = Group {
                rows: 1,
                stays: Some(number),
                order: order.into(),
            };
            self.groups.insert(keys.row(place).data().into(), group);
        }
        Ok(Failed::of_rows(repeats.len(), None, |row| repeats[row]))
    }

    /// The keys that do come twice.
    pub fn conclude(mut self) -> Confirmed {
        self.groups.retain(|_, group| group.rows > 1);
        Confirmed {
            hashes: self.hashes,
            groups: self.groups,
            rows: 0,
        }
    }
}

/// Keys that come twice, and which row of each stays.
#[derive(Debug)]
pub struct Confirmed {
    hashes: Hashes,
    groups: HashMap<Box<[u8]>, Group>,
    rows: u64,
}

impl Confirmed {
    /// Whether no key comes twice: hashes did by chance.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Begins anew to look for keys that come twice.
    pub(crate) fn again(self) -> Confirm {
        let held = self.groups.into_iter().filter(|(_, g)| g.stays.is_none());
        let groups = held.map(|(key, group)| (key, Group { rows: 1, ..group }));
        Confirm {
            groups: groups.collect(),
            ..Confirm::new(self.hashes, Keep::First)
        }
    }

    /// The rows of a replayed batch that give way to another one with the same key.
    ///
    /// # Errors
    /// As [`Confirm::look`].
    pub fn give_way(
        &mut self,
        columns: &[String],
        rows: &RecordBatch,
        hashes: &[u64],
        valid: Option<&NullBuffer>,
    ) -> Result<Failed, String> {
        let first = self.rows;
        self.rows += rows.num_rows() as u64;
        let Some(suspects) = suspects(&self.hashes, hashes, valid) else {
            return Ok(Failed::none());
        };
        let keys = encoded(rows, columns, &suspects)?;
        let mut gives_way = vec![false; rows.num_rows()];
        for (place, row) in suspects.iter().enumerate() {
            if let Some(group) = self.groups.get(keys.row(place).data()) {
                gives_way[*row as usize] = group.stays != Some(first + u64::from(*row));
            }
        }
        Ok(Failed::of_rows(gives_way.len(), None, |row| gives_way[row]))
    }
}

fn too_many() -> String {
    format!("more than {MAX_REPEATED_KEYS} keys come more than once")
}

/// The rows whose hash came twice; `None` for none.
fn suspects(found: &Hashes, hashes: &[u64], valid: Option<&NullBuffer>) -> Option<Vec<u32>> {
    let is_valid = |row: usize| valid.is_none_or(|valid| valid.is_valid(row));
    let suspects: Vec<u32> = hashes
        .iter()
        .enumerate()
        .filter(|(row, hash)| found.contains(hash) && is_valid(*row))
        .filter_map(|(row, _)| u32::try_from(row).ok())
        .collect();
    (!suspects.is_empty()).then_some(suspects)
}

/// The values of some rows as bytes that are equal, and in order, as the values are.
fn encoded(rows: &RecordBatch, columns: &[String], of: &[u32]) -> Result<Rows, String> {
    let of = arrow_array::UInt32Array::from(of.to_vec());
    let mut arrays = Vec::with_capacity(columns.len());
    for column in columns {
        let array = column_of(rows, column)?;
        let array = arrow_select::take::take(&array, &of, None).map_err(|e| e.to_string())?;
        arrays.push(canonical(array)?);
    }
    let fields = arrays
        .iter()
        .map(|array| SortField::new(array.data_type().clone()));
    let converter = RowConverter::new(fields.collect()).map_err(|error| error.to_string())?;
    converter
        .convert_columns(&arrays)
        .map_err(|error| error.to_string())
}

/// Floats with one zero and one NaN, as they are hashed.
pub(crate) fn canonical(array: arrow_array::ArrayRef) -> Result<arrow_array::ArrayRef, String> {
    use arrow_array::Array as _;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float32Type, Float64Type};
    Ok(match array.data_type() {
        arrow_schema::DataType::Float64 => std::sync::Arc::new(
            array
                .as_primitive::<Float64Type>()
                .unary::<_, Float64Type>(|v| if v.is_nan() { f64::NAN } else { v + 0.0 }),
        ),
        arrow_schema::DataType::Float32 => std::sync::Arc::new(
            array
                .as_primitive::<Float32Type>()
                .unary::<_, Float32Type>(|v| if v.is_nan() { f32::NAN } else { v + 0.0 }),
        ),
        _ => array,
    })
}
