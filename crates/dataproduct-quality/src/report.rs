//! What the checks of a publish have found.

use std::fmt;

use crate::outcome::RuleResult;

/// One thing found in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A permanent identifier of this kind of finding, such as `null-key`.
    pub code: &'static str,
    /// The column, nested ones joined by `.`; empty for a finding about the whole batch.
    pub column: String,
    /// What was found, with the number of rows or values.
    pub message: String,
    /// How many rows are concerned; zero for a finding about the schema.
    pub rows: u64,
    /// The first of them, counted from 0 over everything checked so far.
    pub first_row: Option<u64>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.column.is_empty() {
            write!(f, "{}: ", self.column)?;
        }
        write!(f, "{}", self.message)?;
        if let Some(row) = self.first_row {
            write!(f, ", first in row {row}")?;
        }
        write!(f, " [{}]", self.code)
    }
}

/// All findings of one check, in the order of the columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// The findings.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

impl FromIterator<Finding> for Report {
    fn from_iter<I: IntoIterator<Item = Finding>>(findings: I) -> Self {
        Self {
            findings: findings.into_iter().collect(),
        }
    }
}

impl Finding {
    /// The finding of a rule that was broken.
    #[must_use]
    pub fn of(result: &RuleResult) -> Self {
        let mut message = match (result.failed_rows, result.measure) {
            (0, Some(measure)) => format!("`{}` measures {measure}", result.rule),
            (1, _) => format!("1 row breaks `{}`", result.rule),
            (rows, _) => format!("{rows} rows break `{}`", result.rule),
        };
        if let Some(expected) = &result.expected {
            message.push_str(&format!(" ({expected})"));
        }
        Self {
            code: "rule-broken",
            column: result.columns.join(", "),
            message,
            rows: result.failed_rows,
            first_row: result.first_row,
        }
    }
}

impl fmt::Display for Report {
    /// One finding a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, finding) in self.findings.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}
