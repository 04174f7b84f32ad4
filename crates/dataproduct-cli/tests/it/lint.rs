//! What `lint` finds, and where it says it is.

use crate::run::{Folder, column, contract};

#[test]
fn a_problem_is_shown_where_it_stands() {
    let key = "        primaryKey: true\n        logicalTypeOptions:\n          pattern: \"[a\"\n";
    let folder = Folder::new().with("a.odcs.yaml", contract("1.0.0", &column("sku", key)));
    let ran = folder.run(&["lint", "a.odcs.yaml"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.out);
}

#[test]
fn all_files_are_linted_and_told_in_order() {
    let folder = Folder::new()
        .with("b/one.odcs.yaml", contract("1.0", &column("sku", "")))
        .with("b/two.odcs.json", "{\"kind\": \"DataContract\"}")
        .with("b/.hidden/x.odcs.yaml", "x")
        .with("b/other.yaml", "x")
        .with(
            "b/p.odps.yaml",
            "apiVersion: v1.1.0\nkind: DataProduct\nid: x\nstatus: odd\n",
        )
        .with("a.odcs.yaml", contract("1.0.0", &column("sku", "")));
    let ran = folder.run(&[
        "lint",
        "b",
        "a.odcs.yaml",
        "b/one.odcs.yaml",
        "--format",
        "json",
    ]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let files: Vec<_> = report["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f.as_str().unwrap())
        .collect();
    assert_eq!(
        files,
        [
            "b/one.odcs.yaml",
            "b/p.odps.yaml",
            "b/two.odcs.json",
            "a.odcs.yaml"
        ]
    );
    let found: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["file"].as_str().unwrap())
        .collect();
    assert!(found.contains(&"b/one.odcs.yaml") && found.contains(&"b/two.odcs.json"));
    assert!(found.is_sorted());
}

#[test]
fn references_are_followed_to_the_other_files() {
    let reference = |column: &str| {
        format!(
            "        relationships:\n          - to: inventory/stock.odcs.yaml#/schema/stock/properties/{column}\n"
        )
    };
    let other = |column_name: &str| {
        contract("1.0.0", &column("sku", &reference(column_name)))
            .replace("name: stock\nversion", "name: orders\nversion")
    };
    let folder = Folder::new()
        .with("stock.odcs.yaml", contract("1.0.0", &column("sku", "")))
        .with("good.odcs.yaml", other("sku"))
        .with("bad.odcs.yaml", other("gone"));
    assert_eq!(
        folder
            .run(&["lint", "stock.odcs.yaml", "good.odcs.yaml"])
            .code,
        0
    );
    // Nothing is known of a product that is not among the files.
    assert_eq!(folder.run(&["lint", "bad.odcs.yaml"]).code, 0);
    let ran = folder.run(&["lint", "stock.odcs.yaml", "bad.odcs.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("dangling-reference"), "{}", ran.out);
    assert!(ran.out.contains("[bad.odcs.yaml:"), "{}", ran.out);
}

#[test]
fn rules_that_are_not_run_are_noted_and_do_not_fail() {
    let rule = "        quality:\n          - type: sql\n            query: select 1\n            mustBe: 0\n";
    let folder = Folder::new().with("a.odcs.yaml", contract("1.0.0", &column("sku", rule)));
    let ran = folder.run(&["lint", "a.odcs.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("rule-not-run") && ran.out.contains("1 note"),
        "{}",
        ran.out
    );
}
