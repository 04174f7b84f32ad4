//! Patterns of a contract, compiled within one budget: they come from documents of strangers.

use std::collections::HashSet;

use regex::RegexBuilder;

use super::{columns, shown};
use crate::draft::Draft;
use crate::pattern::{MAX_NESTING, expansion_cost};
use crate::{Check, Problem, Problems, Rule};

/// The largest compiled size of one pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 1 << 20;
/// The largest compiled size of all patterns of a contract together, in bytes.
const MAX_PATTERNS_BYTES: usize = 8 << 20;
/// What the smallest pattern counts for.
const LEAST_PATTERN_BYTES: usize = 8 << 10;
/// What the classes of all patterns of a contract together may cost to be expanded, in about microseconds.
const MAX_EXPANSION: usize = 20_000;

/// Reports every pattern that does not compile, until the budget is used up.
pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let mut budget = PatternBudget {
        left: MAX_PATTERNS_BYTES,
        expansion: MAX_EXPANSION,
        compiled: HashSet::new(),
    };
    columns::each("schema.columns", &draft.columns, &mut |path, column| {
        if let Some(text) = &column.limits.pattern {
            budget.check(&format!("{path}.pattern"), text, problems);
        }
        budget.rules(&format!("{path}.rules"), &column.rules, problems);
    });
    budget.rules("rules", &draft.rules, problems);
}

/// What is left to be spent on patterns.
pub(crate) struct PatternBudget<'a> {
    left: usize,
    expansion: usize,
    compiled: HashSet<&'a str>,
}

impl<'a> PatternBudget<'a> {
    /// What the patterns of one expression may cost together.
    pub(crate) fn of_expression() -> Self {
        Self {
            left: 2 * MAX_PATTERN_BYTES,
            expansion: MAX_EXPANSION,
            compiled: HashSet::new(),
        }
    }

    fn rules(&mut self, path: &str, rules: &'a [Rule], problems: &mut Problems) {
        for (i, rule) in rules.iter().enumerate() {
            if let Check::InvalidValues {
                pattern: Some(text),
                ..
            } = &rule.check
            {
                self.check(&format!("{path}[{i}].pattern"), text, problems);
            }
        }
    }

    fn check(&mut self, path: &str, text: &'a str, problems: &mut Problems) {
        if problems.is_full() || !self.compiled.insert(text) {
            return;
        }
        if let Some((code, reason)) = self.fault(text) {
            problems.push(Problem::new(
                path,
                code,
                format!("`{}` is not accepted as a pattern: {reason}", shown(text)),
                "write a small one in the syntax of Rust's `regex`: no look-around, no back-references",
            ));
        }
    }

    /// What keeps a pattern from being accepted, as a code and a reason.
    pub(crate) fn fault(&mut self, text: &str) -> Option<(&'static str, String)> {
        // Known before the pattern is compiled, which is bounded in size only after its classes are tables.
        match expansion_cost(text) {
            Ok(cost) if cost <= self.expansion => self.expansion -= cost,
            Ok(_) => {
                let reason = "the patterns of the contract have too many classes of characters";
                return Some(("pattern-budget", reason.to_owned()));
            }
            Err(reason) => return Some(("bad-pattern", reason)),
        }
        let mut size = LEAST_PATTERN_BYTES;
        loop {
            if size > self.left {
                break Some((
                    "pattern-budget",
                    "the patterns of the contract are too large when compiled".to_owned(),
                ));
            }
            // Each try costs at most its size, so that all of them together stay within the budget.
            self.left -= size;
            let compiled = RegexBuilder::new(text)
                .size_limit(size)
                .nest_limit(MAX_NESTING)
                .build();
            match compiled {
                Ok(_) => break None,
                Err(regex::Error::CompiledTooBig(_)) if size < MAX_PATTERN_BYTES => size *= 2,
                Err(regex::Error::CompiledTooBig(_)) => {
                    break Some(("bad-pattern", "it is too large when compiled".to_owned()));
                }
                // The first lines of the message repeat the pattern; the last says what is wrong.
                Err(other) => {
                    let text = other.to_string();
                    let reason = text.lines().last().unwrap_or_default().trim();
                    break Some(("bad-pattern", reason.to_owned()));
                }
            }
        }
    }
}
