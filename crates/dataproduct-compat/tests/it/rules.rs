//! Every kind of change has exactly one rule, and every rule file a kind.

use std::collections::BTreeSet;
use std::path::Path;

use dataproduct_compat::{Bump, Kind, Outcome, Rules};

#[test]
fn kinds_and_rule_files_are_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let kinds: BTreeSet<String> = Kind::ALL
        .iter()
        .map(|k| format!("{}.toml", k.id()))
        .collect();
    assert_eq!(kinds.len(), Kind::ALL.len(), "two kinds have one id");
    assert_eq!(files, kinds);
}

#[test]
fn every_rule_is_about_its_kind_and_says_enough() {
    let rules = Rules::standard();
    for kind in Kind::ALL {
        let rule = rules.of(*kind);
        assert_eq!(rule.id, kind.id());
        assert_eq!(rule.kind, *kind);
        assert_eq!(rules.get(kind.id()), Some(rule));
        for text in [&rule.title, &rule.why, &rule.reference] {
            assert!(text.len() > 5, "{}", rule.id);
        }
        assert!(rule.why.ends_with('.'), "{}", rule.id);
        // Whoever breaks someone is told what to do instead.
        if rule.bump >= Bump::Major || rule.history == Outcome::Prove {
            assert!(rule.how.steps().next().is_some(), "{}", rule.id);
        }
        for (_, step) in rule.how.steps() {
            assert!(step.ends_with('.'), "{}", rule.id);
        }
    }
}

#[test]
fn the_reader_decides_the_bump() {
    for rule in Rules::standard().iter() {
        match rule.reader {
            Outcome::Breaks => assert!(rule.bump >= Bump::Major, "{}", rule.id),
            Outcome::Holds if rule.history == Outcome::Breaks => {
                assert!(rule.bump >= Bump::Major, "{}", rule.id);
            }
            Outcome::Holds => assert!(rule.bump <= Bump::Minor, "{}", rule.id),
            // How values are computed is attested, and its rule says why that is enough.
            Outcome::Undecided if rule.kind == Kind::TransformChanged => {
                assert_eq!(rule.bump, Bump::Minor);
            }
            Outcome::Undecided => assert_eq!(rule.bump, Bump::Major, "{}", rule.id),
            Outcome::Prove => panic!("{}: only history is proven", rule.id),
        }
        assert_ne!(rule.writer, Outcome::Prove, "{}", rule.id);
        // What is to be proven can be named.
        if rule.history == Outcome::Prove {
            assert!(rule.kind.aspect().is_some(), "{}", rule.id);
        }
    }
}
