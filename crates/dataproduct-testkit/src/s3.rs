//! An S3 server within the test, whose conditional writes are right and whose answers can be spoilt.
//!
//! The server checks whether an object exists and then writes it; a lock around both makes a conditional write one step,
//! as it is on S3. Faults happen where the client of the store meets them: on the wire.
//!
//! ```
//! use dataproduct_testkit::s3::S3Server;
//! use object_store::{ObjectStoreExt, PutMode, PutOptions, path::Path};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let server = S3Server::start().await?;
//! let store = server.store()?;
//! let create = || PutOptions::from(PutMode::Create);
//! use object_store::ObjectStore;
//! store.put_opts(&Path::from("a"), "1".into(), create()).await?;
//! assert!(store.put_opts(&Path::from("a"), "2".into(), create()).await.is_err());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{HeaderValue, IF_NONE_MATCH, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, RetryConfig};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpResponse};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

use crate::stock::mix;

const BUCKET: &str = "bucket";

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WireFault {
    /// 503 with `Retry-After: 0`, and nothing is done.
    SlowDown,
    /// 429 with `Retry-After: 0`, and nothing is done.
    TooMany,
    /// 409 to a conditional write, and nothing is done: it met another one. Other requests are left alone.
    Conflict,
    /// It is carried out, and the answer is 500.
    BrokenAfter,
    /// It is carried out, and the connection is cut before the answer.
    CutAfter,
}

impl WireFault {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::SlowDown,
        Self::TooMany,
        Self::Conflict,
        Self::BrokenAfter,
        Self::CutAfter,
    ];
}

#[derive(Debug, Default)]
struct Plan {
    seed: u64,
    millionths: u64,
    faults: Vec<WireFault>,
}

/// A server with one empty bucket, gone when it is dropped.
#[derive(Debug)]
pub struct S3Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

struct Shared {
    service: S3Service,
    /// Held by whoever writes.
    writing: tokio::sync::Mutex<()>,
    plan: Mutex<Plan>,
    requests: AtomicU64,
    counts: Mutex<BTreeMap<WireFault, u64>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("requests", &self.requests)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl S3Server {
    /// Starts a server on a free port of this machine.
    ///
    /// # Errors
    ///
    /// If there is no folder or port for it.
    pub async fn start() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join(BUCKET))?;
        let files = FileSystem::new(folder.path())
            .map_err(|error| io::Error::other(format!("{error:?}")))?;
        let shared = Arc::new(Shared {
            service: S3ServiceBuilder::new(files).build(),
            writing: tokio::sync::Mutex::new(()),
            plan: Mutex::default(),
            requests: AtomicU64::new(0),
            counts: Mutex::default(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            shared,
            address,
            accepting,
            _folder: folder,
        })
    }

    /// A client of its bucket, which tries a request up to ten times, with short pauses.
    ///
    /// # Errors
    ///
    /// If no client can be made.
    pub fn store(&self) -> object_store::Result<AmazonS3> {
        AmazonS3Builder::new()
            .with_endpoint(format!("http://{}", self.address))
            .with_allow_http(true)
            .with_bucket_name(BUCKET)
            .with_region("us-east-1")
            .with_skip_signature(true)
            .with_retry(RetryConfig {
                backoff: BackoffConfig {
                    init_backoff: Duration::from_millis(1),
                    max_backoff: Duration::from_millis(50),
                    base: 2.0,
                },
                max_retries: 9,
                retry_timeout: Duration::from_secs(30),
            })
            .build()
    }

    /// Spoils this share of the requests, from 0 to 1, with one of these faults each. With 0 it stops.
    pub fn spoil(&self, seed: u64, share: f64, faults: &[WireFault]) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is from 0 to a million"
        )]
        let millionths = (share.clamp(0.0, 1.0) * 1e6) as u64;
        *lock(&self.shared.plan) = Plan {
            seed,
            millionths,
            faults: faults.to_vec(),
        };
    }

    /// Requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// Faults so far, by kind. A campaign in which none struck has shown nothing.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<WireFault, u64> {
        lock(&self.shared.counts).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Whoever is connected goes on until the runtime ends.
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { shared.answer(request).await }
            });
            let served = Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(socket), service)
                .await;
            // A client that hangs up, or is hung up on, is what this server is for.
            drop(served);
        });
    }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> io::Result<HttpResponse> {
        let is_conditional = request.headers().contains_key(IF_NONE_MATCH);
        let fault = self.next(is_conditional);
        match fault {
            Some(WireFault::SlowDown) => {
                return Ok(refusal(StatusCode::SERVICE_UNAVAILABLE, "SlowDown"));
            }
            Some(WireFault::TooMany) => {
                return Ok(refusal(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests"));
            }
            Some(WireFault::Conflict) => {
                return Ok(refusal(StatusCode::CONFLICT, "ConditionalRequestConflict"));
            }
            _ => {}
        }
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        let _writing = match reads {
            true => None,
            false => Some(self.writing.lock().await),
        };
        let answer = self.service.call(request.map(Body::from)).await;
        match fault {
            Some(WireFault::BrokenAfter) => {
                Ok(refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError"))
            }
            Some(WireFault::CutAfter) => Err(io::ErrorKind::ConnectionReset.into()),
            _ => answer.map_err(|error| io::Error::other(format!("{error:?}"))),
        }
    }

    fn next(&self, is_conditional: bool) -> Option<WireFault> {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let plan = lock(&self.plan);
        let random = mix(mix(plan.seed) ^ number);
        if random % 1_000_000 >= plan.millionths {
            return None;
        }
        let pick = (random >> 32) as usize % plan.faults.len().max(1);
        let fault = plan.faults.get(pick).copied()?;
        if fault == WireFault::Conflict && !is_conditional {
            return None;
        }
        *lock(&self.counts).entry(fault).or_default() += 1;
        Some(fault)
    }
}

fn refusal(status: StatusCode, code: &str) -> HttpResponse {
    let text = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code></Error>");
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("0"));
    response
}
