//! One report with everything in it, in every form.

use std::path::PathBuf;
use std::time::Duration;

use chrono::DateTime;
use dataproduct_contract::{Column, Contract, DataType, Dimension, PiiCategory, Severity};
use dataproduct_quality::outcome::{
    MAX_SARIF_RESULTS, Mask, NOT_EVALUATED_FACET, Outcome, PRODUCER, QualityReport, RowCounts,
    RuleResult, Run, TextOptions, on_failure,
};
use serde_json::Value;

/// Text that would leave every form if it were not escaped.
const HOSTILE: &str =
    "a\u{1b}[31m|`b`\r\n<script>alert(1)</script>]]>\u{202e}&\"'[x](http://y){0}%0A\u{0}\u{ffff}";

fn run() -> Run {
    Run {
        product: "sales.orders".parse().unwrap(),
        contract_version: "2.1.0".parse().unwrap(),
        contract_digest: "sha256:5f2c".into(),
        run_id: "run <7>".into(),
        started_at: DateTime::from_timestamp(1_767_323_045, 250_000_000).unwrap(),
        elapsed: Duration::from_micros(1_234_567),
        source: Some("s3://lake/orders & returns/part-1.parquet".into()),
    }
}

fn mask() -> Mask {
    let email = Column::new("email", DataType::String).with_pii(PiiCategory::Direct);
    let contract = Contract::builder("sales.orders", "2.1.0")
        .with_owner("sales")
        .with_column(Column::new("order", DataType::String).with_key(1))
        .with_column(Column::new("quantity", DataType::Int64))
        .with_column(email)
        .build()
        .unwrap();
    Mask::of(&contract)
}

/// The rules that failed, one of each severity, and one over an aggregate.
fn failed() -> Vec<RuleResult> {
    let mut range = RuleResult::new("quantity.range", "range", Outcome::Fail);
    range.name = Some("Quantity is positive".into());
    range.description = Some(format!("What is ordered is more than nothing: {HOSTILE}"));
    range.columns = vec!["quantity".into()];
    range.dimension = Some(Dimension::Conformity);
    range.expected = Some("1 <= value | {value} <= 10".into());
    range.failed_rows = 12;
    range.first_row = Some(17);
    range.elapsed = Duration::from_micros(1_500);
    range.samples = vec![
        mask().sample(
            Some(17),
            [
                ("order", HOSTILE),
                ("quantity", "-4"),
                ("email", "k@example.com"),
            ],
        ),
        mask().sample(None, [("order", "o-2"), ("quantity", "0")]),
    ];
    let mut unique = RuleResult::new("order.unique", "duplicateValues", Outcome::Fail);
    unique.columns = vec!["order".into(), "quantity".into()];
    unique.on_failure = on_failure::QUARANTINE.into();
    unique.failed_rows = 4;
    unique.measure = Some(2.0);
    unique.expected = Some("mustBe 0".into());
    let mut late = RuleResult::new(HOSTILE, "expression", Outcome::Fail);
    late.severity = Severity::Warning;
    late.columns = vec![HOSTILE.into()];
    late.on_failure = on_failure::NOTIFY.into();
    late.failed_rows = 1;
    late.first_row = Some(0);
    late.messages = vec![format!("Order is late: {HOSTILE}")];
    let mut mean = RuleResult::new("quantity.mean", "mean", Outcome::Fail);
    mean.severity = Severity::Info;
    mean.columns = vec!["quantity".into()];
    mean.on_failure = on_failure::REPORT.into();
    mean.measure = Some(f64::NAN);
    mean.expected = Some("mustBeLessThan 5".into());
    vec![range, unique, late, mean]
}

fn rich() -> QualityReport {
    let mut results = failed();
    let reason = format!("rules of kind `sql` are not run here: {HOSTILE}");
    results.push(RuleResult::new(
        "orders.sql",
        "sql",
        Outcome::NotEvaluated { reason },
    ));
    let mut trim = RuleResult::new("email.trim", "trim", Outcome::Pass);
    trim.columns = vec!["email".into()];
    trim.on_failure = on_failure::REPAIR.into();
    trim.repaired_rows = 3;
    let mut few = RuleResult::new("email.format", "format", Outcome::Pass);
    few.columns = vec!["email".into()];
    few.expected = Some("mustBeLessThan 10".into());
    few.failed_rows = 2;
    few.first_row = Some(40);
    results.extend([trim, few]);
    for column in ["order", "quantity", "email"] {
        let mut null = RuleResult::new(format!("{column}.null"), "nullValues", Outcome::Pass);
        null.columns = vec![column.into()];
        results.push(null);
    }
    let rows = RowCounts::try_new(12_000, 11_984, 16, 3).unwrap();
    QualityReport::try_new(run(), rows, results).unwrap()
}

fn none() -> QualityReport {
    QualityReport::try_new(run(), RowCounts::default(), Vec::new()).unwrap()
}

#[test]
fn every_form_of_one_report() {
    let report = rich();
    let html = report.to_html();
    let (before, style) = html.split_once("<style>").unwrap();
    let (_, after) = style.split_once("</style>").unwrap();
    insta::assert_snapshot!("html", format!("{before}{after}"));
    insta::assert_snapshot!("text", report.to_text(TextOptions::default()));
    insta::assert_snapshot!("markdown", report.to_markdown());
    insta::assert_snapshot!("json", report.to_json());
    insta::assert_snapshot!("junit", report.to_junit());
    let version = concat!("semanticVersion\": \"", env!("CARGO_PKG_VERSION"));
    let sarif = report.to_sarif();
    insta::assert_snapshot!(
        "sarif",
        sarif.replace(version, "semanticVersion\": \"VERSION")
    );
    let facets = serde_json::to_string_pretty(&report.to_openlineage()).unwrap();
    insta::assert_snapshot!("openlineage", facets.replace(PRODUCER, "PRODUCER"));
}

#[test]
fn no_text_of_a_stranger_is_markup() {
    let html = rich().to_html();
    assert!(!html.contains("<script") && !html.contains("alert(1)</"));
    assert!(
        html.contains("default-src &#39;none&#39;"),
        "the page may fetch"
    );
    for text in [html, none().to_html(), rich().to_junit(), none().to_junit()] {
        let hidden = text
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202e}' | '\u{ffff}'));
        assert_eq!(hidden, None);
        for tag in [
            "tr",
            "td",
            "th",
            "code",
            "details",
            "p",
            "bdi",
            "table",
            "span",
            "failure",
            "testsuites",
        ] {
            let opened = text.matches(&format!("<{tag}>")).count()
                + text.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }
}

#[test]
fn what_is_masked_is_in_no_form() {
    let report = rich();
    let facets = report.to_openlineage().to_string();
    for text in [
        report.to_html(),
        report.to_markdown(),
        report.to_json(),
        report.to_text(TextOptions::default()),
        report.to_junit(),
        report.to_sarif(),
        facets,
    ] {
        assert!(!text.contains("k@example.com"));
    }
}

#[test]
fn junit_counts_what_it_holds() {
    let junit = rich().to_junit();
    let head = "tests=\"10\" failures=\"2\" errors=\"0\" skipped=\"1\" time=\"1.235\"";
    assert!(junit.contains(head), "{junit}");
    for (tag, count) in [
        ("<testcase ", 10),
        ("<failure ", 2),
        ("<skipped ", 1),
        ("<properties>", 1),
        ("<system-out>", 1),
        ("<system-err>", 1),
    ] {
        assert_eq!(junit.matches(tag).count(), count, "{tag}");
    }
    assert!(junit.contains("timestamp=\"2026-01-02T03:04:05\""));
    let order = ["<properties>", "<testcase ", "<system-out>", "<system-err>"];
    let places: Vec<_> = order.iter().map(|tag| junit.find(tag).unwrap()).collect();
    assert!(places.is_sorted() && junit.rfind("<testcase ") < Some(places[2]));
    for case in junit.lines().filter(|line| line.contains("<testcase ")) {
        for attribute in [" name=\"", " classname=\"", " time=\""] {
            assert_eq!(case.matches(attribute).count(), 1, "{case}");
        }
    }
    // A warning is no failure of a suite, but it is told.
    let (_, output) = junit.split_once("<system-out>").unwrap();
    assert!(output.contains("\nwarning: ") && output.contains("\nrepaired: email.trim: 3 rows"));
}

#[test]
fn sarif_is_bounded_and_points_at_its_rules() {
    let count = MAX_SARIF_RESULTS + 3;
    let mut results: Vec<_> = (0..count)
        .map(|i| RuleResult::new(format!("r{}", i % 7), "range", Outcome::Fail))
        .collect();
    results.push(RuleResult::new("fine", "range", Outcome::Pass));
    let rows = RowCounts::try_new(1, 1, 0, 0).unwrap();
    let report = QualityReport::try_new(run(), rows, results).unwrap();
    for (report, results, rules, left_out) in [
        (report, MAX_SARIF_RESULTS, 7, 3),
        (rich(), 5, 5, 0),
        (none(), 0, 0, 0),
    ] {
        let sarif: Value = serde_json::from_str(&report.to_sarif()).unwrap();
        let run = &sarif["runs"][0];
        let told = run["results"].as_array().unwrap();
        let described = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!((told.len(), described.len()), (results, rules));
        assert_eq!(run["properties"]["resultsLeftOut"], left_out);
        for result in told {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(described[index]["id"], result["ruleId"]);
            let is_open = result["kind"] == "open";
            assert_eq!(is_open, result["level"] == "none");
            assert_eq!(is_open, result["ruleId"] == "orders.sql");
        }
    }
}

#[test]
fn nothing_hidden_is_shown_by_code_scanning() {
    let mut sarif: Value = serde_json::from_str(&rich().to_sarif()).unwrap();
    for result in sarif["runs"][0]["results"].as_array_mut().unwrap() {
        // A fingerprint is compared and not shown.
        result["partialFingerprints"].take();
    }
    for hidden in ["\u{202e}", "\\u001b", "\\u0000"] {
        assert!(!sarif.to_string().contains(hidden), "{hidden:?}");
    }
    let text = sarif["runs"][0]["results"][2]["message"]["text"]
        .as_str()
        .unwrap();
    // Neither a link nor a placeholder.
    assert!(text.contains("\\[x\\](http://y){{0}}"), "{text}");
}

#[test]
fn a_fingerprint_tells_product_rule_and_columns_apart() {
    let fingerprint = |rule: &str, columns: &[&str], rows: u64| {
        let mut result = RuleResult::new(rule, "range", Outcome::Fail);
        result.columns = columns.iter().map(|c| (*c).to_owned()).collect();
        result.failed_rows = rows;
        let counts = RowCounts::try_new(9, 9, 0, 0).unwrap();
        let report = QualityReport::try_new(run(), counts, vec![result]).unwrap();
        let sarif: Value = serde_json::from_str(&report.to_sarif()).unwrap();
        sarif["runs"][0]["results"][0]["partialFingerprints"].to_string()
    };
    let one = fingerprint("r", &["a", "b"], 1);
    assert_eq!(one, fingerprint("r", &["a", "b"], 9), "the same next time");
    for other in [
        fingerprint("r", &["a,b"], 1),
        fingerprint("r", &["b", "a"], 1),
        fingerprint("r,a", &["b"], 1),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn facets_hold_no_verdict_on_what_was_not_evaluated() {
    let facets = rich().to_openlineage();
    let assertions = facets["dataQualityAssertions"]["assertions"]
        .as_array()
        .unwrap();
    assert_eq!(assertions.len(), 9);
    assert!(assertions.iter().all(|a| a["name"] != "orders.sql"));
    assert_eq!(
        facets[NOT_EVALUATED_FACET]["rules"][0]["name"],
        "orders.sql"
    );
    assert!(none().to_openlineage().get(NOT_EVALUATED_FACET).is_none());
}

/// The facets as OpenLineage publishes them, checked where `DATAPRODUCT_STANDARDS` names a folder with
/// `openlineage/OpenLineage.json` and `openlineage/facets/`.
#[test]
fn facets_are_those_of_openlineage() {
    let folder = std::env::var_os("DATAPRODUCT_STANDARDS").map(PathBuf::from);
    let Some(folder) = folder.filter(|folder| folder.join("openlineage").is_dir()) else {
        println!("skipped: DATAPRODUCT_STANDARDS names no folder with `openlineage`");
        return;
    };
    let read = |path: &str| -> Value {
        let bytes = std::fs::read(folder.join("openlineage").join(path)).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    let core = read("OpenLineage.json");
    for file in [
        "DataQualityAssertionsDatasetFacet",
        "DataQualityMetricsDatasetFacet",
    ] {
        let facet = read(&format!("facets/{file}.json"));
        let registry = jsonschema::Registry::new()
            .add(core["$id"].as_str().unwrap(), core.clone())
            .unwrap()
            .prepare()
            .unwrap();
        let schema = jsonschema::options()
            .with_registry(&registry)
            .build(&facet)
            .unwrap();
        for report in [rich(), none()] {
            let facets = report.to_openlineage();
            let wrong: Vec<_> = schema.iter_errors(&facets).map(|e| e.to_string()).collect();
            assert!(wrong.is_empty(), "{file}: {wrong:?}");
        }
        // The schema does look at the facet.
        let mut broken = rich().to_openlineage();
        broken["dataQualityAssertions"]["assertions"] = 1.into();
        broken["dataQualityMetrics"]["rowCount"] = "1".into();
        assert!(!schema.is_valid(&broken), "{file}");
        // Every `_schemaURL` names the schema that was asked.
        let id = facet["$id"].as_str().unwrap();
        let facets = rich().to_openlineage();
        let urls = facets.as_object().unwrap().values();
        assert!(
            urls.map(|f| f["_schemaURL"].as_str().unwrap())
                .any(|url| url.starts_with(id))
        );
    }
}
