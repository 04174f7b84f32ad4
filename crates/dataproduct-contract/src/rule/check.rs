//! What a rule measures.

use crate::{ColumnRef, Value};

/// What a rule measures. The first five are the metrics of the ODCS library, under their names; the others are written
/// as rules of type `custom` for the engine `dataproduct`.
///
/// Checks that count rows look at each row by itself, so that the rows that break them can be kept apart
/// ([`is_by_row`](Self::is_by_row)); the others measure all rows of a publish together.
///
/// # Source
/// ODCS 3.2.0, data quality, library metrics and custom rules.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Check {
    /// How many values are null (`nullValues`).
    NullValues,
    /// How many values are null or one of these stand-ins for "missing" (`missingValues`).
    MissingValues {
        /// Values that mean "missing"; null always does.
        missing: Vec<Value>,
    },
    /// How many values are outside what is allowed (`invalidValues`). Null is never invalid.
    InvalidValues {
        /// The values allowed; empty means any.
        valid: Vec<Value>,
        /// A regular expression that valid text matches.
        pattern: Option<String>,
    },
    /// How many rows repeat the values of another row in these columns (`duplicateValues`): of three equal rows two
    /// do. Missing values are equal to each other, as SQL groups them; a row in which all are missing repeats none.
    /// (For keys and unique columns no missing value is equal to another.)
    DuplicateValues {
        /// The columns taken together; empty means the rule's own column.
        columns: Vec<String>,
    },
    /// How many rows there are (`rowCount`).
    RowCount,
    /// How many rows an expression is false for (`expression`); where it is null, the row keeps the rule.
    Expression {
        /// The expression: `reserved <= on_hand`. docs/expressions.md is its grammar.
        expression: String,
    },
    /// How many rows refer to what is not there (`unknownReferences`): rows whose values in `columns` are those of no
    /// row of another product. A row in which one of the values is missing refers to nothing.
    UnknownReferences {
        /// The columns taken together; empty means the rule's own column.
        columns: Vec<String>,
        /// What they refer to, column by column: all of one product.
        references: Vec<ColumnRef>,
    },
    /// A figure of all values of a column; missing values are left out.
    Aggregate {
        /// Which figure.
        function: Aggregate,
        /// The column; `None` means the rule's own.
        column: Option<String>,
    },
    /// How old the newest value of a date or timestamp column is, in seconds, when the rows are checked (`age`).
    Age {
        /// The column; `None` means the rule's own.
        column: Option<String>,
    },
    /// How many rows have a value below that of the row before, among the rows of one key (`outOfOrder`).
    OutOfOrder {
        /// The column whose values must not fall; `None` means the rule's own.
        column: Option<String>,
        /// The columns that make the key; empty means that all rows are of one.
        by: Vec<String>,
        /// The column by which rows follow each other.
        order: String,
        /// Whether equal values are out of order, too.
        strictly: bool,
    },
    /// How many rows begin otherwise than the row before ended, among the rows of one key (`discontinuity`): this
    /// month's opening stock is last month's closing stock.
    Discontinuity {
        /// The column with the value at the beginning.
        opening: String,
        /// The column with the value at the end.
        closing: String,
        /// The columns that make the key; empty means that all rows are of one.
        by: Vec<String>,
        /// The column by which rows follow each other.
        order: String,
    },
    /// How many rows the smallest group of equal values in these columns has (`smallestGroup`): the k of k-anonymity
    /// where the columns are the quasi-identifiers. Missing values are equal to each other here.
    SmallestGroup {
        /// The columns taken together; empty means the rule's own column.
        columns: Vec<String>,
    },
    /// By how much the number of rows differs from its mean over the publishes before, in percent (`volumeChange`).
    VolumeChange {
        /// Over how many publishes, from 1 to 100.
        publishes: u32,
    },
    /// How far the values of a column have moved since the publishes before (`drift`), as the population stability
    /// index: below 0.1 is alike, above 0.25 is another distribution.
    Drift {
        /// The column; `None` means the rule's own.
        column: Option<String>,
        /// Over how many publishes, from 1 to 100.
        publishes: u32,
    },
    /// A rule that this SDK does not run: kept in the document, reported as not evaluated.
    NotRun {
        /// What kind it is: `sql`, `custom`, `text`, or an unknown metric.
        kind: String,
    },
}

/// A figure of all values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Aggregate {
    /// The sum of numbers (`sum`).
    Sum,
    /// The arithmetic mean of numbers (`mean`).
    Mean,
    /// The smallest number (`minimum`).
    Minimum,
    /// The largest number (`maximum`).
    Maximum,
    /// How many different values there are (`distinctCount`).
    DistinctCount,
}

impl Aggregate {
    /// Every figure.
    pub const ALL: [Self; 5] = [
        Self::Sum,
        Self::Mean,
        Self::Minimum,
        Self::Maximum,
        Self::DistinctCount,
    ];

    /// The figure as a contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::DistinctCount => "distinctCount",
        }
    }
}

impl Check {
    /// What the check is called in a contract, or the kind of a rule that is not run.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::NullValues => "nullValues",
            Self::MissingValues { .. } => "missingValues",
            Self::InvalidValues { .. } => "invalidValues",
            Self::DuplicateValues { .. } => "duplicateValues",
            Self::RowCount => "rowCount",
            Self::Expression { .. } => "expression",
            Self::UnknownReferences { .. } => "unknownReferences",
            Self::Aggregate { function, .. } => function.as_str(),
            Self::Age { .. } => "age",
            Self::OutOfOrder { .. } => "outOfOrder",
            Self::Discontinuity { .. } => "discontinuity",
            Self::SmallestGroup { .. } => "smallestGroup",
            Self::VolumeChange { .. } => "volumeChange",
            Self::Drift { .. } => "drift",
            Self::NotRun { kind } => kind,
        }
    }

    /// Whether the check counts rows each of which breaks it, so that they can be kept apart or repaired.
    #[must_use]
    pub fn is_by_row(&self) -> bool {
        matches!(
            self,
            Self::NullValues
                | Self::MissingValues { .. }
                | Self::InvalidValues { .. }
                | Self::DuplicateValues { .. }
                | Self::Expression { .. }
                | Self::UnknownReferences { .. }
        )
    }

    /// Whether the check counts rows, so that what it must be is `0` where nothing is said.
    pub(crate) fn counts_faults(&self) -> bool {
        self.is_by_row() || matches!(self, Self::OutOfOrder { .. } | Self::Discontinuity { .. })
    }

    /// Whether a figure of this check is counted in rows or percent of them.
    pub(crate) fn is_count(&self) -> bool {
        self.counts_faults() || matches!(self, Self::RowCount | Self::SmallestGroup { .. })
    }
}
