//! The oracle is the `regex` crate itself: whatever is said of two patterns is asked of it.

#[cfg(target_os = "linux")]
use std::time::Duration;

use proptest::prelude::*;
use regex::Regex;

use dataproduct_contract::pattern::MAX_PATTERN_BYTES;

use super::{Inclusion, Match, compare, compare_as, compare_within};

/// A pattern as it is read when values are checked.
fn regex(how: Match, pattern: &str) -> Regex {
    match how {
        // The line break ends a comment that a pattern with the flag `x` may end in.
        Match::Whole if pattern.contains("(?x)") => Regex::new(&format!("^(?:{pattern}\n)$")),
        Match::Whole => Regex::new(&format!("^(?:{pattern})$")),
        Match::Part => Regex::new(pattern),
    }
    .unwrap()
}

/// Every text over an alphabet up to a length, the shortest first.
fn texts(alphabet: &[char], length: usize) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut begin = 0;
    for _ in 0..length {
        let end = out.len();
        for at in begin..end {
            for c in alphabet {
                out.push(format!("{}{c}", out[at]));
            }
        }
        begin = end;
    }
    out
}

fn witnesses(answer: &Inclusion) -> (Option<&str>, Option<&str>) {
    match answer {
        Inclusion::Equal => (None, None),
        Inclusion::Narrower { only_old } => (Some(only_old), None),
        Inclusion::Wider { only_new } => (None, Some(only_new)),
        Inclusion::Neither { only_old, only_new } => (Some(only_old), Some(only_new)),
        Inclusion::Undecided { reason } => panic!("undecided: {reason}"),
    }
}

/// What the oracle says of one pattern.
struct Oracle<'a> {
    how: Match,
    pattern: &'a str,
    regex: Regex,
    /// Which texts of the sample it accepts.
    accepted: Vec<bool>,
}

impl<'a> Oracle<'a> {
    fn new(how: Match, pattern: &'a str, sample: &[String]) -> Self {
        let regex = regex(how, pattern);
        Self {
            how,
            pattern,
            accepted: sample.iter().map(|text| regex.is_match(text)).collect(),
            regex,
        }
    }
}

/// Holds an answer against the oracle: its texts are what they are said to be, no text of the sample
/// contradicts it, and none is a shorter witness.
fn agrees(old: &Oracle<'_>, new: &Oracle<'_>, sample: &[String]) -> Result<(), String> {
    let how = old.how;
    let pair = format!("{how:?} `{}` `{}`", old.pattern, new.pattern);
    let answer = compare_as(how, old.pattern, new.pattern);
    let (only_old, only_new) = witnesses(&answer);
    for (witness, yes, no) in [(only_old, old, new), (only_new, new, old)] {
        if let Some(text) = witness
            && (!yes.regex.is_match(text) || no.regex.is_match(text))
        {
            return Err(format!("{pair}: {text:?} is no witness: {answer:?}"));
        }
        // Texts that can be shown are preferred to shorter ones that cannot.
        let found = (0..sample.len())
            .filter(|i| yes.accepted[*i] && !no.accepted[*i])
            .map(|i| &sample[i])
            .min_by_key(|text| (text.contains(char::is_control), text.chars().count()));
        if let Some(found) = found
            && witness.is_none_or(|text| {
                text.chars().count() > found.chars().count() && !found.contains(char::is_control)
            })
        {
            return Err(format!("{pair}: {found:?} is a better witness: {answer:?}"));
        }
    }
    if compare_as(how, new.pattern, old.pattern) != answer.mirrored() {
        return Err(format!("{pair}: the mirrored question has another answer"));
    }
    Ok(())
}

/// Patterns that between them use all of the syntax.
const PATTERNS: &[&str] = &[
    "",
    "a",
    "b",
    "ab",
    "ab?",
    "a*",
    "a+",
    "a{2}",
    "a{2,}",
    "a{1,3}",
    "a{0}",
    "(?:ab)*",
    "(?:ab|ba)*",
    "(?:a|ab)(?:b|)",
    "(?:a*)*b",
    "(?:a*b*)*",
    "[ab]*",
    "[^a]",
    "[^a]*",
    ".",
    ".*",
    "(?s).*",
    "(?s)a.b",
    "(?i)ab",
    "(?i)AB",
    "[aA][bB]",
    "(?i:a)b",
    r"\w",
    r"\W*",
    r"\d+",
    "[0-9]+",
    r"(?-u:\d)+",
    r"(?-u:\w)+",
    r"\s",
    r"\p{L}",
    r"\p{Lu}*",
    "é",
    "[é-ü]",
    "(?i)é",
    "^a",
    "a$",
    "^a$",
    "^ab|ba$",
    "^",
    "$",
    "^$",
    "a^b",
    "a^",
    "$a",
    "(?m)^a$",
    "(?m)^",
    "(?m)a$\nb",
    "(?m)(?:^a$\n?)*",
    "(?mR)^a$",
    "(?mR)a$",
    "(?mR)^",
    r"\Aa\z",
    r"\ba\b",
    r"\b",
    r"\B",
    r"\Ba",
    r"a\b.",
    r"(?-u:\b)a",
    r"(?-u:\B)",
    r"(?-u:\b)é",
    r"\bé\b",
    r"\b{start}a",
    r"a\b{end}",
    r"\b{start-half}a",
    r"a\b{end-half}",
    r"(?-u:\b{start})a",
    r"(?-u:a\b{end-half})",
    r"[a&&b]",
    r"[a-z&&[^b]]",
    r"[[:alpha:]]",
    r"[\w--a]",
    "(?x) a b # both",
    r"\r?\n",
    "(?U)a+",
    "a{3}|a{2}",
    "(?:a?){3}b",
    r"[\x00-\x{10FFFF}]",
];

#[test]
fn every_pair_agrees_with_the_oracle() {
    let sample = texts(&['a', 'b', '1', '\n'], 4);
    let other = texts(&['A', 'é', ' ', '\r', '\n'], 3);
    let sample = [sample, other].concat();
    let mut wrong = Vec::new();
    for how in [Match::Whole, Match::Part] {
        let oracles: Vec<_> = PATTERNS
            .iter()
            .map(|pattern| Oracle::new(how, pattern, &sample))
            .collect();
        for (i, old) in oracles.iter().enumerate() {
            // Every pattern meets a sixth of the others, which differ from pattern to pattern; generated
            // pairs do the rest.
            for new in oracles[i..].iter().step_by(6) {
                wrong.extend(agrees(old, new, &sample).err());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_pattern_is_equal_to_itself() {
    for pattern in PATTERNS {
        assert_eq!(compare(pattern, pattern), Inclusion::Equal, "{pattern}");
        // Also where the texts differ, so that the automata have to say so.
        let grouped = format!("(?:{pattern})(?:)a");
        if !pattern.contains("(?x)") {
            let other = format!("(?:(?:{pattern})a)");
            assert_eq!(compare(&grouped, &other), Inclusion::Equal, "{pattern}");
        }
    }
}

#[track_caller]
fn check(old: &str, new: &str, expect: &Inclusion) {
    assert_eq!(compare(old, new), *expect, "`{old}` and `{new}`");
    assert_eq!(
        compare(new, old),
        expect.clone().mirrored(),
        "`{new}` and `{old}`"
    );
}

fn narrower(only_old: &str) -> Inclusion {
    Inclusion::Narrower {
        only_old: only_old.to_owned(),
    }
}

fn neither(only_old: &str, only_new: &str) -> Inclusion {
    Inclusion::Neither {
        only_old: only_old.to_owned(),
        only_new: only_new.to_owned(),
    }
}

#[test]
fn answers_that_a_reader_understands() {
    check("[0-9]{4}", r"(?-u:\d){4}", &Inclusion::Equal);
    check("[0-9]{4,5}", "[0-9]{4}", &narrower("00000"));
    check(r"\d{4}", "[0-9]{4}", &narrower("000٠"));
    check("[A-Z]{3}", "NOK|SEK|DKK|EUR", &narrower("AAA"));
    check("NOK|SEK", "NOK|EUR", &neither("SEK", "EUR"));
    check(".+", r"\S+", &narrower(" "));
    check("(?s).+", r"\S+", &narrower(" "));
    check("[^@]+@[^@]+", r"[a-z.]+@[a-z.]+\.[a-z]+", &narrower("a@a"));
    check("a|bb", "a", &narrower("bb"));
    // A character that can be seen, though one that cannot comes first.
    check(r"[\x00-z]", "[0-9]", &narrower("a"));
    check(".", "(?s).", &narrower("\n").mirrored());
    // Anchors say nothing new where the whole text has to match.
    check("^[a-z]+$", "[a-z]+", &Inclusion::Equal);
    // What accepts nothing is within everything.
    check("a", "a^", &narrower("a"));
    check("[a&&b]", "a^", &Inclusion::Equal);
    check("", "a^", &narrower(""));
}

#[test]
fn a_part_is_less_than_the_whole() {
    let wider = Inclusion::Wider {
        only_new: "aaa".into(),
    };
    assert_eq!(compare("a{2}|a{1}", "a+"), wider);
    assert_eq!(compare_as(Match::Part, "a{2}|a{1}", "a+"), Inclusion::Equal);
    assert_eq!(compare_as(Match::Part, "a", "^a"), narrower("ba"));
}

#[test]
fn what_is_no_expression_is_undecided() {
    let long = "a".repeat(MAX_PATTERN_BYTES + 1);
    let cases = [
        ("(", "a", "the old pattern is no regular expression"),
        ("a", "(?=a)", "the new pattern is no regular expression"),
        ("(", "(", "the old pattern is no regular expression"),
        ("a", &long, "longer than"),
        (
            r"(?-u:\xff)",
            "a",
            "the old pattern is no regular expression",
        ),
    ];
    for (old, new, expect) in cases {
        match compare(old, new) {
            Inclusion::Undecided { reason } => assert!(reason.contains(expect), "{reason}"),
            other => panic!("`{old}` and `{new}`: {other:?}"),
        }
    }
}

#[cfg(target_os = "linux")]
/// Pairs whose automata are as large as they can be made.
fn hostile() -> Vec<(String, String)> {
    let classes = |class: &str, count| class.repeat(count);
    [
        // Exponentially many deterministic states.
        (
            "(?:a|b)*a(?:a|b){30}".to_owned(),
            "(?:a|b)*b(?:a|b){30}".to_owned(),
        ),
        (r".*\w.{100}".into(), r".*\d.{99}".into()),
        ("(?:.*a){20}.{20}".into(), "(?:.*b){20}.{20}".into()),
        // Counters within counters.
        ("(?:(?:a{100}){100}){100}".into(), "a{1000}".into()),
        ("(?:(?:(?:){1000}){1000}){1000}".into(), "a".into()),
        ("(?:a?){1000}a{1000}".into(), "(?:a?){999}a{1000}".into()),
        ("(?:(?:a*)*)*".into(), "(?:(?:a+)+)+".into()),
        ("(?:a{0,30}){0,30}".into(), "(?:a{0,31}){0,31}".into()),
        // Tables of characters.
        (classes(r"\w", 8_000), classes(r"\p{L}", 3_000)),
        (classes(r"(?i)\p{L}", 120), classes(r"[\p{Lu}\p{Nd}x]", 60)),
        (
            classes(r"[^\p{Greek}a]", 100),
            classes(r"[^\p{Cyrillic}b]", 100),
        ),
        (classes("[a-c]", 3_000), classes("[a-d]", 3_000)),
        (classes("(?i)[\\x{0}-\\x{10FFFF}&&[^a]]", 500), "a".into()),
        (
            r"(?i)[\p{L}\p{N}\p{P}\p{S}\p{M}]{0,20}".into(),
            r"(?i)[^\p{Lu}\p{Greek}]{1,20}".into(),
        ),
        // Long texts.
        ("a".repeat(16_000), "a".repeat(15_999) + "b"),
        (
            (0..1_500).map(|i| format!("w{i}|")).collect(),
            (1..1_501).map(|i| format!("w{i}|")).collect(),
        ),
        (
            (0x4e00..0x4e00 + 4_000)
                .filter_map(char::from_u32)
                .collect(),
            (0x4e01..0x4e01 + 4_000)
                .filter_map(char::from_u32)
                .collect(),
        ),
        (
            (0..2_000u32)
                .filter_map(|i| char::from_u32(0x4e00 + 2 * i))
                .map(|c| format!("{c}|"))
                .collect(),
            format!(
                "[{}]",
                (0..2_000u32)
                    .filter_map(|i| char::from_u32(0x4e00 + 3 * i))
                    .collect::<String>()
            ),
        ),
        // Nesting.
        (
            format!("{}a{}", "(?:".repeat(49), ")*".repeat(49)),
            "a*".into(),
        ),
        (
            format!("{}a{}", "(".repeat(5_000), ")".repeat(5_000)),
            "a".into(),
        ),
        (r"(?:\b\w\b\W)*".into(), r"(?:\b.\b.)*".into()),
        (
            r"(?mR)(?:^.*$\s*){50}".into(),
            r"(?m)(?:^.*$\s*){50}".into(),
        ),
    ]
    .into()
}

/// Time this thread has spent on a processor: what others do on the machine does not count.
#[cfg(target_os = "linux")]
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

#[cfg(target_os = "linux")]
#[test]
fn no_pair_takes_long() {
    // An unoptimised build is several times slower; processors differ by half of this.
    let limit = if cfg!(debug_assertions) {
        Duration::from_millis(600)
    } else {
        Duration::from_millis(40)
    };
    for (old, new) in hostile() {
        for how in [Match::Whole, Match::Part] {
            let start = processor_time();
            let answer = compare_as(how, &old, &new);
            let took = processor_time() - start;
            let shown: String = format!("{old} / {new}").chars().take(60).collect();
            println!("{took:>10.3?} {shown} {:.80}", format!("{answer:?}"));
            assert!(took < limit, "{shown}: {took:?}");
        }
    }
}

#[test]
fn what_is_too_large_says_so() {
    let cases = [
        (
            "(?:a|b)*a(?:a|b){30}",
            "(?:a|b)*b?a(?:a|b){30}",
            "repeat too much",
        ),
        (r"(?:(?:a{100}){100}){100}", "a", "repeat too much"),
    ];
    for (old, new, expect) in cases {
        match compare(old, new) {
            Inclusion::Undecided { reason } => assert!(reason.contains(expect), "{reason}"),
            other => panic!("`{old}` and `{new}`: {other:?}"),
        }
    }
    match compare(&r"\w".repeat(1_000), "a") {
        Inclusion::Undecided { reason } => assert!(reason.contains("classes of characters")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_finds_nothing_left_to_spend_is_not_blamed() {
    let mut work_left = 500_000;
    let (large, larger) = ("(?:a|b)*a(?:a|b){30}", "(?:a|b)*b?a(?:a|b){30}");
    let first = compare_within(Match::Whole, large, larger, &mut work_left);
    assert!(matches!(first, Inclusion::Undecided { .. }), "{first:?}");
    match compare_within(Match::Whole, "[0-9]{4}", "[0-9]{5}", &mut work_left) {
        Inclusion::Undecided { reason } => assert!(reason.contains("other patterns"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

/// Patterns over a few characters, so that pairs of them have much in common.
fn pattern() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => "[ab]",
        2 => Just("[ab]".to_owned()),
        1 => Just("[^a]".to_owned()),
        1 => Just(".".to_owned()),
        1 => Just("(?s:.)".to_owned()),
        1 => Just(r"\w".to_owned()),
        1 => Just("é".to_owned()),
        1 => Just("(?i:a)".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just(" ".to_owned()),
        1 => Just("^".to_owned()),
        1 => Just("$".to_owned()),
        1 => Just("(?m:^)".to_owned()),
        1 => Just("(?m:$)".to_owned()),
        1 => Just("(?mR:^)".to_owned()),
        1 => Just("(?mR:$)".to_owned()),
        1 => Just(r"\b".to_owned()),
        1 => Just(r"\B".to_owned()),
        1 => Just(r"(?-u:\b)".to_owned()),
        1 => Just(r"\b{start}".to_owned()),
        1 => Just(r"\b{end-half}".to_owned()),
        1 => Just(String::new()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.concat()),
            2 => prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("(?:{})", parts.join("|"))),
            2 => (inner, prop::sample::select(vec!["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"]))
                .prop_map(|(part, times)| format!("(?:{part}){times}")),
        ]
    })
}

/// Texts that generated patterns are held against.
fn sample() -> Vec<String> {
    [
        texts(&['a', 'b', '\n'], 4),
        texts(&['a', 'é', ' ', '\r', '\n', 'A'], 3),
    ]
    .concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn generated_pairs_agree_with_the_oracle(old in pattern(), new in pattern(), part in any::<bool>()) {
        let how = if part { Match::Part } else { Match::Whole };
        let sample = sample();
        let (old, new) = (Oracle::new(how, &old, &sample), Oracle::new(how, &new, &sample));
        let outcome = agrees(&old, &new, &sample);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }

    #[test]
    fn a_branch_more_never_narrows(one in pattern(), other in pattern()) {
        let both = format!("(?:{one})|(?:{other})");
        let answer = compare(&one, &both);
        prop_assert!(
            matches!(answer, Inclusion::Equal | Inclusion::Wider { .. }),
            "`{one}` and `{both}`: {answer:?}"
        );
    }

    #[test]
    fn inclusion_is_transitive(a in pattern(), b in pattern(), c in pattern()) {
        let within = |old: &str, new: &str| {
            matches!(compare(old, new), Inclusion::Equal | Inclusion::Wider { .. })
        };
        if within(&a, &b) && within(&b, &c) {
            prop_assert!(within(&a, &c), "`{a}` `{b}` `{c}`");
        }
    }

    #[test]
    fn any_text_at_all_is_decided_or_is_not(old in ".{0,40}", new in ".{0,40}") {
        let _ = compare(&old, &new);
    }
}
