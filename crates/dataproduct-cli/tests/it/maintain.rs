//! Looking after tables from the command line.

use serde_json::Value;

use crate::run::{Folder, column, contract};

const MARKER: &str = "customer-4711";

/// A mesh with one product, published twice.
fn published() -> Folder {
    let columns = column("customer", "        required: true\n") + &column("city", "");
    let folder = Folder::new()
        .with("mesh.toml", "root = \"data\"\n")
        .with("stock.odcs.yaml", contract("1.0.0", &columns))
        .with("one.csv", format!("customer,city\na,Lyon\n{MARKER},Nice\n"))
        .with("two.csv", "customer,city\nb,Metz\n");
    for file in ["one.csv", "two.csv"] {
        let ran = folder.run(&["publish", "--contract", "stock.odcs.yaml", file]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    folder
}

fn maintain(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let mut all = vec![
        "maintain",
        "--product",
        "inventory.stock",
        "--format",
        "json",
    ];
    all.extend(arguments);
    let ran = folder.run(&all);
    let json = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran.code, json)
}

fn report(json: &Value) -> &Value {
    &json["tables"][0]["report"]
}

fn rows(folder: &Folder) -> String {
    let ran = folder.run(&["read", "inventory.stock"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut lines: Vec<&str> = ran.out.lines().skip(1).collect();
    lines.sort_unstable();
    lines.join(" ")
}

#[test]
fn a_subject_is_erased_and_it_is_verified() {
    let folder = published();
    let erase = [
        "erase", "--column", "customer", "--value", MARKER, "--verify",
    ];
    let (code, dry) = maintain(&folder, &[&erase[..], &["--dry-run"]].concat());
    assert_eq!(code, 0, "{dry}");
    assert_eq!(report(&dry)["receipt"]["rows"], 1);
    assert!(
        !report(&dry)["traces"]["found"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(rows(&folder), format!("a,Lyon b,Metz {MARKER},Nice"));
    // Readers of older versions have a day: until then it is not done.
    let (code, json) = maintain(&folder, &erase);
    assert_eq!((code, &json["ok"]), (1, &Value::Bool(false)), "{json}");
    assert!(
        !report(&json)["receipt"]["pending"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(rows(&folder), "a,Lyon b,Metz");
    let (code, json) = maintain(&folder, &[&erase[..], &["--grace", "0"]].concat());
    assert_eq!((code, &json["ok"]), (0, &Value::Bool(true)), "{json}");
    assert_eq!(report(&json)["traces"]["found"], Value::Array(Vec::new()));
    assert_eq!(rows(&folder), "a,Lyon b,Metz");
    let ran = folder.run(&[
        "maintain",
        "-p",
        "inventory.stock",
        "erase",
        "--column",
        "customer",
        "--value",
        MARKER,
        "--grace",
        "0",
        "--verify",
    ]);
    let lines: Vec<&str> = ran.out.lines().skip(1).collect();
    assert_eq!(
        lines[0],
        "  0 rows taken out; 0 files written anew, 0 objects gone, 0 reports redacted"
    );
    assert!(lines[1].ends_with("searched: 0 traces"), "{ran:?}");
    let ran = folder.run(&[
        "maintain",
        "-p",
        "inventory.stock",
        "erase",
        "--column",
        "town",
        "--value",
        "x",
    ]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("no column `town`"), "{ran:?}");
}

#[test]
fn versions_are_restored_and_copied() {
    let folder = published();
    let (code, json) = maintain(&folder, &["restore", "1", "--dry-run"]);
    assert_eq!(
        (code, &report(&json)["filesRemoved"]),
        (0, &Value::from(1)),
        "{json}"
    );
    assert_eq!(rows(&folder), format!("a,Lyon b,Metz {MARKER},Nice"));
    let (code, json) = maintain(&folder, &["restore", "1"]);
    assert_eq!(
        (code, &report(&json)["version"]),
        (0, &Value::from(3)),
        "{json}"
    );
    assert_eq!(rows(&folder), format!("a,Lyon {MARKER},Nice"));
    let (code, json) = maintain(
        &folder,
        &["clone", "copy/inventory/stock/v1", "--table-version", "2"],
    );
    assert_eq!(
        (code, &report(&json)["files"]),
        (0, &Value::from(2)),
        "{json}"
    );
    let folder = folder.with("mesh.toml", "root = \"copy\"\n");
    assert_eq!(rows(&folder), format!("a,Lyon b,Metz {MARKER},Nice"));
    let ran = folder.run(&["maintain", "-p", "inventory.stock", "restore", "7"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("no version 7"), "{ran:?}");
}

#[test]
fn the_rest_says_what_it_does() {
    let folder = published();
    let text = |verb: &[&str]| {
        let ran = folder.run(&[&["maintain", "-p", "inventory.stock@^1"], verb].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let (place, rest) = ran.out.split_once('\n').unwrap();
        assert!(place.ends_with("/data/inventory/stock/v1/"), "{place}");
        rest.trim().to_owned()
    };
    for dry in [&["--dry-run"][..], &[]] {
        let would = if dry.is_empty() { "" } else { "would be " };
        assert_eq!(
            text(&[&["vacuum"], dry].concat()),
            format!("0 objects (0 bytes) {would}taken away; 0 too young, 0 versions held")
        );
        assert_eq!(
            text(&[&["clean-log", "--retention", "1"], dry].concat()),
            format!(
                "0 objects (0 bytes) {would}taken away; no version is older than a checkpoint that may stand for it"
            )
        );
        assert_eq!(
            text(&[&["gc"], dry].concat()),
            format!("0 objects (0 bytes) {would}taken away; 0 too young")
        );
    }
    assert_eq!(
        text(&["compact"]),
        "0 files (0 bytes) written anew as 0 (0 bytes), 0 left to publishers"
    );
    for (arguments, words) in [
        (&["maintain", "compact"][..], "--product"),
        (
            &["maintain", "-p", "inventory.other", "compact"],
            "inventory.other",
        ),
        (
            &[
                "maintain",
                "-p",
                "inventory.stock",
                "vacuum",
                "--retention",
                "0",
            ],
            "--retention",
        ),
        (
            &[
                "maintain",
                "-p",
                "inventory.stock",
                "--mesh",
                "none.toml",
                "gc",
            ],
            "none.toml",
        ),
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(words), "{ran:?}");
    }
}
