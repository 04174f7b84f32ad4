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
    let files = xtask::files().unwrap();
    for (path, text) in &files {
        let stored = std::fs::read_to_string(folder.join(path)).unwrap_or_default();
        assert!(
            stored == *text,
            "{} is stale: run `cargo run -p xtask`",
            path.display()
        );
    }
    let mut stored = BTreeSet::new();
    listed(&folder, &folder, &mut stored);
    // Contracts of earlier versions stay: they are the record.
    for path in stored.iter().filter(|path| !files.contains_key(*path)) {
        let text = std::fs::read_to_string(folder.join(path)).unwrap();
        let is_contract = path.to_string_lossy().ends_with(".odcs.yaml");
        assert!(
            !is_contract || Contract::from_yaml(&text).is_ok(),
            "{}",
            path.display()
        );
    }
}

#[test]
fn contracts_validate_against_the_schema_of_the_contract_format() {
    let files = xtask::files().unwrap();
    let schema = serde_json::from_str(&files[Path::new("contract.schema.json")]).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let contracts = files
        .iter()
        .filter(|(path, _)| path.to_string_lossy().ends_with(".odcs.yaml"));
    for (path, text) in contracts {
        let contract = Contract::from_yaml(text).unwrap();
        let value = serde_json::to_value(contract.document()).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
}
