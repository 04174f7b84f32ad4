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

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout_at};

use super::file::hex;
use super::keyed::{Keyed, KeyedRows};
use super::options::{Epoch, Follows, OnConflict};
use super::scope::Scope;
use super::writer::Attempt;
use crate::compact;
use crate::error::{Error, Result, is_definite};
use crate::facts::{Commit, CommitInfo, ENGINE, PublishFacts, StoredFacts};
use crate::log::action::{Actions, Add, Remove, TAG_SHA256, Txn, write_line};
use crate::log::chain;
use crate::log::conflict::{self, Intent, Verdict};
use crate::log::segment::entry_name;
use crate::log::state::{TableState, WATERMARK_APP, epoch_app, publish_app};
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
    /// The plan's files hold the rows of these, which they replace.
    Rewrite(Vec<Arc<Add>>),
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
pub(crate) async fn publish_in_turn(table: &Table, mut plan: Plan, turn: Turn) -> Result<Attempt> {
    let _turn = turn;
    let done = |receipt: Result<Receipt>| receipt.map(|receipt| Attempt::Done(Box::new(receipt)));
    table.newest().await?;
    table.check_same().await?;
    let (schema, scope) = (Arc::clone(&plan.schema), plan.scope.clone());
    let intent = Intent {
        schema: &schema,
        scope: &scope,
        fail_on_change: plan.on_conflict == OnConflict::Fail,
    };
    let deadline = Instant::now() + plan.timeout;
    // A store that does not answer is not waited for much longer, whenever it is asked.
    let grace = plan.timeout / 20;
    let mut attempts = 0;
    // Whether a put of ours may still arrive although it failed.
    let mut dangling = false;
    // Up to which version the changes of others have been looked at.
    let mut checked = plan.base;
    loop {
        attempts += 1;
        // Readers of this process move the state on as well, so every try looks at all that is new in it.
        let state = table.current();
        let base = state.version;
        if let Some(version) = state.published(&plan.publish_id) {
            let receipt = original_receipt(table, &state, &plan, version).await;
            return done(match attempts {
                // Nothing of this call was put yet.
                1 => receipt,
                _ => receipt.map_err(|error| unknown(&plan.publish_id, error)),
            });
        }
        if plan.expected.is_some_and(|expected| base > expected) {
            return Ok(Attempt::Moved { version: base });
        }
        check_epoch(&state, plan.epoch.as_ref())?;
        check_schema(&state, &intent)?;
        check_contract(table, &state, &plan).await?;
        check_since(table, &intent, checked, base).await?;
        checked = base;
        let effect = Effect::of(table, &mut plan, &state).await;
        let effect = effect.map_err(|error| match dangling {
            true => unknown(&plan.publish_id, error),
            false => error,
        })?;
        let name = entry_name(base + 1);
        let entry = entry(&plan, &state, &effect)?;
        let bytes = bytes::Bytes::from(chain::seal(&name, &entry, state.digest.as_deref())?);
        // The state is updated in place when nobody holds it.
        drop(state);
        let create = table.storage().create(&name, bytes.clone().into());
        let created = timeout_at(deadline.max(Instant::now() + grace), create).await;
        let is_answered = created.is_ok();
        let failure = match created.unwrap_or(Err(LATE)) {
            Ok(true) => {
                let receipt = acknowledged(table, &plan.publish_id, base + 1, &bytes);
                table.maintain(base + 1).await;
                return done(receipt.map_err(|error| unknown(&plan.publish_id, error)));
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
        let read = read_back(table, base, &plan.publish_id);
        let read = timeout_at(deadline.max(Instant::now()) + grace, read).await;
        match read.unwrap_or_else(|_| Err(unknown(&plan.publish_id, LATE)))? {
            ReadBack::Ours(version) => {
                let receipt = found(table, &plan, version).await;
                table.anchor().await;
                return done(receipt);
            }
            ReadBack::Others(winners) => {
                for (version, winner) in winners {
                    table.advance(version, winner)?;
                }
                // What may still arrive was for a version that is taken: the store will refuse it.
                dangling = false;
            }
            ReadBack::Nobody => {
                dangling |= !over;
                let late = Instant::now() >= deadline;
                match failure {
                    Some(error) if over || late => {
                        return Err(match dangling {
                            true => unknown(&plan.publish_id, error),
                            false => error,
                        });
                    }
                    None if late && dangling => {
                        return Err(unknown(&plan.publish_id, contradicts(&name)));
                    }
                    _ => {}
                }
            }
        }
        if Instant::now() >= deadline && !dangling {
            return Err(Error::Contention {
                publish_id: plan.publish_id,
                attempts,
            });
        }
        tokio::time::sleep(pause(attempts)).await;
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
    Receipt::of(&commit, false, publish_id)
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

/// No newer incarnation of the writer may have published.
fn check_epoch(state: &TableState, epoch: Option<&Epoch>) -> Result<()> {
    let Some(Epoch { writer, number }) = epoch else {
        return Ok(());
    };
    match state.epoch(writer) {
        Some(newest) if newest > *number => Err(Error::Fenced {
            writer: writer.clone(),
            epoch: *number,
            newest,
        }),
        _ => Ok(()),
    }
}

/// The rows were written for a schema; the table must still have it.
fn check_schema(state: &TableState, intent: &Intent<'_>) -> Result<()> {
    let changed = |what: &str| Error::Conflict {
        version: state.version,
        reason: format!("changed the {what} after the rows were written"),
    };
    if state.schema.arrow != intent.schema.arrow {
        return Err(changed("schema"));
    }
    if state.schema.partition_by != intent.schema.partition_by {
        return Err(changed("partitioning"));
    }
    if let Some(feature) = state.foreign_to_write() {
        return Err(Error::Unsupported {
            what: format!("writing to a table with {feature}"),
        });
    }
    state.check_scope(intent.scope)
}

/// The rows were judged against a contract; no other may have been published under since.
async fn check_contract(table: &Table, state: &TableState, plan: &Plan) -> Result<()> {
    let expected = match &plan.follows {
        Follows::Any => return Ok(()),
        Follows::Only(before) => before,
    };
    // Commits behind it that publish nothing, or are of other programs, do not lift what it binds to.
    let has_digest = |commit: &Commit| {
        let facts = commit.facts.as_ref();
        facts.is_some_and(|facts| facts.published.contract_digest.is_some())
    };
    let commit = state.newest_publish(table.storage(), has_digest).await?;
    let newest = commit.as_ref().and_then(|commit| commit.facts.as_ref());
    let newest = newest.map(|facts| &facts.published);
    let Some(digest) = newest.and_then(|facts| facts.contract_digest.as_ref()) else {
        return Ok(());
    };
    if Some(digest) == expected.as_ref() || Some(digest) == plan.facts.contract_digest.as_ref() {
        return Ok(());
    }
    let version = newest.and_then(|facts| facts.contract_version.as_deref());
    Err(Error::Conflict {
        version: commit
            .as_ref()
            .map_or(state.version, |commit| commit.version),
        reason: format!(
            "was published under another contract ({}) than this publish was judged against",
            version.unwrap_or(digest)
        ),
    })
}

/// What was committed while the rows were being written must not have changed what a careful replace rests on.
async fn check_since(table: &Table, intent: &Intent<'_>, base: u64, newest: u64) -> Result<()> {
    if !intent.fail_on_change {
        // A replace is planned against the newest state in any case.
        return Ok(());
    }
    let versions: Vec<u64> = (base + 1..=newest).collect();
    let names = versions.iter().copied().map(entry_name).collect();
    let entries = table.storage().read_all(names, Actions::parse).await?;
    for (version, winner) in versions.into_iter().zip(entries) {
        if let Verdict::Conflict(reason) = conflict::check(intent, &winner, intent.schema) {
            return Err(Error::Conflict { version, reason });
        }
    }
    Ok(())
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

/// What a publish changes in the files of a version.
struct Effect {
    millis: i64,
    removes: Vec<Remove>,
    /// Files that stay, with other deletion vectors.
    kept: Vec<Add>,
    adds: Vec<Add>,
    rows: u64,
    by_key: Option<KeyedRows>,
    /// Whether the rows stay what they were.
    is_rewrite: bool,
}

impl Effect {
    async fn of(table: &Table, plan: &mut Plan, state: &Arc<TableState>) -> Result<Self> {
        let millis = next_millis(table, state);
        let mut effect = Self {
            millis,
            removes: Vec::new(),
            kept: Vec::new(),
            adds: plan.adds.clone(),
            rows: plan.adds.iter().filter_map(Add::rows).sum(),
            by_key: None,
            is_rewrite: false,
        };
        match &mut plan.work {
            Work::Scope => {
                let live = state.files.iter().map(AsRef::as_ref);
                let gone = conflict::plan_removes(&plan.scope, live).into_iter();
                effect.removes = gone.map(|add| Remove::of(add, millis)).collect();
            }
            Work::ByKey(keyed) => {
                state.check_keyed()?;
                let change = keyed.change(table, state, millis).await?;
                effect.removes = change.removes;
                effect.kept = change.kept;
                effect.adds = change.adds;
                effect.rows = change.rows.inserted + change.rows.updated;
                effect.by_key = Some(change.rows);
            }
            Work::Rewrite(files) => {
                if files.iter().any(|add| state.files.same(add).is_none()) {
                    return Err(compact::changed(state));
                }
                let gone = files.iter().map(|add| Remove {
                    data_change: false,
                    ..Remove::of(add, millis)
                });
                effect.removes = gone.collect();
                effect.is_rewrite = true;
            }
        }
        Ok(effect)
    }

    fn files_removed(&self) -> usize {
        self.removes.len() - self.kept.len()
    }
}

/// The log entry of a publish behind a state.
fn entry(plan: &Plan, state: &TableState, effect: &Effect) -> Result<Vec<u8>> {
    let millis = effect.millis;
    let version = i64::try_from(state.version + 1).unwrap_or(i64::MAX);
    let as_of = plan.facts.as_of.map(|as_of| as_of.timestamp_micros());
    // Nobody can vouch for the future: a clock that is ahead must not make the table look fresh for ever.
    let vouched = as_of.map(|as_of| as_of.min(millis.saturating_mul(1000).saturating_add(999)));
    let watermark = state.watermark().max(vouched);
    let facts = StoredFacts {
        format: 1,
        publish_id: plan.publish_id.clone(),
        contract_version: plan.facts.contract_version.clone(),
        contract_digest: plan.facts.contract_digest.clone(),
        as_of,
        watermark,
        rows: effect.rows,
        bytes: effect.adds.iter().map(|add| add.size.unsigned_abs()).sum(),
        files: effect.adds.len() as u64,
        files_removed: effect.files_removed() as u64,
        by_key: effect.by_key.map(Into::into),
        digest: digest_of(&effect.adds),
        engine: ENGINE.to_owned(),
        producer: plan.facts.producer.clone(),
        quality: plan.facts.quality.clone(),
    };
    let info = commit_info(plan, facts, effect);
    let mut out = Vec::with_capacity(2048 + effect.adds.len() * 1024);
    write_line(&mut out, "commitInfo", &info)?;
    let mut txn = |app_id: String, version: i64| {
        let txn = Txn {
            app_id,
            version,
            last_updated: Some(millis),
        };
        write_line(&mut out, "txn", &txn)
    };
    txn(publish_app(&plan.publish_id), version)?;
    if let Some(Epoch { writer, number }) = &plan.epoch {
        txn(
            epoch_app(writer),
            i64::try_from(*number).unwrap_or(i64::MAX),
        )?;
    }
    if let Some(watermark) = watermark {
        txn(WATERMARK_APP.to_owned(), watermark)?;
    }
    for remove in &effect.removes {
        write_line(&mut out, "remove", remove)?;
    }
    for add in effect.kept.iter().chain(&effect.adds) {
        write_line(&mut out, "add", add)?;
    }
    Ok(out)
}

fn commit_info(plan: &Plan, facts: StoredFacts, effect: &Effect) -> CommitInfo {
    let mut parameters = BTreeMap::from([(
        "partitionBy",
        serde_json::Value::from(plan.schema.partition_by.clone()).to_string(),
    )]);
    let mut metrics = BTreeMap::from([
        ("numFiles", facts.files.to_string()),
        ("numOutputRows", facts.rows.to_string()),
        ("numOutputBytes", facts.bytes.to_string()),
        ("numRemovedFiles", effect.files_removed().to_string()),
    ]);
    let append = plan.scope == Scope::Nothing && effect.removes.is_empty();
    match &effect.by_key {
        Some(rows) => metrics.extend([
            ("numTargetRowsInserted", rows.inserted.to_string()),
            ("numTargetRowsUpdated", rows.updated.to_string()),
            ("numTargetRowsDeleted", rows.deleted.to_string()),
        ]),
        None if effect.is_rewrite => {}
        None => {
            let mode = if append { "Append" } else { "Overwrite" };
            parameters.insert("mode", mode.to_owned());
        }
    }
    let operation = match effect.by_key {
        Some(_) => "MERGE",
        None if effect.is_rewrite => "OPTIMIZE",
        None => "WRITE",
    };
    CommitInfo {
        timestamp: Some(effect.millis),
        in_commit_timestamp: None,
        operation: Some(operation.to_owned()),
        operation_parameters: serde_json::json!(parameters),
        // What rests on rows that were read is no blind append.
        is_blind_append: Some(append && effect.by_key.is_none() && plan.expected.is_none()),
        engine_info: Some(ENGINE.to_owned()),
        txn_id: Some(plan.txn_id.clone()),
        operation_metrics: serde_json::json!(metrics),
        // Who only writes files anew publishes nothing.
        dataproduct: (!effect.is_rewrite).then_some(facts),
    }
}

/// One digest for a whole publish: over the digests of its files in order.
fn digest_of(adds: &[Add]) -> String {
    let mut digest = Sha256::new();
    for add in adds {
        digest.update(add.tag(TAG_SHA256).unwrap_or_default());
        digest.update(b"\n");
    }
    hex(&digest.finalize())
}
