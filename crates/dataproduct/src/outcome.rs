//! What became of a publish whose outcome was left open.

use std::time::Duration;

use dataproduct_contract::row::DataProduct;

use crate::publish::{Receipt, receipt_of};
use crate::publisher::{BatchPublisher, Publisher};
use crate::{Error, Result};

/// How long the outcome of a publish is looked for, by default.
pub const DEFAULT_RESUME_TIME: Duration = Duration::from_secs(60);

/// What became of a publish.
#[derive(Debug)]
pub enum Outcome {
    /// Its rows are visible.
    Committed(Box<Receipt>),
    /// They are not and will not be, unless they are published again, under the same id or another one.
    NotCommitted,
    /// The store could not be asked. Ask again.
    StillUnknown {
        /// The id of the publish.
        publish_id: String,
        /// What stood in the way last.
        source: Box<Error>,
    },
}

impl BatchPublisher {
    /// Finds out what became of a publish after [`dataproduct_table::Error::OutcomeUnknown`], without its rows, for as
    /// long as `within`. The publisher that was told so must have stopped. Publishing the same rows again under the same
    /// id settles it as well.
    ///
    /// On an object store this may add a version that changes nothing, behind which a late request is refused.
    ///
    /// # Errors
    /// [`Error::Table`] when the log is damaged or the store refuses for good.
    pub async fn resume(&self, publish_id: &str, within: Duration) -> Result<Outcome> {
        // Without a table nothing can have been committed to it.
        let Some(table) = self.existing().await? else {
            return Ok(Outcome::NotCommitted);
        };
        Ok(match table.resume(publish_id, within).await? {
            dataproduct_table::Outcome::Committed(receipt) => {
                let as_of = receipt.committed_at;
                let receipt = receipt_of(self.contract(), as_of, *receipt);
                Outcome::Committed(Box::new(receipt))
            }
            dataproduct_table::Outcome::NotCommitted => Outcome::NotCommitted,
            dataproduct_table::Outcome::StillUnknown { publish_id, source } => {
                Outcome::StillUnknown {
                    publish_id,
                    source: Box::new(Error::from(*source)),
                }
            }
        })
    }
}

impl<T: DataProduct> Publisher<T> {
    /// Finds out what became of a publish: see [`BatchPublisher::resume`].
    ///
    /// # Errors
    /// As there.
    pub async fn resume(&self, publish_id: &str, within: Duration) -> Result<Outcome> {
        self.batches().resume(publish_id, within).await
    }
}
