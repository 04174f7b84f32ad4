//! References from one element of a contract to another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::CustomProperty;

/// Kind of a [`Relationship`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RelationshipKind {
    /// The referring values occur among the values referred to.
    #[default]
    ForeignKey,
}

/// One end of a [`Relationship`]: an element, or several that form a composite key.
///
/// An element is named in shorthand (`object.property`) or fully qualified by stable ids
/// (`/schema/<id>/properties/<id>`, in another file `contract.yaml#/schema/...`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Endpoint {
    /// One element.
    One(String),
    /// The elements of a composite key, in key order.
    Many(Vec<String>),
}

impl Default for Endpoint {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Endpoint {
    /// The elements named by this end, in key order.
    ///
    /// ```
    /// use dataproduct_contract::odcs::Endpoint;
    ///
    /// let end = Endpoint::One("products.sku".to_owned());
    /// assert_eq!(end.elements(), ["products.sku"]);
    /// ```
    pub fn elements(&self) -> &[String] {
        match self {
            Self::One(element) => std::slice::from_ref(element),
            Self::Many(elements) => elements,
        }
    }
}

/// A reference from one element to another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Relationship {
    /// Id of the relationship; any text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Kind of reference; a foreign key when absent.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<RelationshipKind>,
    /// Referring end. Given on a schema object, absent on a property, where it is the property
    /// itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Endpoint>,
    /// End referred to. On a schema object it has the same form, single or list, as `from`.
    pub to: Endpoint,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
}
