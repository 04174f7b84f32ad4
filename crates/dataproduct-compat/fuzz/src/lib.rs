//! What is tried on any bytes: each target must come back, whatever it is given.

use dataproduct_compat::language::{Inclusion, compare as compare_patterns};
use dataproduct_compat::{Policy, compare};
use dataproduct_contract::{Contract, odcs};

/// The byte that stands between the two halves of an input that is a pair.
const BETWEEN: u8 = 0;

fn halves(bytes: &[u8]) -> Option<(&str, &str)> {
    let at = bytes.iter().position(|byte| *byte == BETWEEN)?;
    let (old, new) = (bytes.get(..at)?, bytes.get(at + 1..)?);
    Some((str::from_utf8(old).ok()?, str::from_utf8(new).ok()?))
}

/// A document is read or refused; what is read is written and read again as the same.
pub fn parse(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if let Ok(document) = odcs::Document::from_yaml(text) {
        let written = document.to_yaml().expect("what was read can be written");
        let again = odcs::Document::from_yaml(&written).expect("what was written can be read");
        assert_eq!(again.to_yaml().as_ref(), Ok(&written));
    }
    if let Ok(contract) = Contract::from_yaml(text) {
        let again = Contract::from_yaml(contract.to_yaml()).expect("a contract can be read again");
        assert_eq!(again.digest(), contract.digest());
    }
}

/// Two contracts are compared both ways, and each with itself.
pub fn diff(bytes: &[u8]) {
    let Some((old, new)) = halves(bytes) else {
        return;
    };
    let (Ok(old), Ok(new)) = (Contract::from_yaml(old), Contract::from_yaml(new)) else {
        return;
    };
    let (policy, today) = (Policy::default(), chrono::NaiveDate::default());
    let there = compare(&old, &new, &policy, today);
    let back = compare(&new, &old, &policy, today);
    assert_eq!(there.findings().is_empty(), back.findings().is_empty());
    assert!(compare(&old, &old, &policy, today).findings().is_empty());
    assert!(!there.to_text().is_empty());
}

/// Two patterns are compared both ways.
pub fn language(bytes: &[u8]) {
    let Some((old, new)) = halves(bytes) else {
        return;
    };
    let there = compare_patterns(old, new);
    let back = compare_patterns(new, old);
    let undecided = |inclusion: &Inclusion| matches!(inclusion, Inclusion::Undecided { .. });
    // Which side runs out of its budget first may differ, and nothing else may.
    if !undecided(&there) && !undecided(&back) {
        assert_eq!(there, back.mirrored());
    }
}
