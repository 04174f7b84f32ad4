//! Hostile documents are refused at once and cheaply.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use dataproduct_contract::odcs::Document;
use dataproduct_contract::{Problems, Value, yaml};

/// Names the one case that a child process runs.
const CASE: &str = "DATAPRODUCT_HOSTILE_CASE";
const LIMIT_TIME: Duration = Duration::from_millis(100);
const LIMIT_MEMORY_KIB: u64 = 32 * 1024;

struct Case {
    name: &'static str,
    text: fn() -> String,
    /// Code of the problem that is expected.
    code: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "alias bomb",
        text: alias_bomb,
        code: "document-too-complex",
    },
    Case {
        name: "quadratic aliases",
        text: quadratic_aliases,
        code: "document-too-complex",
    },
    Case {
        name: "one alias",
        text: || "a: &x 1\nb: *x\n".into(),
        code: "document-too-complex",
    },
    Case {
        name: "one anchor",
        text: || "a: &x 1\n".into(),
        code: "document-too-complex",
    },
    Case {
        name: "recursive alias",
        text: || "a: &x [*x]\n".into(),
        code: "document-too-complex",
    },
    Case {
        name: "merge key",
        text: || "a:\n  <<: {b: 1}\n".into(),
        code: "document-too-complex",
    },
    Case {
        name: "deep flow lists",
        text: || "[".repeat(500_000),
        code: "document-too-complex",
    },
    Case {
        name: "deep flow maps",
        text: || "{a: ".repeat(200_000),
        code: "document-too-complex",
    },
    Case {
        name: "deep block lists",
        text: || "- ".repeat(500_000),
        code: "document-too-complex",
    },
    Case {
        name: "deep block maps",
        text: deep_block_maps,
        code: "document-too-complex",
    },
    Case {
        name: "explicit keys",
        text: || "? ".repeat(500_000),
        code: "key-not-text",
    },
    Case {
        name: "10 MB scalar",
        text: || "a".repeat(10_000_000),
        code: "document-too-large",
    },
    Case {
        name: "10^6 items",
        text: || "- 1\n".repeat(1_000_000),
        code: "document-too-large",
    },
    Case {
        name: "260,000 items",
        text: || "- 1\n".repeat(260_000),
        code: "document-too-complex",
    },
    Case {
        name: "500,000 flow items",
        text: || format!("[{}]", "1,".repeat(500_000)),
        code: "document-too-complex",
    },
    Case {
        name: "100,000 keys",
        text: many_keys,
        code: "document-too-complex",
    },
    Case {
        name: "duplicate key",
        text: || "a: 1\n\"a\": 2\n".into(),
        code: "duplicate-key",
    },
    Case {
        name: "24,000 duplicate keys",
        text: || "a: 1\n".repeat(24_000),
        code: "duplicate-key",
    },
    Case {
        name: "26-digit integer",
        text: || "a: 12345678901234567890123456\n".into(),
        code: "integer-out-of-range",
    },
    Case {
        name: "2^63",
        text: || "a: 9223372036854775808\n".into(),
        code: "integer-out-of-range",
    },
    Case {
        name: "negative 26-digit integer",
        text: || "a: -12345678901234567890123456\n".into(),
        code: "integer-out-of-range",
    },
    Case {
        name: "million-digit integer",
        text: || format!("a: {}\n", "9".repeat(1_000_000)),
        code: "integer-out-of-range",
    },
    Case {
        name: "1e999",
        text: || "a: 1e999\n".into(),
        code: "number-not-finite",
    },
    Case {
        name: ".inf",
        text: || "a: [.inf, -.inf, .nan]\n".into(),
        code: "number-not-finite",
    },
    Case {
        name: "several documents",
        text: || "a: 1\n---\nb: 2\n".into(),
        code: "several-documents",
    },
    Case {
        name: "100,000 documents",
        text: || "---\n".repeat(100_000),
        code: "several-documents",
    },
    Case {
        name: "unknown tag",
        text: || "a: !!python/object/apply:os.system [ls]\n".into(),
        code: "tag-not-allowed",
    },
    Case {
        name: "local tag",
        text: || "a: !include /etc/passwd\n".into(),
        code: "tag-not-allowed",
    },
    Case {
        name: "NUL",
        text: || "a: b\0c\n".into(),
        code: "forbidden-character",
    },
    Case {
        name: "escaped NUL",
        text: || "a: \"b\\0c\"\n".into(),
        code: "forbidden-character",
    },
    Case {
        name: "bidi override",
        text: || "a: b\u{202e}c\n".into(),
        code: "forbidden-character",
    },
    Case {
        name: "escaped bidi override",
        text: || "a: \"b\\u202ec\"\n".into(),
        code: "forbidden-character",
    },
    Case {
        name: "bidi override in a key",
        text: || "\"a\\u2066\": b\n".into(),
        code: "forbidden-character",
    },
    Case {
        name: "byte order mark inside",
        text: || "a: b\u{feff}c\n".into(),
        code: "forbidden-character",
    },
    Case {
        name: "C1 control",
        text: || "a: b\u{9b}c\n".into(),
        code: "forbidden-character",
    },
    Case {
        name: "integer key",
        text: || "1: a\n".into(),
        code: "key-not-text",
    },
    Case {
        name: "list key",
        text: || "? [a, b]\n: c\n".into(),
        code: "key-not-text",
    },
    Case {
        name: "null key",
        text: || "~: a\n".into(),
        code: "key-not-text",
    },
    Case {
        name: "open quote",
        text: || format!("a: \"{}", "x".repeat(1_000_000)),
        code: "yaml-syntax",
    },
    Case {
        name: "open brackets and a colon storm",
        text: || ":".repeat(1_000_000),
        code: "yaml-syntax",
    },
    Case {
        name: "tab storm",
        text: || format!("a:{}", "\t".repeat(1_000_000)),
        code: "",
    },
    Case {
        name: "comment storm",
        text: || "#\n".repeat(500_000),
        code: "",
    },
    Case {
        name: "long comment",
        text: || format!("a: 1 #{}", "x".repeat(1_000_000)),
        code: "",
    },
    Case {
        name: "megabyte scalar",
        text: || format!("a: {}", "x".repeat(1_000_000)),
        code: "",
    },
    Case {
        name: "megabyte block scalar",
        text: || format!("a: |\n{}", "  x\n".repeat(250_000)),
        code: "",
    },
    Case {
        name: "megabyte folded scalar",
        text: || format!("a: >\n{}", "  x\n".repeat(250_000)),
        code: "",
    },
    Case {
        name: "megabyte of plain lines",
        text: || format!("a: x\n{}", "  x\n".repeat(250_000)),
        code: "",
    },
    Case {
        name: "escapes",
        text: || format!("a: \"{}\"", "\\u0041".repeat(170_000)),
        code: "",
    },
    Case {
        name: "quotes",
        text: || format!("a: '{}'", "''".repeat(500_000)),
        code: "",
    },
    Case {
        name: "directives",
        text: || "%TAG ! tag:x,2000:\n".repeat(50_000),
        code: "yaml-syntax",
    },
    Case {
        name: "tag expansion",
        text: || format!("%TAG !e! tag:{}\n---\n- !e!a b\n", "x".repeat(900_000)),
        code: "yaml-syntax",
    },
    Case {
        name: "unknown fields",
        text: || format!("apiVersion: v3.2.0\n{}", numbered_keys(24_000)),
        code: "",
    },
    Case {
        name: "wrong columns",
        text: || {
            format!(
                "schema: [{{properties: [{}]}}]\n",
                "{x: 1}, ".repeat(16_000)
            )
        },
        code: "",
    },
    Case {
        name: "equal allowed values",
        text: || {
            let values = "{value: 1}, ".repeat(16_000);
            format!("schema: [{{properties: [{{enum: [{values}]}}]}}]\n")
        },
        code: "",
    },
    Case {
        name: "24,000 keys",
        text: || numbered_keys(24_000),
        code: "",
    },
];

fn alias_bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        let items = vec![below; 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{items}]").unwrap();
    }
    text
}

fn quadratic_aliases() -> String {
    format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(100_000),
        "*a, ".repeat(100_000)
    )
}

fn deep_block_maps() -> String {
    (0..1_000).fold(String::new(), |mut text, level| {
        writeln!(text, "{}a:", " ".repeat(level)).unwrap();
        text
    })
}

fn many_keys() -> String {
    numbered_keys(100_000)
}

fn numbered_keys(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, key| {
        writeln!(text, "k{key}: 1").unwrap();
        text
    })
}

/// What is wrong with the outcome, if it is not the expected one.
fn mismatch(case: &Case, outcome: &Result<Value, Problems>) -> Option<String> {
    let found = outcome
        .as_ref()
        .err()
        .and_then(|problems| problems.iter().next());
    let code = found.map_or("", |problem| problem.code);
    let shown = found.map_or("was read".to_owned(), ToString::to_string);
    (code != case.code).then(|| format!("{}: {shown}, expected {:?}", case.name, case.code))
}

#[track_caller]
fn check(case: &Case, outcome: Result<Value, Problems>) {
    assert_eq!(mismatch(case, &outcome), None);
    if let Err(problems) = outcome {
        for first in problems.iter().take(1) {
            assert!(!first.message.is_empty() && !first.fix.is_empty());
            assert!(
                first.to_string().len() < 1_000,
                "{}: a message of great length",
                case.name
            );
        }
    }
}

#[test]
fn every_case_is_refused_for_its_reason() {
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|case| mismatch(case, &yaml::from_str(&(case.text)())))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs one case when a parent asks for it, and prints what it cost.
#[test]
fn one_case_in_a_process_of_its_own() {
    let Ok(name) = std::env::var(CASE) else {
        return;
    };
    let case = CASES.iter().find(|case| case.name == name).unwrap();
    let text = (case.text)();
    let before = peak_memory_kib();
    let start = processor_time();
    let outcome = yaml::from_str(&text);
    let as_value = processor_time() - start;
    let start = processor_time();
    // As a contract each case is refused, for its own reason or for what it lacks.
    assert!(Document::from_yaml(&text).is_err());
    let slower = as_value.max(processor_time() - start);
    println!("cost {} {}", slower.as_micros(), peak_memory_kib() - before);
    check(case, outcome);
}

/// Time this thread has spent on a processor: what others do on the machine does not count.
fn processor_time() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(
        statistics
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap(),
    )
}

/// Greatest memory the process had in hand, in KiB.
fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn every_case_costs_little_time_and_memory() {
    // An unoptimised build runs the parser several times slower; the bound on memory is the same.
    let limit_time = if cfg!(debug_assertions) {
        10 * LIMIT_TIME
    } else {
        LIMIT_TIME
    };
    for case in CASES {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "hostile::one_case_in_a_process_of_its_own",
                "--nocapture",
            ])
            .env(CASE, case.name)
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {stdout}", case.name);
        let cost = stdout.split("cost ").nth(1).unwrap();
        let mut numbers = cost
            .split_whitespace()
            .map(|word| word.parse::<u64>().unwrap());
        let time = Duration::from_micros(numbers.next().unwrap());
        let memory = numbers.next().unwrap();
        println!("{:>10.3?} {memory:>7} KiB  {}", time, case.name);
        assert!(time < limit_time, "{}: took {time:?}", case.name);
        assert!(
            memory < LIMIT_MEMORY_KIB,
            "{}: took {memory} KiB",
            case.name
        );
    }
}
