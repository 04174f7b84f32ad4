//! Rows of files on their way: tested, published, read, kept apart and published after all.

use crate::run::{Folder, Ran};

const LEVELS: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: inventory.levels
name: inventory.levels
domain: inventory
dataProduct: levels
version: 1.0.0
status: active
team:
  name: inventory-team
schema:
  - name: levels
    properties:
      - name: id
        logicalType: integer
        primaryKey: true
        primaryKeyPosition: 1
        required: true
      - name: pieces
        logicalType: integer
        quality:
          - id: pieces-in-range
            type: library
            metric: invalidValues
            arguments:
              validValues: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
            mustBe: 0
            dimension: conformity
            severity: error
            customProperties:
              - property: onFailure
                value: quarantine
                vendor: dataproduct
customProperties:
  - property: delta.enableDeletionVectors
    value: true
";

fn mesh() -> Folder {
    Folder::new()
        .with("mesh.toml", "root = \"mesh\"\n")
        .with("levels.odcs.yaml", LEVELS)
        .with("first.csv", "id,pieces\n1,1\n2,2\n3,3\n")
}

fn publish(folder: &Folder, arguments: &[&str]) -> Ran {
    let mut all = vec!["publish", "--contract", "levels.odcs.yaml"];
    all.extend(arguments);
    folder.run(&all)
}

/// The rows that are published, in order.
#[track_caller]
fn check_rows(folder: &Folder, expect: &[&str]) {
    let ran = folder.run(&["read", "inventory.levels@^1"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(lines.remove(0), "id,pieces");
    lines.sort_unstable();
    assert_eq!(lines, expect);
}

#[test]
fn rows_are_added_put_in_place_and_replaced() {
    let folder = mesh()
        .with("changes.csv", "id,pieces\n3,9\n4,4\n")
        .with("whole.jsonl", "{\"id\": 7, \"pieces\": 0}\n");
    let ran = publish(&folder, &["first.csv", "--as-of", "2026-03-01T00:00:00Z"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.starts_with(
            "inventory.levels 1.0.0: 3 rows published in version 1 of the table, as of 2026-03-01"
        ),
        "{}",
        ran.out
    );
    check_rows(&folder, &["1,1", "2,2", "3,3"]);

    // An append of a key that is there is refused, and changes nothing.
    let ran = publish(&folder, &["changes.csv"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.err.contains("the table holds the key"), "{}", ran.err);
    check_rows(&folder, &["1,1", "2,2", "3,3"]);

    let ran = publish(&folder, &["changes.csv", "--upsert"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    check_rows(&folder, &["1,1", "2,2", "3,9", "4,4"]);

    let ran = publish(&folder, &["whole.jsonl", "--replace"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    check_rows(&folder, &["7,0"]);

    let ran = publish(&folder, &["whole.jsonl", "--replace", "--upsert"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
}

#[test]
fn the_same_publish_id_is_one_publish() {
    let folder = mesh();
    let once = publish(&folder, &["first.csv", "--publish-id", "of-monday"]);
    let again = publish(&folder, &["first.csv", "--publish-id", "of-monday"]);
    assert_eq!((once.code, again.code), (0, 0), "{}", again.err);
    let told = format!("{}an earlier call had published it already\n", once.out);
    assert_eq!(again.out, told);
    check_rows(&folder, &["1,1", "2,2", "3,3"]);
}

#[test]
fn rows_that_break_a_rule_wait_until_they_are_put_right() {
    let folder = mesh().with("bad.csv", "id,pieces\n1,1\n2,70\n3,3\n");
    let ran = folder.run(&["test", "--contract", "levels.odcs.yaml", "bad.csv"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(
        ran.out
            .contains("3 rows read: 2 published, 1 in quarantine"),
        "{}",
        ran.out
    );

    let ran = publish(&folder, &["bad.csv", "--publish-id", "run-1"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("1 rows are in quarantine"), "{}", ran.out);
    check_rows(&folder, &["1,1", "3,3"]);

    let quarantine = |verb: &[&str]| {
        let mut all = vec!["quarantine", "--product", "inventory.levels@^1"];
        all.extend(verb);
        folder.run(&all)
    };
    let listed = quarantine(&["list"]);
    assert!(listed.out.starts_with("run-1  "), "{}", listed.out);
    assert!(listed.out.contains("pieces-in-range: 1"), "{}", listed.out);
    let inspected = quarantine(&["inspect", "run-1"]);
    assert!(
        inspected.out.contains("\"id\":2,\"pieces\":70"),
        "{}",
        inspected.out
    );

    // The rule still says no: the row stays where it is.
    let ran = quarantine(&["replay", "run-1"]);
    assert_ne!(ran.code, 70, "{}", ran.err);
    check_rows(&folder, &["1,1", "3,3"]);
    assert!(quarantine(&["list"]).out.contains("pieces-in-range: 1"));

    let ran = quarantine(&["expire", "--before", "2999-01-01T00:00:00Z"]);
    assert_eq!(ran.out, "1 rows of 1 runs thrown away\n", "{}", ran.err);
    assert_eq!(quarantine(&["list"]).out, "no rows are in quarantine\n");
}

#[test]
fn what_is_not_there_is_named() {
    let folder = mesh();
    for (arguments, code, expect) in [
        (&["read", "inventory.levels@^1"][..], 2, "inventory.levels"),
        (&["read", "inventory.levels"], 2, "inventory.levels"),
        (
            &["publish", "--contract", "levels.odcs.yaml", "none.csv"],
            1,
            "none.csv",
        ),
        (
            &["publish", "--contract", "none.yaml", "first.csv"],
            2,
            "none.yaml",
        ),
        (
            &["read", "inventory.levels@^1", "--mesh", "none.toml"],
            2,
            "none.toml",
        ),
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(expect), "{arguments:?}: {}", ran.err);
    }
}
