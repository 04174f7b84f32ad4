//! Parquet files, in the types that they say.
//!
//! Old ones keep instants as INT96: a day, and nanoseconds within it. Their reader gives them in any unit, and wraps
//! around silently where that unit has no room: in nanoseconds before 1677 and after 2262. Such columns are read in three
//! units, which together tell each instant, and whether it is a whole microsecond.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMicrosecondType, TimestampNanosecondType, TimestampSecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, TimestampMicrosecondArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use dataproduct_contract::row::MICROSECOND_RANGE;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Type as PhysicalType;
use parquet::schema::types::SchemaDescriptor;

use super::{Batches, ROWS_PER_BATCH};
use crate::{Error, Result};

/// The columns of a Parquet file and its rows, from the first.
///
/// # Errors
/// [`Error::Input`] when it is no whole Parquet file, or has INT96 within lists, maps or structs; each batch may fail on
/// its own.
pub(crate) fn rows(path: &Path) -> Result<(SchemaRef, Batches)> {
    let builder = builder(path, ArrowReaderOptions::new())?;
    let old = old_instants(path, builder.parquet_schema())?;
    if old.is_empty() {
        let schema = Arc::clone(builder.schema());
        let reader = built(path, builder)?;
        let path = path.display().to_string();
        let rows = reader.map(move |batch| batch.map_err(|e| Error::input(format!("`{path}`"), e)));
        return Ok((schema, Box::new(rows)));
    }
    let in_unit = |unit: TimeUnit| {
        let fields = builder.schema().fields().iter().enumerate();
        let fields = fields.map(|(place, field)| match old.contains(&place) {
            true => {
                let data_type = DataType::Timestamp(unit, None);
                Arc::new(Field::clone(field).with_data_type(data_type))
            }
            false => Arc::clone(field),
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    };
    let open = |unit: TimeUnit| {
        let options = ArrowReaderOptions::new().with_schema(in_unit(unit));
        self::builder(path, options)
    };
    let beside = |unit: TimeUnit| {
        let builder = open(unit)?;
        let mask = ProjectionMask::roots(builder.parquet_schema(), old.iter().copied());
        built(path, builder.with_projection(mask))
    };
    let schema = in_unit(TimeUnit::Microsecond);
    let rows = Instants {
        path: path.display().to_string(),
        schema: Arc::clone(&schema),
        micros: built(path, open(TimeUnit::Microsecond)?)?,
        seconds: beside(TimeUnit::Second)?,
        nanos: beside(TimeUnit::Nanosecond)?,
        old,
    };
    Ok((schema, Box::new(rows)))
}

fn builder(
    path: &Path,
    options: ArrowReaderOptions,
) -> Result<ParquetRecordBatchReaderBuilder<File>> {
    let file = File::open(path)
        .map_err(|e| Error::input(format!("`{}` cannot be opened", path.display()), e))?;
    ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|e| Error::input(format!("`{}` is no whole Parquet file", path.display()), e))
}

fn built(
    path: &Path,
    builder: ParquetRecordBatchReaderBuilder<File>,
) -> Result<ParquetRecordBatchReader> {
    let builder = builder.with_batch_size(ROWS_PER_BATCH);
    builder
        .build()
        .map_err(|e| Error::input(format!("`{}`", path.display()), e))
}

/// The places of columns of INT96.
fn old_instants(path: &Path, schema: &SchemaDescriptor) -> Result<Vec<usize>> {
    let mut old = Vec::new();
    for (leaf, column) in schema.columns().iter().enumerate() {
        if column.physical_type() != PhysicalType::INT96 {
            continue;
        }
        if column.path().parts().len() > 1 {
            return Err(Error::Input {
                reason: format!(
                    "`{}`: `{}` is INT96 within a list, a map or a struct, which is not read: write it as a timestamp",
                    path.display(),
                    column.path()
                ),
                source: None,
            });
        }
        old.push(schema.get_column_root_idx(leaf));
    }
    Ok(old)
}

/// Rows of a file with columns of INT96, which are read in three units side by side.
struct Instants {
    path: String,
    schema: SchemaRef,
    old: Vec<usize>,
    micros: ParquetRecordBatchReader,
    seconds: ParquetRecordBatchReader,
    nanos: ParquetRecordBatchReader,
}

impl Iterator for Instants {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let micros = self.micros.next()?;
        let beside = self.seconds.next().zip(self.nanos.next());
        let rows = micros.and_then(|micros| match beside {
            Some((seconds, nanos)) => Ok((micros, seconds?, nanos?)),
            None => Err(ArrowError::ParquetError(
                "a column has fewer rows".to_owned(),
            )),
        });
        let rows = rows.map_err(|e| Error::input(format!("`{}`", self.path), e));
        Some(rows.and_then(|(micros, seconds, nanos)| self.told(&micros, &seconds, &nanos)))
    }
}

impl Instants {
    fn told(
        &self,
        micros: &RecordBatch,
        seconds: &RecordBatch,
        nanos: &RecordBatch,
    ) -> Result<RecordBatch> {
        let mut columns = micros.columns().to_vec();
        for (beside, place) in self.old.iter().enumerate() {
            let (seconds, nanos) = (seconds.column(beside), nanos.column(beside));
            let told = instants(seconds, &columns[*place], nanos);
            columns[*place] = told.map_err(|why| Error::Input {
                reason: format!(
                    "`{}`: {}: {why}",
                    self.path,
                    self.schema.field(*place).name()
                ),
                source: None,
            })?;
        }
        let count = RecordBatchOptions::new().with_row_count(Some(micros.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &count)
            .map_err(|e| Error::input(format!("`{}`", self.path), e))
    }
}

/// Instants in microseconds, out of three units that may have wrapped around, seconds excepted. What is far beyond the
/// years that tables keep is as far beyond them as microseconds are, for the gate to find.
fn instants(seconds: &ArrayRef, micros: &ArrayRef, nanos: &ArrayRef) -> Result<ArrayRef, String> {
    let of = |what: &str| format!("it has no {what}");
    let seconds = seconds.as_primitive_opt::<TimestampSecondType>();
    let seconds = seconds.ok_or_else(|| of("seconds"))?;
    let micros = micros.as_primitive_opt::<TimestampMicrosecondType>();
    let micros = micros.ok_or_else(|| of("microseconds"))?;
    let nanos = nanos.as_primitive_opt::<TimestampNanosecondType>();
    let nanos = nanos.ok_or_else(|| of("nanoseconds"))?;
    if seconds.len() != micros.len() || nanos.len() != micros.len() {
        return Err("it does not have as many values as others".to_owned());
    }
    let (first, last) = MICROSECOND_RANGE.into_inner();
    let told = (0..micros.len()).map(|row| {
        let micro = micros.is_valid(row).then(|| micros.value(row));
        let Some(micro) = micro else { return Ok(None) };
        // The difference is right even where both have wrapped around.
        if nanos.value(row).wrapping_sub(micro.wrapping_mul(1_000)) != 0 {
            return Err(format!("row {row} of a batch is finer than a microsecond"));
        }
        Ok(Some(match seconds.value(row) {
            second if second < first / 1_000_000 - 1 => i64::MIN,
            second if second > last / 1_000_000 + 1 => i64::MAX,
            _ => micro,
        }))
    });
    let told = told.collect::<Result<TimestampMicrosecondArray, String>>()?;
    Ok(Arc::new(told))
}

#[cfg(test)]
mod tests;
