//! ODCS documents of older versions.

use dataproduct::contract::odcs::Document;

use super::Error;

/// A document of ODCS 3.0 to 3.2 as one of 3.2.0 in YAML. Nothing it says is lost, also where it says more
/// than the contract of one table can.
///
/// # Errors
/// [`Error::Invalid`] with every problem of the document's shape.
pub fn upgrade(text: &str) -> Result<String, Error> {
    let document = Document::from_yaml(text).map_err(Error::Invalid)?;
    document.to_yaml().map_err(Error::Invalid)
}
