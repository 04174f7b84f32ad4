//! Characters that have no place in a document.

/// What is wrong with a character, if it is one that can hide or reorder text.
///
/// Tab, line feed and carriage return are fine. The byte order mark is fine only as the first
/// character of a text, which the caller sees to.
fn fault(character: char) -> Option<&'static str> {
    match character {
        '\t' | '\n' | '\r' => None,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Some("a control character"),
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("a character that changes the direction of text")
        }
        '\u{feff}' => Some("a byte order mark inside the text"),
        _ => None,
    }
}

/// The first faulty character of a text, with its fault and its line and column from 1.
pub(crate) fn first_fault(text: &str) -> Option<(char, &'static str, usize, usize)> {
    // Most texts are nothing but this, so they are looked at byte by byte as far as that goes.
    let is_plain = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let plain = text.bytes().position(|byte| !is_plain(&byte))?;
    let found = text[plain..]
        .char_indices()
        .find_map(|(offset, character)| fault(character).map(|why| (offset, character, why)));
    let (offset, character, why) = found?;
    let offset = plain + offset;
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    Some((
        character,
        why,
        line,
        before[line_start..].chars().count() + 1,
    ))
}
