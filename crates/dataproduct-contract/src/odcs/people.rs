//! Who stands behind a contract and how to reach them: team, roles, support, price.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::{AuthoritativeDefinition, CustomProperty};
use crate::value::Number;

/// The team that owns a contract, in either form of the standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[non_exhaustive]
pub enum TeamEntry {
    /// A named team with members.
    Team(Team),
    /// A bare list of members: the form before v3.1, deprecated by the standard and kept as read.
    Members(Vec<TeamMember>),
}

/// The team that owns a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Team {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the team is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its members, present and past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<TeamMember>>,
    /// Free labels, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
}

/// A person in the owning team.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct TeamMember {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// User name or e-mail address.
    pub username: String,
    /// Name of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the person does for the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Role in the team, such as `Owner` or `Data Steward`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Day the person joined, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_in: Option<String>,
    /// Day the person left, `YYYY-MM-DD`; absent while in the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_out: Option<String>,
    /// User name of the successor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by_username: Option<String>,
    /// Free labels, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
}

/// An access role of the data, and who approves it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Role {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the role in the access system.
    pub role: String,
    /// What the role is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Kind of access granted, such as `read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// Who approves first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_level_approvers: Option<String>,
    /// Who approves second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_level_approvers: Option<String>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
}

/// A channel through which consumers get help or announcements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct SupportItem {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name or identifier of the channel.
    pub channel: String,
    /// Where to reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Tool behind it: `email`, `slack`, `teams`, `discord`, `ticket`, `googlechat` or another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What it carries: `interactive`, `announcements`, `issues` or another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Where to ask for an invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation_url: Option<String>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
}

/// What the data costs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Price {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Price of one unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_amount: Option<Number>,
    /// Currency of the price, ISO 4217 by convention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_currency: Option<String>,
    /// What one unit is, such as `megabyte`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_unit: Option<String>,
}
