//! What stands in `schemas/`: generated from types, never edited by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dataproduct::contract::odcs::Document;
use dataproduct::contract::odps::Product;
use dataproduct::record::{Declared, Schemas};

/// Why `schemas/` could not be generated.
pub type Error = Box<dyn std::error::Error>;

/// The files of `schemas/` that belong to no product, by path within it.
pub type Files = BTreeMap<PathBuf, String>;

/// The JSON Schemas of the documents themselves.
///
/// # Errors
/// When a schema cannot be written as JSON.
pub fn files() -> Result<Files, Error> {
    let mut files = Files::new();
    let schema = json(&Document::json_schema())?;
    files.insert("contract.schema.json".into(), schema);
    files.insert("product.schema.json".into(), json(&Product::json_schema())?);
    Ok(files)
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The types of the examples whose contracts are recorded.
#[must_use]
pub fn declared() -> Vec<Declared> {
    vec![
        Declared::of::<product_team::Sofa>(),
        Declared::of::<inventory_team::StockLevel>(),
        Declared::of::<logistics_team::DeliverySlot>(),
        Declared::of::<logistics_team::PostalZone>(),
        Declared::of::<every_type::EveryType>(),
    ]
}

/// The record.
///
/// # Errors
/// When the folder is not there.
pub fn record() -> Result<Schemas, Error> {
    Ok(Schemas::open(folder())?)
}

/// The folder that the files belong in.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}
