//! Facets of OpenLineage, for a catalogue.
//!
//! # Source
//! OpenLineage 2-0-2; facets `DataQualityAssertionsDatasetFacet` 1-1-0 and `DataQualityMetricsDatasetFacet` 1-0-0.

use dataproduct_contract::Severity;
use serde_json::{Value as Json, json};

use super::prose;
use super::{QualityReport, RuleResult};

/// What the facets name as their producer: this crate, as a package URL.
pub const PRODUCER: &str = concat!("pkg:cargo/dataproduct-quality@", env!("CARGO_PKG_VERSION"));
/// The facet with the rules that were not evaluated. Custom facets carry the prefix of who defines them.
pub const NOT_EVALUATED_FACET: &str = "dataproduct_notEvaluated";

const ASSERTIONS: &str = "https://openlineage.io/spec/facets/1-1-0/DataQualityAssertionsDatasetFacet.json\
                          #/$defs/DataQualityAssertionsDatasetFacet";
const METRICS: &str = "https://openlineage.io/spec/facets/1-0-0/DataQualityMetricsDatasetFacet.json\
                       #/$defs/DataQualityMetricsDatasetFacet";
const ANY: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetFacet";

impl QualityReport {
    /// The report as the `facets` of a data set in an event of OpenLineage:
    ///
    /// - `dataQualityAssertions`: every rule that passed or failed, in the order of the contract. `column` is there
    ///   for a rule over one column; the columns of any rule are in `params`.
    /// - `dataQualityMetrics`: `rowCount`, the rows read. Figures of columns are not taken, so `columnMetrics` is empty.
    /// - [`NOT_EVALUATED_FACET`]: the rules that were not evaluated with the reason, which are no assertions since an
    ///   assertion has succeeded or not; absent if there are none.
    ///
    /// No value of a row is in it. Text of the contract is as the contract has it: whoever shows it escapes it.
    ///
    /// ```
    /// # use chrono::DateTime;
    /// # use dataproduct_quality::outcome::{Outcome, QualityReport, RowCounts, RuleResult, Run};
    /// # let run = Run {
    /// #     product: "inventory.stock-levels".parse()?,
    /// #     contract_version: "1.2.0".parse()?,
    /// #     contract_digest: "sha256:5f2c".into(),
    /// #     run_id: "run-1".into(),
    /// #     started_at: DateTime::UNIX_EPOCH,
    /// #     elapsed: Default::default(),
    /// #     source: None,
    /// # };
    /// let rule = RuleResult::new("orders.count", "rowCount", Outcome::Pass);
    /// let report = QualityReport::try_new(run, RowCounts::try_new(8, 8, 0, 0)?, vec![rule])?;
    /// let facets = report.to_openlineage();
    /// assert_eq!(facets["dataQualityAssertions"]["assertions"][0]["success"], true);
    /// assert_eq!(facets["dataQualityMetrics"]["rowCount"], 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_openlineage(&self) -> Json {
        let results = self.results().iter();
        let known = results.clone().filter(|r| r.not_evaluated().is_none());
        let assertions: Vec<_> = known.map(assertion).collect();
        let unknown: Vec<_> = results
            .filter_map(|result| Some(not_evaluated(result, result.not_evaluated()?)))
            .collect();
        let mut facets = json!({
            "dataQualityAssertions": {
                "_producer": PRODUCER, "_schemaURL": ASSERTIONS, "assertions": assertions,
            },
            "dataQualityMetrics": {
                "_producer": PRODUCER, "_schemaURL": METRICS,
                "rowCount": self.rows().read(), "columnMetrics": {},
            },
        });
        if !unknown.is_empty() {
            facets[NOT_EVALUATED_FACET] =
                json!({"_producer": PRODUCER, "_schemaURL": ANY, "rules": unknown});
        }
        facets
    }
}

fn assertion(result: &RuleResult) -> Json {
    let mut params = json!({
        "failedRows": result.failed_rows,
        "share": result.share,
        "repairedRows": result.repaired_rows,
        "onFailure": result.on_failure,
        "columns": result.columns,
    });
    if let Some(dimension) = result.dimension {
        params["dimension"] = dimension.as_str().into();
    }
    let mut assertion = json!({
        "assertion": result.check,
        "success": result.is_passed(),
        "name": result.rule,
        "severity": severity(result),
        "params": params,
    });
    if let [column] = result.columns.as_slice() {
        assertion["column"] = column.as_str().into();
    }
    if let Some(description) = result.description.as_ref().or(result.name.as_ref()) {
        assertion["description"] = description.as_str().into();
    }
    if let Some(expected) = &result.expected {
        assertion["expected"] = expected.as_str().into();
    }
    if let Some(measure) = result.measure {
        assertion["actual"] = prose::number(measure).into();
    }
    assertion
}

fn not_evaluated(result: &RuleResult, reason: &str) -> Json {
    json!({
        "name": result.rule,
        "assertion": result.check,
        "severity": severity(result),
        "columns": result.columns,
        "reason": reason,
    })
}

/// OpenLineage says `warn` where contracts say `warning`.
fn severity(result: &RuleResult) -> &'static str {
    match result.severity {
        Severity::Warning => "warn",
        Severity::Error | Severity::Info => result.severity.as_str(),
    }
}
