//! A small typed language for conditions between the columns of a row.
//!
//! docs/expressions.md holds the grammar, the types, and what null means. [`Expression`] is a text that was read;
//! [`Expression::bind`] gives it types, in a form that another crate evaluates or translates.

mod ast;
mod bind;
mod display;
mod error;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;
mod time;
mod typed;

use std::fmt;
use std::str::FromStr;

pub use ast::{Arithmetic, Comparison, Function, Literal};
pub use error::ExpressionError;
pub use time::{DAYS, MICROS};
pub use typed::{ExprType, Operation, Typed};

use crate::Column;
use ast::{Kind, Node};

/// The longest expression that is read, in bytes.
pub const MAX_EXPRESSION_BYTES: usize = 4 << 10;

/// The most parts of an expression: values, operators and calls together.
pub const MAX_EXPRESSION_NODES: usize = 1_000;

/// The deepest nesting of an expression, in brackets and in operators.
pub const MAX_EXPRESSION_DEPTH: usize = 64;

/// A condition between the columns of a row, such as `reserved <= on_hand`, or a value computed from them.
///
/// Two expressions are equal when they say the same, whatever the spelling. A rule made of one holds for a row unless
/// the expression is false or cannot be computed: a condition that is null because a value is missing breaks nothing,
/// as in a SQL `CHECK`. A result out of range (an integer beyond 64 bits, a day after the year 9999) cannot be
/// computed; it never wraps around.
///
/// ```
/// use dataproduct_contract::{Column, DataType, ExprType, Expression};
///
/// let columns = [
///     Column::new("on_hand", DataType::Int64),
///     Column::new("reserved", DataType::Int64),
/// ];
/// let rule = Expression::parse("reserved BETWEEN 0 AND on_hand")?;
/// assert_eq!(rule.check(&columns), Ok(ExprType::Boolean));
/// assert_eq!(rule.columns(), ["reserved", "on_hand"]);
/// assert_eq!(rule.to_string(), "reserved between 0 and on_hand");
///
/// let problems = Expression::parse("reserved <= 'many'")?.check(&columns).unwrap_err();
/// assert_eq!(
///     problems[0].to_string(),
///     "character 13: an integer cannot be compared with text [expression-type]; write a number without quotes",
/// );
/// # Ok::<(), dataproduct_contract::ExpressionError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Expression {
    root: Node,
}

impl Expression {
    /// Reads a text, at most [`MAX_EXPRESSION_BYTES`] long, of at most [`MAX_EXPRESSION_NODES`] parts nested at most
    /// [`MAX_EXPRESSION_DEPTH`] deep.
    ///
    /// # Errors
    /// The first thing that is not in the grammar, with its place and what to write instead.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        parser::parse(text).map(|root| Self { root })
    }

    /// The type of the expression on those columns. A rule needs [`ExprType::Boolean`].
    ///
    /// # Errors
    /// Everything that does not fit the columns, at most twenty problems, in the order of the text: unknown columns,
    /// values of types that do not go together, literals that a column never holds, patterns that are not accepted.
    pub fn check(&self, columns: &[Column]) -> Result<ExprType, Vec<ExpressionError>> {
        self.bind(columns).map(|typed| typed.data_type)
    }

    /// The expression with the type of every part and every conversion between types spelled out.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn bind(&self, columns: &[Column]) -> Result<Typed, Vec<ExpressionError>> {
        bind::bind(&self.root, columns)
    }

    /// The columns that are read, each once, in the order of the text. A field of a struct is its path, joined by `.`.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        let mut out = Vec::new();
        each(&self.root, &mut |node| {
            if let Kind::Column(path) = &node.kind {
                let path = path.join(".");
                if !out.contains(&path) {
                    out.push(path);
                }
            }
        });
        out
    }

    /// The regular expressions that are used, in the order of the text.
    #[must_use]
    pub fn patterns(&self) -> Vec<&str> {
        let mut out = Vec::new();
        each(&self.root, &mut |node| {
            if let Kind::Call(Function::Matches, arguments) = &node.kind
                && let Some(Kind::Literal(Literal::Text(text))) = arguments.get(1).map(|a| &a.kind)
            {
                out.push(text.as_str());
            }
        });
        out
    }
}

/// Visits a part and all parts within it, in the order of the text.
fn each<'a>(node: &'a Node, visit: &mut impl FnMut(&'a Node)) {
    visit(node);
    for part in node.parts() {
        each(part, visit);
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;
    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        Self::parse(text)
    }
}

impl fmt::Display for Expression {
    /// The canonical text: keywords in lower case, one space between parts, no brackets that say nothing. Read again it
    /// gives an equal expression, if it is not longer than what is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression")
            .field(&self.to_string())
            .finish()
    }
}
