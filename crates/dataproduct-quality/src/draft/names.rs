//! Names that tables can store.

use std::collections::HashSet;

/// The most characters of a name.
const MAX_CHARACTERS: usize = 60;

/// Gives columns names that tables can store and that no two of them share, whatever their source calls them.
///
/// ```
/// use dataproduct_quality::draft::Names;
///
/// let mut names = Names::new();
/// assert_eq!(names.give(0, "PO / SO #"), "PO_SO");
/// assert_eq!(names.give(1, ""), "column_2");
/// assert_eq!(names.give(2, "po so"), "column_3");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// In lower case: engines tell no names apart by case.
    taken: HashSet<String>,
}

impl Names {
    /// No name is given yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of the column at a place, counted from 0: letters, digits, `_` and `-` of the one it has, and `_`
    /// for what is between them. Where that is nothing or another column's, `column_` and the place counted from 1, or
    /// the next number that is free.
    pub fn give(&mut self, place: usize, given: &str) -> String {
        let mut name = String::new();
        for c in given.trim().trim_start_matches('\u{feff}').chars() {
            let is_plain = c.is_alphanumeric() || matches!(c, '_' | '-');
            if is_plain {
                name.push(c);
            } else if !name.is_empty() && !name.ends_with('_') {
                name.push('_');
            }
        }
        let name: String = name
            .trim_end_matches('_')
            .chars()
            .take(MAX_CHARACTERS)
            .collect();
        if !name.is_empty() && self.taken.insert(name.to_lowercase()) {
            return name;
        }
        let mut number = place + 1;
        loop {
            let own = format!("column_{number}");
            if self.taken.insert(own.clone()) {
                return own;
            }
            number += 1;
        }
    }
}
