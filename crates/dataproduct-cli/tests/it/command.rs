//! Arguments, exit codes, colours, streams.

use crate::run::{Folder, column, contract, stock_levels};

fn folder() -> Folder {
    Folder::new()
        .with("good.odcs.yaml", contract("1.0.0", &column("sku", "")))
        .with("bad.odcs.yaml", contract("1.0", &column("sku", "")))
        .with("two.odcs.yaml", contract("2.0.0", &column("article", "")))
        .with("same.odcs.yaml", contract("1.0.1", &column("article", "")))
        .with("empty/readme.md", "nothing here")
        .with(
            "schemas/inventory/stock/1.0.0.odcs.yaml",
            contract("1.0.0", &column("sku", "")),
        )
        .with(
            "dark/inventory/stock/2.0.0.odcs.yaml",
            contract("1.0.0", &column("sku", "")),
        )
        .with("rows.csv", "sku;on_hand\na;1\n")
        .with("broken.avsc", "{\"type\": \"record\"}")
        .with("taken.yaml", "taken")
        .with("mesh-bad.toml", "[evolution]\nrules = 3\n")
}

#[track_caller]
fn check(arguments: &[&str], code: i32, says: &str) {
    let ran = folder().run(arguments);
    assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
    let all = format!("{}{}", ran.out, ran.err);
    assert!(all.contains(says), "{arguments:?}: {ran:?}");
}

#[test]
fn exit_codes_are_stable() {
    check(&["--help"], 0, "lint");
    check(&["--version"], 0, env!("CARGO_PKG_VERSION"));
    check(&["completions", "bash"], 0, "complete");
    check(&["explain"], 0, "nullable-key");
    check(&["explain", "nullable-key"], 0, "Way out");
    check(&["lint", "good.odcs.yaml"], 0, "1 file: nothing found");
    check(&["lint", "--quiet", "good.odcs.yaml"], 0, "");
    check(&["lint", "*.odcs.yaml"], 1, "4 files");
    check(&["lint", "."], 1, "bad-version");
    check(
        &["diff", "good.odcs.yaml", "two.odcs.yaml"],
        0,
        "2.0.0 is honest",
    );
    check(
        &["diff", "good.odcs.yaml", "same.odcs.yaml"],
        1,
        "dishonest-version",
    );
    check(&["check"], 0, "nothing found");
    check(&["check", "--record", "good.odcs.yaml"], 0, "nothing found");
    check(&["check", "two.odcs.yaml"], 1, "not-recorded");
    check(&["check", "--schemas", "dark"], 1, "misfiled");
    check(
        &["import", "rows.csv", "--name", "a.b", "--owner", "c"],
        0,
        "on_hand",
    );
    check(
        &["export", "good.odcs.yaml", "--to", "avro"],
        0,
        "\"record\"",
    );
    check(
        &["export", "bad.odcs.yaml", "--to", "avro"],
        1,
        "bad-version",
    );
    check(
        &["import", "broken.avsc", "--name", "a.b", "--owner", "c"],
        1,
        "fields",
    );
    check(
        &["import", "rows.csv", "--name", "A", "--owner", "c"],
        1,
        "bad-name",
    );
    // What cannot be carried out as it was given.
    check(&[], 2, "Usage");
    check(&["nonsense"], 2, "nonsense");
    check(&["lint"], 2, "FILES");
    check(&["lint", "--format", "xml", "good.odcs.yaml"], 2, "human");
    check(
        &["lint", "missing.odcs.yaml"],
        2,
        "cannot read `missing.odcs.yaml`",
    );
    check(&["lint", "missing/*.yaml"], 2, "holds no contract");
    check(&["lint", "empty"], 2, "holds no contract");
    check(&["lint", "[", "good.odcs.yaml"], 2, "pattern");
    check(&["lint", "--format", "omds", "good.odcs.yaml"], 2, "diff");
    check(&["diff", "-", "-"], 2, "not both");
    check(
        &[
            "diff",
            "good.odcs.yaml",
            "two.odcs.yaml",
            "--policy",
            "mesh-bad.toml",
        ],
        2,
        "policy",
    );
    check(&["check", "--schemas", "nowhere"], 2, "no folder");
    check(&["import", "rows.csv"], 2, "--name");
    check(
        &["import", "-", "--name", "a.b", "--owner", "c"],
        2,
        "--from",
    );
    check(
        &[
            "import",
            "taken.yaml",
            "--from",
            "parquet",
            "--name",
            "a.b",
            "--owner",
            "c",
        ],
        1,
        "Parquet",
    );
    check(
        &[
            "import", ".", "--from", "csv", "--name", "a.b", "--owner", "c",
        ],
        2,
        "folder",
    );
    check(
        &[
            "export",
            "good.odcs.yaml",
            "--to",
            "odcs",
            "-o",
            "taken.yaml",
        ],
        2,
        "--force",
    );
    check(&["explain", "no-such-rule"], 2, "rule-not-run");
    check(&["explain", "xyz"], 2, "lists all");
    check(&["init", "Not A Name", "--owner", "x"], 2, "bad-name");
}

#[test]
fn standard_input_is_a_file_like_others() {
    let folder = folder();
    let text = folder.text("bad.odcs.yaml");
    let ran = folder.run_with(&["lint", "-"], &text);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("[<stdin>:5:10]"), "{}", ran.out);
    let ran = folder.run_with(
        &["diff", "good.odcs.yaml", "-"],
        &folder.text("two.odcs.yaml"),
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let avro = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#;
    let arguments = [
        "import", "-", "--from", "avro", "--name", "a.b", "--owner", "c",
    ];
    let ran = folder.run_with(&arguments, avro);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("physicalType: integer"));
}

#[test]
fn colour_is_for_terminals_and_for_who_asks() {
    let folder = folder();
    let plain = folder.run(&["lint", "bad.odcs.yaml"]);
    assert!(!plain.out.contains('\u{1b}'));
    let coloured = folder.run(&["lint", "bad.odcs.yaml", "--color", "always"]);
    assert!(coloured.out.contains('\u{1b}'));
    let never = folder.run(&["lint", "bad.odcs.yaml", "--color", "never"]);
    assert_eq!(plain.out, never.out);
}

#[test]
fn files_that_are_there_are_left_alone() {
    let folder = folder();
    let arguments = [
        "export",
        "good.odcs.yaml",
        "--to",
        "odcs",
        "-o",
        "taken.yaml",
    ];
    assert_eq!(folder.run(&arguments).code, 2);
    assert_eq!(folder.text("taken.yaml"), "taken");
    let forced = [arguments.as_slice(), &["--force"]].concat();
    assert_eq!(folder.run(&forced).code, 0);
    assert!(folder.text("taken.yaml").starts_with("apiVersion: v3.2.0"));
}

#[test]
fn what_init_makes_is_valid_and_is_never_written_over() {
    let folder = Folder::new();
    let arguments = ["init", "inventory.stock", "--owner", "inventory"];
    assert_eq!(folder.run(&arguments).code, 0);
    let ran = folder.run(&["lint", "stock.odcs.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let again = folder.run(&arguments);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("is there already"), "{}", again.err);
    let ran = folder.run(&[arguments.as_slice(), &["--kind", "crate"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(folder.text("stock/Cargo.toml").contains("name = \"stock\""));
    let source = folder.text("stock/src/lib.rs");
    assert!(
        source.ends_with("#[cfg(test)]\ndataproduct::assert_contracts!(Stock);\n"),
        "{source}"
    );
    // What it records is what its type says (`rust_type`), and everything that follows from it.
    let recorded = "stock/schemas/inventory/stock/0.1.0.odcs.yaml";
    assert_eq!(folder.text(recorded), folder.text("stock.odcs.yaml"));
    let ran = folder.run(&["check", "--schemas", "stock/schemas", recorded]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// The hooks that a team's pre-commit takes from this repository.
#[test]
fn hooks_run_the_command() {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.pre-commit-hooks.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let hooks: dataproduct::Value = dataproduct::contract::yaml::from_str(&text).unwrap();
    let dataproduct::Value::List(hooks) = hooks else {
        panic!("a list of hooks")
    };
    let names = hooks
        .iter()
        .map(|hook| hook.get("id").and_then(|id| id.as_str()).unwrap());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["dataproduct-lint", "dataproduct-check"]
    );
    let folder = Folder::new().with("stock.odcs.yaml", stock_levels()).with(
        "schemas/inventory/stock-levels/1.0.0.odcs.yaml",
        stock_levels(),
    );
    for hook in &hooks {
        let said = |key: &str| hook.get(key).and_then(|value| value.as_str()).unwrap();
        let mut arguments: Vec<&str> = said("entry").split(' ').collect();
        assert_eq!(arguments.remove(0), "dataproduct");
        if hook.get("pass_filenames") != Some(&false.into()) {
            arguments.push("stock.odcs.yaml");
        }
        let ran = folder.run(&arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

#[test]
fn a_reader_that_stops_early_is_no_mistake() {
    use std::process::{Command, Stdio};
    let folder = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dataproduct"))
        .arg("explain")
        .current_dir(folder.path("."))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
