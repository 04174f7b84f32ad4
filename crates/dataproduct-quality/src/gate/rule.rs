//! A rule of a contract, ready to be run.

use std::collections::BTreeSet;
use std::sync::Arc;

use dataproduct_contract::{Check, Dimension, OnFailure, Operator, Severity, Threshold, Unit};

use crate::checks::ColumnCheck;
use crate::expr::Predicate;
use crate::measure::{Measure, Refers};
use crate::unique::Nulls;

/// A rule with all that the report says of it.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) id: Arc<str>,
    pub(crate) check: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) severity: Severity,
    pub(crate) dimension: Option<Dimension>,
    /// What happens on a breach. A repair comes with what happens to rows that it does not set right.
    pub(crate) on_failure: OnFailure,
    pub(crate) otherwise: OnFailure,
    /// What the measure must be; `None` for a rule that no row may break.
    pub(crate) threshold: Option<Threshold>,
    pub(crate) expected: Option<String>,
    pub(crate) message: Option<String>,
    /// What a rule of the contract says; `None` for what a column or the key states by itself.
    pub(crate) source: Option<Check>,
    pub(crate) run: Run,
}

/// How a rule is run.
#[derive(Debug)]
pub(crate) enum Run {
    /// Each row by its value in one column.
    Column(ColumnCheck),
    /// Each row by an expression.
    Expression(Predicate),
    /// Each row by what it refers to.
    Refers(Refers),
    /// Each row by what its column must be to be of its type: one of the faults that the structure tells apart.
    Structure(Structure),
    /// Rows that repeat others, by the place of the key among those of the gate.
    Unique(usize),
    /// A figure of all rows, by its place among those of the gate.
    Measure(usize),
    /// Not at all, and why.
    Left(String),
}

/// The kinds of structural faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Structure {
    /// A required value is missing.
    Required,
    /// A value is none of those allowed.
    Allowed,
    /// A value is none of its type.
    Type,
    /// A value came in another type and cannot be read as one of the column's.
    Cast,
}

impl Structure {
    /// The kind of a fault, by its code.
    pub(crate) fn of(code: &str) -> Self {
        match code {
            "null-key" | "null-in-required" => Self::Required,
            "not-allowed" => Self::Allowed,
            _ => Self::Type,
        }
    }
}

impl Planned {
    /// What happens to a row that breaks the rule, after any repair.
    pub(crate) fn happens(&self) -> &OnFailure {
        match &self.on_failure {
            OnFailure::Repair(_) => &self.otherwise,
            other => other,
        }
    }

    /// Whether rows that break the rule are kept apart.
    pub(crate) fn keeps_apart(&self) -> bool {
        matches!(self.happens(), OnFailure::Quarantine)
    }

    /// Whether a publish with so many rows that break the rule is refused already, whatever rows are still to come.
    pub(crate) fn refuses(&self, failed: u64) -> bool {
        if failed == 0
            || *self.happens() != OnFailure::Reject
            || matches!(self.run, Run::Unique(_) | Run::Measure(_))
        {
            return false;
        }
        let Some(threshold) = self.threshold else {
            return true;
        };
        let failed = failed as f64;
        match (threshold.unit, threshold.operator) {
            (Unit::Rows, Operator::Be(x) | Operator::LessOrEqual(x)) => failed > x,
            (Unit::Rows, Operator::LessThan(x)) => failed >= x,
            // No share is zero once a row is at fault.
            (Unit::Percent, Operator::Be(x) | Operator::LessOrEqual(x)) => x <= 0.0,
            (Unit::Percent, Operator::LessThan(x)) => x <= 0.0,
            _ => false,
        }
    }

    /// Whether the measure is as the rule demands, for so many rows at fault of all.
    pub(crate) fn holds(&self, failed: u64, rows: u64) -> bool {
        let Some(threshold) = self.threshold else {
            return failed == 0;
        };
        threshold.operator.holds(self.share(failed, rows))
    }

    /// A number of rows in the unit of the threshold.
    pub(crate) fn share(&self, failed: u64, rows: u64) -> f64 {
        match self.threshold.map(|threshold| threshold.unit) {
            Some(Unit::Percent) if rows == 0 => 0.0,
            Some(Unit::Percent) => failed as f64 / rows as f64 * 100.0,
            _ => failed as f64,
        }
    }
}

/// The rules of a contract, with the figures that some of them are of.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) planned: Vec<Planned>,
    pub(crate) measures: Vec<Measure>,
    /// The columns of each key that no two rows may share, and what a missing part is.
    pub(crate) keys: Vec<(Vec<String>, Nulls)>,
    /// The places of those that no two rows of the table share.
    pub(crate) of_table: BTreeSet<usize>,
    /// The columns of the primary key and the place of what tells its rows apart, where rows change others by it.
    pub(crate) by_key: Option<(Vec<String>, usize)>,
}
