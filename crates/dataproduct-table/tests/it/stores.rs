//! Tables on stores of every kind, on S3 through the wire, and stores that lie.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use dataproduct_table::{
    Durability, Error, Location, Outcome, Table, TableOptions, TableSpec, WriteOptions, local_store,
};
use dataproduct_testkit::conformance;
use dataproduct_testkit::s3::{S3Server, WireFault};
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::support::*;

/// A store that looks whether a name is taken and then writes, as some do.
#[derive(Debug)]
struct Lying(InMemory);

impl fmt::Display for Lying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lying")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Lying {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        if opts.mode == PutMode::Create {
            if self.0.head(location).await.is_ok() {
                let (path, source) = (location.to_string(), "taken".into());
                return Err(object_store::Error::AlreadyExists { path, source });
            }
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
        self.0.put(location, payload).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.0.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.0.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stores_conform_and_one_that_lies_is_found() {
    let none = Vec::<String>::new();
    assert_eq!(
        conformance::check(Arc::new(InMemory::new()), "try").await,
        none
    );
    for durability in [Durability::Full, Durability::None] {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("try");
        let broken = conformance::check(local_store(durability), root.to_str().unwrap()).await;
        assert_eq!(broken, none, "{durability:?}");
    }
    let server = S3Server::start().await.unwrap();
    assert_eq!(
        conformance::check(Arc::new(server.store().unwrap()), "try").await,
        none
    );
    let broken = conformance::check(Arc::new(Lying(InMemory::new())), "try").await;
    assert!(
        matches!(&broken[..], [only] if only.starts_with("creates that race")),
        "{broken:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_doctor_calls_no_store_safe_on_which_two_creates_win() {
    let server = S3Server::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let memory = Arc::new(InMemory::new());
    let over =
        |store: Arc<dyn ObjectStore>| Location::with_store("memory://doctor/x", store).unwrap();
    for location in [
        over(memory.clone()),
        Location::parse(directory.path().to_str().unwrap()).unwrap(),
        over(Arc::new(server.store().unwrap())),
    ] {
        let diagnosis = location.doctor().await.unwrap();
        assert!(diagnosis.is_safe(), "{location}: {diagnosis}");
        let left = location.join("_doctor").unwrap().children().await.unwrap();
        // On disk the empty folders stay.
        assert!(left.len() <= 1, "{left:?}");
    }
    let diagnosis = over(Arc::new(Lying(InMemory::new())))
        .doctor()
        .await
        .unwrap();
    assert!(!diagnosis.is_safe(), "{diagnosis}");
    let text = diagnosis.to_string();
    assert!(text.contains("races had several winners"), "{text}");
    assert!(
        text.contains("do not let more than one process write"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn publishes_through_a_wire_that_misleads_are_made_once() {
    let publishes = if std::env::var_os("DATAPRODUCT_LONG").is_some() {
        2500
    } else {
        15
    };
    let server = S3Server::start().await.unwrap();
    let store: Arc<dyn ObjectStore> = Arc::new(server.store().unwrap());
    let spec = TableSpec::from_contract(&contract(false));
    Table::create(&as_process(Arc::clone(&store)), &spec)
        .await
        .unwrap();
    server.spoil(1, 0.3, &WireFault::ALL);
    let begun = server.requests();
    let writers = (0..4).map(|writer| {
        let location = as_process(Arc::clone(&store));
        tokio::spawn(async move {
            let options = TableOptions::default().with_checkpoint_interval(20);
            let table = Table::open_with(&location, options).await.unwrap();
            let mut told = BTreeMap::new();
            for number in 0..publishes {
                let id = format!("w{writer}-{number:04}");
                let options = WriteOptions::new().with_publish_id(&id);
                let happened = match publish(&table, options, &rows(&[(&id, "L1", None)])).await {
                    Ok(_) => true,
                    Err(Error::OutcomeUnknown { .. }) => loop {
                        match table.resume(&id, Duration::from_secs(60)).await {
                            Ok(Outcome::Committed(_)) => break true,
                            Ok(Outcome::NotCommitted) => break false,
                            Ok(Outcome::StillUnknown { .. }) | Err(Error::Store { .. }) => {}
                            Err(error) => panic!("{id}: {error}"),
                        }
                    },
                    // Something that was not the commit failed ten times.
                    Err(error) if error.is_retryable() => false,
                    Err(error) => panic!("{id}: {error}"),
                };
                told.insert(id, happened);
            }
            told
        })
    });
    let mut expected = Vec::new();
    for told in futures::future::join_all(writers).await {
        expected.extend(
            told.unwrap()
                .into_iter()
                .filter(|told| told.1)
                .map(|told| told.0),
        );
    }
    expected.sort();
    server.spoil(1, 0.0, &[]);
    let counts = server.counts();
    println!(
        "{} of {} requests spoilt: {counts:?}",
        counts.values().sum::<u64>(),
        server.requests() - begun
    );
    for fault in WireFault::ALL {
        assert!(
            counts.get(&fault).is_some_and(|count| *count > 0),
            "{fault:?} never struck"
        );
    }
    let table = Table::open(&as_process(Arc::clone(&store))).await.unwrap();
    let found: Vec<_> = read_sorted(&table)
        .await
        .into_iter()
        .map(|row| row.0)
        .collect();
    assert_eq!(found, expected);
    assert!(
        expected.len() * 10 >= publishes * 4 * 9,
        "{} of {}",
        expected.len(),
        publishes * 4
    );
    assert!(
        Table::verify(table.location(), |_| {})
            .await
            .unwrap()
            .is_sound()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_throttles_is_only_slower() {
    let server = S3Server::start().await.unwrap();
    let store: Arc<dyn ObjectStore> = Arc::new(server.store().unwrap());
    let spec = TableSpec::from_contract(&contract(false));
    let table = Table::create(&as_process(Arc::clone(&store)), &spec)
        .await
        .unwrap();
    server.spoil(2, 0.3, &[WireFault::SlowDown, WireFault::TooMany]);
    for number in 0..20 {
        let sku = format!("s{number:02}");
        publish(&table, WriteOptions::new(), &rows(&[(&sku, "L1", None)]))
            .await
            .unwrap();
    }
    assert_eq!(read_sorted(&table).await.len(), 20);
    let counts = server.counts();
    println!("of {} requests: {counts:?}", server.requests());
    assert!(counts.len() == 2 && counts.values().sum::<u64>() > 20);
}
