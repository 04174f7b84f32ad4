//! A draft of a contract from what rows look like, each proposal with what it stands on.
//!
//! What all rows keep becomes a promise; what nearly all keep becomes a warning with a threshold; what too few rows
//! speak for is not proposed. A draft is for a person to read: it says what is, not what should be.

mod columns;
mod keys;
mod names;
#[cfg(test)]
mod tests;

use dataproduct_contract::{
    Check, Column, Contract, DataType, Dimension, Operator, Problems, Rule, Severity, Status,
    Threshold,
};

use crate::profile::{Profile, ProfileError, Seen};

pub use names::Names;

/// Fewer rows than this are evidence for types and for nothing else.
pub const MIN_ROWS: u64 = 30;
/// A rule that a greater share of the rows breaks is not proposed, in percent.
pub const MAX_EXCEPTIONS_PERCENT: f64 = 5.0;
/// The most different values of an enumeration.
pub const MAX_ENUM_VALUES: usize = 50;
/// How many rows there are at least for each value of an enumeration, on average.
pub const MIN_ROWS_PER_ENUM_VALUE: u64 = 20;

/// What a file says of the types of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Typing {
    /// Nothing, as in CSV: what every text of a column can be read as, the column is.
    Untyped,
    /// Numbers and truth values are told from text, and times and identifiers are not, as in JSON: text in which
    /// every value is a day, an instant or a UUID becomes a column of those.
    Scalars,
    /// Everything, as in Parquet: text is meant to be text.
    Typed,
}

impl Typing {
    /// Whether texts that can all be read as a type become a column of it.
    fn narrows_to(self, data_type: &DataType) -> bool {
        match self {
            Self::Untyped => true,
            Self::Scalars => matches!(
                data_type,
                DataType::Date | DataType::Timestamp | DataType::TimestampNtz | DataType::Uuid
            ),
            Self::Typed => false,
        }
    }
}

/// Why something is proposed, or what a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The column as the contract names it; empty for whole rows.
    pub column: String,
    /// What it is about: `type`, `required`, `pattern`, `enum`, `key`, `note` and the like.
    pub about: &'static str,
    /// What is proposed, or what was seen.
    pub proposal: String,
    /// What it stands on, with the rows counted.
    pub basis: String,
    /// The first row that does not keep it, counted from 0.
    pub first_row: Option<u64>,
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let column = if self.column.is_empty() {
            "rows"
        } else {
            &self.column
        };
        write!(
            f,
            "{column}: {} {}: {}",
            self.about, self.proposal, self.basis
        )
    }
}

/// What is proposed.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Proposal {
    /// The columns with their limits and rules.
    pub columns: Vec<Column>,
    /// Rules on whole rows.
    pub rules: Vec<Rule>,
    /// What each stands on, in the order of the columns.
    pub evidence: Vec<Evidence>,
}

impl Proposal {
    /// The proposal as the contract of a product at a version, owned by a team, of the status draft.
    ///
    /// # Errors
    /// Every problem of the contract, of name, version and owner as well as of the columns.
    pub fn into_contract(
        self,
        name: &str,
        version: &str,
        owner: &str,
    ) -> Result<Contract, Problems> {
        let builder = Contract::builder(name, version)
            .with_owner(owner)
            .with_status(Status::Draft)
            .with_columns(self.columns);
        self.rules
            .into_iter()
            .fold(builder, |builder, rule| builder.with_rule(rule))
            .build()
    }

    fn say(
        &mut self,
        column: &str,
        about: &'static str,
        proposal: impl Into<String>,
        basis: String,
        first_row: Option<u64>,
    ) {
        self.evidence.push(Evidence {
            column: column.to_owned(),
            about,
            proposal: proposal.into(),
            basis,
            first_row,
        });
    }
}

/// Proposes columns and rules. `typing` says how far the types of the profile are those of the data.
///
/// # Errors
/// When no column can hold the values of a type.
pub fn propose(profile: &Profile, typing: Typing) -> Result<Proposal, ProfileError> {
    let mut proposal = Proposal::default();
    let mut names = Names::new();
    for (place, seen) in profile.columns.iter().enumerate() {
        let name = names.give(place, &seen.name);
        let mut column = columns::typed(seen, &name, typing, &mut proposal)?;
        columns::limits(seen, &mut column, &mut proposal);
        proposal.columns.push(column);
    }
    keys::propose(profile, &mut proposal);
    duplicates(profile, &mut proposal);
    Ok(proposal)
}

fn duplicates(profile: &Profile, proposal: &mut Proposal) {
    let all = profile.key_rows == profile.rows;
    let share = percent(profile.duplicates, profile.rows);
    if profile.duplicates == 0 || profile.rows < MIN_ROWS || !all || share > MAX_EXCEPTIONS_PERCENT
    {
        return;
    }
    let names = proposal
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let basis = format!(
        "{} rows repeat another in every column",
        grouped(profile.duplicates)
    );
    let rule = Rule::new(Check::DuplicateValues { columns: names }, at_most(share))
        .with_id("duplicate-rows")
        .with_severity(Severity::Warning)
        .with_dimension(Dimension::Uniqueness)
        .with_description(&basis);
    proposal.rules.push(rule);
    proposal.say(
        "",
        "duplicateValues",
        "whole rows are there once, as a warning",
        basis,
        None,
    );
}

/// The threshold of a rule that this share of the rows breaks: with a quarter more, rounded up to a tenth.
fn at_most(share: f64) -> Threshold {
    let room = ((share * 12.5).ceil() / 10.0).min(100.0);
    Threshold::percent(Operator::LessOrEqual(room))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share in percent is rounded anyway"
)]
fn percent(part: u64, of: u64) -> f64 {
    if of == 0 {
        0.0
    } else {
        part as f64 * 100.0 / of as f64
    }
}

/// How many rows break a rule, in words.
fn broken(seen: &Seen, of: u64) -> String {
    let share = 100.0 - percent(seen.rows, of);
    let first = seen
        .first
        .map_or(String::new(), |row| format!(", first in row {row}"));
    format!(
        "{share:.1} % of {} rows; {} break it{first}",
        grouped(of),
        grouped(seen.rows)
    )
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
