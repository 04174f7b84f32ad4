//! Which form an input has.

use super::Format;

/// The form of an input, by the end of its name or by what it begins with; `None` where neither tells.
///
/// The beginning of a text should be at least some thousand bytes, or all of it.
#[must_use]
pub fn detect(name: &str, beginning: &[u8]) -> Option<Format> {
    for (magic, format) in [
        (b"PAR1".as_slice(), Format::Parquet),
        (b"ARROW1", Format::ArrowIpc),
        (b"\xff\xff\xff\xff", Format::ArrowIpc),
        (b"Obj\x01", Format::Avro),
    ] {
        if beginning.starts_with(magic) {
            return Some(format);
        }
    }
    let name = name.to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&[".parquet"]) {
        Some(Format::Parquet)
    } else if ends(&[".arrow", ".arrows", ".ipc", ".feather"]) {
        Some(Format::ArrowIpc)
    } else if ends(&[".csv", ".tsv", ".psv"]) {
        Some(Format::Csv)
    } else if ends(&[".avsc", ".avro"]) {
        Some(Format::Avro)
    } else if ends(&[".yaml", ".yml", ".odcs.json"]) {
        Some(Format::Odcs)
    } else {
        by_words(&String::from_utf8_lossy(beginning))
    }
}

/// The form of a JSON or YAML text, by the words that only one form has.
fn by_words(text: &str) -> Option<Format> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let has = |word: &str| text.contains(word);
    if has("kind:DataContract") || has("\"kind\":\"DataContract\"") {
        Some(Format::Odcs)
    } else if !text.starts_with('{') {
        None
    } else if has("\"data_type\":") {
        Some(Format::ArrowJson)
    } else if has("\"type\":\"record\"") {
        Some(Format::Avro)
    } else if has("\"$schema\":") || has("\"properties\":{") || has("\"$ref\":") {
        Some(Format::JsonSchema)
    } else {
        None
    }
}
