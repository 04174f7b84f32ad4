//! Names that an author may have meant.

/// Names in backquotes, separated by commas.
pub(crate) fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// What to write instead of a value that is not among those allowed.
pub(crate) fn advice(found: &str, allowed: &[&str]) -> String {
    match nearest(found, allowed) {
        Some(name) => format!("did you mean `{name}`? Allowed are {}", quoted(allowed)),
        None => format!("write one of {}", quoted(allowed)),
    }
}

/// What to do about a field that is not known.
pub(super) fn field_advice(found: &str, known: &[&str]) -> String {
    match nearest(found, known) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.contains(&"customProperties") => {
            "remove it, or say it in `customProperties`".to_owned()
        }
        None => format!("remove it; fields here are {}", quoted(known)),
    }
}

/// The closest name, if it is close enough to be a slip of the pen.
pub(crate) fn nearest<'a>(found: &str, names: &[&'a str]) -> Option<&'a str> {
    // A long text is no slip, and the distance costs the product of the lengths.
    if found.len() > 64 {
        return None;
    }
    let found = found.to_lowercase();
    let distances = names
        .iter()
        .map(|name| (distance(&found, &name.to_lowercase()), *name));
    let (least, name) = distances.min()?;
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    (least <= allowed).then_some(name)
}

/// Number of letters to insert, remove, replace or swap with a neighbour to get from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i.max(j)
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["name", "description", "logicalType", "physicalType"];
        for (found, expected) in [
            ("nmae", Some("name")),
            ("Name", Some("name")),
            ("descripton", Some("description")),
            ("logical_type", Some("logicalType")),
            ("logicaltype", Some("logicalType")),
            ("type", None),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(nearest(found, &known), expected, "{found}");
        }
    }
}
