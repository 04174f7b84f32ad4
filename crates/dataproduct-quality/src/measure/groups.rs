//! `smallestGroup` and `distinctCount`: how many groups of equal values there are, and how large the smallest is.
//!
//! Groups are counted exactly. Missing values are equal to each other in `smallestGroup`; in `distinctCount` they are
//! left out.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_row::{RowConverter, Rows};
use arrow_schema::Schema;

use super::{Measured, Part, columns, converter};

/// More groups than this are not counted: they would take too much memory.
pub(crate) const MAX_GROUPS: usize = 20_000_000;

/// Values of more bytes are not counted, however few.
const MAX_GROUP_BYTES: usize = 2 << 30;

/// Which figure of the groups is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// How many there are.
    Count,
    /// How many rows the smallest has.
    Smallest,
}

/// Groups of rows that are equal in some columns.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    figure: Figure,
    columns: Vec<String>,
    converter: Arc<RowConverter>,
    counts: HashMap<Box<[u8]>, u64>,
    /// The bytes of the values that the groups are of, and how many they may be.
    bytes: usize,
    most_bytes: usize,
    broken: Option<String>,
}

impl Groups {
    pub(crate) fn bind(
        figure: Figure,
        columns: &[String],
        schema: &Schema,
    ) -> Result<Self, String> {
        Ok(Self {
            figure,
            columns: columns.to_vec(),
            converter: converter(schema, columns)?,
            counts: HashMap::new(),
            bytes: 0,
            most_bytes: MAX_GROUP_BYTES,
            broken: None,
        })
    }

    #[cfg(test)]
    pub(super) fn with_most_bytes(mut self, bytes: usize) -> Self {
        self.most_bytes = bytes;
        self
    }

    pub(super) fn part(&self, batch: &RecordBatch) -> Part {
        let mut arrays = match columns(batch, &self.columns) {
            Ok(arrays) => arrays,
            Err(why) => return Part::Broken(why),
        };
        if self.figure == Figure::Count {
            // One column, of which missing values are no value.
            for array in &mut arrays {
                if let Some(nulls) = array.logical_nulls()
                    && let Ok(kept) = arrow_select::filter::filter(
                        array,
                        &arrow_array::BooleanArray::new(nulls.inner().clone(), None),
                    )
                {
                    *array = kept;
                }
            }
        }
        match self.converter.convert_columns(&arrays) {
            Ok(rows) => Part::Groups(rows),
            Err(error) => Part::Broken(error.to_string()),
        }
    }

    pub(super) fn absorb(&mut self, rows: &Rows) {
        if self.broken.is_some() {
            return;
        }
        for row in rows {
            if let Some(count) = self.counts.get_mut(row.data()) {
                *count += 1;
                continue;
            }
            if self.counts.len() >= MAX_GROUPS {
                let why = format!("there are more than {MAX_GROUPS} groups of equal values");
                self.give_up(why);
                return;
            }
            self.bytes = self.bytes.saturating_add(row.data().len());
            if self.bytes > self.most_bytes {
                let most = self.most_bytes >> 20;
                let why = format!("the values of the groups are larger than {most} MiB");
                self.give_up(why);
                return;
            }
            self.counts.insert(row.data().into(), 1);
        }
    }

    pub(super) fn give_up(&mut self, why: String) {
        self.broken.get_or_insert(why);
        self.counts = HashMap::new();
    }

    pub(super) fn finish(self) -> Measured {
        if let Some(why) = self.broken {
            return Measured::Unknown(why);
        }
        match self.figure {
            Figure::Count => Measured::Figure(self.counts.len() as f64),
            Figure::Smallest => match self.counts.values().min() {
                Some(rows) => Measured::Figure(*rows as f64),
                None => Measured::Unknown("there are no rows".to_owned()),
            },
        }
    }
}
