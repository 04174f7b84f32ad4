//! What must still be so when a publish is committed.

use super::Plan;
use crate::error::{Error, Result};
use crate::facts::Commit;
use crate::log::action::Actions;
use crate::log::conflict::{self, Intent, Verdict};
use crate::log::segment::entry_name;
use crate::log::state::TableState;
use crate::table::Table;
use crate::write::options::{Epoch, Follows, OnConflict};

/// No newer incarnation of the writer may have published.
pub(super) fn check_epoch(state: &TableState, epoch: Option<&Epoch>) -> Result<()> {
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

/// The rows were judged against a contract; no other may have been published under since.
pub(super) async fn check_contract(table: &Table, state: &TableState, plan: &Plan) -> Result<()> {
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
pub(super) async fn check_since(table: &Table, plan: &Plan, base: u64, newest: u64) -> Result<()> {
    if plan.on_conflict != OnConflict::Fail {
        // A replace is planned against the newest state in any case.
        return Ok(());
    }
    let intent = Intent {
        scope: &plan.scope,
        fail_on_change: true,
    };
    let versions: Vec<u64> = (base + 1..=newest).collect();
    let names = versions.iter().copied().map(entry_name).collect();
    let entries = table.storage().read_all(names, Actions::parse).await?;
    for (version, winner) in versions.into_iter().zip(entries) {
        if let Verdict::Conflict(reason) = conflict::check(&intent, &winner) {
            return Err(Error::Conflict { version, reason });
        }
    }
    Ok(())
}
