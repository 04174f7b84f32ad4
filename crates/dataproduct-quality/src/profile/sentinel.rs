//! Texts that stand for "missing".

/// Texts that stand for a missing value, in lower case; white space around them does not matter.
pub const SENTINELS: [&str; 22] = [
    "#n/a",
    "#na",
    "#null!",
    "-",
    "--",
    "0000-00-00",
    "0000-00-00 00:00:00",
    "?",
    "??",
    "missing",
    "n.a.",
    "n/a",
    "na",
    "nan",
    "nil",
    "none",
    "not available",
    "null",
    "tbd",
    "undefined",
    "unknown",
    "unspecified",
];

const LONGEST: usize = 19;

/// Whether a text stands for "missing": `N/A`, `NULL`, `-`, `unknown`, `0000-00-00` and the like.
#[must_use]
pub fn is_sentinel(text: &str) -> bool {
    let text = text.trim();
    if text.len() > LONGEST || text.is_empty() {
        return false;
    }
    let mut lower = [0_u8; LONGEST];
    let Some(lower) = lower.get_mut(..text.len()) else {
        return false;
    };
    lower.copy_from_slice(text.as_bytes());
    lower.make_ascii_lowercase();
    std::str::from_utf8(lower).is_ok_and(|lower| SENTINELS.binary_search(&lower).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_missing_are_known_in_any_case() {
        assert!(SENTINELS.is_sorted());
        assert!(SENTINELS.iter().all(|text| text.len() <= LONGEST));
        for (text, expected) in [
            ("N/A", true),
            (" null ", true),
            ("-", true),
            ("Unspecified", true),
            ("0000-00-00", true),
            ("", false),
            ("0", false),
            ("N/A - From RDC", false),
            ("ærlig", false),
        ] {
            assert_eq!(is_sentinel(text), expected, "{text}");
        }
    }
}
