//! Versions that readers hold, so that neither their files nor their log entries are taken away.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::table::Table;
use crate::vacuum::remove;

pub(crate) const LEASES: &str = "_leases";

/// A reader's hold on a version: no vacuum that begins later takes its files away.
#[derive(Debug, Clone)]
#[must_use = "it holds until its time is over"]
pub struct Lease {
    table: Table,
    name: String,
    version: u64,
}

/// A lease as stored.
#[derive(Debug, Serialize, Deserialize)]
struct StoredLease {
    version: u64,
    /// Milliseconds since 1970.
    until: i64,
}

impl Lease {
    /// The version that is held.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Gives the version up before its time is over.
    ///
    /// # Errors
    ///
    /// `Store` if the store fails; the lease then ends by itself.
    pub async fn release(self) -> Result<()> {
        remove(&self.table, &self.name).await
    }
}

impl Table {
    /// Holds a version for some time, so that its files stay however old they are. The retention holds the versions that
    /// were the newest within it anyway.
    ///
    /// # Errors
    ///
    /// `NoSuchVersion` if there is none, or it cannot be read any more; `Store` if the store fails.
    pub async fn lease(&self, version: u64, time: Duration) -> Result<Lease> {
        self.snapshot_at(version).await?;
        let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let until = self.location().now_millis().saturating_add(time);
        let lease = serde_json::to_vec(&StoredLease { version, until })
            .map_err(|error| Error::encoding("writing a lease", error))?;
        let name = format!("{LEASES}/{}.json", uuid::Uuid::now_v7());
        self.storage().put(&name, Bytes::from(lease)).await?;
        let table = self.clone();
        Ok(Lease {
            table,
            name,
            version,
        })
    }

    /// The versions that readers hold, each with the milliseconds until which it is held. Leases whose time is over are
    /// taken away, unless it is a dry run.
    pub(crate) async fn leases(&self, dry_run: bool) -> Result<BTreeMap<u64, i64>> {
        let now = self.location().now_millis();
        let mut held = BTreeMap::new();
        for file in self.storage().list(LEASES, None).await? {
            let name = format!("{LEASES}/{file}");
            let Some(bytes) = self.storage().read(&name).await? else {
                continue;
            };
            let lease: StoredLease = serde_json::from_slice(&bytes)
                .map_err(|error| Error::damaged(&name, format!("it is no lease: {error}")))?;
            if lease.until >= now {
                let until = held.entry(lease.version).or_insert(lease.until);
                *until = lease.until.max(*until);
            } else if !dry_run {
                remove(self, &name).await?;
            }
        }
        Ok(held)
    }
}
