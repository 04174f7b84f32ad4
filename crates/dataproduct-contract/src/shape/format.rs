//! Forms of text that the standards ask for.

/// Whether a text is a stable id: not empty, without white space and `. # / \ @ ! % & ^`.
///
/// # Source
/// ODCS v3.2.0, "Stable ids": a list of characters that are not allowed.
pub(crate) fn is_stable_id(text: &str) -> bool {
    let allowed = |c: char| {
        !c.is_whitespace() && !matches!(c, '.' | '#' | '/' | '\\' | '@' | '!' | '%' | '&' | '^')
    };
    !text.is_empty() && text.chars().all(allowed)
}

/// Whether a text refers to an element of a contract, in shorthand or by stable ids.
///
/// # Source
/// ODCS v3.2.0, "References": `object.property`, or `/schema/<id>/properties/<id>`, in another file
/// after `<file>.yaml#`.
pub(crate) fn is_reference(text: &str) -> bool {
    is_shorthand(text) || is_fully_qualified(text)
}

fn is_shorthand(text: &str) -> bool {
    text.contains('.') && text.split('.').all(|word| is_word(word, true))
}

fn is_fully_qualified(text: &str) -> bool {
    let steps = match text.split_once('#') {
        Some((file, steps)) if is_file(file) => steps,
        Some(_) => return false,
        None => text,
    };
    let steps: Vec<&str> = steps
        .strip_prefix('/')
        .unwrap_or(steps)
        .split('/')
        .collect();
    steps.len().is_multiple_of(2)
        && steps
            .chunks(2)
            .all(|step| is_word(step[0], false) && is_stable_id(step[1]))
}

fn is_file(text: &str) -> bool {
    let path = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let path = path.unwrap_or(text);
    let stem = path
        .strip_suffix(".yaml")
        .or_else(|| path.strip_suffix(".yml"));
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    stem.is_some_and(|stem| !stem.is_empty() && stem.chars().all(allowed))
}

/// Whether a text is a letter or underscore, followed by letters, digits, underscores and, if
/// allowed, hyphens.
fn is_word(text: &str, hyphens: bool) -> bool {
    let mut characters = text.chars();
    let first = characters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || (hyphens && c == '-'))
}

/// Whether a text is a day that exists, `YYYY-MM-DD`, or holds a `${VARIABLE}`.
pub(crate) fn is_date(text: &str) -> bool {
    let exists = || chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    text.contains("${") || (text.len() == 10 && exists())
}

/// Whether a text is an instant as RFC 3339 writes it, or holds a `${VARIABLE}`.
pub(crate) fn is_date_time(text: &str) -> bool {
    text.contains("${") || chrono::DateTime::parse_from_rfc3339(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        for (text, expected) in [
            ("products.sku", true),
            ("a.b.c", true),
            ("a-b.c_d", true),
            ("a", false),
            ("a.", false),
            (".a", false),
            ("1a.b", false),
            ("a.b c", false),
            ("schema/tbl", true),
            ("/schema/tbl/properties/col", true),
            ("schema/tbl/properties", false),
            ("other.yaml#/schema/tbl", true),
            (
                "https://example.com/c.odcs.yml#schema/tbl/properties/urn:x",
                true,
            ),
            ("ftp://example.com/c.yaml#schema/tbl", false),
            (".yaml#schema/tbl", false),
            ("other.json#/schema/tbl", false),
            ("//schema/tbl", false),
            ("schema/a b", false),
            ("", false),
        ] {
            assert_eq!(is_reference(text), expected, "{text}");
        }
    }

    #[test]
    fn dates() {
        assert!(is_date("2024-02-29"));
        assert!(is_date("${DAY}"));
        for text in [
            "2023-02-29",
            "2024-2-9",
            "29.02.2024",
            "2024-02-29T00:00:00Z",
            "",
        ] {
            assert!(!is_date(text), "{text}");
        }
        assert!(is_date_time("2022-11-15T02:59:43+00:00"));
        assert!(!is_date_time("2022-11-15"));
    }
}
