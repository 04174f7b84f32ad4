//! What a publish changes in a version, and the log entry that says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Plan, Work, next_millis};
use crate::compact;
use crate::error::Result;
use crate::evolve::Step;
use crate::facts::{CommitInfo, ENGINE, PublishFacts, StoredFacts};
use crate::log::action::{Add, Remove, TAG_SHA256, Txn, write_line};
use crate::log::conflict;
use crate::log::state::{TableState, WATERMARK_APP, epoch_app, publish_app};
use crate::table::Table;
use crate::write::file::hex;
use crate::write::keyed::KeyedRows;
use crate::write::options::Epoch;
use crate::write::scope::Scope;

/// What a publish changes in the files of a version.
pub(super) struct Effect {
    millis: i64,
    removes: Vec<Remove>,
    /// Files that stay, with other deletion vectors.
    kept: Vec<Add>,
    adds: Vec<Add>,
    rows: u64,
    by_key: Option<KeyedRows>,
    /// Whether the rows stay what they were.
    is_rewrite: bool,
    /// What is done, in Delta's words, if it is no publish but changes rows.
    operation: Option<&'static str>,
    parameters: BTreeMap<&'static str, String>,
}

impl Effect {
    pub(super) async fn of(
        table: &Table,
        plan: &mut Plan,
        state: &Arc<TableState>,
    ) -> Result<Self> {
        let millis = next_millis(table, state);
        let mut effect = Self {
            millis,
            removes: Vec::new(),
            kept: Vec::new(),
            adds: plan.adds.clone(),
            rows: plan.adds.iter().filter_map(Add::rows).sum(),
            by_key: None,
            is_rewrite: false,
            operation: None,
            parameters: BTreeMap::new(),
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
            Work::Where(replace) => {
                let change = replace.change(table, state, millis).await?;
                effect.removes = change.removes;
                effect.kept = change.kept;
                effect.adds.extend(change.rewritten);
            }
            Work::Rewrite(rewrite) => {
                let change = rewrite.change(table, state, millis, &plan.adds).await?;
                (effect.removes, effect.adds) = change;
                effect.is_rewrite = true;
            }
            Work::Exchange(exchange) => {
                state.check_not_append_only()?;
                check_there(&exchange.gone, state)?;
                let gone = exchange.gone.iter();
                effect.removes = gone.map(|add| Remove::of(add, millis)).collect();
                effect.rows = 0;
                effect.operation = Some(exchange.operation);
                effect.parameters = exchange.parameters.clone();
                plan.facts = PublishFacts {
                    as_of: exchange.as_of,
                    ..contract_of(table, state).await?
                };
            }
        }
        Ok(effect)
    }

    fn files_removed(&self) -> usize {
        self.removes.len() - self.kept.len()
    }
}

/// Files that are to be replaced must be there as they were when they were read.
fn check_there(files: &[Arc<Add>], state: &TableState) -> Result<()> {
    match files.iter().any(|add| state.files.same(add).is_none()) {
        true => Err(compact::changed(state)),
        false => Ok(()),
    }
}

/// The contract of the newest publish, for a commit that changes rows and publishes nothing: the log entry of the publish
/// may be taken away, and what the table promises must not go with it.
async fn contract_of(table: &Table, state: &TableState) -> Result<PublishFacts> {
    let newest = state.newest_publish(table.storage(), |_| true).await?;
    let facts = newest.and_then(|commit| commit.facts.clone());
    let published = facts.map(|facts| facts.published).unwrap_or_default();
    Ok(PublishFacts {
        contract_version: published.contract_version,
        contract_digest: published.contract_digest,
        producer: published.producer,
        ..PublishFacts::default()
    })
}

/// The log entry of a publish behind a state, with the step that it takes to another declaration of the table.
pub(super) fn entry(
    plan: &Plan,
    state: &TableState,
    step: Option<&Step>,
    effect: &Effect,
) -> Result<Vec<u8>> {
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
    let mut info = commit_info(plan, facts, effect);
    // A step rests on the declaration before it, and on what was proven of stored rows.
    info.is_blind_append = info.is_blind_append.map(|blind| blind && step.is_none());
    let mut out = Vec::with_capacity(2048 + effect.adds.len() * 1024);
    write_line(&mut out, "commitInfo", &info)?;
    if let Some(step) = step {
        step.write(&mut out)?;
    }
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
    let publishes = effect.operation.is_none();
    let append = plan.scope == Scope::Nothing && effect.removes.is_empty() && publishes;
    match &effect.by_key {
        Some(rows) => metrics.extend([
            ("numTargetRowsInserted", rows.inserted.to_string()),
            ("numTargetRowsUpdated", rows.updated.to_string()),
            ("numTargetRowsDeleted", rows.deleted.to_string()),
        ]),
        None if effect.is_rewrite => {}
        None if effect.operation.is_some() => parameters.extend(effect.parameters.clone()),
        None => {
            let mode = if append { "Append" } else { "Overwrite" };
            parameters.insert("mode", mode.to_owned());
        }
    }
    let operation = match effect.by_key {
        Some(_) => "MERGE",
        None if effect.is_rewrite => "OPTIMIZE",
        None => effect.operation.unwrap_or("WRITE"),
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
