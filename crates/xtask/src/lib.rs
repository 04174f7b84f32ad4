//! What stands in `schemas/`: generated from types, never edited by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dataproduct::contract::odcs::Document;
use dataproduct::contract::odps::Product;
use dataproduct::{Contract, DataProduct, Problems, Record};

/// Why `schemas/` could not be generated.
pub type Error = Box<dyn std::error::Error>;

/// The files of `schemas/`, by path within it.
pub type Files = BTreeMap<PathBuf, String>;

/// Everything that should stand in `schemas/`.
///
/// # Errors
/// When the declaration of a type is no valid contract.
pub fn files() -> Result<Files, Error> {
    let mut files = Files::new();
    product::<product_team::Sofa>(&mut files)?;
    product::<inventory_team::StockLevel>(&mut files)?;
    product::<logistics_team::DeliverySlot>(&mut files)?;
    product::<logistics_team::PostalZone>(&mut files)?;
    product::<every_type::EveryType>(&mut files)?;
    let schema = json(&Document::json_schema())?;
    files.insert("contract.schema.json".into(), schema);
    files.insert("product.schema.json".into(), json(&Product::json_schema())?);
    Ok(files)
}

/// Adds what follows from one declaration: the contract and the product around it as documents, the
/// JSON Schema of a row and the Arrow schema of a batch.
fn product<T: DataProduct + Record>(files: &mut Files) -> Result<(), Error> {
    let contract: &Contract = T::try_contract().map_err(Problems::clone)?;
    let name = contract.name();
    let folder = Path::new(name.domain().as_str()).join(name.product().as_str());
    let path = |ending: &str| folder.join(format!("{}.{ending}", contract.version()));
    files.insert(path("odcs.yaml"), contract.to_yaml().to_owned());
    files.insert(
        path("odps.yaml"),
        Product::around(std::slice::from_ref(contract))?.to_yaml()?,
    );
    files.insert(path("schema.json"), json(&T::json_schema())?);
    files.insert(path("arrow.json"), json(contract.arrow_schema().as_ref())?);
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The folder that the files belong in.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}
