//! Whether a publish may be placed behind one that won: a pure function over what both change.
//!
//! * An append rests on nothing but the schema: it goes behind any winner that keeps the schema.
//! * A replace takes out what is in its scope when it is committed. A winner that added or removed files in the
//!   scope makes it plan again, so that the winner's files in the scope go as well (the last writer wins over
//!   what it replaces), or fail if the caller asked for that.
//! * A winner that changed schema or partitioning makes every publish fail: its rows were checked against
//!   another table.

use super::action::{Actions, Add};
use crate::schema::TableSchema;
use crate::write::scope::Scope;

/// What is to be done about a winner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The publish may go behind it as planned.
    Free,
    /// What the publish takes out must be planned again.
    Replan,
    /// The publish must fail: what it rests on is no more.
    Conflict(String),
}

/// What a publish rests on.
#[derive(Debug, Clone)]
pub(crate) struct Intent<'a> {
    /// The schema that its rows were written for.
    pub(crate) schema: &'a TableSchema,
    /// What it takes out.
    pub(crate) scope: &'a Scope,
    /// Whether a change within the scope is a conflict rather than a reason to plan again.
    pub(crate) fail_on_change: bool,
}

/// Judges one winner. `after` is the table's schema once the winner is applied.
pub(crate) fn check(intent: &Intent<'_>, winner: &Actions, after: &TableSchema) -> Verdict {
    if winner.protocol.is_some() || winner.metadata.is_some() {
        if after.arrow != intent.schema.arrow {
            return Verdict::Conflict("changed the schema".to_owned());
        }
        if after.partition_by != intent.schema.partition_by {
            return Verdict::Conflict("changed the partitioning".to_owned());
        }
    }
    let added = winner.adds.iter().any(|add| intent.scope.covers(add));
    let removed = winner
        .removes
        .iter()
        .any(|remove| match &remove.partition_values {
            Some(values) => intent.scope.covers_values(values),
            // Another writer left the partition out: it may be in the scope.
            None => *intent.scope != Scope::Nothing,
        });
    match (added || removed, intent.fail_on_change) {
        (false, _) => Verdict::Free,
        (true, false) => Verdict::Replan,
        (true, true) => Verdict::Conflict("changed rows that this publish replaces".to_owned()),
    }
}

/// The files that a publish takes out of a table.
pub(crate) fn plan_removes<'a>(
    scope: &Scope,
    files: impl Iterator<Item = &'a Add>,
) -> Vec<&'a Add> {
    files.filter(|add| scope.covers(add)).collect()
}

#[cfg(test)]
mod tests;
