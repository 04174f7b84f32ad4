//! How much a rule weighs, and what it is about.

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
