//! The features that a table needs beyond the plain protocol. Programs that do not know one are shut out of the
//! whole table, not of a column.

use dataproduct_contract::{Column, Contract, DataType, Value};

use super::found::Found;
use crate::Kind;
use crate::change::Effect;

/// The custom property that asks for columns to have names of their own in files.
const MAPPING_MODE: &str = "delta.columnMapping.mode";
/// The custom property that allows types to be widened.
const TYPE_WIDENING: &str = "delta.enableTypeWidening";

/// A feature, with what asks for it.
struct Feature {
    name: &'static str,
    /// The custom property that asks for it; `None` where a type does.
    property: Option<&'static str>,
    asked: fn(&Contract) -> Option<String>,
}

const FEATURES: [Feature; 3] = [
    Feature {
        name: "columnMapping",
        property: Some(MAPPING_MODE),
        asked: |contract| {
            property(contract, MAPPING_MODE).filter(|mode| !mode.eq_ignore_ascii_case("none"))
        },
    },
    Feature {
        name: "typeWidening",
        property: Some(TYPE_WIDENING),
        asked: |contract| {
            property(contract, TYPE_WIDENING).filter(|is_on| is_on.eq_ignore_ascii_case("true"))
        },
    },
    Feature {
        name: "timestampNtz",
        property: None,
        asked: |contract| local_timestamp(contract.columns().iter()),
    },
];

pub(crate) fn table(old: &Contract, new: &Contract, found: &mut Found) {
    for feature in FEATURES {
        let (before, after) = ((feature.asked)(old), (feature.asked)(new));
        let kind = match (&before, &after) {
            (None, Some(_)) => Kind::TableFeatureAdded,
            (Some(_), None) => Kind::TableFeatureRemoved,
            _ => continue,
        };
        let path = format!("table.{}", feature.name);
        found.effect(kind, &path, Effect::Metadata, before, after);
    }
}

/// The custom properties whose change is told as that of a feature.
pub(crate) fn told(old: &Contract, new: &Contract) -> Vec<&'static str> {
    let changed = |feature: &Feature| {
        let asked = feature.asked;
        asked(old).is_some() != asked(new).is_some()
    };
    let changed = FEATURES.into_iter().filter(changed);
    changed.filter_map(|feature| feature.property).collect()
}

/// The value of a custom property of the contract, as text.
fn property(contract: &Contract, name: &str) -> Option<String> {
    let (_, value) = contract.custom().iter().find(|(known, _)| known == name)?;
    Some(match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    })
}

/// The path of the first timestamp without zone, at any depth.
fn local_timestamp<'a>(mut columns: impl Iterator<Item = &'a Column>) -> Option<String> {
    columns.find_map(|column| {
        let inner = match &column.data_type {
            DataType::TimestampNtz => return Some(column.name.clone()),
            DataType::Struct(fields) => local_timestamp(fields.iter()),
            DataType::List(element) => local_timestamp([&**element].into_iter()),
            DataType::Map { key, value } => local_timestamp([&**key, &**value].into_iter()),
            _ => None,
        };
        inner.map(|inner| format!("{}.{inner}", column.name))
    })
}
