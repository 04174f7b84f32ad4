//! The document itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::{AuthoritativeDefinition, Context, CustomProperty};
use super::people::{Price, Role, SupportItem, TeamEntry};
use super::schema::SchemaObject;
use super::server::Server;
use super::service_level::SlaProperty;
use super::standard::DOCUMENT;
use crate::problem::Problems;
use crate::shape::{Report, tree};
use crate::value::Map;
use crate::yaml::{Node, parse};

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
    /// Further keys, which the standard allows here.
    #[serde(flatten)]
    pub other: Map,
}

impl Document {
    /// Reads a document from YAML or JSON: versions 3.0, 3.1 and 3.2 of the standard.
    ///
    /// The text is read within the budget of [`yaml`](crate::yaml) and checked in full against the
    /// standard, a little more strictly than its JSON Schema does: dates exist, whole numbers are
    /// written without a fraction, booleans and maps take no type options. Quality rules of version
    /// 3.0 that name a `rule` in place of a metric get the metric that has succeeded it.
    ///
    /// ```
    /// use dataproduct_contract::odcs::Document;
    ///
    /// let problems = Document::from_yaml(
    ///     "apiVersion: v3.2.0\nkind: DataContract\nid: stock\nversion: 1.0\n",
    /// )
    /// .unwrap_err();
    /// assert_eq!(
    ///     problems.to_string(),
    ///     "4:10: version: expected text, found number [wrong-type]; \
    ///      put the value in quotes to make it text",
    /// );
    /// ```
    ///
    /// # Errors
    /// Every problem of the document, at most [`MAX_PROBLEMS`](crate::yaml::MAX_PROBLEMS), with its
    /// path, line and column.
    pub fn from_yaml(text: &str) -> Result<Self, Problems> {
        Self::of_tree(&mut parse(text)?)
    }

    /// The document of a text that was parsed. What an older version says in other words is brought up to date in the
    /// tree.
    pub(crate) fn of_tree(root: &mut Node) -> Result<Self, Problems> {
        super::upgrade::from_3_0(root);
        let problems = Report::of(root, &DOCUMENT);
        if !problems.is_empty() {
            return Err(problems);
        }
        root.to_typed().map_err(|error| error.into_problem().into())
    }

    /// Writes the document as YAML in version 3.2.0 of the standard; the same document gives the
    /// same text.
    ///
    /// # Errors
    /// Every reason why the text could not be read back: what [`Document::check`] finds.
    pub fn to_yaml(&self) -> Result<String, Problems> {
        self.check()?;
        self.write()
    }

    /// Writes a document that is known to be right.
    pub(crate) fn write(&self) -> Result<String, Problems> {
        if self.api_version == ApiVersion::default() {
            return crate::yaml::to_string(self);
        }
        let newest = Self {
            api_version: ApiVersion::default(),
            ..self.clone()
        };
        crate::yaml::to_string(&newest)
    }

    /// Checks the document as [`Document::from_yaml`] checks a text: for documents put together in
    /// code.
    ///
    /// # Errors
    /// Every problem, with its path.
    pub fn check(&self) -> Result<(), Problems> {
        let root = tree(self)?;
        let problems = Report::of(&root, &DOCUMENT);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    /// The JSON Schema of contract documents, derived from this type. It describes the shape; the
    /// conditions between fields are checked by [`Document::from_yaml`] alone.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(Document)
    }
}
