//! Names in the cases of other languages.

/// `stock-levels` as `StockLevels`; what cannot stand in a name is left out.
pub(crate) fn pascal_case(text: &str) -> String {
    let mut out = String::new();
    let mut starts_word = true;
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(if starts_word {
                c.to_ascii_uppercase()
            } else {
                c
            });
            starts_word = false;
        } else {
            starts_word = true;
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, '_');
    }
    if out.is_empty() {
        out.push('_');
    }
    out
}

/// A name with `_` for all that is not a letter of ASCII, a digit or `_`, and not beginning with a digit.
pub(super) fn identifier(text: &str) -> String {
    let mut out: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out
}

/// `OnHand` or `on-hand` as `on_hand`.
pub(super) fn snake_case(text: &str) -> String {
    let mut out = String::new();
    let mut after_lower = false;
    for c in text.chars() {
        if c.is_ascii_uppercase() && after_lower {
            out.push('_');
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c.to_ascii_lowercase());
    }
    identifier(&out)
}

/// The name, or the name with a number behind that no other has.
pub(super) fn unique(name: String, taken: &mut std::collections::HashSet<String>) -> String {
    let mut candidate = name.clone();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}_{number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_in_every_case() {
        assert_eq!(pascal_case("stock-levels"), "StockLevels");
        assert_eq!(pascal_case("2-go"), "_2Go");
        assert_eq!(pascal_case("ø"), "_");
        assert_eq!(identifier("on hand"), "on_hand");
        assert_eq!(identifier("7up"), "_7up");
        assert_eq!(snake_case("OnHand"), "on_hand");
        assert_eq!(snake_case("on-hand"), "on_hand");
    }
}
