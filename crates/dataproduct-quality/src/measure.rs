//! Figures of all rows of a publish together: each batch gives a part, parts add up, and the sum is judged at the end.

mod age;
mod aggregate;
mod drift;
mod groups;
mod reference;
mod sequence;
mod volume;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::BooleanBuffer;
use arrow_row::Rows;
use arrow_schema::Schema;
use chrono::{DateTime, Utc};

pub(crate) use age::Newest;
pub(crate) use aggregate::Aggregated;
pub(crate) use drift::Drift;
pub(crate) use groups::{Figure, Groups};
pub use reference::ReferenceKeys;
pub(crate) use reference::Refers;
pub(crate) use sequence::{Neighbours, Sequence};
pub(crate) use volume::{RowCount, Volume};

use crate::outcome::Distribution;
use crate::promise::{Values, type_of};
use crate::unique::canonical;

/// What a figure came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Measured {
    /// A figure.
    Figure(f64),
    /// How many rows are at fault, and the number of the first of them among all rows that came in, where it is known.
    Rows { failed: u64, first: Option<u64> },
    /// It could not be told, and why.
    Unknown(String),
}

/// A figure that is taken of all rows.
#[derive(Clone, Debug)]
pub(crate) enum Measure {
    RowCount(RowCount),
    Aggregated(Aggregated),
    Newest(Newest),
    Groups(Groups),
    Sequence(Sequence),
    Volume(Volume),
    Drift(Drift),
}

/// What one batch adds to a figure.
#[derive(Debug)]
pub(crate) enum Part {
    Rows(u64),
    Aggregated(aggregate::Sums),
    Newest(Option<i64>),
    Groups(Rows),
    Columns(Vec<ArrayRef>),
    Distribution(Distribution),
    /// The columns could not be looked at; the figure is not known.
    Broken(String),
}

impl Measure {
    /// What a batch adds. Takes no part of the state, so that batches are looked at side by side.
    pub(crate) fn part(&self, batch: &RecordBatch) -> Part {
        match self {
            Self::RowCount(_) | Self::Volume(_) => Part::Rows(batch.num_rows() as u64),
            Self::Aggregated(measure) => measure.part(batch),
            Self::Newest(measure) => measure.part(batch),
            Self::Groups(measure) => measure.part(batch),
            Self::Sequence(measure) => measure.part(batch),
            Self::Drift(measure) => measure.part(batch),
        }
    }

    /// What of it is kept for the publishes to come.
    pub(crate) fn distribution(&self) -> Option<&Distribution> {
        match self {
            Self::Drift(measure) => measure.distribution(),
            _ => None,
        }
    }

    /// Takes in what a batch adds, in the order of the batches. `first` is the number of the batch's first row, where
    /// it is known, and `kept` are those of its rows that the part is of.
    pub(crate) fn absorb(&mut self, part: Part, first: Option<u64>, kept: Option<&BooleanBuffer>) {
        match (self, part) {
            (Self::RowCount(measure), Part::Rows(rows)) => measure.absorb(rows),
            (Self::Volume(measure), Part::Rows(rows)) => measure.absorb(rows),
            (Self::Aggregated(measure), Part::Aggregated(sums)) => measure.absorb(&sums),
            (Self::Newest(measure), Part::Newest(micros)) => measure.absorb(micros),
            (Self::Groups(measure), Part::Groups(rows)) => measure.absorb(&rows),
            (Self::Sequence(measure), Part::Columns(columns)) => {
                measure.absorb(columns, first, kept);
            }
            (Self::Drift(measure), Part::Distribution(part)) => measure.absorb(&part),
            (Self::Drift(measure), Part::Broken(why)) => measure.give_up(why),
            (Self::Aggregated(measure), Part::Broken(why)) => measure.give_up(why),
            (Self::Groups(measure), Part::Broken(why)) => measure.give_up(why),
            (Self::Sequence(measure), Part::Broken(why)) => measure.give_up(why),
            // Parts come from the measure that they go back to.
            _ => {}
        }
    }

    /// What it came to when the rows were checked at `now`.
    pub(crate) fn finish(self, now: DateTime<Utc>) -> Measured {
        match self {
            Self::RowCount(measure) => measure.finish(),
            Self::Volume(measure) => measure.finish(),
            Self::Aggregated(measure) => measure.finish(),
            Self::Newest(measure) => measure.finish(now),
            Self::Groups(measure) => measure.finish(),
            Self::Sequence(measure) => measure.finish(),
            Self::Drift(measure) => measure.finish(),
        }
    }
}

/// The columns at these paths, labels as the text that they are.
pub(crate) fn columns(batch: &RecordBatch, paths: &[String]) -> Result<Vec<ArrayRef>, String> {
    let column = |path: &String| match Values::of(batch, path) {
        Some(values) if values.is_one_a_row() => canonical(values.whole()?),
        _ => Err(format!("there is no column `{path}` with one value a row")),
    };
    paths.iter().map(column).collect()
}

/// The type of the column at a path, labels as the text that they are.
fn plain_type(schema: &Schema, path: &str) -> Result<arrow_schema::DataType, String> {
    use arrow_schema::DataType;
    match type_of(schema, path) {
        Some(DataType::Dictionary(_, values)) => Ok(values.as_ref().clone()),
        Some(other) => Ok(other.clone()),
        None => Err(format!("there is no column `{path}`")),
    }
}

/// A converter of rows of these columns into bytes that are equal where the rows are.
fn converter(schema: &Schema, paths: &[String]) -> Result<Arc<arrow_row::RowConverter>, String> {
    let types = paths.iter().map(|path| plain_type(schema, path));
    let fields = types
        .map(|data_type| data_type.map(arrow_row::SortField::new))
        .collect::<Result<Vec<_>, _>>()?;
    arrow_row::RowConverter::new(fields)
        .map(Arc::new)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
