//! What happens where a rule is broken.

use crate::Value;

/// What happens where a rule is broken.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OnFailure {
    /// Nothing is published (`reject`).
    Reject,
    /// The rows that break the rule are kept apart with the reason, and the others are published (`quarantine`).
    Quarantine,
    /// The values are set right where that is possible (`repair`); a row that still breaks the rule is refused or kept
    /// apart as if the rule did not say what happens.
    Repair(Repair),
    /// The report says so (`report`).
    Report,
    /// The report says so, with the rule's message (`notify`): low stock, a late delivery.
    Notify,
}

impl OnFailure {
    /// What happens, as a contract writes it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Quarantine => "quarantine",
            Self::Repair(_) => "repair",
            Self::Report => "report",
            Self::Notify => "notify",
        }
    }
}

/// How a value that breaks a rule is set right. Every repair is idempotent: repaired twice is repaired once.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Repair {
    /// A value that came in another type becomes one of the column's (`cast`), where nothing is lost: text that, without
    /// white space at its ends, reads as a number, a boolean, a date or a timestamp; an integer or a decimal that is
    /// one of another width, precision or scale. Text that is nothing else becomes null. It is said with the column,
    /// whose type is what is cast to; a value that does not cast breaks the rule `cast` of the column.
    Cast,
    /// White space at both ends of text is left out, and text that is nothing else becomes null (`trim`).
    Trim,
    /// The value becomes this one (`default`).
    Default(Value),
    /// Values become others, from the first of each pair to the second (`map`); values that are in no pair stay.
    Map(Vec<(Value, Value)>),
    /// Of rows that are equal in the rule's columns only one stays (`keepLatest`): the one with the largest value in
    /// this column, the last one among equals; where nothing is named, the last one.
    KeepLatest(Option<String>),
}

impl Repair {
    /// The repair as a contract writes it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Cast => "cast",
            Self::Trim => "trim",
            Self::Default(_) => "default",
            Self::Map(_) => "map",
            Self::KeepLatest(_) => "keepLatest",
        }
    }
}
