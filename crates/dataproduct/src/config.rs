//! `mesh.toml`: where each domain keeps its products.

use std::collections::BTreeMap;
use std::path::Path;

use dataproduct_compat::Policy;
use dataproduct_contract::Name;
use dataproduct_table::Location;
use serde::Deserialize;

use crate::{Error, Result};

/// The largest `mesh.toml` that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The root of every domain that has none of its own.
    root: Option<String>,
    /// Where consumers are registered, if not in the common root.
    consumers: Option<String>,
    /// The roots of single domains.
    #[serde(default)]
    domains: BTreeMap<String, String>,
    /// Read by [`Policy`].
    #[serde(default, rename = "evolution")]
    _evolution: toml::Table,
}

/// What a `mesh.toml` says.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) roots: Roots,
    pub(crate) policy: Policy,
}

/// Where the domains of a mesh are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    pub(crate) default: Option<Location>,
    pub(crate) domains: BTreeMap<Name, Location>,
    pub(crate) consumers: Option<Location>,
}

impl Settings {
    /// Reads `mesh.toml`. Paths in it that are not URLs count from the folder of the file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let error = |reason: String| Error::Config {
            path: path.display().to_string(),
            reason,
        };
        let size = std::fs::metadata(path)
            .map_err(|e| error(e.to_string()))?
            .len();
        if size > MAX_BYTES {
            return Err(error(format!("it has {size} bytes, more than {MAX_BYTES}")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| error(e.to_string()))?;
        let file: File = toml::from_str(&text).map_err(|e| error(e.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let locate = |text: &str| {
            if text.contains("://") {
                Location::parse(text)
            } else {
                Location::parse(&folder.join(text).to_string_lossy())
            }
            .map_err(|e| error(e.to_string()))
        };
        let mut roots = Roots {
            default: file.root.as_deref().map(locate).transpose()?,
            domains: BTreeMap::new(),
            consumers: file.consumers.as_deref().map(locate).transpose()?,
        };
        for (domain, root) in &file.domains {
            let name: Name = domain.parse().map_err(|e| error(format!("{e}")))?;
            roots.domains.insert(name, locate(root)?);
        }
        if roots.default.is_none() && roots.domains.is_empty() {
            return Err(error(
                "it names no root: write `root = \"…\"` or a table `[domains]`".to_owned(),
            ));
        }
        Ok(Self {
            roots,
            policy: Policy::from_toml(&text).map_err(|e| error(e.to_string()))?,
        })
    }
}

impl Roots {
    /// The folder of a domain's products.
    pub(crate) fn of(&self, domain: &Name) -> Result<&Location> {
        self.domains
            .get(domain)
            .or(self.default.as_ref())
            .ok_or_else(|| Error::UnknownDomain {
                domain: domain.to_string(),
                known: self
                    .domains
                    .keys()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}
