//! `age`: how old the newest value of a date or timestamp column is when the rows are checked.
//!
//! A date counts from its first instant in UTC, a timestamp without zone as if it were one in UTC. A value in the
//! future makes the age negative.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, TimestampMicrosecondType};
use arrow_schema::{DataType, Schema};
use chrono::{DateTime, Utc};

use super::{Measured, Part, plain_type};
use crate::promise::Values;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The newest value of a column.
#[derive(Clone, Debug)]
pub(crate) struct Newest {
    column: String,
    micros: Option<i64>,
}

impl Newest {
    pub(crate) fn bind(column: &str, schema: &Schema) -> Result<Self, String> {
        match plain_type(schema, column)? {
            DataType::Date32 | DataType::Timestamp(..) => Ok(Self {
                column: column.to_owned(),
                micros: None,
            }),
            other => Err(format!("`{column}` is {other}, not a date or timestamp")),
        }
    }

    pub(super) fn part(&self, batch: &RecordBatch) -> Part {
        let Some(values) = Values::of(batch, &self.column) else {
            return Part::Newest(None);
        };
        let array = &values.array;
        let missing = values.missing();
        let is_there = |slot: &usize| missing.as_ref().is_none_or(|nulls| nulls.is_valid(*slot));
        let slots = (0..array.len()).filter(is_there);
        let newest = match array.data_type() {
            DataType::Date32 => {
                let days = array.as_primitive::<Date32Type>();
                slots
                    .map(|slot| i64::from(days.value(slot)).saturating_mul(MICROS_PER_DAY))
                    .max()
            }
            _ => match array.as_primitive_opt::<TimestampMicrosecondType>() {
                Some(times) => slots.map(|slot| times.value(slot)).max(),
                None => None,
            },
        };
        Part::Newest(newest)
    }

    pub(super) fn absorb(&mut self, micros: Option<i64>) {
        self.micros = self.micros.max(micros);
    }

    pub(super) fn finish(self, now: DateTime<Utc>) -> Measured {
        match self.micros {
            Some(micros) => {
                let age = i128::from(now.timestamp_micros()) - i128::from(micros);
                Measured::Figure(age as f64 / 1e6)
            }
            None => Measured::Unknown(format!("`{}` has no value", self.column)),
        }
    }
}
