//! Which of the columns that tell all rows apart are a key, and which do so by chance.

use super::{MIN_ROWS, Proposal, grouped};
use crate::profile::{ColumnProfile, Profile, TextKind};

/// Rows that had to be alike by chance, were the columns no key, for it to be proposed: fewer prove nothing.
const MIN_EXPECTED_TWINS: f64 = 5.0;
/// The most characters of a text that is an identifier.
const MAX_IDENTIFIER: u64 = 64;
/// What names of identifiers end in.
const ENDINGS: [&str; 13] = [
    "id", "key", "code", "sku", "ean", "gtin", "upc", "isbn", "uuid", "guid", "number", "no", "nr",
];
/// Those of them that are no end of another word.
const LONG_ENDINGS: [&str; 4] = ["code", "uuid", "guid", "number"];

/// Proposes the best key; the others are told.
pub(super) fn propose(profile: &Profile, proposal: &mut Proposal) {
    if profile.rows < MIN_ROWS {
        return;
    }
    let all = profile.key_rows == profile.rows;
    let best = profile
        .keys
        .iter()
        .enumerate()
        .filter_map(|(place, key)| rank(profile, key).map(|rank| (rank, place)))
        .min()
        .filter(|_| all)
        .map(|(_, place)| place);
    for (place, key) in profile.keys.iter().enumerate() {
        let names: Option<Vec<String>> = key
            .iter()
            .map(|place| proposal.columns.get(*place).map(|c| c.name.clone()))
            .collect();
        let Some(names) = names else { continue };
        let shown = names.join(", ");
        let basis = format!(
            "no two of {} rows are alike in it",
            grouped(profile.key_rows)
        );
        if best != Some(place) && key.len() > 1 && !is_proven(profile, key) {
            continue;
        }
        if best != Some(place) {
            proposal.say("", "note", format!("({shown}) could be a key"), basis, None);
            continue;
        }
        for (position, place) in (1_u32..).zip(key) {
            if let Some(column) = proposal.columns.get_mut(*place) {
                column.key = Some(position);
                column.nullable = false;
            }
        }
        proposal.say("", "key", shown, basis, None);
    }
}

/// How well columns would do as a key, the smallest best; `None` where they tell rows apart by chance or are no
/// identifiers.
fn rank(profile: &Profile, key: &[usize]) -> Option<u8> {
    let columns: Vec<&ColumnProfile> = key
        .iter()
        .filter_map(|place| profile.columns.get(*place))
        .collect();
    match columns.as_slice() {
        [only] if only.name.trim().is_empty() => None,
        [only] if says_identifier(&only.name) && is_short(only) => Some(0),
        [only] => is_identifier(only, profile.key_rows).then_some(1),
        // Three columns tell rows apart by chance too easily to be promised unasked.
        [a, b] => {
            let named = [a, b].iter().filter(|c| says_identifier(&c.name)).count();
            let rank = if named == 2 { 2 } else { 3 };
            (is_proven(profile, key) && is_short(a) && is_short(b)).then_some(rank)
        }
        _ => None,
    }
}

/// Whether columns together could not tell so many rows apart by chance.
fn is_proven(profile: &Profile, key: &[usize]) -> bool {
    let columns = key.iter().filter_map(|place| profile.columns.get(*place));
    let values = columns.fold(1.0, |all, column| all * product(column.distinct.values, 1));
    twins(profile.key_rows, values) >= MIN_EXPECTED_TWINS
}

/// Whether a column of different values is one of identifiers, whatever its name.
fn is_identifier(column: &ColumnProfile, rows: u64) -> bool {
    if let Some((least, most)) = column.numbers.as_ref().and_then(|numbers| numbers.integers) {
        let values = most.abs_diff(least).saturating_add(1);
        return twins(rows, product(values, 1)) >= MIN_EXPECTED_TWINS;
    }
    let Some(texts) = &column.texts else {
        return false;
    };
    let integers = texts.numbers.integers;
    if let Some((least, most)) = integers.filter(|_| texts.numbers.rows == rows) {
        let values = most.abs_diff(least).saturating_add(1);
        return twins(rows, product(values, 1)) >= MIN_EXPECTED_TWINS;
    }
    let is_code = texts
        .pattern
        .as_ref()
        .is_some_and(|pattern| pattern.exceptions.rows == 0);
    match texts.kind() {
        Some(TextKind::Uuid | TextKind::Gtin) => true,
        // Pictures have addresses, too; a row is told by its own.
        Some(TextKind::Url) => column.name.to_lowercase().ends_with("url"),
        _ => is_code && is_short(column),
    }
}

/// Whether no text of the column is longer than identifiers are.
fn is_short(column: &ColumnProfile) -> bool {
    let texts = column.texts.as_ref();
    texts.is_none_or(|texts| texts.max_length <= MAX_IDENTIFIER && texts.blank.rows == 0)
}

/// Whether a name says that the column holds identifiers: `store_id`, `StockCode`, `SKU`.
pub(super) fn says_identifier(name: &str) -> bool {
    let name = name.trim().trim_end_matches(['#', '.', '_', ' ']);
    let lower = name.to_lowercase();
    if LONG_ENDINGS.iter().any(|ending| lower.ends_with(ending)) {
        return true;
    }
    // A word begins after what is no letter, and where upper case follows lower case.
    let mut start = 0;
    let mut before = None;
    for (at, c) in name.char_indices() {
        let begins = before
            .is_some_and(|b: char| !b.is_alphabetic() || (b.is_lowercase() && c.is_uppercase()));
        if begins {
            start = at;
        }
        before = Some(c);
    }
    let last = name.get(start..).unwrap_or_default().to_lowercase();
    ENDINGS.contains(&last.as_str())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an expectation is no exact number"
)]
fn product(a: u64, b: u64) -> f64 {
    a as f64 * b as f64
}

/// How many pairs of rows are alike on average, were each row one of so many values by chance.
fn twins(rows: u64, values: f64) -> f64 {
    product(rows, rows) / 2.0 / values.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_identifiers_are_told() {
        for (name, expected) in [
            ("id", true),
            ("basket_id", true),
            ("StockCode", true),
            ("InvoiceNo", true),
            ("hscode", true),
            ("SKU", true),
            ("Order No.", true),
            ("paid", false),
            ("casino", false),
            ("monkey", false),
            ("description", false),
            ("", false),
        ] {
            assert_eq!(says_identifier(name), expected, "{name}");
        }
    }
}
