//! A whole run over rows that can be read again: on all cores, with as many passes as it takes.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;
use dataproduct_contract::Contract;

use super::examine::Examined;
use super::second::{Concluded, Finished};
use super::{Gate, GateContext};
use crate::measure::Part;
use crate::outcome::QualityReport;
use crate::report::Report;

/// Why rows could not be checked.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError<E> {
    /// The rows could not be read.
    Rows(E),
    /// The rows do not have the columns of the contract, so that no rule says anything of them.
    Columns(Report),
    /// Whether keys are unique could not be found out: what was spilled could not be read back.
    Keys(String),
}

impl<E: fmt::Display> fmt::Display for RunError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(error) => write!(f, "the rows could not be read: {error}"),
            Self::Columns(report) => write!(f, "the rows are not those of the contract:\n{report}"),
            Self::Keys(why) => write!(f, "the keys of the rows could not be compared: {why}"),
        }
    }
}

impl<E: std::error::Error> std::error::Error for RunError<E> {}

/// Checks all rows of a source against a contract and gives the report. `open` begins to read the source, and is called
/// again for a second look at the same rows in the same order, should one be needed.
///
/// Batches are looked at on `threads` threads; the report does not depend on how many.
///
/// # Errors
/// [`RunError::Rows`] with what `open` or the rows say, [`RunError::Columns`] when the rows do not have the contract's
/// columns, [`RunError::Keys`] when spilled keys are lost.
pub fn check_rows<E: Send, I: Iterator<Item = Result<RecordBatch, E>> + Send>(
    contract: &Contract,
    context: GateContext,
    threads: NonZeroUsize,
    open: impl FnMut() -> Result<I, E>,
) -> Result<QualityReport, RunError<E>> {
    run_gate(Gate::with_context(contract, context), threads, open)
}

/// Checks all rows of a source by a gate.
pub(crate) fn run_gate<E: Send, I: Iterator<Item = Result<RecordBatch, E>> + Send>(
    mut gate: Gate,
    threads: NonZeroUsize,
    mut open: impl FnMut() -> Result<I, E>,
) -> Result<QualityReport, RunError<E>> {
    let rows = open().map_err(RunError::Rows)?;
    match threads.get() {
        1 => {
            for batch in rows {
                let batch = batch.map_err(RunError::Rows)?;
                let (examined, parts) = gate.look(&batch).map_err(RunError::Columns)?;
                gate.take(examined, parts);
            }
        }
        threads => in_parallel(&mut gate, rows, threads)?,
    }
    let mut pass = match gate.finish().map_err(RunError::Keys)? {
        Finished::Done(report) => return Ok(*report),
        Finished::SecondPass(pass) => pass,
    };
    for batch in open().map_err(RunError::Rows)? {
        pass.look(&batch.map_err(RunError::Rows)?)
            .map_err(RunError::Columns)?;
    }
    let mut separation = match pass.conclude() {
        Concluded::Done(report) => return Ok(*report),
        Concluded::Separation(separation) => separation,
    };
    for batch in open().map_err(RunError::Rows)? {
        let batch = batch.map_err(RunError::Rows)?;
        separation.part(&batch).map_err(RunError::Columns)?;
    }
    Ok(*separation.finish())
}

/// What one batch gave, or why the run is over.
type Looked<E> = Result<(Examined, Vec<Part>), RunError<E>>;

/// Stands for the number of a batch that will never come.
const LOST: usize = usize::MAX;

/// Says when its thread is lost, so that nobody waits for its batch. The panic itself goes on to whoever called.
struct Told<'a, E>(&'a mpsc::Sender<(usize, Looked<E>)>);

impl<E> Drop for Told<'_, E> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let lost = Err(RunError::Keys("a thread was lost".to_owned()));
            let _gone = self.0.send((LOST, lost));
        }
    }
}

/// Batches are read one after another, looked at side by side, and taken in in their order.
fn in_parallel<E: Send, I: Iterator<Item = Result<RecordBatch, E>> + Send>(
    gate: &mut Gate,
    rows: I,
    threads: usize,
) -> Result<(), RunError<E>> {
    let examiner = std::sync::Arc::clone(&gate.examiner);
    let rules = std::sync::Arc::clone(&gate.rules);
    let source = Mutex::new(rows.enumerate());
    let (sender, results) = mpsc::channel::<(usize, Looked<E>)>();
    // A thread takes a permit for each batch that it reads, so that what waits to be taken in is bounded.
    let (permits, permitted) = mpsc::sync_channel::<()>(threads * 2);
    let permitted = Mutex::new(permitted);
    for _ in 0..threads * 2 {
        let _full = permits.try_send(());
    }
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, source, permitted) = (sender.clone(), &source, &permitted);
            let (examiner, rules) = (&examiner, &rules);
            scope.spawn(move || {
                let _told = Told(&sender);
                loop {
                    let permit = permitted
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .recv();
                    if permit.is_err() {
                        return;
                    }
                    let next = source.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((number, batch)) = next else { return };
                    let looked = batch.map_err(RunError::Rows).and_then(|batch| {
                        let examined =
                            examiner.examine(&batch, rules).map_err(RunError::Columns)?;
                        let parts = examiner
                            .parts(&examined, rules)
                            .map_err(RunError::Columns)?;
                        Ok((examined, parts))
                    });
                    let is_over = looked.is_err();
                    if sender.send((number, looked)).is_err() || is_over {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let taken = take_in_order(gate, &results, &permits);
        // Threads that wait for a permit, or to be heard, end.
        drop((permits, results));
        taken
    })
}

fn take_in_order<E>(
    gate: &mut Gate,
    results: &mpsc::Receiver<(usize, Looked<E>)>,
    permits: &mpsc::SyncSender<()>,
) -> Result<(), RunError<E>> {
    let (mut waiting, mut next) = (BTreeMap::new(), 0);
    for (number, looked) in results {
        if number == LOST {
            return looked.map(drop);
        }
        waiting.insert(number, looked);
        while let Some(looked) = waiting.remove(&next) {
            let (examined, parts) = looked?;
            gate.take(examined, parts);
            next += 1;
            let _full = permits.try_send(());
        }
    }
    Ok(())
}
