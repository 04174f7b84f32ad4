//! Rows of one version that may have the same values in some columns as rows of another.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_row::{OwnedRow, RowConverter, SortField};
use arrow_schema::DataType;
use chrono::{DateTime, NaiveDate};
use futures::TryStreamExt;

use crate::error::{Error, Result};
use crate::predicate::{Literal, Predicate};
use crate::scan::Scan;
use crate::snapshot::Snapshot;

/// Values of a column that are looked for one by one; of more, only the smallest and the largest count.
pub const MAX_LISTED_VALUES: usize = 1_024;

impl Snapshot {
    /// Begins to read these rows that may have, in every one of some columns, a value that a row of `other` has there:
    /// files, row groups and pages whose statistics leave no room for such a row are left out, and so are rows with a
    /// value that `other` has not. What is read still has to be compared: a row may share each value with another row.
    ///
    /// Reads the columns of `other`. Up to [`MAX_LISTED_VALUES`] different values of a column are looked for
    /// themselves, and the span of them where there are more; floats are not looked for.
    ///
    /// # Errors
    ///
    /// `NoSuchColumn` if either lacks a column; otherwise those of reading `other`.
    pub async fn scan_like(&self, other: &Self, columns: &[String]) -> Result<Scan> {
        let mut spans: Vec<Span> = Vec::with_capacity(columns.len());
        let mut rows = other.scan().select(columns).stream()?;
        for field in rows.schema().fields() {
            spans.push(Span::of(field.data_type())?);
        }
        while let Some(batch) = rows.try_next().await? {
            for (span, array) in spans.iter_mut().zip(batch.columns()) {
                span.add(array)?;
            }
        }
        let mut scan = self.scan();
        for (column, span) in columns.iter().zip(spans) {
            if let Some(predicate) = span.predicate(column)? {
                scan = scan.filter(predicate);
            }
        }
        Ok(scan)
    }

    /// The same version with those files only that `other` does not have.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let known: BTreeSet<&str> = other
            .state()
            .files
            .iter()
            .map(|f| f.path.as_str())
            .collect();
        self.with_files(|add| !known.contains(add.path.as_str()))
    }
}

/// The values that a column has.
struct Span {
    converter: RowConverter,
    /// The different values; `None` once there are too many.
    listed: Option<BTreeSet<OwnedRow>>,
    /// The smallest and the largest.
    ends: Option<(OwnedRow, OwnedRow)>,
}

impl Span {
    fn of(data_type: &DataType) -> Result<Self> {
        let converter = RowConverter::new(vec![SortField::new(data_type.clone())]);
        Ok(Self {
            converter: converter.map_err(|error| Error::encoding("comparing keys", error))?,
            listed: Some(BTreeSet::new()),
            ends: None,
        })
    }

    fn add(&mut self, array: &ArrayRef) -> Result<()> {
        let rows = self.converter.convert_columns(std::slice::from_ref(array));
        let rows = rows.map_err(|error| Error::encoding("comparing keys", error))?;
        let there = (0..array.len()).filter(|row| !array.is_null(*row));
        for row in there.map(|row| rows.row(row)) {
            match &mut self.ends {
                None => self.ends = Some((row.owned(), row.owned())),
                Some((low, high)) => {
                    if row < low.row() {
                        *low = row.owned();
                    } else if row > high.row() {
                        *high = row.owned();
                    }
                }
            }
            if let Some(listed) = &mut self.listed {
                listed.insert(row.owned());
                if listed.len() > MAX_LISTED_VALUES {
                    self.listed = None;
                }
            }
        }
        Ok(())
    }

    /// True for rows that may have one of the values; `None` where any row may.
    fn predicate(self, column: &str) -> Result<Option<Predicate>> {
        let Some((low, high)) = self.ends else {
            // Nothing is equal to a missing value.
            return Ok(Some(Predicate::Or(Vec::new())));
        };
        let is_listed = self.listed.is_some();
        let values: Vec<OwnedRow> = match self.listed {
            Some(listed) => listed.into_iter().collect(),
            None => vec![low, high],
        };
        let count = values.len();
        let arrays = self
            .converter
            .convert_rows(values.iter().map(OwnedRow::row));
        let arrays = arrays.map_err(|error| Error::encoding("comparing keys", error))?;
        let Some(array) = arrays.first() else {
            return Ok(None);
        };
        let literals: Option<Vec<Literal>> = (0..count).map(|row| literal(array, row)).collect();
        Ok(literals.map(|literals| match literals.as_slice() {
            [low, high] if !is_listed => Predicate::between(column, low.clone(), high.clone()),
            _ => Predicate::In {
                column: column.to_owned(),
                list: literals,
            },
        }))
    }
}

/// A value as a constant; `None` for a type whose equal values may be of several encodings, or nested.
fn literal(array: &ArrayRef, row: usize) -> Option<Literal> {
    if let Some(labels) = array.as_any_dictionary_opt() {
        let label = labels.normalized_keys().get(row).copied()?;
        return literal(labels.values(), label);
    }
    Some(match array.data_type() {
        DataType::Boolean => Literal::Boolean(array.as_boolean().value(row)),
        DataType::Int8 => Literal::from(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => Literal::from(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => Literal::from(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => Literal::from(array.as_primitive::<Int64Type>().value(row)),
        DataType::Decimal128(_, scale) => Literal::Decimal {
            unscaled: array.as_primitive::<Decimal128Type>().value(row),
            scale: u8::try_from(*scale).ok()?,
        },
        DataType::Utf8 => Literal::from(array.as_string::<i32>().value(row)),
        DataType::Binary => Literal::from(array.as_binary::<i32>().value(row)),
        DataType::Date32 => {
            let day = array.as_primitive::<Date32Type>().value(row);
            Literal::Date(NaiveDate::from_epoch_days(day)?)
        }
        DataType::Timestamp(_, zone) => {
            let micros = array.as_primitive_opt::<TimestampMicrosecondType>()?;
            let instant = DateTime::from_timestamp_micros(micros.value(row))?;
            match zone {
                Some(_) => Literal::Timestamp(instant),
                None => Literal::LocalTimestamp(instant.naive_utc()),
            }
        }
        _ => return None,
    })
}
