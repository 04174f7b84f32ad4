//! Every code that can be reported is explained, and nothing else.

use std::collections::BTreeSet;
use std::path::Path;

use dataproduct::contract::Format;

use crate::run::Folder;

/// The sources of the crates below which problems are made.
fn sources(folder: &Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Text between quotes that could be a code: words joined by `-`, or one of the codes of one word.
fn words(text: &str) -> BTreeSet<&str> {
    let is_code = |text: &&str| {
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let words = text.contains('-') && text.starts_with(|c: char| c.is_ascii_lowercase());
        (plain && words) || ["duplicate", "misfiled"].contains(text)
    };
    text.split('"').filter(is_code).collect()
}

fn explained() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("problems.toml")).unwrap()
}

#[test]
fn every_code_of_a_problem_is_explained_and_no_other() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut text = String::new();
    sources(&crates.join("dataproduct-contract/src"), &mut text);
    sources(&crates.join("dataproduct-cli/src/verb"), &mut text);
    // Words of the sources that are no codes.
    let others = [
        "date-time",
        "advice-team",
        "inventory-platform",
        "living-room",
        "no-more-reserved-than-there-is",
        "stock-levels",
        "stock-levels-v1",
        "0-9a-z",
        "clean-log",
    ];
    let used: BTreeSet<_> = words(&text)
        .into_iter()
        .filter(|w| !others.contains(w) && w.parse::<Format>().is_err())
        .collect();
    let catalogue = explained();
    let known: BTreeSet<_> = catalogue
        .lines()
        .filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'))
        .collect();
    let missing: Vec<_> = used.difference(&known).collect();
    let left_over: Vec<_> = known.difference(&used).collect();
    assert!(
        missing.is_empty() && left_over.is_empty(),
        "not explained {missing:?}, not used {left_over:?}"
    );
}

#[test]
fn every_code_and_rule_can_be_asked_for() {
    let folder = Folder::new();
    let list = folder.run(&["explain"]);
    let ids: Vec<_> = list
        .out
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(ids.len() > 150, "{}", ids.len());
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "an id is there twice"
    );
    for id in [
        "nullable-key",
        "dishonest-version",
        "column-removed",
        "unit-changed",
    ] {
        let ran = folder.run(&["explain", id]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.starts_with(&format!("{id}: ")), "{}", ran.out);
    }
}
