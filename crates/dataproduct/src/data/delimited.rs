//! What separates the values of a text file, and whether it begins with names.

use std::collections::HashSet;
use std::fmt;

/// What may stand between values; of several that fit as well, the first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many lines are looked at.
const LINES: usize = 200;
/// The most columns.
const MAX_COLUMNS: usize = 4_096;

/// How a text file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    pub(super) has_header: bool,
    /// Bytes of the byte order mark.
    pub(super) skip: u64,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let delimiter = match self.delimiter {
            b'\t' => "tabs".to_owned(),
            other => format!("`{}`", char::from(other)),
        };
        let names = if self.has_header {
            "names in the first line"
        } else {
            "no line of names"
        };
        write!(f, "text with {delimiter} between values and {names}")
    }
}

impl Dialect {
    /// The dialect of a file that begins so, and the names of its columns; what is wrong with it.
    pub(super) fn of(sample: &[u8], is_whole: bool) -> Result<(Self, Vec<String>), String> {
        let body = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample);
        let skip = (sample.len() - body.len()) as u64;
        let text = match std::str::from_utf8(body) {
            Ok(text) => text,
            // A character may be cut at the end of the sample.
            Err(error) if !is_whole && error.error_len().is_none() => {
                std::str::from_utf8(&body[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(error) => {
                return Err(format!(
                    "it is not UTF-8 from byte {}; convert it first",
                    error.valid_up_to()
                ));
            }
        };
        if text.trim_start().starts_with(['{', '[']) {
            return Err(
                "it looks like JSON, which is read as one object a line, without a byte order mark; \
                 `jq -c '.[]'` makes lines of an array"
                    .to_owned(),
            );
        }
        let mut best: Option<(usize, u8, Vec<Vec<String>>)> = None;
        for delimiter in DELIMITERS {
            let mut lines = records(text, char::from(delimiter));
            if !is_whole && lines.len() > 1 {
                lines.pop();
            }
            let Some(width) = lines.first().map(Vec::len) else {
                continue;
            };
            let alike = lines.iter().filter(|line| line.len() == width).count();
            let score = if width > 1 {
                alike * 1000 / lines.len()
            } else {
                1
            };
            if best.as_ref().is_none_or(|(known, _, _)| score > *known) {
                best = Some((score, delimiter, lines));
            }
        }
        let Some((_, delimiter, lines)) = best else {
            return Err("it holds no rows".to_owned());
        };
        let (Some(first), rest) = (lines.first(), lines.get(1..).unwrap_or_default()) else {
            return Err("it holds no rows".to_owned());
        };
        if first.len() > MAX_COLUMNS {
            return Err(format!("it has more than {MAX_COLUMNS} columns"));
        }
        let has_header = is_header(first, rest);
        let names = if has_header {
            first.iter().map(|name| name.trim().to_owned()).collect()
        } else {
            (1..=first.len())
                .map(|number| format!("column_{number}"))
                .collect()
        };
        Ok((
            Self {
                delimiter,
                has_header,
                skip,
            },
            names,
        ))
    }
}

/// Whether a first line holds names: no value in it is a number or a day, none is there twice, and none is found
/// again in its column, as values are.
fn is_header(first: &[String], rest: &[Vec<String>]) -> bool {
    let is_value = |text: &String| {
        text.parse::<f64>().is_ok()
            || text.len() >= 8
                && text.starts_with(|c: char| c.is_ascii_digit())
                && text.contains(['-', '/', ':'])
    };
    let filled: Vec<&String> = first
        .iter()
        .filter(|name| !name.trim().is_empty())
        .collect();
    let differ = filled.iter().collect::<HashSet<_>>().len() == filled.len();
    let again = |place: usize, name: &String| rest.iter().any(|line| line.get(place) == Some(name));
    let repeated = first
        .iter()
        .enumerate()
        .any(|(place, name)| !name.is_empty() && again(place, name));
    differ && !repeated && filled.len() * 2 > first.len() && !first.iter().any(is_value)
}

/// The first records of a text; a double quote around a value is taken off.
fn records(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    let (mut line, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            c if c == delimiter && !quoted => line.push(std::mem::take(&mut field)),
            '\n' | '\r' if !quoted => {
                if !(line.is_empty() && field.is_empty()) {
                    line.push(std::mem::take(&mut field));
                    out.push(std::mem::take(&mut line));
                }
                if out.len() >= LINES {
                    return out;
                }
            }
            c => field.push(c),
        }
    }
    if !(line.is_empty() && field.is_empty()) {
        line.push(field);
        out.push(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, delimiter: u8, has_header: bool, names: &[&str]) {
        let (dialect, found) = Dialect::of(text.as_bytes(), true).unwrap();
        assert_eq!(
            (dialect.delimiter, dialect.has_header),
            (delimiter, has_header),
            "{text:?}"
        );
        assert_eq!(found, names);
    }

    #[test]
    fn separators_and_names_are_found() {
        check("a,b\n1,2\n", b',', true, &["a", "b"]);
        check("a;b\r1;2,5\r", b';', true, &["a", "b"]);
        check("1\tx, y\n2\tz\n", b'\t', false, &["column_1", "column_2"]);
        check("\u{feff}a|b\n1|2", b'|', true, &["a", "b"]);
        check("\"a,b\",c\n\"1\n2\",3\n", b',', true, &["a,b", "c"]);
        check(
            "0001,OSLO\n0010,OSLO\n",
            b',',
            false,
            &["column_1", "column_2"],
        );
        check("name\nOslo\n", b',', true, &["name"]);
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        for (bytes, reason) in [
            (b"".as_slice(), "no rows"),
            (b"[{\"a\": 1}]", "JSON"),
            (b"a,b\n\xff,1\n", "UTF-8"),
        ] {
            let error = Dialect::of(bytes, true).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
