//! Checks on record batches: what admits a batch to publication.
