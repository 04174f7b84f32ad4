//! Quality rules as typed values; another crate runs them.

use crate::Value;

/// A promise about the values of a column or the rows of a product.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// A stable identifier within the contract.
    pub id: Option<String>,
    /// What the rule is called.
    pub name: Option<String>,
    /// What it promises, in prose.
    pub description: Option<String>,
    /// What is measured.
    pub check: Check,
    /// What the measure must be; `None` where the check carries its own criterion.
    pub threshold: Option<Threshold>,
    /// How bad a breach is; [`Severity::Error`] by default.
    pub severity: Severity,
    /// The dimension of quality it belongs to.
    pub dimension: Option<Dimension>,
}

impl Rule {
    /// A rule of severity error that measures `check` against `threshold`.
    #[must_use]
    pub fn new(check: Check, threshold: Threshold) -> Self {
        Self {
            id: None,
            name: None,
            description: None,
            check,
            threshold: Some(threshold),
            severity: Severity::Error,
            dimension: None,
        }
    }

    /// Sets the stable identifier.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Says what the rule promises.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets how bad a breach is.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets the dimension of quality.
    #[must_use]
    pub fn with_dimension(mut self, dimension: Dimension) -> Self {
        self.dimension = Some(dimension);
        self
    }

    /// Whether this SDK knows what to measure. A rule that is not run is kept and named as such.
    #[must_use]
    pub fn is_run(&self) -> bool {
        !matches!(self.check, Check::NotRun { .. })
    }
}

/// What a rule measures. The names are the metrics of the ODCS library.
///
/// # Source
/// ODCS 3.2.0, data quality, library metrics.
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
    /// How many values are outside what is allowed (`invalidValues`).
    InvalidValues {
        /// The values allowed; empty means any.
        valid: Vec<Value>,
        /// A regular expression that valid text matches.
        pattern: Option<String>,
    },
    /// How many rows repeat the values of another row in these columns (`duplicateValues`).
    DuplicateValues {
        /// The columns taken together; empty means the rule's own column.
        columns: Vec<String>,
    },
    /// How many rows there are (`rowCount`).
    RowCount,
    /// A rule that this SDK does not run: kept in the document, reported as not run.
    NotRun {
        /// What kind it is: `sql`, `custom`, `text`, or an unknown metric.
        kind: String,
    },
}

impl Check {
    /// The ODCS metric, or the kind of a rule that is not run.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::NullValues => "nullValues",
            Self::MissingValues { .. } => "missingValues",
            Self::InvalidValues { .. } => "invalidValues",
            Self::DuplicateValues { .. } => "duplicateValues",
            Self::RowCount => "rowCount",
            Self::NotRun { kind } => kind,
        }
    }
}

/// What a measure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// How the measure is compared.
    pub operator: Operator,
    /// What the measure is counted in.
    pub unit: Unit,
}

impl Threshold {
    /// A comparison of a number of rows.
    #[must_use]
    pub const fn rows(operator: Operator) -> Self {
        Self {
            operator,
            unit: Unit::Rows,
        }
    }

    /// A comparison of a share of the rows, in percent from 0 to 100.
    #[must_use]
    pub const fn percent(operator: Operator) -> Self {
        Self {
            operator,
            unit: Unit::Percent,
        }
    }
}

/// What a measure is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// A number of rows.
    #[default]
    Rows,
    /// A share of all rows, in percent from 0 to 100.
    Percent,
}

/// The eight comparisons of ODCS.
///
/// `Between` and `NotBetween` leave the bounds out, as the text of the standard says
/// ("greater than and less than"); docs/odcs.md names tools that read them otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operator {
    /// Equal (`mustBe`).
    Be(f64),
    /// Not equal (`mustNotBe`).
    NotBe(f64),
    /// `>` (`mustBeGreaterThan`).
    GreaterThan(f64),
    /// `>=` (`mustBeGreaterOrEqualTo`).
    GreaterOrEqual(f64),
    /// `<` (`mustBeLessThan`).
    LessThan(f64),
    /// `<=` (`mustBeLessOrEqualTo`).
    LessOrEqual(f64),
    /// Above the first and below the second (`mustBeBetween`).
    Between(f64, f64),
    /// Not above the first or not below the second (`mustNotBeBetween`).
    NotBetween(f64, f64),
}

impl Operator {
    /// Whether a measure satisfies the comparison; a measure that is not a number never does.
    #[must_use]
    pub fn holds(self, measure: f64) -> bool {
        if measure.is_nan() {
            return false;
        }
        match self {
            Self::Be(x) => measure == x,
            Self::NotBe(x) => measure != x,
            Self::GreaterThan(x) => measure > x,
            Self::GreaterOrEqual(x) => measure >= x,
            Self::LessThan(x) => measure < x,
            Self::LessOrEqual(x) => measure <= x,
            Self::Between(low, high) => measure > low && measure < high,
            Self::NotBetween(low, high) => measure <= low || measure >= high,
        }
    }
}

/// How bad a breach of a rule is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth looking at.
    Warning,
    /// The promise is broken.
    #[default]
    Error,
}

impl Severity {
    /// The severity as a contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The dimensions of data quality that ODCS names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Values agree with the world.
    Accuracy,
    /// Nothing is missing.
    Completeness,
    /// Values have the form agreed on.
    Conformity,
    /// Values agree with each other.
    Consistency,
    /// Everything that should be in is in.
    Coverage,
    /// Values are there in time.
    Timeliness,
    /// Nothing is there twice.
    Uniqueness,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 7] = [
        Self::Accuracy,
        Self::Completeness,
        Self::Conformity,
        Self::Consistency,
        Self::Coverage,
        Self::Timeliness,
        Self::Uniqueness,
    ];

    /// The dimension as a contract writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Completeness => "completeness",
            Self::Conformity => "conformity",
            Self::Consistency => "consistency",
            Self::Coverage => "coverage",
            Self::Timeliness => "timeliness",
            Self::Uniqueness => "uniqueness",
        }
    }
}
