//! The document itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::{AuthoritativeDefinition, Context, CustomProperty};
use super::people::{Price, Role, SupportItem, TeamEntry};
use super::schema::SchemaObject;
use super::server::Server;
use super::service_level::SlaProperty;
use crate::value::Map;

/// Version of the standard that a document is written in.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[non_exhaustive]
pub enum ApiVersion {
    /// 3.0.0
    #[serde(rename = "v3.0.0")]
    V3_0_0,
    /// 3.0.1
    #[serde(rename = "v3.0.1")]
    V3_0_1,
    /// 3.0.2
    #[serde(rename = "v3.0.2")]
    V3_0_2,
    /// 3.1.0
    #[serde(rename = "v3.1.0")]
    V3_1_0,
    /// 3.2.0: the version that is written.
    #[default]
    #[serde(rename = "v3.2.0")]
    V3_2_0,
}

/// Kind of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum Kind {
    /// A data contract.
    #[default]
    DataContract,
}

/// A data contract as the Open Data Contract Standard writes it, in full. It says what a document
/// says, no more: whether its statements make sense together is the matter of the contract built
/// from it. Absent and empty lists are told apart, so that what was read is what is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Document {
    /// Version of the standard the document was read in. Documents are always written in the
    /// newest.
    pub api_version: ApiVersion,
    /// Always `DataContract`.
    pub kind: Kind,
    /// Unique id of the contract, often a UUID.
    pub id: String,
    /// Name of the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Version of the contract.
    pub version: String,
    /// State of the contract: `proposed`, `draft`, `active`, `deprecated` or `retired`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Organisation the contract belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Domain of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Data product the contract describes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_product: Option<String>,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    /// Purpose, usage and limitations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Free labels, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// What an agent should know before using the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// Where the data is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub servers: Option<Vec<Server>>,
    /// What the data looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Vec<SchemaObject>>,
    /// Where consumers get help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<Vec<SupportItem>>,
    /// What the data costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Who owns the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamEntry>,
    /// Access roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
    /// Element that service levels without one apply to; deprecated by the standard and kept as
    /// read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sla_default_element: Option<String>,
    /// Service levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sla_properties: Option<Vec<SlaProperty>>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
    /// When the contract was created, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_created_ts: Option<String>,
}

/// What the data is for and what it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Description {
    /// Why the data exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// What the data is not fit for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limitations: Option<String>,
    /// How the data is meant to be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
    /// Further keys, which the standard allows here; as written, in document order.
    #[serde(flatten)]
    pub other: Map,
}
