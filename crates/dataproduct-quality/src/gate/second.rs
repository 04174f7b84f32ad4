//! The end of a run: figures are judged, and rows that repeat others are looked for a second time where hashes leave
//! that open.
//!
//! The first pass keeps a hash of each key. As long as no hash comes twice, no key does, and the run is over. Otherwise
//! the rows are replayed: first only to compare the keys of the rows concerned, exactly, and then, if a rule keeps rows
//! apart that repeat others, once more to part them.

use arrow_array::RecordBatch;
use arrow_buffer::{BooleanBuffer, NullBuffer};
use dataproduct_contract::{OnFailure, Repair};

use super::examine::Examined;
use super::rule::{Planned, Run};
use super::tally::Tally;
use super::{Gate, Verdict};
use crate::failed::Failed;
use crate::outcome::QualityReport;
use crate::report::Report;
use crate::unique::{Candidates, Confirm, Confirmed, Keep};

/// How a run ends.
#[derive(Debug)]
pub enum Finished {
    /// With its report.
    Done(Box<QualityReport>),
    /// With a second look at all rows, in the same order.
    SecondPass(Box<SecondPass>),
}

/// How a second look ends.
#[derive(Debug)]
pub enum Concluded {
    /// With the report of the run.
    Done(Box<QualityReport>),
    /// With rows to be kept apart: the rows are to be replayed once more.
    Separation(Box<Separation>),
}

impl Gate {
    /// Ends the run.
    ///
    /// # Errors
    /// Text that says why keys could not be compared: parts of them that were spilled could not be read back.
    pub fn finish(mut self) -> Result<Finished, String> {
        let mut looks = Vec::with_capacity(self.unique.len());
        for (key, unique) in std::mem::take(&mut self.unique).into_iter().enumerate() {
            let candidates: Candidates = match unique {
                Ok(unique) => unique.finish().map_err(|error| error.to_string())?,
                Err(_) => {
                    looks.push(None);
                    continue;
                }
            };
            let is_open = !candidates.is_empty();
            looks.push(is_open.then(|| candidates.confirm(self.keep(key))));
        }
        if looks.iter().all(Option::is_none) {
            return Ok(Finished::Done(Box::new(self.into_report())));
        }
        Ok(Finished::SecondPass(Box::new(SecondPass {
            gate: self,
            looks,
            in_force: None,
            rows: 0,
            numbered: true,
        })))
    }

    /// Which of the rows of one key stays.
    fn keep(&self, key: usize) -> Keep {
        // Of rows with the same values in the same columns the same one stays, whether missing ones are alike or not.
        let columns = |key: usize| match &self.rules.by_key {
            Some((columns, place)) if *place == key => columns,
            _ => &self.rules.keys[key].0,
        };
        let same = |a: usize, b: usize| {
            let (a, b) = (columns(a), columns(b));
            a.len() == b.len() && a.iter().all(|column| b.contains(column))
        };
        let of = |rule: &&Planned| matches!(rule.run, Run::Unique(of) if same(of, key));
        let mut rules = self.rules.planned.iter().filter(of);
        let latest = rules.find_map(|rule| match &rule.on_failure {
            OnFailure::Repair(Repair::KeepLatest(column)) => Some(column.clone()),
            _ => None,
        });
        match latest {
            None => Keep::First,
            Some(None) => Keep::Last,
            Some(Some(column)) => Keep::Largest(column),
        }
    }

    /// Whether rows that repeat others in that key are kept apart.
    fn parts_with(&self, key: usize) -> bool {
        let of = |rule: &&Planned| matches!(rule.run, Run::Unique(of) if of == key);
        let mut rules = self.rules.planned.iter().filter(of);
        rules.any(|rule| {
            let is_repair = matches!(rule.on_failure, OnFailure::Repair(_));
            is_repair || rule.on_failure == OnFailure::Quarantine
        })
    }

    /// The keys of rows that are published, hashed, and null where they do not count.
    fn keys(
        &self,
        examined: &Examined,
        key: usize,
        in_force: Option<&NullBuffer>,
    ) -> (Vec<u64>, Option<NullBuffer>) {
        // Hashes are there for the keys that can be hashed, in their order.
        let hashed = self.examiner.hashers[..key]
            .iter()
            .filter(|h| h.is_ok())
            .count();
        let (hashes, valid) = &examined.hashes[hashed];
        let kept = examined.kept.clone().map(NullBuffer::new);
        let mut valid = NullBuffer::union(valid.as_ref(), kept.as_ref());
        if self.rules.of_table.contains(&key) {
            valid = NullBuffer::union(valid.as_ref(), in_force);
        }
        (hashes.clone(), valid)
    }
}

/// A second look at all rows, in the same order as the first: from the file again, or from where they were staged.
#[derive(Debug)]
pub struct SecondPass {
    pub(super) gate: Gate,
    pub(super) looks: Vec<Option<Confirm>>,
    /// The rows that will be in the table; `None` for all.
    pub(super) in_force: Option<BooleanBuffer>,
    rows: u64,
    numbered: bool,
}

/// Those of the next rows that will be in the table.
fn in_force(
    all: Option<&BooleanBuffer>,
    first: u64,
    rows: usize,
) -> Result<Option<NullBuffer>, Report> {
    let Some(all) = all else { return Ok(None) };
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    match first.checked_add(rows).is_some_and(|end| end <= all.len()) {
        true => Ok(Some(NullBuffer::new(all.slice(first, rows)))),
        false => Err(super::bad_batch(
            "there are more rows than were said to count or not",
        )),
    }
}

impl SecondPass {
    /// Says that the rows are replayed in another order than they came in, so that they have no numbers.
    #[must_use]
    pub fn without_numbers(mut self) -> Self {
        self.numbered = false;
        self
    }

    /// Looks at a batch again.
    ///
    /// # Errors
    /// A report of what the rows are now that they were not before.
    pub fn look(&mut self, batch: &RecordBatch) -> Result<(), Report> {
        let examined = self.gate.examiner.examine(batch, &self.gate.rules)?;
        let first = self.rows;
        self.rows += batch.num_rows() as u64;
        let in_force = in_force(self.in_force.as_ref(), first, batch.num_rows())?;
        for (key, look) in self.looks.iter_mut().enumerate() {
            let Some(confirm) = look else { continue };
            let (hashes, valid) = self.gate.keys(&examined, key, in_force.as_ref());
            let columns = &self.gate.rules.keys[key].0;
            match confirm.look(columns, &examined.rows, &hashes, valid.as_ref()) {
                Ok(repeats) => {
                    let numbered = self.numbered;
                    let number = |row| numbered.then_some(first + row as u64);
                    self.gate.repeat(key, &examined, &repeats, number);
                }
                Err(why) => {
                    self.gate.unknown[key] = Some(why);
                    *look = None;
                }
            }
        }
        Ok(())
    }

    /// Ends the second look.
    #[must_use]
    pub fn conclude(self) -> Concluded {
        let mut gate = self.gate;
        let (mut confirmed, mut again) = (Vec::new(), Vec::new());
        for (key, look) in self.looks.into_iter().enumerate() {
            gate.held[key] = look.as_ref().map_or(0, Confirm::held);
            let found = look.map(Confirm::conclude).filter(|f| !f.is_empty());
            let (parting, other) = match gate.parts_with(key) {
                true => (found, None),
                false => (None, found),
            };
            confirmed.push(parting);
            again.push(other.map(Confirmed::again));
        }
        if confirmed.iter().all(Option::is_none) {
            return Concluded::Done(Box::new(gate.into_report()));
        }
        // Figures and the other keys are of the rows that are published, and those are known only now.
        gate.measures.clone_from(&gate.rules.measures);
        for (rule, tally) in gate.rules.planned.iter().zip(&mut gate.tallies) {
            if matches!(rule.run, Run::Unique(key) if again[key].is_some()) {
                *tally = Tally {
                    elapsed: tally.elapsed,
                    ..Tally::default()
                };
            }
        }
        Concluded::Separation(Box::new(Separation {
            gate,
            confirmed,
            again,
            in_force: self.in_force,
            rows: 0,
            numbered: self.numbered,
        }))
    }

    /// Ends the run without a second look: whether keys are unique stays unknown.
    #[must_use]
    pub fn give_up(mut self) -> Box<QualityReport> {
        for (unknown, look) in self.gate.unknown.iter_mut().zip(&self.looks) {
            if look.is_some() {
                *unknown = Some("the rows were not looked at a second time".to_owned());
            }
        }
        Box::new(self.gate.into_report())
    }
}

impl Gate {
    /// Counts rows that repeat others to the rules of a key.
    fn repeat(
        &mut self,
        key: usize,
        examined: &Examined,
        repeats: &Failed,
        number: impl Fn(usize) -> Option<u64> + Copy,
    ) {
        let rules = std::sync::Arc::clone(&self.rules);
        for (rule, tally) in rules.planned.iter().zip(&mut self.tallies) {
            if matches!(rule.run, Run::Unique(of) if of == key) {
                tally.add(rule, &examined.rows, repeats, number, &self.mask);
                if matches!(rule.on_failure, OnFailure::Repair(_)) {
                    tally.repaired += repeats.count() as u64;
                }
            }
        }
    }
}

/// Parts rows that repeat others from those that stay.
#[derive(Debug)]
pub struct Separation {
    gate: Gate,
    confirmed: Vec<Option<Confirmed>>,
    /// Keys that keep no rows apart, looked at again in the rows that are left.
    again: Vec<Option<Confirm>>,
    in_force: Option<BooleanBuffer>,
    rows: u64,
    numbered: bool,
}

impl Separation {
    /// Checks a batch once more; rows that give way to others with the same key are kept apart.
    pub fn check(&mut self, batch: &RecordBatch) -> Verdict {
        match self.part(batch) {
            Ok(verdict) => verdict,
            Err(report) => Verdict::Refused(report),
        }
    }

    /// Checks a batch once more.
    ///
    /// # Errors
    /// A report of why the batch could not be looked at.
    pub(super) fn part(&mut self, batch: &RecordBatch) -> Result<Verdict, Report> {
        let mut examined = self.gate.examiner.examine(batch, &self.gate.rules)?;
        let first = self.rows;
        self.rows += batch.num_rows() as u64;
        let in_force = in_force(self.in_force.as_ref(), first, batch.num_rows())?;
        let mut give_way = Failed::none();
        for (key, confirmed) in self.confirmed.iter_mut().enumerate() {
            let Some(confirmed) = confirmed else { continue };
            let (hashes, valid) = self.gate.keys(&examined, key, in_force.as_ref());
            let columns = &self.gate.rules.keys[key].0;
            let rows = confirmed
                .give_way(columns, &examined.rows, &hashes, valid.as_ref())
                .map_err(|why| super::bad_batch(&why))?;
            for (place, rule) in self.gate.rules.planned.iter().enumerate() {
                if matches!(rule.run, Run::Unique(of) if of == key) {
                    examined.failed[place] = rows.clone();
                }
            }
            give_way = give_way.or(&rows);
        }
        if let Some(mask) = give_way.mask() {
            let stay = !mask;
            examined.kept = Some(match &examined.kept {
                Some(kept) => kept & &stay,
                None => stay,
            });
        }
        let numbered = self.numbered;
        let number = |row| numbered.then_some(first + row as u64);
        let parts = self.gate.examiner.parts(&examined, &self.gate.rules)?;
        self.gate
            .absorb(parts, numbered.then_some(first), examined.kept.as_ref());
        for (key, confirm) in self.again.iter_mut().enumerate() {
            let Some(confirm) = confirm else { continue };
            let (hashes, valid) = self.gate.keys(&examined, key, in_force.as_ref());
            let columns = &self.gate.rules.keys[key].0;
            let repeats = confirm
                .look(columns, &examined.rows, &hashes, valid.as_ref())
                .map_err(|why| super::bad_batch(&why))?;
            self.gate.repeat(key, &examined, &repeats, number);
        }
        self.gate.quarantined += give_way.count() as u64;
        if self.gate.refused {
            // Rows that the contract's structure has no place for stand among those that are left.
            return Ok(Verdict::Refused(super::refused_before()));
        }
        let (admitted, quarantined) = self.gate.separate(&examined, number)?;
        Ok(match quarantined {
            None => Verdict::Admitted(admitted),
            Some(quarantined) => Verdict::Separated {
                admitted,
                quarantined,
            },
        })
    }

    /// The report of the run.
    #[must_use]
    pub fn finish(mut self) -> Box<QualityReport> {
        for (held, confirm) in self.gate.held.iter_mut().zip(&self.again) {
            if let Some(confirm) = confirm {
                *held = confirm.held();
            }
        }
        Box::new(self.gate.into_report())
    }
}
