//! What a measure must be.

use std::fmt;

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

    /// A comparison of the measure itself: of a sum, a mean, an age in seconds.
    #[must_use]
    pub const fn value(operator: Operator) -> Self {
        Self {
            operator,
            unit: Unit::Value,
        }
    }
}

/// What a measure is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// A number of rows.
    #[default]
    Rows,
    /// A share of all rows, in percent from 0 to 100; of a change, percent of what was before, of either sign.
    Percent,
    /// What the check measures, as it is: a sum, a mean, an age in seconds.
    Value,
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

impl fmt::Display for Operator {
    /// The comparison as ODCS names it: `mustBeLessThan 5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Be(x) => write!(f, "mustBe {x}"),
            Self::NotBe(x) => write!(f, "mustNotBe {x}"),
            Self::GreaterThan(x) => write!(f, "mustBeGreaterThan {x}"),
            Self::GreaterOrEqual(x) => write!(f, "mustBeGreaterOrEqualTo {x}"),
            Self::LessThan(x) => write!(f, "mustBeLessThan {x}"),
            Self::LessOrEqual(x) => write!(f, "mustBeLessOrEqualTo {x}"),
            Self::Between(low, high) => write!(f, "mustBeBetween {low} and {high}"),
            Self::NotBetween(low, high) => write!(f, "mustNotBeBetween {low} and {high}"),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operator)?;
        match self.unit {
            Unit::Percent => f.write_str(" %"),
            Unit::Rows | Unit::Value => Ok(()),
        }
    }
}
