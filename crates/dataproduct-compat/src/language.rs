//! Inclusion of the texts that two patterns accept, decided on automata, with a text that tells them
//! apart.
//!
//! Patterns are parsed by the parser of the `regex` crate with its default flags, so that a pattern
//! means here what it means when values are checked. Automata run over classes of *characters* that the
//! two patterns treat alike, not over bytes: a class such as `\w` is one transition, every assertion of
//! the syntax (Unicode word boundaries among them) is decided exactly, and a text that tells two patterns
//! apart is always valid Unicode.
//!
//! Automata of patterns can be exponentially larger than the patterns. All work is counted against a
//! fixed budget, so that the answer, [`Inclusion::Undecided`] included, is the same on every machine.

mod alphabet;
mod automaton;
mod nfa;
mod search;

#[cfg(test)]
mod tests;

/// How the texts that a new pattern accepts relate to those that an old one accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inclusion {
    /// Both accept the same texts.
    Equal,
    /// The new pattern accepts some of the old one's texts and no other.
    Narrower {
        /// A text that only the old pattern accepts.
        only_old: String,
    },
    /// The new pattern accepts all of the old one's texts and others.
    Wider {
        /// A text that only the new pattern accepts.
        only_new: String,
    },
    /// Each accepts texts that the other does not.
    Neither {
        /// A text that only the old pattern accepts.
        only_old: String,
        /// A text that only the new pattern accepts.
        only_new: String,
    },
    /// It was not found out: a pattern is no expression, or the automata are too large.
    Undecided {
        /// Why not, as the rest of a sentence that begins "this could not be decided:".
        reason: String,
    },
}

impl Inclusion {
    /// The relation seen from the other side: that of the old pattern to the new one.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Equal | Self::Undecided { .. } => self,
            Self::Narrower { only_old } => Self::Wider { only_new: only_old },
            Self::Wider { only_new } => Self::Narrower { only_old: only_new },
            Self::Neither { only_old, only_new } => Self::Neither {
                only_old: only_new,
                only_new: only_old,
            },
        }
    }
}

/// What it means that a pattern accepts a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Match {
    /// The whole text matches: how the pattern of a column is read.
    #[default]
    Whole,
    /// Some part of the text matches: how `Regex::is_match` reads a pattern without anchors.
    Part,
}

/// How the texts that match `new` as a whole relate to those that match `old` as a whole.
///
/// Never fails and never takes long: what would need more than a fixed budget of work and memory (about
/// 20 ms and 4 MiB in an optimised build) is [`Inclusion::Undecided`]. The texts given are as short as
/// possible and printable where there is a choice.
///
/// ```
/// use dataproduct_compat::language::{Inclusion, compare};
///
/// assert_eq!(compare("[0-9]{4}", "[0-9][0-9]{3}"), Inclusion::Equal);
/// assert_eq!(
///     compare("[0-9]{4}", "[0-9]{4,5}"),
///     Inclusion::Wider { only_new: "00000".into() },
/// );
/// assert_eq!(
///     compare("S-[A-Z]{3}", "[WS]-[A-M]{3}"),
///     Inclusion::Neither { only_old: "S-AAN".into(), only_new: "W-AAA".into() },
/// );
/// ```
#[must_use]
pub fn compare(old: &str, new: &str) -> Inclusion {
    compare_as(Match::Whole, old, new)
}

/// As [`compare`], for texts that match as a whole or in part.
#[must_use]
pub fn compare_as(how: Match, old: &str, new: &str) -> Inclusion {
    let mut work_left = usize::MAX;
    compare_within(how, old, new, &mut work_left)
}

/// As [`compare_as`], for one of many pairs that share an amount of work: what this pair needs is taken
/// from it.
pub(crate) fn compare_within(how: Match, old: &str, new: &str, work_left: &mut usize) -> Inclusion {
    let mut budget = Budget::default();
    let given = budget.work.min(*work_left);
    budget.work = given;
    let inclusion = decide(how, old, new, &mut budget);
    *work_left = work_left.saturating_sub(given - budget.work);
    inclusion.unwrap_or_else(|mut stop| {
        if matches!(stop, Stop::Work) {
            // The step that could not be paid for ends the pair and its share.
            *work_left = work_left.saturating_sub(budget.work);
            if given < Budget::default().work {
                stop = Stop::Shared;
            }
        }
        Inclusion::Undecided {
            reason: stop.to_string(),
        }
    })
}

fn decide(how: Match, old: &str, new: &str, budget: &mut Budget) -> Result<Inclusion, Stop> {
    let mut sets = alphabet::Sets::default();
    let old_nfa = nfa::Nfa::new(old, &mut sets, budget).map_err(|stop| stop.of("old"))?;
    // The same text is the same language, once it is known to be an expression at all.
    if old == new {
        return Ok(Inclusion::Equal);
    }
    let new_nfa = nfa::Nfa::new(new, &mut sets, budget).map_err(|stop| stop.of("new"))?;
    let alphabet = alphabet::Alphabet::new(&sets, budget)?;
    let old = automaton::Automaton::new(&old_nfa, &alphabet, how);
    let new = automaton::Automaton::new(&new_nfa, &alphabet, how);
    search::run(old, new, &alphabet, budget)
}

/// Why a comparison ended without an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Stop {
    #[error("a pattern is no regular expression: {0}")]
    Syntax(String),
    #[error("the {0} pattern is no regular expression: {1}")]
    SyntaxOf(&'static str, String),
    #[error("the patterns name too many classes of characters")]
    Classes,
    #[error(
        "the patterns repeat too much: their automata need more work than is spent on one pair"
    )]
    Work,
    #[error(
        "the other patterns have used up the work that is spent on all patterns of two contracts"
    )]
    Shared,
    #[error(
        "the patterns repeat too much: their automata need more memory than is spent on one pair"
    )]
    Memory,
}

impl Stop {
    fn of(self, which: &'static str) -> Self {
        match self {
            Self::Syntax(reason) => Self::SyntaxOf(which, reason),
            other => other,
        }
    }
}

/// What may still be spent on one pair of patterns.
struct Budget {
    /// Elementary steps: a state entered, a transition followed, a range sorted.
    work: usize,
    /// Bytes held by states.
    bytes: usize,
    /// What the classes of the patterns may cost to be expanded.
    classes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            work: 800_000,
            bytes: 4 << 20,
            classes: 8_000,
        }
    }
}

impl Budget {
    fn work(&mut self, steps: usize) -> Result<(), Stop> {
        self.work = self.work.checked_sub(steps).ok_or(Stop::Work)?;
        Ok(())
    }

    fn bytes(&mut self, bytes: usize) -> Result<(), Stop> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Stop::Memory)?;
        Ok(())
    }
}
