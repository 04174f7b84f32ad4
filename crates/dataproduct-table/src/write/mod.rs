//! From record batches to data files: split by partition, sort, encode on all cores, digest, store.

pub(crate) mod commit;
pub(crate) mod encode;
pub(crate) mod file;
pub(crate) mod keyed;
pub(crate) mod options;
pub(crate) mod partition;
pub(crate) mod properties;
pub(crate) mod replace;
pub(crate) mod resume;
pub(crate) mod rewrite;
pub(crate) mod scope;
pub(crate) mod sort;
pub(crate) mod stats;
pub(crate) mod writer;
