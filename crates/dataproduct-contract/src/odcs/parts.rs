//! Parts that many sections of a document share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::Value;

/// A property outside the standard: a name and any value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct CustomProperty {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the property, camelCase by convention.
    pub property: String,
    /// Its value of any shape; a null is kept and written.
    pub value: Value,
    /// What the property means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who defined the property, when it is a vendor's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

/// A link to the place where something is authoritatively defined or explained.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct AuthoritativeDefinition {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where the definition is.
    pub url: String,
    /// What is to be found there; the standard suggests `businessDefinition`,
    /// `transformationImplementation`, `videoTutorial`, `tutorial`, `implementation`, `canonical`
    /// and `privacy-statement`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the link is about, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Another name that people use for the same thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Synonym {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The other name.
    pub synonym: String,
    /// When or where it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Language or region of the name, as a BCP 47 tag such as `nb-NO`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Where the synonym comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// State of the synonym, such as `approved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
}

/// What a language model or an agent should know before it uses the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Context {
    /// One free text.
    Text(String),
    /// Instructions, statements known to be true, and constraints.
    Detailed(ContextDetails),
}

/// The structured form of [`Context`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct ContextDetails {
    /// How to use the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Questions with answers that were verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_statements: Option<Vec<VerifiedStatement>>,
    /// What a user of the data must keep to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints: Option<Vec<ContextConstraint>>,
}

/// A question with its verified answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct VerifiedStatement {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The question, in plain language.
    pub question: String,
    /// Its answer; a query or prose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    /// Free labels, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
}

/// A rule that a user of the data must keep to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct ContextConstraint {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The rule, in plain language.
    pub constraint: String,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    /// Free labels, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
}
