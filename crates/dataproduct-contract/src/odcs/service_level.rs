//! Service levels of a contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::{AuthoritativeDefinition, CustomProperty};
use crate::value::{Value, present};

/// One service level: a property, its value and what it applies to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct SlaProperty {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the service level, such as `latency`, `availability` or `retention`.
    pub property: String,
    /// Agreed value: text, number, boolean or null; a null is kept and written.
    pub value: Value,
    /// Second value, where the property needs one; never a list or map.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub value_ext: Option<Value>,
    /// Unit of the value: `d`, `day` or `days`, `y`, `yr` or `years`, and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it applies to, as `object.property`; several are separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// Why it matters: `regulatory`, `analytics`, `operational` or another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The service level, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Scheduler that checks it, such as `cron`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<String>,
    /// When it is checked, in the scheduler's notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
}
