//! Whether what is stored is still what was published, and whether a store can be trusted with it.

use dataproduct_contract::{ProductRef, Version};
use dataproduct_table::{Diagnosis, Location, Table, VerifyProgress, VerifyReport};

use crate::{Error, Mesh, Result};

/// What was found in one table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Where the table is.
    pub table: String,
    /// What was found.
    pub report: VerifyReport,
}

/// Looks at everything that a table rests on and names what is damaged: see [`Table::verify`].
///
/// # Errors
/// [`Error::Table`] when there is no table or the store fails; what is damaged is in the report.
pub async fn verify_table(
    table: &str,
    progress: impl Fn(VerifyProgress) + Send + Sync,
) -> Result<Verified> {
    verified(&Location::parse(table)?, progress).await
}

/// Tries out whether tables on a store are safe with several writers: see [`Location::doctor`].
///
/// # Errors
/// [`Error::Table`] when the location is none or the store does not answer.
pub async fn doctor(location: &str) -> Result<Diagnosis> {
    Ok(Location::parse(location)?.doctor().await?)
}

async fn verified(
    location: &Location,
    progress: impl Fn(VerifyProgress) + Send + Sync,
) -> Result<Verified> {
    Ok(Verified {
        table: location.to_string(),
        report: Table::verify(location, progress).await?,
    })
}

impl Mesh {
    /// Verifies the tables of a product, one for each major version in the range: see [`Table::verify`].
    ///
    /// A product is verified also if it cannot be read any more. A major version is in the range if one of its stored
    /// contracts is, or the range takes all of it.
    ///
    /// # Errors
    /// [`Error::Name`] for a reference that is not well-formed, [`Error::NotPublished`] when there is no table in the
    /// range, and [`Error::Table`] when a store fails.
    pub async fn verify(
        &self,
        reference: &str,
        progress: impl Fn(VerifyProgress) + Send + Sync,
    ) -> Result<Vec<Verified>> {
        let reference: ProductRef = reference.parse()?;
        let mut found = Vec::new();
        for major in self.majors(&reference.name).await? {
            let location = self.table(&reference.name, major)?;
            if !Table::exists(&location).await?
                || !is_in_range(&reference, &location, major).await?
            {
                continue;
            }
            found.push(verified(&location, &progress).await?);
        }
        match found.is_empty() {
            true => Err(Error::NotPublished {
                reference: reference.to_string(),
                offered: String::new(),
            }),
            false => Ok(found),
        }
    }
}

async fn is_in_range(reference: &ProductRef, location: &Location, major: u64) -> Result<bool> {
    let whole: Result<Version, _> = format!("{major}.{}.0", u64::MAX).parse();
    if whole.is_ok_and(|version| reference.accepts(&version)) {
        return Ok(true);
    }
    let stored = location.join("_contract")?.files().await?;
    let versions = stored
        .iter()
        .filter_map(|name| name.strip_suffix(".odcs.yaml")?.parse().ok());
    Ok(versions
        .into_iter()
        .any(|version: Version| reference.accepts(&version)))
}
