//! One batch against all rules: repaired where a rule says so, each rule's rows at fault, and what the batch adds to the
//! figures. Nothing here changes the gate, so that batches are examined side by side.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use dataproduct_contract::{Column, Contract, OnFailure, Repair};

use super::cast::{Cast, cast};
use super::repair;
use super::rule::{Planned, Rules, Run, Structure};
use crate::failed::Failed;
use crate::measure::Part;
use crate::quarantined::Texts;
use crate::report::{Finding, Report};
use crate::structure::Fault;
use crate::unique::{KeyHasher, Nulls};
use crate::{encoding, nesting, structure};

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
    /// Columns that came in another type and have values that could not be cast.
    pub(crate) uncast: Vec<Uncast>,
}

/// A column of which some values could not be cast: they are null now.
#[derive(Debug)]
pub(crate) struct Uncast {
    /// The place of the column.
    pub(crate) index: usize,
    /// The place of its rule.
    pub(crate) rule: usize,
    /// The rows whose value could not be cast.
    pub(crate) failed: Failed,
    /// All values as they came.
    pub(crate) texts: StringArray,
}

/// How often the repairs of a column are tried, at most, until nothing changes.
const MOST_REPAIRS: usize = 16;

/// The contract's columns and rules, ready to examine batches.
#[derive(Debug)]
pub(crate) struct Examiner {
    pub(crate) contract: Contract,
    pub(crate) schema: SchemaRef,
    /// The same with every column nullable.
    loose: SchemaRef,
    /// By column: its type with all its parts nullable, where some are not.
    loose_types: Vec<Option<DataType>>,
    pub(crate) hashers: Vec<Result<KeyHasher, String>>,
    /// The place of each column.
    places: HashMap<String, usize>,
    /// The places of the rules about the structure, by path and kind.
    structural: HashMap<(String, Structure), usize>,
}

impl Examiner {
    pub(crate) fn new(contract: &Contract, rules: &Rules) -> Self {
        let schema = contract.arrow_schema();
        let fields = schema.fields().iter();
        let loose: Vec<_> = fields
            .map(|f| f.as_ref().clone().with_nullable(true))
            .collect();
        let hasher = |(key, nulls): &(Vec<String>, Nulls)| KeyHasher::new(key, *nulls, &schema);
        let loose_type = |field: &Arc<Field>| {
            let loose = nesting::loose_type(field.data_type());
            (loose != *field.data_type()).then_some(loose)
        };
        let places = contract.columns().iter().enumerate();
        let mut structural = HashMap::new();
        for (place, rule) in rules.planned.iter().enumerate() {
            if let (Run::Structure(kind), Some(path)) = (&rule.run, rule.columns.first()) {
                structural.entry((path.clone(), *kind)).or_insert(place);
            }
        }
        Self {
            contract: contract.clone(),
            places: places
                .map(|(place, column)| (column.name.clone(), place))
                .collect(),
            structural,
            loose: Arc::new(Schema::new(loose)),
            loose_types: schema.fields().iter().map(loose_type).collect(),
            hashers: rules.keys.iter().map(hasher).collect(),
            schema,
        }
    }

    /// Examines a batch.
    ///
    /// # Errors
    /// A report of columns that are missing, twice, not in the contract, or of another type.
    pub(crate) fn examine(&self, batch: &RecordBatch, rules: &Rules) -> Result<Examined, Report> {
        let (columns, casts) = self.columns(batch)?;
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
            uncast: Vec::new(),
        };
        for (index, start, cast) in casts {
            self.note_cast(index, start, cast, &mut out);
        }
        self.repair(planned, &mut out)?;
        self.structure(planned, &mut out);
        for (place, rule) in planned.iter().enumerate() {
            let start = Instant::now();
            out.failed[place] = match &rule.run {
                Run::Column(check) => match self.places.get(check.column()) {
                    Some(index) => check.failing(out.rows.column(*index)),
                    None => continue,
                },
                Run::Expression(predicate) => predicate.failing(&out.rows),
                Run::Refers(refers) => refers.failing(&out.rows),
                _ => continue,
            };
            out.elapsed[place] += start.elapsed();
        }
        out.spare_uncast(planned, &self.contract);
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
        let fields = self.loose.fields().iter().zip(&columns);
        let schema = match fields
            .clone()
            .all(|(field, array)| field.data_type() == array.data_type())
        {
            true => Arc::clone(&self.loose),
            false => {
                let fields = fields.map(|(field, array)| {
                    Field::clone(field).with_data_type(array.data_type().clone())
                });
                Arc::new(Schema::new(fields.collect::<Vec<_>>()))
            }
        };
        RecordBatch::try_new_with_options(schema, columns, &options)
            .map_err(|error| bad_batch(&error.to_string()))
    }

    /// Sets values right, column by column.
    fn repair(&self, planned: &[Planned], out: &mut Examined) -> Result<(), Report> {
        let mut columns: BTreeMap<usize, Vec<(usize, &Repair)>> = BTreeMap::new();
        for (place, rule) in planned.iter().enumerate() {
            let (OnFailure::Repair(repair), Some(path)) = (&rule.on_failure, rule.columns.first())
            else {
                continue;
            };
            let is_by_value = matches!(rule.run, Run::Column(_) | Run::Structure(_));
            if let Some((index, _)) = self.top(path).filter(|_| is_by_value) {
                columns.entry(index).or_default().push((place, repair));
            }
        }
        for (index, mut repairs) in columns {
            repairs.sort_by_key(|(_, repair)| repair::order(repair));
            self.mend(index, &repairs, planned, out)?;
        }
        Ok(())
    }

    /// Sets the values of one column right. What one rule makes of a value may break another, so that they are tried
    /// until nothing changes: what is repaired is then repaired for good. A value that never comes to rest stays as it
    /// came, and breaks its rule.
    fn mend(
        &self,
        index: usize,
        repairs: &[(usize, &Repair)],
        planned: &[Planned],
        out: &mut Examined,
    ) -> Result<(), Report> {
        let before = Arc::clone(out.rows.column(index));
        let mut changed = vec![Failed::none(); repairs.len()];
        let mut restless = Failed::none();
        // One repair alone is at rest once it is done, whatever rules ask for it.
        let is_one = repairs.iter().all(|(_, repair)| *repair == repairs[0].1);
        for _ in 0..if is_one { 1 } else { MOST_REPAIRS } {
            restless = Failed::none();
            for ((place, repair), changed) in repairs.iter().zip(&mut changed) {
                let start = Instant::now();
                let now = self.mend_once(index, repair, &planned[*place], out)?;
                out.elapsed[*place] += start.elapsed();
                restless = restless.or(&now);
                *changed = changed.or(&now);
            }
            if restless.count() == 0 {
                break;
            }
        }
        if let Some(rows) = restless.mask().filter(|_| !is_one) {
            let array = repair::put(out.rows.column(index), rows, &before);
            self.set(index, array.map_err(|why| bad_batch(&why))?, out)?;
        } else {
            restless = Failed::none();
        }
        for ((place, _), changed) in repairs.iter().zip(changed) {
            let changed = changed.except(&restless);
            out.repaired[*place] += changed.count() as u64;
            out.repaired_rows = out.repaired_rows.or(&changed);
        }
        Ok(())
    }

    /// Sets the values right that break one rule; gives the rows whose value is another now.
    fn mend_once(
        &self,
        index: usize,
        repair: &Repair,
        rule: &Planned,
        out: &mut Examined,
    ) -> Result<Failed, Report> {
        let column = &self.contract.columns()[index];
        let failing = match &rule.run {
            Run::Column(check) => check.failing(out.rows.column(index)),
            Run::Structure(kind) => self.structural(&column.name, *kind, &out.rows),
            _ => Failed::none(),
        };
        if failing.count() == 0 {
            return Ok(Failed::none());
        }
        let array = out.rows.column(index);
        let repaired =
            repair::repaired(array, column, repair, &failing).map_err(|why| bad_batch(&why))?;
        let changed = repair::changed(array, &repaired, &failing);
        self.set(index, repaired, out)?;
        Ok(changed)
    }

    /// Puts an array in the place of a column.
    fn set(&self, index: usize, array: ArrayRef, out: &mut Examined) -> Result<(), Report> {
        let mut columns = out.rows.columns().to_vec();
        columns[index] = array;
        out.rows = self.loose(columns, out.rows.num_rows())?;
        Ok(())
    }

    fn top(&self, path: &str) -> Option<(usize, &Column)> {
        let index = *self.places.get(path)?;
        Some((index, &self.contract.columns()[index]))
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
                let rule = (fault.column.clone(), Structure::of(fault.code));
                if let Some(place) = self.structural.get(&rule).copied() {
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

    /// Counts what was cast to the rule of the column.
    fn note_cast(&self, index: usize, elapsed: Duration, cast: Cast, out: &mut Examined) {
        let name = self.contract.columns()[index].name.clone();
        let Some(rule) = self.structural.get(&(name, Structure::Cast)).copied() else {
            return;
        };
        out.elapsed[rule] += elapsed;
        out.repaired[rule] += cast.changed.count() as u64;
        out.repaired_rows = out.repaired_rows.or(&cast.changed);
        if cast.failed.count() > 0 {
            out.failed[rule] = cast.failed.clone();
            out.uncast.push(Uncast {
                index,
                rule,
                failed: cast.failed,
                texts: cast.texts,
            });
        }
    }

    /// The arrays of the contract's columns in its order and types, and those that had to be cast.
    fn columns(&self, batch: &RecordBatch) -> Result<(Vec<ArrayRef>, Vec<Casting>), Report> {
        let mut report = Report::default();
        let schema = batch.schema_ref();
        let mut out = Vec::with_capacity(self.schema.fields().len());
        let mut casts = Vec::new();
        let mut given: HashMap<&str, &ArrayRef> = HashMap::with_capacity(batch.num_columns());
        let mut twice = HashSet::new();
        for (field, array) in schema.fields().iter().zip(batch.columns()) {
            if given.insert(field.name(), array).is_some() {
                twice.insert(field.name().as_str());
            }
        }
        for (index, field) in self.schema.fields().iter().enumerate() {
            let Some(array) = given.get(field.name().as_str()).copied() else {
                let message = "the column is missing".into();
                report.push(finding("missing-column", field.name(), message));
                continue;
            };
            if twice.contains(field.name().as_str()) {
                let message = "the column is there twice".into();
                report.push(finding("duplicate-column", field.name(), message));
            }
            let start = Instant::now();
            let is_cast =
                self.contract.columns()[index].on_failure == Some(OnFailure::Repair(Repair::Cast));
            let encoded = encoding::encode(array, field.data_type());
            // A part that is missing where it is required is for its rule to find.
            let encoded = match (encoded, &self.loose_types[index]) {
                (Err(why), Some(loose)) => encoding::encode(array, loose).map_err(|_| why),
                (encoded, _) => encoded,
            };
            let encoded = match encoded {
                Err(message) if is_cast => match cast(array, field.data_type()) {
                    Some(cast) => cast.map(|cast| {
                        let array = Arc::clone(&cast.array);
                        casts.push((index, start.elapsed(), cast));
                        array
                    }),
                    None => Err(message),
                },
                encoded => encoded,
            };
            match encoded {
                Ok(array) => out.push(array),
                Err(message) => report.push(finding("wrong-type", field.name(), message)),
            }
        }
        for field in schema.fields() {
            if !self.places.contains_key(field.name()) {
                let message = "the contract has no such column".into();
                report.push(finding("unknown-column", field.name(), message));
            }
        }
        match report.is_clean() {
            true => Ok((out, casts)),
            false => Err(report),
        }
    }
}

/// A column by its place, how long its cast took, and what it gave.
type Casting = (usize, Duration, Cast);

impl Examined {
    /// Takes back what other rules say of values that could not be cast: they are there, and not missing.
    fn spare_uncast(&mut self, planned: &[Planned], contract: &Contract) {
        for uncast in &self.uncast {
            let name = &contract.columns()[uncast.index].name;
            for (place, rule) in planned.iter().enumerate() {
                let is_of_value = matches!(rule.run, Run::Column(_) | Run::Structure(_));
                if is_of_value && place != uncast.rule && rule.columns == [name.as_str()] {
                    self.failed[place] = self.failed[place].except(&uncast.failed);
                }
            }
        }
    }

    /// The values of a row that could not be cast, each with its column.
    pub(crate) fn texts(&self, row: usize) -> Texts {
        let of = |uncast: &&Uncast| uncast.failed.mask().is_some_and(|mask| mask.value(row));
        let text = |uncast: &Uncast| {
            let name = self.rows.schema_ref().field(uncast.index).name().clone();
            (name, uncast.texts.value(row).to_owned())
        };
        self.uncast.iter().filter(of).map(text).collect()
    }

    /// The rows with the column of a rule as it came, where some of its values could not be cast.
    pub(crate) fn as_came(&self, rule: usize) -> Cow<'_, RecordBatch> {
        let Some(uncast) = self.uncast.iter().find(|uncast| uncast.rule == rule) else {
            return Cow::Borrowed(&self.rows);
        };
        let columns = self
            .rows
            .schema_ref()
            .fields()
            .iter()
            .zip(self.rows.columns());
        let columns = columns.enumerate().map(|(index, (field, array))| {
            let array: ArrayRef = match index == uncast.index {
                true => Arc::new(uncast.texts.clone()),
                false => Arc::clone(array),
            };
            (field.name(), array, true)
        });
        match RecordBatch::try_from_iter_with_nullable(columns) {
            Ok(rows) => Cow::Owned(rows),
            Err(_) => Cow::Borrowed(&self.rows),
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
