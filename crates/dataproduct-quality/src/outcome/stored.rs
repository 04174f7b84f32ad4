//! The stored form of a report, version 1, apart from the form in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use dataproduct_contract::{Dimension, ProductName, Severity, Version};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    Distribution, MAX_PLACES, Outcome, Places, QualityReport, ReportError, RowCounts, RuleResult,
    Run, Sample, Verdict,
};

/// The version of the stored form that is written and read.
pub const FORMAT_VERSION: u32 = 1;

#[derive(Clone, Copy)]
pub(super) struct FormatVersion;

impl Serialize for FormatVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        FORMAT_VERSION.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FormatVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            FORMAT_VERSION => Ok(Self),
            other => Err(D::Error::custom(format!(
                "format version {other} is not {FORMAT_VERSION}: read it with the release that wrote it or a newer one"
            ))),
        }
    }
}

/// Milliseconds with a fraction, exact to the nanosecond up to a hundred days.
struct Millis(Duration);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0.as_nanos() as f64 / 1e6).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let nanos = (f64::deserialize(deserializer)? * 1e6).round();
        if !(0.0..1.8e19).contains(&nanos) {
            return Err(D::Error::custom("a duration is milliseconds, zero or more"));
        }
        Ok(Self(Duration::from_nanos(nanos as u64)))
    }
}

/// A number, or the text of one that JSON lacks.
struct Measure(f64);

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.is_finite() {
            true => self.0.serialize(serializer),
            false => super::prose::number(self.0).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(f64),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(Self(number)),
            Form::Text(text) => match text.as_str() {
                "NaN" => Ok(Self(f64::NAN)),
                "Infinity" => Ok(Self(f64::INFINITY)),
                "-Infinity" => Ok(Self(f64::NEG_INFINITY)),
                _ => Err(D::Error::custom(
                    "a measure is a number, `NaN`, `Infinity` or `-Infinity`",
                )),
            },
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowsV1 {
    read: u64,
    published: u64,
    quarantined: u64,
    repaired: u64,
}

impl From<RowCounts> for RowsV1 {
    fn from(rows: RowCounts) -> Self {
        Self {
            read: rows.read(),
            published: rows.published(),
            quarantined: rows.quarantined(),
            repaired: rows.repaired(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportV1 {
    format_version: FormatVersion,
    product: ProductName,
    contract_version: Version,
    contract_digest: String,
    run_id: String,
    started_at: String,
    elapsed_ms: Millis,
    #[serde(default)]
    source: Option<String>,
    rows: RowsV1,
    /// For readers; what is read is computed again.
    #[serde(default)]
    verdict: String,
    /// For readers, too.
    #[serde(default)]
    rejected_by: Vec<String>,
    #[serde(default)]
    results: Vec<ResultV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    distributions: Vec<DistributionV1>,
}

/// Places and counts in one text, as there are many.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DistributionV1 {
    column: String,
    /// `numbers` or `categories`.
    places: String,
    #[serde(default)]
    dropped_bits: u32,
    missing: u64,
    /// `place:count`, in the order of the places, with a blank between two.
    counts: String,
}

impl From<&Distribution> for DistributionV1 {
    fn from(distribution: &Distribution) -> Self {
        let (places, dropped_bits) = match distribution.places {
            Places::Numbers { dropped } => ("numbers", dropped),
            Places::Categories => ("categories", 0),
        };
        Self {
            column: distribution.column.clone(),
            places: places.to_owned(),
            dropped_bits,
            missing: distribution.missing,
            counts: {
                let counts = distribution.counts.iter();
                let counts: Vec<_> = counts.map(|(p, c)| format!("{p}:{c}")).collect();
                counts.join(" ")
            },
        }
    }
}

impl TryFrom<DistributionV1> for Distribution {
    type Error = ReportError;
    fn try_from(stored: DistributionV1) -> Result<Self, ReportError> {
        let column = &stored.column;
        let places = match (stored.places.as_str(), stored.dropped_bits) {
            ("numbers", dropped @ 0..=63) => Places::Numbers { dropped },
            ("categories", _) => Places::Categories,
            _ => {
                return Err(wrong(format!(
                    "distribution of `{column}`: the places are not numbers with 0 to 63 bits dropped, or categories"
                )));
            }
        };
        let count = |text: &str| {
            let (place, count) = text.split_once(':')?;
            Some((place.parse().ok()?, count.parse().ok()?))
        };
        let counts = stored.counts.split_ascii_whitespace().map(count);
        let counts: Option<BTreeMap<i64, u64>> = counts.collect();
        let Some(counts) = counts else {
            return Err(wrong(format!(
                "distribution of `{column}`: the counts are not pairs such as `7:12`"
            )));
        };
        // Many distributions are added up: none may be so large that sums overflow.
        let rows = counts.values().map(|count| u128::from(*count));
        let rows = rows.sum::<u128>() + u128::from(stored.missing);
        if rows > u128::from(u32::MAX) * 1_000_000 || counts.len() > MAX_PLACES {
            return Err(wrong(format!(
                "distribution of `{column}`: it has {rows} rows and {} places",
                counts.len()
            )));
        }
        Ok(Self {
            column: stored.column,
            places,
            counts,
            missing: stored.missing,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultV1 {
    rule: String,
    check: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    columns: Vec<String>,
    severity: String,
    #[serde(default)]
    dimension: Option<String>,
    on_failure: String,
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default)]
    measure: Option<Measure>,
    #[serde(default)]
    expected: Option<String>,
    #[serde(default)]
    failed_rows: u64,
    #[serde(default)]
    share: f64,
    #[serde(default)]
    repaired_rows: u64,
    #[serde(default)]
    first_row: Option<u64>,
    #[serde(default)]
    samples: Vec<SampleV1>,
    elapsed_ms: Millis,
    #[serde(default)]
    messages: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct SampleV1 {
    #[serde(default)]
    row: Option<u64>,
    values: Vec<ValueV1>,
}

#[derive(Serialize, Deserialize)]
struct ValueV1 {
    column: String,
    value: String,
}

impl From<QualityReport> for ReportV1 {
    fn from(report: QualityReport) -> Self {
        let verdict = report.verdict();
        let run = report.run();
        Self {
            format_version: FormatVersion,
            product: run.product.clone(),
            contract_version: run.contract_version.clone(),
            contract_digest: run.contract_digest.clone(),
            run_id: run.run_id.clone(),
            started_at: instant(run.started_at),
            elapsed_ms: Millis(run.elapsed),
            source: run.source.clone(),
            rows: report.rows().into(),
            results: report.results().iter().map(ResultV1::from).collect(),
            distributions: report.distributions().iter().map(Into::into).collect(),
            rejected_by: match &verdict {
                Verdict::Accepted => Vec::new(),
                Verdict::Rejected { rules } => rules.clone(),
            },
            verdict: verdict.as_str().to_owned(),
        }
    }
}

/// An instant as text: UTC, with as many digits of a second as it has.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

impl From<&RuleResult> for ResultV1 {
    fn from(result: &RuleResult) -> Self {
        let samples = result.samples.iter().map(|sample| SampleV1 {
            row: sample.row,
            values: sample
                .values
                .iter()
                .cloned()
                .map(|(column, value)| ValueV1 { column, value })
                .collect(),
        });
        Self {
            rule: result.rule.clone(),
            check: result.check.clone(),
            name: result.name.clone(),
            description: result.description.clone(),
            columns: result.columns.clone(),
            severity: result.severity.as_str().to_owned(),
            dimension: result.dimension.map(|d| d.as_str().to_owned()),
            on_failure: result.on_failure.clone(),
            outcome: match result.outcome {
                Outcome::Pass => "pass",
                Outcome::Fail => "fail",
                Outcome::NotEvaluated { .. } => "notEvaluated",
            }
            .to_owned(),
            reason: result.not_evaluated().map(str::to_owned),
            measure: result.measure.map(Measure),
            expected: result.expected.clone(),
            failed_rows: result.failed_rows,
            share: result.share,
            repaired_rows: result.repaired_rows,
            first_row: result.first_row,
            samples: samples.collect(),
            elapsed_ms: Millis(result.elapsed),
            messages: result.messages.clone(),
        }
    }
}

impl TryFrom<ReportV1> for QualityReport {
    type Error = ReportError;
    fn try_from(stored: ReportV1) -> Result<Self, ReportError> {
        let started_at = DateTime::parse_from_rfc3339(&stored.started_at)
            .map_err(|e| wrong(format!("startedAt: {e}, RFC 3339 is expected")))?;
        let run = Run {
            product: stored.product,
            contract_version: stored.contract_version,
            contract_digest: stored.contract_digest,
            run_id: stored.run_id,
            started_at: started_at.with_timezone(&Utc),
            elapsed: stored.elapsed_ms.0,
            source: stored.source,
        };
        let rows = &stored.rows;
        let rows = RowCounts::try_new(rows.read, rows.published, rows.quarantined, rows.repaired)?;
        let results = stored.results.into_iter().map(RuleResult::try_from);
        let distributions = stored.distributions.into_iter().map(TryFrom::try_from);
        let distributions = distributions.collect::<Result<_, _>>()?;
        let report = Self::try_new(run, rows, results.collect::<Result<_, _>>()?)?;
        Ok(report.with_distributions(distributions))
    }
}

impl TryFrom<ResultV1> for RuleResult {
    type Error = ReportError;
    fn try_from(stored: ResultV1) -> Result<Self, ReportError> {
        let rule = &stored.rule;
        let outcome = match (stored.outcome.as_str(), stored.reason) {
            ("pass", _) => Outcome::Pass,
            ("fail", _) => Outcome::Fail,
            ("notEvaluated", reason) => Outcome::NotEvaluated {
                reason: reason.unwrap_or_default(),
            },
            _ => {
                return Err(wrong(format!(
                    "rule `{rule}`: the outcome is not pass, fail or notEvaluated"
                )));
            }
        };
        let severity = [Severity::Info, Severity::Warning, Severity::Error]
            .into_iter()
            .find(|severity| severity.as_str() == stored.severity)
            .ok_or_else(|| {
                wrong(format!(
                    "rule `{rule}`: the severity is not info, warning or error"
                ))
            })?;
        let dimension = match &stored.dimension {
            None => None,
            Some(name) => Some(
                Dimension::ALL
                    .into_iter()
                    .find(|dimension| dimension.as_str() == name)
                    .ok_or_else(|| {
                        wrong(format!("rule `{rule}`: `{name}` is no dimension of ODCS"))
                    })?,
            ),
        };
        let samples = stored.samples.into_iter().map(|sample| Sample {
            row: sample.row,
            values: sample
                .values
                .into_iter()
                .map(|v| (v.column, v.value))
                .collect(),
        });
        let mut result = Self::new(stored.rule, stored.check, outcome);
        result.name = stored.name;
        result.description = stored.description;
        result.columns = stored.columns;
        result.severity = severity;
        result.dimension = dimension;
        result.on_failure = stored.on_failure;
        result.measure = stored.measure.map(|measure| measure.0);
        result.expected = stored.expected;
        result.failed_rows = stored.failed_rows;
        result.repaired_rows = stored.repaired_rows;
        result.first_row = stored.first_row;
        result.samples = samples.collect();
        result.elapsed = stored.elapsed_ms.0;
        result.messages = stored.messages;
        Ok(result)
    }
}

fn wrong(what: String) -> ReportError {
    ReportError::Stored {
        source: what.into(),
    }
}
