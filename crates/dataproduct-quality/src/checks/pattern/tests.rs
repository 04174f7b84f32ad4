use std::sync::Arc;

use arrow_array::StringArray;
use proptest::prelude::*;

use super::super::RowCheck;
use super::super::testing::*;
use super::*;

#[track_caller]
fn check(pattern: &str, is_runs: bool, matching: &[&str], others: &[&str]) {
    let bound = Pattern::bind(pattern, &DataType::Utf8).unwrap();
    assert_eq!(bound.runs.is_some(), is_runs, "{pattern}");
    let array = |texts: &[&str]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
    assert_eq!(rows(&bound.failing(&array(matching))), [0; 0], "{pattern}");
    let all: Vec<usize> = (0..others.len()).collect();
    assert_eq!(rows(&bound.failing(&array(others))), all, "{pattern}");
}

#[test]
fn runs_of_classes_are_not_run_as_expressions() {
    check(
        r"^SKU-[0-9]{8}$",
        true,
        &["SKU-00000000", "SKU-12345678"],
        &[
            "SKU-0000000",
            "SKU-000000000",
            "SKU-0000000/",
            "SKU-0000000:",
            "sKU-00000000",
            "",
            "SKU-0000000é",
            "SKU-000000é",
        ],
    );
    check(
        "[A-Za-z0-9_]{3}",
        true,
        &["aZ9", "___"],
        &["a-b", "ab", "ab\u{80}", "ab`", "ab@", "ab["],
    );
    check(
        "[a-f0-9]{8}-[a-f0-9]{4}",
        true,
        &["0123abcd-00ff"],
        &["0123abcd-00fg", "0123abcd_00ff"],
    );
    check(
        "[A-Z]{2,3}-[0-9]+",
        true,
        &["AB-1", "ABC-123"],
        &["A-1", "ABCD-1", "AB-", "AB1"],
    );
    check("[a-z]+[0-9]*(x)", false, &["ab1x", "abx"], &["x", "ab1"]);
    check(
        "[a-w]+[0-9]*(x)?",
        true,
        &["ab1x", "ab"],
        &["x", "ab1y", "ab1xx"],
    );
    check("[0-9]*[0-9]", true, &["1", "12"], &["", "a"]);
    check(
        "(?:[0-9]{2}:){2}[0-9]{2}",
        true,
        &["12:34:56"],
        &["12:34", "12:34:5a"],
    );
    check("", true, &[""], &["a"]);
    check("^$", true, &[""], &["a"]);
    check("a{0}b", true, &["b"], &["ab"]);
    check(r"[^\s\S]", true, &[], &["", "a"]);
}

#[test]
fn characters_of_all_scripts_are_left_to_the_expression() {
    check(
        r"\d{2}",
        true,
        &["12", "٣٤", "1٤"],
        &["1a", "é2", "1", "123", "٣"],
    );
    check(r"(?i)k+", true, &["kK", "\u{212a}"], &["", "q", "é"]);
    check("é{2}", false, &["éé"], &["é", "e"]);
    check(".+", true, &["a", "ø"], &["", "a\n"]);
}

#[test]
fn what_is_no_run_is_an_expression() {
    check("cat|dog", false, &["cat", "dog"], &["cow", "catdog"]);
    check("a|ab", false, &["a", "ab"], &["abb"]);
    check(r"\bab\b", false, &["ab"], &["abc"]);
    check("(?m)^a$", false, &["a"], &["a\nb", "b\na"]);
    check("a+ab", true, &["aab", "aaab"], &["ab", "a"]);
    check("a+[ab]", false, &["aa", "ab"], &["a", "abb"]);
    check("a$b", false, &[], &["ab", "a"]);
    check("(?s)a.*b|c", false, &["a\nb", "c"], &["ab\n"]);
}

#[test]
fn unfit_patterns_are_refused() {
    for pattern in [
        "(",
        "a)(b",
        r"\1",
        "(?=a)",
        "[z-a]",
        "a{1001}{1001}{1001}",
        "((a{100}){100}){100}",
    ] {
        assert!(
            Pattern::bind(pattern, &DataType::Utf8).is_err(),
            "{pattern}"
        );
    }
    assert!(Pattern::bind(&r"(?i)[\x{0}-\x{10FFFF}]".repeat(100), &DataType::Utf8).is_err());
    assert!(Pattern::bind("a", &DataType::Binary).is_err());
}

#[test]
fn catastrophic_patterns_and_long_texts_take_bounded_time() {
    let long = "a".repeat(1 << 20);
    let texts: ArrayRef = Arc::new(StringArray::from(vec![format!("{long}!"), long]));
    for (pattern, expect) in [
        ("(a+)+", &[0][..]),
        ("(a*)*b", &[0, 1]),
        ("(a|aa)+", &[0]),
        ("(.*)(.*)(.*)(.*)x", &[0, 1]),
        ("[ab]*a[ab]{50}", &[0]),
        ("a*a*a*a*a*a*b", &[0, 1]),
        ("a+!?", &[]),
    ] {
        let bound = Pattern::bind(pattern, &DataType::Utf8).unwrap();
        assert_eq!(rows(&bound.failing(&texts)), expect, "{pattern}");
    }
}

#[test]
fn many_repeats_of_a_large_class_are_no_large_pattern() {
    for pattern in [
        r"\w{1,200}",
        r"(\w{9}\w?){2}\w{2}",
        r"[\w-]{1,64}@[\w.]{1,100}",
    ] {
        assert!(Pattern::bind(pattern, &DataType::Utf8).is_ok(), "{pattern}");
    }
    // No expression by itself, though it is one with a group around it.
    assert!(Pattern::bind("a)|(b", &DataType::Utf8).is_err());
}

fn class() -> impl Strategy<Value = String> {
    let classes: &'static [&'static str] = &[
        "a",
        "b",
        "[ab]",
        "[^a]",
        r"\d",
        "[0-9]",
        r"\w",
        ".",
        "-",
        "[a-c0-9]",
        "[A-Ca-c0-9_-]",
        "(?i:k)",
        "é",
        "[é-ü]",
    ];
    prop::sample::select(classes).prop_map(str::to_owned)
}

fn pattern() -> impl Strategy<Value = String> {
    let counts: &'static [&'static str] = &[
        "", "", "", "?", "*", "+", "{2}", "{0,2}", "{1,3}", "{9}", "{2,}",
    ];
    let run = || {
        let run = (class(), prop::sample::select(counts));
        run.prop_map(|(class, count)| format!("{class}{count}"))
    };
    let group = (
        prop::collection::vec(run(), 1..3),
        prop::sample::select(&["", "{2}", "?"][..]),
    )
        .prop_map(|(runs, count)| format!("({}){count}", runs.concat()));
    let part = prop_oneof![6 => run(), 1 => group];
    (
        any::<bool>(),
        prop::collection::vec(part, 0..5),
        any::<bool>(),
    )
        .prop_map(|(start, parts, end)| {
            let (start, end) = (if start { "^" } else { "" }, if end { "$" } else { "" });
            format!("{start}{}{end}", parts.concat())
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn runs_agree_with_the_expression(
        (pattern, matching, values) in pattern().prop_flat_map(|pattern| {
            let matching = proptest::string::string_regex(pattern.trim_matches(['^', '$'])).unwrap();
            (Just(pattern), prop::collection::vec(matching, 0..6), column("[abk0-9_é٣\u{212a}-]{0,12}"))
        }),
        broken in any::<prop::sample::Index>(),
    ) {
        let bound = Pattern::bind(&pattern, &DataType::Utf8).unwrap();
        let regex = Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap();
        let expect = values.failing(|text| !regex.is_match(text));
        prop_assert_eq!(rows(&bound.failing(&values.texts())), expect.clone());
        // Texts made to match, and the same with one character changed.
        let mut near = matching;
        for text in near.clone() {
            let mut characters: Vec<char> = text.chars().collect();
            if !characters.is_empty() {
                let place = broken.index(characters.len());
                characters[place] = if characters[place] == 'a' { '\u{7f}' } else { 'a' };
            }
            near.push(characters.into_iter().collect());
        }
        let expect_near: Vec<usize> = (0..near.len()).filter(|row| !regex.is_match(&near[*row])).collect();
        let array: ArrayRef = Arc::new(StringArray::from(near));
        prop_assert_eq!(rows(&bound.failing(&array)), expect_near);
        let check = RowCheck::Pattern(bound);
        prop_assert_eq!(rows(&check.failing(&values.labels())), expect);
    }
}
