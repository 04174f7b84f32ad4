//! JSON, the stored form.

use super::{QualityReport, ReportError};

impl QualityReport {
    /// The report as indented JSON with a last line end: its stored form, which
    /// [`from_json`](Self::from_json) reads again as an equal report.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys, and no number that JSON lacks: there is nothing here that could fail to be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads a stored report. Unknown keys are passed over, keys with a default may be absent.
    ///
    /// # Errors
    /// [`ReportError::Stored`] if the text is no report of this format version, or one whose numbers cannot be.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        serde_json::from_str(text).map_err(|source| ReportError::Stored {
            source: Box::new(source),
        })
    }
}
