//! `drift`: how far the values of a column have moved since the publishes before.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};

use super::{Measured, Part, columns, plain_type};
use crate::outcome::{Distribution, Places};

/// The distribution of a column's values against that of earlier ones.
#[derive(Clone, Debug)]
pub(crate) struct Drift {
    now: Distribution,
    /// Those of the publishes before, the newest first.
    before: Vec<Distribution>,
    broken: Option<String>,
}

impl Drift {
    /// Against the newest `publishes` of those before that have a distribution of the column.
    pub(crate) fn bind(
        column: &str,
        before: &[Vec<Distribution>],
        publishes: u32,
        schema: &Schema,
    ) -> Result<Self, String> {
        let places = match plain_type(schema, column)? {
            DataType::Utf8 => Places::Categories,
            other if other.is_numeric() || is_counted(&other) => Places::Numbers { dropped: 0 },
            other => {
                return Err(format!(
                    "`{column}` is {other}, of which no drift is measured"
                ));
            }
        };
        let now = Distribution::new(column, places);
        let of = |all: &Vec<Distribution>| {
            let found = all.iter().find(|found| found.column() == column);
            found.filter(|found| found.is_like(&now)).cloned()
        };
        let before = before
            .iter()
            .filter_map(of)
            .take(publishes as usize)
            .collect();
        Ok(Self {
            now,
            before,
            broken: None,
        })
    }

    /// What is kept for the publishes to come.
    pub(crate) fn distribution(&self) -> Option<&Distribution> {
        self.broken.is_none().then_some(&self.now)
    }

    pub(super) fn part(&self, batch: &RecordBatch) -> Part {
        let mut part = Distribution::new(self.now.column(), self.places());
        let column = self.now.column().to_owned();
        let added = columns(batch, &[column]).and_then(|columns| add(&mut part, &columns[0]));
        match added {
            Ok(()) => Part::Distribution(part),
            Err(why) => Part::Broken(why),
        }
    }

    fn places(&self) -> Places {
        match self.now.is_like(&Distribution::new("", Places::Categories)) {
            true => Places::Categories,
            false => Places::Numbers { dropped: 0 },
        }
    }

    pub(super) fn absorb(&mut self, part: &Distribution) {
        self.now.merge(part);
    }

    pub(super) fn give_up(&mut self, why: String) {
        self.broken.get_or_insert(why);
    }

    pub(super) fn finish(self) -> Measured {
        if let Some(why) = self.broken {
            return Measured::Unknown(why);
        }
        let column = self.now.column();
        let mut before = Distribution::new(column, self.places());
        for each in &self.before {
            before.merge(each);
        }
        if before.rows() == 0 {
            return Measured::Unknown(format!(
                "no publish before this one has a distribution of `{column}`"
            ));
        }
        match self.now.stability_index(&before) {
            Some(index) => Measured::Figure(index),
            None => Measured::Unknown("there are no rows to compare".to_owned()),
        }
    }
}

/// Whether values are counted in whole numbers, in an order.
fn is_counted(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Boolean | DataType::Date32 | DataType::Timestamp(..)
    )
}

fn add(out: &mut Distribution, array: &ArrayRef) -> Result<(), String> {
    let missing = array.logical_nulls().map_or(0, |nulls| nulls.null_count());
    out.add_missing(missing as u64);
    if let Some(texts) = array.as_string_opt::<i32>() {
        texts.iter().flatten().for_each(|text| out.add_text(text));
        return Ok(());
    }
    let cast = |array: &ArrayRef, to: &DataType| {
        arrow_cast::cast(array, to).map_err(|error| error.to_string())
    };
    let numbers = match array.data_type() {
        DataType::Boolean => cast(array, &DataType::Int8)?,
        DataType::Date32 => cast(array, &DataType::Int32)?,
        DataType::Timestamp(..) => cast(array, &DataType::Int64)?,
        _ => array.clone(),
    };
    let numbers = cast(&numbers, &DataType::Float64)?;
    let numbers = numbers.as_primitive::<Float64Type>().iter().flatten();
    numbers.for_each(|number| out.add_number(number));
    Ok(())
}
