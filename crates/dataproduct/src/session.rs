//! Many small publishes as few commits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use dataproduct_table::{Compaction, TableOptions};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::publish::{Publish, Receipt};
use crate::publisher::BatchPublisher;
use crate::{Error, Result};

/// How long rows wait for others to be committed with, at most.
pub const DEFAULT_LINGER: Duration = Duration::from_millis(200);

/// How many rows are committed together, at most.
pub const DEFAULT_GROUP_ROWS: usize = 1_000_000;

/// How many calls may wait for rows to be taken.
const WAITING: usize = 1024;

/// How often a commit of which the outcome is open, or that others were faster with, is tried again.
const TRIES: u32 = 8;

/// How a session gathers rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct SessionOptions {
    by_key: bool,
    linger: Duration,
    rows: usize,
    compacts: bool,
}

impl SessionOptions {
    /// Adds rows, as [`Publish::append`]. Their files stay small until they are compacted.
    pub fn append() -> Self {
        Self {
            by_key: false,
            linger: DEFAULT_LINGER,
            rows: DEFAULT_GROUP_ROWS,
            compacts: false,
        }
    }

    /// Changes rows by key, as [`Publish::upsert`], and writes files anew beside that: each change takes rows out of
    /// files that are there, so that they would soon hold little else. Calls that repeat a key become one commit only
    /// where the contract has an event time, which says whose row is the latest; without one they are published one by one.
    pub fn upsert() -> Self {
        Self {
            by_key: true,
            compacts: true,
            ..Self::append()
        }
    }

    /// How long rows wait for others to be committed with, at most; the default is [`DEFAULT_LINGER`]. Rows that come
    /// while a commit is under way wait for it in any case.
    pub fn with_linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// How many rows make a commit that waits no longer, at least 1; the default is [`DEFAULT_GROUP_ROWS`].
    pub fn with_rows(mut self, rows: usize) -> Self {
        self.rows = rows.max(1);
        self
    }

    /// Whether small files, and those of which much was taken out, are written anew while the session goes on, as
    /// [`Compaction::new`] has it; no publish waits for it. Only a session by key does that by default. What they held
    /// before stays in the folder until it is vacuumed.
    pub fn with_compaction(mut self, compacts: bool) -> Self {
        self.compacts = compacts;
        self
    }

    fn table(self) -> TableOptions {
        match self.compacts {
            true => TableOptions::default().with_auto_compaction(Compaction::new()),
            false => TableOptions::default(),
        }
    }

    fn publish(self) -> Publish {
        match self.by_key {
            true => Publish::upsert(),
            false => Publish::append(),
        }
    }
}

/// Rows handed over together, and who waits for them.
struct Part {
    rows: RecordBatch,
    /// When they were handed over.
    at: Instant,
    done: oneshot::Sender<Outcome>,
}

/// What became of rows. Those who were in one commit share it.
type Outcome = std::result::Result<Receipt, Arc<Error>>;

/// Publishes the rows of many small calls in few commits.
///
/// Each call's rows are in one commit, whole, and commits come in the order of the calls. Where rows of one call are
/// refused, those of the others are published without them.
pub struct Session {
    sender: mpsc::Sender<Part>,
    task: JoinHandle<()>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Rows that were handed over. Dropped, they are published all the same, and nobody is told.
#[derive(Debug)]
#[must_use = "whether the rows were published is only told here"]
pub struct Pending {
    done: oneshot::Receiver<Outcome>,
}

impl Pending {
    /// Waits until the rows are visible: the receipt is that of the commit that they are in, with the rows of the
    /// others.
    ///
    /// # Errors
    /// As [`BatchPublisher::publish`], shared with the others of the commit; [`Error::Input`] if the session ended
    /// before the rows were published.
    pub async fn visible(self) -> Outcome {
        self.done.await.unwrap_or_else(|_| Err(Arc::new(ended())))
    }
}

fn ended() -> Error {
    Error::input(
        "the session has ended before the rows were published; publish them again",
        std::io::Error::from(std::io::ErrorKind::BrokenPipe),
    )
}

impl BatchPublisher {
    /// Begins to gather the rows of many small calls. It works in a task of its own, until it is closed or dropped.
    pub fn session(&self, options: SessionOptions) -> Session {
        let (sender, receiver) = mpsc::channel(WAITING);
        let task = tokio::spawn(run(
            self.with_table_open(options.table()),
            options,
            receiver,
        ));
        Session { sender, task }
    }
}

impl Session {
    /// Hands rows over. Waits while more than a commit's worth of calls wait, which bounds memory.
    ///
    /// # Errors
    /// [`Error::Input`] if the session has ended.
    pub async fn send(&self, rows: RecordBatch) -> Result<Pending> {
        let (done, receiver) = oneshot::channel();
        let at = Instant::now();
        let sent = self.sender.send(Part { rows, at, done }).await;
        sent.map_err(|_| ended())?;
        Ok(Pending { done: receiver })
    }

    /// Publishes what was handed over, and ends.
    ///
    /// # Errors
    /// [`Error::Input`] if the session has broken off.
    pub async fn close(self) -> Result<()> {
        drop(self.sender);
        let ended = self.task.await;
        ended.map_err(|error| Error::input("the session has broken off", error))
    }
}

async fn run(
    publisher: BatchPublisher,
    options: SessionOptions,
    mut receiver: mpsc::Receiver<Part>,
) {
    while let Some(first) = receiver.recv().await {
        let group = gather(first, options, &mut receiver).await;
        publish(&publisher, options, group).await;
    }
}

/// Takes what comes until it is enough, or the first has waited long enough: then what is there already.
async fn gather(
    first: Part,
    options: SessionOptions,
    receiver: &mut mpsc::Receiver<Part>,
) -> Vec<Part> {
    let until = first.at + options.linger;
    let mut rows = first.rows.num_rows();
    let mut group = vec![first];
    while rows < options.rows {
        match tokio::time::timeout_at(until, receiver.recv()).await {
            Ok(Some(part)) => {
                rows += part.rows.num_rows();
                group.push(part);
            }
            Ok(None) | Err(_) => break,
        }
    }
    group
}

/// Publishes a group as one commit; if that is refused, each part as one, so that nobody answers for another's rows.
async fn publish(publisher: &BatchPublisher, options: SessionOptions, group: Vec<Part>) {
    let batches = group.iter().map(|part| part.rows.clone()).collect();
    match commit(publisher, options, batches).await {
        Err(Error::Refused { .. }) if group.len() > 1 => {
            for part in group {
                let outcome = commit(publisher, options, vec![part.rows]).await;
                // Who does not wait does not want to know.
                drop(part.done.send(outcome.map_err(Arc::new)));
            }
        }
        outcome => {
            let outcome = outcome.map_err(Arc::new);
            for part in group {
                drop(part.done.send(outcome.clone()));
            }
        }
    }
}

/// One commit. Its id makes it one however often it is tried.
async fn commit(
    publisher: &BatchPublisher,
    options: SessionOptions,
    batches: Vec<RecordBatch>,
) -> Result<Receipt> {
    let id = uuid::Uuid::now_v7().to_string();
    let mut tries = 0;
    loop {
        tries += 1;
        let how = options.publish().with_publish_id(&id);
        let outcome = publisher.publish(batches.iter().cloned(), how).await;
        if outcome.is_err() {
            publisher.close_table();
        }
        match outcome {
            Err(error) if error.is_retryable() && tries < TRIES => {
                tokio::time::sleep(Duration::from_millis(20 << tries)).await;
            }
            outcome => return outcome,
        }
    }
}
