//! Why rows could not be made.

/// Why rows could not be made, or were not judged as they must be. Each names the rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TestingError {
    /// The contract has no such rule.
    #[error("the contract has no rule `{rule}`; it has: {}", known.join(", "))]
    UnknownRule {
        /// What was asked for.
        rule: String,
        /// The rules that there are.
        known: Vec<String>,
    },
    /// No rows were found that keep the rule together with all others.
    #[error(
        "no rows were found that keep `{rule}`: {why}. Say which values there are (`with_values`), ask for another \
         number of rows, or look whether rules contradict each other"
    )]
    NotMet {
        /// The rule.
        rule: String,
        /// What was tried.
        why: String,
    },
    /// No row was found that breaks the rule at all.
    #[error(
        "no row was found that breaks `{rule}`: {why}. A rule that nothing can break can go; otherwise leave it out \
         of the proof (`without`) and test it by rows of your own"
    )]
    Unbreakable {
        /// The rule.
        rule: String,
        /// What was tried.
        why: String,
    },
    /// Rows that break the rule were found, but each of them breaks other rules too: they say the same or more.
    #[error("every row found that breaks `{rule}` also breaks {}", others.join(", "))]
    Implied {
        /// The rule.
        rule: String,
        /// The fewest other rules that were broken with it.
        others: Vec<String>,
    },
    /// The gate does not evaluate the rule.
    #[error("`{rule}` is not evaluated: {why}")]
    NotEvaluated {
        /// The rule.
        rule: String,
        /// Why not.
        why: String,
    },
    /// The gate says otherwise of rows than it must.
    #[error("`{rule}`: {expected} was expected of the gate, and it says {found}")]
    Misjudged {
        /// The rule.
        rule: String,
        /// What the gate must say.
        expected: String,
        /// What it says.
        found: String,
    },
    /// Rows could not be put into record batches, or be read back.
    #[error("the rows could not be made: {why}")]
    Rows {
        /// What Arrow or the gate says.
        why: String,
    },
}
