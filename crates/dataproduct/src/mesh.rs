//! The mesh: where products are published and found.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound as _, Utc};
use dataproduct_compat::Policy;
use dataproduct_contract::row::DataProduct;
use dataproduct_contract::{Contract, Name, ProductName, ProductRef};
use dataproduct_freshness::{Clock, SystemClock};
use dataproduct_table::{Durability, Location};

use crate::config::{Roots, Settings};
use crate::consumers::CONSUMERS;
use crate::product::{self, Life, Product};
use crate::publisher::{BatchPublisher, Publisher};
use crate::status::{self, ProductStatus};
use crate::{Error, Result};

/// A data mesh: domains, each with the root under which it keeps its products.
///
/// Cloning is cheap; a mesh can be used from any number of tasks.
///
/// ```
/// # async fn example() -> Result<(), dataproduct::Error> {
/// use dataproduct::Mesh;
///
/// let mesh = Mesh::builder().with_root("memory://docs-mesh").build()?;
/// assert!(mesh.products().await?.is_empty());
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Mesh(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    roots: Roots,
    pub(crate) policy: Policy,
    clock: Arc<dyn Clock>,
    durability: Durability,
}

impl Inner {
    /// Now, to the microsecond: the unit in which tables keep time, so that an age that equals its limit
    /// is not over it by what was cut off.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    /// Where consumers are registered, if the mesh has a place for them.
    pub(crate) fn consumers(&self) -> Result<Option<Location>> {
        let folder = match (&self.roots.consumers, &self.roots.default) {
            (Some(folder), _) => folder.clone(),
            (None, Some(root)) => root.join(CONSUMERS)?,
            (None, None) => return Ok(None),
        };
        Ok(Some(folder.with_durability(self.durability)))
    }
}

/// Declares a mesh in code.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct MeshBuilder {
    default: Option<String>,
    domains: Vec<(String, String)>,
    consumers: Option<String>,
    policy: Policy,
    clock: Option<Arc<dyn Clock>>,
    durability: Durability,
}

impl MeshBuilder {
    /// Sets the root of every domain that has none of its own: a folder or a URL.
    pub fn with_root(mut self, root: impl Into<String>) -> Self {
        self.default = Some(root.into());
        self
    }

    /// Sets the root of one domain: a folder or a URL.
    pub fn with_domain(mut self, domain: impl Into<String>, root: impl Into<String>) -> Self {
        self.domains.push((domain.into(), root.into()));
        self
    }

    /// Sets where consumers are registered: a folder or a URL; `_consumers` in the common root by default.
    pub fn with_consumers(mut self, folder: impl Into<String>) -> Self {
        self.consumers = Some(folder.into());
        self
    }

    /// Sets the clock by which commits are dated and ages told; the machine's by default.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets which rules of evolution weigh more or less, and which breaks are accepted; nothing by default.
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets what a commit on a local disk waits for; [`Durability::Full`] by default.
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Makes the mesh. Nothing is read or written yet.
    ///
    /// # Errors
    /// [`Error::Name`] for the name of a domain that is not valid, [`Error::Table`] for a root that is
    /// no folder or URL, and [`Error::UnknownDomain`] when no root is given at all.
    pub fn build(self) -> Result<Mesh> {
        let mut roots = Roots {
            default: self.default.as_deref().map(Location::parse).transpose()?,
            consumers: self.consumers.as_deref().map(Location::parse).transpose()?,
            ..Roots::default()
        };
        for (domain, root) in &self.domains {
            roots
                .domains
                .insert(domain.parse::<Name>()?, Location::parse(root)?);
        }
        if roots.default.is_none() && roots.domains.is_empty() {
            return Err(Error::UnknownDomain {
                domain: String::new(),
                known: String::new(),
            });
        }
        Ok(Mesh::new(
            Settings {
                roots,
                policy: self.policy,
            },
            self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            self.durability,
        ))
    }
}

impl Mesh {
    fn new(settings: Settings, clock: Arc<dyn Clock>, durability: Durability) -> Self {
        Self(Arc::new(Inner {
            roots: settings.roots,
            policy: settings.policy,
            clock,
            durability,
        }))
    }

    /// Declares a mesh in code.
    pub fn builder() -> MeshBuilder {
        MeshBuilder::default()
    }

    /// Opens the mesh that a `mesh.toml` describes.
    ///
    /// ```toml
    /// root = "mesh-data"                  # every domain without a root of its own
    /// consumers = "consumers"             # who uses what; `_consumers` in the root by default
    ///
    /// [domains]
    /// inventory = "s3://acme-inventory"   # this domain's products
    ///
    /// [[evolution.waivers]]               # a break that was accepted, see `Policy`
    /// rule = "sla-loosened"
    /// path = "sla.freshness"
    /// product = "inventory.stock-levels"
    /// author = "steward@example.com"
    /// reason = "agreed with all consumers"
    /// expires = "2027-01-31"
    /// ```
    ///
    /// # Errors
    /// [`Error::Config`] when the file cannot be read or says something that is not understood.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let settings = Settings::read(path.as_ref())?;
        Ok(Self::new(
            settings,
            Arc::new(SystemClock),
            Durability::default(),
        ))
    }

    /// A publisher of typed rows.
    ///
    /// # Errors
    /// [`Error::Contract`] when the declaration of `T` is not a valid contract, and
    /// [`Error::UnknownDomain`] when the mesh has no root for its domain.
    pub fn publisher<T: DataProduct>(&self) -> Result<Publisher<T>> {
        let contract = T::try_contract().map_err(|problems| Error::Contract(problems.clone()))?;
        Ok(Publisher::new(self.publisher_for(contract)?))
    }

    /// A publisher of record batches under a contract that is not a Rust type.
    ///
    /// # Errors
    /// [`Error::UnknownDomain`] when the mesh has no root for the contract's domain.
    pub fn publisher_for(&self, contract: &Contract) -> Result<BatchPublisher> {
        let location = self.table(contract.name(), contract.version().major())?;
        Ok(BatchPublisher::new(
            self.clone(),
            contract.clone(),
            location,
        ))
    }

    /// The newest published state of a product, such as `inventory.stock-levels@^1`.
    ///
    /// Of several major versions the newest in the range is taken.
    ///
    /// # Errors
    /// [`Error::Name`] for a reference that is not well-formed, [`Error::NotPublished`] when no
    /// version in the range is published, [`Error::Retired`] when it is retired or past its sunset, naming what to
    /// read instead, and [`Error::Table`] when it cannot be read.
    pub async fn product(&self, reference: &str) -> Result<Product> {
        product::open(self, &reference.parse::<ProductRef>()?, Life::Alive).await
    }

    /// The newest published state of a product whose life may be over: to look something up in it, not to go on
    /// reading it.
    ///
    /// # Errors
    /// As [`product`](Self::product), but never [`Error::Retired`].
    pub async fn archived(&self, reference: &str) -> Result<Product> {
        product::open(self, &reference.parse::<ProductRef>()?, Life::Any).await
    }

    /// The names of all products published in the mesh, in order.
    ///
    /// # Errors
    /// [`Error::Table`] when a root cannot be listed.
    pub async fn products(&self) -> Result<Vec<ProductName>> {
        let mut names = Vec::new();
        for domain in self.domains().await? {
            let folder = self.0.roots.of(&domain)?.join(domain.as_str())?;
            for product in folder.children().await? {
                // Whatever else lies in the folder is not a product.
                let Ok(product) = product.parse::<Name>() else {
                    continue;
                };
                let name = ProductName::new(domain.clone(), product);
                if !self.majors(&name).await?.is_empty() {
                    names.push(name);
                }
            }
        }
        names.sort();
        Ok(names)
    }

    /// How each product of the mesh is doing: newest version, owner, age against its promise.
    ///
    /// A product that cannot be read is listed as unknown, with the reason; it never makes the others
    /// disappear.
    ///
    /// # Errors
    /// [`Error::Table`] when a root cannot be listed.
    pub async fn status(&self) -> Result<Vec<ProductStatus>> {
        let mut out = Vec::new();
        for name in self.products().await? {
            out.push(status::of(self, name).await);
        }
        Ok(out)
    }

    /// The domains that have a root of their own or a folder under the common one.
    async fn domains(&self) -> Result<Vec<Name>> {
        let mut domains: Vec<Name> = self.0.roots.domains.keys().cloned().collect();
        if let Some(root) = &self.0.roots.default {
            let found = root.children().await?;
            domains.extend(
                found
                    .iter()
                    .filter_map(|folder| folder.parse::<Name>().ok()),
            );
        }
        domains.sort();
        domains.dedup();
        Ok(domains)
    }

    /// The major versions of a product that have a table, in order.
    pub(crate) async fn majors(&self, name: &ProductName) -> Result<Vec<u64>> {
        let folder = self.folder(name)?;
        let mut majors: Vec<u64> = folder
            .children()
            .await?
            .iter()
            .filter_map(|folder| folder.strip_prefix('v')?.parse().ok())
            .collect();
        majors.sort_unstable();
        Ok(majors)
    }

    fn folder(&self, name: &ProductName) -> Result<Location> {
        let root = self
            .0
            .roots
            .of(name.domain())?
            .clone()
            .with_durability(self.0.durability)
            .with_clock(Arc::clone(&self.0.clock));
        Ok(root
            .join(name.domain().as_str())?
            .join(name.product().as_str())?)
    }

    /// Where the table of one major version is.
    pub(crate) fn table(&self, name: &ProductName, major: u64) -> Result<Location> {
        Ok(self.folder(name)?.join(&format!("v{major}"))?)
    }
}
