//! Finding out what became of a publish whose outcome was left open.

use std::time::Duration;

use tokio::time::Instant;

use super::commit::{next_millis, pause, receipt_of};
use crate::error::{Error, Result};
use crate::facts::{CommitInfo, ENGINE};
use crate::log::action::write_line;
use crate::log::chain;
use crate::log::segment::entry_name;
use crate::log::state::TableState;
use crate::table::{Receipt, Table, contradicts};

/// What became of a publish.
#[derive(Debug)]
pub enum Outcome {
    /// It happened: the receipt is that of its commit.
    Committed(Box<Receipt>),
    /// It did not happen and will not any more, unless it is published again.
    NotCommitted,
    /// The log could not be read or written long enough to tell. Ask again with the same id.
    StillUnknown {
        /// The publish.
        publish_id: String,
        /// What stood in the way last.
        source: Box<Error>,
    },
}

impl Table {
    /// Finds out what became of a publish after [`Error::OutcomeUnknown`], for as long as `within`.
    ///
    /// A request that seemed to fail over a network may still arrive. So where the publish is not in the log, the version
    /// that it was meant for is taken, by a commit that changes nothing (`operation` is `RESUME`): what arrives later is
    /// refused by the store, and [`Outcome::NotCommitted`] is final. On local disk nothing arrives late and nothing is
    /// written.
    ///
    /// The publisher that was told `OutcomeUnknown` must have stopped: one that goes on, or publishes again under the same
    /// id, may still commit. Dropping the future is safe at any time.
    ///
    /// # Errors
    ///
    /// `Damaged` and `Corrupt` if the log is; `Unsupported` if the table uses a feature that this crate does not write;
    /// `Store` if the store refuses for good. What may pass is not an error but [`Outcome::StillUnknown`].
    pub async fn resume(&self, publish_id: &str, within: Duration) -> Result<Outcome> {
        let deadline = Instant::now() + within;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let settled = tokio::time::timeout_at(deadline, self.settle(publish_id)).await;
            let source = match settled {
                Ok(Ok(outcome)) => return Ok(outcome),
                Ok(Err(error)) if !error.is_retryable() => return Err(error),
                Ok(Err(error)) => error,
                Err(_) => Error::TimedOut {
                    operation: "finding out what became of a publish",
                },
            };
            if Instant::now() >= deadline {
                return Ok(Outcome::StillUnknown {
                    publish_id: publish_id.to_owned(),
                    source: Box::new(source),
                });
            }
            tokio::time::sleep(pause(attempts)).await;
        }
    }

    async fn settle(&self, publish_id: &str) -> Result<Outcome> {
        let _turn = self.queue().lock_owned().await;
        self.newest().await?;
        self.check_same().await?;
        let state = self.current();
        if let Some(outcome) = self.committed_in(&state, publish_id).await? {
            return Ok(outcome);
        }
        if self.storage().is_local() {
            return Ok(Outcome::NotCommitted);
        }
        if let Some(feature) = state.foreign_to_write() {
            return Err(Error::Unsupported {
                what: format!("writing to a table with {feature}"),
            });
        }
        let name = entry_name(state.version + 1);
        let entry = entry(self, &state, publish_id)?;
        let entry = chain::seal(&name, &entry, state.digest.as_deref())?;
        let created = self.storage().create(&name, entry.into()).await;
        // Whoever has the version now, the log tells.
        let newest = self.newest().await?;
        if let Some(outcome) = self.committed_in(&newest, publish_id).await? {
            return Ok(outcome);
        }
        if newest.version > state.version {
            self.anchor().await;
            return Ok(Outcome::NotCommitted);
        }
        created?;
        Err(Error::OutcomeUnknown {
            publish_id: publish_id.to_owned(),
            source: Box::new(contradicts(&name)),
        })
    }

    async fn committed_in(&self, state: &TableState, publish_id: &str) -> Result<Option<Outcome>> {
        let Some(version) = state.published(publish_id) else {
            return Ok(None);
        };
        let receipt = receipt_of(self, state, publish_id, version, None).await?;
        Ok(Some(Outcome::Committed(Box::new(receipt))))
    }
}

/// A commit that takes a version and changes nothing.
fn entry(table: &Table, state: &TableState, publish_id: &str) -> Result<Vec<u8>> {
    let info = CommitInfo {
        timestamp: Some(next_millis(table, state)),
        operation: Some("RESUME".to_owned()),
        operation_parameters: serde_json::json!({ "publishId": publish_id }),
        is_blind_append: Some(true),
        engine_info: Some(ENGINE.to_owned()),
        txn_id: Some(uuid::Uuid::now_v7().to_string()),
        operation_metrics: serde_json::json!({}),
        ..CommitInfo::default()
    };
    let mut entry = Vec::new();
    write_line(&mut entry, "commitInfo", &info)?;
    Ok(entry)
}
