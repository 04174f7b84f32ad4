//! The values of one column, as they come.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};

use super::distinct::Counter;
use super::hash::{of_bytes, of_u64};
use super::number::Numbers;
use super::text::TextCollector;
use super::{ColumnProfile, MAX_LISTED, ProfileError, Seen, ValueCount};

/// How the values of a column are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Boolean,
    Integer,
    Float,
    Moment,
    /// Nested values, bytes and the like: only whether they are there.
    Other,
}

impl Form {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Dictionary(_, value) => Self::of(value),
            DataType::Boolean => Self::Boolean,
            // Whole numbers beyond 64 bits with sign are looked at as floats.
            DataType::UInt64 => Self::Float,
            integer if integer.is_integer() => Self::Integer,
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Self::Moment,
            number if number.is_numeric() => Self::Float,
            _ => Self::Other,
        }
    }

    fn target(self) -> Option<DataType> {
        Some(match self {
            Self::Text => DataType::Utf8,
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Moment => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Other => return None,
        })
    }
}

#[derive(Clone, Debug)]
pub(super) struct ColumnCollector {
    name: String,
    data_type: DataType,
    form: Form,
    rows: u64,
    nulls: Seen,
    distinct: Counter,
    text: TextCollector,
    numbers: Numbers,
    times: Option<(i64, i64)>,
    /// Different values while they are few, with their rows.
    values: Option<Vec<(u64, ValueCount)>>,
    previous: Option<i64>,
    ascending: bool,
}

impl ColumnCollector {
    pub(super) fn new(name: &str, data_type: &DataType, limit: usize) -> Self {
        Self {
            name: name.to_owned(),
            data_type: data_type.clone(),
            form: Form::of(data_type),
            rows: 0,
            nulls: Seen::default(),
            distinct: Counter::new(limit),
            text: TextCollector::new(limit),
            numbers: Numbers::new(),
            times: None,
            values: Some(Vec::new()),
            previous: None,
            ascending: true,
        }
    }

    /// Whether its values can be part of a key: floats and nested values cannot.
    pub(super) fn can_be_key(&self) -> bool {
        matches!(self.form, Form::Text | Form::Integer | Form::Moment)
    }

    /// Takes the values of a batch; returns their fingerprints.
    pub(super) fn see(
        &mut self,
        array: &ArrayRef,
        first: u64,
    ) -> Result<Vec<Option<u64>>, ProfileError> {
        self.rows += array.len() as u64;
        let nulls = array.logical_nulls();
        let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        for row in (0..array.len()).filter(|row| is_null(*row)) {
            self.nulls.add(1, first + row as u64);
        }
        let Some(target) = self.form.target() else {
            return Ok(vec![None; array.len()]);
        };
        let array = if *array.data_type() == target {
            array.clone()
        } else {
            cast(array, &target).map_err(|error| ProfileError {
                column: self.name.clone(),
                reason: error.to_string(),
            })?
        };
        let mut out = Vec::with_capacity(array.len());
        for row in 0..array.len() {
            // What a cast cannot bring over counts as there and is not looked at.
            out.push(if is_null(row) || array.is_null(row) {
                None
            } else {
                let fingerprint = self.value(&array, row, first + row as u64);
                self.distinct.add(fingerprint);
                Some(fingerprint)
            });
        }
        Ok(out)
    }

    fn value(&mut self, array: &ArrayRef, row: usize, number: u64) -> u64 {
        match self.form {
            Form::Text => {
                let text = array.as_string::<i32>().value(row);
                let fingerprint = of_bytes(text.as_bytes());
                self.text.see(text, fingerprint, number);
                fingerprint
            }
            Form::Boolean => {
                let value = array.as_boolean().value(row);
                let fingerprint = of_u64(u64::from(value));
                self.list(fingerprint, number, || value.into());
                fingerprint
            }
            Form::Float => {
                let value = array.as_primitive::<Float64Type>().value(row);
                self.numbers.see_float(value, 1, number);
                of_u64(value.to_bits())
            }
            Form::Integer => {
                let value = array.as_primitive::<Int64Type>().value(row);
                self.numbers.see_integer(value, 1, number);
                self.ordered(value);
                let fingerprint = of_u64(u64::from_ne_bytes(value.to_ne_bytes()));
                self.list(fingerprint, number, || value.into());
                fingerprint
            }
            Form::Moment => {
                let value = array.as_primitive::<TimestampMicrosecondType>().value(row);
                let (least, most) = self.times.get_or_insert((value, value));
                *least = value.min(*least);
                *most = value.max(*most);
                self.ordered(value);
                of_u64(u64::from_ne_bytes(value.to_ne_bytes()))
            }
            Form::Other => 0,
        }
    }

    fn ordered(&mut self, value: i64) {
        self.ascending &= self.previous.is_none_or(|previous| previous <= value);
        self.previous = Some(value);
    }

    /// Counts a value by itself, while there are few different ones.
    fn list(
        &mut self,
        fingerprint: u64,
        row: u64,
        value: impl FnOnce() -> dataproduct_contract::Value,
    ) {
        let Some(values) = &mut self.values else {
            return;
        };
        if let Some((_, known)) = values.iter_mut().find(|(known, _)| *known == fingerprint) {
            known.seen.add(1, row);
        } else if values.len() < MAX_LISTED {
            let mut seen = Seen::default();
            seen.add(1, row);
            values.push((
                fingerprint,
                ValueCount {
                    value: value(),
                    seen,
                },
            ));
        } else {
            self.values = None;
        }
    }

    pub(super) fn finish(self) -> ColumnProfile {
        let is_text = self.form == Form::Text;
        let (texts, listed) = self.text.finish();
        let own = self.values.map(|values| {
            let mut values: Vec<ValueCount> = values.into_iter().map(|(_, value)| value).collect();
            values.sort_by_key(|value| (std::cmp::Reverse(value.seen.rows), value.seen.first));
            values
        });
        ColumnProfile {
            name: self.name,
            data_type: self.data_type,
            rows: self.rows,
            nulls: self.nulls,
            distinct: self.distinct.distinct(),
            values: if is_text {
                listed
            } else {
                own.filter(|values| !values.is_empty())
            },
            numbers: matches!(self.form, Form::Integer | Form::Float)
                .then(|| self.numbers.finished()),
            times: self.times,
            is_ascending: self.previous.is_some() && self.ascending,
            texts: is_text.then(|| Box::new(texts)),
        }
    }
}
