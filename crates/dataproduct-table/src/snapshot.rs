//! One immutable version of a table.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use chrono::{DateTime, Utc};

use crate::error::Result;
use crate::facts::{Commit, CommitFacts};
use crate::limits::SoftLimit;
use crate::log::action::{Add, TAG_SHA256};
use crate::log::published;
use crate::log::state::{Files, TableState};
use crate::predicate::Predicate;
use crate::scan::Scan;
use crate::table::Table;
use crate::write::partition::decode_path;

/// One version of a table, seen whole. Later commits do not change it.
#[derive(Clone)]
pub struct Snapshot {
    table: Table,
    state: Arc<TableState>,
    /// What a scan reads of it, if not all.
    only: Option<Predicate>,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("location", &self.table.location().url().as_str())
            .field("version", &self.state.version)
            .field("files", &self.state.files.len())
            .finish_non_exhaustive()
    }
}

/// A data file of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataFile {
    /// Relative to the table's folder.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows in it that are part of the version, if its writer recorded that.
    pub rows: Option<u64>,
    /// Rows in it that are not part of the version any more.
    pub deleted_rows: u64,
    /// SHA-256 of its bytes in hex, if its writer recorded that.
    pub sha256: Option<String>,
    /// The values of the partition columns, as the log writes them.
    pub partition_values: BTreeMap<String, Option<String>>,
    /// When it was written.
    pub written_at: Option<DateTime<Utc>>,
}

/// The path of a data file, relative to the table's folder.
pub(crate) fn path_of(add: &Add) -> String {
    decode_path(&add.path).unwrap_or_else(|_| add.path.clone())
}

impl DataFile {
    fn of(add: &Add) -> Self {
        let vector = add.deletion_vector.as_ref();
        let deleted_rows = vector.map_or(0, |vector| vector.cardinality.unsigned_abs());
        Self {
            path: path_of(add),
            bytes: add.size.unsigned_abs(),
            rows: add.live_rows(),
            deleted_rows,
            sha256: add.tag(TAG_SHA256).map(str::to_owned),
            partition_values: add.partition_values.clone(),
            written_at: DateTime::from_timestamp_millis(add.modification_time),
        }
    }
}

impl Snapshot {
    pub(crate) fn new(table: Table, state: Arc<TableState>) -> Self {
        Self {
            table,
            state,
            only: None,
        }
    }

    /// The same version, of which scans read only rows for which a predicate is true.
    pub(crate) fn with_only(mut self, predicate: Predicate) -> Self {
        self.only = Some(predicate);
        self
    }

    /// The same version with some of its files only.
    pub(crate) fn with_files(&self, wanted: impl Fn(&Add) -> bool) -> Self {
        let mut files = Files::default();
        for add in self.state.files.iter().filter(|add| wanted(add)) {
            files.insert(Add::clone(add));
        }
        let mut state = TableState::clone(&self.state);
        state.files = Arc::new(files);
        Self {
            state: Arc::new(state),
            ..self.clone()
        }
    }

    pub(crate) fn state(&self) -> &Arc<TableState> {
        &self.state
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.state.version
    }

    /// The columns in the types in which they are stored, partition columns included.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.state.schema.arrow
    }

    /// The columns whose values part the rows into folders.
    #[must_use]
    pub fn partition_by(&self) -> &[String] {
        &self.state.schema.partition_by
    }

    /// The columns by which the rows of a row group are sorted.
    #[must_use]
    pub fn sort_by(&self) -> &[String] {
        &self.state.schema.sort_by
    }

    /// The table's name, as declared.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.state.metadata.name.as_deref()
    }

    /// What the table holds, as declared.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.state.metadata.description.as_deref()
    }

    /// A table property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        self.state.metadata.configuration.get(name)?.as_deref()
    }

    /// The data files in scan order: by time of writing, then by name.
    #[must_use]
    pub fn files(&self) -> Vec<DataFile> {
        self.state
            .files
            .iter()
            .map(|add| DataFile::of(add))
            .collect()
    }

    /// The commit that made this version.
    #[must_use]
    pub fn commit(&self) -> &Commit {
        &self.state.commit
    }

    /// What that commit recorded; `None` if it was made by another program, or published nothing.
    #[must_use]
    pub fn facts(&self) -> Option<&CommitFacts> {
        self.state.commit.facts.as_ref()
    }

    /// The newest commit up to this version that says under which contract it was published, and of which `wanted`
    /// holds. Commits behind it are of other programs, or published nothing. `None` if there is none among the log
    /// entries that are still kept; of these only as many are read as it takes to find it.
    ///
    /// # Errors
    ///
    /// `Damaged` if a log entry cannot be read; `Store` if the store fails.
    pub async fn newest_publish(&self, wanted: impl Fn(&Commit) -> bool) -> Result<Option<Commit>> {
        let found = self.state.newest_publish(self.table.storage(), wanted);
        Ok(found.await?.map(Arc::unwrap_or_clone))
    }

    /// Those of these contract versions under which a commit up to this version was published, in the order given and
    /// each once, with the digest of the contract that the newest of these commits names. Where log entries were
    /// cleaned up, one that the kept ones do not name may have been published, and counts.
    ///
    /// # Errors
    ///
    /// `Damaged` if a log entry cannot be read; `Store` if the store fails.
    pub async fn published_among(
        &self,
        contract_versions: &[String],
    ) -> Result<Vec<(String, Option<String>)>> {
        let storage = self.table.storage();
        published::among(storage, self.state.version, contract_versions).await
    }

    /// When this version was committed; `None` if its writer did not say.
    #[must_use]
    pub fn committed_at(&self) -> Option<DateTime<Utc>> {
        self.state.commit.committed_at
    }

    /// The highest `as_of` of this version and all before it: up to then the owner vouches that the table is
    /// complete. It never falls from version to version.
    #[must_use]
    pub fn watermark(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.state.watermark()?)
    }

    /// What makes this version expensive to open and read, if anything.
    #[must_use]
    pub fn limits(&self) -> Vec<SoftLimit> {
        self.state.limits()
    }

    /// Begins to read.
    pub fn scan(&self) -> Scan {
        let scan = Scan::new(self.clone());
        match &self.only {
            Some(predicate) => scan.filter(predicate.clone()),
            None => scan,
        }
    }
}
