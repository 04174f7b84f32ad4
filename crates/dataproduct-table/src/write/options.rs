//! How a publish behaves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::facts::PublishFacts;
use crate::predicate::{Literal, Predicate};
use crate::spec::TableSpec;
use crate::write::keyed::Upsert;
use crate::write::rewrite::Places;

/// Rows of a full row group.
pub const DEFAULT_ROW_GROUP_ROWS: usize = 1_048_576;

/// Size at which a data file is closed and the next one begun, in bytes.
pub const DEFAULT_TARGET_FILE_BYTES: u64 = 512 * 1024 * 1024;

/// Level of zstd compression of data pages.
pub const DEFAULT_ZSTD_LEVEL: i32 = 1;

/// Data files being written at once, one for each partition; the one longest without rows is closed first.
pub const DEFAULT_OPEN_PARTITIONS: usize = 64;

/// How long a commit is tried against other publishers and a failing store.
pub const DEFAULT_COMMIT_TIMEOUT: Duration = Duration::from_secs(120);

/// What a publish does with the rows that are there.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum Mode {
    /// Keeps them and adds the new ones. The default.
    #[default]
    Append,
    /// Takes all of them out.
    ReplaceAll,
    /// Takes out those of the partitions given, each by the values of one or more partition columns.
    ///
    /// Every row published must lie in one of them.
    ReplacePartitions(Vec<BTreeMap<String, Literal>>),
    /// Takes out those for which the predicate is true; where it is false or null, rows stay.
    ///
    /// It must be true for every row published. The rows are looked for in the newest version when the publish is
    /// committed. Where the table allows deletion vectors ([`crate::TableSpec::with_deletion_vectors`]) they are marked
    /// in one for each file that holds some; otherwise these files are written anew without them.
    ReplaceWhere(Predicate),
    /// Takes out those whose keys are published or [deleted](crate::Writer::delete).
    ///
    /// What is written follows the change, not the table: the new rows, and for each file that holds an old one a
    /// deletion vector. The table must allow these ([`crate::TableSpec::with_deletion_vectors`]). Some 100 bytes of
    /// memory are needed for each row published; to replace most of a table, use [`Mode::ReplaceAll`].
    ///
    /// The keys are looked for in the newest version when the publish is committed, so that no change of another
    /// publisher is overlooked.
    Upsert(Upsert),
}

/// What a replace does when another publish changed what it replaces while it was being written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// The last writer wins: what the other publish added to the replaced part is taken out as well. The default.
    #[default]
    Replan,
    /// The publish fails with [`crate::Error::Conflict`].
    Fail,
}

/// Under which contracts the newest publish may have been made when this one is committed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Follows {
    /// Under any.
    #[default]
    Any,
    /// Under this one, none, or the one of this publish.
    Only(Option<String>),
}

/// How to publish: mode, facts, publish id and the layout of data files.
#[derive(Debug, Clone)]
#[must_use]
pub struct WriteOptions {
    pub(crate) mode: Mode,
    pub(crate) on_conflict: OnConflict,
    pub(crate) facts: PublishFacts,
    pub(crate) publish_id: Option<String>,
    pub(crate) follows: Follows,
    /// What the table is declared to be from this publish on, if that is new.
    pub(crate) spec: Option<TableSpec>,
    pub(crate) row_group_rows: usize,
    pub(crate) target_file_bytes: u64,
    pub(crate) zstd_level: i32,
    /// Rows of a data page, at most.
    pub(crate) page_rows: usize,
    pub(crate) open_partitions: usize,
    pub(crate) commit_timeout: Duration,
    pub(crate) epoch: Option<Epoch>,
    /// Gets told where rows go that are sorted; they are then of one partition.
    pub(crate) places: Option<Arc<Places>>,
}

/// Which of the incarnations of a writer publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Epoch {
    pub(crate) writer: String,
    pub(crate) number: u64,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            on_conflict: OnConflict::default(),
            facts: PublishFacts::default(),
            publish_id: None,
            follows: Follows::default(),
            spec: None,
            row_group_rows: DEFAULT_ROW_GROUP_ROWS,
            target_file_bytes: DEFAULT_TARGET_FILE_BYTES,
            zstd_level: DEFAULT_ZSTD_LEVEL,
            page_rows: parquet::file::properties::DEFAULT_DATA_PAGE_ROW_COUNT_LIMIT,
            open_partitions: DEFAULT_OPEN_PARTITIONS,
            commit_timeout: DEFAULT_COMMIT_TIMEOUT,
            epoch: None,
            places: None,
        }
    }
}

impl WriteOptions {
    /// Appends, with a fresh publish id and no facts.
    pub fn new() -> Self {
        Self::default()
    }

    /// What to do with the rows that are there.
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// What a replace does about changes by others.
    pub fn with_on_conflict(mut self, on_conflict: OnConflict) -> Self {
        self.on_conflict = on_conflict;
        self
    }

    /// What the publisher says about the rows.
    pub fn with_facts(mut self, facts: PublishFacts) -> Self {
        self.facts = facts;
        self
    }

    /// The token under which this publish is one commit, however often and from wherever it is tried: 1 to 200
    /// visible characters. The default is a fresh UUID of version 7.
    pub fn with_publish_id(mut self, publish_id: impl Into<String>) -> Self {
        self.publish_id = Some(publish_id.into());
        self
    }

    /// Says what the publish was judged against: the digest of the contract of the newest publish, or `None` if there
    /// was none. Should another contract than that, or than this publish's own, have come in between, the publish
    /// fails with [`crate::Error::Conflict`]. By default it follows any.
    pub fn with_contract_before(mut self, digest: Option<impl Into<String>>) -> Self {
        self.follows = Follows::Only(digest.map(Into::into));
        self
    }

    /// Brings the table to a newer declaration in the commit of the publish: the version that has its rows is the first
    /// that has its columns, and no version has the one without the other. The rows are those of the declaration. What
    /// may change is what [`Table::evolve`](crate::Table::evolve) says. By default the table stays what it is declared to be.
    ///
    /// The change is worked out anew from the version that the publish is committed behind. If others have brought the
    /// table to the same declaration meanwhile, nothing of it is left to change; if to one that this one cannot follow,
    /// the publish fails with [`crate::Error::Incompatible`] or [`crate::Error::Conflict`].
    pub fn with_evolution(mut self, spec: TableSpec) -> Self {
        self.spec = Some(spec);
        self
    }

    /// Rows of a full row group, at least 1; the default is [`DEFAULT_ROW_GROUP_ROWS`].
    pub fn with_row_group_rows(mut self, rows: usize) -> Self {
        self.row_group_rows = rows.max(1);
        self
    }

    /// Size at which a data file is closed; the default is [`DEFAULT_TARGET_FILE_BYTES`].
    pub fn with_target_file_bytes(mut self, bytes: u64) -> Self {
        self.target_file_bytes = bytes;
        self
    }

    /// Level of compression, clamped to 1 to 22; the default is [`DEFAULT_ZSTD_LEVEL`].
    pub fn with_zstd_level(mut self, level: i32) -> Self {
        self.zstd_level = level.clamp(1, 22);
        self
    }

    /// Data files being written at once, at least 1; the default is [`DEFAULT_OPEN_PARTITIONS`].
    pub fn with_open_partitions(mut self, partitions: usize) -> Self {
        self.open_partitions = partitions.max(1);
        self
    }

    /// Says which incarnation of a writer publishes, so that an older one that was taken for dead and wakes up is fenced
    /// off: once a publish of an epoch is in the log, those of lower epochs of the same writer fail with
    /// [`crate::Error::Fenced`]. The name is 1 to 200 visible characters, as a publish id is; epochs are for whoever
    /// starts the writer to count, such as the number of a lease. By default nobody is fenced off.
    pub fn with_epoch(mut self, writer: impl Into<String>, epoch: u64) -> Self {
        self.epoch = Some(Epoch {
            writer: writer.into(),
            number: epoch,
        });
        self
    }

    /// How long a commit is tried, from its turn among the publishers of this process on; the default is
    /// [`DEFAULT_COMMIT_TIMEOUT`]. A store that does not answer to the commit in that time is waited for a twentieth of it
    /// longer. Finding the rows that a publish changes is not cut short.
    pub fn with_commit_timeout(mut self, timeout: Duration) -> Self {
        self.commit_timeout = timeout;
        self
    }
}
