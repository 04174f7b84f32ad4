//! A table's folder in its store: the few operations that the rest of the crate is built on.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use url::Url;

use crate::error::{Error, Result};
use crate::local::{LocalStore, filesystem_path};

/// How many small objects are read at once from a store that answers over a network.
const READ_CONCURRENCY: usize = 32;

/// A folder in an object store.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    store: Arc<dyn ObjectStore>,
    /// Set when the folder is on local disk and nothing is wrapped around it: bulk reads then go to the file
    /// system directly, and new files skip the temporary name.
    local: Option<Arc<LocalStore>>,
    root: Path,
    url: Url,
}

impl Storage {
    pub(crate) fn new(
        store: Arc<dyn ObjectStore>,
        local: Option<Arc<LocalStore>>,
        root: Path,
        url: Url,
    ) -> Self {
        Self {
            store,
            local,
            root,
            url,
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// The folder within the store.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// The full path of a path relative to the folder, as stored (nothing is decoded).
    pub(crate) fn path(&self, relative: &str) -> Result<Path> {
        let joined = format!("{}/{relative}", self.root);
        Path::parse(&joined).map_err(|error| Error::damaged(relative, error))
    }

    /// The file on local disk, if the folder is there.
    pub(crate) fn local_path(&self, relative: &str) -> Option<std::path::PathBuf> {
        self.local.as_ref()?;
        Some(filesystem_path(&self.path(relative).ok()?))
    }

    /// Reads an object whole; `None` if it is not there.
    pub(crate) async fn read(&self, relative: &str) -> Result<Option<Bytes>> {
        let path = self.path(relative)?;
        let read = async {
            match &self.local {
                Some(local) => local.read(&path).await,
                None => self.store.get(&path).await?.bytes().await,
            }
        };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::store("read", &path, error)),
        }
    }

    /// Reads ranges of one object.
    pub(crate) async fn read_ranges(
        &self,
        path: &Path,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>> {
        self.store
            .get_ranges(path, ranges)
            .await
            .map_err(|error| Error::store("read", path, error))
    }

    /// Reads many small objects, all of which must be there, and turns each into a value.
    ///
    /// On local disk the files are read and parsed on all cores without going through the store: opening a
    /// table with ten thousand commits is bound by this loop.
    pub(crate) async fn read_all<T, F>(&self, names: Vec<String>, parse: F) -> Result<Vec<T>>
    where
        T: Send + 'static,
        F: Fn(&str, &[u8]) -> Result<T> + Send + Sync + 'static,
    {
        if self.local.is_some() {
            let mut files = Vec::with_capacity(names.len());
            for name in names {
                let file = filesystem_path(&self.path(&name)?);
                files.push((name, file));
            }
            return tokio::task::spawn_blocking(move || read_local_files(&files, &parse))
                .await
                .map_err(|_| Error::Interrupted { operation: "read" })?;
        }
        let parse = &parse;
        futures::stream::iter(names)
            .map(|name| async move {
                let bytes = self.read(&name).await?.ok_or_else(|| gone(&name))?;
                parse(&name, &bytes)
            })
            .buffered(READ_CONCURRENCY)
            .try_collect()
            .await
    }

    /// Creates an object; `false` if the name is taken.
    ///
    /// Any other answer is an error that leaves open whether the object was written.
    pub(crate) async fn create(&self, relative: &str, payload: PutPayload) -> Result<bool> {
        let path = self.path(relative)?;
        let options = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&path, payload, options).await {
            Ok(_) => Ok(true),
            Err(
                object_store::Error::AlreadyExists { .. }
                | object_store::Error::Precondition { .. },
            ) => Ok(false),
            Err(error) => Err(Error::store("write", &path, error)),
        }
    }

    /// Writes an object under a unique name that nothing refers to yet.
    pub(crate) async fn write_unreferenced(&self, relative: &str, bytes: Bytes) -> Result<()> {
        let path = self.path(relative)?;
        let written = match &self.local {
            Some(local) => local.put_unreferenced(&path, bytes).await,
            None => self.store.put(&path, bytes.into()).await.map(|_| ()),
        };
        written.map_err(|error| Error::store("write", &path, error))
    }

    /// Writes an object, in place of what is there. It is not waited for until it is durable.
    pub(crate) async fn put(&self, relative: &str, bytes: Bytes) -> Result<()> {
        let path = self.path(relative)?;
        match self.store.put(&path, bytes.into()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::store("write", &path, error)),
        }
    }

    /// Writes a small object that only helps, in place of what is there. On local disk it is not flushed.
    pub(crate) async fn put_hint(&self, relative: &str, bytes: Bytes) -> Result<()> {
        let path = self.path(relative)?;
        let written = match &self.local {
            Some(local) => local.put_unflushed(&path, bytes).await,
            None => self.store.put(&path, bytes.into()).await.map(|_| ()),
        };
        written.map_err(|error| Error::store("write", &path, error))
    }

    /// Makes sure that an object whose write was not acknowledged is durable.
    pub(crate) async fn ensure_durable(&self, relative: &str) -> Result<()> {
        let path = self.path(relative)?;
        match &self.local {
            Some(local) => local
                .ensure_durable(&path)
                .await
                .map_err(|error| Error::store("write", &path, error)),
            None => Ok(()),
        }
    }

    pub(crate) async fn size(&self, relative: &str) -> Result<u64> {
        let path = self.path(relative)?;
        let options = GetOptions::new().with_head(true);
        match self.store.get_opts(&path, options).await {
            Ok(result) => Ok(result.meta.size),
            Err(error) => Err(Error::store("read", &path, error)),
        }
    }

    /// The names of the objects directly in a sub-folder, in byte order; only those after `after` if given.
    pub(crate) async fn list(&self, folder: &str, after: Option<&str>) -> Result<Vec<String>> {
        if let Some(directory) = self.local_path(folder) {
            let after = after.map(str::to_owned);
            let listed =
                tokio::task::spawn_blocking(move || list_directory(&directory, after.as_deref()))
                    .await
                    .map_err(|_| Error::Interrupted { operation: "list" })?;
            return listed.map_err(|error| Error::disk("list", folder, error));
        }
        let prefix = self.path(folder)?;
        let listing = match after {
            Some(after) => self
                .store
                .list_with_offset(Some(&prefix), &prefix.clone().join(after)),
            None => self.store.list(Some(&prefix)),
        };
        let mut names: Vec<String> = listing
            .try_filter_map(|meta| {
                let direct = meta.location.prefix_match(&prefix).and_then(|mut parts| {
                    let name = parts.next()?;
                    parts.next().is_none().then(|| name.as_ref().to_owned())
                });
                futures::future::ready(Ok(direct))
            })
            .try_collect()
            .await
            .map_err(|error| Error::store("list", &prefix, error))?;
        names.sort_unstable();
        Ok(names)
    }

    /// The names of the sub-folders.
    pub(crate) async fn children(&self) -> Result<Vec<String>> {
        let root = &self.root;
        match self.store.list_with_delimiter(Some(root)).await {
            Ok(listed) => {
                let names: BTreeSet<String> = listed
                    .common_prefixes
                    .iter()
                    .filter_map(|path| path.filename().map(str::to_owned))
                    .collect();
                Ok(names.into_iter().collect())
            }
            Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(Error::store("list", root, error)),
        }
    }
}

fn gone(name: &str) -> Error {
    Error::damaged(
        name,
        "it was listed but is gone: another process cleans the log",
    )
}

fn list_directory(
    directory: &std::path::Path,
    after: Option<&str>,
) -> std::io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        // A name that is not UTF-8 was not written by a Delta writer.
        if let Ok(name) = entry?.file_name().into_string()
            && after.is_none_or(|after| name.as_str() > after)
            && !name.contains('#')
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn read_local_files<T, F>(files: &[(String, std::path::PathBuf)], parse: &F) -> Result<Vec<T>>
where
    T: Send,
    F: Fn(&str, &[u8]) -> Result<T> + Sync,
{
    let read_part = |part: &[(String, std::path::PathBuf)]| -> Result<Vec<T>> {
        let mut buffer = Vec::new();
        let mut values = Vec::with_capacity(part.len());
        for (name, file) in part {
            buffer.clear();
            let read = std::fs::File::open(file)
                .and_then(|mut open| std::io::Read::read_to_end(&mut open, &mut buffer));
            match read {
                Ok(_) => values.push(parse(name, &buffer)?),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    return Err(gone(name));
                }
                Err(error) => return Err(Error::disk("read", name, error)),
            }
        }
        Ok(values)
    };
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(8));
    // Threads cost more than they bring for a handful of files.
    if files.len() < 64 || threads == 1 {
        return read_part(files);
    }
    let per_thread = files.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let handles: Vec<_> = files
            .chunks(per_thread)
            .map(|part| scope.spawn(move || read_part(part)))
            .collect();
        let mut all = Vec::with_capacity(files.len());
        for handle in handles {
            let part = handle
                .join()
                .map_err(|_| Error::Interrupted { operation: "read" })?;
            all.extend(part?);
        }
        Ok(all)
    })
}
