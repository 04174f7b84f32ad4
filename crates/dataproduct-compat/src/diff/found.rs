//! What a comparison has found so far, and what is left of its budget.

use std::collections::HashMap;

use serde::Serialize;

use crate::change::{Effect, Witness};
use crate::language::{self, Inclusion, Match};
use crate::{Change, Kind};

/// The work that all pairs of patterns of one comparison share, in the steps of [`language`]: contracts
/// come from strangers, and may hold hundreds of patterns that are dear to compare.
const PATTERN_WORK: usize = 2_400_000;

/// The longest text that a change quotes, in characters.
const MAX_SHOWN: usize = 160;

#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) changes: Vec<Change>,
    patterns: HashMap<(String, String), Inclusion>,
    pattern_work: usize,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            changes: Vec::new(),
            patterns: HashMap::new(),
            pattern_work: PATTERN_WORK,
        }
    }
}

impl Found {
    pub(crate) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Notes a change of words or labels, if the texts differ.
    pub(crate) fn metadata(
        &mut self,
        kind: Kind,
        path: &str,
        before: Option<String>,
        after: Option<String>,
    ) {
        if before != after {
            self.effect(kind, path, Effect::Metadata, before, after);
        }
    }

    /// Notes a change that has been looked at already.
    pub(crate) fn effect(
        &mut self,
        kind: Kind,
        path: &str,
        effect: Effect,
        before: Option<String>,
        after: Option<String>,
    ) {
        self.witnessed(kind, path, effect, before, after, Witness::default());
    }

    pub(crate) fn witnessed(
        &mut self,
        kind: Kind,
        path: &str,
        effect: Effect,
        before: Option<String>,
        after: Option<String>,
        witness: Witness,
    ) {
        let change = Change::new(kind, path, effect).with_witness(witness);
        self.push_between(change, before, after);
    }

    /// Notes a change of a text into another.
    pub(crate) fn push_between(
        &mut self,
        change: Change,
        before: Option<String>,
        after: Option<String>,
    ) {
        let shown = |text: Option<String>| text.map(|text| shown(&text));
        self.push(change.with_before(shown(before)).with_after(shown(after)));
    }

    /// How two different patterns are related; the same pair is decided once.
    pub(crate) fn patterns(&mut self, old: &str, new: &str) -> Inclusion {
        let pair = (old.to_owned(), new.to_owned());
        if let Some(known) = self.patterns.get(&pair) {
            return known.clone();
        }
        let inclusion = language::compare_within(Match::Whole, old, new, &mut self.pattern_work);
        self.patterns.insert(pair, inclusion.clone());
        inclusion
    }
}

/// A text as far as it is worth showing.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(MAX_SHOWN).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

/// A part of a document as JSON on one line; `None` where it is absent. Text stands without quotes.
pub(crate) fn json<T: Serialize>(part: &Option<T>) -> Option<String> {
    match serde_json::to_value(part.as_ref()?) {
        Ok(serde_json::Value::String(text)) => Some(text),
        Ok(value) => Some(value.to_string()),
        // A part of a document is JSON by nature; should one not be, it still differs from others.
        Err(error) => Some(error.to_string()),
    }
}

/// A list as it is shown: `a, b, c`; `None` for an empty one.
pub(crate) fn list<T: ToString>(items: &[T]) -> Option<String> {
    if items.is_empty() {
        return None;
    }
    // What is cut off when shown need not be put together.
    let texts: Vec<String> = items.iter().take(64).map(ToString::to_string).collect();
    let more = if items.len() > 64 {
        format!(", … ({} in all)", items.len())
    } else {
        String::new()
    };
    Some(format!("{}{more}", texts.join(", ")))
}
