//! The report of a run of a contract's rules, as data.
//!
//! ```
//! use std::time::Duration;
//! use chrono::DateTime;
//! use dataproduct_quality::outcome::{
//!     Outcome, QualityReport, RowCounts, RuleResult, Run, Verdict,
//! };
//!
//! let run = Run {
//!     product: "inventory.stock-levels".parse()?,
//!     contract_version: "1.2.0".parse()?,
//!     contract_digest: "sha256:5f2c".into(),
//!     run_id: "run-1".into(),
//!     started_at: DateTime::UNIX_EPOCH,
//!     elapsed: Duration::from_millis(12),
//!     source: Some("stock.parquet".into()),
//! };
//! let mut range = RuleResult::new("on_hand.range", "range", Outcome::Fail);
//! range.columns = vec!["on_hand".into()];
//! range.failed_rows = 2;
//! let report = QualityReport::try_new(run, RowCounts::try_new(8, 8, 0, 0)?, vec![range])?;
//!
//! assert_eq!(report.results()[0].share, 0.25);
//! assert_eq!(report.verdict(), Verdict::Rejected { rules: vec!["on_hand.range".into()] });
//! assert_eq!(QualityReport::from_json(&report.to_json())?, report);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A report states three outcomes and never mixes them: a rule passed, failed, or was not evaluated. Rows that
//! were read are published or in quarantine, and none is anything else.
//!
//! | form | for | values of rows |
//! |---|---|---|
//! | [`to_json`](QualityReport::to_json) | programs; the stored form, and the only one that is read again | masked |
//! | [`to_text`](QualityReport::to_text) | a terminal | masked |
//! | [`to_markdown`](QualityReport::to_markdown) | a comment on a change | masked |
//! | [`to_html`](QualityReport::to_html) | a page | masked |
//! | [`to_junit`](QualityReport::to_junit) | continuous integration | masked |
//! | [`to_sarif`](QualityReport::to_sarif) | code scanning | none |
//! | [`to_openlineage`](QualityReport::to_openlineage) | a catalogue | none |
//! | [`summary`](QualityReport::summary) | the log of the table | none |

mod counts;
mod distribution;
mod error;
mod html;
mod json;
mod junit;
mod markdown;
mod mask;
mod openlineage;
mod prose;
mod report;
mod rule_result;
mod sarif;
mod stored;
mod summary;
mod text;

pub use counts::RowCounts;
pub use distribution::{CATEGORY_BINS, Distribution, MAX_PLACES, NUMBER_BINS, Places};
pub use error::ReportError;
pub use mask::{DEFAULT_MAX_SAMPLES, MASKED, MAX_VALUE_CHARS, Mask};
pub use openlineage::{NOT_EVALUATED_FACET, PRODUCER};
pub use report::{EXIT_ACCEPTED, EXIT_REJECTED, QualityReport, Run, Verdict};
pub use rule_result::{Outcome, RuleResult, Sample, on_failure};
pub use sarif::MAX_SARIF_RESULTS;
pub use stored::FORMAT_VERSION;
pub use summary::{MAX_ID_CHARS, MAX_SUMMARY_RULES, RuleCount, Summary};
pub use text::{DEFAULT_WIDTH, TextOptions};
