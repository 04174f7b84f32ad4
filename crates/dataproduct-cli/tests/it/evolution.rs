//! `diff` and `check`: what they judge, what they say, and when they fail.

use crate::run::{Folder, Ran, column, contract};

const REQUIRED: &str = "        required: true\n";

fn unit(unit: &str) -> String {
    format!(
        "        customProperties:\n          - {{ property: unit, value: {unit}, vendor: dataproduct }}\n"
    )
}

fn compare(old: &str, new: &str, arguments: &[&str]) -> Ran {
    let folder = Folder::new()
        .with("old.odcs.yaml", old)
        .with("new.odcs.yaml", new);
    folder.run(&[&["diff", "old.odcs.yaml", "new.odcs.yaml"], arguments].concat())
}

#[test]
fn equal_contracts_differ_in_nothing() {
    let text = contract("1.0.0", &column("sku", ""));
    let ran = compare(&text, &text, &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.ends_with("2 files: nothing found\n"), "{}", ran.out);
}

#[test]
fn a_break_says_whom_it_breaks_and_what_to_do() {
    let consumers = "customProperties:\n  - property: consumers\n    vendor: dataproduct\n    value:\n      \
                     - { name: living-room, purpose: promise delivery, versions: ^1 }\n      \
                     - { name: warehouse, purpose: count, versions: ^2 }\n";
    let old = contract("1.4.0", &column("weight", &unit("KGM"))) + consumers;
    let new = contract("1.5.0", &column("weight", &unit("GRM"))) + consumers;
    let ran = compare(&old, &new, &[]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.out);
}

#[test]
fn an_honest_break_is_no_reason_to_fail() {
    let old = contract("1.4.0", &column("weight", &unit("KGM")));
    let new = contract("2.0.0", &column("weight", &unit("GRM")));
    let ran = compare(&old, &new, &["--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let comparison = &report["comparisons"][0];
    assert_eq!(comparison["required"], "major");
    assert_eq!(comparison["honest"], true);
    assert_eq!(comparison["honestVersion"], "2.0.0");
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "unit-changed");
    assert_eq!(finding["level"], "warning");
    assert_eq!(finding["change"]["reader"], "breaks");
    assert_eq!(finding["change"]["before"], "KGM");
    assert!(finding["line"].as_u64().is_some());
}

#[test]
fn what_stored_rows_can_prove_is_left_to_the_publish() {
    let old = contract("1.4.0", &column("weight", ""));
    let new = contract("1.5.0", &column("weight", REQUIRED));
    let ran = compare(&old, &new, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out
            .contains("once the publish has proven not-null of weight"),
        "{}",
        ran.out
    );
}

#[test]
fn a_policy_weighs_and_waives() {
    let folder = Folder::new()
        .with(
            "old.odcs.yaml",
            contract("1.4.0", &column("weight", &unit("KGM"))),
        )
        .with(
            "new.odcs.yaml",
            contract("1.5.0", &column("weight", &unit("GRM"))),
        )
        .with(
            "mesh.toml",
            "root = \"data\"\n[[evolution.rules]]\nrule = \"unit-changed\"\nbump = \"minor\"\n\
             reason = \"no reader yet\"\n",
        );
    // The policy of the folder counts without being named.
    let ran = folder.run(&["diff", "old.odcs.yaml", "new.odcs.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let none = folder.path("none.toml");
    std::fs::write(&none, "").unwrap();
    let ran = folder.run(&[
        "diff",
        "old.odcs.yaml",
        "new.odcs.yaml",
        "--policy",
        "none.toml",
    ]);
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn two_products_are_not_compared() {
    let old = contract("1.0.0", &column("a", ""));
    let new = old
        .replace("name: stock\nversion", "name: other\nversion")
        .replace("id: stock", "id: other");
    let ran = compare(&old, &new, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("two products"), "{}", ran.err);
}

#[test]
fn omds_is_a_form_of_diff() {
    let old = contract("1.4.0", &column("weight", &unit("KGM")));
    let new = contract("1.5.0", &column("weight", &unit("GRM")));
    let ran = compare(&old, &new, &["--format", "omds"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("MetadataDifference"), "{}", ran.out);
}

fn record() -> Folder {
    Folder::new()
        .with(
            "schemas/inventory/stock/1.0.0.odcs.yaml",
            contract("1.0.0", &column("sku", "")),
        )
        .with(
            "schemas/inventory/stock/1.1.0.odcs.yaml",
            contract("1.1.0", &(column("sku", "") + &column("note", ""))),
        )
        .with(
            "schemas/inventory/stock/product.odps.yaml",
            "apiVersion: v1.1.0\nkind: DataProduct\nid: x\nstatus: active\n",
        )
}

#[test]
fn an_honest_record_is_silent_but_for_its_changes() {
    let ran = record().run(&["check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out
            .contains("inventory.stock 1.0.0 -> 1.1.0: wants minor: 1.1.0 is honest"),
        "{}",
        ran.out
    );
}

#[test]
fn a_recorded_version_that_hides_a_break_is_found() {
    let folder = record().with(
        "schemas/inventory/stock/1.2.0.odcs.yaml",
        contract("1.2.0", &column("sku", "")),
    );
    let ran = folder.run(&["check"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("dishonest-version") && ran.out.contains("column-removed"),
        "{}",
        ran.out
    );
}

#[test]
fn a_declaration_that_moves_without_its_version_is_found() {
    let moved = contract("1.1.0", &(column("sku", "") + &column("remark", "")));
    let ran = record()
        .with("stock.odcs.yaml", moved)
        .run(&["check", "stock.odcs.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out
            .contains("1.1.0 is there already and says something else"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("2.0.0"), "{}", ran.out);
}

#[test]
fn a_new_version_is_to_be_recorded_and_then_passes() {
    let next = contract(
        "1.2.0",
        &(column("sku", "") + &column("note", "") + &column("size", "")),
    );
    let folder = record().with("stock.odcs.yaml", next);
    let ran = folder.run(&["check", "stock.odcs.yaml", "--format", "json"]);
    assert_eq!(ran.code, 1);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings
        .iter()
        .find(|f| f["rule"] == "not-recorded")
        .unwrap();
    let help = finding["help"].as_str().unwrap();
    let command: Vec<_> = help.split('`').nth(1).unwrap().split(' ').collect();
    let ran = folder.run(&command[1..]);
    assert_eq!(ran.code, 0, "{command:?}: {ran:?}");
    assert!(ran.err.contains("1.2.0.schema.json"), "{ran:?}");
    let ran = folder.run(&["check", "stock.odcs.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn the_first_version_of_a_product_is_recorded_too() {
    let first = contract("1.0.0", &column("sku", ""));
    let folder = Folder::new()
        .with("stock.odcs.yaml", first)
        .with("schemas/readme.md", "");
    let ran = folder.run(&["check", "--record", "stock.odcs.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        folder
            .path("schemas/inventory/stock/1.0.0.odcs.yaml")
            .is_file()
    );
    assert_eq!(folder.run(&["check", "--record"]).code, 2);
}

#[test]
fn registered_consumers_of_what_has_changed_are_named_with_their_owners() {
    let reader = |name: &str, column: &str, versions: &str| {
        format!(
            "kind: DataConsumption\nconsumer: {name}\nproduct: inventory.stock@{versions}\nowner: team-{name}\n\
             purpose: to know\ncolumns: [{column}]\n"
        )
    };
    let folder = record()
        .with(
            "schemas/_consumers/a.inventory.stock.yaml",
            reader("a", "note", "^1"),
        )
        .with("stock.odcs.yaml", contract("1.2.0", &column("sku", "")));
    let ran = folder.run(&["check", "stock.odcs.yaml", "--format", "json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("a of team-a (^1: to know)"), "{}", ran.out);
    // Who does not read the column is not broken.
    assert!(!ran.out.contains("team-b"), "{}", ran.out);
}

#[test]
fn files_without_a_place_in_the_record_are_named() {
    let folder = record()
        .with(
            "schemas/stray.odcs.yaml",
            contract("1.0.0", &column("sku", "")),
        )
        .with(
            "schemas/inventory/other/1.0.0.odcs.yaml",
            contract("1.0.0", &column("sku", "")),
        );
    let ran = folder.run(&["check", "--format", "github"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.out.matches("title=misfiled").count(), 2, "{}", ran.out);
}

#[test]
fn a_pre_release_in_between_hides_no_break() {
    let both = column("sku", "") + &column("note", "");
    let folder = record()
        .with(
            "schemas/inventory/stock/1.2.0-rc.1.odcs.yaml",
            contract("1.2.0-rc.1", &column("sku", "")),
        )
        .with(
            "schemas/inventory/stock/1.2.0.odcs.yaml",
            contract("1.2.0", &column("sku", "")),
        );
    let ran = folder.run(&["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let pairs = report["comparisons"].as_array().unwrap();
    let pair = pairs
        .iter()
        .find(|pair| pair["old"] == "1.1.0" && pair["new"] == "1.2.0");
    assert_eq!(pair.unwrap()["honest"], false, "{}", ran.out);
    // A major that begins is held against the version before alone.
    let folder = record()
        .with(
            "schemas/inventory/stock/2.0.0-rc.1.odcs.yaml",
            contract("2.0.0-rc.1", &column("sku", "")),
        )
        .with(
            "schemas/inventory/stock/2.0.0.odcs.yaml",
            contract("2.0.0", &both),
        );
    let ran = folder.run(&["check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_waiver_that_has_expired_since_is_a_warning_on_what_is_recorded() {
    let mesh = "[[evolution.waivers]]\nrule = \"column-removed\"\npath = \"columns.note\"\n\
                product = \"inventory.stock\"\nauthor = \"owner@example.com\"\n\
                reason = \"nobody reads it\"\nexpires = \"2020-12-31\"\n";
    let text = contract("1.2.0", &column("sku", ""));
    let folder = record()
        .with("mesh.toml", mesh)
        .with("stock.odcs.yaml", &text);
    // What is not recorded yet is not excused.
    assert_eq!(folder.run(&["check", "stock.odcs.yaml"]).code, 1);
    let folder = folder.with("schemas/inventory/stock/1.2.0.odcs.yaml", &text);
    let ran = folder.run(&["check", "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let expired = findings.iter().find(|f| f["rule"] == "expired-waiver");
    assert_eq!(expired.unwrap()["level"], "warning");
}

#[test]
fn consumers_of_the_old_version_are_named_under_an_honest_major_too() {
    let registered = "kind: DataConsumption\nconsumer: a\nproduct: inventory.stock@^1\nowner: team-a\n\
                      purpose: to know\ncolumns: [note]\n";
    let folder = record()
        .with("schemas/_consumers/a.inventory.stock.yaml", registered)
        .with("stock.odcs.yaml", contract("2.0.0", &column("sku", "")));
    let old = "schemas/inventory/stock/1.1.0.odcs.yaml";
    for arguments in [
        ["check", "stock.odcs.yaml"].as_slice(),
        &["diff", old, "stock.odcs.yaml"],
        &["diff", old, "stock.odcs.yaml", "--schemas", "schemas"],
    ] {
        let ran = folder.run(arguments);
        assert!(ran.out.contains("a of team-a"), "{arguments:?}: {ran:?}");
    }
    let ran = folder.run(&["diff", old, "stock.odcs.yaml", "--schemas", "gone"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn documents_that_do_not_follow_from_a_recorded_contract_are_found() {
    let first = contract("1.0.0", &column("sku", ""));
    let folder = Folder::new()
        .with("stock.odcs.yaml", first)
        .with("schemas/readme.md", "");
    let recorded = folder.run(&["check", "--record", "stock.odcs.yaml"]);
    assert_eq!(recorded.code, 0, "{recorded:?}");
    let name = "schemas/inventory/stock/1.0.0.schema.json";
    assert!(folder.text(name).contains("\"title\": \"inventory.stock\""));
    let folder = folder.with(name, "{}");
    std::fs::remove_file(folder.path("schemas/inventory/stock/1.0.0.arrow.json")).unwrap();
    let ran = folder.run(&["check", "stock.odcs.yaml", "--format", "github"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(
        ran.out.matches("title=stale-document").count(),
        2,
        "{ran:?}"
    );
    // Without a name the record is looked at all the same: what is there has to be right.
    let ran = folder.run(&["check", "--format", "github"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(
        ran.out.matches("title=stale-document").count(),
        1,
        "{ran:?}"
    );
    assert!(
        ran.out
            .contains("file=schemas/inventory/stock/1.0.0.schema.json"),
        "{ran:?}"
    );
    let recorded = "schemas/inventory/stock/1.0.0.odcs.yaml";
    let ran = folder.run(&["check", "--record", recorded]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for arguments in [["check", "stock.odcs.yaml"].as_slice(), &["check"]] {
        assert_eq!(folder.run(arguments).code, 0);
    }
}
