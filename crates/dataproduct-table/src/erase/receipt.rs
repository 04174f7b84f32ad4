//! What an erasure did.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What an erasure did, or would do, to be kept as evidence. It does not say whom it was about.
///
/// As JSON its fields are in camel case, `formatVersion` is 1, and instants are in RFC 3339.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ErasureReceipt {
    /// Raised when a field changes its meaning or goes.
    pub format_version: u32,
    /// The table.
    pub location: String,
    /// The column by which the rows were found.
    pub column: String,
    /// How many values were looked for.
    pub values: u64,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// When it was done.
    pub at: String,
    /// The first version without the rows; `None` if the newest one did not have them any more.
    pub version: Option<u64>,
    /// Rows of the newest version that were taken out.
    pub rows: u64,
    /// Data files of the newest version that held one, also as a row that was taken out before.
    pub rewritten: Vec<String>,
    /// Files that took their place.
    pub added: Vec<String>,
    /// Objects that held one and are gone for good: data files, log entries, checkpoints.
    pub purged: Vec<String>,
    /// Quality reports of which samples were taken out, or that are gone.
    pub redacted: Vec<String>,
    /// Objects that may still hold one. The same call takes them away when their time has come.
    pub pending: Vec<PendingErasure>,
    /// What was done in the quarantine beside the table, if there is one with this column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<Box<ErasureReceipt>>,
}

/// An object that may still hold a row of an erased subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PendingErasure {
    /// Relative to the table's folder.
    pub object: String,
    /// Why it is still there.
    pub reason: String,
    /// From when on it can go.
    pub until: String,
}

impl ErasureReceipt {
    /// Whether nothing is left that may hold a row of the subject.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let quarantine = self.quarantine.as_deref();
        self.pending.is_empty() && quarantine.is_none_or(Self::is_complete)
    }
}

impl PendingErasure {
    pub(super) fn new(object: &str, reason: &str, until: i64) -> Self {
        Self {
            object: object.to_owned(),
            reason: reason.to_owned(),
            until: instant(until),
        }
    }
}

pub(super) fn instant(millis: i64) -> String {
    let at = DateTime::<Utc>::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC);
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
