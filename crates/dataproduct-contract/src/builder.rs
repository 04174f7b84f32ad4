//! Declaring a contract in code.

use std::time::Duration;

use chrono::NaiveDate;

use crate::draft::Draft;
use crate::{
    AccessRole, Column, Consumer, Contract, Deadline, Member, OnFailure, Problem, Problems,
    ProductName, Rule, Status, SupportChannel, Value, Version, VersionReq, validate,
};

/// Gathers the parts of a contract; [`build`](Self::build) validates them all at once.
///
/// Text that should be a name, a version or a reference is taken as it comes and refused, with
/// everything else that is wrong, by `build`.
#[derive(Clone, Debug)]
#[must_use]
pub struct ContractBuilder {
    draft: Draft,
    problems: Problems,
}

impl ContractBuilder {
    pub(crate) fn new(product: &str, version: &str) -> Self {
        let mut problems = Problems::new();
        let name = product.parse().unwrap_or_else(|error: crate::NameError| {
            problems.push(Problem::new(
                "name",
                "bad-name",
                error.to_string(),
                "name the product as `domain.product`",
            ));
            placeholder_name()
        });
        let version = validate::version(version, &mut problems);
        Self {
            draft: Draft::new(name, version),
            problems,
        }
    }

    /// Sets the stable identifier; by default it is the product's name.
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.draft.id = id.into();
        self
    }

    /// Says where the contract stands in its life; a draft by default.
    pub fn with_status(mut self, status: Status) -> Self {
        self.draft.status = status;
        self
    }

    /// Sets the last day on which a deprecated product is published.
    pub fn with_sunset(mut self, day: NaiveDate) -> Self {
        self.draft.sunset = Some(day);
        self
    }

    /// Names what consumers should read instead, such as `inventory.stock@^2`.
    pub fn with_successor(mut self, product: &str) -> Self {
        match product.parse() {
            Ok(product) => self.draft.successor = Some(product),
            Err(error) => self.problems.push(Problem::new(
                "lifecycle.successor",
                "bad-reference",
                format!("{error}"),
                "name a product and its versions, such as `inventory.stock@^2`",
            )),
        }
        self
    }

    /// Says what one row is.
    pub fn with_description(mut self, text: impl Into<String>) -> Self {
        self.draft.description = Some(text.into());
        self
    }

    /// Says what the product is for.
    pub fn with_purpose(mut self, text: impl Into<String>) -> Self {
        self.draft.purpose = Some(text.into());
        self
    }

    /// Says how the product should be used.
    pub fn with_usage(mut self, text: impl Into<String>) -> Self {
        self.draft.usage = Some(text.into());
        self
    }

    /// Says what the product must not be used for.
    pub fn with_limitations(mut self, text: impl Into<String>) -> Self {
        self.draft.limitations = Some(text.into());
        self
    }

    /// Names the team that publishes the product and is on call for it.
    pub fn with_owner(mut self, team: impl Into<String>) -> Self {
        self.draft.ownership.team = team.into();
        self
    }

    /// Adds someone to the owning team.
    pub fn with_member(mut self, username: impl Into<String>, role: impl Into<String>) -> Self {
        let member = Member {
            username: username.into(),
            role: Some(role.into()),
        };
        self.draft.ownership.members.push(member);
        self
    }

    /// Names who approves changes of contract and policy.
    pub fn with_steward(mut self, steward: impl Into<String>) -> Self {
        self.draft.ownership.steward = Some(steward.into());
        self
    }

    /// Registers a consumer, what it reads the product for, and the versions it can read (`^1`).
    pub fn with_consumer(
        mut self,
        name: impl Into<String>,
        purpose: impl Into<String>,
        versions: &str,
    ) -> Self {
        let versions = versions
            .parse()
            .unwrap_or_else(|error: crate::VersionError| {
                self.problems.push(Problem::new(
                    format!(
                        "ownership.consumers[{}].versions",
                        self.draft.ownership.consumers.len()
                    ),
                    "bad-version-range",
                    error.to_string(),
                    "write a range such as `^1`",
                ));
                VersionReq::any()
            });
        let consumer = Consumer {
            name: name.into(),
            purpose: purpose.into(),
            versions,
        };
        self.draft.ownership.consumers.push(consumer);
        self
    }

    /// Adds a channel where consumers ask and are told.
    pub fn with_support(mut self, channel: SupportChannel) -> Self {
        self.draft.support.push(channel);
        self
    }

    /// Adds a role that has access.
    pub fn with_role(mut self, role: impl Into<String>, access: impl Into<String>) -> Self {
        self.draft.roles.push(AccessRole {
            role: role.into(),
            access: Some(access.into()),
        });
        self
    }

    /// Promises that the data is never older than this.
    pub fn with_freshness(mut self, age: Duration) -> Self {
        self.draft.sla.freshness = Some(age);
        self
    }

    /// Promises that no more than this passes between two publishes.
    pub fn with_frequency(mut self, interval: Duration) -> Self {
        self.draft.sla.frequency = Some(interval);
        self
    }

    /// Promises that data is there by the times of a cron expression in an IANA time zone.
    pub fn with_deadline(mut self, cron: impl Into<String>, zone: impl Into<String>) -> Self {
        let deadline = Deadline {
            cron: cron.into(),
            zone: zone.into(),
            description: None,
        };
        self.draft.sla.deadlines.push(deadline);
        self
    }

    /// Promises the share of time in which the product can be read, in percent.
    pub fn with_availability_percent(mut self, percent: f64) -> Self {
        self.draft.sla.availability_percent = Some(percent);
        self
    }

    /// Promises how long rows are kept.
    pub fn with_retention(mut self, time: Duration) -> Self {
        self.draft.sla.retention = Some(time);
        self
    }

    /// Adds a column after those before it.
    pub fn with_column(mut self, column: Column) -> Self {
        self.draft.columns.push(column);
        self
    }

    /// Adds columns after those before them.
    pub fn with_columns(mut self, columns: impl IntoIterator<Item = Column>) -> Self {
        self.draft.columns.extend(columns);
        self
    }

    /// Adds a quality rule on whole rows.
    pub fn with_rule(mut self, rule: Rule) -> Self {
        self.draft.rules.push(rule);
        self
    }

    /// Says what happens where rows break a rule that says nothing of its own; by default errors reject the publish.
    pub fn with_on_failure(mut self, on_failure: OnFailure) -> Self {
        self.draft.on_failure = Some(on_failure);
        self
    }

    /// Adds a label.
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.draft.tags.push(tag.into());
        self
    }

    /// Adds a property of the organisation's own.
    pub fn with_custom(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.draft.custom.push((name.into(), value.into()));
        self
    }

    /// Validates everything and makes the contract.
    ///
    /// # Errors
    /// All problems, in the order of the model.
    pub fn build(mut self) -> Result<Contract, Problems> {
        for column in &mut self.draft.columns {
            validate::fill_ids(column);
        }
        if self.problems.is_empty() {
            return Contract::from_draft(self.draft);
        }
        let mut problems = self.problems;
        validate::draft(&self.draft, &mut problems);
        Err(problems)
    }
}

/// Stands in for a name that was refused, so that the rest can still be checked.
pub(crate) fn placeholder_name() -> ProductName {
    #[expect(
        clippy::expect_used,
        reason = "the text is a constant that is a valid name"
    )]
    "unnamed.unnamed".parse().expect("a valid name")
}

/// Stands in for a version that was refused, so that the rest can still be checked.
pub(crate) const PLACEHOLDER_VERSION: Version = Version::new(0, 0, 0);
