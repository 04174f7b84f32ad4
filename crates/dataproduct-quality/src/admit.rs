//! The gate, and the batch that has passed it.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;
use dataproduct_contract::Contract;

use crate::report::{Finding, Report};
use crate::{encoding, structure};

/// A record batch that keeps the promises of a contract, in the contract's schema.
///
/// Only [`Gate::check`] makes one.
#[derive(Clone, Debug)]
pub struct Admitted {
    batch: RecordBatch,
    contract_digest: Arc<str>,
}

impl Admitted {
    /// The rows, with exactly the columns and types of [`Contract::arrow_schema`].
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The rows, giving up the proof that they were checked.
    #[must_use]
    pub fn into_batch(self) -> RecordBatch {
        self.batch
    }

    /// The digest of the contract that the rows were checked against.
    #[must_use]
    pub fn contract_digest(&self) -> &str {
        &self.contract_digest
    }
}

/// What the gate says of one batch.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The batch may be published.
    Admitted(Admitted),
    /// The batch may not; the report says why, and is never clean.
    Refused(Report),
}

/// Checks batches against a contract, one after another.
///
/// What is checked: the columns are those of the contract, whatever their order; types are the
/// contract's, other encodings of the same values (large, view and dictionary text, a timestamp in
/// another unit that loses nothing) and narrower numbers (integers of either sign into wider ones and
/// into decimals with room for them, floats, decimals of fewer digits) and `Date64` of whole days being
/// brought into its own; required values are there at every
/// depth; key columns are present; enumerated text is one of the allowed values; decimals fit their
/// precision; UUIDs are UUIDs; days, instants and local times are of the years 1 to 9999. What stands
/// under a missing struct, list or map is read by nobody and is not looked at. Nothing is cast that
/// could change a value: no text is read as a number, no number narrowed, no integer made a float or
/// the other way round, no nanosecond cut off, no time zone taken for granted.
#[derive(Clone, Debug)]
pub struct Gate {
    contract: Contract,
    digest: Arc<str>,
    schema: SchemaRef,
    rows_seen: u64,
}

impl Gate {
    /// A gate for batches of that contract.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        Self {
            contract: contract.clone(),
            digest: contract.digest().into(),
            schema: contract.arrow_schema(),
            rows_seen: 0,
        }
    }

    /// Checks a batch. Row numbers in the report count on from the batches before.
    pub fn check(&mut self, batch: RecordBatch) -> Verdict {
        let first_row = self.rows_seen;
        self.rows_seen += batch.num_rows() as u64;
        let mut report = Report::default();
        let columns = self.columns(&batch, &mut report);
        if !report.is_clean() {
            return Verdict::Refused(report);
        }
        for (column, array) in self.contract.columns().iter().zip(&columns) {
            for fault in structure::faults(column, array) {
                report.push(fault.finding(first_row));
            }
        }
        if !report.is_clean() {
            return Verdict::Refused(report);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        match RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options) {
            Ok(batch) => {
                let contract_digest = Arc::clone(&self.digest);
                Verdict::Admitted(Admitted {
                    batch,
                    contract_digest,
                })
            }
            Err(error) => {
                // The checks above leave nothing for Arrow to object to, but its word is final.
                report.push(finding("bad-batch", "", error.to_string()));
                Verdict::Refused(report)
            }
        }
    }

    /// The arrays of the contract's columns in its order and types. Anything amiss is reported.
    fn columns(&self, batch: &RecordBatch, report: &mut Report) -> Vec<ArrayRef> {
        let schema = batch.schema_ref();
        let mut out = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            let mut found = schema
                .fields()
                .iter()
                .zip(batch.columns())
                .filter(|(f, _)| f.name() == field.name());
            let Some((_, array)) = found.next() else {
                report.push(finding(
                    "missing-column",
                    field.name(),
                    "the column is missing".into(),
                ));
                continue;
            };
            if found.next().is_some() {
                let message = "the column is there twice".into();
                report.push(finding("duplicate-column", field.name(), message));
            }
            match encoding::encode(array, field.data_type()) {
                Ok(array) => out.push(array),
                Err(message) => report.push(finding("wrong-type", field.name(), message)),
            }
        }
        for field in schema.fields() {
            if self.schema.field_with_name(field.name()).is_err() {
                let message = "the contract has no such column".into();
                report.push(finding("unknown-column", field.name(), message));
            }
        }
        out
    }
}

fn finding(code: &'static str, column: &str, message: String) -> Finding {
    Finding {
        code,
        column: column.to_owned(),
        message,
        rows: 0,
        first_row: None,
    }
}
