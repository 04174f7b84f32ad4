//! Numbers of seats inside other text: `Hjørnesofa, 5-seters`, `2,5-seter`, `3 + 2 seter`,
//! `3-seater-sofa`.

/// Reads the number of seats out of a name, in tenths of a seat: 25 for `2,5-seter`.
///
/// Pieces joined by `+` are added up. `None` when the text names no number of seats.
#[must_use]
pub fn seats(text: &str) -> Option<i32> {
    let text = text.to_lowercase();
    let word = ["seter", "seater"]
        .iter()
        .filter_map(|word| text.find(word))
        .min()?;
    let mut total = 0;
    let mut before = text[..word].trim_end_matches([' ', '-']);
    loop {
        let start = before
            .rfind(|c: char| !c.is_ascii_digit() && c != ',')
            .map_or(0, |at| {
                at + before[at..].chars().next().map_or(1, char::len_utf8)
            });
        // `System + 2,5-seter`: what stands before the sign is a name and no number.
        match tenths(&before[start..]) {
            Some(seats) => total += seats,
            None => return (total > 0).then_some(total),
        }
        match before[..start].trim_end().strip_suffix('+') {
            Some(rest) => before = rest.trim_end(),
            None => return Some(total),
        }
    }
}

/// `3` or `2,5`.
fn tenths(number: &str) -> Option<i32> {
    let (whole, tenth) = number.split_once(',').unwrap_or((number, "0"));
    if whole.len() > 2 || tenth.len() != 1 {
        return None;
    }
    Some(whole.parse::<i32>().ok()? * 10 + tenth.parse::<i32>().ok()?)
}
