//! What can go wrong with a table, named by what the caller can do about it.

use chrono::{DateTime, Utc};

/// The result of every fallible call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of storage I/O, of the log or of a request that cannot be served.
///
/// A lost race is not among them: appends are placed behind the winner, and a replace is planned again
/// unless the caller asked for [`Error::Conflict`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The location is not one that this crate can open. Correct the URL.
    #[error("`{location}` is not a table location: {reason}")]
    InvalidLocation {
        /// The location as given.
        location: String,
        /// What is wrong with it and what to write instead.
        reason: String,
    },

    /// The URL's scheme needs a cargo feature that is off. Switch the feature on.
    #[error("opening `{scheme}://` needs the cargo feature `{feature}` of dataproduct-table")]
    FeatureOff {
        /// The scheme of the URL.
        scheme: String,
        /// The feature to switch on.
        feature: &'static str,
    },

    /// There is no table at the location. Create it first.
    #[error("no table at `{location}`: create it first")]
    NotFound {
        /// Where the table was looked for.
        location: String,
    },

    /// A table is already there. Open it instead.
    #[error("a table already exists at `{location}`: open it instead")]
    AlreadyExists {
        /// Where the table is.
        location: String,
    },

    /// The version was never committed, or its log entry is no longer kept.
    #[error("`{location}` has no version {version}; its newest is {newest}")]
    NoSuchVersion {
        /// The table.
        location: String,
        /// The version asked for.
        version: u64,
        /// The newest version.
        newest: u64,
    },

    /// The table did not exist yet at the instant asked for.
    #[error("`{location}` has no commit at or before {instant}")]
    BeforeFirstCommit {
        /// The table.
        location: String,
        /// The instant asked for.
        instant: DateTime<Utc>,
    },

    /// The description of a table to create or to evolve to is not usable. Correct it.
    #[error("the table cannot be declared so: {reason}")]
    InvalidSpec {
        /// What is wrong and what to do.
        reason: String,
    },

    /// A newer declaration breaks what is stored or what readers hold. Declare a new major version, which is another
    /// table.
    #[error("the table cannot become that{}: {reason}", of_column(.column))]
    Incompatible {
        /// The column, parts of it joined by `.`; empty if it is a matter of the whole table.
        column: String,
        /// What would break, and what to do instead.
        reason: String,
    },

    /// Files of an older version were vacuumed. Restore a newer version.
    #[error("version {version} cannot be restored: {} of its files were vacuumed, {}", .files.len(), first_of(.files))]
    FilesGone {
        /// The version.
        version: u64,
        /// The files, relative to the table's folder, in the order of their names.
        files: Vec<String>,
    },

    /// The rows do not have the table's schema. Publish rows of the table's contract.
    #[error("the rows do not fit the table: {reason}")]
    SchemaMismatch {
        /// The column and the difference.
        reason: String,
    },

    /// A stored value does not fit the type that the reader asked for. Read the column in the table's type, or leave
    /// the rows out by a filter.
    #[error("column `{column}` of `{file}` holds {value}, which is not {wanted}")]
    Unreadable {
        /// The column, parts of it joined by `.`.
        column: String,
        /// The file it is in; empty where that is not known.
        file: String,
        /// The first such value, or `null`.
        value: String,
        /// The type that the reader asked for.
        wanted: String,
    },

    /// A column was named that is not there. Name one of the table's columns.
    #[error("there is no column `{column}`; the table has {available}")]
    NoSuchColumn {
        /// The column asked for.
        column: String,
        /// The names of the table's columns.
        available: String,
    },

    /// The predicate compares values that cannot be compared. Use a literal of the column's type.
    #[error("the predicate on `{column}` cannot be evaluated: {reason}")]
    InvalidPredicate {
        /// The column compared.
        column: String,
        /// Why not.
        reason: String,
    },

    /// Another publish changed what this one replaces or relies on. Read again, then decide.
    #[error("version {version} was committed meanwhile and {reason}")]
    Conflict {
        /// The version that won.
        version: u64,
        /// What it changed that this publish rests on.
        reason: String,
    },

    /// A newer incarnation of the writer has published; nothing was published. Stop this one.
    #[error(
        "writer `{writer}` publishes in epoch {newest} by now: this one, of epoch {epoch}, is fenced off and must stop"
    )]
    Fenced {
        /// The writer.
        writer: String,
        /// Of this publish.
        epoch: u64,
        /// The newest in the log.
        newest: u64,
    },

    /// Other publishers kept winning until the time allowed was over; nothing was published. Try again.
    #[error(
        "publish `{publish_id}` lost {attempts} races in a row and was given up; nothing was published"
    )]
    Contention {
        /// The publish.
        publish_id: String,
        /// How often it was tried.
        attempts: u32,
    },

    /// It is not known whether the publish happened. Ask [`crate::Table::resume`] with the same publish id
    /// later, or publish again with the same id: it is one commit either way.
    #[error(
        "whether publish `{publish_id}` happened is not known: {source}; ask again with the same publish id"
    )]
    OutcomeUnknown {
        /// The publish.
        publish_id: String,
        /// Why the log could not be read back.
        source: Box<Error>,
    },

    /// A stored object differs from what its publisher recorded. Restore it; it is never served.
    #[error("`{file}` is damaged: expected {expected}, found {found}")]
    Corrupt {
        /// The object.
        file: String,
        /// What the log says.
        expected: String,
        /// What is stored.
        found: String,
    },

    /// A stored object cannot be read as what it should be: a log entry, a checkpoint or a data file.
    #[error("`{file}` cannot be read: {reason}")]
    Damaged {
        /// The object.
        file: String,
        /// What is wrong with it.
        reason: String,
    },

    /// The table uses something that this crate does not write or read.
    #[error("not supported: {what}")]
    Unsupported {
        /// What it is.
        what: String,
    },

    /// A contract version is stored already with other content. Raise the version.
    #[error("contract version {version} is stored already with other content: raise the version")]
    ContractDiffers {
        /// The contract version.
        version: String,
    },

    /// The store refused or failed. [`Error::is_retryable`] says whether the same call may succeed, and
    /// [`Error::disk_problem`] what is wrong with a disk.
    #[error("{operation} `{path}` failed: {source}{}", remedy_of(.source))]
    Store {
        /// What was tried: `read`, `write`, `list`.
        operation: &'static str,
        /// On which object.
        path: String,
        /// The store's own words.
        source: object_store::Error,
    },

    /// Rows could not be encoded or decoded.
    #[error("{operation} failed: {reason}")]
    Encoding {
        /// What was being done.
        operation: &'static str,
        /// What the encoder said.
        reason: String,
    },

    /// The time allowed was over before the store had answered, and nothing was changed. Try again, or allow more.
    #[error("{operation} was not done in the time allowed")]
    TimedOut {
        /// What was being done.
        operation: &'static str,
    },

    /// A background task stopped before its work was done: the runtime is shutting down.
    #[error("a background task was stopped before `{operation}` was done")]
    Interrupted {
        /// What was being done.
        operation: &'static str,
    },
}

impl Error {
    /// Whether the same call may succeed when tried again unchanged.
    ///
    /// `OutcomeUnknown` counts as retryable because a publish id makes a second try the same commit.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Contention { .. }
            | Self::OutcomeUnknown { .. }
            | Self::TimedOut { .. }
            | Self::Interrupted { .. } => true,
            Self::Store { source, .. } => match DiskProblem::of(source) {
                Some(problem) => problem == DiskProblem::TooManyOpenFiles,
                None => !is_definite(source),
            },
            _ => false,
        }
    }

    /// What is wrong with the disk, where that is why the store failed: something to put right before trying again.
    #[must_use]
    pub fn disk_problem(&self) -> Option<DiskProblem> {
        match self {
            Self::Store { source, .. } => DiskProblem::of(source),
            Self::OutcomeUnknown { source, .. } => source.disk_problem(),
            _ => None,
        }
    }

    /// A failure of the local disk.
    pub(crate) fn disk(
        operation: &'static str,
        path: impl ToString,
        error: std::io::Error,
    ) -> Self {
        let source = object_store::Error::Generic {
            store: "local",
            source: Box::new(error),
        };
        Self::store(operation, path, source)
    }

    pub(crate) fn store(
        operation: &'static str,
        path: impl ToString,
        source: object_store::Error,
    ) -> Self {
        Self::Store {
            operation,
            path: path.to_string(),
            source,
        }
    }

    pub(crate) fn encoding(operation: &'static str, reason: impl ToString) -> Self {
        Self::Encoding {
            operation,
            reason: reason.to_string(),
        }
    }

    pub(crate) fn damaged(file: impl ToString, reason: impl ToString) -> Self {
        Self::Damaged {
            file: file.to_string(),
            reason: reason.to_string(),
        }
    }
}

/// As many names as a message can bear.
fn first_of(files: &[String]) -> String {
    let shown = files.iter().take(3);
    let mut text = shown
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if files.len() > 3 {
        text.push_str(", …");
    }
    text
}

fn of_column(column: &str) -> String {
    match column {
        "" => String::new(),
        column => format!(", because of column `{column}`"),
    }
}

/// What a disk refuses, and somebody can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiskProblem {
    /// There is no space left, or no more is allowed.
    Full,
    /// The process, or the machine, has as many files open as it may.
    TooManyOpenFiles,
    /// It cannot be written to.
    ReadOnly,
}

impl DiskProblem {
    fn of(error: &object_store::Error) -> Option<Self> {
        use std::io::ErrorKind;
        let mut at: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = at {
            if let Some(error) = error.downcast_ref::<std::io::Error>() {
                match (error.kind(), error.raw_os_error()) {
                    (ErrorKind::StorageFull | ErrorKind::QuotaExceeded, _) => {
                        return Some(Self::Full);
                    }
                    (ErrorKind::ReadOnlyFilesystem, _) => return Some(Self::ReadOnly),
                    // ENFILE and EMFILE have no kind of their own.
                    (_, Some(23 | 24)) => return Some(Self::TooManyOpenFiles),
                    _ => {}
                }
            }
            at = error.source();
        }
        None
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Full => "make space on the disk, and try again under the same publish id",
            Self::TooManyOpenFiles => {
                "raise the limit of open files (`ulimit -n`) or open fewer tables at once, and try again"
            }
            Self::ReadOnly => "make the disk writable again, or publish to another location",
        }
    }
}

fn remedy_of(error: &object_store::Error) -> String {
    DiskProblem::of(error).map_or(String::new(), |problem| format!("; {}", problem.remedy()))
}

/// Whether the store's answer says for certain that the request was not carried out.
///
/// Everything else (time-outs, dropped connections, 5xx) may have been carried out although it failed.
pub(crate) fn is_definite(error: &object_store::Error) -> bool {
    use object_store::Error as E;
    if DiskProblem::of(error).is_some() {
        return true;
    }
    matches!(
        error,
        E::PermissionDenied { .. }
            | E::Unauthenticated { .. }
            | E::NotSupported { .. }
            | E::NotImplemented { .. }
            | E::InvalidPath { .. }
            | E::UnknownConfigurationKey { .. }
    )
}
