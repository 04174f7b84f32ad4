//! Documents of the Open Data Product Standard of Bitol.

use dataproduct_contract::odps::{ApiVersion, Product};
use dataproduct_contract::{Problem, Value, yaml};

use crate::{mutation, standards};

const EVERYTHING: &str = include_str!("fixtures/everything.odps.yaml");

fn documents() -> Vec<(String, String)> {
    let mut all = vec![("everything".to_owned(), EVERYTHING.to_owned())];
    let examples = standards::examples("odps-examples");
    if examples.is_empty() {
        standards::skipped();
    }
    all.extend(examples);
    all
}

#[test]
fn nothing_is_lost_from_reading_to_writing_to_reading() {
    for (name, text) in documents() {
        let read = Product::from_yaml(&text).unwrap_or_else(|error| panic!("{name}:\n{error}"));
        let written = read.to_yaml().unwrap();
        let again = Product::from_yaml(&written).unwrap();
        let mut newest = read.clone();
        newest.api_version = ApiVersion::V1_1_0;
        assert_eq!(again, newest, "{name}");
        let tree =
            |text: &str| serde_json::to_value(yaml::from_str::<Value>(text).unwrap()).unwrap();
        let mut newest = tree(&text);
        newest["apiVersion"] = "v1.1.0".into();
        assert_eq!(tree(&written), newest, "{name}");
    }
}

#[test]
fn our_products_keep_to_the_published_schema_and_to_the_derived_one() {
    let derived = jsonschema::validator_for(&Product::json_schema().to_value()).unwrap();
    let published = standards::odps_schema();
    if published.is_none() {
        standards::skipped();
    }
    let published = published.map(|schema| jsonschema::validator_for(&schema).unwrap());
    for (name, text) in documents() {
        let written = Product::from_yaml(&text).unwrap().to_yaml().unwrap();
        let json = serde_json::to_value(yaml::from_str::<Value>(&written).unwrap()).unwrap();
        for validator in published.iter().chain([&derived]) {
            let errors: Vec<_> = validator
                .iter_errors(&json)
                .map(|e| e.to_string())
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
}

#[test]
fn problems_say_where_what_and_how_to_mend_it() {
    let problems = Product::from_yaml(
        "apiVersion: v2.0.0\nkind: DataProduct\noutputPorts:\n- {nmae: a}\nteam: [a]\n",
    )
    .unwrap_err();
    assert_eq!(
        problems.to_string().lines().collect::<Vec<_>>(),
        [
            "1:1: contract: the product has no `id` [missing-field]; add `id`: text",
            "1:13: apiVersion: `v2.0.0` is not among the allowed values [unknown-value]; did you \
             mean `v1.0.0`? Allowed are `v1.1.0`, `v1.0.0`, `v0.9.0`",
            "4:3: outputPorts[0]: the output port has no `name` [missing-field]; add `name`: text",
            "4:10: outputPorts[0].nmae: the output port has no field `nmae` [unknown-field]; did \
             you mean `name`?",
            "5:7: team: expected a map: the team, found list [wrong-type]; write a map: the team",
        ]
    );
}

/// Where we are stricter than the schema, on purpose: it names formats and does not check them.
fn is_intended(problem: &Problem, _: &serde_json::Value) -> bool {
    let last = problem.path.rsplit('.').next().unwrap();
    problem.code == "bad-format" && ["dateIn", "dateOut", "productCreatedTs"].contains(&last)
}

#[test]
fn mutants_are_judged_as_the_schema_judges_them() {
    let Some(schema) = standards::odps_schema() else {
        return standards::skipped();
    };
    let texts: Vec<String> = documents().into_iter().map(|(_, text)| text).collect();
    mutation::judge(&mutation::Trial {
        schema: &schema,
        sources: &texts,
        rewrite: |text| Product::from_yaml(text)?.to_yaml(),
        is_intended,
        is_upgraded: |_| false,
    });
}
