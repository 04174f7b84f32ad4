//! What is wrong with a declaration: every problem at once, each with its place and its cure.

use std::fmt;

/// One thing wrong with a contract or a document, said so that its author can mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a path in the words of the contract model (`schema.columns[3].key`) or, for a fault in
    /// the shape of a document, in the words of the document (`schema[0].properties[3].logicalType`).
    pub path: String,
    /// A permanent identifier of this kind of problem, such as `nullable-key`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub fix: String,
    /// The line of the document, counted from 1, where it is known.
    pub line: Option<usize>,
    /// The column of that line, counted in characters from 1, where it is known.
    pub column: Option<usize>,
}

impl Problem {
    /// A problem without a position in a document.
    pub fn new(
        path: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            code,
            message: message.into(),
            fix: fix.into(),
            line: None,
            column: None,
        }
    }

    /// The same problem at a position of a document; both are counted from 1.
    #[must_use]
    pub fn at(mut self, line: usize, column: usize) -> Self {
        self.line = Some(line);
        self.column = Some(column);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "{line}:{column}: ")?;
        }
        let path = if self.path.is_empty() {
            "contract"
        } else {
            &self.path
        };
        write!(f, "{path}: {} [{}]; {}", self.message, self.code, self.fix)
    }
}

/// All problems found in one declaration; never empty when it is returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// No problem yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes one more problem, unless [`MAX_PROBLEMS`](crate::yaml::MAX_PROBLEMS) are noted already:
    /// what is wrong beyond shows when these are mended.
    pub fn push(&mut self, problem: Problem) {
        if !self.is_full() {
            self.0.push(problem);
        }
    }

    /// Whether no further problem will be noted, so that there is no use in looking for one.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= crate::yaml::MAX_PROBLEMS
    }

    /// Notes all problems of another collection, in its order.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Problem>) {
        for problem in others {
            self.push(problem);
        }
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many problems were found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The problems in the order of the declaration.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// `Ok(value)` when nothing was found, otherwise all problems.
    ///
    /// # Errors
    /// `self`, when it is not empty.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        let mut all = Self::new();
        all.extend(problems);
        all
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
