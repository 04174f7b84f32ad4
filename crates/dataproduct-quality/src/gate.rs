//! The gate: every rule of a contract over the rows of one publish.

mod cast;
mod context;
mod examine;
mod held;
mod limits;
pub(crate) mod plan;
mod repair;
mod rule;
mod run;
mod second;
mod tally;
mod verdict;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use dataproduct_contract::Contract;

pub use context::{DEFAULT_UNIQUE_BUDGET_BYTES, GateContext};
pub use run::{RunError, check_rows};
pub use second::{Concluded, Finished, SecondPass, Separation};

use self::context::SpillPlace;
pub(crate) use self::examine::{Examined, Examiner};
use self::examine::{bad_batch, filtered, finding};
pub(crate) use self::rule::{Planned, Rules, Run, Structure};
pub(crate) use self::run::run_gate;
use self::tally::Tally;
use crate::admit::Admitted;
use crate::measure::{Measure, Part};
use crate::nesting;
use crate::outcome::Mask;
use crate::quarantined::{Quarantined, casts};
use crate::report::{Finding, Report};
use crate::structure::Fault;
use crate::unique::{Seen, Uniqueness};

/// What the gate says of one batch.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The batch may be published, as far as its rows tell.
    Admitted(Admitted),
    /// Some rows are kept apart, and the others may be published; either may be none.
    Separated {
        /// The rows that may be published.
        admitted: Admitted,
        /// The rows that are kept apart.
        quarantined: Quarantined,
    },
    /// Nothing of the publish may be published; the report says what of this batch, and is never clean.
    Refused(Report),
}

/// Checks the rows of a publish against a contract, one batch after another.
///
/// First the structure: the columns are those of the contract, whatever their order; types are the
/// contract's, other encodings of the same values (large, view and dictionary text, a timestamp in
/// another unit that loses nothing) and narrower numbers (integers of either sign into wider ones and
/// into decimals with room for them, floats, decimals of fewer digits) and `Date64` of whole days being
/// brought into its own. Nothing is cast that could change a value: no text is read as a number, no number narrowed,
/// no integer made a float or the other way round, no nanosecond cut off, no time zone taken for granted.
///
/// Then the values, at every depth: required ones are there; enumerated text is one of the allowed values; decimals
/// fit their precision; UUIDs are UUIDs; days, instants and local times are of the years 1 to 9999; ranges, lengths,
/// patterns, formats and lists of values hold, as do expressions and references. What stands under a missing struct,
/// list or map is read by nobody and is not looked at.
///
/// Last what holds of all rows together: keys are unique, and sums, ages and sequences are as they must be. That is
/// known at the end only, see [`finish`](Self::finish).
///
/// What happens on a breach is for the contract to say: the publish is refused, the rows are kept apart
/// ([`Verdict::Separated`]), values are set right first, or the report tells. After a batch was refused the gate goes
/// on counting, so that its report is of all rows, and refuses every batch.
#[derive(Debug)]
pub struct Gate {
    examiner: Arc<Examiner>,
    rules: Arc<Rules>,
    /// The figures so far; those of the rules stay as they began, so that batches are looked at side by side.
    measures: Vec<Measure>,
    context: GateContext,
    digest: Arc<str>,
    mask: Mask,
    tallies: Vec<Tally>,
    unique: Vec<Result<Uniqueness, String>>,
    /// By key: why it is not known whether rows repeat others.
    unknown: Vec<Option<String>>,
    /// By key: which hashes may be those of rows, once rows of the table are held against them.
    seen: Vec<Option<Seen>>,
    /// By key: rows with a key that the table holds.
    held: Vec<u64>,
    rows: u64,
    quarantined: u64,
    repaired: u64,
    refused: bool,
    started: Instant,
}

impl Gate {
    /// A gate for rows of that contract. Rules that need more than the rows are not evaluated, see
    /// [`with_context`](Self::with_context).
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        Self::with_context(contract, GateContext::default())
    }

    /// A gate that is told of the run, of publishes before, and of what rows refer to.
    #[must_use]
    pub fn with_context(contract: &Contract, context: GateContext) -> Self {
        let rules = plan::rules(contract, &context);
        Self::of_rules(contract, context, rules)
    }

    /// A gate that runs these rules of the contract.
    pub(crate) fn of_rules(contract: &Contract, context: GateContext, rules: Rules) -> Self {
        let budget = context.unique_budget_bytes / rules.keys.len().max(1);
        let examiner = Examiner::new(contract, &rules);
        let unique = examiner.hashers.iter().map(|hasher| match hasher {
            Ok(keys) => {
                let spill = context.spill.as_ref().map(SpillPlace::open);
                Ok(Uniqueness::new(keys, budget, spill))
            }
            Err(why) => Err(why.clone()),
        });
        let unknown = examiner
            .hashers
            .iter()
            .map(|hasher| hasher.as_ref().err().cloned());
        Self {
            tallies: vec![Tally::default(); rules.planned.len()],
            unique: unique.collect(),
            unknown: unknown.collect(),
            seen: rules.keys.iter().map(|_| None).collect(),
            held: vec![0; rules.keys.len()],
            examiner: Arc::new(examiner),
            measures: rules.measures.clone(),
            rules: Arc::new(rules),
            context,
            digest: contract.digest().into(),
            mask: Mask::of(contract),
            rows: 0,
            quarantined: 0,
            repaired: 0,
            refused: false,
            started: Instant::now(),
        }
    }

    /// Checks a batch. Row numbers in reports count on from the batches before.
    pub fn check(&mut self, batch: RecordBatch) -> Verdict {
        match self.look(&batch) {
            Ok((examined, parts)) => self.take(examined, parts),
            Err(report) => {
                self.rows += batch.num_rows() as u64;
                self.refused = true;
                Verdict::Refused(report)
            }
        }
    }

    /// What a batch gives, without taking it in.
    fn look(&self, batch: &RecordBatch) -> Result<(Examined, Vec<Part>), Report> {
        let examined = self.examiner.examine(batch, &self.rules)?;
        let parts = self.examiner.parts(&examined, &self.rules)?;
        Ok((examined, parts))
    }

    /// Whether a batch was refused already, so that nothing of the publish will be published.
    #[must_use]
    pub fn has_refused(&self) -> bool {
        self.refused
    }

    /// Takes in what was found in the next batch.
    fn take(&mut self, examined: Examined, parts: Vec<Part>) -> Verdict {
        let first = self.rows;
        self.rows += examined.rows.num_rows() as u64;
        self.repaired += examined.repaired_rows.count() as u64;
        let report = self.count(&examined, first);
        self.absorb(parts, Some(first), examined.kept.as_ref());
        let kept = examined.kept.clone().map(NullBuffer::new);
        let keys = self
            .unique
            .iter_mut()
            .filter_map(|unique| unique.as_mut().ok());
        for (unique, (hashes, valid)) in keys.zip(&examined.hashes) {
            unique.push(
                hashes,
                NullBuffer::union(valid.as_ref(), kept.as_ref()).as_ref(),
            );
        }
        if let Some(kept) = &examined.kept {
            self.quarantined += (kept.len() - kept.count_set_bits()) as u64;
        }
        if self.refused {
            return Verdict::Refused(report);
        }
        match self.separate(&examined, |row| Some(first + row as u64)) {
            Ok((admitted, None)) => Verdict::Admitted(admitted),
            Ok((admitted, Some(quarantined))) => Verdict::Separated {
                admitted,
                quarantined,
            },
            Err(report) => {
                self.refused = true;
                Verdict::Refused(report)
            }
        }
    }

    /// Adds what a batch gives to the figures. `first` is the number of its first row, where it is known, and `kept`
    /// its rows that are published.
    fn absorb(&mut self, parts: Vec<Part>, first: Option<u64>, kept: Option<&BooleanBuffer>) {
        for (measure, part) in self.measures.iter_mut().zip(parts) {
            measure.absorb(part, first, kept);
        }
    }

    /// Counts what each rule has found; the report is of what refuses.
    fn count(&mut self, examined: &Examined, first: u64) -> Report {
        let mut report = Report::default();
        let mut faults: HashMap<usize, Vec<&Fault>> = HashMap::new();
        for (place, fault) in &examined.faults {
            faults.entry(*place).or_default().push(fault);
        }
        for (place, rule) in self.rules.planned.iter().enumerate() {
            let (failed, tally) = (&examined.failed[place], &mut self.tallies[place]);
            tally.repaired += examined.repaired[place];
            tally.elapsed += examined.elapsed[place];
            let number = |row| Some(first + row as u64);
            match failed.count() {
                0 => {}
                _ => tally.add(rule, &examined.as_came(place), failed, number, &self.mask),
            }
            let is_fatal = rule.refuses(tally.failed);
            self.refused |= is_fatal;
            if !is_fatal || failed.count() == 0 {
                continue;
            }
            let structural = faults.get(&place).map(Vec::as_slice).unwrap_or_default();
            for fault in structural {
                report.push(Finding {
                    rows: failed.count() as u64,
                    first_row: failed.first().map(|row| first + row as u64),
                    ..finding(fault.code, &fault.column, fault.told(&self.mask))
                });
            }
            if structural.is_empty() {
                report.push(broken(
                    rule,
                    failed.count() as u64,
                    failed.first().map(|row| first + row as u64),
                ));
            }
        }
        if self.refused && report.is_clean() {
            return refused_before();
        }
        report
    }

    /// The rows to publish and those to keep apart.
    fn separate(
        &self,
        examined: &Examined,
        number: impl Fn(usize) -> Option<u64>,
    ) -> Result<(Admitted, Option<Quarantined>), Report> {
        let Some(kept) = &examined.kept else {
            return Ok((self.admit(&examined.rows)?, None));
        };
        let admitted = self.admit(&filtered(&examined.rows, kept)?)?;
        let apart = filtered(&examined.rows, &!kept)?;
        let numbers: Vec<usize> = (!kept).set_indices().collect();
        let broken = self.rules.planned.iter().zip(&examined.failed);
        let broken = broken.filter_map(|(rule, failed)| Some((&rule.id, failed.mask()?)));
        let broken: Vec<_> = broken.collect();
        // Every rule that a row breaks, whatever happens on it.
        let rules = numbers.iter().map(|row| {
            let broken = broken.iter().filter(|(_, mask)| mask.value(*row));
            broken.map(|(rule, _)| Arc::clone(rule)).collect()
        });
        let rules: Vec<Vec<Arc<str>>> = rules.collect();
        let texts = casts(&self.examiner.contract).then(|| {
            let texts = numbers.iter().map(|row| examined.texts(*row));
            texts.collect::<Vec<_>>()
        });
        let numbers = numbers.into_iter().map(number).collect();
        let apart = Quarantined::new(&apart, &rules, numbers, texts.as_deref())
            .map_err(|e| bad_batch(&e.to_string()))?;
        Ok((admitted, Some(apart)))
    }

    /// Rows that keep the structure of the contract, in its schema.
    fn admit(&self, rows: &RecordBatch) -> Result<Admitted, Report> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let schema = Arc::clone(&self.examiner.schema);
        let columns = rows.columns().iter().zip(schema.fields());
        let columns = columns.map(|(array, field)| nesting::tightened(array, field.data_type()));
        columns
            .collect::<Result<Vec<_>, _>>()
            .and_then(|columns| {
                RecordBatch::try_new_with_options(schema.clone(), columns, &options)
            })
            .map(|batch| Admitted::new(batch, Arc::clone(&self.digest)))
            .map_err(|error| bad_batch(&error.to_string()))
    }
}

/// What is said of rows that come behind others that were refused.
fn refused_before() -> Report {
    let mut report = Report::default();
    report.push(finding(
        "refused-before",
        "",
        "rows before were refused".to_owned(),
    ));
    report
}

/// A finding about rows that break a rule.
fn broken(rule: &Planned, rows: u64, first_row: Option<u64>) -> Finding {
    let verb = if rows == 1 {
        "row breaks"
    } else {
        "rows break"
    };
    let mut message = format!("{rows} {verb} `{}`", rule.id);
    if let Some(expected) = &rule.expected {
        message.push_str(&format!(" ({expected})"));
    }
    Finding {
        rows,
        first_row,
        ..finding("rule-broken", &rule.columns.join(", "), message)
    }
}
