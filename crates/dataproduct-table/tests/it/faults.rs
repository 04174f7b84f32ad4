//! Stores that fail, lie or lose answers: a publish is never doubled, lost, or called failed when it worked.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use dataproduct_table::{Error, Location, Table, TableSpec, WriteOptions};
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::support::*;

/// What happens to the next puts of log entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Written, but the answer is lost.
    AnswerLost,
    /// Written, but the store's own retry found it: "exists".
    WrittenThenExists,
    /// Not written, yet "exists": a store that turns a lost race against nobody into a refusal.
    NothingYetExists,
    /// A rival with the same publish id is first.
    RivalFirst,
    /// Not written, and an answer that leaves it open.
    Nothing,
    /// Refused for good.
    Denied,
}

#[derive(Debug)]
struct Faulty {
    inner: InMemory,
    fault: Fault,
    left: AtomicU32,
    /// Whether log entries cannot be read after a fault struck.
    blinding: bool,
    blind: AtomicBool,
    /// How many of the next reads of data files fail.
    away: AtomicU32,
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Faulty({:?})", self.fault)
    }
}

fn lost() -> object_store::Error {
    object_store::Error::Generic {
        store: "faulty",
        source: "connection reset".into(),
    }
}

impl Faulty {
    fn strikes(&self, location: &Path) -> bool {
        matches!(location.extension(), Some("json" | "yaml"))
            && self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_ok()
    }
}

#[async_trait::async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        if !self.strikes(location) {
            return self.inner.put_opts(location, payload, opts).await;
        }
        self.blind.store(self.blinding, Ordering::SeqCst);
        let exists = || object_store::Error::AlreadyExists {
            path: location.to_string(),
            source: "412".into(),
        };
        match self.fault {
            Fault::AnswerLost => self
                .inner
                .put_opts(location, payload, opts)
                .await
                .and(Err(lost())),
            Fault::WrittenThenExists => self
                .inner
                .put_opts(location, payload, opts)
                .await
                .and(Err(exists())),
            Fault::RivalFirst => {
                let bytes: Vec<u8> = payload.iter().flatten().copied().collect();
                let text = String::from_utf8(bytes).unwrap();
                let theirs = text.replace("\"txnId\":\"", "\"txnId\":\"f");
                assert_ne!(theirs, text, "an entry carries the id of its try");
                let theirs = unsealed(&theirs);
                let put = self.inner.put_opts(location, theirs.into(), opts).await;
                put.and(Err(exists()))
            }
            Fault::NothingYetExists => Err(exists()),
            Fault::Nothing => Err(lost()),
            Fault::Denied => Err(object_store::Error::PermissionDenied {
                path: location.to_string(),
                source: "403".into(),
            }),
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if self.blind.load(Ordering::SeqCst) && location.extension() == Some("json") {
            return Err(lost());
        }
        let data = location.extension() == Some("parquet") && !options.head;
        if data && self.away.load(Ordering::SeqCst) > 0 {
            self.away.fetch_sub(1, Ordering::SeqCst);
            return Err(lost());
        }
        self.inner.get_opts(location, options).await
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
        self.inner.copy_opts(from, to, options).await
    }
}

fn faulty(fault: Fault, blinding: bool) -> (Arc<Faulty>, Location) {
    let store = Arc::new(Faulty {
        inner: InMemory::new(),
        fault,
        left: AtomicU32::new(0),
        blinding,
        blind: AtomicBool::new(false),
        away: AtomicU32::new(0),
    });
    let location = as_process(Arc::clone(&store) as _);
    (store, location)
}

async fn table(fault: Fault) -> (Arc<Faulty>, Table) {
    table_with(fault, false).await
}

async fn table_with(fault: Fault, blinding: bool) -> (Arc<Faulty>, Table) {
    let (store, location) = faulty(fault, blinding);
    let table = Table::create(&location, &TableSpec::from_contract(&contract(false)))
        .await
        .unwrap();
    (store, table)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_neither_doubles_nor_loses_a_publish() {
    for fault in [
        Fault::AnswerLost,
        Fault::WrittenThenExists,
        Fault::NothingYetExists,
        Fault::Nothing,
    ] {
        for strikes in 1..4 {
            let (store, table) = table(fault).await;
            for number in 0..5_u64 {
                store.left.store(strikes, Ordering::SeqCst);
                let sku = format!("s{number}");
                let receipt = publish(&table, WriteOptions::new(), &rows(&[(&sku, "L1", None)]))
                    .await
                    .unwrap();
                assert_eq!(receipt.version, number + 1, "{fault:?}");
                assert!(!receipt.already_published);
                assert_eq!(receipt.rows(), 1);
                store.left.store(0, Ordering::SeqCst);
            }
            let fresh = Table::open(table.location()).await.unwrap();
            assert_eq!(read_sorted(&fresh).await.len(), 5, "{fault:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn faults_and_rivals_at_once() {
    for fault in [
        Fault::AnswerLost,
        Fault::WrittenThenExists,
        Fault::NothingYetExists,
        Fault::Nothing,
    ] {
        let (store, table) = table(fault).await;
        let publishers = (0..4).map(|publisher| {
            let (store, location) = (Arc::clone(&store), table.location().clone());
            tokio::spawn(async move {
                let table = Table::open(&location).await.unwrap();
                for number in 0..5 {
                    store.left.store(1, Ordering::SeqCst);
                    let sku = format!("p{publisher}-{number}");
                    publish(&table, WriteOptions::new(), &rows(&[(&sku, "L1", None)]))
                        .await
                        .unwrap();
                }
            })
        });
        for done in futures::future::join_all(publishers).await {
            done.unwrap();
        }
        let fresh = Table::open(table.location()).await.unwrap();
        let mut found = read_sorted(&fresh).await;
        assert_eq!(found.len(), 20, "{fault:?}");
        found.dedup();
        assert_eq!(found.len(), 20, "{fault:?}");
        assert_eq!(fresh.snapshot().await.unwrap().version(), 20);
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_found_out_is_unknown() {
    let (store, table) = table(Fault::Nothing).await;
    store.left.store(u32::MAX, Ordering::SeqCst);
    let options = WriteOptions::new()
        .with_publish_id("open")
        .with_commit_timeout(Duration::from_millis(50));
    let error = publish(&table, options, &rows(&[("a", "L1", None)]))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::OutcomeUnknown { publish_id, .. } if publish_id == "open"),
        "{error}"
    );
    assert!(error.is_retryable());
    store.left.store(0, Ordering::SeqCst);
    assert_eq!(table.receipt("open").await.unwrap(), None);
    let again = WriteOptions::new().with_publish_id("open");
    assert!(
        !publish(&table, again, &rows(&[("a", "L1", None)]))
            .await
            .unwrap()
            .already_published
    );
    assert_eq!(read_sorted(&table).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_a_failure() {
    let (store, table) = table(Fault::Denied).await;
    store.left.store(1, Ordering::SeqCst);
    let error = publish(&table, WriteOptions::new(), &rows(&[("a", "L1", None)]))
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::Store { .. }), "{error}");
    assert!(!error.is_retryable());
    assert_eq!(table.snapshot().await.unwrap().version(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_read_back_leaves_the_outcome_unknown() {
    for (fault, happened) in [(Fault::AnswerLost, true), (Fault::Nothing, false)] {
        let (store, table) = table_with(fault, true).await;
        store.left.store(1, Ordering::SeqCst);
        let options = || WriteOptions::new().with_publish_id("blind");
        let admitted = rows(&[("a", "L1", None)]);
        let error = publish(&table, options(), &admitted).await.unwrap_err();
        assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error}");
        store.blind.store(false, Ordering::SeqCst);
        assert_eq!(table.receipt("blind").await.unwrap().is_some(), happened);
        let again = publish(&table, options(), &admitted).await.unwrap();
        assert_eq!((again.version, again.already_published), (1, happened));
        assert_eq!(read_sorted(&table).await.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_says_exists_and_absent_for_ever_does_not_hold_a_publish_for_ever() {
    let (store, table) = table(Fault::NothingYetExists).await;
    store.left.store(u32::MAX, Ordering::SeqCst);
    let options = WriteOptions::new().with_commit_timeout(Duration::from_millis(50));
    let admitted = rows(&[("a", "L1", None)]);
    let done = tokio::time::timeout(Duration::from_secs(20), publish(&table, options, &admitted));
    // A put that the store itself tried again may still become visible.
    let error = done.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rival_with_the_same_publish_id_is_told_from_a_lost_answer() {
    for (fault, already) in [(Fault::RivalFirst, true), (Fault::WrittenThenExists, false)] {
        let (store, table) = table(fault).await;
        store.left.store(1, Ordering::SeqCst);
        let options = WriteOptions::new().with_publish_id("both");
        let receipt = publish(&table, options, &rows(&[("a", "L1", None)]))
            .await
            .unwrap();
        assert_eq!(
            (receipt.version, receipt.already_published),
            (1, already),
            "{fault:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_in_favour_of_nobody_is_tried_again() {
    let (store, location) = faulty(Fault::NothingYetExists, false);
    store.left.store(2, Ordering::SeqCst);
    let spec = TableSpec::from_contract(&contract(false));
    let table = Table::create(&location, &spec).await.unwrap();
    store.left.store(2, Ordering::SeqCst);
    table.put_contract("1.0.0", "text".into()).await.unwrap();
    assert_eq!(table.read_contract("1.0.0").await.unwrap().unwrap(), "text");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_failed_for_a_moment_is_no_damage() {
    let (store, table) = table(Fault::Nothing).await;
    publish(&table, WriteOptions::new(), &rows(&[("a", "L1", None)]))
        .await
        .unwrap();
    store.away.store(1, Ordering::SeqCst);
    let snapshot = table.snapshot().await.unwrap();
    let error = snapshot.scan().collect().await.unwrap_err();
    assert!(matches!(&error, Error::Store { .. }), "{error}");
    assert!(error.is_retryable());
    assert_eq!(read_sorted(&table).await.len(), 1);
}
