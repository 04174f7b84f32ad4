//! What is tried on any bytes: each target must come back, whatever it is given, within 100 ms and 32 MiB
//! in an optimised build.
//!
//! `fuzz_targets/` has the targets for libFuzzer, which is guided by coverage. `examples/seeds.rs` writes
//! what it starts from, `examples/cost.rs` measures single inputs without instrumentation, and
//! `examples/loop.rs` tries mutations of a few seeds where libFuzzer is not at hand.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use dataproduct_compat::language::{Inclusion, compare as compare_patterns};
use dataproduct_compat::{Policy, compare};
use dataproduct_contract::{Contract, odcs};

/// The byte that stands between the two halves of an input that is a pair.
pub const BETWEEN: u8 = 0;

/// A contract of few lines.
pub const SMALL: &str = "apiVersion: v3.2.0\nkind: DataContract\nid: x.y\nname: y\ndomain: x\nversion: 1.0.0\nstatus: active\nteam: {name: t}\nslaProperties:\n- {property: latency, value: 15, unit: m}\nschema:\n- name: y\n  properties:\n  - {name: a, logicalType: string, required: true, logicalTypeOptions: {pattern: '[a-z]{2}', maxLength: 9}}\n  - {name: b, logicalType: integer, logicalTypeOptions: {minimum: 0, maximum: 100}}\n  - {name: c, logicalType: string, enum: [{value: x}, {value: y}]}\n";

/// Patterns that use each part of the syntax.
pub const PATTERNS: &[&str] = &[
    "[A-Z]{3}",
    "(a|b)*c?",
    r"\d{4}-\d{2}",
    r"(?i)straße|\w+",
    r"\b[^@]+@[a-z.]+$",
    "(?m)^a$\\n?",
    r"\p{L}{1,20}",
    "[a-f&&[^c]]*",
];

/// What a mutation may insert: the syntax of patterns and of YAML.
pub const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "*",
    "+",
    "?",
    "|",
    "^",
    "$",
    "\\b",
    "\\w",
    "{2,5}",
    "(?i)",
    "[^",
    "\\p{Greek}",
    ": ",
    "- ",
    "\n",
    "  ",
    "null",
    "true",
    "-1",
    "0",
    "1e308",
    "required",
    "enum",
    "minimum",
    "pattern",
    "integer",
    "object",
    "properties",
    "\u{e9}",
    "\"",
    "'",
    "#",
];

/// The target of this name.
pub fn target(name: &str) -> Option<fn(&[u8])> {
    match name {
        "parse" => Some(parse),
        "diff" => Some(diff),
        "language" => Some(language),
        _ => None,
    }
}

/// What a user would do with an input of the target of this name, once and without the target's checks.
pub fn use_of(name: &str) -> Option<fn(&[u8])> {
    match name {
        "parse" => Some(|bytes| {
            drop(str::from_utf8(bytes).map(Contract::from_yaml));
        }),
        "diff" => Some(|bytes| {
            let Some((old, new)) = halves(bytes) else {
                return;
            };
            if let (Ok(old), Ok(new)) = (Contract::from_yaml(old), Contract::from_yaml(new)) {
                let today = chrono::NaiveDate::default();
                let comparison = compare(&old, &new, &Policy::default(), today);
                assert!(!comparison.to_text().is_empty());
            }
        }),
        "language" => Some(|bytes| {
            drop(halves(bytes).map(|(old, new)| compare_patterns(old, new)));
        }),
        _ => None,
    }
}

/// Names a folder that keeps every input that was slower than all before it in the same process:
/// libFuzzer keeps only those that take whole seconds.
pub const SLOW: &str = "DATAPRODUCT_FUZZ_SLOW";

/// The processor time that no input may take, instrumentation included, which makes it several times
/// slower.
const LIMIT: Duration = Duration::from_secs(1);

/// Runs a target, and keeps the input if it is the slowest so far and a folder is named for it.
///
/// What looks slow is run again and measured by processor time: what else the machine does is not the
/// input's fault.
pub fn watched(target: fn(&[u8]), bytes: &[u8]) {
    static SLOWEST: Mutex<Duration> = Mutex::new(Duration::ZERO);
    let start = Instant::now();
    target(bytes);
    let looks = start.elapsed();
    let mut slowest = SLOWEST.lock().expect("no thread panics with it");
    if looks <= *slowest {
        return;
    }
    let took = processor_time(|| target(bytes)).expect("the system tells the time of a thread");
    assert!(took < LIMIT, "{took:?} of processor time");
    if took > *slowest {
        *slowest = took;
        if let Some(folder) = std::env::var_os(SLOW) {
            let file = PathBuf::from(folder).join(format!("{}-us", took.as_micros()));
            std::fs::write(file, bytes).expect("the folder for slow inputs can be written");
        }
    }
}

/// The time this thread spends on a processor while it does something, in steps of the kernel's clock
/// (some milliseconds). Linux only.
pub fn processor_time(what: impl FnOnce()) -> std::io::Result<Duration> {
    let now = || {
        let statistics = std::fs::read_to_string("/proc/thread-self/schedstat")?;
        let first = statistics.split_whitespace().next().unwrap_or_default();
        let nanoseconds = first.parse().map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(Duration::from_nanos(nanoseconds))
    };
    let start = now()?;
    what();
    Ok(now()?.saturating_sub(start))
}

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
