//! Documents of the Open Data Contract Standard.

use dataproduct_contract::odcs::{ApiVersion, Document, QualityMetric};
use dataproduct_contract::{Problem, Value, yaml};

use serde_json::json;

use crate::{mutation, standards};

const EVERYTHING: &str = include_str!("fixtures/everything.odcs.yaml");
const SERVERS: &str = include_str!("fixtures/servers.odcs.yaml");
const OLD: &str = include_str!("fixtures/old.odcs.yaml");

/// Our own documents and, where they are at hand, the examples of the standard.
fn documents() -> Vec<(String, String)> {
    let own = [
        ("everything", EVERYTHING),
        ("servers", SERVERS),
        ("old", OLD),
    ];
    let mut all: Vec<(String, String)> = own
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    let examples = standards::examples("odcs-examples");
    if examples.is_empty() {
        standards::skipped();
    }
    all.extend(examples);
    all
}

/// A text as a tree whose maps compare without regard to order.
fn tree(text: &str) -> serde_json::Value {
    to_json(yaml::from_str(text).unwrap())
}

/// The document with the version that is written, as a tree.
fn in_newest(text: &str) -> serde_json::Value {
    let mut tree = tree(text);
    tree["apiVersion"] = json!("v3.2.0");
    tree
}

#[test]
fn nothing_is_lost_from_reading_to_writing_to_reading() {
    let mut count = 0;
    for (name, text) in documents() {
        let read = Document::from_yaml(&text).unwrap_or_else(|error| panic!("{name}:\n{error}"));
        let written = read.to_yaml().unwrap();
        let again =
            Document::from_yaml(&written).unwrap_or_else(|error| panic!("{name}:\n{error}"));
        let mut newest = read.clone();
        newest.api_version = ApiVersion::V3_2_0;
        assert_eq!(again, newest, "{name}");
        assert_eq!(again.to_yaml().unwrap(), written, "{name}");
        if !name.ends_with("old") {
            // Not only our model, every key and value of the text is in what is written.
            assert_eq!(tree(&written), in_newest(&text), "{name}");
        }
        count += 1;
    }
    println!("{count} documents");
}

#[test]
fn json_is_read_like_yaml() {
    let document = Document::from_yaml(EVERYTHING).unwrap();
    let json = serde_json::to_string(&document).unwrap();
    assert_eq!(Document::from_yaml(&json).unwrap(), document);
    let pretty = serde_json::to_string_pretty(&document).unwrap();
    assert_eq!(Document::from_yaml(&pretty).unwrap(), document);
    assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document);
}

#[test]
fn rules_of_version_3_0_get_their_metric() {
    let document = Document::from_yaml(OLD).unwrap();
    assert_eq!(document.api_version, ApiVersion::V3_0_2);
    let table = &document.schema.as_ref().unwrap()[0];
    let column = &table.properties.as_ref().unwrap()[0];
    let metrics: Vec<_> = [&table.quality, &column.quality]
        .into_iter()
        .flat_map(|rules| rules.as_ref().unwrap())
        .map(|rule| rule.metric.unwrap())
        .collect();
    use QualityMetric::{DuplicateValues, NullValues, RowCount};
    assert_eq!(metrics, [RowCount, NullValues, DuplicateValues]);
    let not_null = &column.quality.as_ref().unwrap()[0];
    assert_eq!(not_null.must_be, Some(Value::from(0)));
    // Under the newest version the same text is refused, as the standard has it.
    let newest = OLD.replace("v3.0.2", "v3.2.0");
    assert!(Document::from_yaml(&newest).is_err());
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let head = "apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: '1'\n";
    let found = Document::from_yaml(&format!("{head}{text}"));
    let lines = found
        .err()
        .map(|problems| problems.to_string())
        .unwrap_or_default();
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn problems_say_where_what_and_how_to_mend_it() {
    check("", &[]);
    check(
        "descripton: {}\n",
        &[
            "5:13: descripton: the contract has no field `descripton` [unknown-field]; \
           did you mean `description`?",
        ],
    );
    check(
        "schema:\n- name: t\n  properties:\n  - {name: a, logicalType: text}\n  - logicalType: vector\n",
        &[
            "8:28: schema[0].properties[0].logicalType: `text` is not among the allowed values \
             [unknown-value]; write one of `string`, `date`, `timestamp`, `time`, `number`, \
             `integer`, `object`, `array`, `boolean`, `map`, `vector`",
            "9:5: schema[0].properties[1]: the property of logical type `vector` has no \
             `logicalTypeOptions` [missing-field]; add `logicalTypeOptions`: a map: the set of \
             options of a vector",
            "9:5: schema[0].properties[1]: the property of logical type `vector` has no `name` \
             [missing-field]; add `name`: text",
        ],
    );
    check(
        "schema:\n- name: t\n  quality:\n  - metric: rowCount\n  - {metric: rowCount, mustBe: 1, mustNotBe: 2}\n  - mustBe: 1\n",
        &[
            "8:5: schema[0].quality[0]: the rule does not say what its result must be \
             [operator-count]; write exactly one of mustBe, mustNotBe, mustBeGreaterThan, \
             mustBeGreaterOrEqualTo, mustBeLessThan, mustBeLessOrEqualTo, mustBeBetween, \
             mustNotBeBetween",
            "9:5: schema[0].quality[1]: the rule compares its result in several ways: mustBe, \
             mustNotBe [operator-count]; write exactly one of mustBe, mustNotBe, \
             mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, mustBeLessOrEqualTo, \
             mustBeBetween, mustNotBeBetween",
            "10:13: schema[0].quality[2].mustBe: the quality rule without `type` and `metric` has \
             no field `mustBe` [unknown-field]; remove it, or say it in `customProperties`",
        ],
    );
    check(
        "tags: inventory\nprice: {priceAmount: '5'}\n",
        &[
            "5:7: tags: expected a list, found text [wrong-type]; put the value into a list: `- value`",
            "6:22: price.priceAmount: expected a number, found text [wrong-type]; write a number",
        ],
    );
    check(
        "servers:\n- {server: a, type: s3, location: 's3://x', port: 1}\n- {server: b, type: oracle}\n- {server: c, type: s4}\n",
        &[
            "6:51: servers[0].port: the server of type `s3` has no field `port` [unknown-field]; \
             remove it, or say it in `customProperties`",
            "7:3: servers[1]: the server of type `oracle` has no `host` [missing-field]; add `host`: text",
            "7:3: servers[1]: the server of type `oracle` has no `port` [missing-field]; add \
             `port`: a whole number, or text",
            "7:3: servers[1]: the server of type `oracle` has no `serviceName` [missing-field]; \
             add `serviceName`: text",
            "8:21: servers[2].type: `s4` is not among the allowed values [unknown-value]; did you \
             mean `s3`? Allowed are `api`, `athena`, `azure`, `bigquery`, `btrieve`, `clickhouse`, \
             `databricks`, `denodo`, `dremio`, `duckdb`, `exasol`, `fastobjects`, `glue`, `hana`, \
             `cloudsql`, `db2`, `hive`, `iceberg`, `impala`, `informix`, `ingres`, `kafka`, \
             `kinesis`, `local`, `mysql`, `oracle`, `poet`, `postgresql`, `postgres`, `presto`, \
             `pubsub`, `redshift`, `s3`, `sftp`, `snowflake`, `sqlserver`, `synapse`, `teradata`, \
             `trino`, `vectorwise`, `versant`, `vertica`, `zen`, `custom`",
        ],
    );
}

/// A contract with one column of records within records, to a depth.
fn nested(depth: usize) -> String {
    let head = "apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: '1'\nschema: [{name: t, properties: [";
    let open = "{name: a, logicalType: object, properties: [".repeat(depth);
    format!("{head}{open}{}]}}]\n", "]}".repeat(depth))
}

#[test]
fn records_nest_as_deep_as_the_budget_allows_on_a_small_stack() {
    let run = || {
        let document = Document::from_yaml(&nested(13)).unwrap();
        assert_eq!(
            Document::from_yaml(&document.to_yaml().unwrap()).unwrap(),
            document
        );
        let problems = Document::from_yaml(&nested(15)).unwrap_err();
        assert_eq!(problems.iter().next().unwrap().code, "document-too-complex");
        // Code can build what a text cannot hold; it is refused before it is written.
        let mut deeper = document.clone();
        let columns = deeper.schema.as_mut().unwrap()[0]
            .properties
            .as_mut()
            .unwrap();
        for _ in 0..4 {
            let mut outer = columns[0].clone();
            outer.properties = Some(std::mem::take(columns));
            columns.push(outer);
        }
        let problems = deeper.to_yaml().unwrap_err();
        assert_eq!(problems.iter().next().unwrap().code, "document-too-complex");
    };
    std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn a_document_put_together_in_code_is_checked_before_it_is_written() {
    let mut document = Document::default();
    document.name = Some("a\u{202e}b".to_owned());
    let problems = document.to_yaml().unwrap_err();
    assert_eq!(problems.iter().next().unwrap().code, "forbidden-character");
    document.name = None;
    document.tags = Some(vec![]);
    assert_eq!(
        document.to_yaml().unwrap(),
        "apiVersion: v3.2.0\nkind: DataContract\nid: \"\"\nversion: \"\"\ntags: []\n"
    );
}

#[test]
fn our_documents_keep_to_the_published_schema() {
    let Some(schema) = standards::odcs_schema_as_published() else {
        return standards::skipped();
    };
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut count = 0;
    for (name, text) in documents() {
        // The published schema takes a property without a logical type for a map.
        if ["everything", "old"].contains(&name.as_str()) {
            continue;
        }
        let document = Document::from_yaml(&text).unwrap();
        let written: serde_json::Value = yaml::from_str::<Value>(&document.to_yaml().unwrap())
            .map(to_json)
            .unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&written)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        count += 1;
    }
    println!("{count} documents are valid");
}

fn to_json(value: Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

/// Where we are stricter than the schema, on purpose.
fn is_intended(problem: &Problem, document: &serde_json::Value) -> bool {
    let last = problem.path.rsplit('.').next().unwrap();
    match problem.code {
        // The schema names the format and does not check it.
        "bad-format" => ["dateIn", "dateOut", "contractCreatedTs"].contains(&last),
        // A count is written without a fraction.
        "wrong-type" => {
            problem.message.starts_with("expected a whole number")
                && problem.message.ends_with("found number")
        }
        // Booleans and maps have no options.
        "unknown-field" => problem
            .message
            .starts_with("the set of options of this type"),
        // Version 2 of the standard is another format.
        "unknown-value" => {
            problem.path == "apiVersion"
                && document["apiVersion"].as_str().unwrap().starts_with("v2.")
        }
        _ => false,
    }
}

#[test]
fn mutants_are_judged_as_the_schema_judges_them() {
    let Some(schema) = standards::odcs_schema() else {
        return standards::skipped();
    };
    let texts: Vec<String> = documents().into_iter().map(|(_, text)| text).collect();
    mutation::judge(&mutation::Trial {
        schema: &schema,
        sources: &texts,
        rewrite: |text| Document::from_yaml(text)?.to_yaml(),
        is_intended,
        // Rules of version 3.0 are brought to the form of the newest version while reading.
        is_upgraded: |document| {
            let old = document["apiVersion"].as_str().unwrap().starts_with("v3.0");
            old && document.to_string().contains("\"rule\"")
        },
    });
}

#[test]
fn the_derived_schema_accepts_what_is_written() {
    let schema = Document::json_schema().to_value();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, text) in documents() {
        let written = Document::from_yaml(&text).unwrap().to_yaml().unwrap();
        let json = to_json(yaml::from_str(&written).unwrap());
        let errors: Vec<_> = validator
            .iter_errors(&json)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
    let unknown = json!({ "apiVersion": "v3.2.0", "kind": "DataContract", "id": "x", "version": "1", "nmae": "x" });
    assert!(!validator.is_valid(&unknown));
}

/// Runs where `DATAPRODUCT_DATACONTRACT` names the program `datacontract` of datacontract-cli.
#[test]
fn written_documents_pass_datacontract_lint() {
    let Ok(program) = std::env::var("DATAPRODUCT_DATACONTRACT") else {
        println!("skipped: DATAPRODUCT_DATACONTRACT names no program");
        return;
    };
    let folder = std::env::temp_dir().join(format!("dataproduct-lint-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (index, (name, text)) in documents().iter().enumerate() {
        let file = folder.join(format!("{index}.odcs.yaml"));
        std::fs::write(&file, Document::from_yaml(text).unwrap().to_yaml().unwrap()).unwrap();
        let output = std::process::Command::new(&program)
            .args(["lint", "--no-inline-references", "--all-errors"])
            .arg(&file)
            .output()
            .unwrap();
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name}: {report}");
        println!("valid: {name}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
