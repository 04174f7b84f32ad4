//! The contract versions stored beside a table.

use std::time::Instant;

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::table::{SETTLE_TIME, Table, contradicts};
use crate::write::commit::pause;

const FOLDER: &str = "_contract";
const SUFFIX: &str = ".odcs.yaml";

impl Table {
    /// Stores a contract version beside the table, once and for all. Storing the same again changes nothing.
    ///
    /// # Errors
    ///
    /// `ContractDiffers` if the version is stored with other content; `InvalidSpec` if the version is not one;
    /// `Store` if the store fails.
    pub async fn put_contract(&self, version: &str, document: Bytes) -> Result<()> {
        let name = name_of(version)?;
        let deadline = Instant::now() + SETTLE_TIME;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let created = self.storage().create(&name, document.clone().into()).await;
            if matches!(created, Ok(true)) {
                return Ok(());
            }
            // Taken, or the answer was lost: what is stored decides.
            match (self.storage().read(&name).await?, created) {
                (Some(stored), _) if stored == document => {
                    return self.storage().ensure_durable(&name).await;
                }
                (Some(_), _) => {
                    return Err(Error::ContractDiffers {
                        version: version.to_owned(),
                    });
                }
                (None, Err(error)) => return Err(error),
                (None, Ok(_)) if Instant::now() >= deadline => return Err(contradicts(&name)),
                // A store may answer "exists" to a create that lost a race against nobody.
                (None, Ok(_)) => tokio::time::sleep(pause(attempts)).await,
            }
        }
    }

    /// A stored contract version; `None` if it was never stored.
    ///
    /// # Errors
    ///
    /// `InvalidSpec` if the version is not one; `Store` if the store fails.
    pub async fn read_contract(&self, version: &str) -> Result<Option<Bytes>> {
        self.storage().read(&name_of(version)?).await
    }

    /// The stored contract versions, in byte order of their names.
    ///
    /// # Errors
    ///
    /// `Store` if the store fails.
    pub async fn contract_versions(&self) -> Result<Vec<String>> {
        let names = self.storage().list(FOLDER, None).await?;
        let versions = names.iter().filter_map(|name| name.strip_suffix(SUFFIX));
        Ok(versions.map(str::to_owned).collect())
    }
}

/// A version becomes part of a path, so only what semantic versions are made of is let through.
pub(crate) fn name_of(version: &str) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    if !version.starts_with(|c: char| c.is_ascii_digit())
        || version.len() > 64
        || !version.chars().all(plain)
    {
        return Err(Error::InvalidSpec {
            reason: format!(
                "`{}` is no contract version such as 1.2.0",
                version.escape_debug()
            ),
        });
    }
    Ok(format!("{FOLDER}/{version}{SUFFIX}"))
}
