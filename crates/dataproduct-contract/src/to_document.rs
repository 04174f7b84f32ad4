//! A contract declared in code, written as an ODCS 3.2.0 document.
//!
//! What the standard has no field for is said in custom properties of the vendor
//! [`VENDOR`]; docs/odcs.md lists them.

use crate::draft::Draft;
use crate::odcs::{
    AuthoritativeDefinition, CustomProperty, Description, Document, Endpoint, EnumValue,
    LogicalType, LogicalTypeOptions, MapTypes, ObjectType, Property, Relationship, Role,
    SchemaObject, SlaProperty, SupportItem, Team, TeamEntry, TeamMember,
};
use crate::{Column, ColumnRef, DataType, Map, Number, Period, Sla, Value};

mod quality;

pub(crate) use quality::ENGINE;

/// The vendor of the custom properties that say what ODCS has no field for.
pub(crate) const VENDOR: &str = "dataproduct";
/// The type of an authoritative definition that names the term a column stands for.
pub(crate) const SEMANTIC_TYPE: &str = "semanticType";

/// `None` for an empty list, which is then left out of the document.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    if list.is_empty() { None } else { Some(list) }
}

fn ours(name: &str, value: impl Into<Value>) -> CustomProperty {
    CustomProperty {
        property: name.to_owned(),
        value: value.into(),
        vendor: Some(VENDOR.to_owned()),
        ..CustomProperty::default()
    }
}

fn theirs(custom: &[(String, Value)]) -> impl Iterator<Item = CustomProperty> + '_ {
    custom.iter().map(|(name, value)| CustomProperty {
        property: name.clone(),
        value: value.clone(),
        ..CustomProperty::default()
    })
}

pub(crate) fn document(draft: &Draft) -> Document {
    let mut custom = Vec::new();
    if let Some(steward) = &draft.ownership.steward {
        custom.push(ours("steward", steward.as_str()));
    }
    let consumers: Vec<Value> = draft
        .ownership
        .consumers
        .iter()
        .map(|consumer| {
            let mut map = Map::new();
            map.insert("name", consumer.name.as_str());
            map.insert("purpose", consumer.purpose.as_str());
            map.insert("versions", consumer.versions.to_string());
            Value::Map(map)
        })
        .collect();
    if !consumers.is_empty() {
        custom.push(ours("consumers", consumers));
    }
    if let Some(sunset) = draft.sunset {
        custom.push(ours("sunset", sunset.to_string()));
    }
    if let Some(successor) = &draft.successor {
        custom.push(ours("successor", successor.to_string()));
    }
    custom.extend(quality::on_failure(draft.on_failure.as_ref()));
    custom.extend(theirs(&draft.custom));
    let has_description =
        draft.purpose.is_some() || draft.usage.is_some() || draft.limitations.is_some();
    Document {
        id: draft.id.clone(),
        name: Some(draft.name.product().to_string()),
        version: draft.version.to_string(),
        status: Some(draft.status.as_str().to_owned()),
        domain: Some(draft.name.domain().to_string()),
        description: has_description.then(|| Description {
            purpose: draft.purpose.clone(),
            usage: draft.usage.clone(),
            limitations: draft.limitations.clone(),
            ..Description::default()
        }),
        tags: some(draft.tags.clone()),
        schema: Some(vec![schema(draft)]),
        support: some(support(draft)),
        team: Some(team(draft)),
        roles: some(roles(draft)),
        sla_properties: some(sla(&draft.sla)),
        custom_properties: some(custom),
        ..Document::default()
    }
}

fn team(draft: &Draft) -> TeamEntry {
    let members = draft
        .ownership
        .members
        .iter()
        .map(|member| TeamMember {
            username: member.username.clone(),
            role: member.role.clone(),
            ..TeamMember::default()
        })
        .collect();
    TeamEntry::Team(Team {
        name: Some(draft.ownership.team.clone()),
        members: some(members),
        ..Team::default()
    })
}

fn support(draft: &Draft) -> Vec<SupportItem> {
    let item = |channel: &crate::SupportChannel| SupportItem {
        channel: channel.channel.clone(),
        url: channel.url.clone(),
        tool: channel.tool.clone(),
        ..SupportItem::default()
    };
    draft.support.iter().map(item).collect()
}

fn roles(draft: &Draft) -> Vec<Role> {
    let role = |role: &crate::AccessRole| Role {
        role: role.role.clone(),
        access: role.access.clone(),
        ..Role::default()
    };
    draft.roles.iter().map(role).collect()
}

fn schema(draft: &Draft) -> SchemaObject {
    let name = draft.name.product().to_string();
    SchemaObject {
        id: Some(name.clone()),
        name,
        logical_type: Some(ObjectType::Object),
        physical_type: Some("table".to_owned()),
        description: draft.description.clone(),
        properties: Some(draft.columns.iter().map(named).collect()),
        quality: some(draft.rules.iter().map(quality::rule).collect()),
        ..SchemaObject::default()
    }
}

/// A column at the top level or a field of a struct.
fn named(column: &Column) -> Property {
    Property {
        name: Some(column.name.clone()),
        ..property(column)
    }
}

/// An element, key or value, which has no name of its own in a document.
fn property(column: &Column) -> Property {
    let (logical_type, format) = logical_type(&column.data_type);
    let mut out = Property {
        id: column.id.clone(),
        primary_key: column.key.map(|_| true),
        primary_key_position: column.key.map(i64::from),
        business_name: column.business_name.clone(),
        logical_type: Some(logical_type),
        logical_type_options: options(column, format),
        physical_type: Some(column.data_type.to_string()),
        description: column.description.clone(),
        required: Some(!column.nullable),
        unique: column.unique.then_some(true),
        deprecated: column.deprecated.as_ref().map(|_| true),
        partitioned: column.partition.map(|_| true),
        partition_key_position: column.partition.map(i64::from),
        classification: column
            .classification
            .as_ref()
            .map(|c| c.as_str().to_owned()),
        examples: some(column.examples.clone()),
        enum_values: some(column.allowed.iter().map(enum_value).collect()),
        authoritative_definitions: column.semantic_type.as_ref().map(|url| {
            vec![AuthoritativeDefinition {
                url: url.clone(),
                kind: SEMANTIC_TYPE.to_owned(),
                ..AuthoritativeDefinition::default()
            }]
        }),
        tags: some(column.tags.clone()),
        relationships: some(column.references.iter().map(relationship).collect()),
        quality: some(column.rules.iter().map(quality::rule).collect()),
        custom_properties: some(custom(column)),
        ..Property::default()
    };
    match &column.data_type {
        DataType::Struct(fields) => out.properties = Some(fields.iter().map(named).collect()),
        DataType::List(element) => out.items = Some(Box::new(property(element))),
        DataType::Map { key, value } => {
            out.map = Some(MapTypes {
                key: Box::new(property(key)),
                value: Box::new(property(value)),
            });
        }
        _ => {}
    }
    out
}

fn custom(column: &Column) -> Vec<CustomProperty> {
    let mut custom = Vec::new();
    if column.event_time {
        custom.push(ours("eventTime", true));
    }
    if let Some(position) = column.sort {
        custom.push(ours("sortPosition", i64::from(position)));
    }
    if let Some(unit) = &column.unit {
        custom.push(ours("unit", unit.as_str()));
    }
    if let Some(pii) = column.pii {
        custom.push(ours("piiCategory", pii.as_str()));
    }
    if column.open_enum {
        custom.push(ours("openEnum", true));
    }
    if let Some(note) = column.deprecated.as_ref().and_then(|d| d.note.as_ref()) {
        custom.push(ours("deprecationNote", note.as_str()));
    }
    if !column.former_names.is_empty() {
        let names = column
            .former_names
            .iter()
            .map(|name| Value::from(name.as_str()));
        custom.push(ours("formerNames", Value::List(names.collect())));
    }
    if let Some(default) = &column.default {
        custom.push(ours("default", default.clone()));
    }
    custom.extend(quality::on_failure(column.on_failure.as_ref()));
    custom.extend(theirs(&column.custom));
    custom
}

fn enum_value(allowed: &crate::AllowedValue) -> EnumValue {
    EnumValue {
        value: allowed.value.clone(),
        label: allowed.label.clone(),
        description: allowed.description.clone(),
        ..EnumValue::default()
    }
}

/// The logical type, and the format option that tells types of one logical type apart.
fn logical_type(data_type: &DataType) -> (LogicalType, Option<&'static str>) {
    match data_type {
        DataType::Boolean => (LogicalType::Boolean, None),
        DataType::Int8 => (LogicalType::Integer, Some("i8")),
        DataType::Int16 => (LogicalType::Integer, Some("i16")),
        DataType::Int32 => (LogicalType::Integer, Some("i32")),
        DataType::Int64 => (LogicalType::Integer, Some("i64")),
        DataType::Float32 => (LogicalType::Number, Some("f32")),
        DataType::Float64 => (LogicalType::Number, Some("f64")),
        // ODCS has no exact number; the physical type carries precision and scale.
        DataType::Decimal { .. } => (LogicalType::Number, None),
        DataType::String => (LogicalType::String, None),
        DataType::Binary => (LogicalType::String, Some("binary")),
        DataType::Uuid => (LogicalType::String, Some("uuid")),
        DataType::Date => (LogicalType::Date, None),
        DataType::Timestamp | DataType::TimestampNtz => (LogicalType::Timestamp, None),
        DataType::Struct(_) => (LogicalType::Object, None),
        DataType::List(_) => (LogicalType::Array, None),
        DataType::Map { .. } => (LogicalType::Map, None),
    }
}

fn options(column: &Column, format: Option<&str>) -> Option<LogicalTypeOptions> {
    let limits = &column.limits;
    let options = LogicalTypeOptions {
        min_length: limits.min_length,
        max_length: limits.max_length,
        pattern: limits.pattern.clone(),
        format: format.map(str::to_owned).or_else(|| limits.format.clone()),
        minimum: limits.minimum.clone(),
        exclusive_minimum: limits.exclusive_minimum.clone(),
        maximum: limits.maximum.clone(),
        exclusive_maximum: limits.exclusive_maximum.clone(),
        multiple_of: limits
            .multiple_of
            .and_then(|step| Number::try_from(step).ok()),
        min_items: limits.min_items,
        max_items: limits.max_items,
        unique_items: limits.unique_items.then_some(true),
        timezone: match column.data_type {
            DataType::Timestamp => Some(true),
            DataType::TimestampNtz => Some(false),
            _ => None,
        },
        ..LogicalTypeOptions::default()
    };
    (options != LogicalTypeOptions::default()).then_some(options)
}

/// A relationship to a column of another product, in the standard's notation for other files.
fn relationship(reference: &ColumnRef) -> Relationship {
    let product = &reference.product;
    let column = reference.column.replace('.', "/properties/");
    let to = format!(
        "{}/{}.odcs.yaml#/schema/{}/properties/{column}",
        product.domain(),
        product.product(),
        product.product()
    );
    Relationship {
        to: Endpoint::One(to),
        ..Relationship::default()
    }
}

/// A number that a document can hold, whole where it is whole.
fn number(value: f64) -> Number {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Number::Integer(value as i64);
    }
    Number::try_from(value).unwrap_or_default()
}

fn sla(sla: &Sla) -> Vec<SlaProperty> {
    let promise = |property: &str, value: Value, unit: Option<&str>| SlaProperty {
        property: property.to_owned(),
        value,
        unit: unit.map(str::to_owned),
        ..SlaProperty::default()
    };
    let mut out = Vec::new();
    let periods = [
        ("latency", sla.freshness),
        ("frequency", sla.frequency),
        ("retention", sla.retention),
    ];
    for (name, period) in periods {
        if let Some(period) = period {
            let (value, unit) = Period(period).parts();
            out.push(promise(name, number(value).into(), Some(unit)));
        }
    }
    if let Some(percent) = sla.availability_percent {
        out.push(promise(
            "availability",
            number(percent).into(),
            Some("percent"),
        ));
    }
    for deadline in &sla.deadlines {
        out.push(SlaProperty {
            scheduler: Some("cron".to_owned()),
            schedule: Some(deadline.cron.clone()),
            description: deadline.description.clone(),
            custom_properties: Some(vec![ours("timezone", deadline.zone.as_str())]),
            ..promise(
                "timeOfAvailability",
                Value::String(deadline.cron.clone()),
                None,
            )
        });
    }
    out
}
