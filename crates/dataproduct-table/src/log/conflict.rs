//! Whether a publish may be placed behind one that won: a pure function over what both change.
//!
//! * An append rests on nothing but the schema: it goes behind any winner.
//! * A replace takes out what is in its scope when it is committed. A winner that added or removed files in the
//!   scope makes it plan again, so that the winner's files in the scope go as well (the last writer wins over
//!   what it replaces), or fail if the caller asked for that.
//!
//! That the table still has the columns that rows were written for, or is brought to them, is checked apart
//! (`TableState::check_schema`).

use super::action::{Actions, Add};
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
    /// What it takes out.
    pub(crate) scope: &'a Scope,
    /// Whether a change within the scope is a conflict rather than a reason to plan again.
    pub(crate) fail_on_change: bool,
}

/// Judges one winner.
pub(crate) fn check(intent: &Intent<'_>, winner: &Actions) -> Verdict {
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
