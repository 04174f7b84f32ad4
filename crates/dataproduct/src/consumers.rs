//! Who uses what of the products of a mesh: one file for each consumer and product, in the folder `_consumers`.

use std::fmt::Write as _;

use bytes::Bytes;
use dataproduct_compat::Impact;
use dataproduct_contract::{Consumption, ProductName, yaml};
use dataproduct_table::Location;

use crate::mesh::Inner;
use crate::{Error, Mesh, Result};

/// The folder of consumers under the common root of a mesh.
pub(crate) const CONSUMERS: &str = "_consumers";

impl Mesh {
    /// Registers what a consumer uses of a product, in place of what it registered before: from then on a publish that
    /// is refused names the consumer and its owner, if the change would have broken it.
    ///
    /// It becomes the file `<consumer>.<domain>.<product>.yaml` in the folder of consumers: the one that `mesh.toml` or
    /// [`MeshBuilder::with_consumers`](crate::MeshBuilder::with_consumers) names, or `_consumers` in the common root.
    ///
    /// # Errors
    /// [`Error::Contract`] when owner or purpose are missing or a column is named twice, [`Error::Config`] when the mesh
    /// has no place for consumers, and [`Error::Table`] when the file cannot be written.
    ///
    /// # Example
    ///
    /// ```
    /// # use dataproduct::prelude::*;
    /// use dataproduct::contract::Consumption;
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let mesh = Mesh::builder().with_root("memory://docs-consumers").build()?;
    /// let consumption = Consumption::new("living-room".parse()?, "inventory.stock@^1".parse()?)
    ///     .with_owner("advice-team")
    ///     .with_purpose("answer what is in stock")
    ///     .with_column("on_hand");
    /// mesh.register(&consumption).await?;
    /// let registered = mesh.registrations(&"inventory.stock".parse()?).await?;
    /// assert_eq!(registered.len(), 1);
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn register(&self, consumption: &Consumption) -> Result<()> {
        let text = consumption.to_yaml().map_err(Error::Contract)?;
        let Some(folder) = self.0.consumers()? else {
            return Err(Error::Config {
                path: "mesh.toml".to_owned(),
                reason: "it has no place for consumers: name one, `consumers = \"…\"`, or a common `root`"
                    .to_owned(),
            });
        };
        let name = consumption.file_name();
        Ok(folder.write_file(&name, Bytes::from(text)).await?)
    }

    /// The registered consumers of a product in the order of their files, each with its consumption or what is wrong
    /// with it, so that one bad file does not hide the others. None where the mesh has no place for consumers.
    ///
    /// # Errors
    /// [`Error::Table`] when the folder cannot be listed.
    pub async fn registrations(&self, product: &ProductName) -> Result<Vec<Result<Consumption>>> {
        self.0.registrations(product).await
    }
}

impl Inner {
    async fn registrations(&self, product: &ProductName) -> Result<Vec<Result<Consumption>>> {
        let Some(folder) = self.consumers()? else {
            return Ok(Vec::new());
        };
        let ending = format!(".{product}.yaml");
        let mut names = folder.files().await?;
        names.retain(|name| name.ends_with(&ending));
        let mut out = Vec::new();
        for name in names {
            out.push(registered(&folder, &name).await);
        }
        Ok(out)
    }

    /// Adds to a refusal whom the change would have broken. A registration that cannot be read is told, too: whoever
    /// it is may be broken.
    pub(crate) async fn name_consumers(&self, refusal: &mut Error) {
        let Error::Evolution {
            product,
            reason,
            comparison: Some(comparison),
            consumers,
            ..
        } = refusal
        else {
            return;
        };
        let registrations = self.registrations(product).await;
        let registrations = registrations.unwrap_or_else(|error| vec![Err(error)]);
        let (mut known, mut unread) = (Vec::new(), Vec::new());
        for registration in registrations {
            match registration {
                Ok(consumption) => known.push(consumption),
                Err(error) => unread.push(error),
            }
        }
        let broken = comparison.impact(&known);
        reason.push_str(&told(&broken));
        for error in unread {
            reason.push_str(&format!(
                "\nOf a registered consumer nobody can tell: {error}\n"
            ));
        }
        *consumers = broken.iter().map(|i| i.consumption.clone()).collect();
    }
}

async fn registered(folder: &Location, name: &str) -> Result<Consumption> {
    let error = |reason: String| Error::Record {
        path: format!("{folder}{name}"),
        reason,
    };
    let bytes = folder
        .read_file(name, yaml::DEFAULT_MAX_BYTES as u64)
        .await?;
    let bytes = bytes.ok_or_else(|| error("it was taken away while it was read".to_owned()))?;
    let text = std::str::from_utf8(&bytes).map_err(|e| error(e.to_string()))?;
    let consumption = Consumption::from_yaml(text)
        .map_err(|problems| error(format!("it is no consumption:\n{problems}")))?;
    let own = consumption.file_name();
    if own == name {
        Ok(consumption)
    } else {
        Err(error(format!("call it `{own}`")))
    }
}

/// Whom a comparison breaks, as lines of a message; nothing where it is nobody.
pub(crate) fn told(broken: &[Impact<'_>]) -> String {
    let mut out = String::new();
    if !broken.is_empty() {
        out.push_str("\nRegistered consumers that this breaks:\n");
    }
    for impact in broken {
        let Consumption {
            consumer,
            owner,
            purpose,
            product,
            ..
        } = impact.consumption;
        let findings = impact.findings.iter();
        let places: Vec<&str> = findings.map(|f| f.change.path.as_str()).collect();
        // Writing to a string cannot fail.
        let _written = writeln!(
            out,
            "  {consumer}, owner {owner}: reads {product} to {purpose}; meets {}",
            places.join(", ")
        );
    }
    out
}
