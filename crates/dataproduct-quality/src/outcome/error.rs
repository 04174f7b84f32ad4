//! Why there is no report.

/// Why numbers or a text are no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Rows were lost or doubled between reading and publishing.
    #[error(
        "{read} rows were read, but {published} published and {quarantined} in quarantine are not as many: \
         count each row exactly once"
    )]
    RowsLost {
        /// Rows read.
        read: u64,
        /// Rows published.
        published: u64,
        /// Rows in quarantine.
        quarantined: u64,
    },
    /// More rows are counted than were read.
    #[error(
        "{what}: {rows} rows of the {read} that were read; count rows, not values, and each once"
    )]
    MoreThanRead {
        /// What is counted, with the rule.
        what: String,
        /// The count.
        rows: u64,
        /// Rows read.
        read: u64,
    },
    /// An instant that has no text: RFC 3339 knows the years 0 to 9999 only.
    #[error("the run started in the year {year}: a report holds the years 0 to 9999")]
    Year {
        /// The year.
        year: i32,
    },
    /// A text that is no stored report.
    #[error(
        "this is no quality report of format version {}: {source}",
        super::FORMAT_VERSION
    )]
    Stored {
        /// What is wrong and where.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
