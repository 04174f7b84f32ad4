//! The difference of two contracts as typed changes, the verdict on each, and the version that is honest.

pub mod language;
