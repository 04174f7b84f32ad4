//! The pairs of documents: made by rule, so that they are the same on every machine.

use std::fmt::Write as _;

/// Two documents that are read and compared.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) old: String,
    pub(super) new: String,
}

impl Case {
    fn new(name: impl Into<String>, old: impl Into<String>, new: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            old: old.into(),
            new: new.into(),
        }
    }

    /// A pair with nothing to it.
    pub(super) fn plain() -> Self {
        let column = "  - {name: a, logicalType: string, logicalTypeOptions: {pattern: 'a+'}}\n";
        Self::new(
            "plain",
            document(column, ""),
            document(&column.replace("a+", "a*"), ""),
        )
    }
}

/// A contract with these properties and further parts.
fn document(properties: &str, more: &str) -> String {
    format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: x.y\nname: y\ndomain: x\nversion: 1.0.0\nstatus: active\nteam: {{name: t}}\n{more}schema:\n- name: y\n  properties:\n{properties}"
    )
}

/// A small generator of random numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// A contract that uses much of what can be said.
const RICH: &str = include_str!("../full.odcs.yaml");

/// A contract of one of the examples.
fn stock() -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join("schemas/inventory/stock-levels/1.0.0.odcs.yaml")).unwrap()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![Case::plain()];
    cases.extend(mutated());
    cases.extend(patterns());
    cases.extend(large());
    cases.extend(odd_values());
    cases.extend(committed());
    cases
}

/// The files that stand beside this one: each against a plain contract.
fn committed() -> Vec<Case> {
    const FILES: &[(&str, &str)] = &[
        ("billion-laughs", include_str!("billion-laughs.yaml")),
        ("bidi", include_str!("bidi.yaml")),
        (
            "every-limit-upside-down",
            include_str!("every-limit-upside-down.yaml"),
        ),
        ("pattern-bombs", include_str!("pattern-bombs.yaml")),
        ("sla-of-ages", include_str!("sla-of-ages.yaml")),
    ];
    FILES
        .iter()
        .map(|(name, text)| Case::new(format!("committed/{name}"), Case::plain().old, *text))
        .collect()
}

/// Contracts with bytes, words and lines changed, left out, doubled and swapped.
fn mutated() -> Vec<Case> {
    let words = [
        "null",
        "true",
        "-1",
        "1e308",
        "0x7fffffffffffffff",
        "\"\"",
        "[]",
        "{}",
        "- -",
        "\u{feff}",
        "NO",
        "::",
        "~",
        "integer",
        "object",
        "array",
        "map",
        "timestamp",
        "P1Y",
        "99999999999999999999",
        "nan",
        "\u{202e}",
        "'",
        "|",
        ">",
    ];
    let stock = stock();
    (0..130_u64)
        .map(|seed| {
            let mut random = Random(seed);
            let base = if seed % 4 == 0 { RICH } else { &stock };
            let mut lines: Vec<String> = base.lines().map(str::to_owned).collect();
            for _ in 0..=random.below(6) {
                let at = random.below(lines.len());
                match random.below(6) {
                    0 => {
                        lines.remove(at);
                    }
                    1 => {
                        let copy = lines[at].clone();
                        lines.insert(at, copy);
                    }
                    2 => {
                        let other = random.below(lines.len());
                        lines.swap(at, other);
                    }
                    3 => {
                        if let Some((key, _)) = lines[at].clone().split_once(": ") {
                            lines[at] = format!("{key}: {}", words[random.below(words.len())]);
                        }
                    }
                    4 => lines[at].insert_str(0, "  "),
                    _ => {
                        let mut text: Vec<char> = lines[at].chars().collect();
                        if !text.is_empty() {
                            let place = random.below(text.len());
                            text[place] = char::from(32 + random.below(95) as u8);
                        }
                        lines[at] = text.into_iter().collect();
                    }
                }
            }
            Case::new(format!("mutated/{seed}"), base, lines.join("\n") + "\n")
        })
        .collect()
}

fn patterns() -> Vec<Case> {
    let one = |old: &str, new: &str| {
        let column = |pattern: &str| {
            let pattern = pattern.replace('\'', "''");
            format!(
                "  - {{name: a, logicalType: string, logicalTypeOptions: {{pattern: '{pattern}'}}}}\n"
            )
        };
        (document(&column(old), ""), document(&column(new), ""))
    };
    let pairs: Vec<(String, String)> = vec![
        ("(a|b)*a(a|b){30}".into(), "(a|b)*b(a|b){30}".into()),
        (r".*\w.{100}".into(), r".*\d.{99}".into()),
        ("(.*a){20}.{20}".into(), "(.*b){20}.{20}".into()),
        ("((a{100}){100}){10}".into(), "a{1000}".into()),
        ("((){1000}){1000}".into(), "a".into()),
        ("(a?){500}a{500}".into(), "(a?){499}a{500}".into()),
        ("((a*)*)*".into(), "((a+)+)+".into()),
        ("(a{0,30}){0,30}".into(), "(a{0,31}){0,31}".into()),
        ("[a-c]".repeat(500), "[a-d]".repeat(500)),
        (r"(?i)\p{L}".repeat(8), r"(?i)\p{Lu}".repeat(8)),
        (r"\b\w+\b".into(), r"\b\S+\b".into()),
        (r"(?mR)(^.*$\s*){50}".into(), r"(?m)(^.*$\s*){50}".into()),
        (r"(?i)[\x{0}-\x{10FFFF}]".repeat(3), "a".into()),
        (r"(?i)[\x{0}-\x{10FFFF}]".repeat(30_000), "a".into()),
        (r"\w".repeat(400_000), "a".into()),
        (r"\pL".repeat(300_000), "a".into()),
        ("(".repeat(500_000), ")".repeat(500_000)),
        ("a{1000000}".into(), "a".into()),
        ("a".repeat(900_000), "b".into()),
        ("[[:^alpha:]]".repeat(200), "a".into()),
        (r"(?=a)".into(), r"\1".into()),
        ("|".repeat(100_000), "a".into()),
    ];
    let mut cases: Vec<Case> = pairs
        .iter()
        .enumerate()
        .map(|(i, (old, new))| {
            let (old, new) = one(old, new);
            Case::new(format!("patterns/{i}"), old, new)
        })
        .collect();
    for (name, old, new) in [
        ("many-alike", "(a|b)*a(a|b){I}", "(a|b)*b(a|b){I}"),
        ("many-words", r"\w{I}x", r"\w{I}y"),
        ("many-small", "[a-f]{I}", "[a-g]{I}"),
        ("many-folded", r"(?i)[a-zæøå]{I}", r"(?i)[a-zäöü]{I}"),
    ] {
        let columns = |pattern: &str| {
            (1..300).fold(String::new(), |mut out, i| {
                let pattern = pattern.replace('I', &(i % 60 + 1).to_string());
                writeln!(out, "  - {{name: c{i}, logicalType: string, logicalTypeOptions: {{pattern: '{pattern}'}}}}").unwrap();
                out
            })
        };
        cases.push(Case::new(
            format!("patterns/{name}"),
            document(&columns(old), ""),
            document(&columns(new), ""),
        ));
    }
    cases
}

/// As much of one thing as a document can hold.
fn large() -> Vec<Case> {
    let lines =
        |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let mut cases = Vec::new();
    let columns = |count, shift: usize, rest: &str| {
        lines(count, &|i| {
            format!("  - {{name: c{}, {rest}}}\n", i + shift)
        })
    };
    for (name, count, shift, rest) in [
        ("columns-gone", 5_000, 5_000, "logicalType: string"),
        ("columns-moved", 5_000, 1, "logicalType: string"),
        (
            "columns-required",
            5_000,
            0,
            "logicalType: string, required: true",
        ),
        (
            "columns-bounded",
            3_000,
            0,
            "logicalType: integer, logicalTypeOptions: {minimum: 1}",
        ),
        (
            "columns-unique",
            5_000,
            0,
            "logicalType: string, unique: true",
        ),
        (
            "columns-unit",
            1_500,
            0,
            "logicalType: integer, customProperties: [{property: unit, value: H87, vendor: dataproduct}]",
        ),
    ] {
        cases.push(Case::new(
            format!("large/{name}"),
            document(&columns(count, 0, "logicalType: string"), ""),
            document(&columns(count, shift, rest), ""),
        ));
    }
    let ids = |step: usize| {
        lines(4_000, &|i| {
            format!(
                "  - {{id: i{i}, name: n{}, logicalType: string}}\n",
                i * step
            )
        })
    };
    cases.push(Case::new(
        "large/all-renamed",
        document(&ids(1), ""),
        document(&ids(3), ""),
    ));
    let reversed: String = ids(1).lines().rev().map(|l| format!("{l}\n")).collect();
    cases.push(Case::new(
        "large/all-reordered",
        document(&ids(1), ""),
        document(&reversed, ""),
    ));
    let values = |count: usize, step: usize| {
        let list = lines(count, &|i| format!("{{value: v{}}}, ", i * step));
        document(
            &format!("  - {{name: a, logicalType: string, enum: [{list}]}}\n"),
            "",
        )
    };
    cases.push(Case::new(
        "large/enum",
        values(15_000, 1),
        values(15_000, 2),
    ));
    cases.push(Case::new(
        "large/enum-gone",
        values(15_000, 1),
        document("  - {name: a, logicalType: string}\n", ""),
    ));
    let nested = |depth: usize, leaf: &str| {
        let mut text = "  - name: a\n    logicalType: object\n".to_owned();
        for level in 0..depth {
            let indent = " ".repeat(4 + 4 * level);
            writeln!(
                text,
                "{indent}properties:\n{indent}- name: n\n{indent}  logicalType: object"
            )
            .unwrap();
        }
        let indent = " ".repeat(4 + 4 * depth);
        writeln!(
            text,
            "{indent}properties:\n{indent}- {{name: l, logicalType: {leaf}}}"
        )
        .unwrap();
        document(&text, "")
    };
    for depth in [1, 5, 12, 14, 20] {
        cases.push(Case::new(
            format!("large/nested-{depth}"),
            nested(depth, "string"),
            nested(depth, "integer"),
        ));
    }
    let part = |key: &str, count, line: &dyn Fn(usize) -> String| {
        format!("{key}:\n{}", lines(count, line))
    };
    let plain = "  - {name: a, logicalType: integer}\n";
    let sections: Vec<(&str, String, String)> = vec![
        (
            "tags",
            part("tags", 20_000, &|i| format!("- t{i}\n")),
            part("tags", 20_000, &|i| format!("- t{}\n", i + 1)),
        ),
        (
            "slas",
            part("slaProperties", 5_000, &|i| {
                format!("- {{property: p{i}, value: {i}, unit: d}}\n")
            }),
            part("slaProperties", 5_000, &|i| {
                format!("- {{property: p{i}, value: {}, unit: h}}\n", i + 1)
            }),
        ),
        (
            "equal-slas",
            part("slaProperties", 5_000, &|_| {
                "- {property: latency, value: 1, unit: d}\n".to_owned()
            }),
            part("slaProperties", 5_000, &|i| {
                format!("- {{property: latency, value: {i}, unit: d}}\n")
            }),
        ),
        (
            "servers",
            part("servers", 3_000, &|i| {
                format!("- {{server: s{i}, type: s3, location: s3://a/{i}}}\n")
            }),
            part("servers", 3_000, &|i| {
                format!("- {{server: s{}, type: s3, location: s3://b/{i}}}\n", i + 7)
            }),
        ),
        (
            "roles",
            part("roles", 8_000, &|i| {
                format!("- {{role: r{i}, access: read}}\n")
            }),
            part("roles", 8_000, &|i| {
                format!("- {{role: r{i}, access: write}}\n")
            }),
        ),
        (
            "support",
            part("support", 8_000, &|i| {
                format!("- {{channel: c{i}, tool: slack}}\n")
            }),
            part("support", 8_000, &|i| {
                format!("- {{channel: c{}, tool: slack}}\n", i + 1)
            }),
        ),
        (
            "custom",
            part("customProperties", 8_000, &|i| {
                format!("- {{property: p{i}, value: {i}}}\n")
            }),
            part("customProperties", 8_000, &|i| {
                format!("- {{property: p{}, value: {i}}}\n", i + 1)
            }),
        ),
        (
            "words",
            format!("description: {{purpose: \"{}\"}}\n", "a ".repeat(400_000)),
            format!("description: {{purpose: \"{}\"}}\n", "b ".repeat(400_000)),
        ),
    ];
    for (name, old, new) in sections {
        cases.push(Case::new(
            format!("large/{name}"),
            document(plain, &old),
            document(plain, &new),
        ));
    }
    let rules = |bound: usize| {
        let list = lines(4_000, &|i| {
            format!(
                "    - {{id: r{i}, metric: nullValues, mustBeLessThan: {}}}\n",
                i + bound
            )
        });
        document(
            &format!("  - name: a\n    logicalType: integer\n    quality:\n{list}"),
            "",
        )
    };
    cases.push(Case::new("large/rules", rules(1), rules(2)));
    let anonymous = |bound: usize| {
        let list = lines(4_000, &|i| {
            format!(
                "    - {{metric: nullValues, mustBeLessThan: {}}}\n",
                i + bound
            )
        });
        document(
            &format!("  - name: a\n    logicalType: integer\n    quality:\n{list}"),
            "",
        )
    };
    cases.push(Case::new(
        "large/rules-without-id",
        anonymous(1),
        anonymous(2),
    ));
    cases
}

/// Bounds, steps and lengths at the ends of what numbers can say.
fn odd_values() -> Vec<Case> {
    let options = [
        ("integer", "minimum: -9223372036854775808"),
        ("integer", "maximum: 9223372036854775807"),
        (
            "integer",
            "minimum: 9223372036854775807, maximum: -9223372036854775808",
        ),
        ("integer", "exclusiveMinimum: 9223372036854775807"),
        ("integer", "multipleOf: 1"),
        ("integer", "multipleOf: 9007199254740993"),
        ("integer", "multipleOf: 0.1"),
        ("integer", "format: i8, minimum: -128, maximum: 127"),
        ("number", "minimum: 1.7976931348623157e308"),
        ("number", "maximum: 5e-324"),
        ("number", "multipleOf: 5e-324"),
        ("number", "multipleOf: 1e308"),
        ("number", "exclusiveMaximum: -0.0"),
        ("number", "minimum: 0.1, maximum: 0.30000000000000004"),
        ("string", "minLength: 9223372036854775807"),
        ("string", "minLength: 0, maxLength: 0"),
        ("string", "minLength: 1, maxLength: 1, pattern: '.{2}'"),
        ("string", "format: uuid"),
        ("string", "format: nonsense"),
        ("array", "minItems: 9223372036854775807"),
        ("array", "minItems: 0, maxItems: 0, uniqueItems: true"),
        ("date", "minimum: '0001-01-01', maximum: '9999-12-31'"),
        ("date", "minimum: '9999-12-31', maximum: '0001-01-01'"),
        ("timestamp", "minimum: '0001-01-01T00:00:00Z'"),
        (
            "timestamp",
            "timezone: false, maximum: '9999-12-31T23:59:59'",
        ),
    ];
    let text = |(logical, options): &(&str, &str)| {
        let items = if *logical == "array" {
            ", items: {logicalType: string}"
        } else {
            ""
        };
        document(
            &format!(
                "  - {{name: a, logicalType: {logical}, logicalTypeOptions: {{{options}}}{items}}}\n"
            ),
            "",
        )
    };
    let plain = |logical: &str| {
        let items = if logical == "array" {
            ", items: {logicalType: string}"
        } else {
            ""
        };
        document(
            &format!("  - {{name: a, logicalType: {logical}{items}}}\n"),
            "",
        )
    };
    let mut cases: Vec<Case> = options
        .iter()
        .enumerate()
        .map(|(i, option)| Case::new(format!("odd/{i}"), plain(option.0), text(option)))
        .collect();
    for (i, pair) in options.windows(2).enumerate() {
        cases.push(Case::new(
            format!("odd/pair-{i}"),
            text(&pair[0]),
            text(&pair[1]),
        ));
    }
    cases
}
