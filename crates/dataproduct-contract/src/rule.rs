//! Quality rules as typed values; another crate runs them.

mod check;
mod failure;
mod message;
mod threshold;
mod weight;

pub use check::{Aggregate, Check};
pub use failure::{OnFailure, Repair};
pub use message::{MAX_PLACEHOLDERS, Message, MessageError, MessagePart, Placeholder};
pub use threshold::{Operator, Threshold, Unit};
pub use weight::{Dimension, Severity};

/// A promise about the values of a column or the rows of a product.
///
/// ```
/// use dataproduct_contract::{Check, OnFailure, Rule};
/// let rule = Rule::of(Check::Expression { expression: "reserved <= on_hand".into() })
///     .with_id("no-more-reserved-than-there-is")
///     .with_on_failure(OnFailure::Quarantine);
/// assert_eq!(rule.what_happens(), &OnFailure::Quarantine);
/// ```
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
    /// What happens on a breach; `None` leaves it to the column, the product and the severity, in this order.
    pub on_failure: Option<OnFailure>,
    /// What is said on a breach, as [`Message`] reads it. `{column}` stands for the value of a column in the first row
    /// that breaks the rule, `{measure}` for what was measured and `{rows}` for the number of rows.
    pub message: Option<String>,
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
            on_failure: None,
            message: None,
        }
    }

    /// A rule of severity error that no row may break.
    #[must_use]
    pub fn of(check: Check) -> Self {
        Self::new(check, Threshold::rows(Operator::Be(0.0)))
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

    /// Says what happens on a breach.
    #[must_use]
    pub fn with_on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = Some(on_failure);
        self
    }

    /// Sets what is said on a breach; see [`message`](Self::message).
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// What happens on a breach, as far as the rule says: what it states, and otherwise what its severity says. An
    /// error rejects, a warning or an information reports, or notifies where there is a message.
    #[must_use]
    pub fn what_happens(&self) -> &OnFailure {
        match (&self.on_failure, self.severity, &self.message) {
            (Some(on_failure), _, _) => on_failure,
            (None, Severity::Error, _) => &OnFailure::Reject,
            (None, _, Some(_)) => &OnFailure::Notify,
            (None, _, None) => &OnFailure::Report,
        }
    }

    /// Whether this SDK knows what to measure. A rule that is not run is kept and named as such.
    #[must_use]
    pub fn is_run(&self) -> bool {
        !matches!(self.check, Check::NotRun { .. })
    }
}
