//! Which crate may use which, and what may stand in the sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The edges that docs/architecture.md allows: a crate and those of ours it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("dataproduct-derive", &[]),
    ("dataproduct-contract", &["dataproduct-derive"]),
    ("dataproduct-compat", &["dataproduct-contract"]),
    ("dataproduct-quality", &["dataproduct-contract"]),
    ("dataproduct-freshness", &["dataproduct-contract"]),
    (
        "dataproduct-table",
        &[
            "dataproduct-contract",
            "dataproduct-quality",
            "dataproduct-freshness",
        ],
    ),
    (
        "dataproduct",
        &[
            "dataproduct-compat",
            "dataproduct-contract",
            "dataproduct-compat",
            "dataproduct-quality",
            "dataproduct-freshness",
            "dataproduct-table",
        ],
    ),
    ("dataproduct-cli", &["dataproduct"]),
];

/// Crates that are pure: no runtime, no storage.
const PURE: &[&str] = &[
    "dataproduct-derive",
    "dataproduct-contract",
    "dataproduct-compat",
    "dataproduct-quality",
    "dataproduct-freshness",
];

/// What a pure crate must not depend on.
const IMPURE: &[&str] = &[
    "tokio",
    "object_store",
    "delta_kernel",
    "parquet",
    "futures",
    "reqwest",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

/// The normal and build dependencies of every crate of the workspace.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let used = package["dependencies"].as_array().unwrap();
            let used = used
                .iter()
                .filter(|d| d["kind"] != "dev")
                .map(|d| text(&d["name"]));
            (text(&package["name"]), used.collect())
        })
        .collect()
}

#[test]
fn crates_use_only_what_the_architecture_allows() {
    let dependencies = dependencies();
    for (name, may_use) in MAY_USE {
        let used = dependencies
            .get(*name)
            .unwrap_or_else(|| panic!("there is no crate {name}"));
        for other in used.iter().filter(|other| other.starts_with("dataproduct")) {
            assert!(
                may_use.contains(&other.as_str()),
                "{name} must not use {other}"
            );
        }
    }
    for (name, used) in &dependencies {
        let of_ours = MAY_USE.iter().any(|(member, _)| member == name);
        if of_ours && used.contains(&"dataproduct-testkit".to_owned()) {
            panic!("{name} uses the test kit outside its tests");
        }
    }
}

#[test]
fn pure_crates_stay_pure() {
    let dependencies = dependencies();
    for name in PURE {
        for other in &dependencies[*name] {
            assert!(
                !IMPURE.contains(&other.as_str()),
                "{name} must not use {other}"
            );
        }
    }
}

/// Every Rust file under a folder.
fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn no_file_of_a_crate_is_longer_than_it_should_be() {
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.lines().filter(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with("//")
        });
        let lines = code.count();
        assert!(
            lines <= 800,
            "{} has {lines} lines of code: split it by concept",
            file.display()
        );
    }
}

#[test]
fn no_type_of_a_hidden_library_is_named_in_a_public_signature() {
    // The kernel, the YAML parser and the version parser may change with any release of ours.
    let hidden = [
        "delta_kernel",
        "serde_saphyr",
        "semver::",
        "serde_json::",
        "croner::",
    ];
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    for file in files
        .iter()
        .filter(|f| f.components().any(|c| c.as_os_str() == "src"))
    {
        let text = std::fs::read_to_string(file).unwrap();
        for (i, line) in text.lines().enumerate() {
            let signature = line.trim_start().starts_with("pub fn")
                || line.trim_start().starts_with("pub async fn")
                || line.trim_start().starts_with("pub type")
                || line.trim_start().starts_with("pub use");
            for name in hidden {
                assert!(
                    !(signature && line.contains(name)),
                    "{}:{} names {name}",
                    file.display(),
                    i + 1
                );
            }
        }
    }
}
