//! A store that does to a program what networks and disks do: fails, loses answers, repeats, delays, throttles.
//!
//! Wrapped around any other store and given to [`Location::with_store`], it lets a team try its own publisher:
//!
//! [`Location::with_store`]: https://docs.rs/dataproduct-table
//!
//! ```
//! use std::sync::Arc;
//! use dataproduct_testkit::chaos::{ChaosStore, Fault};
//! use object_store::{ObjectStoreExt, memory::InMemory, path::Path};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let inner = Arc::new(InMemory::new());
//! // The second operation is carried out, and its answer is lost.
//! let store = ChaosStore::striking(inner.clone(), 1, Fault::After);
//! store.put(&Path::from("a"), "1".into()).await?;
//! assert!(store.put(&Path::from("b"), "2".into()).await.is_err());
//! assert!(inner.get(&Path::from("b")).await.is_ok());
//! assert_eq!(store.struck(), 1);
//! # Ok::<_, object_store::Error>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

use crate::stock::mix;

/// What happens to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It is not carried out and fails, in a way that leaves open whether it was.
    Before,
    /// It is carried out, and its answer is lost.
    After,
    /// A create is carried out, and the answer is that the object exists: the store's own retry met the first try.
    /// Any other operation is left alone.
    WrittenThenExists,
    /// A create is not carried out, and the answer is that the object exists: a conflict with nobody. Any other
    /// operation is left alone.
    NothingYetExists,
    /// It is put off for some milliseconds.
    Delay,
    /// A create is sent twice, and the second answer is the one that comes. Any other operation is left alone.
    Twice,
    /// It is not carried out: the store wants fewer requests.
    Throttled,
    /// It is put off for a tenth of a second, in which others go on: the program was stopped for a while.
    Stall,
    /// It is never answered.
    Silence,
    /// It is not carried out: the disk is full.
    DiskFull,
    /// It is not carried out: the program has too many files open.
    TooManyFiles,
    /// It is not carried out: the disk cannot be written to.
    ReadOnly,
    /// Neither it nor any operation after it is carried out: the program is cut off, as by `kill -9`.
    DeadBefore,
    /// It is carried out, its answer is lost, and so is every operation after it.
    DeadAfter,
}

impl Fault {
    /// Those that may strike again and again.
    pub const TRANSIENT: [Self; 7] = [
        Self::Before,
        Self::After,
        Self::WrittenThenExists,
        Self::NothingYetExists,
        Self::Delay,
        Self::Twice,
        Self::Throttled,
    ];
}

/// When faults strike.
#[derive(Debug)]
enum Plan {
    /// The operation of this number, counted from 0.
    At(u64, Fault),
    /// The operation of this number and every one after it.
    From(u64, Fault),
    /// Each operation on a matching object with this share of a million, with one of these faults; by this seed.
    Often {
        seed: u64,
        millionths: u64,
        faults: Vec<Fault>,
        ending: Option<&'static str>,
    },
}

/// A store around another one, to which faults happen as planned. The same plan and the same operations give the same
/// faults.
#[derive(Debug)]
pub struct ChaosStore {
    inner: Arc<dyn ObjectStore>,
    plan: Plan,
    operations: AtomicU64,
    enabled: AtomicBool,
    dead: AtomicBool,
    only: Mutex<Option<&'static str>>,
    counts: Mutex<BTreeMap<(&'static str, Fault), u64>>,
}

impl fmt::Display for ChaosStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChaosStore({}, {:?})", self.inner, self.plan)
    }
}

impl ChaosStore {
    fn new(inner: Arc<dyn ObjectStore>, plan: Plan) -> Arc<Self> {
        Arc::new(Self {
            inner,
            plan,
            operations: AtomicU64::new(0),
            enabled: AtomicBool::new(true),
            dead: AtomicBool::new(false),
            only: Mutex::default(),
            counts: Mutex::default(),
        })
    }

    /// One fault, at the operation of a number, counted from 0. With a number that is never reached it only counts.
    pub fn striking(inner: Arc<dyn ObjectStore>, operation: u64, fault: Fault) -> Arc<Self> {
        Self::new(inner, Plan::At(operation, fault))
    }

    /// The same fault at the operation of a number, counted from 0, and at every one after it.
    pub fn striking_from(inner: Arc<dyn ObjectStore>, operation: u64, fault: Fault) -> Arc<Self> {
        Self::new(inner, Plan::From(operation, fault))
    }

    /// Faults with a probability at each operation, `share` from 0 to 1; on objects whose name has this ending, if one
    /// is given.
    pub fn often(
        inner: Arc<dyn ObjectStore>,
        seed: u64,
        share: f64,
        faults: &[Fault],
        ending: Option<&'static str>,
    ) -> Arc<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is from 0 to a million"
        )]
        let millionths = (share.clamp(0.0, 1.0) * 1e6) as u64;
        let plan = Plan::Often {
            seed,
            millionths,
            faults: faults.to_vec(),
            ending,
        };
        Self::new(inner, plan)
    }

    /// Lets everything through, or goes on as planned. Operations are not counted meanwhile.
    pub fn enable(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::SeqCst);
    }

    /// From now on strikes operations of this name alone, such as `put`; the others are counted and let through.
    pub fn strike_only(&self, operation: &'static str) {
        *self.only.lock().unwrap_or_else(PoisonError::into_inner) = Some(operation);
    }

    /// Operations so far.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.operations.load(Ordering::SeqCst)
    }

    /// Faults so far. A campaign in which none struck has shown nothing.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.counts().values().sum()
    }

    /// Faults so far by operation and kind.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<(&'static str, Fault), u64> {
        let counts = self.counts.lock();
        counts.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What happens to the next operation.
    fn next(&self, operation: &'static str, path: &Path, creates: bool) -> Option<Fault> {
        if !self.enabled.load(Ordering::SeqCst) {
            return None;
        }
        if self.dead.load(Ordering::SeqCst) {
            return Some(Fault::DeadBefore);
        }
        let number = self.operations.fetch_add(1, Ordering::SeqCst);
        let fault = match &self.plan {
            Plan::At(at, fault) => (*at == number).then_some(*fault),
            Plan::From(from, fault) => (*from <= number).then_some(*fault),
            Plan::Often {
                seed,
                millionths,
                faults,
                ending,
            } => {
                let random = mix(mix(*seed) ^ number);
                let strikes = random % 1_000_000 < *millionths
                    && ending.is_none_or(|ending| path.as_ref().ends_with(ending));
                let pick = (random >> 32) as usize % faults.len().max(1);
                faults.get(pick).copied().filter(|_| strikes)
            }
        };
        let only_creates = [
            Fault::WrittenThenExists,
            Fault::NothingYetExists,
            Fault::Twice,
        ];
        let fault = fault.filter(|fault| creates || !only_creates.contains(fault))?;
        let only = *self.only.lock().unwrap_or_else(PoisonError::into_inner);
        if only.is_some_and(|only| only != operation) {
            return None;
        }
        // A disk that cannot be written to can be read.
        if !["put", "begin upload", "upload", "delete", "copy"].contains(&operation)
            && [Fault::DiskFull, Fault::ReadOnly].contains(&fault)
        {
            return None;
        }
        if [Fault::DeadBefore, Fault::DeadAfter].contains(&fault) {
            self.dead.store(true, Ordering::SeqCst);
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((operation, fault)).or_default() += 1;
        Some(fault)
    }

    /// Carries out an operation, or not.
    async fn act<T, F>(
        &self,
        operation: &'static str,
        path: &Path,
        creates: bool,
        act: impl Fn() -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let exists = || object_store::Error::AlreadyExists {
            path: path.to_string(),
            source: "a conflict".into(),
        };
        match self.next(operation, path, creates) {
            None => act().await,
            Some(Fault::Before | Fault::DeadBefore) => Err(lost()),
            Some(Fault::After | Fault::DeadAfter) => act().await.and(Err(lost())),
            Some(Fault::WrittenThenExists) => act().await.and(Err(exists())),
            Some(Fault::NothingYetExists) => Err(exists()),
            Some(Fault::Twice) => act().await.and(act().await),
            Some(Fault::Throttled) => Err(object_store::Error::Generic {
                store: "chaos",
                source: "503 slow down".into(),
            }),
            Some(Fault::Delay) => {
                tokio::time::sleep(Duration::from_millis(3)).await;
                act().await
            }
            Some(Fault::Stall) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                act().await
            }
            Some(Fault::Silence) => std::future::pending().await,
            Some(fault @ (Fault::DiskFull | Fault::TooManyFiles | Fault::ReadOnly)) => {
                Err(disk(fault))
            }
        }
    }
}

/// As a local disk says it.
fn disk(fault: Fault) -> object_store::Error {
    // The numbers of ENOSPC, EMFILE and EROFS, which are the same wherever these names are.
    let number = match fault {
        Fault::DiskFull => 28,
        Fault::TooManyFiles => 24,
        _ => 30,
    };
    object_store::Error::Generic {
        store: "chaos",
        source: Box::new(std::io::Error::from_raw_os_error(number)),
    }
}

fn lost() -> object_store::Error {
    object_store::Error::Generic {
        store: "chaos",
        source: "connection reset".into(),
    }
}

#[async_trait::async_trait]
impl ObjectStore for ChaosStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        let creates = opts.mode == PutMode::Create;
        let put = || self.inner.put_opts(location, payload.clone(), opts.clone());
        self.act("put", location, creates, put).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let begin = || self.inner.put_multipart_opts(location, opts.clone());
        let upload = self.act("begin upload", location, false, begin).await?;
        let fault = self.next("upload", location, false);
        Ok(Box::new(ChaosUpload {
            inner: upload,
            fault,
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let get = || self.inner.get_opts(location, options.clone());
        self.act("get", location, false, get).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        match self.next("delete", &Path::default(), false) {
            None | Some(Fault::Delay | Fault::Stall) => self.inner.delete_stream(locations),
            Some(fault @ (Fault::DiskFull | Fault::TooManyFiles | Fault::ReadOnly)) => {
                futures::stream::once(async move { Err(disk(fault)) }).boxed()
            }
            Some(_) => futures::stream::once(async { Err(lost()) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let path = prefix.cloned().unwrap_or_default();
        match self.next("list", &path, false) {
            None | Some(Fault::Delay | Fault::Stall) => self.inner.list(prefix),
            Some(fault @ Fault::TooManyFiles) => {
                futures::stream::once(async move { Err(disk(fault)) }).boxed()
            }
            Some(_) => futures::stream::once(async { Err(lost()) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let path = prefix.cloned().unwrap_or_default();
        let list = || self.inner.list_with_delimiter(prefix);
        self.act("list", &path, false, list).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let copy = || self.inner.copy_opts(from, to, options.clone());
        self.act("copy", to, false, copy).await
    }
}

/// An upload of several parts. Its fault, if it has one, strikes when it is completed.
#[derive(Debug)]
struct ChaosUpload {
    inner: Box<dyn MultipartUpload>,
    fault: Option<Fault>,
}

#[async_trait::async_trait]
impl MultipartUpload for ChaosUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        match self.fault {
            None | Some(Fault::Delay | Fault::Stall) => self.inner.complete().await,
            Some(fault @ (Fault::DiskFull | Fault::TooManyFiles | Fault::ReadOnly)) => {
                Err(disk(fault))
            }
            Some(Fault::After | Fault::DeadAfter) => self.inner.complete().await.and(Err(lost())),
            Some(_) => Err(lost()),
        }
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}
