//! Reads what the shops write: one function per kind of text, strict enough that a text nobody has
//! seen before is refused and not guessed at.

mod colour;
mod flag;
mod length;
mod price;
mod python;
mod seats;

#[cfg(test)]
mod tests;

pub use colour::colours;
pub use flag::flag;
pub use length::{Span, length};
pub use price::price;
pub use python::{Literal, literal};
pub use seats::seats;

use std::fmt;

/// A text that does not have the form expected of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// The text, cut to 60 characters.
    pub text: String,
    /// What was expected.
    pub expected: &'static str,
}

impl Unreadable {
    pub(crate) fn new(text: &str, expected: &'static str) -> Self {
        Self {
            text: text.chars().take(60).collect(),
            expected,
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", self.text, self.expected)
    }
}

impl std::error::Error for Unreadable {}
