//! Making a publish one version of the table, and finding out whether it became one.
//!
//! The put of the log entry is tried at the version after the newest. If the store says anything but "done", the
//! log is read from where this publish started to its head:
//!
//! * an entry carries our publish id: it is done, and the receipt is that entry's;
//! * the version was taken by others: their changes are checked, and the next version is tried;
//! * nobody took it: the same version is tried again after a pause (a store may answer "exists" to a create that
//!   lost a race against nobody, or whose own retry found the first try's object);
//! * the log cannot be read, or the time is over while an earlier put may still arrive: the outcome is unknown,
//!   and said to be.
//!
//! Publish ids and the watermark are kept as `txn` actions, which survive checkpoints and log clean-up.

mod checks;
mod entry;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::time::{Instant, timeout_at};

use self::checks::{check_contract, check_epoch, check_since};
use self::entry::{Effect, entry};
use super::keyed::Keyed;
use super::options::{Epoch, Follows, OnConflict};
use super::replace::Replace;
use super::rewrite::Rewrite;
use super::scope::Scope;
use super::writer::Attempt;
use crate::error::{Error, Result, is_definite};
use crate::evolve::Evolution;
use crate::facts::{CommitInfo, PublishFacts};
use crate::log::action::{Actions, Add};
use crate::log::chain;
use crate::log::segment::entry_name;
use crate::log::state::{TableState, publish_app};
use crate::schema::TableSchema;
use crate::table::{Receipt, Table, contradicts};

/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How often the log is tried to be read back before its outcome counts as unknown.
const READ_BACK_TRIES: u32 = 5;

/// A publish whose data files are written.
pub(crate) struct Plan {
    /// The version that was the newest when the publish began.
    pub(crate) base: u64,
    pub(crate) publish_id: String,
    /// Tells this try of the publish from one with the same publish id made elsewhere.
    pub(crate) txn_id: String,
    pub(crate) schema: Arc<TableSchema>,
    /// What brings the table to the schema of the rows, if anything has to.
    pub(crate) evolution: Option<Evolution>,
    pub(crate) scope: Scope,
    pub(crate) adds: Vec<Add>,
    pub(crate) work: Work,
    pub(crate) facts: PublishFacts,
    pub(crate) follows: Follows,
    /// The version behind which it has to be, if any.
    pub(crate) expected: Option<u64>,
    pub(crate) on_conflict: OnConflict,
    pub(crate) timeout: Duration,
    pub(crate) epoch: Option<Epoch>,
}

/// What becomes of the files that are there.
pub(crate) enum Work {
    /// Those in the plan's scope are taken out.
    Scope,
    /// Rows are taken out of them by key; this has the plan's files.
    ByKey(Box<Keyed>),
    /// Rows for which a predicate is true are taken out of them.
    Where(Box<Replace>),
    /// The plan's files hold the rows of these, which they replace.
    Rewrite(Rewrite),
    /// The plan's files take the place of others, and rows come or go with them, although nothing is published.
    Exchange(Exchange),
}

/// Files that take the place of others.
pub(crate) struct Exchange {
    /// Those that go; they must be there unchanged.
    pub(crate) gone: Vec<Arc<Add>>,
    /// Those that come.
    pub(crate) new: Vec<Add>,
    /// What is done, in Delta's words.
    pub(crate) operation: &'static str,
    /// What the log says of it.
    pub(crate) parameters: BTreeMap<&'static str, String>,
    /// Up to when the rows are vouched for; the watermark stays.
    pub(crate) as_of: Option<DateTime<Utc>>,
}

/// The right to commit, among the publishers of this process.
pub(crate) type Turn = tokio::sync::OwnedMutexGuard<()>;

/// Commits a publish.
pub(crate) async fn publish(table: &Table, plan: Plan) -> Result<Attempt> {
    // Publishers of this process queue up: racing each other through the store would only cost retries.
    let turn = table.queue().lock_owned().await;
    publish_in_turn(table, plan, turn).await
}

const LATE: Error = Error::TimedOut {
    operation: "committing a publish",
};

/// Commits a publish whose turn it is.
pub(crate) async fn publish_in_turn(table: &Table, plan: Plan, turn: Turn) -> Result<Attempt> {
    let _turn = turn;
    table.newest().await?;
    table.check_same().await?;
    let mut tries = Tries {
        deadline: Instant::now() + plan.timeout,
        checked: plan.base,
        table,
        plan,
        made: 0,
        dangling: None,
    };
    loop {
        tries.made += 1;
        let next = tries.next().await;
        let (base, entry) = match next.map_err(|error| tries.left_open(error))? {
            Next::Put { base, entry } => (base, entry),
            Next::Over(attempt) => return Ok(attempt),
        };
        if let Some(receipt) = tries.put(base, entry).await? {
            return Ok(Attempt::Done(Box::new(receipt)));
        }
        tokio::time::sleep(pause(tries.made)).await;
    }
}

/// The tries of one publish to become a version.
struct Tries<'a> {
    table: &'a Table,
    plan: Plan,
    made: u32,
    deadline: Instant,
    /// The version for which a put of ours may still arrive although it failed.
    dangling: Option<u64>,
    /// Up to which version the changes of others have been looked at.
    checked: u64,
}

/// What comes next.
enum Next {
    /// An entry is put behind a version.
    Put { base: u64, entry: Bytes },
    /// Nothing more.
    Over(Attempt),
}

impl Tries<'_> {
    /// Works out the entry behind the newest version known.
    async fn next(&mut self) -> Result<Next> {
        let (table, plan) = (self.table, &mut self.plan);
        // Readers of this process move the state on as well, so every try looks at all that is new in it.
        let state = table.current();
        let base = state.version;
        if let Some(version) = state.published(&plan.publish_id) {
            let receipt = original_receipt(table, &state, plan, version).await;
            let receipt = receipt.map_err(|error| match self.made {
                // Nothing of this call was put yet.
                1 => error,
                _ => unknown(&plan.publish_id, error),
            });
            return Ok(Next::Over(Attempt::Done(Box::new(receipt?))));
        }
        // What was to become a version that others took is refused by the store.
        self.dangling = self.dangling.filter(|version| *version > base);
        if plan.expected.is_some_and(|expected| base > expected) {
            return Ok(Next::Over(Attempt::Moved { version: base }));
        }
        check_epoch(&state, plan.epoch.as_ref())?;
        check_contract(table, &state, plan).await?;
        let (after, step) = match &plan.evolution {
            Some(evolution) => evolution.taken(&state)?,
            None => (Arc::clone(&state), None),
        };
        after.check_schema(&plan.schema)?;
        after.check_writable()?;
        after.check_scope(&plan.scope)?;
        check_since(table, plan, self.checked, base).await?;
        self.checked = base;
        if let (Some(evolution), Some(step)) = (&mut plan.evolution, &step) {
            evolution.prove(table, &state, step).await?;
        }
        let effect = Effect::of(table, plan, &after).await?;
        let entry = entry(plan, &state, step.as_ref(), &effect)?;
        let sealed = chain::seal(&entry_name(base + 1), &entry, state.digest.as_deref())?;
        Ok(Next::Put {
            base,
            entry: Bytes::from(sealed),
        })
    }

    /// Puts an entry and finds out what became of it; `None` if it has to be tried again.
    async fn put(&mut self, base: u64, entry: Bytes) -> Result<Option<Receipt>> {
        let (table, publish_id) = (self.table, &self.plan.publish_id);
        // A store that does not answer is not waited for much longer, whenever it is asked.
        let grace = self.plan.timeout / 20;
        let name = entry_name(base + 1);
        let create = table.storage().create(&name, entry.clone().into());
        let created = timeout_at(self.deadline.max(Instant::now() + grace), create).await;
        let is_answered = created.is_ok();
        let failure = match created.unwrap_or(Err(LATE)) {
            Ok(true) => {
                let receipt = acknowledged(table, publish_id, base + 1, &entry);
                table.maintain(base + 1).await;
                return receipt
                    .map(Some)
                    .map_err(|error| unknown(publish_id, error));
            }
            Ok(false) => None,
            Err(error) => Some(error),
        };
        let definite =
            |error: &Error| matches!(error, Error::Store { source, .. } if is_definite(source));
        // A local write is over when it has failed; over a network it may still arrive. So it may when the store
        // says "exists": its own retry may have met a first try that is not visible yet.
        let over =
            is_answered && table.storage().is_local() || failure.as_ref().is_some_and(definite);
        let read = read_back(table, base, publish_id);
        let read = timeout_at(self.deadline.max(Instant::now()) + grace, read).await;
        let read = read.unwrap_or_else(|_| Err(unknown(publish_id, LATE)))?;
        let late = Instant::now() >= self.deadline;
        match read {
            ReadBack::Ours(version) => {
                let receipt = found(table, &self.plan, version).await;
                table.anchor().await;
                return receipt.map(Some);
            }
            ReadBack::Others(winners) => {
                for (version, winner) in winners {
                    table.advance(version, winner)?;
                }
                // What may still arrive was for a version that is taken: the store will refuse it.
                self.dangling = None;
            }
            ReadBack::Nobody => {
                if !over {
                    self.dangling = Some(base + 1);
                }
                match failure {
                    Some(error) if over || late => return Err(self.left_open(error)),
                    None if late && self.dangling.is_some() => {
                        return Err(self.left_open(contradicts(&name)));
                    }
                    _ => {}
                }
            }
        }
        if late && self.dangling.is_none() {
            return Err(Error::Contention {
                publish_id: self.plan.publish_id.clone(),
                attempts: self.made,
            });
        }
        Ok(None)
    }

    /// An error of a publish of which a put may still arrive leaves open what becomes of it.
    fn left_open(&self, error: Error) -> Error {
        match self.dangling {
            Some(_) => unknown(&self.plan.publish_id, error),
            None => error,
        }
    }
}

fn unknown(publish_id: &str, error: Error) -> Error {
    match error {
        unknown @ Error::OutcomeUnknown { .. } => unknown,
        error => Error::OutcomeUnknown {
            publish_id: publish_id.to_owned(),
            source: Box::new(error),
        },
    }
}

/// Takes in our own entry, which the store has acknowledged.
fn acknowledged(table: &Table, publish_id: &str, version: u64, entry: &[u8]) -> Result<Receipt> {
    let actions = Actions::parse(&entry_name(version), entry)?;
    let commit = CommitInfo::of(&actions).into_commit(version);
    table.advance(version, actions)?;
    table.notify();
    let mut receipt = Receipt::of(&commit, false, publish_id)?;
    receipt.limits = table.current().limits();
    table.warn_once(&receipt.limits);
    Ok(receipt)
}

/// The publish id is there although no put of it was acknowledged.
async fn found(table: &Table, plan: &Plan, version: u64) -> Result<Receipt> {
    let receipt = async {
        let state = table.newest().await?;
        original_receipt(table, &state, plan, version).await
    };
    let receipt = receipt.await;
    receipt.map_err(|error| unknown(&plan.publish_id, error))
}

/// A pause that doubles from try to try and is jittered, so that publishers who met once do not meet again.
pub(crate) fn pause(attempts: u32) -> Duration {
    let longest = Duration::from_millis(1 << attempts.min(9)).min(LONGEST_PAUSE);
    longest.mul_f64(jitter())
}

/// A random number from 0 to 1.
pub(crate) fn jitter() -> f64 {
    // The low half of a version 7 UUID is random.
    let random = uuid::Uuid::now_v7().as_u128() as u32;
    f64::from(random) / f64::from(u32::MAX)
}

enum ReadBack {
    Ours(u64),
    Others(Vec<(u64, Actions)>),
    Nobody,
}

/// Reads every version after `base`.
async fn read_back(table: &Table, base: u64, publish_id: &str) -> Result<ReadBack> {
    let app = publish_app(publish_id);
    let mut tries = 0;
    let mut winners = Vec::new();
    let mut version = base + 1;
    loop {
        let name = entry_name(version);
        let read = table.storage().read(&name).await;
        match read.and_then(|bytes| bytes.map(|bytes| Actions::parse(&name, &bytes)).transpose()) {
            Ok(Some(actions)) => {
                if actions.txn(&app).is_some() {
                    return Ok(ReadBack::Ours(version));
                }
                winners.push((version, actions));
                version += 1;
            }
            Ok(None) if winners.is_empty() => return Ok(ReadBack::Nobody),
            Ok(None) => return Ok(ReadBack::Others(winners)),
            Err(error) => {
                tries += 1;
                if tries >= READ_BACK_TRIES {
                    return Err(Error::OutcomeUnknown {
                        publish_id: publish_id.to_owned(),
                        source: Box::new(error),
                    });
                }
                tokio::time::sleep(pause(tries + 3)).await;
            }
        }
    }
}

/// The receipt of a publish that was found in the log: made by this call, or before it, or elsewhere.
async fn original_receipt(
    table: &Table,
    state: &TableState,
    plan: &Plan,
    version: u64,
) -> Result<Receipt> {
    receipt_of(table, state, &plan.publish_id, version, Some(&plan.txn_id)).await
}

/// The receipt of a publish that is in the log. It was `already_published` unless its try was `ours`.
pub(crate) async fn receipt_of(
    table: &Table,
    state: &TableState,
    publish_id: &str,
    version: u64,
    ours: Option<&str>,
) -> Result<Receipt> {
    let name = entry_name(version);
    let info = match table.storage().read(&name).await? {
        Some(bytes) => {
            // It is not known whether the flush behind the entry happened, and a receipt promises it.
            table.storage().ensure_durable(&name).await?;
            CommitInfo::of(&Actions::parse(&name, &bytes)?)
        }
        // The entry was cleaned up: beyond version and time, nothing is known any more.
        None => CommitInfo::default(),
    };
    let already = ours.is_none_or(|ours| info.txn_id.as_deref() != Some(ours));
    let mut commit = info.into_commit(version);
    commit.committed_at = commit
        .committed_at
        .or_else(|| state.published_at(publish_id));
    Receipt::of(&commit, already, publish_id)
}

/// When the next commit happens: now, but after the one before, whatever the clocks say.
pub(crate) fn next_millis(table: &Table, state: &TableState) -> i64 {
    let now = table.location().now_millis();
    match state.commit.committed_at {
        Some(before) => now.max(before.timestamp_millis() + 1),
        None => now,
    }
}
