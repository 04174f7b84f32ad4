//! Where a table is: a URL, opened as an object store.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use dataproduct_freshness::{Clock, SystemClock};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path;
use url::Url;

use crate::error::{Error, Result};
use crate::local::{Durability, LocalStore};
use crate::storage::Storage;

/// The address of a table (or of a folder of tables) and how to reach it.
///
/// | written | opened as |
/// |---|---|
/// | `/data/stock`, `data/stock`, `file:///data/stock` | local disk |
/// | `memory://name/stock` | memory of this process; one store per `name`, shared by all who open it |
/// | `s3://bucket/stock` | S3, with the cargo feature `s3`; credentials from the environment |
/// | `gs://bucket/stock` | Google Cloud Storage, with `gcs` |
/// | `az://container/stock` | Azure Blob Storage, with `azure` |
///
/// # Example
///
/// ```
/// use dataproduct_table::Location;
///
/// let root = Location::parse("memory://doc")?;
/// let table = root.join("inventory")?.join("stock-levels")?;
/// assert_eq!(table.url().as_str(), "memory://doc/inventory/stock-levels/");
/// # Ok::<(), dataproduct_table::Error>(())
/// ```
#[derive(Clone)]
pub struct Location {
    url: Url,
    durability: Durability,
    store: Option<Arc<dyn ObjectStore>>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Location")
            .field("url", &self.url.as_str())
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str())
    }
}

impl Location {
    /// Reads a location from a URL or a plain path; a relative path starts at the working directory.
    ///
    /// Nothing is opened yet.
    ///
    /// # Errors
    ///
    /// `InvalidLocation` if the text is empty, has an unknown scheme or holds a query, a fragment or
    /// credentials; `FeatureOff` if the scheme needs a cargo feature that is off.
    pub fn parse(location: &str) -> Result<Self> {
        let invalid = |reason: &str| Error::InvalidLocation {
            location: location.to_owned(),
            reason: reason.to_owned(),
        };
        if location.is_empty() || location.contains('\0') {
            return Err(invalid(
                "give a folder or a URL such as `file:///data/stock`",
            ));
        }
        let mut url = if location.contains("://") {
            Url::parse(location).map_err(|error| invalid(&error.to_string()))?
        } else {
            let path =
                std::path::absolute(location).map_err(|error| invalid(&error.to_string()))?;
            Url::from_directory_path(&path).map_err(|()| invalid("the path is not absolute"))?
        };
        if url.query().is_some() || url.fragment().is_some() || url.password().is_some() {
            return Err(invalid(
                "leave out the query, fragment and credentials: credentials come from the environment",
            ));
        }
        match url.scheme() {
            "file" if url.host_str().is_some_and(|host| !host.is_empty()) => {
                return Err(invalid(
                    "a `file` URL has three slashes: `file:///data/stock`",
                ));
            }
            "file" | "memory" => {}
            "s3" => require_feature("s3", "s3", cfg!(feature = "s3"))?,
            "gs" => require_feature("gs", "gcs", cfg!(feature = "gcs"))?,
            "az" => require_feature("az", "azure", cfg!(feature = "azure"))?,
            other => {
                return Err(invalid(&format!(
                    "the scheme `{other}` is not one of file, memory, s3, gs, az"
                )));
            }
        }
        if url.scheme() != "file" && url.host_str().is_none_or(str::is_empty) {
            return Err(invalid(
                "name the bucket, container or memory store after `://`",
            ));
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Path::from_url_path(url.path()).map_err(|error| invalid(&error.to_string()))?;
        Ok(Self {
            url,
            durability: Durability::default(),
            store: None,
            clock: Arc::new(SystemClock),
        })
    }

    /// The location reached through a store of the caller's: a wrapped, limited or faulty one.
    ///
    /// The URL's path is the table's prefix within the store. Local short cuts are off.
    ///
    /// # Errors
    ///
    /// Those of [`Location::parse`].
    pub fn with_store(location: &str, store: Arc<dyn ObjectStore>) -> Result<Self> {
        Ok(Self {
            store: Some(store),
            ..Self::parse(location)?
        })
    }

    /// The same location with another durability for local writes; the default is [`Durability::Full`].
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The same location with another clock, by which commits are dated; the default is the machine's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Now, in milliseconds since 1970, by the clock that commits are dated by.
    pub(crate) fn now_millis(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    /// The location of a child: one segment, or several parted by `/`.
    ///
    /// # Errors
    ///
    /// `InvalidLocation` if a segment is empty, `.` or `..`.
    pub fn join(&self, child: &str) -> Result<Self> {
        let invalid = || Error::InvalidLocation {
            location: format!("{}{child}", self.url),
            reason: "a segment may not be empty, `.` or `..`".to_owned(),
        };
        let mut url = self.url.clone();
        {
            let mut segments = url.path_segments_mut().map_err(|()| invalid())?;
            segments.pop_if_empty();
            for segment in child.split('/') {
                if matches!(segment, "" | "." | "..") {
                    return Err(invalid());
                }
                segments.push(segment);
            }
            segments.push("");
        }
        Ok(Self {
            url,
            ..self.clone()
        })
    }

    /// The URL, ending in a slash.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// How hard local writes are pressed onto the disk.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// Tells a store of the caller's from others while it is there.
    pub(crate) fn own_store(&self) -> Option<usize> {
        let store = self.store.as_ref()?;
        Some(Arc::as_ptr(store).cast::<()>().addr())
    }

    /// Opens the store. Stores are shared: two openings of one location see the same objects.
    pub(crate) fn open(&self) -> Result<Storage> {
        let invalid = |reason: String| Error::InvalidLocation {
            location: self.url.to_string(),
            reason,
        };
        let root =
            Path::from_url_path(self.url.path()).map_err(|error| invalid(error.to_string()))?;
        if let Some(store) = &self.store {
            return Ok(Storage::new(
                Arc::clone(store),
                None,
                root,
                self.url.clone(),
            ));
        }
        match self.url.scheme() {
            "file" => {
                let local = Arc::new(LocalStore::new(self.durability));
                let store: Arc<dyn ObjectStore> = Arc::clone(&local) as _;
                Ok(Storage::new(store, Some(local), root, self.url.clone()))
            }
            "memory" => {
                let name = self.url.host_str().unwrap_or_default();
                Ok(Storage::new(
                    memory_store(name),
                    None,
                    root,
                    self.url.clone(),
                ))
            }
            _ => {
                let store = cloud_store(&self.url).map_err(|error| invalid(error.to_string()))?;
                Ok(Storage::new(store, None, root, self.url.clone()))
            }
        }
    }

    /// The names of the files directly in this location, in byte order. A location that does not exist has none.
    ///
    /// # Errors
    ///
    /// `Store` if the store cannot be listed.
    pub async fn files(&self) -> Result<Vec<String>> {
        self.open()?.list("", None).await
    }

    /// Reads a small file in this location whole; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// `Damaged` if it has more than `max_bytes`; `InvalidLocation` if the name is more than one segment; `Store` if
    /// the store fails.
    pub async fn read_file(&self, name: &str, max_bytes: u64) -> Result<Option<bytes::Bytes>> {
        self.check_name(name)?;
        let storage = self.open()?;
        match storage.size(name).await {
            Ok(bytes) if bytes > max_bytes => {
                let reason = format!("it has {bytes} bytes, more than {max_bytes}");
                return Err(Error::damaged(name, reason));
            }
            Ok(_) => {}
            Err(Error::Store {
                source: object_store::Error::NotFound { .. },
                ..
            }) => return Ok(None),
            Err(error) => return Err(error),
        }
        storage.read(name).await
    }

    /// Writes a small file into this location, in place of one that is there.
    ///
    /// # Errors
    ///
    /// `InvalidLocation` if the name is more than one segment; `Store` if the store fails.
    pub async fn write_file(&self, name: &str, bytes: bytes::Bytes) -> Result<()> {
        self.check_name(name)?;
        self.open()?.put(name, bytes).await
    }

    fn check_name(&self, name: &str) -> Result<()> {
        if matches!(name, "" | "." | "..") || name.contains('/') {
            return Err(Error::InvalidLocation {
                location: format!("{}{name}", self.url),
                reason: "the name of a file is one segment".to_owned(),
            });
        }
        Ok(())
    }

    /// Lists the names directly below this location that may be folders of tables.
    ///
    /// # Errors
    ///
    /// `Store` if the store cannot be listed. A location that does not exist has no children.
    pub async fn children(&self) -> Result<Vec<String>> {
        self.open()?.children().await
    }
}

fn require_feature(scheme: &str, feature: &'static str, on: bool) -> Result<()> {
    if on {
        return Ok(());
    }
    Err(Error::FeatureOff {
        scheme: scheme.to_owned(),
        feature,
    })
}

/// The in-memory stores of this process by name. They live as long as the process: a memory table behaves
/// like one on disk, also when nobody has it open.
fn memory_store(name: &str) -> Arc<dyn ObjectStore> {
    static STORES: LazyLock<Mutex<HashMap<String, Arc<InMemory>>>> = LazyLock::new(Mutex::default);
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(stores.entry(name.to_owned()).or_default()) as _
}

/// Cloud clients hold connection pools, so one is kept per bucket for as long as somebody uses it.
fn cloud_store(url: &Url) -> object_store::Result<Arc<dyn ObjectStore>> {
    static STORES: LazyLock<Mutex<HashMap<String, Weak<dyn ObjectStore>>>> =
        LazyLock::new(Mutex::default);
    let key = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = stores.get(&key).and_then(Weak::upgrade) {
        return Ok(store);
    }
    let store = build_cloud_store(url)?;
    stores.insert(key, Arc::downgrade(&store));
    Ok(store)
}

fn build_cloud_store(url: &Url) -> object_store::Result<Arc<dyn ObjectStore>> {
    match url.scheme() {
        #[cfg(feature = "s3")]
        "s3" => Ok(Arc::new(
            object_store::aws::AmazonS3Builder::from_env()
                .with_url(url.as_str())
                .build()?,
        )),
        #[cfg(feature = "gcs")]
        "gs" => Ok(Arc::new(
            object_store::gcp::GoogleCloudStorageBuilder::from_env()
                .with_url(url.as_str())
                .build()?,
        )),
        #[cfg(feature = "azure")]
        "az" => Ok(Arc::new(
            object_store::azure::MicrosoftAzureBuilder::from_env()
                .with_url(url.as_str())
                .build()?,
        )),
        other => Err(object_store::Error::NotSupported {
            source: format!("no store is built in for `{other}`").into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expect: &str) {
        let got = match Location::parse(given) {
            Ok(location) => location.url().to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expect);
    }

    #[test]
    fn locations_are_urls_or_paths() {
        check("/data/stock", "file:///data/stock/");
        check("/data/a b", "file:///data/a%20b/");
        check("file:///data/stock/", "file:///data/stock/");
        check("memory://m/a", "memory://m/a/");
        check(
            "",
            "`` is not a table location: give a folder or a URL such as `file:///data/stock`",
        );
        check(
            "file://data/stock",
            "`file://data/stock` is not a table location: a `file` URL has three slashes: `file:///data/stock`",
        );
        check(
            "ftp://host/x",
            "`ftp://host/x` is not a table location: the scheme `ftp` is not one of file, memory, s3, gs, az",
        );
        check(
            "memory:///x",
            "`memory:///x` is not a table location: name the bucket, container or memory store after `://`",
        );
    }

    #[cfg(not(feature = "s3"))]
    #[test]
    fn a_scheme_whose_feature_is_off_names_the_feature() {
        check(
            "s3://bucket/x",
            "opening `s3://` needs the cargo feature `s3` of dataproduct-table",
        );
    }

    #[test]
    fn a_child_cannot_leave_its_parent() {
        let root = Location::parse("/data").unwrap();
        assert_eq!(
            root.join("a/b").unwrap().url().as_str(),
            "file:///data/a/b/"
        );
        for bad in ["", "..", "a/../b", "a//b"] {
            assert!(root.join(bad).is_err(), "{bad}");
        }
        assert_eq!(
            root.join("%2e%2e").unwrap().url().as_str(),
            "file:///data/%252e%252e/"
        );
    }
}
