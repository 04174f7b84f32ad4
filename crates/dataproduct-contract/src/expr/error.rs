//! What is wrong with an expression, and what to write instead.

/// One thing wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {at}: {message} [{code}]; {fix}")]
#[non_exhaustive]
pub struct ExpressionError {
    /// Where in the text: a character, counted from 1.
    pub at: usize,
    /// A permanent identifier of this kind of problem: `expression-syntax`, `expression-too-large`,
    /// `expression-type`, `unknown-column`, `unknown-value`, `out-of-range`, `bad-pattern` or `pattern-budget`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub fix: String,
}

impl ExpressionError {
    pub(super) fn new(
        at: usize,
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            at,
            code,
            message: message.into(),
            fix: fix.into(),
        }
    }

    /// The text is not in the grammar.
    pub(super) fn syntax(at: usize, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(at, "expression-syntax", message, fix)
    }

    /// The text is longer, larger or deeper than is read.
    pub(super) fn too_large(at: usize, message: String) -> Self {
        let fix = "split the rule into several";
        Self::new(at, "expression-too-large", message, fix)
    }

    /// A value is of a type that does not fit where it stands.
    pub(super) fn of_type(at: usize, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(at, "expression-type", message, fix)
    }
}
