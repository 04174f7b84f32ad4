//! The document itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::port::{InputPort, ManagementPort, OutputPort};
use super::standard::PRODUCT;
use crate::odcs::{AuthoritativeDefinition, ContextDetails, CustomProperty, Synonym, TeamMember};
use crate::problem::Problems;
use crate::shape::{Report, tree};
use crate::yaml::parse;

/// Version of the standard that a document is written in.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[non_exhaustive]
pub enum ApiVersion {
    /// 0.9.0
    #[serde(rename = "v0.9.0")]
    V0_9_0,
    /// 1.0.0
    #[serde(rename = "v1.0.0")]
    V1_0_0,
    /// 1.1.0: the version that is written.
    #[default]
    #[serde(rename = "v1.1.0")]
    V1_1_0,
}

/// Kind of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum Kind {
    /// A data product.
    #[default]
    DataProduct,
}

/// A data product as the Open Data Product Standard of Bitol writes it, in full: the ports around
/// its contracts. Absent and empty lists are told apart, so that what was read is what is
/// written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Product {
    /// Version of the standard the document was read in. Documents are always written in the
    /// newest.
    pub api_version: ApiVersion,
    /// Always `DataProduct`.
    pub kind: Kind,
    /// Unique id of the product, often a UUID.
    pub id: String,
    /// Name of the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Version of the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// State of the product: `proposed`, `draft`, `active`, `deprecated` or `retired`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Whether the product is on its way out; `false` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<bool>,
    /// Domain of the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Organisation the product belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Kind of product: `sourceAligned`, `aggregate` or `consumerAligned`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind_of_product: Option<String>,
    /// Other names in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synonyms: Option<Vec<Synonym>>,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    /// Purpose, usage and limitations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// What an agent should know before using the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextDetails>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
    /// Free labels, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Data the product is made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_ports: Option<Vec<InputPort>>,
    /// Data the product offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_ports: Option<Vec<OutputPort>>,
    /// Access to the product itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_ports: Option<Vec<ManagementPort>>,
    /// Where consumers get help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<Vec<Support>>,
    /// Who owns the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<Team>,
    /// When the product was created, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_created_ts: Option<String>,
}

impl Product {
    /// Reads a product from YAML or JSON: versions 0.9, 1.0 and 1.1 of the standard, each within what
    /// version 1.1 allows.
    ///
    /// ```
    /// use dataproduct_contract::odps::Product;
    ///
    /// let product = Product::from_yaml(
    ///     "apiVersion: v1.1.0\nkind: DataProduct\nid: stock\noutputPorts:\n  - name: levels\n",
    /// )?;
    /// assert_eq!(product.output_ports.unwrap_or_default()[0].name, "levels");
    /// # Ok::<(), dataproduct_contract::Problems>(())
    /// ```
    ///
    /// # Errors
    /// Every problem of the document, at most [`MAX_PROBLEMS`](crate::yaml::MAX_PROBLEMS), with its
    /// path, line and column.
    pub fn from_yaml(text: &str) -> Result<Self, Problems> {
        let root = parse(text)?;
        let problems = Report::of(&root, &PRODUCT);
        if !problems.is_empty() {
            return Err(problems);
        }
        root.to_typed().map_err(|error| error.into_problem().into())
    }

    /// Writes the product as YAML in version 1.1.0 of the standard; the same product gives the same
    /// text.
    ///
    /// # Errors
    /// Every reason why the text could not be read back: what [`Product::check`] finds.
    pub fn to_yaml(&self) -> Result<String, Problems> {
        self.check()?;
        let newest = Self {
            api_version: ApiVersion::default(),
            ..self.clone()
        };
        crate::yaml::to_string(&newest)
    }

    /// Checks the product as [`Product::from_yaml`] checks a text: for products put together in
    /// code.
    ///
    /// # Errors
    /// Every problem, with its path.
    pub fn check(&self) -> Result<(), Problems> {
        let problems = Report::of(&tree(self)?, &PRODUCT);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    /// The JSON Schema of product documents, derived from this type.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(Product)
    }
}

/// What the product is for and what it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Description {
    /// Why the product exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// What the product is not fit for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limitations: Option<String>,
    /// How the product is meant to be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
}

/// The team that owns a product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Team {
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

/// A channel through which consumers get help or announcements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Support {
    /// Technical id, unique among its neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name or identifier of the channel.
    pub channel: String,
    /// Where to reach it.
    pub url: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Tool behind it, such as `email` or `slack`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What it carries, such as `interactive` or `announcements`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Where to ask for an invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation_url: Option<String>,
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
