//! What is done beside publishes so that a table stays cheap, as its options say.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::error::Result;
use crate::kernel;
use crate::limits::SoftLimit;
use crate::log::anchor::{self, Head};
use crate::table::Table;

impl Table {
    /// Writes a checkpoint when one is due, takes old log entries away behind it, and writes files anew. That only makes
    /// the table cheaper, so that a failure is noted and no more.
    pub(crate) async fn maintain(&self, version: u64) {
        self.anchor().await;
        self.compact_if_due();
        let interval = self.options().checkpoint_interval;
        if interval == 0 || version == 0 || !version.is_multiple_of(interval) {
            return;
        }
        if let Err(error) = self.checkpoint(version).await {
            tracing::warn!(version, %error, "the checkpoint failed; the table is not affected");
            return;
        }
        self.checkpointed(version);
        if let Some(what) = self.options().log_cleanup {
            let table = self.clone();
            // The publish holds its turn, which the cleaning needs.
            tokio::spawn(async move {
                if let Err(error) = table.clean_log(&what).await {
                    tracing::warn!(%error, "cleaning the log failed; the table is not affected");
                }
            });
        }
    }

    /// Writes a checkpoint of a version, and notes what its bytes are.
    pub(crate) async fn checkpoint(&self, version: u64) -> Result<()> {
        kernel::checkpoint(self.storage(), version).await?;
        let state = self.current();
        let entry = state.digest.clone().filter(|_| state.version == version);
        anchor::write_checkpoint(self.storage(), version, entry).await
    }

    /// Notes which entry is the newest that is known. Without it a log that is cut short is not told from a younger one,
    /// and nothing else is wrong: a failure is noted and no more.
    pub(crate) async fn anchor(&self) {
        let state = self.current();
        let Some(entry) = state.digest.clone() else {
            return;
        };
        let head = Head {
            table: state.metadata.id.clone(),
            version: state.version,
            entry,
        };
        drop(state);
        if let Err(error) = anchor::write_head(self.storage(), head).await {
            tracing::warn!(%error, "the anchor of the log was not written; the table is not affected");
        }
    }

    /// Says once in a process that the table has become expensive.
    pub(crate) fn warn_once(&self, limits: &[SoftLimit]) {
        if limits.is_empty() || self.shared().warned.swap(true, Ordering::Relaxed) {
            return;
        }
        for limit in limits {
            tracing::warn!(table = %self.location(), "the table has become expensive: {limit}");
        }
    }

    fn compact_if_due(&self) {
        let Some(what) = self.options().compaction else {
            return;
        };
        if !what.is_due(&self.current()) {
            return;
        }
        let compacting = Arc::clone(&self.shared().compacting);
        // Another task is at it already.
        let Ok(permit) = compacting.try_acquire_owned() else {
            return;
        };
        let table = self.clone();
        tokio::spawn(async move {
            if let Err(error) = table.compact_in_passing(&what).await {
                tracing::warn!(%error, "compacting failed; the table is not affected");
            }
            drop(permit);
        });
    }
}
