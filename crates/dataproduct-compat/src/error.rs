//! What can go wrong.

/// Why a policy is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no TOML, or has a key or a value that does not belong there.
    #[error("the policy cannot be read: {reason}")]
    Syntax {
        /// What the parser says, with line and column.
        reason: String,
    },
    /// A rule is named that does not exist.
    #[error("{place}: there is no rule `{id}`{hint}")]
    UnknownRule {
        /// Where in the policy it is named.
        place: String,
        /// The name.
        id: String,
        /// The rule that was probably meant.
        hint: String,
    },
    /// Something that a reader of the policy needs is empty or wrong.
    #[error("{place}: {problem}; {fix}")]
    Invalid {
        /// Where in the policy.
        place: String,
        /// What is wrong.
        problem: String,
        /// What to write.
        fix: String,
    },
}

/// A result with this crate's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;
