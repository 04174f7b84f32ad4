//! Quality rules of a schema object or a property.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::{AuthoritativeDefinition, CustomProperty};
use crate::value::{Map, Number, Value, present};

/// How a [`Quality`] rule is expressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum QualityKind {
    /// Prose for people.
    Text,
    /// One of the metrics that the standard defines.
    Library,
    /// A query whose single result is compared.
    Sql,
    /// A rule in the language of another engine.
    Custom,
}

/// Dimension of data quality that a [`Quality`] rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum QualityDimension {
    /// Values agree with reality.
    Accuracy,
    /// Values that should be there are there.
    Completeness,
    /// Values keep to their format.
    Conformity,
    /// Values agree with each other.
    Consistency,
    /// All records that should be there are there.
    Coverage,
    /// Data is there in time.
    Timeliness,
    /// Nothing is there twice.
    Uniqueness,
}

/// Metric that the standard defines for rules of kind [`QualityKind::Library`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum QualityMetric {
    /// Number of nulls.
    NullValues,
    /// Number of values that count as missing, such as nulls and empty text.
    MissingValues,
    /// Number of values outside the valid ones.
    InvalidValues,
    /// Number of values that occur more than once.
    DuplicateValues,
    /// Number of rows.
    RowCount,
}

/// A quality rule. Which fields are allowed depends on its kind: a library rule has a metric and
/// one comparison, an SQL rule a query and one comparison, a custom rule an engine and its
/// implementation, and text neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Quality {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the rule checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How the rule is expressed; a library rule when absent and a metric is given.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<QualityKind>,
    /// Metric of a library rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<QualityMetric>,
    /// Former name of the metric, deprecated by the standard and kept as read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Arguments of the metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Map>,
    /// Query of an SQL rule; `{object}` and `{property}` stand for the place of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Engine of a custom rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Custom rule in the engine's own form: text or a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implementation: Option<Value>,
    /// The result equals this.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub must_be: Option<Value>,
    /// The result differs from this.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub must_not_be: Option<Value>,
    /// The result is greater.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub must_be_greater_than: Option<Number>,
    /// The result is greater or equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub must_be_greater_or_equal_to: Option<Number>,
    /// The result is less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub must_be_less_than: Option<Number>,
    /// The result is less or equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub must_be_less_or_equal_to: Option<Number>,
    /// The result lies between the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub must_be_between: Option<[Number; 2]>,
    /// The result does not lie between the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub must_not_be_between: Option<[Number; 2]>,
    /// Unit of the result: `rows` (the default) or `percent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Dimension of quality the rule looks at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimension: Option<QualityDimension>,
    /// How it is checked, such as `reconciliation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How bad a violation is, such as `error` or `warning`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// What a violation means for the business, such as `operational`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_impact: Option<String>,
    /// When it is checked, in the scheduler's notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Scheduler that runs it, such as `cron`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<String>,
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

/// The one comparison of a [`Quality`] rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operator<'a> {
    /// `mustBe`.
    Equal(&'a Value),
    /// `mustNotBe`.
    NotEqual(&'a Value),
    /// `mustBeGreaterThan`.
    Greater(Number),
    /// `mustBeGreaterOrEqualTo`.
    GreaterOrEqual(Number),
    /// `mustBeLessThan`.
    Less(Number),
    /// `mustBeLessOrEqualTo`.
    LessOrEqual(Number),
    /// `mustBeBetween`.
    Between(Number, Number),
    /// `mustNotBeBetween`.
    NotBetween(Number, Number),
}

impl Quality {
    /// The rule's comparison; none for text and custom rules.
    ///
    /// A document that was read has at most one. Of a rule put together in code with several,
    /// the first in the order of [`Operator`] is given.
    pub fn operator(&self) -> Option<Operator<'_>> {
        let equal = self.must_be.as_ref().map(Operator::Equal);
        equal
            .or_else(|| self.must_not_be.as_ref().map(Operator::NotEqual))
            .or_else(|| self.must_be_greater_than.map(Operator::Greater))
            .or_else(|| {
                self.must_be_greater_or_equal_to
                    .map(Operator::GreaterOrEqual)
            })
            .or_else(|| self.must_be_less_than.map(Operator::Less))
            .or_else(|| self.must_be_less_or_equal_to.map(Operator::LessOrEqual))
            .or_else(|| self.must_be_between.map(|[a, b]| Operator::Between(a, b)))
            .or_else(|| {
                self.must_not_be_between
                    .map(|[a, b]| Operator::NotBetween(a, b))
            })
    }
}
