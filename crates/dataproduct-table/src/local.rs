//! A store on local disk whose acknowledged writes survive a power cut.
//!
//! `object_store`'s own local store never flushes: an acknowledged commit may be gone after a power cut.
//! This one reads through it and writes by itself: the bytes go to a temporary file, the file is flushed, it
//! gets its name in one step (a hard link, which fails if the name is taken, or a rename, which replaces), and
//! the directory is flushed. Temporary names end in `#<digits>`, which `object_store` leaves out of listings.

mod disk;
#[cfg(test)]
mod power;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    UploadPart,
};

/// How hard a local write is pressed onto the disk before it is acknowledged.
///
/// Cloud stores are durable when they answer; the setting has no effect on them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Durability {
    /// Files and their directories are flushed before a write counts: safe against a power cut. The default.
    #[default]
    Full,
    /// Nothing is flushed: safe against `kill -9`, not against a power cut. For tests and scratch tables.
    None,
}

/// Local disk as an object store, with the durability of tables, to wrap another store around: its paths begin at `/`,
/// so that a location `file:///data/stock` is the prefix `data/stock` of it.
#[must_use]
pub fn local_store(durability: Durability) -> Arc<dyn ObjectStore> {
    Arc::new(LocalStore::new(durability))
}

/// Local disk as an object store; paths are relative to `/`.
#[derive(Debug)]
pub(crate) struct LocalStore {
    inner: LocalFileSystem,
    durability: Durability,
}

impl LocalStore {
    pub(crate) fn new(durability: Durability) -> Self {
        Self {
            inner: LocalFileSystem::new(),
            durability,
        }
    }

    /// Writes an object under a name that nothing refers to yet.
    ///
    /// A torn file under such a name harms nobody, so the detour over a temporary name is left out and the
    /// flushes of the file and of its directory overlap.
    pub(crate) async fn put_unreferenced(&self, location: &Path, bytes: Bytes) -> Result<()> {
        let path = filesystem_path(location);
        let durability = self.durability;
        blocking(move || {
            let (file, made) = create_new(&path)?;
            let written = write_flushed(file, &path, &made, &bytes, durability);
            if written.is_err() {
                // Nobody refers to it; a failure to remove it only leaves litter.
                let _ = disk::remove(&path);
            }
            written
        })
        .await
    }

    /// Writes an object in place of what is there and does not flush it; a reader may meet it half written.
    pub(crate) async fn put_unflushed(&self, location: &Path, bytes: Bytes) -> Result<()> {
        let path = filesystem_path(location);
        blocking(move || {
            if write_over(&path, &bytes)? {
                return Ok(());
            }
            write_named(&path, &bytes.into(), &PutMode::Overwrite, Durability::None).map(|_| ())
        })
        .await
    }

    /// Reads a small file with one change of threads; through the store, opening, measuring and reading it are one
    /// each.
    pub(crate) async fn read(&self, location: &Path) -> Result<Bytes> {
        let path = filesystem_path(location);
        let read = tokio::task::spawn_blocking(move || fs::read(path)).await?;
        read.map(Bytes::from).map_err(|source| match source.kind() {
            ErrorKind::NotFound => object_store::Error::NotFound {
                path: location.to_string(),
                source: Box::new(source),
            },
            _ => object_store::Error::Generic {
                store: "local",
                source: Box::new(source),
            },
        })
    }

    /// Flushes an object and its directory again, for a write whose acknowledgement was lost.
    pub(crate) async fn ensure_durable(&self, location: &Path) -> Result<()> {
        if self.durability == Durability::None {
            return Ok(());
        }
        let path = filesystem_path(location);
        blocking(move || {
            disk::sync_file(&File::open(&path)?, &path, true)?;
            sync_directories(&path, &[])
        })
        .await
    }
}

impl fmt::Display for LocalStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalStore({:?})", self.durability)
    }
}

/// The file that a location names.
pub(crate) fn filesystem_path(location: &Path) -> PathBuf {
    FsPath::new("/").join(location.as_ref())
}

/// Bytes written by one call. For a larger write the kernel takes larger stretches of free memory, which nobody has
/// touched for long: on ext4 eight mebibytes in one call took several times the CPU of eight calls.
const WRITE_BYTES: usize = 1 << 20;

async fn blocking<T, F>(work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await?;
    done.map_err(|source| object_store::Error::Generic {
        store: "local",
        source: Box::new(source),
    })
}

/// Opens a new file, making the directories it needs; returns those that were made, outermost first.
fn create_new(path: &FsPath) -> io::Result<(File, Vec<PathBuf>)> {
    match disk::create_new(path) {
        Ok(file) => Ok((file, Vec::new())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let made = create_directories(path.parent())?;
            Ok((disk::create_new(path)?, made))
        }
        Err(error) => Err(error),
    }
}

/// Writes a new file, and flushes it and its directory at the same time.
fn write_flushed(
    mut file: File,
    path: &FsPath,
    made: &[PathBuf],
    bytes: &[u8],
    durability: Durability,
) -> io::Result<()> {
    for bytes in bytes.chunks(WRITE_BYTES) {
        disk::write_all(&mut file, path, bytes)?;
    }
    if durability == Durability::None {
        return Ok(());
    }
    std::thread::scope(|scope| {
        let directories = scope.spawn(|| sync_directories(path, made));
        disk::sync_file(&file, path, true)?;
        directories
            .join()
            .map_err(|_| io::Error::other("the flushing thread stopped"))?
    })
}

fn create_directories(directory: Option<&FsPath>) -> io::Result<Vec<PathBuf>> {
    let mut missing = Vec::new();
    let mut at = directory;
    while let Some(path) = at {
        if path.exists() {
            break;
        }
        missing.push(path.to_path_buf());
        at = path.parent();
    }
    missing.reverse();
    for path in &missing {
        match disk::create_directory(path) {
            // Another writer made it between the look and the call.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            other => other?,
        }
    }
    Ok(missing)
}

/// Flushes the directory of `path`, and above every directory that was just made, so that the name itself
/// survives a power cut.
fn sync_directories(path: &FsPath, made: &[PathBuf]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        disk::sync_directory(parent)?;
    }
    for directory in made.iter().rev() {
        if let Some(parent) = directory.parent() {
            disk::sync_directory(parent)?;
        }
    }
    Ok(())
}

fn temporary_name(path: &FsPath) -> PathBuf {
    // The low half of a version 7 UUID is random.
    let token = uuid::Uuid::now_v7().as_u128() as u64;
    let mut name = path.as_os_str().to_owned();
    name.push(format!("#{token}"));
    name.into()
}

/// Whether a file is one that has not got its name.
pub(crate) fn is_temporary(path: &FsPath) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let parts = name.and_then(|name| name.rsplit_once('#'));
    parts.is_some_and(|(name, token)| {
        !name.is_empty() && !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// What became of a finished temporary file.
enum Named {
    Done,
    Taken(io::Error),
}

/// Gives a temporary file its name.
fn give_name(temporary: &FsPath, path: &FsPath, mode: &PutMode) -> io::Result<Named> {
    match mode {
        PutMode::Create => match disk::link(temporary, path) {
            Ok(()) => {
                disk::remove(temporary)?;
                Ok(Named::Done)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Named::Taken(error)),
            Err(error) => Err(error),
        },
        _ => disk::rename(temporary, path).map(|()| Named::Done),
    }
}

/// Writes over a file that has the length of the bytes already; `false` if there is none.
///
/// A file that takes the place of another with every commit leaves a deleted one behind each time, which makes new files
/// dear on ext4. A file that has further names is a copy of somebody as well and is not changed.
fn write_over(path: &FsPath, bytes: &[u8]) -> io::Result<bool> {
    // Where it cannot be opened the general way says why.
    let Ok(file) = File::options().write(true).open(path) else {
        return Ok(false);
    };
    let there = file.metadata()?;
    if !there.is_file() || there.len() != bytes.len() as u64 || there.nlink() != 1 {
        return Ok(false);
    }
    disk::write_all_at(&file, path, bytes, 0)?;
    Ok(true)
}

fn write_named(
    path: &FsPath,
    payload: &PutPayload,
    mode: &PutMode,
    durability: Durability,
) -> io::Result<Named> {
    // A taken name is the common case of a lost race: find it before paying for the flush.
    if matches!(mode, PutMode::Create) && path.exists() {
        return Ok(Named::Taken(ErrorKind::AlreadyExists.into()));
    }
    let temporary = temporary_name(path);
    let (mut file, made) = create_new(&temporary)?;
    let written = (|| {
        for part in payload.iter() {
            disk::write_all(&mut file, &temporary, part)?;
        }
        if durability == Durability::Full {
            disk::sync_file(&file, &temporary, true)?;
        }
        give_name(&temporary, path, mode)
    })();
    if !matches!(written, Ok(Named::Done)) {
        // The temporary file has no reader; a failure to remove it only leaves litter.
        let _ = disk::remove(&temporary);
    }
    let named = written?;
    if durability == Durability::Full && matches!(named, Named::Done) {
        sync_directories(path, &made)?;
    }
    Ok(named)
}

#[async_trait::async_trait]
impl ObjectStore for LocalStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        if matches!(opts.mode, PutMode::Update(_)) {
            return Err(object_store::Error::NotImplemented {
                operation: "conditional update".into(),
                implementer: self.to_string(),
            });
        }
        let path = filesystem_path(location);
        let durability = self.durability;
        let named = blocking(move || write_named(&path, &payload, &opts.mode, durability)).await?;
        match named {
            Named::Done => Ok(PutResult {
                e_tag: None,
                version: None,
            }),
            Named::Taken(source) => Err(object_store::Error::AlreadyExists {
                path: location.to_string(),
                source: Box::new(source),
            }),
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let path = filesystem_path(location);
        let durability = self.durability;
        let upload = blocking(move || {
            let temporary = temporary_name(&path);
            let (file, made) = create_new(&temporary)?;
            Ok(LocalUpload {
                file: Arc::new(file),
                path,
                made,
                temporary: Some(temporary),
                offset: 0,
                durability,
            })
        })
        .await?;
        Ok(Box::new(upload))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[std::ops::Range<u64>],
    ) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let mode = match options.mode {
            CopyMode::Create => PutMode::Create,
            _ => PutMode::Overwrite,
        };
        let bytes = self
            .get_opts(from, GetOptions::default())
            .await?
            .bytes()
            .await?;
        let options = PutOptions {
            mode,
            ..PutOptions::default()
        };
        self.put_opts(to, bytes.into(), options).await.map(|_| ())
    }
}

/// A large object written in parts, visible once complete.
#[derive(Debug)]
struct LocalUpload {
    file: Arc<File>,
    path: PathBuf,
    made: Vec<PathBuf>,
    temporary: Option<PathBuf>,
    offset: u64,
    durability: Durability,
}

#[async_trait::async_trait]
impl MultipartUpload for LocalUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let mut at = self.offset;
        self.offset += data.content_length() as u64;
        let file = Arc::clone(&self.file);
        let durability = self.durability;
        let path = self.temporary.clone().unwrap_or_default();
        blocking(move || {
            for bytes in data.iter().flat_map(|part| part.chunks(WRITE_BYTES)) {
                disk::write_all_at(&file, &path, bytes, at)?;
                at += bytes.len() as u64;
            }
            if durability == Durability::Full {
                // Flushing while the next part is encoded leaves little to do at the end.
                disk::sync_file(&file, &path, false)?;
            }
            Ok(())
        })
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let Some(temporary) = self.temporary.take() else {
            return Err(object_store::Error::Generic {
                store: "local",
                source: "the upload is complete or aborted already".into(),
            });
        };
        let (file, path, made) = (Arc::clone(&self.file), self.path.clone(), self.made.clone());
        let durability = self.durability;
        blocking(move || {
            if durability == Durability::Full {
                disk::sync_file(&file, &temporary, true)?;
            }
            disk::rename(&temporary, &path)?;
            if durability == Durability::Full {
                sync_directories(&path, &made)?;
            }
            Ok(PutResult {
                e_tag: None,
                version: None,
            })
        })
        .await
    }

    async fn abort(&mut self) -> Result<()> {
        match self.temporary.take() {
            Some(temporary) => blocking(move || disk::remove(&temporary)).await,
            None => Ok(()),
        }
    }
}

impl Drop for LocalUpload {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            // Nobody refers to it; a failure to remove it only leaves litter.
            let _ = disk::remove(&temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;

    use super::*;

    fn at(directory: &FsPath, name: &str) -> Path {
        Path::from_absolute_path(directory.join(name)).unwrap()
    }

    fn names(directory: &FsPath) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn create_refuses_a_taken_name_and_leaves_no_litter() {
        for durability in [Durability::Full, Durability::None] {
            let directory = tempfile::tempdir().unwrap();
            let store = LocalStore::new(durability);
            let path = at(directory.path(), "a");
            let create = || PutOptions::from(PutMode::Create);
            store.put_opts(&path, "one".into(), create()).await.unwrap();
            let error = store
                .put_opts(&path, "two".into(), create())
                .await
                .unwrap_err();
            assert!(
                matches!(error, object_store::Error::AlreadyExists { .. }),
                "{error}"
            );
            assert_eq!(
                store.get(&path).await.unwrap().bytes().await.unwrap(),
                "one"
            );
            store.put(&path, "three".into()).await.unwrap();
            assert_eq!(
                store.get(&path).await.unwrap().bytes().await.unwrap(),
                "three"
            );
            assert_eq!(names(directory.path()), ["a"]);
        }
    }

    #[tokio::test]
    async fn racing_creates_have_one_winner() {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(LocalStore::new(Durability::None));
        for round in 0..50 {
            let path = at(directory.path(), &format!("new/{round}"));
            let tries = (0..8).map(|who: u8| {
                let (store, path) = (Arc::clone(&store), path.clone());
                tokio::spawn(async move {
                    let payload = PutPayload::from(vec![who; 10]);
                    store
                        .put_opts(&path, payload, PutMode::Create.into())
                        .await
                        .is_ok()
                })
            });
            let won = futures::future::join_all(tries).await;
            assert_eq!(
                won.into_iter().filter(|won| *won.as_ref().unwrap()).count(),
                1
            );
        }
    }

    #[tokio::test]
    async fn an_upload_appears_when_complete_and_vanishes_when_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let store = LocalStore::new(Durability::Full);
        let path = at(directory.path(), "big");
        let mut upload = store.put_multipart(&path).await.unwrap();
        upload.put_part("ab".into()).await.unwrap();
        upload.put_part("cd".into()).await.unwrap();
        assert!(store.head(&path).await.is_err());
        upload.complete().await.unwrap();
        assert_eq!(
            store.get(&path).await.unwrap().bytes().await.unwrap(),
            "abcd"
        );

        let mut dropped = store
            .put_multipart(&at(directory.path(), "dropped"))
            .await
            .unwrap();
        dropped.put_part("ab".into()).await.unwrap();
        drop(dropped);
        assert_eq!(names(directory.path()), ["big"]);
    }
}
