//! The quality reports of publishes, beside the table.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::table::Table;
use crate::write::file::hex;

pub(crate) const FOLDER: &str = "_quality";

impl Table {
    /// Stores the quality report of a publish beside the table, in place of that of an earlier try. A report counts
    /// only if its publish is in the log, and does not survive a power cut as surely as the commit does.
    ///
    /// # Errors
    ///
    /// `Store` if the store fails.
    pub async fn put_report(&self, publish_id: &str, report: Bytes) -> Result<()> {
        self.storage().put(&name_of(publish_id), report).await
    }

    /// The stored quality report of a publish; `None` if there is none.
    ///
    /// # Errors
    ///
    /// `Store` if the store fails.
    pub async fn read_report(&self, publish_id: &str) -> Result<Option<Bytes>> {
        self.storage().read(&name_of(publish_id)).await
    }
}

/// Publish ids make no file names, so their digest does.
pub(crate) fn name_of(publish_id: &str) -> String {
    let mut digest = hex(&Sha256::digest(publish_id.as_bytes()));
    digest.truncate(32);
    format!("{FOLDER}/{digest}.json")
}
