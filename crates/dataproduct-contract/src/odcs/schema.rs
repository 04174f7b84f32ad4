//! Schema objects (tables, topics, files) and their properties (columns, fields).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parts::{AuthoritativeDefinition, Context, CustomProperty, Synonym};
use super::quality::Quality;
use super::relationship::Relationship;
use crate::value::{Number, Value};

/// Logical type of a [`SchemaObject`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ObjectType {
    /// A set of records.
    #[default]
    Object,
}

/// Logical type of a [`Property`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum LogicalType {
    /// Text.
    String,
    /// A day.
    Date,
    /// A day and a time.
    Timestamp,
    /// A time of day.
    Time,
    /// A number with a fraction.
    Number,
    /// A whole number.
    Integer,
    /// A nested record.
    Object,
    /// A list.
    Array,
    /// True or false.
    Boolean,
    /// Keys with values.
    Map,
    /// A fixed number of numbers: an embedding.
    Vector,
}

/// How a [`Property`] is used in analysis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum SemanticType {
    /// A plain column.
    #[default]
    Column,
    /// Something to aggregate.
    Measure,
    /// Something to group by.
    Dimension,
}

/// Type of the elements of a vector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ElementType {
    /// 16 bits, 8 of them exponent.
    Bfloat16,
    /// One bit.
    Binary,
    /// IEEE 754 half precision.
    Float16,
    /// IEEE 754 single precision.
    #[default]
    Float32,
    /// IEEE 754 double precision.
    Float64,
    /// Signed, 8 bits.
    Int8,
    /// Unsigned, 8 bits.
    Uint8,
}

/// How the distance of two vectors is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum DistanceMetric {
    /// One minus the cosine of the angle.
    Cosine,
    /// Negated scalar product.
    DotProduct,
    /// Length of the difference.
    Euclidean,
    /// Number of places that differ.
    Hamming,
    /// Sum of absolute differences.
    Manhattan,
}

/// A set of records: a table, view, topic or file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct SchemaObject {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name of the object.
    pub name: String,
    /// Always `object`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_type: Option<ObjectType>,
    /// Name in the data store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_name: Option<String>,
    /// Kind in the data store, such as `table`, `view`, `topic` or `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_type: Option<String>,
    /// Name the business uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_name: Option<String>,
    /// What a record is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the object is on its way out; `false` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<bool>,
    /// Other names in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synonyms: Option<Vec<Synonym>>,
    /// What one row stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_granularity_description: Option<String>,
    /// What an agent should know before using the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    /// Free labels, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Its properties, in column order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Vec<Property>>,
    /// References that start from this object, such as composite foreign keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relationships: Option<Vec<Relationship>>,
    /// Quality rules over the whole object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Vec<Quality>>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
}

/// A column or field, or the element of a list or map.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Property {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name. Required in an object; optional for the elements of a list or map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is part of the primary key; `false` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<bool>,
    /// Position in the primary key, from 1; -1 when not in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_key_position: Option<i64>,
    /// Name the business uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_name: Option<String>,
    /// Logical type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_type: Option<LogicalType>,
    /// Options of the logical type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_type_options: Option<LogicalTypeOptions>,
    /// Type in the data store, such as `varchar(18)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_type: Option<String>,
    /// Name in the data store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_name: Option<String>,
    /// What the value means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a value is always there; `false` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Whether no value occurs twice; `false` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique: Option<bool>,
    /// Whether the property is on its way out; `false` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<bool>,
    /// Other names in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synonyms: Option<Vec<Synonym>>,
    /// Use in analysis; a column when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semantic_type: Option<SemanticType>,
    /// Whether the data is partitioned by it; `false` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitioned: Option<bool>,
    /// Position in the partition key, from 1; -1 when not in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition_key_position: Option<i64>,
    /// How confidential it is, such as `public` or `restricted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// Name of the property that holds the encrypted value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted_name: Option<String>,
    /// Objects it is computed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform_source_objects: Option<Vec<String>>,
    /// How it is computed, in the language of the engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform_logic: Option<String>,
    /// How it is computed, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform_description: Option<String>,
    /// Example values of any shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<Vec<Value>>,
    /// The allowed values; at least one, no two entries equal.
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    pub enum_values: Option<Vec<EnumValue>>,
    /// Whether the business critically depends on it; `false` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_data_element: Option<bool>,
    /// Links to where this is authoritatively defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    /// Free labels, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// References that start from this property.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relationships: Option<Vec<Relationship>>,
    /// Quality rules over this property.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Vec<Quality>>,
    /// Fields of a nested record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Vec<Property>>,
    /// Element of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Property>>,
    /// Key and value of a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<MapTypes>,
    /// Properties outside the standard, in document order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_properties: Option<Vec<CustomProperty>>,
}

/// Key and value of a map.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct MapTypes {
    /// The key.
    pub key: Box<Property>,
    /// The value.
    pub value: Box<Property>,
}

/// One allowed value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct EnumValue {
    /// Stable technical id, unique among its neighbours; targets of references are built from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The value: text, number, boolean or null, never a list or map.
    pub value: Value,
    /// Name of the value for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
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

/// Options of a logical type. Each type allows only its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct LogicalTypeOptions {
    /// Text: least number of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// Text: greatest number of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// Text: regular expression that values match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Text: kind such as `email` or `uuid`; date and time: pattern such as `yyyy-MM-dd`;
    /// numbers: width such as `i64` or `f32`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Date, time and numbers: least value. Text for date and time, a number for numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Value>,
    /// Date, time and numbers: values are greater than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive_minimum: Option<Value>,
    /// Date, time and numbers: greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Value>,
    /// Date, time and numbers: values are less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive_maximum: Option<Value>,
    /// Timestamp and time: whether values carry an offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<bool>,
    /// Timestamp and time: IANA zone of values without an offset; `Etc/UTC` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_timezone: Option<String>,
    /// Numbers: values are multiples of this, which is positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiple_of: Option<Number>,
    /// Record: fields that are always there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<Vec<String>>,
    /// Record: least number of fields; 0 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_properties: Option<u64>,
    /// Record: greatest number of fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_properties: Option<u64>,
    /// List: least number of elements; 0 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u64>,
    /// List: greatest number of elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
    /// List: whether no element occurs twice; `false` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_items: Option<bool>,
    /// Vector: number of elements; required, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u64>,
    /// Vector: type of the elements; `float32` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element_type: Option<ElementType>,
    /// Vector: how distance is meant to be measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_metric: Option<DistanceMetric>,
    /// Vector: model that made the embedding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding_model: Option<String>,
    /// Vector: version of that model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding_model_version: Option<String>,
    /// Vector: whether every vector has length 1; `false` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalized: Option<bool>,
}
