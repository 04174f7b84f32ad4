//! `sum`, `mean`, `minimum` and `maximum` of the numbers of a column; missing values are left out.
//!
//! Whole numbers and decimals are summed exactly, as long as the sum has at most 38 digits; floats with compensated
//! summation. One NaN makes every figure NaN, which no comparison holds for.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema};
use dataproduct_contract::Aggregate;

use super::{Measured, Part, plain_type};
use crate::promise::Values;

/// A figure of the numbers of a column.
#[derive(Clone, Debug)]
pub(crate) struct Aggregated {
    function: Aggregate,
    column: String,
    /// What whole units have to be divided by to be the numbers that they stand for.
    units: f64,
    sums: Sums,
    broken: Option<String>,
}

/// The numbers seen so far, in whole units of the column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    count: u64,
    /// The exact sum of whole units; `None` once it has overflowed.
    whole: Option<i128>,
    sum: f64,
    /// What was lost in the sum by rounding.
    lost: f64,
    lowest: Option<f64>,
    highest: Option<f64>,
}

impl Sums {
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        // Neumaier: the smaller of the two is the one whose low digits are lost.
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    fn bound(&mut self, value: f64) {
        let pick = |held: Option<f64>, better: fn(f64, f64) -> f64| match held {
            Some(held) if held.is_nan() => held,
            Some(held) if !value.is_nan() => better(held, value),
            _ => value,
        };
        self.lowest = Some(pick(self.lowest, f64::min));
        self.highest = Some(pick(self.highest, f64::max));
    }

    fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.whole = match self.count {
            0 => other.whole,
            _ => self
                .whole
                .zip(other.whole)
                .and_then(|(a, b)| a.checked_add(b)),
        };
        self.count += other.count;
        self.add(other.sum);
        self.lost += other.lost;
        for value in [other.lowest, other.highest].into_iter().flatten() {
            self.bound(value);
        }
    }

    /// The sum: without what was lost where that is no number, since infinity less infinity is none.
    fn total(&self) -> f64 {
        match self.whole {
            Some(whole) => whole as f64,
            None if self.lost.is_finite() => self.sum + self.lost,
            None => self.sum,
        }
    }
}

impl Aggregated {
    pub(crate) fn bind(function: Aggregate, column: &str, schema: &Schema) -> Result<Self, String> {
        let units = match plain_type(schema, column)? {
            DataType::Decimal128(_, scale) => 10_f64.powi(i32::from(scale)),
            other if other.is_numeric() => 1.0,
            other => return Err(format!("`{column}` is {other}, not a number")),
        };
        Ok(Self {
            function,
            column: column.to_owned(),
            units,
            sums: Sums::default(),
            broken: None,
        })
    }

    pub(super) fn part(&self, batch: &RecordBatch) -> Part {
        let Some(values) = Values::of(batch, &self.column) else {
            return Part::Broken(format!("there is no column `{}`", self.column));
        };
        match sums(&values) {
            Some(sums) => Part::Aggregated(sums),
            None => Part::Broken(format!("`{}` is not a number", self.column)),
        }
    }

    pub(super) fn absorb(&mut self, sums: &Sums) {
        self.sums.merge(sums);
    }

    pub(super) fn give_up(&mut self, why: String) {
        self.broken.get_or_insert(why);
    }

    pub(super) fn finish(self) -> Measured {
        if let Some(why) = self.broken {
            return Measured::Unknown(why);
        }
        let sums = &self.sums;
        let figure = match self.function {
            Aggregate::Sum => Some(sums.total()),
            Aggregate::Mean if sums.count > 0 => Some(sums.total() / sums.count as f64),
            Aggregate::Minimum => sums.lowest,
            Aggregate::Maximum => sums.highest,
            _ => None,
        };
        match figure {
            Some(figure) => Measured::Figure(figure / self.units),
            None => Measured::Unknown(format!("`{}` has no value", self.column)),
        }
    }
}

fn sums(values: &Values) -> Option<Sums> {
    match values.array.data_type() {
        DataType::Int8 => whole::<Int8Type>(values),
        DataType::Int16 => whole::<Int16Type>(values),
        DataType::Int32 => whole::<Int32Type>(values),
        DataType::Int64 => whole::<Int64Type>(values),
        DataType::Decimal128(..) => whole::<Decimal128Type>(values),
        DataType::Float32 => floats::<Float32Type>(values),
        DataType::Float64 => floats::<Float64Type>(values),
        _ => None,
    }
}

/// The slots that hold a value.
fn slots(values: &Values) -> impl Iterator<Item = usize> {
    let missing = values.missing();
    (0..values.array.len())
        .filter(move |slot| missing.as_ref().is_none_or(|nulls| nulls.is_valid(*slot)))
}

fn whole<T: ArrowPrimitiveType>(values: &Values) -> Option<Sums>
where
    T::Native: Into<i128>,
{
    let array = values.array.as_primitive_opt::<T>()?;
    let mut sums = Sums {
        whole: Some(0),
        ..Sums::default()
    };
    let (mut lowest, mut highest) = (i128::MAX, i128::MIN);
    for slot in slots(values) {
        let value: i128 = array.value(slot).into();
        sums.count += 1;
        sums.whole = sums.whole.and_then(|sum| sum.checked_add(value));
        sums.sum += value as f64;
        lowest = lowest.min(value);
        highest = highest.max(value);
    }
    if sums.count > 0 {
        sums.bound(lowest as f64);
        sums.bound(highest as f64);
    }
    Some(sums)
}

fn floats<T: ArrowPrimitiveType>(values: &Values) -> Option<Sums>
where
    T::Native: Into<f64>,
{
    let array = values.array.as_primitive_opt::<T>()?;
    let mut sums = Sums::default();
    for slot in slots(values) {
        let value: f64 = array.value(slot).into();
        sums.count += 1;
        sums.add(value);
        sums.bound(value);
    }
    Some(sums)
}
