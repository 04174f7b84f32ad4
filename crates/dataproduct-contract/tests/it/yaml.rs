//! Text in and out.

use dataproduct_contract::{Map, Value, yaml};
use proptest::prelude::*;

#[track_caller]
fn reads(text: &str, expected: &str) {
    let value: Value = yaml::from_str(text).unwrap();
    let expected: Value = serde_json::from_str(expected).unwrap();
    assert_eq!(value, expected, "{text}");
}

#[track_caller]
fn refuses(text: &str, line: &str) {
    let problems = yaml::from_str::<Value>(text).unwrap_err();
    assert_eq!(problems.to_string(), line);
}

#[test]
fn plain_scalars_mean_what_they_look_like() {
    for (text, expected) in [
        ("NO", r#""NO""#),
        ("no", r#""no""#),
        ("yes", r#""yes""#),
        ("on", r#""on""#),
        ("y", r#""y""#),
        ("true", "true"),
        ("False", "false"),
        ("~", "null"),
        ("null", "null"),
        ("", "null"),
        ("0", "0"),
        ("-0", "0"),
        ("+12", "12"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775807", "9223372036854775807"),
        ("0170", r#""0170""#),
        ("-007", r#""-007""#),
        ("1_000", r#""1_000""#),
        ("0x1F", "31"),
        ("0o17", "15"),
        ("0b11", r#""0b11""#),
        ("1.0", "1.0"),
        (".5", "0.5"),
        ("1.", "1.0"),
        ("1e3", "1000.0"),
        ("-1.5e-3", "-0.0015"),
        ("1.2.3", r#""1.2.3""#),
        ("v1.0", r#""v1.0""#),
        ("2026-01-01", r#""2026-01-01""#),
        ("12:30:45", r#""12:30:45""#),
        (".", r#"".""#),
        ("-", "[null]"),
        ("e3", r#""e3""#),
        ("!!str 12", r#""12""#),
        ("'12'", r#""12""#),
        ("\"a\\tb\"", r#""a\tb""#),
        ("|\n  a\n  b\n", "\"a\\nb\\n\""),
        (">-\n  a\n  b\n", r#""a b""#),
        ("[a, {b: c}, ]", r#"["a", {"b": "c"}]"#),
        ("# only a comment", "null"),
        ("\u{feff}a: 1", r#"{"a": 1}"#),
        ("---\na: 1\n...\n", r#"{"a": 1}"#),
        ("a:\r\n  - 1\r\n", r#"{"a": [1]}"#),
        ("'<<': 1", r#"{"<<": 1}"#),
    ] {
        reads(text, expected);
    }
}

#[test]
fn json_is_read_as_it_is() {
    for json in [
        r#"{"a": [1, -2.5, 1E+2, true, null, "x"], "b": {}, "c": []}"#,
        "{\n\t\"tabs\": [\n\t\t1,\n\t\t2\n\t]\n}\n",
        r#"{"escapes": "\" \\ \/ \n \r \t \u00e6 \ud83d\ude00"}"#,
        r#"{"":"","a b":"c: d # e","url":"https://example.com/?q=1#x"}"#,
        r#"{"deep":[[[[{"a":[{"b":[1,2,3]}]}]]]]}"#,
    ] {
        let expected: Value = serde_json::from_str(json).unwrap();
        assert_eq!(yaml::from_str::<Value>(json).unwrap(), expected, "{json}");
    }
    let long = format!(r#"{{"key":{{"text":"{}","next":1}}}}"#, "x".repeat(5_000));
    let expected: Value = serde_json::from_str(&long).unwrap();
    assert_eq!(yaml::from_str::<Value>(&long).unwrap(), expected);
}

#[test]
fn problems_say_where() {
    refuses(
        "a:\n  - b: 1\n    c: 99999999999999999999\n",
        "3:8: a[0].c: the whole number does not fit 64 bits with sign [integer-out-of-range]; \
         write it in quotes, as text",
    );
    refuses(
        "æ:\n  x: 1\n  x: 2\n  y z: 1\n  y z: 2\n",
        "3:3: æ.x: the key occurs twice in this map [duplicate-key]; remove or rename one of the \
         two\n5:3: æ[\"y z\"]: the key occurs twice in this map [duplicate-key]; remove or rename \
         one of the two",
    );
    refuses(
        "a: b\nå: ø\u{202e}\n",
        "2:5: contract: U+202E is a character that changes the direction of text \
         [forbidden-character]; remove the character",
    );
}

#[test]
fn a_key_that_occurs_twice_is_found_among_many() {
    for (first, second) in [(0, 40), (15, 16), (16, 17), (39, 40), (3, 9)] {
        let keys: Vec<String> = (0..41)
            .map(|i| format!("k{}: {i}\n", if i == second { first } else { i }))
            .collect();
        let problems = yaml::from_str::<Value>(&keys.concat()).unwrap_err();
        let found: Vec<_> = problems.iter().map(|p| (p.code, p.line)).collect();
        assert_eq!(found, [("duplicate-key", Some(second + 1))]);
    }
    let all: String = (0..41).map(|i| format!("k{i}: {i}\n")).collect();
    yaml::from_str::<Value>(&all).unwrap();
}

#[test]
fn a_typed_value_names_the_place_that_does_not_fit() {
    let problems =
        yaml::from_str::<std::collections::BTreeMap<String, Vec<u8>>>("a: [1, 2]\nb:\n- 3\n- x\n")
            .unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!(problem.path, "b[1]");
    assert_eq!((problem.line, problem.column), (Some(4), Some(3)));
    assert!(problem.message.contains("invalid type"), "{problem}");
}

/// Text that readers of YAML 1.1 or 1.2 take for something else, or that is hard to quote.
const TRICKY: &[&str] = &[
    "",
    " ",
    "NO",
    "no",
    "yes",
    "Yes",
    "on",
    "OFF",
    "y",
    "Y",
    "n",
    "N",
    "true",
    "null",
    "~",
    "1",
    "-1",
    "1.0",
    "010",
    "0x1F",
    "0o17",
    "0b11",
    "1e3",
    "1_000",
    ".5",
    "5.",
    "+1",
    "1:30",
    "12:30:45",
    "190:20:30",
    ".inf",
    "-.INF",
    ".nan",
    "NaN",
    "inf",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "2026-01-01 10:00:00",
    "=",
    "<<",
    "-",
    "?",
    ":",
    "- a",
    "? a",
    ": a",
    "a: b",
    "a:",
    "a #b",
    "#a",
    "a#b",
    " a",
    "a ",
    "\ta",
    "a\t",
    "'",
    "\"",
    "it's",
    "\"a\"",
    "a'b\"c",
    "\\",
    "a\\nb",
    "[a]",
    "{a}",
    "a, b",
    "a]",
    "&a",
    "*a",
    "!a",
    "!!str a",
    "|",
    ">",
    "%a",
    "@a",
    "`a`",
    "---",
    "...",
    "--- a",
    "... a",
    "a\nb",
    "a\nb\n",
    "\na",
    "\n",
    "\n\n",
    " a\nb",
    "a\n b\n",
    "a\n\n\nb\n\n",
    "a\n  ",
    "\ta\nb",
    "a\t\nb",
    "a\r\nb",
    "\r",
    "æøå",
    "Sofa «Kivik» 227 cm",
    "日本",
    "😀",
    "a\u{a0}b",
    "\u{a0}",
    "a\u{2028}b",
    "\u{2029}",
    "https://example.com/a?b=c#d",
    "${VAR:-default}",
    "^[A-Z]{2}[0-9]+$",
    "SELECT COUNT(*) FROM ${object} WHERE a > 1 -- all: of # them",
    "a very long line of text that goes on and on beyond any width that a writer might want to fold it at, really",
];

#[test]
fn tricky_text_survives_as_value_key_and_element() {
    for text in TRICKY {
        let mut map = Map::new();
        map.insert("value", *text);
        map.insert("list", vec![*text, *text]);
        map.insert(
            "nested",
            vec![Value::from([(*text, *text)].into_iter().collect::<Map>())],
        );
        let value = Value::Map(map);
        let written = yaml::to_string(&value).unwrap();
        let read: Value =
            yaml::from_str(&written).unwrap_or_else(|error| panic!("{text:?}: {error}\n{written}"));
        assert_eq!(read, value, "{written}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(TRICKY).prop_map(str::to_owned),
        2 => "[a-zA-Z0-9 _.:#'\"\\-\\[\\]{}&*!|>%@`,?=~<\n\t\\\\]{0,12}",
        1 => "[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{7f}-\u{9f}\u{61c}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{feff}]{0,20}",
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |float| Value::try_from(float).ok()),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec((any_text(), inner), 0..5)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back_equal_and_writes_the_same(value in any_value()) {
        let text = yaml::to_string(&value).unwrap();
        let read: Value = yaml::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&read, &value, "{}", text);
        prop_assert_eq!(yaml::to_string(&read).unwrap(), text);
    }

    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,200}") {
        let _ = yaml::from_str::<Value>(&text);
    }
}

/// PyYAML, the reader of most other tools, gets the same values. Runs where `DATAPRODUCT_PYTHON`
/// names an interpreter that has PyYAML.
#[test]
fn pyyaml_reads_the_same_values() {
    use std::io::Write as _;
    let Ok(python) = std::env::var("DATAPRODUCT_PYTHON") else {
        println!("skipped: DATAPRODUCT_PYTHON names no interpreter");
        return;
    };
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut values: Vec<Value> = TRICKY
        .iter()
        .map(|text| Value::from([(*text, vec![*text])].into_iter().collect::<Map>()))
        .collect();
    for _ in 0..500 {
        values.push(any_value().new_tree(&mut runner).unwrap().current());
    }
    let program = "import json,sys,yaml\nfor line in sys.stdin:\n    text=json.loads(line)\n    print(json.dumps(yaml.load(text,yaml.CSafeLoader if len(sys.argv)>1 else yaml.SafeLoader)))\n";
    let mut child = std::process::Command::new(python)
        .args(["-c", program])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let texts: Vec<String> = values
        .iter()
        .map(|value| yaml::to_string(value).unwrap())
        .collect();
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = texts
        .iter()
        .map(|text| serde_json::to_string(text).unwrap() + "\n")
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let answers: Vec<&str> = std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .collect();
    assert_eq!(answers.len(), values.len());
    for ((value, text), answer) in values.iter().zip(&texts).zip(answers) {
        let read: Value = serde_json::from_str(answer).unwrap();
        assert_eq!(&read, value, "{text}");
    }
}
