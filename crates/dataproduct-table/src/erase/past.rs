//! Erasing what older versions left in the folder.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::receipt::PendingErasure;
use super::subject::Subject;
use super::{Erasure, ErasureReceipt, OPERATION, PARAMETER};
use crate::error::{Error, Result};
use crate::log::action::Add;
use crate::log::past::Past;
use crate::log::segment::{self, LOG, entry_name};
use crate::log::state::TableState;
use crate::reports;
use crate::table::Table;
use crate::trace::redact;
use crate::vacuum::{SHORTEST_RETENTION, keep_state, remove};
use crate::write::commit::Exchange;
use crate::write::options::WriteOptions;
use crate::write::partition::decode_path;

/// The objects of the log that give a subject away, each with its version: those that name a file that held one,
/// and those whose statistics show one.
fn giving_away(
    past: &Past,
    subject: &Subject,
    holders: &HashSet<String>,
    live: &HashSet<String>,
) -> Result<Vec<(String, u64)>> {
    let mut found = Vec::new();
    for (object, version, adds) in &past.adds {
        for add in adds {
            let name = decode_path(&add.path)?;
            let held = holders.contains(&name) || past.erased.contains(&name);
            if held || (!live.contains(&name) && subject.shows_in(add)) {
                found.push((object.clone(), *version));
                break;
            }
        }
    }
    found.sort_by_key(|(_, version)| *version);
    found.dedup();
    Ok(found)
}

impl Table {
    pub(super) async fn erase_past(
        &self,
        what: &Erasure,
        holders: Vec<Arc<Add>>,
        mut reports: HashSet<String>,
        receipt: &mut ErasureReceipt,
    ) -> Result<()> {
        let grace = i64::try_from(what.grace.as_millis()).unwrap_or(i64::MAX);
        // Files are listed first: what is committed meanwhile is younger than the list.
        let listed = self.data_files().await?;
        let state = self.newest().await?;
        let past = Past::of(self, state.version).await?;
        let subject = Subject::of(self, &state, &what.column, &what.values)?;
        let mut live = HashSet::new();
        keep_state(&mut live, &state)?;
        let mut held = HashSet::new();
        for add in holders {
            held.insert(decode_path(&add.path)?);
        }
        let mut dead = Vec::new();
        self.steps().more(listed.len());
        for (name, bytes, modified) in listed {
            self.steps().step();
            let is_vector = name.ends_with(".bin");
            if live.contains(&name) || is_vector || (what.dry_run && held.contains(&name)) {
                continue;
            }
            if held.contains(&name) || subject.is_in_file(&name, bytes, modified).await? {
                held.insert(name.clone());
                dead.push((name, modified));
            }
        }
        let log = giving_away(&past, &subject, &held, &live)?;
        let publishes = log.iter().filter_map(|(name, _)| past.publishes.get(name));
        reports.extend(publishes.map(|publish| reports::name_of(publish)));
        self.erase_reports(what, &reports, receipt).await?;
        self.erase_log(what, grace, &log, receipt).await?;
        let now = self.now_of(&state);
        let leased = self.leased_files(&state).await?;
        for (name, modified) in dead {
            let (until, reason) = match past.removed_at.get(&name) {
                Some(at) => (at.saturating_add(grace), "readers of older versions"),
                None if past.named.contains(&name) => {
                    (modified.saturating_add(grace), "readers of older versions")
                }
                None => {
                    let shortest = i64::try_from(SHORTEST_RETENTION.as_millis());
                    let wait = grace.max(shortest.unwrap_or(i64::MAX));
                    let until = modified.saturating_add(wait);
                    (until, "it may belong to a publish that is under way")
                }
            };
            let lease = leased.get(&name).filter(|lease| **lease > until);
            let (until, reason) = match lease {
                Some(lease) => (*lease, "a reader holds a version that has it"),
                None => (until, reason),
            };
            if until > now {
                receipt
                    .pending
                    .push(PendingErasure::new(&name, reason, until));
                continue;
            }
            if !what.dry_run {
                remove(self, &name).await?;
            }
            receipt.purged.push(name);
        }
        Ok(())
    }

    /// The files of versions that readers hold, each with the milliseconds until which it is held.
    async fn leased_files(&self, newest: &TableState) -> Result<HashMap<String, i64>> {
        let mut files = HashMap::new();
        for (version, until) in self.leases(true).await? {
            if version == newest.version {
                continue;
            }
            let state = TableState::load(self.storage(), Some(version)).await?;
            let state = state.ok_or_else(|| Error::damaged(entry_name(version), "it is gone"))?;
            let mut used = HashSet::new();
            keep_state(&mut used, &state)?;
            for name in used {
                let known = files.entry(name).or_insert(until);
                *known = until.max(*known);
            }
        }
        Ok(files)
    }

    /// Takes away the log up to the objects that give a subject away.
    async fn erase_log(
        &self,
        what: &Erasure,
        grace: i64,
        giving: &[(String, u64)],
        receipt: &mut ErasureReceipt,
    ) -> Result<()> {
        let Some((_, last)) = giving.last() else {
            return Ok(());
        };
        if what.dry_run {
            let now = self.location().now_millis();
            let pending = giving.iter().map(|(object, _)| {
                PendingErasure::new(object, "nothing is done yet", now.saturating_add(grace))
            });
            receipt.pending.extend(pending);
            return Ok(());
        }
        let state = self.settled_after(*last, what).await?;
        let covering = self.checkpoint_after(*last, &state).await?;
        let cutoff = self.now_of(&state).saturating_sub(grace);
        let from = self.commit_time(covering).await?.timestamp_millis();
        let report = self.clean_before(&state, cutoff, false).await?;
        let removed: HashSet<&String> = report.removed.iter().collect();
        let leases = self.leases(true).await?;
        let lease = leases.range(..covering).map(|(_, until)| *until).max();
        let until = from.saturating_add(grace);
        for (object, _) in giving {
            if removed.contains(object) {
                continue;
            }
            let pending = match lease.filter(|lease| *lease > until) {
                Some(lease) => PendingErasure::new(
                    object,
                    "a reader holds a version that needs the log from before",
                    lease,
                ),
                None => PendingErasure::new(object, "readers of older versions", until),
            };
            receipt.pending.push(pending);
        }
        receipt.purged.extend(report.removed);
        Ok(())
    }

    /// A state of which neither the newest commit nor that which names the contract is needed from before: where there
    /// is none, an empty commit makes it.
    async fn settled_after(&self, last: u64, what: &Erasure) -> Result<Arc<TableState>> {
        let state = self.newest().await?;
        let publish = state.newest_publish(self.storage(), |_| true).await?;
        let needs = publish.is_some_and(|commit| commit.version <= last);
        if state.version > last && !needs {
            return Ok(state);
        }
        let exchange = Exchange {
            gone: Vec::new(),
            new: Vec::new(),
            operation: OPERATION,
            parameters: std::collections::BTreeMap::from([(PARAMETER, what.column.clone())]),
            as_of: None,
        };
        let writer = self.write(WriteOptions::new()).await?;
        writer.exchange(exchange, None).await?;
        self.newest().await
    }

    /// The oldest complete checkpoint behind a version; written if there is none.
    async fn checkpoint_after(&self, last: u64, state: &TableState) -> Result<u64> {
        let names = self.storage().list(LOG, None).await?;
        let found = segment::checkpoints(&names)
            .into_iter()
            .find(|checkpoint| checkpoint.version > last);
        if let Some(checkpoint) = found {
            return Ok(checkpoint.version);
        }
        self.checkpoint(state.version).await?;
        Ok(state.version)
    }

    /// Takes samples of a subject out of the quality reports, and all samples out of those that are of publishes which
    /// wrote rows of one: a sample need not show by which value the row is found.
    async fn erase_reports(
        &self,
        what: &Erasure,
        with_rows: &HashSet<String>,
        receipt: &mut ErasureReceipt,
    ) -> Result<()> {
        for file in self.storage().list(reports::FOLDER, None).await? {
            let name = format!("{}/{file}", reports::FOLDER);
            let Some(bytes) = self.storage().read(&name).await? else {
                continue;
            };
            let Some(redacted) = redact(&bytes, what, with_rows.contains(&name)) else {
                continue;
            };
            if !what.dry_run {
                match redacted {
                    Some(bytes) => self.storage().put(&name, bytes).await?,
                    None => remove(self, &name).await?,
                }
            }
            receipt.redacted.push(name);
        }
        Ok(())
    }
}
