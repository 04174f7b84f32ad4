//! `schemas/` is what the types say.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dataproduct::Contract;

fn listed(folder: &Path, root: &Path, out: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            listed(&path, root, out);
        } else {
            out.insert(path.strip_prefix(root).unwrap().to_owned());
        }
    }
}

#[test]
fn nothing_is_stale_and_nothing_is_missing() {
    let folder = xtask::folder();
    for (path, text) in &xtask::files().unwrap() {
        let stored = std::fs::read_to_string(folder.join(path)).unwrap_or_default();
        assert!(
            stored == *text,
            "{} is stale: run `cargo run -p xtask`",
            path.display()
        );
    }
    let record = xtask::record().unwrap();
    for declared in xtask::declared() {
        let refusal = declared.check(&record, "xtask", false).unwrap();
        assert_eq!(refusal, None);
    }
}

/// The contracts of all versions, earlier ones too: they are the record.
fn recorded() -> Vec<(PathBuf, String)> {
    let mut paths = BTreeSet::new();
    listed(&xtask::folder(), &xtask::folder(), &mut paths);
    paths
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(".odcs.yaml"))
        .map(|path| {
            let text = std::fs::read_to_string(xtask::folder().join(&path)).unwrap();
            (path, text)
        })
        .collect()
}

#[test]
fn what_is_recorded_is_the_text_of_its_contract() {
    let recorded = recorded();
    assert!(recorded.len() >= xtask::declared().len());
    for (path, text) in recorded {
        let contract = Contract::from_yaml(&text).unwrap();
        assert_eq!(contract.to_yaml(), text, "{}", path.display());
    }
}

#[test]
fn contracts_validate_against_the_schema_of_the_contract_format() {
    let files = xtask::files().unwrap();
    let schema = serde_json::from_str(&files[Path::new("contract.schema.json")]).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (path, text) in recorded() {
        let contract = Contract::from_yaml(&text).unwrap();
        let value = serde_json::to_value(contract.document()).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
}
