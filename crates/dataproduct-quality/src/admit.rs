//! The batch that has passed the gate.

use std::sync::Arc;

use arrow_array::RecordBatch;

/// A record batch that keeps the promises of a contract, in the contract's schema.
///
/// Only the gate ([`Gate`](crate::Gate)) makes one.
#[derive(Clone, Debug)]
pub struct Admitted {
    batch: RecordBatch,
    contract_digest: Arc<str>,
}

impl Admitted {
    pub(crate) fn new(batch: RecordBatch, contract_digest: Arc<str>) -> Self {
        Self {
            batch,
            contract_digest,
        }
    }

    /// The rows, with exactly the columns and types of [`Contract::arrow_schema`](dataproduct_contract::Contract::arrow_schema).
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The rows, giving up the proof that they were checked.
    #[must_use]
    pub fn into_batch(self) -> RecordBatch {
        self.batch
    }

    /// The digest of the contract that the rows were checked against.
    #[must_use]
    pub fn contract_digest(&self) -> &str {
        &self.contract_digest
    }
}
