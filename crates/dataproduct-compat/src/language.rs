//! Which text two patterns permit.

/// How the texts that two patterns match are related.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inclusion {
    /// Both match the same texts.
    Equal,
    /// The new pattern matches less.
    Narrower {
        /// A text that only the old pattern matches.
        only_old: String,
    },
    /// The new pattern matches more.
    Wider {
        /// A text that only the new pattern matches.
        only_new: String,
    },
    /// Each matches something that the other does not.
    Neither {
        /// A text that only the old pattern matches.
        only_old: String,
        /// A text that only the new pattern matches.
        only_new: String,
    },
    /// It could not be decided within the budget.
    Undecided {
        /// Why not.
        reason: String,
    },
}

/// How the texts are related that two patterns, in the syntax of the `regex` crate, match as a whole.
#[must_use]
pub fn compare(old_pattern: &str, new_pattern: &str) -> Inclusion {
    if old_pattern == new_pattern {
        Inclusion::Equal
    } else {
        Inclusion::Undecided {
            reason: "the patterns are written differently".to_owned(),
        }
    }
}
