//! How many rows came in, and where they went.

use super::ReportError;

/// The rows of a run. `read` is always `published + quarantined`: no row is lost and none is counted twice.
///
/// ```
/// use dataproduct_quality::outcome::RowCounts;
/// let rows = RowCounts::try_new(1_000, 988, 12, 3)?;
/// assert_eq!(rows.read(), rows.published() + rows.quarantined());
/// assert!(RowCounts::try_new(1_000, 988, 11, 0).is_err());
/// # Ok::<(), dataproduct_quality::outcome::ReportError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    read: u64,
    published: u64,
    quarantined: u64,
    repaired: u64,
}

impl RowCounts {
    /// The counts of a run, each in rows.
    ///
    /// # Arguments
    /// - `read`: rows that came in.
    /// - `published`: rows that go on to the table. Where the verdict rejects, they are those that would have.
    /// - `quarantined`: rows kept apart with the reason.
    /// - `repaired`: rows in which at least one value was set right; they are among the others, not beside them.
    ///
    /// # Errors
    /// [`ReportError::RowsLost`] if `read` is not `published + quarantined`, [`ReportError::MoreThanRead`] if
    /// more rows were repaired than read.
    pub fn try_new(
        read: u64,
        published: u64,
        quarantined: u64,
        repaired: u64,
    ) -> Result<Self, ReportError> {
        if published.checked_add(quarantined) != Some(read) {
            return Err(ReportError::RowsLost {
                read,
                published,
                quarantined,
            });
        }
        if repaired > read {
            return Err(ReportError::MoreThanRead {
                what: "repaired".to_owned(),
                rows: repaired,
                read,
            });
        }
        Ok(Self {
            read,
            published,
            quarantined,
            repaired,
        })
    }

    /// Rows that came in.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// Rows that go on to the table, or would have if the verdict did not reject.
    #[must_use]
    pub const fn published(&self) -> u64 {
        self.published
    }

    /// Rows kept apart with the reason.
    #[must_use]
    pub const fn quarantined(&self) -> u64 {
        self.quarantined
    }

    /// Rows in which at least one value was set right, whether published or kept apart.
    #[must_use]
    pub const fn repaired(&self) -> u64 {
        self.repaired
    }
}
