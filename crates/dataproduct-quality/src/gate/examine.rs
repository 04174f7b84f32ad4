//! One batch against all rules: repaired where a rule says so, each rule's rows at fault, and what the batch adds to the
//! figures. Nothing here changes the gate, so that batches are examined side by side.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{Schema, SchemaRef};
use dataproduct_contract::{Column, Contract, OnFailure};

use super::repair;
use super::rule::{Planned, Rules, Run, Structure};
use crate::failed::Failed;
use crate::measure::Part;
use crate::report::{Finding, Report};
use crate::structure::Fault;
use crate::unique::{KeyHasher, Nulls};
use crate::{encoding, structure};

/// What the rules find in one batch.
#[derive(Debug)]
pub(crate) struct Examined {
    /// The rows in the contract's columns and types, after repair; any column may be null here.
    pub(crate) rows: RecordBatch,
    /// By rule: the rows that break it after repair.
    pub(crate) failed: Vec<Failed>,
    /// By rule: how many rows it has set right.
    pub(crate) repaired: Vec<u64>,
    /// The rows in which any value was set right.
    pub(crate) repaired_rows: Failed,
    /// By rule: how long it took.
    pub(crate) elapsed: Vec<Duration>,
    /// By key: the hash of each row, and null where a part of the key is missing.
    pub(crate) hashes: Vec<(Vec<u64>, Option<NullBuffer>)>,
    /// Rows that are published; `None` for all.
    pub(crate) kept: Option<BooleanBuffer>,
    /// Structural faults, each with the place of the rule that it breaks.
    pub(crate) faults: Vec<(usize, Fault)>,
}

/// The contract's columns and rules, ready to examine batches.
#[derive(Debug)]
pub(crate) struct Examiner {
    pub(crate) contract: Contract,
    pub(crate) schema: SchemaRef,
    /// The same with every column nullable.
    loose: SchemaRef,
    pub(crate) hashers: Vec<Result<KeyHasher, String>>,
}

impl Examiner {
    pub(crate) fn new(contract: &Contract, rules: &Rules) -> Self {
        let schema = contract.arrow_schema();
        let fields = schema.fields().iter();
        let loose: Vec<_> = fields
            .map(|f| f.as_ref().clone().with_nullable(true))
            .collect();
        let hasher = |(key, nulls): &(Vec<String>, Nulls)| KeyHasher::new(key, *nulls, &schema);
        Self {
            contract: contract.clone(),
            loose: Arc::new(Schema::new(loose)),
            hashers: rules.keys.iter().map(hasher).collect(),
            schema,
        }
    }

    /// Examines a batch.
    ///
    /// # Errors
    /// A report of columns that are missing, twice, not in the contract, or of another type.
    pub(crate) fn examine(&self, batch: &RecordBatch, rules: &Rules) -> Result<Examined, Report> {
        let columns = self.columns(batch)?;
        let count = batch.num_rows();
        let planned = &rules.planned;
        let mut out = Examined {
            rows: self.loose(columns, count)?,
            failed: vec![Failed::none(); planned.len()],
            repaired: vec![0; planned.len()],
            repaired_rows: Failed::none(),
            elapsed: vec![Duration::ZERO; planned.len()],
            hashes: Vec::new(),
            kept: None,
            faults: Vec::new(),
        };
        self.repair(planned, &mut out)?;
        self.structure(planned, &mut out);
        for (place, rule) in planned.iter().enumerate() {
            let start = Instant::now();
            out.failed[place] = match &rule.run {
                Run::Column(check) => match check.failing_in(&out.rows) {
                    Ok(failed) => failed,
                    Err(_) => continue,
                },
                Run::Expression(predicate) => predicate.failing(&out.rows),
                Run::Refers(refers) => refers.failing(&out.rows),
                _ => continue,
            };
            out.elapsed[place] += start.elapsed();
        }
        out.kept = kept(planned, &out.failed, count);
        for hasher in self.hashers.iter().flatten() {
            let hashed = hasher.hash(&out.rows);
            out.hashes.push(hashed.map_err(|why| bad_batch(&why))?);
        }
        Ok(out)
    }

    /// What a batch adds to the figures: of the rows that are published.
    pub(crate) fn parts(&self, examined: &Examined, rules: &Rules) -> Result<Vec<Part>, Report> {
        if rules.measures.is_empty() {
            return Ok(Vec::new());
        }
        let rows = match &examined.kept {
            Some(kept) => filtered(&examined.rows, kept)?,
            None => examined.rows.clone(),
        };
        Ok(rules.measures.iter().map(|m| m.part(&rows)).collect())
    }

    fn loose(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, Report> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.loose), columns, &options)
            .map_err(|error| bad_batch(&error.to_string()))
    }

    /// Sets values right, rule by rule.
    fn repair(&self, planned: &[Planned], out: &mut Examined) -> Result<(), Report> {
        for (place, rule) in planned.iter().enumerate() {
            let (OnFailure::Repair(repair), Some(path)) = (&rule.on_failure, rule.columns.first())
            else {
                continue;
            };
            let start = Instant::now();
            let failing = match &rule.run {
                Run::Column(check) => check.failing_in(&out.rows).unwrap_or_default(),
                Run::Structure(kind) => self.structural(path, *kind, &out.rows),
                _ => continue,
            };
            let Some((index, column)) = self.top(path).filter(|_| failing.count() > 0) else {
                continue;
            };
            let array = out.rows.column(index);
            let repaired =
                repair::repaired(array, column, repair, &failing).map_err(|why| bad_batch(&why))?;
            let mut columns = out.rows.columns().to_vec();
            let changed = repair::changed(array, &repaired, &failing);
            columns[index] = repaired;
            out.rows = self.loose(columns, out.rows.num_rows())?;
            out.repaired[place] += changed.count() as u64;
            out.repaired_rows = out.repaired_rows.or(&changed);
            out.elapsed[place] += start.elapsed();
        }
        Ok(())
    }

    fn top(&self, path: &str) -> Option<(usize, &Column)> {
        let columns = self.contract.columns();
        let index = columns.iter().position(|column| column.name == path)?;
        Some((index, &columns[index]))
    }

    /// The rows with a structural fault of one kind in one column at the top level.
    fn structural(&self, path: &str, kind: Structure, rows: &RecordBatch) -> Failed {
        let Some((index, column)) = self.top(path) else {
            return Failed::none();
        };
        structure::faults(column, rows.column(index))
            .into_iter()
            .filter(|fault| fault.column == path && Structure::of(fault.code) == kind)
            .fold(Failed::none(), |all, fault| all.or(&fault.failed))
    }

    /// Structural faults, each noted with the rule that it breaks.
    fn structure(&self, planned: &[Planned], out: &mut Examined) {
        let start = Instant::now();
        for (column, array) in self.contract.columns().iter().zip(out.rows.columns()) {
            for fault in structure::faults(column, array) {
                let kind = Structure::of(fault.code);
                let of = |rule: &Planned| {
                    matches!(rule.run, Run::Structure(found) if found == kind)
                        && rule.columns.first() == Some(&fault.column)
                };
                if let Some(place) = planned.iter().position(of) {
                    out.failed[place] = out.failed[place].or(&fault.failed);
                    out.faults.push((place, fault));
                }
            }
        }
        let first = planned
            .iter()
            .position(|rule| matches!(rule.run, Run::Structure(_)));
        if let Some(first) = first {
            out.elapsed[first] += start.elapsed();
        }
    }

    /// The arrays of the contract's columns in its order and types.
    fn columns(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>, Report> {
        let mut report = Report::default();
        let schema = batch.schema_ref();
        let mut out = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            let mut found = schema
                .fields()
                .iter()
                .zip(batch.columns())
                .filter(|(f, _)| f.name() == field.name());
            let Some((_, array)) = found.next() else {
                let message = "the column is missing".into();
                report.push(finding("missing-column", field.name(), message));
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
        match report.is_clean() {
            true => Ok(out),
            false => Err(report),
        }
    }
}

/// The rows that no rule keeps apart; `None` for all.
fn kept(planned: &[Planned], failed: &[Failed], rows: usize) -> Option<BooleanBuffer> {
    let apart = planned
        .iter()
        .zip(failed)
        .filter(|(rule, _)| rule.keeps_apart());
    let apart = apart.fold(Failed::none(), |all, (_, failed)| all.or(failed));
    let mask = apart.mask()?;
    debug_assert_eq!(mask.len(), rows);
    Some(!mask)
}

pub(crate) fn filtered(rows: &RecordBatch, kept: &BooleanBuffer) -> Result<RecordBatch, Report> {
    let kept = arrow_array::BooleanArray::new(kept.clone(), None);
    arrow_select::filter::filter_record_batch(rows, &kept)
        .map_err(|error| bad_batch(&error.to_string()))
}

/// What Arrow itself objects to; the checks leave nothing for it to, but its word is final.
pub(crate) fn bad_batch(why: &str) -> Report {
    let mut report = Report::default();
    report.push(finding("bad-batch", "", why.to_owned()));
    report
}

pub(crate) fn finding(code: &'static str, column: &str, message: String) -> Finding {
    Finding {
        code,
        column: column.to_owned(),
        message,
        rows: 0,
        first_row: None,
    }
}
