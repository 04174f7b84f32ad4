//! What is known of a contract's rules once each was kept and broken.

use std::fmt;

/// What became of each rule of a contract: every rule is in exactly one of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proof {
    /// How many rows keep every rule.
    pub rows: usize,
    /// Rules that rows break which break no other.
    pub alone: Vec<String>,
    /// Rules that are only ever broken together with others, and the fewest of those.
    pub together: Vec<(String, Vec<String>)>,
    /// Rules that the types of the columns keep already: a batch that breaks one is refused as a whole.
    pub by_type: Vec<String>,
    /// Rules that the gate does not evaluate, and why.
    pub not_evaluated: Vec<(String, String)>,
    /// Rules that were left out, as was asked.
    pub left_out: Vec<String>,
}

impl fmt::Display for Proof {
    /// A line for each list that is not empty.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows keep every rule", self.rows)?;
        let pairs = |pairs: &[(String, Vec<String>)]| {
            let texts = pairs
                .iter()
                .map(|(rule, others)| format!("{rule} (with {})", others.join(", ")));
            texts.collect::<Vec<_>>()
        };
        let left = self
            .not_evaluated
            .iter()
            .map(|(rule, why)| format!("{rule} ({why})"));
        for (what, rules) in [
            ("broken alone", self.alone.clone()),
            ("broken together with others", pairs(&self.together)),
            ("kept by type", self.by_type.clone()),
            ("not evaluated", left.collect()),
            ("left out", self.left_out.clone()),
        ] {
            if !rules.is_empty() {
                write!(f, "\n{what}: {}", rules.join(", "))?;
            }
        }
        Ok(())
    }
}
