//! The Delta log: what its entries hold, and the state that they add up to.
//!
//! # Why the log is replayed here and not by the kernel
//!
//! The kernel is built for engines that keep no state: it replays the log once for protocol and metadata and
//! once more for each scan, through a generic columnar JSON reader, and it says nothing of `commitInfo`. This
//! crate needs each commit's facts, an incremental state that a commit updates in place, and an open that is
//! bound by reading the files. A log of plain JSON lines is read faster and with less code by typed structs.
//! The kernel stays where its breadth counts: it writes checkpoints, converts schemas, and reads the rows of
//! tables with features that this crate does not write (deletion vectors, column mapping by id). Tests
//! compare the replayed state with the kernel's.
//!
//! # Why the log is written here
//!
//! The kernel's transaction cannot write tags on files, metadata changes or several `txn` actions, nor can it
//! resolve the outcome of a commit whose answer was lost.

pub(crate) mod action;
pub(crate) mod anchor;
pub(crate) mod chain;
pub(crate) mod checkpoint;
pub(crate) mod conflict;
pub(crate) mod past;
pub(crate) mod published;
pub(crate) mod segment;
pub(crate) mod state;
