//! Expressions of a contract's rules: read, and bound to its columns.

use super::columns;
use crate::draft::Draft;
use crate::{Check, Column, ExprType, Expression, Problem, Problems, Rule};

/// The most expressions of a contract.
const MAX_EXPRESSIONS: usize = 1_000;
/// The most patterns in all expressions of a contract: each is compiled within a budget of its own.
const MAX_PATTERNS: usize = 32;

/// Reports every expression that is no condition on the columns of the contract.
pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let mut read = Reader {
        columns: &draft.columns,
        expressions: 0,
        patterns: 0,
    };
    columns::each("schema.columns", &draft.columns, &mut |path, column| {
        read.rules(&format!("{path}.rules"), &column.rules, problems);
    });
    read.rules("rules", &draft.rules, problems);
}

struct Reader<'a> {
    columns: &'a [Column],
    expressions: usize,
    patterns: usize,
}

impl Reader<'_> {
    fn rules(&mut self, path: &str, rules: &[Rule], problems: &mut Problems) {
        for (i, rule) in rules.iter().enumerate() {
            if let Check::Expression { expression } = &rule.check
                && !problems.is_full()
            {
                self.expression(&format!("{path}[{i}].expression"), expression, problems);
            }
        }
    }

    fn expression(&mut self, path: &str, text: &str, problems: &mut Problems) {
        self.expressions += 1;
        let expression = match Expression::parse(text) {
            Ok(expression) => expression,
            Err(error) => {
                problems.push(problem(path, error));
                return;
            }
        };
        self.patterns += expression.patterns().len();
        if self.expressions > MAX_EXPRESSIONS || self.patterns > MAX_PATTERNS {
            problems.push(Problem::new(
                path,
                "too-many-expressions",
                format!(
                    "the contract has more than {MAX_EXPRESSIONS} expressions, or more than {MAX_PATTERNS} patterns in them"
                ),
                "state patterns with the columns, and leave out what follows from other rules",
            ));
            return;
        }
        match expression.check(self.columns) {
            Ok(ExprType::Boolean) => {}
            Ok(other) => problems.push(Problem::new(
                path,
                "expression-type",
                format!("the expression is {other}, not a condition"),
                "compare it with something: `reserved <= on_hand`",
            )),
            Err(errors) => {
                for error in errors {
                    problems.push(problem(path, error));
                }
            }
        }
    }
}

fn problem(path: &str, error: crate::ExpressionError) -> Problem {
    let message = format!("character {}: {}", error.at, error.message);
    Problem::new(path, error.code, message, error.fix)
}
